"use strict";
// Two networks: what was added, removed and changed, by a sign, a line and a colour.

const MARKS = {
  removed: { sign: "\u2212", line: "dashed", title: "only in A" },
  added: { sign: "+", line: "solid", title: "only in B" },
  changed: { sign: "~", line: "dotted", title: "changed" },
};

// The mark of a part: its layers' own where all have one, else whether anything in it changed.
function markOf(network, part) {
  if (!network.changes || part.level === "network") return "";
  const marks = new Set(network.changes.layers.slice(part.from, part.to).map(({ mark }) => mark));
  if (marks.size === 1) return [...marks][0];
  return "changed";
}

// What a layer's cell in the table says of it.
function changeOf(network, at) {
  const { mark, text } = network.changes.layers[at];
  return mark ? `${MARKS[mark].sign} ${text}` : text;
}

// The smallest part of the other network that has the counterparts of all layers in a part.
function twinOf(network, part) {
  const twins = !network.changes || part.level === "network" ? []
    : network.changes.layers.slice(part.from, part.to).map(({ twin }) => twin).filter((twin) => twin !== null);
  if (!twins.length) return null;
  const has = (outer) => twins.every((twin) => twin >= outer.from && twin < outer.to);
  return chain(network.leaf[twins[0]]).find((outer) => has(outer)
    && (outer.level === part.level || !outer.parent || !has(outer.parent) || outer.parent.level === "network"));
}

// The facts of a part that a comparison adds.
function comparedFacts(network, part) {
  if (!network.changes || part.level === "network") return [];
  const twin = twinOf(network, part);
  const changes = network.changes.layers.slice(part.from, part.to);
  const counts = Object.keys(MARKS).map((name) => [changes.filter(({ mark }) => mark === name).length, name])
    .filter(([number]) => number);
  const told = changes.length === 1 ? changeOf(network, part.from)
    : counts.map(([number, name]) => `${MARKS[name].sign} ${count(number)} ${MARKS[name].title}`).join(", ");
  return [["change", told || "none"], ...(twin ? [["counterpart", twin.name]] : [])];
}

// Which sign, line and colour means what, and how many layers have it.
function showKey(network, view, element) {
  element.hidden = !network.changes;
  if (!network.changes) return;
  element.replaceChildren(...Object.entries(MARKS).map(([name, { sign, line, title }]) => {
    const many = network.changes.layers.filter(({ mark }) => mark === name).length;
    const item = make("span", `${sign} ${title}: ${count(many)}`);
    item.style.border = `2px ${line} ${view.marks[name]}`;
    return item;
  }));
}

function markStyles(view) {
  return Object.entries(MARKS).map(([name, { line }]) => ({ selector: `.${name}`,
    style: { "border-width": 3, "border-style": line, "border-color": view.marks[name] } }));
}
