"use strict";
// The buttons and fields above the diagram.

function tell(whole, most) {
  byId("said").textContent = whole ? "" : `more than ${count(most)} boxes at once: unfolded less `
    + "far, click on what you want to see";
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
