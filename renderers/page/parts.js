"use strict";
// The network as the page keeps it: layers, and the parts that they stand in.

function make(tag, text, ...inner) {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  element.append(...inner);
  return element;
}

function readNetwork() {
  const data = JSON.parse(document.getElementById("network").textContent);
  const parts = [];
  const grow = (said, parent, depth) => {
    const part = { ...said, id: parts.length, parent, depth, ports: { in: new Map(), out: new Map() },
      links: new Map() };
    parts.push(part);
    part.parts = said.parts.map((inner) => grow(inner, part, depth + 1));
    return part;
  };
  const root = grow(data.root, null, 0);
  const leaf = new Array(data.layers.length);
  for (const part of parts) {
    if (!part.parts.length) for (let i = part.from; i < part.to; i++) leaf[i] = part;
  }
  connect(data.layers, leaf);
  const network = { ...data, parts, root, leaf };
  for (const each of network.totals) {
    each.total = Object.fromEntries(Object.keys(data.costs).map((name) => [name, costOf(network, each, name)]));
  }
  return network;
}

// For every part, what passes between the parts inside it and through its own border. A map that a
// layer reads twice passes twice: a read is a map, and how often the layer has read it before.
function connect(layers, leaf) {
  layers.forEach((layer, reader) => {
    layer.inputs.forEach((map, place) => {
      const use = layer.inputs.slice(0, place).filter((before) => before === map).length;
      const read = { id: `${map}use${use}`, map, use };
      let source = leaf[map];
      let target = leaf[reader];
      while (source !== target && (source.parent !== target.parent)) {
        if (source.depth >= target.depth) {
          link(source.parent, source.id, `out${read.id}`, read);
          source.parent.ports.out.set(read.id, `out${read.id}`);
          source = source.parent;
        } else {
          link(target.parent, `in${read.id}`, target.id, read);
          target.parent.ports.in.set(read.id, `in${read.id}`);
          target = target.parent;
        }
      }
      if (source !== target) link(source.parent, source.id, target.id, read);
    });
  });
}

function link(part, from, to, read) {
  part.links.set(`${from} ${to} ${read.id}`, { from, to, read });
}

const spaced = (shape) => shape.join(" x ");
const tight = (shape) => shape.join("x");
const count = (number) => number.toLocaleString("en-US");
const chain = (part) => (part ? [part, ...chain(part.parent)] : []);

function bytes(number) {
  let unit = 0;
  while (number >= 1024 && unit < 4) {
    number /= 1024;
    unit += 1;
  }
  return unit ? `${number.toLocaleString("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 })} ${
    ["B", "KiB", "MiB", "GiB", "TiB"][unit]}` : `${number} B`;
}

const total = (values) => values.reduce((sum, value) => sum + value, 0);
const COSTS = {
  macs: { title: "MACs", of: (layer) => layer.macs, join: total, text: count },
  params: { title: "params", of: (layer) => layer.params, join: total, text: count },
  memory: { title: "memory", of: (layer) => layer.live, text: bytes, whole: "peak",
    join: (values) => values.reduce((most, value) => Math.max(most, value), 0) },
  time: { title: "time", of: (layer) => layer.seconds, join: total,
    text: (seconds) => `${(seconds * 1e6).toLocaleString("en-US", { maximumFractionDigits: 1 })} µs` },
};

const said = (name, number) => COSTS[name].text(number)
  + (COSTS[name].text === count ? ` ${COSTS[name].title}` : "");

// What stands for a cost: a lower bound where what one of the layers computes is unknown.
function bounded(layers, name, number, text) {
  if (name !== "macs" || layers.every((layer) => layer.known)) return text;
  return number ? `≥ ${text}` : "unknown";
}

function costOf(network, part, name) {
  const cost = COSTS[name];
  return cost.join(network.layers.slice(part.from, part.to).map(cost.of));
}

// The part of its network that a cost is: of the total, or of the peak for what layers share.
function shareOf(network, part, name) {
  const { total: whole } = network.totals.find((each) => part.from < each.to);
  return whole[name] ? costOf(network, part, name) / whole[name] : 0;
}

function percent(share) {
  if (!share) return "";
  return share < 0.0005 ? "<0.1%" : `${(100 * share).toFixed(1)}%`;
}

function figureOf(network, part, name, text = COSTS[name].text) {
  const number = costOf(network, part, name);
  return bounded(network.layers.slice(part.from, part.to), name, number, text(number));
}
