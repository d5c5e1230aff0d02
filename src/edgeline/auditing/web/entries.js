// From the data to entries that know their parents, their children and what is wrong above them.

const KINDS = ["data", "pretrained", "tuned", "small", "round", "artifact", "part", "release", "tree"];

const TITLES = {
  round: (about) => (about.number === undefined ? "" : `round ${about.number}`),
  part: (about) => (about.index === undefined ? "" : `part ${about.index} of ${about.of}`),
};

const shortRevision = (about) => String(about.revision ?? "").slice(0, 12);

function isStatement(value) {
  const isText = (thing) => typeof thing === "string";
  const isObject = (thing) => typeof thing === "object" && thing !== null && !Array.isArray(thing);
  return (
    isObject(value) &&
    Array.isArray(value.subject) &&
    value.subject.length > 0 &&
    value.subject.every(
      (subject) => isObject(subject) && isText(subject.name) && isText(subject.digest?.sha256),
    ) &&
    isObject(value.predicate) &&
    isText(value.predicate.kind) &&
    Array.isArray(value.predicate.parents) &&
    value.predicate.parents.every(isText) &&
    (value.predicate.about === undefined || isObject(value.predicate.about))
  );
}

function readEntry(raw, page) {
  const stated = isStatement(raw.document) ? raw.document : null;
  const about = stated?.predicate.about ?? {};
  const subjects =
    stated?.subject.map((subject) => ({ name: subject.name, digest: subject.digest.sha256 })) ?? [];
  const entry = {
    ...raw,
    status: raw.status.word,
    why: raw.status,
    stated,
    about,
    subjects: subjects.length ? subjects : [{ name: "", digest: raw.subject ?? "" }],
    record: page.records[raw.record],
    parents: stated?.predicate.parents ?? raw.parents,
    recorded: raw.parents,
    children: [],
    above: null,
  };
  if (!entry.record || typeof entry.digest !== "string") throw new Error("an entry without a record");
  return { ...entry, title: titleOf(entry), words: wordsOf(entry), keys: keysOf(entry) };
}

function titleOf(entry) {
  if (entry.tree) return `tree of ${number(BigInt(entry.tree.size))} statements`;
  const whole = [entry.about.recipe, shortOf(entry) || shortRevision(entry.about)]
    .filter(Boolean)
    .map(String)
    .join(" ");
  return (
    whole || entry.subjects[0].name || `${(entry.subjects[0].digest || entry.digest).slice(0, 12)}\u2026`
  );
}

// What tells it from others of the same recipe.
function shortOf(entry) {
  return Object.hasOwn(TITLES, entry.kind) ? TITLES[entry.kind](entry.about) : "";
}

const shade = (entry) => (KINDS.includes(entry.kind) ? entry.kind : "");

// What is searched for anywhere in it, and what is searched for from its beginning.
function wordsOf(entry) {
  const names = entry.subjects.map((subject) => subject.name);
  const about = Object.entries(entry.about).map(([key, value]) => `${key} ${value}`);
  return [entry.kind, titleOf(entry), ...names, ...about].join("\n").toLowerCase();
}

function keysOf(entry) {
  const digests = entry.subjects.map((subject) => subject.digest);
  const { anchorer, transaction } = entry.record;
  const keys = [entry.digest, ...digests, anchorer, transaction];
  return `\n${keys.map((key) => String(key).toLowerCase().replace(/^0x/, "")).join("\n")}`;
}

function readPage(text) {
  const page = JSON.parse(text);
  const entries = page.entries.map((raw) => readEntry(raw, page));
  const byDigest = new Map(entries.map((entry) => [entry.digest, entry]));
  const bySubject = new Map();
  for (const entry of entries) {
    for (const parent of entry.parents) byDigest.get(parent)?.children.push(entry.digest);
    for (const { digest } of entry.subjects) {
      bySubject.set(digest, [...(bySubject.get(digest) ?? []), entry]);
    }
  }
  const ordered = parentsFirst(entries, byDigest);
  for (const entry of ordered) {
    const parents = entry.parents.map((digest) => byDigest.get(digest)).filter(Boolean);
    const bad = parents.find((parent) => parent.status !== "valid") ?? parents.find((parent) => parent.above);
    entry.above = bad ? (bad.status === "valid" ? bad.above : bad) : null;
  }
  return { ...page, entries, byDigest, bySubject, ordered };
}

// Entries in a circle, which no chain of hashes can hold, are left out of the order.
function parentsFirst(entries, byDigest) {
  const waiting = new Map();
  for (const entry of entries) {
    waiting.set(entry.digest, entry.parents.filter((parent) => byDigest.has(parent)).length);
  }
  const ordered = entries.filter((entry) => waiting.get(entry.digest) === 0);
  for (let at = 0; at < ordered.length; at += 1) {
    for (const child of ordered[at].children) {
      waiting.set(child, waiting.get(child) - 1);
      if (waiting.get(child) === 0) ordered.push(byDigest.get(child));
    }
  }
  return ordered;
}

// Digests reached from one by `next`, nearest first, at most `limit`, the start not among them.
function reached(start, next, byDigest, limit = Infinity) {
  const found = new Set([start.digest]);
  for (const digest of found) {
    for (const other of next(byDigest.get(digest))) {
      if (found.size > limit) break;
      if (byDigest.has(other)) found.add(other);
    }
  }
  found.delete(start.digest);
  return found;
}

const parentsOf = (entry) => entry.parents;
const childrenOf = (entry) => entry.children;

// The word that stands for it in lists: its own status, or that something above it is not valid.
const standing = (entry) => (entry.status === "valid" && entry.above ? "ancestor" : entry.status);

const STANDINGS = {
  valid: "valid",
  revoked: "revoked",
  compromised: "key compromised",
  ancestor: "ancestor not valid",
};
