"use strict";
// The diagram: what is unfolded, drawn by Cytoscape.

const FONT = "12px Helvetica, Arial, sans-serif";
const TITLE_FONT = `bold ${FONT}`;
const SMALL = "10px Helvetica, Arial, sans-serif";
const LEVELS = ["network", "stage", "block", "unit", "layer"];
const READABLE = 0.65;
const MARGIN = 20;
const ASPECTS = [0.125, 0.25, 0.5, 1, 2, 4, 8];
const pencil = document.createElement("canvas").getContext("2d");
const widths = new Map();

function textWidth(text, font) {
  const key = font + text;
  if (!widths.has(key)) {
    pencil.font = font;
    widths.set(key, Math.ceil(pencil.measureText(text).width));
  }
  return widths.get(key);
}
const edgeWidth = (text) => textWidth(text, SMALL) + 6;

class Diagram {
  constructor(element, network, view) {
    this.network = network;
    this.view = view;
    this.open = new Set([network.root.id]);
    this.marked = { chosen: new Set(), twin: new Set(), found: new Set(), lit: new Set() };
    this.cy = cytoscape({
      container: element, style: diagramStyle(view), layout: { name: "preset" },
      minZoom: 0.01, maxZoom: 4, boxSelectionEnabled: false, autounselectify: true,
      autoungrabify: true,
    });
  }

  lines(part) {
    const name = this.view.cost;
    const told = figureOf(this.network, part, name, (number) => (number ? said(name, number) : ""));
    return [...(part.sign ? [] : [this.title(part)]), ...part.lines, ...(told ? [told] : [])];
  }

  // The part's title, after the sign of its mark.
  title(part) {
    const mark = markOf(this.network, part);
    return mark ? `${MARKS[mark].sign} ${part.title}` : part.title;
  }

  measure(part) {
    const lines = this.lines(part);
    if (part.sign) {
      const text = [part.sign, ...lines].join("  ");
      return { width: lines.length ? textWidth(text, FONT) + 24 : 28, height: 28 };
    }
    const width = Math.max(...lines.map((line) => textWidth(line, FONT)));
    return { width: width + 20, height: 15 * lines.length + 12 };
  }

  // Unfold down to a level, or to the deepest one above it with at most so many boxes.
  unfold(level, most) {
    let deepest = LEVELS.indexOf(level);
    for (; deepest >= 0; deepest -= 1) {
      const opened = this.network.parts.filter((part) => part.parts.length
        && (LEVELS.includes(part.level) ? LEVELS.indexOf(part.level) < deepest
          : deepest > 2 || (deepest === 2 && !this.network.fold)));
      this.open = new Set(opened.map((part) => part.id));
      if (this.visible().length <= most) break;
    }
    this.aspect = this.bestAspect();
    this.draw();
    return deepest === LEVELS.indexOf(level);
  }

  visible() {
    const found = [];
    const walk = (part) => (this.open.has(part.id) && part.parts.length
      ? part.parts.forEach(walk) : found.push(part));
    walk(this.network.root);
    return found;
  }

  toggle(part) {
    if (!part.parts.length || !part.parent) return;
    if (this.open.has(part.id)) this.open.delete(part.id);
    else this.open.add(part.id);
    this.redrawAround(part);
  }

  // Unfold whatever hides the part.
  reveal(part) {
    const hidden = chain(part.parent).filter((outer) => !this.open.has(outer.id));
    if (!hidden.length) return;
    hidden.forEach((outer) => this.open.add(outer.id));
    this.draw();
  }

  // Draw anew, with the part's corner where it was on the screen.
  redrawAround(part) {
    const corner = () => {
      const node = this.cy.getElementById(`p${part.id}`);
      const { x, y } = node.renderedPosition();
      return { x: x - node.renderedWidth() / 2, y: y - node.renderedHeight() / 2 };
    };
    const before = corner();
    this.draw();
    const after = corner();
    this.cy.panBy({ x: before.x - after.x, y: before.y - after.y });
  }

  layOut(aspect) {
    const measured = new Map();
    const measure = (part) => once(measured, part.id, () => this.measure(part));
    const titleWidth = (part) => textWidth(this.title(part), TITLE_FONT);
    return layOut(this.network, this.network.root, this.open, { measure, titleWidth, aspect });
  }

  // The proportions of frames with which the whole is largest in the window; none where all of it
  // can be read in one column.
  bestAspect() {
    const window = this.cy.width() / this.cy.height();
    const zoom = (aspect) => this.zoomOf(this.layOut(aspect));
    if (zoom(null) >= READABLE) return null;
    const zooms = [null, ...ASPECTS.map((ratio) => ratio * window)].map((each) => [zoom(each), each]);
    return zooms.reduce((best, each) => (each[0] > best[0] * 1.05 ? each : best))[1];
  }

  // The zoom at which all of it is in the window.
  zoomOf({ width, height }) {
    return Math.min((this.cy.width() - 2 * MARGIN) / width, (this.cy.height() - 2 * MARGIN) / height, 1.5);
  }

  draw() {
    const whole = this.layOut(this.aspect);
    const most = this.visible().reduce(
      (largest, part) => Math.max(largest, costOf(this.network, part, this.view.cost)), 0);
    legend(this.view, most);
    this.extent = { width: whole.width, height: whole.height };
    const elements = [];
    this.places = new Map();
    this.add(elements, whole, 0, 0, most);
    this.cy.batch(() => {
      this.cy.elements().remove();
      this.cy.add(elements);
    });
    this.mark();
  }

  add(elements, box, x, y, most) {
    const { part } = box;
    const centre = { x: x + box.width / 2, y: y + box.height / 2 };
    if (part.parent) elements.push(this.node(box, centre, most));
    if (!box.open) return;
    box.inner.forEach((inner, at) => {
      const { x: across, y: down } = box.spots[at];
      this.add(elements, inner, x + across - inner.width / 2, y + down - inner.height / 2, most);
    });
    const ports = [["in", box.ins], ["out", box.outs]];
    for (const [side, places] of ports) {
      [...part.ports[side].keys()].forEach((read, at) => {
        const id = `${side}${read}of${part.id}`;
        const position = { x: x + places[at].x, y: y + places[at].y };
        this.places.set(id, position);
        elements.push({ group: "nodes", data: { id }, position: { ...position }, classes: "port" });
      });
    }
    box.links.forEach((item, at) => {
      const route = box.routes[at].map((point) => ({ x: x + point.x, y: y + point.y }));
      elements.push(this.edge(box, item, route, at));
    });
  }

  node(box, centre, most) {
    const { part } = box;
    const share = most ? costOf(this.network, part, this.view.cost) / most : 0;
    const fill = tint(this.view.theme, share);
    const { ground, text } = this.view.theme;
    const look = box.open ? `frame ${part.depth % 2 ? "outer" : "inner"}` : part.sign ? "sign" : "box";
    const title = this.title(part);
    this.places.set(`p${part.id}`, centre);
    return {
      group: "nodes",
      data: {
        id: `p${part.id}`, part: part.id, width: box.width, height: box.height,
        label: box.open ? title : part.sign ? [part.sign, ...this.lines(part)].join("  ")
          : this.lines(part).join("\n"),
        fill: part.sign ? ground : fill, ink: part.sign ? text : onto(fill), depth: part.depth,
        shift: (textWidth(title, TITLE_FONT) - box.width) / 2 + TITLE.left,
      },
      position: { ...centre },
      classes: `${look} ${markOf(this.network, part)}`,
    };
  }

  // One link, from port to port where the ends are unfolded.
  edge(box, item, route, at) {
    const inner = new Map(box.inner.map((child) => [child.part.id, child]));
    const read = item.reads[0].id;
    const name = (end, own, other) => {
      if (!inner.has(end)) return `${own}${read}of${box.part.id}`;
      return inner.get(end).open ? `${other}${read}of${end}` : `p${end}`;
    };
    const source = name(item.from, "in", "out");
    const target = name(item.to, "out", "in");
    const bends = bent(this.places.get(source), this.places.get(target), route.slice(1, -1));
    return {
      group: "edges",
      data: { id: `e${box.part.id}n${at}`, source, target, label: item.label, ...bends },
      classes: `${target.startsWith("p") ? "arrow" : ""} ${bends.weights ? "bent" : ""}`,
    };
  }

  // The part that stands for a layer: the outermost one that is folded.
  standIn(layer) {
    return chain(this.network.leaf[layer]).reverse()
      .find((part) => !part.parts.length || !this.open.has(part.id));
  }

  // The part itself if it is drawn, else what it is folded into.
  drawn(part) {
    return chain(part.parent).reverse().find((outer) => !this.open.has(outer.id)) || part;
  }

  // Show what is chosen, found and pointed at.
  mark() {
    const { chosen, found, lit } = this.view;
    const wanted = {
      chosen: chosen ? [chosen] : [],
      twin: chosen ? [twinOf(this.network, chosen)].filter(Boolean).map((part) => this.drawn(part)) : [],
      found: (found || []).map((layer) => this.standIn(layer)),
      lit: lit === null ? [] : [this.standIn(lit)],
    };
    this.cy.batch(() => {
      for (const [name, parts] of Object.entries(wanted)) {
        for (const id of this.marked[name]) this.cy.getElementById(id).removeClass(name);
        this.marked[name] = new Set(parts.map((part) => `p${part.id}`));
        for (const id of this.marked[name]) this.cy.getElementById(id).addClass(name);
      }
    });
  }

  show(part) {
    this.reveal(part);
    const node = this.cy.getElementById(`p${part.id}`);
    const view = this.cy.extent();
    const box = node.boundingBox();
    const inside = box.x1 > view.x1 && box.x2 < view.x2 && box.y1 > view.y1 && box.y2 < view.y2;
    if (inside && this.cy.zoom() > 0.5) return;
    if (this.cy.zoom() < 0.6) this.cy.zoom(0.9);
    this.cy.center(node);
  }

  // All of it; with `readable` a single network no smaller than can be read, from the top left.
  fit(readable = false) {
    const aspect = this.bestAspect();
    if (aspect !== this.aspect) {
      this.aspect = aspect;
      this.draw();
    }
    const { width, height } = this.extent;
    const whole = this.zoomOf(this.extent);
    const cut = readable && !this.network.changes && whole < READABLE;
    const across = (this.cy.width() - 2 * MARGIN) / width;
    const zoom = cut ? Math.min(1, Math.max(READABLE, across)) : whole;
    const left = (this.cy.width() - zoom * width) / 2;
    const top = (this.cy.height() - zoom * height) / 2;
    this.cy.viewport({ zoom, pan: { x: cut ? Math.max(left, MARGIN) : left, y: cut ? 0 : top } });
    this.fitted = { zoom: this.cy.zoom(), ...this.cy.pan() };
  }

  // Whether nobody has moved or zoomed since.
  isFitted() {
    const now = { zoom: this.cy.zoom(), ...this.cy.pan() };
    return Object.keys(now).every((key) => now[key] === this.fitted[key]);
  }

  restyle() {
    this.cy.style(diagramStyle(this.view));
    this.draw();
  }
}

// Points as Cytoscape keeps them: how far along the line between the ends, and how far beside it.
function bent(source, target, points) {
  const [dx, dy] = [target.x - source.x, target.y - source.y];
  const length = Math.hypot(dx, dy);
  if (!length) return {};
  const beside = points.map(({ x, y }) => ((y - source.y) * dx - (x - source.x) * dy) / length);
  if (beside.every((distance) => Math.abs(distance) < 2)) return {};
  return {
    distances: beside,
    weights: points.map(({ x, y }) => ((x - source.x) * dx + (y - source.y) * dy) / length ** 2),
  };
}
