// The data of the page, as entries that know one another; and elements, made and never parsed.

let page;

const at = (id) => document.getElementById(id);

// The same characters as in edgeline.page: they would let a name look like another.
const UNSEEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\uffff\u{e0000}-\u{e007f}]/gu;

function visible(text) {
  return String(text).replace(UNSEEN, (character) => {
    const code = character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    return `[U+${code}]`;
  });
}

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.flat(Infinity));
  return made;
}

// A name in any script, kept from turning the text around it.
const name = (text) => element("bdi", {}, visible(text));

const ENGLISH = new Intl.NumberFormat("en");

const number = (count) => ENGLISH.format(count);

const counted = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

function readEntry(raw) {
  const statement = raw.document && JSON.parse(raw.document);
  const subjects = statement
    ? statement.subject.map((subject) => ({ name: subject.name, digest: subject.digest.sha256 }))
    : [{ name: "", digest: raw.subject ?? "" }];
  const parents = statement?.predicate.parents ?? raw.parents;
  const members = new Map((raw.members ?? []).map((digest, index) => [digest, index]));
  const folded = at(raw.digest);
  if (!folded) throw new Error("an entry that is not listed");
  return { ...raw, statement, subjects, parents, recorded: raw.parents, members, folded, checks: [], mark: "wait" };
}

function readPage(text) {
  const entries = JSON.parse(text).entries.map(readEntry);
  const byDigest = new Map(entries.map((entry) => [entry.digest, entry]));
  const bySubject = new Map();
  for (const entry of entries) {
    for (const { digest } of entry.subjects) {
      bySubject.set(digest, [...(bySubject.get(digest) ?? []), entry]);
    }
  }
  return { entries, byDigest, bySubject };
}

// All that an entry was made from, nearest first.
function ancestors(entry) {
  const digests = new Set(entry.parents);
  for (const digest of digests) page.byDigest.get(digest)?.parents.forEach((parent) => digests.add(parent));
  return [...digests].map((digest) => page.byDigest.get(digest)).filter(Boolean);
}
