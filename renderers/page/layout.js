"use strict";
// Where everything stands. Dagre lays out the inside of one part at a time, and parts of one
// structure only once. Lengths are pixels; places count from the top left corner of the part.

const PORT = 5;
const HEAD = 26;
const SIDE = 14;
const TITLE = { left: 10, bottom: 23, gap: 8 };
const inOneColumn = new Map();
const laidOut = new Map();

// A box with its size; of an open part also what is inside, and where. What is too long for `aspect`,
// width by height, stands in columns; without one everything is in one column.
function layOut(network, part, open, how) {
  if (!part.parts.length || !open.has(part.id)) return { part, open: false, ...how.measure(part) };
  const inner = beside(network, part.parts.map((child) => layOut(network, child, open, how)));
  const links = gathered(network, part, inner);
  const plan = {
    sizes: inner.map((box) => [box.width, box.height]),
    ins: part.ports.in.size,
    outs: part.ports.out.size,
    links: links.map((item) => [item.ends, item.width, item.height]),
    lines: part.level === "block" ? 1 : MOST_LINES,
  };
  const flat = once(inOneColumn, JSON.stringify(plan), () => placed(plan));
  const whole = { ...plan, aspect: how.aspect, title: part.depth ? how.titleWidth(part) : 0 };
  const layout = once(laidOut, JSON.stringify(whole), () => titled(whole, inColumns(whole, flat)));
  return { part, open: true, inner, links, ...layout };
}

function once(cache, key, value) {
  if (!cache.has(key)) cache.set(key, value());
  return cache.get(key);
}

// The layout with room for the title: no line that enters crosses it.
function titled({ title, links }, layout) {
  if (!title) return layout;
  const end = TITLE.left + title;
  const entering = layout.routes.flatMap((points, at) => (
    links[at][0][0].startsWith("i") ? leftmost(points, TITLE.bottom) : []));
  const room = Math.max(0, end + TITLE.gap - Math.min(...entering, layout.width),
    (end + SIDE - layout.width) / 2);
  if (!room) return layout;
  const at = ({ x, y }) => ({ x: x + room, y });
  const { spots, ins, outs, routes } = layout;
  return { width: layout.width + 2 * room, height: layout.height, spots: spots.map(at),
    ins: ins.map(at), outs: outs.map(at), routes: routes.map((points) => points.map(at)) };
}

// How far left a line comes above a height.
function leftmost(points, bottom) {
  return Math.min(...points.map((point, at) => {
    if (point.y <= bottom || !at) return point.x;
    const before = points[at - 1];
    if (before.y >= bottom) return Infinity;
    return before.x + ((point.x - before.x) * (bottom - before.y)) / (point.y - before.y);
  }));
}

// Links between the parts inside; those between two folded ones are one, whatever passes, and one
// more for what is read again.
function gathered(network, part, inner) {
  const index = new Map(inner.map((box, at) => [box.part.id, at]));
  const folded = (end) => index.has(end) && !inner[index.get(end)].open;
  const ends = (ports, letter) => new Map([...ports.keys()].map((id, at) => [id, `${letter}${at}`]));
  const ins = ends(part.ports.in, "i");
  const outs = ends(part.ports.out, "o");
  const found = new Map();
  for (const { from, to, read } of part.links.values()) {
    const key = `${from} ${to} ${folded(from) && folded(to) ? read.use : read.id}`;
    if (!found.has(key)) found.set(key, { from, to, reads: [] });
    found.get(key).reads.push(read);
  }
  return [...found.values()].map((item) => ({
    ...item,
    ends: [index.has(item.from) ? `c${index.get(item.from)}` : ins.get(item.reads[0].id),
      index.has(item.to) ? `c${index.get(item.to)}` : outs.get(item.reads[0].id)],
    ...labelled(network, item, index),
  }));
}

// The shapes that pass, on links between parts; what goes through a border says it outside.
function labelled(network, item, index) {
  if (!index.has(item.from) || !index.has(item.to)) return { label: "", width: 0, height: 0 };
  const shapes = [...new Set(item.reads.map(({ map }) => spaced(network.layers[map].shape)))];
  const lines = shapes.length > 2 ? [`${item.reads.length} maps`] : shapes;
  return { label: lines.join("\n"), width: Math.max(...lines.map(edgeWidth)),
    height: 13 * lines.length };
}

function placed(plan) {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  const rankalign = plan.links.length ? "center" : "top";
  graph.setGraph({ rankdir: "TB", rankalign, nodesep: 22, edgesep: 14, ranksep: 26 });
  plan.sizes.forEach(([width, height], at) => graph.setNode(`c${at}`, { width, height }));
  plan.links.forEach(([[from, to], width, height], at) => {
    graph.setEdge(from, to, { width, height, labelpos: "c" }, String(at));
  });
  const ports = [border(graph, plan.ins, "i"), border(graph, plan.outs, "o")];
  dagre.layout(graph);
  return cut(graph, plan, ports);
}

// Ports on one border: a hidden node holds all of them on the outermost rank.
function border(graph, many, letter) {
  const names = Array.from({ length: many }, (_, at) => `${letter}${at}`);
  if (!many) return names;
  const inward = (name) => (letter === "i" ? ["edge-in", name] : [name, "edge-out"]);
  graph.setNode(inward("")[letter === "i" ? 0 : 1], { width: 1, height: 1 });
  for (const name of names) {
    graph.setNode(name, { width: PORT, height: PORT });
    graph.setEdge(...inward(name), { weight: 20 }, "hold");
  }
  for (const name of graph.nodes()) {
    const free = letter === "i" ? graph.inEdges(name) : graph.outEdges(name);
    if (name.startsWith("c") && !free.length) {
      graph.setEdge(...inward(name), { minlen: 2, weight: 0 }, "hold");
    }
  }
  return names;
}

// Dagre's result without the hidden nodes, the ports moved onto the borders.
function cut(graph, plan, [ins, outs]) {
  const boxes = plan.sizes.map((_, at) => graph.node(`c${at}`));
  const routes = plan.links.map(([[from, to]], at) => graph.edge(from, to, String(at)).points);
  const xs = [...boxes.flatMap((box) => [box.x - box.width / 2, box.x + box.width / 2]),
    ...routes.flat().map((point) => point.x)];
  const labels = plan.links.map(([[from, to], width], at) => {
    const edge = graph.edge(from, to, String(at));
    return edge.x === undefined ? edge.points[0].x : edge.x + width / 2;
  });
  const left = xs.reduce((least, x) => Math.min(least, x), Infinity) - SIDE;
  const right = [...xs, ...labels].reduce((most, x) => Math.max(most, x), -Infinity) + SIDE;
  const tops = boxes.map((box) => box.y - box.height / 2);
  const ends = boxes.map((box) => box.y + box.height / 2);
  const top = Math.min(...tops) - HEAD - 6;
  const bottom = Math.max(...ends) + (outs.length ? 22 : SIDE);
  const at = ({ x, y }) => ({ x: x - left, y: Math.min(Math.max(y, top), bottom) - top });
  const height = bottom - top;
  return {
    width: right - left,
    height,
    spots: boxes.map(at),
    ins: ins.map((name) => ({ x: at(graph.node(name)).x, y: 0 })),
    outs: outs.map((name) => ({ x: at(graph.node(name)).x, y: height })),
    routes: routes.map((points) => points.map(at)),
  };
}
