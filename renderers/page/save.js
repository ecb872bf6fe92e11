"use strict";
// The diagram as files: all that is unfolded, in the colours of the page, without what is marked.

const SHARP = 2;
const MOST_PIXELS = 16000;

function listenToSave(network, diagram, view) {
  const { cy } = diagram;
  const name = network.file.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[.-]+/, "").slice(0, 80) || "network";
  const bare = (act) => {
    cy.elements().removeClass("chosen twin found lit");
    const result = act();
    diagram.mark();
    return result;
  };
  byId("svg").addEventListener("click", () => {
    const text = bare(() => svgOf(cy, network.title, view.theme.ground));
    save(new Blob([text], { type: "image/svg+xml" }), `${name}.svg`);
  });
  byId("png").addEventListener("click", async () => {
    const { w, h } = cy.elements().boundingBox();
    const scale = Math.min(SHARP, MOST_PIXELS / Math.max(w, h), MOST_PIXELS / Math.sqrt(w * h));
    const image = bare(() => cy.png({ output: "blob-promise", full: true, scale, bg: view.theme.ground }));
    save(await image, `${name}.png`);
  });
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  byId("said").textContent = `saved ${name}`;
}
