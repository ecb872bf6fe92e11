"use strict";
// Colours and lines of the diagram.

function diagramStyle(view) {
  const { theme } = view;
  const of = (name) => (element) => element.data(name);
  const font = "Helvetica, Arial, sans-serif";
  return [
    { selector: "node", style: {
      width: of("width"), height: of("height"), label: of("label"), shape: "round-rectangle",
      "font-family": font, "font-size": 12, "text-wrap": "wrap", "line-height": 1.25,
      "text-valign": "center", "text-halign": "center", "min-zoomed-font-size": 5,
      "border-width": 1, "border-color": theme.border } },
    { selector: ".box", style: { "background-color": of("fill"), color: of("ink") } },
    { selector: ".sign", style: { "background-color": of("fill"), color: of("ink"),
      "border-color": theme.line, "font-weight": "bold", "corner-radius": 14 } },
    { selector: ".frame", style: {
      "text-valign": "top", "text-halign": "center", "text-margin-y": 20, color: theme.text,
      "text-margin-x": of("shift"), "font-weight": "bold", "min-zoomed-font-size": 4,
      "z-index-compare": "manual", "z-index": (element) => element.data("depth") } },
    { selector: ".outer", style: { "background-color": theme.frames[0] } },
    { selector: ".inner", style: { "background-color": theme.frames[1] } },
    { selector: ".box, .sign", style: { "z-index-compare": "manual", "z-index": 90 } },
    { selector: ".port", style: { width: PORT, height: PORT, label: "", shape: "ellipse",
      "border-width": 0, "background-color": theme.line, events: "no",
      "z-index-compare": "manual", "z-index": 80 } },
    { selector: "edge", style: {
      width: 1.2, "line-color": theme.line, "curve-style": "straight", label: of("label"),
      "font-family": font, "font-size": 10, color: theme.faint, "text-wrap": "wrap",
      "min-zoomed-font-size": 6, "text-background-color": theme.frames[0],
      "text-background-opacity": 1, "text-background-padding": 1, events: "no",
      "z-index-compare": "manual", "z-index": 70 } },
    { selector: "edge.bent", style: { "curve-style": "round-segments", "segment-radii": 12,
      "edge-distances": "node-position", "segment-weights": of("weights"),
      "segment-distances": of("distances") } },
    { selector: "edge.arrow", style: { "target-arrow-shape": "triangle", "arrow-scale": 0.8,
      "target-arrow-color": theme.line } },
    ...(view.marks ? markStyles(view) : []),
    { selector: ".found", style: outline(3, theme.bar, "dashed") },
    { selector: ".lit", style: outline(2, theme.text, "solid") },
    { selector: ".twin", style: outline(4, theme.bar, "dotted") },
    { selector: ".chosen", style: outline(4, theme.bar, "solid") },
  ];
}

// A line around a box, which leaves the box's own line as it is.
const outline = (width, colour, style) => ({ "outline-width": width, "outline-color": colour,
  "outline-style": style, "outline-offset": 2 });

// What the tints mean.
function legend(view, most) {
  const element = document.getElementById("scale");
  element.style.background = `linear-gradient(to right, ${view.theme.scale.join(", ")})`;
  element.nextElementSibling.textContent = said(view.cost, most);
}

const channels = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

function tint(theme, share) {
  const place = Math.min(Math.max(share, 0), 1) * (theme.scale.length - 1);
  const at = Math.min(Math.floor(place), theme.scale.length - 2);
  const [first, last] = [channels(theme.scale[at]), channels(theme.scale[at + 1])];
  return `rgb(${first.map((from, i) => Math.round(from + (last[i] - from) * (place - at))).join(",")})`;
}

// Black or white, whichever reads better (WCAG 2.2, relative luminance).
function onto(fill) {
  const linear = fill.match(/\d+/g).map((channel) => channel / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  const luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  return luminance > 0.179 ? "#000000" : "#ffffff";
}
