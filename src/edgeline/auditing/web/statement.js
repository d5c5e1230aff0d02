// All about one statement: its standing, its picture, what was checked and what is known.

const MOST_LINKS = 24;

function reasons(entry) {
  const { by, time, reason } = entry.why;
  if (entry.status === "revoked") return [` (${seen(reason)}), `, utc(time), " UTC by ", code(by)];
  if (entry.status === "compromised") return `, since ${utc(time)} UTC`;
  return entry.above ? [": ", heading(entry.above), ` is ${STANDINGS[entry.above.status]}`] : "";
}

function checksOf(entry, page) {
  const list =
    entry.checks?.mark && entry.checks.mark !== "wait"
      ? entry.checks.list
      : [["document", "wait", "being checked"]];
  const { block, block_hash: hash } = entry.record;
  return element(
    "ul",
    { class: "checks" },
    ...list.map(([about, state, words]) =>
      element("li", { "data-check": about, "data-state": state }, mark(state), element("span", {}, words)),
    ),
    element(
      "li",
      { "data-check": "chain" },
      element("span", { class: "mark none", "aria-hidden": "true" }, "?"),
      element(
        "span",
        {},
        `Not checkable here: that chain ${page.deployment.chain_id} holds this record, and its status today. `,
        `Compare block ${number(block)}, `,
        code(hash),
        ", with a node that you trust, or ask it with ",
        element("code", {}, `edgeline verify ${entry.digest}`),
      ),
    ),
  );
}

function linksTo(digests, page) {
  const shown = digests.slice(0, MOST_LINKS).map((digest) => {
    const entry = page.byDigest.get(digest);
    return element(
      "li",
      {},
      entry ? [mark(markOf(entry)), " ", heading(entry)] : [code(digest), " (not on this page)"],
    );
  });
  const left = digests.length - shown.length;
  return element(
    "ul",
    { class: "links" },
    ...shown,
    left > 0 ? element("li", {}, `and ${number(left)} more`) : null,
  );
}

function facts(pairs) {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return element(
    "dl",
    {},
    ...shown.flatMap(([term, value]) => [element("dt", {}, seen(term)), element("dd", {}, value)]),
  );
}

function subjectsOf(entry) {
  const rows = entry.subjects.map((subject) =>
    element("li", {}, name(subject.name || "subject"), " ", code(subject.digest)),
  );
  const list = element("ul", { class: "subjects" }, ...rows);
  if (rows.length <= 3) return list;
  return element(
    "details",
    {},
    element("summary", {}, name(entry.subjects[0].name, 80), ` and ${counted(rows.length - 1, "more file")}`),
    list,
  );
}

function aboutTree(entry, page) {
  if (!entry.inclusion) return "";
  const tree = page.entries.find((other) => other.tree && other.record === entry.record);
  return [
    `number ${number(entry.inclusion.index + 1)} of a `,
    tree ? heading(tree) : "tree that is not on this page",
  ];
}

function membersOf(entry, page) {
  if (!entry.tree) return null;
  return page.entries
    .filter((other) => other.inclusion && other.record === entry.record)
    .map((other) => other.digest);
}

function factsOf(entry, page) {
  const { anchorer, time, block, block_hash: hash, transaction } = entry.record;
  const members = membersOf(entry, page);
  return facts([
    [entry.tree ? "Tree" : "Statement", code(entry.digest)],
    [
      entry.subjects.length > 1 ? "Subjects" : "Subject",
      entry.subjects[0].digest && !entry.tree ? subjectsOf(entry) : "",
    ],
    ["Root", entry.tree ? code(entry.tree.root) : ""],
    ...Object.entries(entry.about).map(([key, value]) => [key, name(value)]),
    ["Recorded by", code(anchorer)],
    ["Recorded at", `${utc(time, 19)} UTC`],
    ["Block", [`${number(block)} `, code(hash)]],
    ["Transaction", code(transaction)],
    ["Anchored as", aboutTree(entry, page)],
    ["Detail", entry.why.detail ? code(entry.why.detail) : ""],
    ["Made from", entry.parents.length ? linksTo(entry.parents, page) : ""],
    ["Made of it", entry.children.length ? linksTo(entry.children, page) : ""],
    ["Known here", members && (members.length ? linksTo(members, page) : "none of its statements")],
  ]);
}

function documentOf(entry) {
  if (!entry.document) return null;
  return element(
    "details",
    { class: "document" },
    element("summary", {}, "Document, as it is hashed"),
    element("pre", { tabindex: "0" }, seen(canonical(entry.document))),
  );
}

function showEntry(entry, page, way, opened, place, redraw) {
  const status = standing(entry);
  const { svg, left } = drawLineage(entry, page, way, opened);
  const ways = element(
    "select",
    { id: "way" },
    ...Object.keys(WAYS).map((word) => element("option", { selected: word === way }, word)),
  );
  ways.addEventListener("change", () => redraw({ way: ways.value }));
  svg.addEventListener("click", (event) => unfold(event, opened, redraw));
  svg.addEventListener(
    "keydown",
    (event) => ["Enter", " "].includes(event.key) && unfold(event, opened, redraw),
  );
  const fold = element("button", { type: "button" }, "Fold rows");
  fold.addEventListener("click", () => redraw({ opened: new Set() }));
  place.replaceChildren(
    element(
      "header",
      { class: "title" },
      element("a", { class: "back", href: "#" }, "Overview"),
      element(
        "h2",
        {},
        element("span", { class: `kind ${shade(entry)}` }, clipped(entry.kind, 40)),
        " ",
        name(entry.title, 400),
      ),
      element("p", { class: `standing ${status}` }, STANDINGS[status], reasons(entry)),
    ),
    entry.tree
      ? ""
      : element(
          "section",
          { class: "lineage", "aria-labelledby": "lineage-title" },
          element(
            "div",
            { class: "bar" },
            element("h3", { id: "lineage-title" }, "Lineage"),
            element("span", {}, element("label", { for: "way" }, "Show"), " ", ways),
            opened.size ? fold : null,
            left > 0 ? element("p", {}, `${number(left)} more are farther away and not drawn`) : null,
          ),
          element("div", { class: "picture" }, svg),
          element("p", { class: "hint" }, "Arrow keys walk from box to box, Enter chooses."),
        ),
    element("h3", {}, "Checked in this browser"),
    checksOf(entry, page),
    element("h3", {}, "What chain and document say"),
    factsOf(entry, page),
    documentOf(entry) ?? "",
  );
  centre(place.querySelector(".picture"), svg.querySelector(".current"));
}

function unfold(event, opened, redraw) {
  const run = event.target.closest(".run");
  if (!run) return;
  event.preventDefault();
  redraw({ opened: new Set([...opened, run.dataset.key]) });
}

function centre(frame, box) {
  if (!frame || !box) return;
  const [outer, inner] = [frame.getBoundingClientRect(), box.getBoundingClientRect()];
  frame.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
  frame.scrollTop += inner.top + inner.height / 2 - outer.top - outer.height / 2;
}
