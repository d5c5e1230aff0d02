// The list of what was found, a page at a time.

const WIDE = matchMedia("(min-width: 60rem)");
// Beside what is chosen the list may be long; above it, it must not push it out of sight.
const pageRows = () => (WIDE.matches ? 50 : 12);

function row(entry, chosen) {
  const current = entry === chosen;
  const status = standing(entry);
  return element(
    "li",
    {},
    link(
      entry,
      element(
        "span",
        { class: "first" },
        mark(markOf(entry)),
        element("span", { class: `kind ${shade(entry)}` }, clipped(entry.kind, 14)),
        element("span", { class: "title" }, name(entry.title, 120)),
        status === "valid" ? null : element("span", { class: `standing ${status}` }, STANDINGS[status]),
      ),
      element(
        "span",
        { class: "second" },
        code(`${entry.digest.slice(0, 12)}\u2026`),
        element("time", {}, `${utc(entry.record.time)}`),
        code(`${entry.record.anchorer.slice(0, 8)}\u2026`),
      ),
    ),
  );
}

function showRows(found, from, chosen, { rows, count, turn }, go) {
  const most = pageRows();
  const shown = found.slice(from, from + most);
  rows.replaceChildren(...shown.map((entry) => row(entry, chosen)));
  rows.setAttribute("start", from + 1);
  markCurrent(rows, chosen);
  const range = found.length > most ? `${number(from + 1)} to ${number(from + shown.length)} of ` : "";
  count.textContent = found.length ? `${range}${number(found.length)} found` : "Nothing found";
  const turns = [
    ["Back", from - most],
    ["On", from + most],
    ["To the end", Math.floor((found.length - 1) / most) * most],
  ];
  turn.replaceChildren(
    ...(found.length > most ? turns : []).map(([words, to]) => {
      const button = element(
        "button",
        { type: "button", disabled: to < 0 || to >= found.length || to === from },
        words,
      );
      button.addEventListener("click", () => go(to));
      return button;
    }),
  );
}

function markCurrent(rows, chosen) {
  for (const anchor of rows.querySelectorAll("a")) {
    const current = chosen && anchor.getAttribute("href") === `#${chosen.digest}`;
    if (current) anchor.setAttribute("aria-current", "true");
    else anchor.removeAttribute("aria-current");
  }
}
