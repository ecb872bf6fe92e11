"use strict";
// The diagram as SVG text, written from what Cytoscape shows.

const BEND = 12;
const ARROW = { long: 7, wide: 3.2 };

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const short = (number) => String(Math.round(number * 100) / 100);
const at = ({ x, y }) => `${short(x)} ${short(y)}`;

function element(name, attributes, content = "") {
  const pairs = Object.entries(attributes).filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escaped(typeof value === "number" ? short(value) : value)}"`);
  return `<${name}${pairs.join("")}${content ? `>${content}</${name}>` : "/>"}`;
}

function svgOf(cy, title, ground) {
  const { x1, y1, w, h } = cy.elements().boundingBox();
  const [x, y, width, height] = [x1 - MARGIN, y1 - MARGIN, w + 2 * MARGIN, h + 2 * MARGIN];
  const nodes = (selector) => cy.nodes(selector).sort((a, b) => a.data("depth") - b.data("depth"));
  const parts = [
    element("title", {}, escaped(title)),
    element("rect", { x, y, width, height, fill: ground }),
    ...nodes(".frame").map(svgNode), ...cy.edges().map(svgLine),
    ...nodes(".port").map(svgPort), ...nodes(".box, .sign").map(svgNode),
    ...cy.edges().filter((edge) => edge.data("label")).map(svgLabel),
  ];
  return element("svg", { xmlns: "http://www.w3.org/2000/svg", width, height,
    viewBox: [x, y, width, height].map(short).join(" "), "font-family": "Helvetica, Arial, sans-serif",
    role: "img", "aria-label": title }, `\n${parts.join("\n")}\n`);
}

function svgNode(node) {
  const { x, y } = node.position();
  const { width, height, label } = node.data();
  const look = (name) => node.style(name);
  const line = parseFloat(look("border-width"));
  const dashes = { dashed: "6 4", dotted: "1.5 2.5" }[look("border-style")];
  const frame = node.hasClass("frame");
  const box = element("rect", { x: x - width / 2, y: y - height / 2, width, height,
    rx: Math.min(node.hasClass("sign") ? 14 : 8, height / 2), fill: look("background-color"),
    stroke: look("border-color"), "stroke-width": line, "stroke-dasharray": dashes });
  const place = frame ? { x: x - width / 2 + TITLE.left, y: y - height / 2 + 17 } : { x, y: y + 4.2 };
  return box + svgText(label, place, { "font-size": 12, fill: look("color"),
    "font-weight": look("font-weight") === "bold" ? "bold" : undefined,
    "text-anchor": frame ? undefined : "middle" }, 15);
}

// Lines of text around a place, each as its own element, which all programs place alike.
function svgText(label, { x, y }, attributes, step) {
  const lines = label.split("\n");
  return lines.map((line, index) => (line ? element("text", { x, y: y + (index - (lines.length - 1) / 2) * step,
    ...attributes }, escaped(line)) : "")).join("");
}

const svgPort = (node) => element("circle", { cx: node.position().x, cy: node.position().y,
  r: PORT / 2, fill: node.style("background-color") });

function svgLine(edge) {
  const points = [edge.sourceEndpoint(), ...(edge.segmentPoints() || []), edge.targetEndpoint()];
  const colour = edge.style("line-color");
  const last = points[points.length - 1];
  const tip = toward(last, points[points.length - 2], ARROW.long);
  const arrow = edge.hasClass("arrow");
  const path = arrow ? [...points.slice(0, -1), tip] : points;
  const line = element("path", { d: rounded(path), fill: "none", stroke: colour,
    "stroke-width": parseFloat(edge.style("width")) });
  return arrow ? line + element("path", { d: arrowhead(last, tip), fill: colour }) : line;
}

function rounded(points) {
  const bends = points.slice(1, -1).map((point, index) => {
    const [before, after] = [points[index], points[index + 2]];
    return `L${at(toward(point, before, BEND))}Q${at(point)} ${at(toward(point, after, BEND))}`;
  });
  return `M${at(points[0])}${bends.join("")}L${at(points[points.length - 1])}`;
}

// A place so far from one towards another, half way at most.
function toward(from, to, far) {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const share = length ? Math.min(far / length, 0.5) : 0;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

function arrowhead(tip, base) {
  const length = Math.hypot(tip.x - base.x, tip.y - base.y) || 1;
  const beside = { x: (-(tip.y - base.y) / length) * ARROW.wide, y: ((tip.x - base.x) / length) * ARROW.wide };
  const corner = (sign) => at({ x: base.x + sign * beside.x, y: base.y + sign * beside.y });
  return `M${at(tip)}L${corner(1)}L${corner(-1)}Z`;
}

function svgLabel(edge) {
  const place = edge.midpoint();
  const label = edge.data("label");
  const lines = label.split("\n");
  const width = Math.max(...lines.map((line) => textWidth(line, SMALL))) + 2;
  const height = 12.5 * lines.length;
  return element("rect", { x: place.x - width / 2, y: place.y - height / 2, width, height,
    fill: edge.style("text-background-color") })
    + svgText(label, { x: place.x, y: place.y + 3.5 },
      { "font-size": 10, fill: edge.style("color"), "text-anchor": "middle" }, 12.5);
}
