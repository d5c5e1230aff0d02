// The page comes to life: what is chosen stands in the address, so that every statement has a link.

const at = (id) => document.getElementById(id);
const MIN_PREFIX = 8;

const view = {
  words: "",
  kind: "all",
  status: "all",
  order: "newest",
  from: 0,
  way: "both",
  opened: new Set(),
};

function alarm(...words) {
  at("alarm").append(element("p", {}, ...words));
}

function introduce(page) {
  const { contract, chain_id: chain } = page.deployment;
  const statements = page.entries.filter((entry) => !entry.tree).length;
  at("source").replaceChildren(
    `${counted(statements, "statement")} that contract `,
    code(contract),
    ` on chain ${chain} holds, `,
    `up to block ${number(page.block)}, ${utc(page.made)} UTC.`,
  );
  document.body.classList.add("alive");
}

function options(select, words) {
  select.replaceChildren(...words.map((word) => element("option", { value: word }, clipped(word, 40))));
}

function chosenEntry(page) {
  const wanted = decodeURIComponent(location.hash.slice(1)).toLowerCase().replace(/^0x/, "");
  if (wanted.length < MIN_PREFIX) return null;
  const named = page.byDigest.get(wanted) ?? page.bySubject.get(wanted)?.[0];
  return named ?? page.entries.find((entry) => entry.digest.startsWith(wanted)) ?? null;
}

function list(page) {
  const found = listed(page, view);
  const go = (from) => {
    view.from = from;
    list(page);
    at("list-title").scrollIntoView({ block: "nearest" });
  };
  showRows(
    found,
    view.from,
    chosenEntry(page),
    { rows: at("rows"), count: at("count"), turn: at("turn") },
    go,
  );
}

function filter(page, changes) {
  Object.assign(view, changes, { from: 0 });
  for (const id of ["words", "kind", "status", "order"]) at(id).value = view[id];
  list(page);
}

function choose(page) {
  const entry = chosenEntry(page);
  const redraw = (changes) => {
    Object.assign(view, changes);
    choose(page);
  };
  if (entry) showEntry(entry, page, view.way, view.opened, at("chosen"), redraw);
  else showOverview(page, at("chosen"), (changes) => filter(page, changes));
  markCurrent(at("rows"), entry);
  return entry;
}

function bringIn() {
  const { top } = at("chosen").getBoundingClientRect();
  if (!WIDE.matches || top < 0 || top > innerHeight / 2) at("chosen").scrollIntoView();
}

// Whoever chose in the picture goes on there; whoever chose in the list stays in it while both are in view.
function move(page) {
  const before = document.activeElement;
  const inPicture = Boolean(before?.closest(".picture"));
  const inList = Boolean(before?.closest("#rows"));
  view.opened = new Set();
  choose(page);
  if (inPicture) at("chosen").querySelector(".current")?.focus({ preventScroll: true });
  else if (!(inList && WIDE.matches)) at("chosen").focus({ preventScroll: true });
  if (!inPicture) bringIn();
}

async function check(page) {
  const verdict = at("verdict");
  verdict.hidden = false;
  if (!globalThis.crypto?.subtle) {
    alarm(
      "This browser offers no SHA-256 to a page opened this way; nothing was checked. Try another browser.",
    );
    verdict.hidden = true;
    return;
  }
  const total = page.entries.length;
  await checkAll(page, (done) => {
    verdict.textContent = `Checking ${number(done)} of ${number(total)}\u2026`;
  });
  conclusion(page, verdict);
  list(page);
  choose(page);
}

function conclusion(page, verdict) {
  const counts = tally(page.entries, markOf);
  const [passed, failed, none] = ["pass", "fail", "none"].map((state) => counts.get(state) ?? 0);
  const invalid = page.entries.filter((entry) => standing(entry) !== "valid").length;
  verdict.replaceChildren(
    mark(failed ? "fail" : passed ? "pass" : "none"),
    ` Checked in this browser: ${number(passed)} of ${number(page.entries.length)} are as they were anchored`,
    failed ? `, ${number(failed)} failed` : "",
    none ? `, ${number(none)} without a document to check` : "",
    ".",
    invalid ? ` ${counted(invalid, "is", "are")} revoked, or made from what is.` : "",
  );
  document.body.dataset.checked = failed ? "failed" : "passed";
  if (!failed) return;
  const button = element("button", { type: "button" }, `Show the ${number(failed)}`);
  button.addEventListener("click", () =>
    filter(page, { words: "", kind: "all", status: "failed its check" }),
  );
  alarm(
    `${counted(failed, "entry", "entries")} on this page failed a check: `,
    "what is said there was altered after it was anchored. ",
    button,
  );
}

function listen(page) {
  at("search").addEventListener("submit", (event) => event.preventDefault());
  at("words").addEventListener("input", () => filter(page, { words: at("words").value }));
  for (const id of ["kind", "status", "order"])
    at(id).addEventListener("change", () => filter(page, { [id]: at(id).value }));
  addEventListener("hashchange", () => move(page));
  const found = at("found");
  for (const id of ["files", "folder"]) {
    at(id).addEventListener("change", async (event) => {
      await showFiles(chosenFiles(event.target), page, found);
      event.target.value = "";
    });
  }
  // A file that misses its place would otherwise be opened instead of this page.
  addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dragged");
  });
  addEventListener("dragleave", (event) => event.relatedTarget ?? document.body.classList.remove("dragged"));
  addEventListener("drop", async (event) => {
    event.preventDefault();
    document.body.classList.remove("dragged");
    try {
      await showFiles(await droppedFiles(event.dataTransfer), page, found);
    } catch {
      found.replaceChildren(
        element(
          "p",
          { class: "answer bad" },
          "Your browser does not let a page read that; choose the files by the button.",
        ),
      );
    }
    found.scrollIntoView({ block: "nearest" });
  });
}

async function start() {
  const text = at("data").textContent;
  const sealed = globalThis.crypto?.subtle ? await sha256(TEXT.encode(text)) : SEAL;
  if (sealed !== SEAL)
    alarm("This file was altered after it was made: its data are not those that it was made with.");
  const page = readPage(text);
  page.later = placed(page);
  introduce(page);
  const kinds = [...new Set(page.entries.map((entry) => entry.kind))].sort((left, right) =>
    byKind({ kind: left }, { kind: right }),
  );
  options(at("kind"), ["all", ...kinds]);
  options(at("status"), Object.keys(STATUS_FILTERS));
  options(at("order"), Object.keys(ORDERS));
  listen(page);
  list(page);
  choose(page);
  if (chosenEntry(page)) bringIn();
  await check(page);
}

start().catch(() => {
  alarm("The data of this page are damaged or incomplete; nothing on it can be trusted.");
  document.body.dataset.checked = "failed";
});
