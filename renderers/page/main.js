"use strict";
// Ties the diagram, the table, the details and the tools together.

const MOST_AT_FIRST = 400;
const MOST_AT_ONCE = 2500;
const byId = (id) => document.getElementById(id);

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

function tell(whole, most) {
  byId("said").textContent = whole ? "" : `more than ${count(most)} boxes at once: unfolded less `
    + "far, click on what you want to see";
}

function listenToDiagram(network, diagram, table, choose) {
  const tip = byId("tip");
  const partOf = (event) => network.parts[event.target.data("part")];
  diagram.cy.on("tapstart", () => byId("diagram").focus({ preventScroll: true }));
  diagram.cy.on("tap", "node", (event) => {
    const part = partOf(event);
    tip.hidden = true;
    diagram.toggle(part);
    choose(part);
  });
  diagram.cy.on("mouseover", "node", (event) => {
    const part = partOf(event);
    table.light(part);
    tip.replaceChildren(...described(network, part, 3));
    tip.hidden = false;
    byId("diagram").style.cursor = part.parts.length ? "pointer" : "default";
  });
  diagram.cy.on("mousemove", (event) => {
    const { clientX: x, clientY: y } = event.originalEvent;
    const [width, height] = [tip.offsetWidth, tip.offsetHeight];
    tip.style.left = `${Math.max(4, x + 16 + width > innerWidth ? x - 16 - width : x + 16)}px`;
    tip.style.top = `${Math.max(4, Math.min(y + 12, innerHeight - height - 8))}px`;
  });
  const leave = () => {
    table.light(null);
    tip.hidden = true;
    byId("diagram").style.cursor = "grab";
  };
  diagram.cy.on("mouseout", "node", leave);
  byId("diagram").addEventListener("mouseleave", leave);
}

function listenToTools(network, diagram, table, view, setTheme, find) {
  for (const button of document.querySelectorAll("[data-depth]")) {
    button.addEventListener("click", () => {
      tell(diagram.unfold(button.dataset.depth, MOST_AT_ONCE), MOST_AT_ONCE);
      diagram.fit(true);
    });
  }
  byId("fit").addEventListener("click", () => diagram.fit());
  byId("cost").addEventListener("change", (event) => {
    view.cost = event.target.value;
    diagram.draw();
    table.fill();
  });
  byId("theme").addEventListener("click", () => {
    setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    diagram.restyle();
  });
  byId("changes").hidden = !network.changes;
  byId("changes").addEventListener("click", () => {
    view.onlyChanges = !view.onlyChanges;
    byId("changes").setAttribute("aria-pressed", view.onlyChanges);
    table.fill();
  });
  let next = 0;
  byId("search").addEventListener("input", (event) => {
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (layer) => words.every((word) => layer.text.includes(word));
    view.found = words.length ? network.layers.flatMap((layer, at) => (fits(layer) ? [at] : [])) : null;
    byId("said").textContent = view.found ? `${count(view.found.length)} found` : "";
    next = 0;
    table.fill();
    diagram.mark();
  });
  byId("search").addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.target.value = "";
      event.target.dispatchEvent(new Event("input"));
      byId("diagram").focus();
    } else if (event.key === "Enter" && view.found && view.found.length) {
      find(view.found[next % view.found.length]);
      next += 1;
    }
  });
}

function listenToKeys(network, diagram, view, choose) {
  // From the chosen box, or what stands for it; from an open frame to what is inside or before it.
  const next = (parts, by) => {
    if (!view.chosen) return by < 0 ? parts.length - 1 : 0;
    const drawn = chain(view.chosen.parent).every((outer) => diagram.open.has(outer.id));
    const frame = drawn && view.chosen.parts.length && diagram.open.has(view.chosen.id);
    const at = parts.findIndex((part) => part.to > view.chosen.from);
    return frame && by > 0 ? at : at + by;
  };
  const step = (by) => {
    const parts = diagram.visible();
    const part = parts[Math.min(Math.max(next(parts, by), 0), parts.length - 1)];
    diagram.show(part);
    choose(part);
  };
  const toggle = () => {
    diagram.toggle(view.chosen);
    choose(view.chosen);
  };
  const act = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    ArrowRight: () => view.chosen && !diagram.open.has(view.chosen.id) && toggle(),
    ArrowLeft: () => {
      const outer = chain(view.chosen).find((part) => part.parent && diagram.open.has(part.id));
      if (!outer) return;
      diagram.toggle(outer);
      choose(outer);
    },
    Enter: () => view.chosen && toggle(),
    " ": () => view.chosen && toggle(),
    "+": () => diagram.cy.zoom({ level: diagram.cy.zoom() * 1.25, renderedPosition: middle(diagram.cy) }),
    "-": () => diagram.cy.zoom({ level: diagram.cy.zoom() / 1.25, renderedPosition: middle(diagram.cy) }),
    0: () => diagram.fit(),
  };
  byId("diagram").addEventListener("keydown", (event) => {
    if (!(event.key in act) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (event.shiftKey && event.key in PANS) diagram.cy.panBy(PANS[event.key]);
    else act[event.key]();
    diagram.mark();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.matches("input, select")) return;
    event.preventDefault();
    byId("search").focus();
  });
}

const PANS = { ArrowUp: { x: 0, y: 80 }, ArrowDown: { x: 0, y: -80 }, ArrowLeft: { x: 80, y: 0 },
  ArrowRight: { x: -80, y: 0 } };
const middle = (cy) => ({ x: cy.width() / 2, y: cy.height() / 2 });

start();
