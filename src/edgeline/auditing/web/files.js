// What is dropped or chosen is hashed here, and looked for among the subjects of all statements.

const MOST_FILES = 500;
// A browser hashes a file only as a whole in memory.
const MOST_BYTES = 2 ** 31 - 1;
const MOST_RECEIPT_BYTES = 2 ** 22;
const MOST_MATCHES = 3;

// A file with its digest, and with each statement about it and what it is to that statement.
async function identify({ path, file }) {
  if (file.size > MOST_BYTES)
    return { path, problem: "is too large for a browser; `edgeline verify` can hash it", matches: [] };
  const bytes = await file.arrayBuffer().catch(() => null);
  if (!bytes) return { path, problem: "cannot be read", matches: [] };
  const digest = await sha256(bytes);
  const matches = (page.bySubject.get(digest) ?? []).map((entry) => ({ entry, as: position(entry, digest) }));
  const itself = page.byDigest.get(digest);
  if (itself) matches.push({ entry: itself, as: "the document of" });
  if (!matches.length) matches.push(...matchReceipt(bytes));
  return { path, digest, matches };
}

function position(entry, digest) {
  const index = entry.subjects.findIndex((subject) => subject.digest === digest);
  return entry.subjects.length === 1
    ? "the subject of"
    : `file ${index + 1} of ${entry.subjects.length} in`;
}

function matchReceipt(bytes) {
  if (bytes.byteLength > MOST_RECEIPT_BYTES) return [];
  try {
    const text = new TextDecoder().decode(bytes);
    const { schema, statement } = JSON.parse(text);
    if (!schema.startsWith("edgeline.receipt/")) return [];
    const about = page.bySubject.get(statement.subject[0].digest.sha256);
    const stated = about.filter((entry) => text.includes(`"statement":${entry.document}`));
    return stated.map((entry) => ({ entry, as: "a receipt of" }));
  } catch {
    return [];
  }
}

const chosenFiles = (input) =>
  Array.from(input.files, (file) => ({ path: file.webkitRelativePath || file.name, file }));

// The files of folders, or those dropped one by one. What a drop holds must be taken before waiting.
// Of a page opened from the disk, Chromium gives a folder's files by handles alone; others have entries.
async function droppedFiles(transfer) {
  const taken = Array.from(transfer.items, (item) => {
    const entry = item.webkitGetAsEntry?.();
    return entry?.isDirectory ? (item.getAsFileSystemHandle?.() ?? entry) : item.getAsFile();
  });
  const files = [];
  for (const one of taken.filter(Boolean)) {
    for await (const file of filesOf(await one)) {
      if (files.push(file) > MOST_FILES) break;
    }
  }
  return files;
}

async function* filesOf(item, folder = "") {
  const path = folder + item.name;
  if (item instanceof File) yield { path, file: item };
  else if (item.kind === "file") yield { path, file: await item.getFile() };
  else if (item.isFile) yield { path, file: await new Promise((resolve, reject) => item.file(resolve, reject)) };
  else for await (const inner of item.values?.() ?? entriesOf(item)) yield* filesOf(inner, `${path}/`);
}

async function* entriesOf(folder) {
  const reader = folder.createReader();
  const some = () => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
  for (let entries = await some(); entries.length; entries = await some()) yield* entries;
}

async function showFiles(files, place) {
  const some = withinFolder(files).sort((left, right) => (left.path < right.path ? -1 : 1));
  const results = [];
  for (const one of some.slice(0, MOST_FILES)) {
    place.replaceChildren(`Hashing file ${number(results.length + 1)}: `, name(one.path));
    results.push(await identify(one));
  }
  const shares = sharesOf(results);
  const list = element("ul", { class: "results" }, ...results.map((one) => fileAnswer(one, shares)));
  const left = files.length - results.length;
  place.replaceChildren(
    results.length > 1 ? folderAnswer(shares) : "",
    results.length ? list : element("p", { class: "answer open" }, "There was no file in it."),
    left > 0 ? element("p", {}, `${number(left)} more files were not looked at.`) : "",
  );
}

// What was given as one folder is named from inside of it.
function withinFolder(files) {
  const [first] = files.map(({ path }) => path.slice(0, path.indexOf("/") + 1));
  const inside = first && files.every(({ path }) => path.startsWith(first));
  return files.map(({ path, file }) => ({ path: inside ? path.slice(first.length) : path, file }));
}

// Every statement that names one of the files, with what it names besides; those with most files first.
function sharesOf(results) {
  const digests = new Set(results.map(({ digest }) => digest));
  const entries = new Set(results.flatMap(({ matches }) => matches.map(({ entry }) => entry)));
  const shares = [...entries].map((entry) => {
    const missing = entry.subjects.filter(({ digest }) => !digests.has(digest));
    return { entry, missing, size: entry.subjects.length, lack: missing.length / entry.subjects.length };
  });
  return shares.sort((left, right) => left.lack - right.lack || right.size - left.size);
}

// Whether all that a statement names is among the files.
function folderAnswer(shares) {
  const best = shares.find(({ entry }) => entry.subjects.length > 1);
  if (!best) return "";
  const { entry, missing } = best;
  const all = entry.subjects.length;
  if (!missing.length) {
    const whole = element("strong", {}, `All ${all} files of `, link(entry));
    return element("p", { class: `answer ${tone(entry)}` }, whole, " are here, unchanged", fate(entry));
  }
  const gone = element("strong", {}, `${missing.length} of ${all} files are missing or altered of `, link(entry));
  const names = missing.slice(0, 5).map((subject) => [" ", name(subject.name)]);
  return element("p", { class: "answer bad" }, gone, ":", names);
}

function fileAnswer({ path, digest, problem, matches }, shares) {
  const title = element("strong", {}, name(path));
  if (problem) return element("li", { class: "answer bad" }, title, ` ${problem}.`);
  if (!matches.length) {
    const reasons =
      "Nothing on this page is about these bytes. Either they were altered, " +
      "or they were not anchored when the page was made.";
    const shown = element("code", {}, digest);
    return element("li", { class: "answer open" }, title, ` is not known. ${reasons} SHA-256 `, shown);
  }
  // First what is about this very file, then what holds most of the others too.
  const order = ({ entry }) => (entry.subject === digest ? -1 : shares.findIndex((one) => one.entry === entry));
  const sorted = matches.toSorted((left, right) => order(left) - order(right));
  const answers = sorted
    .slice(0, MOST_MATCHES)
    .map(({ entry, as }) => element("p", {}, markOf(entry), ` is ${as} `, link(entry), fate(entry)));
  const left = matches.length - MOST_MATCHES;
  const more = `It is named by ${counted(left, "more statement")}: search for ${digest.slice(0, 12)}.`;
  return element(
    "li",
    { class: `answer ${tone(sorted[0].entry)}` },
    title,
    ...answers,
    left > 0 ? element("p", {}, more) : "",
  );
}

// A selector of one class is found within the entry; Chromium looks through the whole page for one of several parts.
const isValid = (entry) => entry.folded.querySelector(".standing").textContent === "valid";

function tone(entry) {
  if (entry.mark === "fail" || !isValid(entry)) return "bad";
  return entry.mark === "pass" ? "good" : "open";
}

const link = (entry) => element("a", { href: `#${entry.digest}` }, entry.kind, " ", titleOf(entry));

const titleOf = (entry) => entry.folded.querySelectorAll("summary bdi")[1].cloneNode(true);

// What it came from, who anchored it and when, and what became of it.
function fate(entry) {
  const kinds = new Map();
  for (const { kind } of ancestors(entry)) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const from = [...kinds].map(([kind, count]) => (count === 1 ? kind : `${number(count)} \u00d7 ${kind}`));
  const words = entry.folded.querySelector(".fate").cloneNode(true).childNodes;
  const failed = element("b", { class: "bad" }, " What this page says of it failed its check.");
  return [
    from.length ? `; made from ${from.join(", ")}; ` : "; ",
    [...words],
    ".",
    entry.mark === "fail" ? failed : "",
  ];
}
