"use strict";
// A part in words: for the details, for the pointer, and for a screen reader.

// What there is to know of a part, for the details and for the pointer.
function described(network, part, most = 8) {
  if (!part.parent && part.parts.every((inner) => inner.level === "network")) {
    return [make("h2", part.name), make("ul", "", ...network.totals.map(({ text }) => make("li", text)))];
  }
  const layers = network.layers.slice(part.from, part.to);
  const last = layers[layers.length - 1];
  const facts = [];
  const inputs = new Set(layers.flatMap((layer) => layer.inputs)
    .filter((map) => map < part.from || map >= part.to));
  const outside = [...inputs].map((map) => `${network.layers[map].name} (${spaced(network.layers[map].shape)})`);
  if (layers.length === 1 && last.original) facts.push(["original name", last.original]);
  if (layers.length === 1) facts.push(["kind", last.said]);
  else {
    if (part.level === "unit") facts.push(["kind", [part.title, ...part.lines].join(", ")]);
    facts.push(["layers", count(layers.length)]);
  }
  if (outside.length) {
    facts.push(["reads", outside.slice(0, 4).join(", ") + (outside.length > 4 ? ", ..." : "")]);
  }
  facts.push(["output", spaced(last.shape)]);
  for (const name of Object.keys(network.costs)) {
    const share = part.parent ? percent(shareOf(network, part, name)) : "";
    const told = share ? ` (${share} of the ${COSTS[name].whole || "total"})` : "";
    facts.push([COSTS[name].title, figureOf(network, part, name) + told]);
  }
  facts.push(...comparedFacts(network, part));
  const reasons = part.parent ? [...new Set(layers.flatMap((layer) => layer.because))] : [];
  const list = make("dl", "", ...facts.flatMap(([key, value]) => [make("dt", key), make("dd", value)]));
  const told = reasons.slice(0, most).map((at) => make("li", network.reasons[at]));
  if (reasons.length > most) told.push(make("li", `and ${reasons.length - most} more reasons`));
  if (told.length) list.append(make("dt", "because"), make("dd", "", make("ul", "", ...told)));
  return [make("h2", part.name), list];
}

// The same in one sentence, for a screen reader.
function spoken(network, diagram, part) {
  const cost = COSTS[diagram.view.cost];
  const figure = figureOf(network, part, diagram.view.cost);
  const share = percent(shareOf(network, part, diagram.view.cost));
  const words = [part.name, part.title, ...part.lines, `output ${spaced(network.layers[part.to - 1].shape)}`,
    `${figure} ${cost.title}`, ...(share ? [`${share} of the ${cost.whole || "total"}`] : []),
    ...comparedFacts(network, part).map(([key, value]) => `${key} ${value}`)];
  if (part.parts.length) words.push(diagram.open.has(part.id) ? "unfolded" : "folded");
  return words.filter(Boolean).join(", ");
}
