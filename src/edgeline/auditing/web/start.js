// The page comes to life: it checks itself, finds by words and by address, and answers about files.

const MIN_DIGITS = 8;
const MARKS = {
  pass: ["\u2713", "checked here"],
  fail: ["\u2717", "failed its check"],
  none: ["\u2013", "nothing here to check"],
};

const alarm = (...words) => at("alarm").append(element("p", {}, ...words));

function mark(state) {
  const [sign, words] = MARKS[state];
  return element("span", { class: `mark ${state}`, role: "img", "aria-label": words, title: words }, sign);
}

const markOf = (entry) => mark(entry.mark);

// What the page says without this script, as it was sealed: spaces and line ends do not count.
async function isSealed() {
  const words = at("page").textContent.split(/\s+/).filter(Boolean).join(" ");
  return (await sha256(TEXT.encode(`${at("data").textContent}\n${words}`))) === SEAL;
}

async function check() {
  const total = page.entries.length;
  await checkAll(page, (done) => {
    at("verdict").textContent = `Checking ${number(done)} of ${number(total)}\u2026`;
  });
  for (const entry of page.entries) {
    entry.folded.querySelector(".mark").replaceWith(markOf(entry));
    if (entry.folded.open) unfold(entry);
  }
  const count = (holds) => page.entries.filter(holds).length;
  const [passed, failed, none] = ["pass", "fail", "none"].map((state) => count(({ mark }) => mark === state));
  const invalid = count((entry) => !isValid(entry));
  at("verdict").replaceChildren(
    mark(failed ? "fail" : passed ? "pass" : "none"),
    ` Checked in this browser: ${number(passed)} of ${number(total)} are as they were anchored`,
    failed ? `, ${number(failed)} failed` : "",
    none ? `, ${number(none)} without a document to check` : "",
    ".",
    invalid ? ` ${counted(invalid, "is", "are")} revoked, or made from what is.` : "",
  );
  if (!failed) return "passed";
  const button = element("button", { type: "button" }, `Show the ${number(failed)}`);
  button.addEventListener("click", () => list((entry) => entry.mark === "fail"));
  alarm(
    `${counted(failed, "entry", "entries")} on this page failed a check: `,
    "what is said there was altered after it was anchored. ",
    button,
  );
  return "failed";
}

// What was checked, and the document, are filled in where somebody looks.
function unfold(entry) {
  const lines = entry.checks.map(([about, state, words]) =>
    element("li", { "data-check": about, "data-state": state }, mark(state), " ", words),
  );
  const chain = element(
    "li",
    { "data-check": "chain" },
    "? Not checkable here: that the chain holds this record, and its status today. ",
    "Compare its block with a node that you trust, or ask it with ",
    element("code", {}, `edgeline verify ${entry.digest}`),
  );
  entry.folded.querySelector(".checks").replaceChildren(...lines, chain);
  if (entry.document) entry.folded.querySelector("pre").textContent = visible(entry.document);
}

function list(keeps) {
  for (const entry of page.entries) entry.folded.hidden = !keeps(entry);
  const count = page.entries.filter((entry) => !entry.folded.hidden).length;
  at("count").textContent = count === page.entries.length ? "" : `${number(count)} found`;
}

// Names are found by any part of them; digests and accounts from their beginning, lest numbers find them.
function search(words) {
  const terms = words.toLowerCase().split(/\s+/).filter(Boolean);
  const finds = (token, term) =>
    token.length < 40 ? token.includes(term) : term.length >= 4 && token.startsWith(term);
  list((entry) => {
    entry.tokens ??= [...entry.folded.querySelectorAll("summary bdi, summary b, .own dt, .own dd")]
      .flatMap((part) => part.textContent.toLowerCase().split(/\s+/))
      .map((token) => token.replace(/^0x/, ""))
      .concat(isValid(entry) ? "valid" : []);
    return terms.every((term) => entry.tokens.some((token) => finds(token, term.replace(/^0x/, ""))));
  });
}

// What stands in the address: a statement, by its digest or the beginning of it, or a thing by its own.
function follow() {
  const wanted = decodeURIComponent(location.hash.slice(1)).toLowerCase().replace(/^0x/, "");
  if (wanted.length < MIN_DIGITS) return;
  const entry =
    page.byDigest.get(wanted) ??
    page.bySubject.get(wanted)?.[0] ??
    page.entries.find(({ digest }) => digest.startsWith(wanted));
  if (!entry) return;
  entry.folded.hidden = false;
  entry.folded.open = true;
  entry.folded.scrollIntoView();
  entry.folded.querySelector("summary").focus({ preventScroll: true });
}

function listen() {
  at("words").addEventListener("input", () => search(at("words").value));
  addEventListener("hashchange", follow);
  const unfolding = (event) => page.byDigest.has(event.target.id) && unfold(page.byDigest.get(event.target.id));
  at("entries").addEventListener("toggle", unfolding, true);
  document.querySelector(".drop").addEventListener("change", async ({ target }) => {
    await showFiles(chosenFiles(target), at("answer"));
    target.value = "";
  });
  // A file that misses its place would otherwise be opened instead of this page.
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", async (event) => {
    event.preventDefault();
    try {
      await showFiles(await droppedFiles(event.dataTransfer), at("answer"));
    } catch {
      const words = "Your browser does not let a page read that; choose the files by the button.";
      at("answer").replaceChildren(element("p", { class: "answer bad" }, words));
    }
    at("answer").scrollIntoView({ block: "nearest" });
  });
}

async function start() {
  if (!globalThis.crypto?.subtle) {
    alarm("This browser offers no SHA-256 to a page opened this way; nothing was checked. Try another browser.");
    return;
  }
  if (!(await isSealed())) alarm("This file was altered after it was made: it does not say what it was made to say.");
  page = readPage(at("data").textContent);
  document.body.classList.add("alive");
  listen();
  const result = await check();
  follow();
  document.body.dataset.checked = result;
}

start().catch(() => {
  alarm("The data of this page are damaged or incomplete; nothing on it can be trusted.");
  document.body.dataset.checked = "failed";
});
