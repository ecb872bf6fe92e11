"use strict";
// What keys do on the diagram.

const PANS = { ArrowUp: { x: 0, y: 80 }, ArrowDown: { x: 0, y: -80 }, ArrowLeft: { x: 80, y: 0 },
  ArrowRight: { x: -80, y: 0 } };
const middle = (cy) => ({ x: cy.width() / 2, y: cy.height() / 2 });

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
