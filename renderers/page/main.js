"use strict";
// Ties the diagram, the table, the details and the tools together.

const MOST_AT_FIRST = 400;
const MOST_AT_ONCE = 2500;
const byId = (id) => document.getElementById(id);

function start() {
  const network = readNetwork();
  const asked = document.documentElement.dataset.theme;
  const dark = asked === "dark"
    || (asked === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  const view = { cost: network.shown, theme: null, chosen: null, found: null, lit: null, onlyChanges: false };
  const setTheme = (name) => {
    document.documentElement.dataset.theme = name;
    view.theme = network.themes[name];
    view.marks = network.changes && network.changes.colours[name];
    showKey(network, view, byId("key"));
  };
  setTheme(dark ? "dark" : "light");

  const diagram = new Diagram(byId("diagram"), network, view);
  const choose = (part) => {
    view.chosen = part;
    byId("details").replaceChildren(...described(network, part || network.root));
    byId("status").textContent = part ? spoken(network, diagram, part) : "";
    diagram.mark();
    table.mark();
  };
  const find = (layer) => {
    if (layer === null) return;
    const part = network.leaf[layer];
    diagram.show(part);
    choose(part);
  };
  const point = (layer) => {
    if (view.lit === layer) return;
    view.lit = layer;
    diagram.mark();
  };
  const table = new Table(byId("rows"), network, view, find, point);

  byId("title").textContent = network.title;
  byId("totals").textContent = network.totals.map(({ text }) => text).join("; ");
  for (const name of Object.keys(network.costs)) {
    byId("cost").append(new Option(COSTS[name].title, name, false, name === view.cost));
  }
  choose(null);
  tell(diagram.unfold(network.depth, MOST_AT_FIRST), MOST_AT_FIRST);
  diagram.fit(true);

  new ResizeObserver(() => {
    diagram.cy.resize();
    byId("tip").hidden = true;
    if (diagram.isFitted()) diagram.fit(true);
  }).observe(byId("diagram"));
  listenToSave(network, diagram, view);
  listenToDivider(byId("divider"));
  listenToDiagram(network, diagram, table, choose);
  listenToTools(network, diagram, table, view, setTheme, find);
  listenToKeys(network, diagram, view, choose);
  window.henetArch = { cy: diagram.cy, network, diagram, ready: performance.now() };
}

start();
