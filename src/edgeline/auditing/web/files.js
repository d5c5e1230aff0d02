// What is dropped or chosen is hashed here, and looked for among the subjects of all statements.

const MOST_FILES = 500;
// A browser hashes a file only as a whole in memory.
const MOST_BYTES = 2 ** 31 - 1;
const MOST_RECEIPT_BYTES = 2 ** 22;
const MOST_HITS = 3;

async function hashed(file) {
  if (file.size > MOST_BYTES) return { problem: "is too large for a browser; `edgeline verify` can hash it" };
  try {
    const bytes = await file.arrayBuffer();
    return { bytes, digest: await sha256(bytes) };
  } catch {
    return { problem: "cannot be read" };
  }
}

async function identify({ path, file }, page) {
  const { bytes, digest, problem } = await hashed(file);
  if (problem) return { path, problem, hits: [] };
  const hits = (page.bySubject.get(digest) ?? []).map((entry) => ({ entry, as: place(entry, digest) }));
  const itself = page.byDigest.get(digest);
  if (itself) hits.push({ entry: itself, as: "the document of" });
  if (!hits.length) hits.push(...(await receiptHits(bytes, page)));
  return { path, digest, hits };
}

function place(entry, digest) {
  const at = entry.subjects.findIndex((subject) => subject.digest === digest);
  return entry.subjects.length === 1 ? "the subject of" : `file ${at + 1} of ${entry.subjects.length} in`;
}

async function receiptHits(bytes, page) {
  if (bytes.byteLength > MOST_RECEIPT_BYTES) return [];
  try {
    const receipt = JSON.parse(new TextDecoder().decode(bytes));
    const receives =
      String(receipt?.schema).startsWith("edgeline.receipt/") && isStatement(receipt.statement);
    const entry = receives && page.byDigest.get(await documentDigest(receipt.statement));
    return entry ? [{ entry, as: "a receipt of" }] : [];
  } catch {
    return [];
  }
}

function ancestry(entry, page) {
  const counts = new Map();
  for (const digest of reached(entry, parentsOf, page.byDigest)) {
    const { kind } = page.byDigest.get(digest);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const kinds = [...counts].sort(([left], [right]) => byKind({ kind: left }, { kind: right }));
  return kinds
    .map(([kind, count]) => (count === 1 ? seen(kind) : `${number(count)} \u00d7 ${seen(kind)}`))
    .join(", ");
}

const chosenFiles = (input) =>
  Array.from(input.files, (file) => ({ path: file.webkitRelativePath || file.name, file }));

// The files of folders, or those dropped one by one. What a drop holds must be taken before waiting.
// Of a page opened from the disk, Chromium gives a folder's files by handles alone; others have entries.
async function droppedFiles(transfer) {
  const items = Array.from(transfer.items).filter((item) => item.kind === "file");
  const taken = items.map((item) => [
    item.getAsFile(),
    item.webkitGetAsEntry?.(),
    item.getAsFileSystemHandle?.(),
  ]);
  const lists = taken.map(async ([file, entry, handle]) => {
    if (!entry?.isDirectory) return file ? [{ path: file.name, file }] : [];
    return handle ? handleFiles(await handle, `${entry.name}/`) : entryFiles(entry);
  });
  return (await Promise.all(lists)).flat();
}

async function handleFiles(folder, at) {
  const files = [];
  for await (const [name, handle] of folder.entries()) {
    if (files.length > MOST_FILES) break;
    if (handle.kind === "directory") files.push(...(await handleFiles(handle, `${at}${name}/`)));
    else files.push({ path: at + name, file: await handle.getFile() });
  }
  return files;
}

async function entryFiles(folder) {
  const reader = folder.createReader();
  const files = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length || files.length > MOST_FILES) return files;
    for (const entry of some) {
      if (entry.isDirectory) files.push(...(await entryFiles(entry)));
      else
        files.push({
          path: entry.fullPath.slice(1),
          file: await new Promise((resolve, reject) => entry.file(resolve, reject)),
        });
    }
  }
}

async function showFiles(files, page, place) {
  const some = within(files)
    .sort((left, right) => text(left.path, right.path))
    .slice(0, MOST_FILES);
  const results = [];
  for (const one of some) {
    place.replaceChildren(
      element(
        "p",
        {},
        `Hashing ${number(results.length + 1)} of ${number(some.length)}: `,
        name(one.path, 60),
      ),
    );
    results.push(await identify(one, page));
  }
  const left = files.length - some.length;
  const held = holdings(results);
  const shown = element(
    "ul",
    { class: "results" },
    ...results.map((result) => shownFile(result, held, page)),
  );
  const good = results.every(({ hits }) => hits.some(({ entry }) => toneOf(entry) === "good"));
  place.replaceChildren(
    results.length > 1 ? completeness(held, page) : "",
    results.length ? "" : element("p", { class: "answer unknown" }, "There was no file in it."),
    results.length > 1
      ? element("details", { open: !good }, element("summary", {}, "File by file"), shown)
      : shown,
    left > 0 ? element("p", {}, `${number(left)} more files were not looked at.`) : "",
  );
}

// What was given as one folder is named from inside of it.
function within(files) {
  const [first] = files.map(({ path }) => path.slice(0, path.indexOf("/") + 1));
  const inside = first && files.every(({ path }) => path.startsWith(first));
  return files.map(({ path, file }) => ({ path: inside ? path.slice(first.length) : path, file }));
}

// Every statement that names one of the files, with what it names besides; those with most files first.
function holdings(results) {
  const digests = new Set(results.map(({ digest }) => digest));
  const entries = new Set(results.flatMap(({ hits }) => hits.map(({ entry }) => entry)));
  const held = [...entries].map((entry) => [
    entry,
    entry.subjects.filter((subject) => !digests.has(subject.digest)),
  ]);
  const share = ([entry, missing]) => 1 - missing.length / entry.subjects.length;
  return new Map(
    held.sort(
      (left, right) => share(right) - share(left) || right[0].subjects.length - left[0].subjects.length,
    ),
  );
}

// When several files were given at once: whether all that a statement names is among them.
function completeness(held, page) {
  const best = [...held].find(([entry]) => entry.subjects.length > 1);
  if (!best) return "";
  const [entry, missing] = best;
  const whole = `All ${entry.subjects.length} files of `;
  const some = `${missing.length} of ${entry.subjects.length} files are missing or altered of `;
  const names = missing.slice(0, 5).map((subject) => [" ", name(subject.name, 60)]);
  return element(
    "p",
    { class: `answer ${missing.length ? "bad" : toneOf(entry)}` },
    element("strong", {}, missing.length ? some : whole, heading(entry)),
    missing.length ? [":", names] : [" are here, unchanged", fate(entry, page)],
  );
}

const heading = (entry) => link(entry, `${seen(entry.kind)} `, name(entry.title, 60));

function toneOf(entry) {
  if (markOf(entry) === "fail" || standing(entry) !== "valid") return "bad";
  return markOf(entry) === "pass" ? "good" : "open";
}

function shownFile({ path, digest, problem, hits }, held, page) {
  const title = element("strong", {}, name(path, 80));
  if (problem) return element("li", { class: "answer bad" }, title, ` ${problem}.`);
  if (!hits.length) {
    const until =
      "Nothing on this page is about these bytes. Either they were altered, " +
      `or they were not anchored by block ${number(page.block)}.`;
    return element(
      "li",
      { class: "answer unknown" },
      title,
      " is not known. ",
      until,
      " SHA-256 ",
      code(digest),
    );
  }
  // First what is about this very file, then what holds most of the others too.
  const places = new Map([...held.keys()].map((entry, at) => [entry, at]));
  const about = ({ entry }) => (entry.subject === digest ? -1 : places.get(entry));
  const sorted = hits.toSorted((left, right) => about(left) - about(right));
  const left = hits.length - MOST_HITS;
  return element(
    "li",
    { class: `answer ${toneOf(sorted[0].entry)}` },
    title,
    ...sorted.slice(0, MOST_HITS).map((hit) => shownHit(hit, page)),
    left > 0
      ? element(
          "p",
          {},
          `It is named by ${counted(left, "more statement")}: search for ${digest.slice(0, 12)}.`,
        )
      : null,
  );
}

const shownHit = ({ entry, as }, page) =>
  element("p", {}, mark(markOf(entry)), ` is ${as} `, heading(entry), fate(entry, page));

// What it came from, who anchored it and when, and what became of it.
function fate(entry, page) {
  const from = ancestry(entry, page);
  const { anchorer, time } = entry.record;
  const failed = element("b", { class: "standing failed" }, " What this page says of it failed its check.");
  return [
    from ? `; made from ${from}` : "",
    `; anchored ${utc(time)} UTC by `,
    code(anchorer),
    "; ",
    element("b", { class: `standing ${standing(entry)}` }, STANDINGS[standing(entry)]),
    reasons(entry),
    ".",
    markOf(entry) === "fail" ? failed : "",
  ];
}
