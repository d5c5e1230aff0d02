// Which entries are listed, and in what order.

const text = (left, right) => (left < right ? -1 : left > right ? 1 : 0);
const newest = (left, right) =>
  right.record.block - left.record.block || right.record.time - left.record.time;

function byKind(left, right) {
  const [one, other] = [left, right].map(({ kind }) =>
    KINDS.includes(kind) ? KINDS.indexOf(kind) : Infinity,
  );
  if (one === other) return text(left.kind, right.kind);
  return one - other;
}

const worst = Object.keys(STANDINGS);

const ORDERS = {
  newest,
  oldest: (left, right) => newest(right, left),
  kind: byKind,
  name: (left, right) => text(left.title.toLowerCase(), right.title.toLowerCase()),
  account: (left, right) => text(left.record.anchorer, right.record.anchorer),
  status: (left, right) => worst.indexOf(standing(right)) - worst.indexOf(standing(left)),
};

// In one block, what was made of something comes after it, so newest first shows it before.
function placed(page) {
  const places = new Map(page.ordered.map((entry, at) => [entry, at]));
  return (left, right) => (places.get(right) ?? 0) - (places.get(left) ?? 0);
}

function matches(entry, terms) {
  return terms.every((term) => entry.words.includes(term) || beginsKey(entry, term.replace(/^0x/, "")));
}

// Shorter ones would find digests by chance where a number was meant.
const beginsKey = (entry, digits) => digits.length >= 4 && entry.keys.includes(`\n${digits}`);

const STATUS_FILTERS = {
  all: () => true,
  valid: (entry) => standing(entry) === "valid",
  "not valid": (entry) => standing(entry) !== "valid",
  revoked: (entry) => entry.status === "revoked",
  "key compromised": (entry) => entry.status === "compromised",
  "ancestor not valid": (entry) => entry.above !== null,
  "failed its check": (entry) => markOf(entry) === "fail",
};

function listed(page, { words, kind, status, order }) {
  const terms = words.toLowerCase().split(/\s+/).filter(Boolean);
  const keeps = STATUS_FILTERS[status];
  const found = page.entries.filter(
    (entry) => (kind === "all" || entry.kind === kind) && keeps(entry) && matches(entry, terms),
  );
  const tie = order === "oldest" ? (left, right) => page.later(right, left) : page.later;
  return found.sort((left, right) => ORDERS[order](left, right) || newest(left, right) || tie(left, right));
}
