// What a browser can prove with SHA-256 alone: documents, the links between them, and trees (RFC 6962).

const TEXT = new TextEncoder();
const TOGETHER = 250;

async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function unhex(text) {
  if (!/^([0-9a-f]{2})*$/.test(text)) throw new Error("not hexadecimal");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

// Level by level this is RFC 6962; a node without a partner goes up as it is.
async function rootOf(digests) {
  let level = await Promise.all(digests.map((digest) => sha256(unhex(`00${digest}`))));
  while (level.length > 1) {
    const pairs = level.flatMap((left, at) => (at % 2 ? [] : [[left, level[at + 1]]]));
    level = await Promise.all(pairs.map(([left, right]) => (right ? sha256(unhex(`01${left}${right}`)) : left)));
  }
  return level[0];
}

// A tree may say that it is larger than any number of JavaScript's.
const treeId = (root, size) => sha256(unhex(`02${BigInt(size).toString(16).padStart(16, "0")}${root}`));

async function checkDocument(entry) {
  if (!entry.document)
    return ["none", "its document is not on this page, so its digest is only the chain's word"];
  const digest = await sha256(TEXT.encode(entry.document));
  if (digest !== entry.digest) return ["fail", `its document has another digest: ${digest}`];
  return ["pass", "the SHA-256 of its document is its digest"];
}

async function checkTree(entry) {
  const id = await treeId(entry.subject, entry.size);
  if (id !== entry.digest) return ["fail", "root and size give another tree"];
  return ["pass", "root and size give the identity that the chain recorded"];
}

// The identity of a tree names root and size; it is computed once for all of its statements.
async function checkInclusion(entry, page) {
  const tree = page.byDigest.get(entry.tree);
  if (!tree) return ["fail", "its tree is not among those that the chain recorded"];
  if (!tree.members.size) return ["none", "the other statements of its tree are not on this page"];
  tree.computed ??= rootOf([...tree.members.keys()]).then((root) => treeId(root, tree.members.size));
  const index = tree.members.get(entry.digest);
  if (index === undefined || (await tree.computed) !== entry.tree)
    return ["fail", "the statements of its tree do not lead to the tree's root"];
  const place = `number ${number(index + 1)} of ${number(tree.members.size)}`;
  return ["pass", `it is ${place} in a tree that the chain recorded`];
}

function checkRecorded(entry) {
  const differs = [
    entry.statement.predicate.kind !== entry.kind && "kind",
    entry.subjects[0].digest !== entry.subject && "subject",
    !entry.recorded.every((parent) => entry.parents.includes(parent)) && "parents",
  ].filter(Boolean);
  if (differs.length) return ["fail", `document and chain disagree about: ${differs.join(", ")}`];
  return ["pass", "kind, subject and parents in its document are those that the chain recorded"];
}

// The history of a statement is checked after that of its parents; `ends` holds how those ended.
function checkHistory(entry, page, ends) {
  if (!entry.document) return ["none", "what it was made from is only the chain's word"];
  if (!entry.parents.length) return ["pass", "its document names no parents"];
  const states = entry.parents.map((digest) => (page.byDigest.has(digest) ? ends.get(digest) : "none"));
  if (states.includes(undefined)) return ["fail", "it is said to descend from itself"];
  if (states.includes("fail")) return ["fail", "an ancestor failed its check"];
  if (states.includes("none")) return ["none", "not every ancestor's document is on this page"];
  const parents = counted(entry.parents.length, "parent");
  return ["pass", `its document names its ${parents} by digest, theirs name theirs, and so on to the beginning`];
}

// [name, state, words] of every check but that of the history, which needs all others first.
async function ownChecks(entry, page) {
  try {
    if (entry.size) return [["tree", ...(await checkTree(entry))]];
    const list = [["document", ...(await checkDocument(entry))]];
    if (entry.tree) list.push(["inclusion", ...(await checkInclusion(entry, page))]);
    else if (entry.document) list.push(["record", ...checkRecorded(entry)]);
    return list;
  } catch {
    return [["document", "fail", "what stands on this page for it is damaged"]];
  }
}

// The data list parents first, as they must be checked; what comes too early is in a circle.
function conclude(page) {
  const ends = new Map();
  for (const entry of page.entries) {
    const states = entry.checks.map(([, state]) => state);
    if (!entry.size) {
      const [state, words] = checkHistory(entry, page, ends);
      entry.checks.push(["history", state, words]);
      states.push(state);
    }
    const failed = states.includes("fail");
    ends.set(entry.digest, failed ? "fail" : states.at(-1));
    entry.mark = failed ? "fail" : states[0];
  }
}

// Checks everything, a few hundred at a time so that the page goes on answering.
async function checkAll(page, progress) {
  for (let from = 0; from < page.entries.length; from += TOGETHER) {
    const some = page.entries.slice(from, from + TOGETHER);
    const lists = await Promise.all(some.map((entry) => ownChecks(entry, page)));
    some.forEach((entry, place) => (entry.checks = lists[place]));
    progress(from + some.length);
    await new Promise((resume) => setTimeout(resume));
  }
  conclude(page);
}
