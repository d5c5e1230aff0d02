// What the page holds as a whole, and what its marks are worth.

function tally(entries, of) {
  const counts = new Map();
  for (const entry of entries) counts.set(of(entry), (counts.get(of(entry)) ?? 0) + 1);
  return counts;
}

function showOverview(page, place, filter) {
  const kinds = [...tally(page.entries, (entry) => entry.kind)].sort(([left], [right]) =>
    byKind({ kind: left }, { kind: right }),
  );
  const accounts = [...tally(page.entries, (entry) => entry.record.anchorer)].sort(
    (left, right) => right[1] - left[1],
  );
  const bad = page.entries.filter((entry) => entry.status !== "valid").sort(newest);
  const tiles = kinds.map(([kind, count]) => {
    const button = element(
      "button",
      { type: "button", class: `tile ${shade({ kind })}` },
      element("b", {}, number(count)),
      " ",
      clipped(kind, 20),
    );
    button.addEventListener("click", () => filter({ kind }));
    return element("li", {}, button);
  });
  const { chain_id: chain, genesis, contract, code_hash: codeHash } = page.deployment;
  place.replaceChildren(
    element("header", { class: "title" }, element("h2", {}, "Overview")),
    element("ul", { class: "tiles" }, ...tiles),
    element("h3", {}, "The contract"),
    facts([
      ["Contract", code(contract)],
      ["Chain", [`${chain} `, page.chain ? name(`(${page.chain})`, 40) : ""]],
      ["Block 0", code(genesis)],
      ["Code", code(codeHash)],
      ["Read up to", [`block ${number(page.block)} `, code(page.block_hash)]],
      ["Page made", `${utc(page.made, 19)} UTC`],
    ]),
    element("h3", {}, "Who anchored"),
    element(
      "ul",
      { class: "links" },
      ...accounts
        .slice(0, MOST_LINKS)
        .map(([account, count]) => element("li", {}, code(account), ` ${number(count)}`)),
    ),
    element("h3", {}, "No longer valid"),
    bad.length
      ? linksTo(
          bad.map((entry) => entry.digest),
          page,
        )
      : element("p", {}, "Nothing was revoked, and no key is held to be compromised."),
    element("h3", {}, "What a check mark means"),
    element(
      "p",
      {},
      "Your browser computed it, just now, from this file alone: a statement's document has the SHA-256 under ",
      "which the chain recorded it; its parents stand in that document by their own digests, so the whole ",
      "history hangs together; a statement anchored as part of a tree leads to the tree's root.",
    ),
    element("h3", {}, "What this page cannot know"),
    element(
      "p",
      {},
      "A browser cannot ask the chain from here. That these records stand there, who made them and when, and ",
      `what was revoked, is what the chain said up to block ${number(page.block)}. Compare the block's hash `,
      "above with a node that you trust, and ask it for what happened since. Whoever can change this whole ",
      "file can make it say anything: compare its SHA-256 with that which its maker gave you.",
    ),
  );
}
