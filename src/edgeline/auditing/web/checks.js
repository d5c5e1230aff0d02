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

// RFC 8785; keys in the order of their UTF-16 units, which is how JavaScript sorts.
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join(",")}}`;
}

const documentDigest = (document) => sha256(TEXT.encode(canonical(document)));

// Inner nodes are shared by thousands of paths; each is hashed once.
const inner = new Map();

function above(left, right) {
  const key = left + right;
  if (key.length !== 128) throw new Error("not two digests");
  if (!inner.has(key)) inner.set(key, sha256(unhex(`01${key}`)));
  return inner.get(key);
}

// RFC 9162, 2.1.3.2, with divisions, since JavaScript shifts 32 bits only.
async function rootFrom(digest, index, size, path) {
  if (!(index >= 0 && index < size)) return null;
  let [at, last, node] = [index, size - 1, await sha256(unhex(`00${digest}`))];
  for (const other of path) {
    if (last === 0) return null;
    if (at % 2 === 1 || at === last) {
      node = await above(other, node);
      while (at % 2 === 0 && at !== 0) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    } else {
      node = await above(node, other);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 ? node : null;
}

// A tree may say that it is larger than any number of JavaScript's.
const treeId = (root, size) => sha256(unhex(`02${BigInt(size).toString(16).padStart(16, "0")}${root}`));

async function checkDocument(entry) {
  if (!entry.document)
    return ["none", "its document is not on this page, so its digest is only the chain's word"];
  const digest = await documentDigest(entry.document);
  if (digest !== entry.digest) return ["fail", `its document has another digest: ${digest}`];
  return ["pass", "the SHA-256 of its document is its digest"];
}

async function checkTree(entry) {
  const id = await treeId(entry.tree.root, entry.tree.size);
  if (id !== entry.digest) return ["fail", "root and size give another tree"];
  return ["pass", "root and size give the identity that the chain recorded"];
}

async function checkInclusion(entry, page) {
  const { root, size, index, path } = entry.inclusion;
  const nodes = path.map((place) => page.nodes[place]);
  const tree = page.byDigest.get(await treeId(root, size));
  if ((await rootFrom(entry.digest, index, size, nodes)) !== root)
    return ["fail", "its path does not lead to the root of its tree"];
  if (!tree?.tree || tree.record !== entry.record)
    return ["fail", "its tree is not among those that the chain recorded"];
  return ["pass", `it is number ${number(index + 1)} of ${number(size)} in a tree that the chain recorded`];
}

function checkRecorded(entry) {
  const stated = entry.stated;
  if (!stated) return ["fail", "its document is no statement"];
  const differs = [
    stated.predicate.kind !== entry.kind && "kind",
    stated.subject[0].digest.sha256 !== entry.subject && "subject",
    !entry.recorded.every((parent) => stated.predicate.parents.includes(parent)) && "parents",
  ].filter(Boolean);
  if (differs.length) return ["fail", `document and chain disagree about: ${differs.join(", ")}`];
  return ["pass", "kind, subject and parents in its document are those that the chain recorded"];
}

function checkHistory(entry, page, order) {
  if (!order.has(entry)) return ["fail", "it is said to descend from itself"];
  if (!entry.document) return ["none", "what it was made from is only the chain's word"];
  if (!entry.parents.length) return ["pass", "its document names no parents"];
  const parents = entry.parents.map((digest) => page.byDigest.get(digest));
  const states = parents.map((parent) => (parent ? (parent.checks.history ?? "none") : "none"));
  if (states.includes("fail")) return ["fail", "an ancestor failed its check"];
  if (states.includes("none")) return ["none", "not every ancestor's document is on this page"];
  return [
    "pass",
    `its document names its ${counted(parents.length, "parent")} by digest, ` +
      "theirs name theirs, and so on to the beginning",
  ];
}

// [name, state, words] of every check but that of the history, which needs all others first.
async function ownChecks(entry, page) {
  if (entry.tree) return [["tree", ...(await checkTree(entry))]];
  const found = [["document", ...(await checkDocument(entry))]];
  if (entry.document && !(entry.stated && entry.inclusion)) found.push(["record", ...checkRecorded(entry)]);
  if (entry.inclusion) found.push(["inclusion", ...(await checkInclusion(entry, page))]);
  return found;
}

async function ownChecksOrFail(entry, page) {
  try {
    return await ownChecks(entry, page);
  } catch {
    return [["document", "fail", "what stands on this page for it is damaged"]];
  }
}

function conclude(page) {
  const order = new Set(page.ordered);
  for (const entry of [...page.ordered, ...page.entries.filter((other) => !order.has(other))]) {
    const states = entry.checks.list.map(([, state]) => state);
    if (!entry.tree) {
      const [state, words] = checkHistory(entry, page, order);
      entry.checks.list.push(["history", state, words]);
      entry.checks.history = [...states, state].includes("fail") ? "fail" : state;
    }
    const failed = entry.checks.history === "fail" || states.includes("fail");
    entry.checks.mark = failed ? "fail" : states[0];
  }
}

// Checks everything, a few hundred at a time so that the page goes on answering.
async function checkAll(page, progress) {
  for (let from = 0; from < page.entries.length; from += TOGETHER) {
    const some = page.entries.slice(from, from + TOGETHER);
    const lists = await Promise.all(some.map((entry) => ownChecksOrFail(entry, page)));
    some.forEach((entry, at) => (entry.checks = { list: lists[at], mark: "wait" }));
    progress(from + some.length);
    await new Promise((resume) => setTimeout(resume));
  }
  conclude(page);
}

const markOf = (entry) => entry.checks?.mark ?? "wait";
