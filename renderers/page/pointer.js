"use strict";
// What a pointer does on the diagram.

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
