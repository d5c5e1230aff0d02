// The picture of where something comes from and of what was made of it.

const MOST_BOXES = 200;
const FEWEST_FOLDED = 4;
const PAD = 6;
const FAR = 3 * BOX.height;
const TURN = 8;
const SMALLEST = 0.74;

const WAYS = {
  both: [parentsOf, childrenOf],
  "where it comes from": [parentsOf],
  "what was made of it": [childrenOf],
};

// Runs of one kind, one made of the other alone, are folded into one box until someone opens it.
function folded(entries, chosen, opened) {
  const inside = new Map(entries.map((entry) => [entry.digest, entry]));
  const same = (entry, digests) =>
    digests.map((digest) => inside.get(digest)).filter((other) => other?.kind === entry.kind);
  const follows = new Map();
  for (const entry of entries) {
    const parents = same(entry, entry.parents);
    if (parents.length === 1 && same(entry, parents[0].children).length === 1) follows.set(parents[0], entry);
  }
  const followers = new Set(follows.values());
  const runs = new Map();
  for (const first of entries.filter((entry) => follows.has(entry) && !followers.has(entry))) {
    const run = [first];
    while (follows.has(run.at(-1))) run.push(follows.get(run.at(-1)));
    for (const part of apart(run, chosen)) {
      if (part.length >= FEWEST_FOLDED && !opened.has(part[0].digest))
        part.forEach((entry) => runs.set(entry, part));
    }
  }
  return runs;
}

// What is chosen stands alone, between what was before it and what came after.
function apart(run, chosen) {
  const at = run.indexOf(chosen);
  return at < 0 ? [run] : [run.slice(0, at), run.slice(at + 1)];
}

// All that the chosen way leads to, folded: boxes by key, and which box was made of which.
function graph(chosen, page, way, opened) {
  const digests = WAYS[way].flatMap((next) => [...reached(chosen, next, page.byDigest)]);
  const wanted = new Set([chosen.digest, ...digests]);
  const entries = page.ordered.filter((entry) => wanted.has(entry.digest));
  if (!entries.includes(chosen)) entries.push(chosen);
  const runs = folded(entries, chosen, opened);
  const keyOf = new Map(entries.map((entry) => [entry.digest, (runs.get(entry)?.[0] ?? entry).digest]));
  const boxes = new Map(
    [...keyOf.values()].map((key) => [key, { digest: key, parents: new Set(), children: new Set() }]),
  );
  for (const entry of entries) {
    for (const parent of entry.parents.filter((digest) => keyOf.has(digest))) {
      const [from, to] = [keyOf.get(parent), keyOf.get(entry.digest)];
      if (from === to) continue;
      boxes.get(to).parents.add(from);
      boxes.get(from).children.add(to);
    }
  }
  return { boxes, runs };
}

// The boxes nearest to the chosen one; a way with few of them leaves its share to the other.
function nearestBoxes(chosen, boxes, way) {
  const sets = WAYS[way]
    .map((next) => [...reached(chosen, next, boxes)])
    .sort((left, right) => left.length - right.length);
  const kept = new Set([chosen.digest]);
  sets.forEach((set, at) => {
    const share = Math.floor((MOST_BOXES - kept.size) / (sets.length - at));
    set.slice(0, share).forEach((key) => kept.add(key));
  });
  return kept;
}

function picture(chosen, page, way, opened) {
  const { boxes, runs } = graph(chosen, page, way, opened);
  const kept = nearestBoxes(boxes.get(chosen.digest), boxes, way);
  const keys = [...boxes.keys()].filter((key) => kept.has(key));
  const pairs = keys.flatMap((key) => [...boxes.get(key).children].map((child) => [key, child]));
  const left = [...boxes.keys()].filter((key) => !kept.has(key));
  const num = left.reduce((sum, key) => sum + (runs.get(page.byDigest.get(key))?.length ?? 1), 0);
  return { ...arrange(keys, pairs), runs, left: num, keys };
}

function curve(points) {
  const [[startX, startY], ...rest] = points;
  let path = `M${startX + BOX.width} ${startY}`;
  let fromX = startX + BOX.width;
  let fromY = startY;
  rest.forEach(([x, y], at) => {
    const middle = (fromX + x) / 2;
    path += bend(fromY, middle, x, y);
    if (at < rest.length - 1) path += `H${x + BOX.width}`;
    [fromX, fromY] = [x + BOX.width, y];
  });
  return path;
}

// Far apart, lines run along one another, so that a hundred of them are one trunk and no thicket.
function bend(fromY, middle, x, y) {
  if (Math.abs(y - fromY) < FAR) return `C${middle} ${fromY} ${middle} ${y} ${x} ${y}`;
  const turn = Math.sign(y - fromY) * TURN;
  const down = `H${middle - TURN}Q${middle} ${fromY} ${middle} ${fromY + turn}V${y - turn}`;
  return `${down}Q${middle} ${y} ${middle + TURN} ${y}H${x}`;
}

function boxOf(entry, run, { x, y }, current) {
  const title = run ? numbers(run) : clipped(shortOf(entry) || entry.about.recipe || entry.title, 40);
  const kind = clipped(entry.kind, 14);
  const state = run ? worstMark(run) : markOf(entry);
  const small = run ? "unfold" : entry.status === "valid" ? "" : STANDINGS[entry.status];
  const more = run ? `${run.length} in a row` : `${clipped(entry.title, 80)}, ${STANDINGS[standing(entry)]}`;
  // It begins with what is seen, for those who speak to their browser.
  const words = `${[kind, title, small].filter(Boolean).join(" ")}: ${more}, ${MARKS[state][1]}`;
  return drawn(
    "a",
    {
      class: ["box", shade(entry), standing(entry), run && "run", current && "current"]
        .filter(Boolean)
        .join(" "),
      href: run ? null : `#${encodeURIComponent(entry.digest)}`,
      role: run ? "button" : null,
      "data-key": entry.digest,
      "aria-current": current ? "true" : null,
      tabindex: current ? "0" : "-1",
      transform: `translate(${x} ${y - BOX.height / 2})`,
    },
    drawn("title", {}, words),
    run ? drawn("rect", { class: "under", x: 4, y: 4, width: BOX.width, height: BOX.height, rx: 7 }) : null,
    drawn("rect", { class: "face", width: BOX.width, height: BOX.height, rx: 7 }),
    drawn("rect", { class: "side", width: 5, height: BOX.height, rx: 2.5 }),
    drawn("text", { class: "kind", x: 13, y: 18 }, kind),
    // Another drawing inside this one, so that a long name ends where the box does.
    drawn(
      "svg",
      { x: 13, y: 20, width: BOX.width - 18, height: 24 },
      drawn("text", { class: "title", y: 16 }, title),
    ),
    drawn("text", { class: "small", x: BOX.width - 24, y: 18, "text-anchor": "end" }, small),
    drawn("text", { class: `mark ${state}`, x: BOX.width - 8, y: 18, "text-anchor": "end" }, MARKS[state][0]),
  );
}

function numbers(run) {
  const [first, last] = [run[0].about.number, run.at(-1).about.number];
  return first === undefined || last === undefined
    ? `${run.length} in a row`
    : `${clipped(first, 6)} to ${clipped(last, 6)}`;
}

function worstMark(run) {
  const marks = run.map(markOf);
  return ["fail", "wait", "none"].find((state) => marks.includes(state)) ?? "pass";
}

function drawLineage(chosen, page, way, opened) {
  const made = picture(chosen, page, way, opened);
  const [width, height] = [made.width + 2 * PAD + 4, made.height + 2 * PAD + 4];
  const touching = ({ from, to }) => [from, to].includes(chosen.digest);
  const sorted = made.lines.toSorted((left, right) => touching(left) - touching(right));
  const lines = sorted.map((line) =>
    drawn("path", { class: touching(line) ? "line near" : "line", d: curve(line.points) }),
  );
  const boxes = made.keys.map((key) => {
    const entry = page.byDigest.get(key);
    return boxOf(entry, made.runs.get(entry), made.boxes.get(key), entry === chosen);
  });
  const frame = { viewBox: `${-PAD} ${-PAD} ${width} ${height}` };
  const svg = drawn(
    "svg",
    { ...frame, role: "group", "aria-label": "Lineage, from left to right" },
    ...lines,
    ...boxes,
  );
  // It shrinks to fit as long as it can be read; beyond that its frame is scrolled.
  svg.style.minWidth = `${Math.ceil(width * SMALLEST)}px`;
  svg.style.maxWidth = `${Math.ceil(width)}px`;
  svg.addEventListener("keydown", (event) => walk(event, made));
  return { svg, left: made.left };
}

// Arrow keys: to a parent, to a child, to the neighbour above or below.
function walk(event, made) {
  const key = event.target.closest("[data-key]")?.dataset.key;
  const next = key && STEPS[event.key]?.(key, made);
  if (!next) return;
  event.preventDefault();
  const boxes = event.currentTarget.querySelectorAll("[data-key]");
  for (const box of boxes) {
    box.setAttribute("tabindex", box.dataset.key === next ? "0" : "-1");
    if (box.dataset.key === next) box.focus();
  }
}

function nearest(key, keys, made) {
  const distance = (other) => Math.abs(made.boxes.get(other).y - made.boxes.get(key).y);
  return keys.toSorted((left, right) => distance(left) - distance(right))[0];
}

function beside(key, made, sign) {
  const here = made.boxes.get(key);
  const ahead = made.keys.filter(
    (other) => made.boxes.get(other).x === here.x && sign * (made.boxes.get(other).y - here.y) > 0,
  );
  return nearest(key, ahead, made);
}

const STEPS = {
  ArrowLeft: (key, made) =>
    nearest(
      key,
      made.lines.filter((line) => line.to === key).map((line) => line.from),
      made,
    ),
  ArrowRight: (key, made) =>
    nearest(
      key,
      made.lines.filter((line) => line.from === key).map((line) => line.to),
      made,
    ),
  ArrowUp: (key, made) => beside(key, made, -1),
  ArrowDown: (key, made) => beside(key, made, 1),
};
