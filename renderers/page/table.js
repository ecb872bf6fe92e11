"use strict";
// The layers as a table: sortable, a bar of the chosen cost in every row.

const BATCH = 250;

class Table {
  constructor(element, network, view, choose, point) {
    this.network = network;
    this.view = view;
    this.body = element.querySelector("tbody");
    this.sorted = { column: null, down: false };
    this.columns = [
      { title: "layer", value: (layer) => layer.name },
      { title: "share", bar: true, order: (layer) => COSTS[view.cost].of(layer) },
      ...Object.keys(network.costs).map((name) => ({ title: COSTS[name].title, number: true,
        value: (layer) => bounded([layer], name, COSTS[name].of(layer), COSTS[name].text(COSTS[name].of(layer))),
        order: COSTS[name].of })),
      { title: "output", value: (layer) => spaced(layer.shape), order: (layer) => layer.shape.reduce((area, size) => area * size, 1) },
      { title: "kind", value: (layer) => layer.said },
    ];
    this.head(element.querySelector("thead tr"));
    this.rows = network.layers.map((layer, at) => this.row(layer, at));
    this.body.addEventListener("click", (event) => choose(this.layerAt(event)));
    this.body.addEventListener("mouseover", (event) => point(this.layerAt(event)));
    this.body.addEventListener("mouseleave", () => point(null));
    this.body.addEventListener("keydown", (event) => {
      const row = event.target.closest("tr");
      const steps = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling };
      if (event.key === "Enter") choose(this.layerAt(event));
      if (!steps[event.key]) return;
      event.preventDefault();
      steps[event.key].focus();
    });
    this.fill();
  }

  head(row) {
    for (const column of this.columns) {
      const cell = document.createElement("th");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = column.title;
      button.addEventListener("click", () => this.sort(column));
      cell.append(button);
      if (column.number) cell.className = "number";
      cell.scope = "col";
      column.head = cell;
      row.append(cell);
    }
  }

  row(layer, at) {
    const row = document.createElement("tr");
    row.dataset.layer = at;
    row.tabIndex = -1;
    for (const column of this.columns) {
      const cell = document.createElement("td");
      if (column.bar) {
        cell.className = "bar";
        cell.append(document.createElement("span"));
      } else {
        cell.textContent = column.value(layer);
        if (column.number) cell.className = "number";
      }
      row.append(cell);
    }
    return row;
  }

  // The rows in their order; a long table is filled while the page is already used.
  fill() {
    const order = this.network.layers.map((_, at) => at);
    const { column, down } = this.sorted;
    if (column) {
      const key = column.order || column.value;
      const compare = (a, b) => (typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true }));
      order.sort((a, b) => (down ? -1 : 1) * compare(key(this.network.layers[a]), key(this.network.layers[b])));
    }
    const shown = this.view.found ? new Set(this.view.found) : null;
    const rows = order.filter((at) => !shown || shown.has(at)).map((at) => this.rows[at]);
    this.body.replaceChildren();
    clearTimeout(this.filling);
    const next = (start) => {
      this.body.append(...rows.slice(start, start + BATCH));
      if (start + BATCH < rows.length) this.filling = setTimeout(() => next(start + BATCH));
    };
    next(0);
    for (const row of this.rows) row.tabIndex = row === rows[0] ? 0 : -1;
    this.drawBars();
  }

  sort(column) {
    const again = this.sorted.column === column;
    this.sorted = { column, down: again ? !this.sorted.down : Boolean(column.number || column.bar) };
    for (const each of this.columns) each.head.removeAttribute("aria-sort");
    column.head.setAttribute("aria-sort", this.sorted.down ? "descending" : "ascending");
    this.fill();
  }

  drawBars() {
    const cost = COSTS[this.view.cost];
    const most = this.network.layers.reduce((largest, layer) => Math.max(largest, cost.of(layer)), 0);
    this.network.layers.forEach((layer, at) => {
      const bar = this.rows[at].children[1].firstChild;
      bar.style.width = `${most ? (100 * cost.of(layer)) / most : 0}%`;
      bar.hidden = !cost.of(layer);
    });
  }

  layerAt(event) {
    const row = event.target.closest("tr");
    return row ? Number(row.dataset.layer) : null;
  }

  // Show which layers the chosen part has.
  mark() {
    const { chosen } = this.view;
    this.rows.forEach((row, at) => {
      row.classList.toggle("chosen", Boolean(chosen) && at >= chosen.from && at < chosen.to);
    });
    if (chosen && this.rows[chosen.from].isConnected) {
      this.rows[chosen.from].scrollIntoView({ block: "nearest", inline: "start" });
    }
  }

  // Show which layers are pointed at in the diagram.
  light(part) {
    this.rows.forEach((row, at) => {
      row.classList.toggle("lit", Boolean(part) && at >= part.from && at < part.to);
    });
  }
}
