// Where the boxes of a lineage stand: layers from left to right, as Sugiyama, Tagawa and Toda (1981).
// A line over several layers passes through a place of its own in each, so that it meets no box; the
// lines of one box share theirs, so that what everything is made of does not fill the picture.

const BOX = { width: 122, height: 46, across: 28, down: 13, lane: 6 };
const SWEEPS = 8;

// From keys and pairs of keys, [parent, child], to {boxes: Map of key to {x, y}, lines: [{from, to, points}],
// width, height}; y is the middle of a box, x its left side.
function arrange(keys, edges) {
  const nodes = new Map(
    keys.map((key) => [key, { key, rank: 0, before: [], after: [], height: BOX.height }]),
  );
  const inside = edges.filter(([from, to]) => nodes.has(from) && nodes.has(to));
  rank(nodes, inside);
  const lanes = new Map();
  const lines = inside.map(([from, to]) => routed(nodes.get(from), nodes.get(to), lanes));
  const layers = layered([...nodes.values(), ...lanes.values()]);
  sort(layers);
  space(layers);
  return measured(nodes, lines, layers);
}

// The longest way from a beginning decides the layer; a beginning moves up to what is made of it.
function rank(nodes, edges) {
  const after = new Map([...nodes.keys()].map((key) => [key, []]));
  const waiting = new Map([...nodes.keys()].map((key) => [key, 0]));
  for (const [from, to] of edges) {
    after.get(from).push(to);
    waiting.set(to, waiting.get(to) + 1);
  }
  const beginnings = [...nodes.keys()].filter((key) => waiting.get(key) === 0);
  const order = [...beginnings];
  for (const key of order) {
    for (const next of after.get(key)) {
      nodes.get(next).rank = Math.max(nodes.get(next).rank, nodes.get(key).rank + 1);
      waiting.set(next, waiting.get(next) - 1);
      if (waiting.get(next) === 0) order.push(next);
    }
  }
  for (const key of beginnings) {
    const ranks = after.get(key).map((next) => nodes.get(next).rank);
    if (ranks.length) nodes.get(key).rank = Math.min(...ranks) - 1;
  }
}

function routed(from, to, lanes) {
  const line = [from];
  for (let at = from.rank + 1; at < to.rank; at += 1) {
    const key = `${from.key} ${at}`;
    if (!lanes.has(key)) lanes.set(key, { rank: at, before: [], after: [], height: BOX.lane });
    line.push(lanes.get(key));
  }
  line.push(to);
  for (let at = 1; at < line.length; at += 1) {
    if (line[at].before.includes(line[at - 1])) continue;
    line[at - 1].after.push(line[at]);
    line[at].before.push(line[at - 1]);
  }
  return line;
}

function layered(nodes) {
  const layers = [];
  for (const node of nodes) (layers[node.rank] ??= []).push(node);
  return Array.from(layers, (layer) => layer ?? []);
}

// Each layer in the order of the means of its neighbours' places, forwards and backwards in turn.
function sort(layers) {
  const place = (layer) => layer.forEach((node, at) => (node.place = at / layer.length));
  layers.forEach(place);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const forwards = sweep % 2 === 0;
    for (const layer of forwards ? layers : layers.toReversed()) {
      for (const node of layer) {
        const neighbours = forwards ? node.before : node.after;
        node.wanted = neighbours.length ? mean(neighbours.map((other) => other.place)) : node.place;
      }
      layer.sort((left, right) => left.wanted - right.wanted);
      place(layer);
    }
  }
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

// As near as the order allows to the middle of the neighbours.
function space(layers) {
  for (const layer of layers)
    settle(
      layer,
      layer.map((_, at) => at * (BOX.height + BOX.down)),
    );
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    for (const layer of sweep % 2 === 0 ? layers : layers.toReversed()) {
      const wanted = layer.map((node) => {
        const near = [...node.before, ...node.after];
        return near.length ? mean(near.map((other) => other.y)) : node.y;
      });
      settle(layer, wanted);
    }
  }
}

// Least squares under the distances that must be kept: pool adjacent violators.
function settle(layer, wanted) {
  let offset = 0;
  const offsets = layer.map((node, at) => {
    if (at > 0) offset += (layer[at - 1].height + node.height) / 2 + BOX.down;
    return offset;
  });
  const pools = [];
  layer.forEach((_, at) => {
    let pool = { sum: wanted[at] - offsets[at], count: 1 };
    while (pools.length && pools.at(-1).sum / pools.at(-1).count > pool.sum / pool.count) {
      const last = pools.pop();
      pool = { sum: last.sum + pool.sum, count: last.count + pool.count };
    }
    pools.push(pool);
  });
  const settled = pools.flatMap(({ sum, count }) => Array(count).fill(sum / count));
  layer.forEach((node, at) => (node.y = settled[at] + offsets[at]));
}

function measured(nodes, lines, layers) {
  const every = layers.flat();
  const top = Math.min(...every.map((node) => node.y - node.height / 2));
  const bottom = Math.max(...every.map((node) => node.y + node.height / 2));
  const left = (node) => node.rank * (BOX.width + BOX.across);
  return {
    boxes: new Map([...nodes.values()].map((node) => [node.key, { x: left(node), y: node.y - top }])),
    lines: lines.map((line) => ({
      from: line[0].key,
      to: line.at(-1).key,
      points: line.map((node) => [left(node), node.y - top]),
    })),
    width: layers.length * (BOX.width + BOX.across) - BOX.across,
    height: bottom - top,
  };
}
