"use strict";
// The layers as a table: sortable, a bar of the chosen cost in every row.

const BATCH = 250;
const SHORT = 24;

// A name that may go on in the next line after each dot.
const breakable = (name) => name.split(/(?<=\.)/).flatMap((word) => [word, make("wbr")]);

class Table {
  constructor(element, network, view, choose, point) {
    this.network = network;
    this.view = view;
    this.body = element.querySelector("tbody");
    this.sorted = { column: null, down: false };
    this.columns = [
      { title: "layer", value: (layer) => layer.name, wraps: true },
      ...(network.changes ? [{ title: "change", kind: "change", wraps: true, value: (layer, at) => changeOf(network, at) }] : []),
      { title: "share", kind: "share", down: true, order: (layer) => COSTS[view.cost].of(layer) },
      ...Object.keys(network.costs).map((name) => ({ title: COSTS[name].title, kind: "number", cost: name, down: true,
        value: (layer) => bounded([layer], name, COSTS[name].of(layer), COSTS[name].text(COSTS[name].of(layer))),
        order: COSTS[name].of })),
      { title: "output", kind: "shape", value: (layer) => tight(layer.shape), order: (layer) => layer.shape.reduce((area, size) => area * size, 1) },
      { title: "kind", kind: "kind", value: (layer) => layer.said },
    ];
    element.querySelector("table").classList.toggle("compared", Boolean(network.changes));
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
      if (column.kind === "number") cell.className = "number";
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
      if (column.kind) cell.className = column.kind;
      if (column.wraps && !this.network.changes && layer.name.length <= SHORT) cell.className = "short";
      if (column.kind === "share") cell.append(make("b"), make("i", "", make("span")));
      else if (column.wraps) cell.append(...breakable(column.value(layer, at)));
      else cell.textContent = column.value(layer, at);
      row.append(cell);
    }
    return row;
  }

  // The rows in their order; a long table is filled while the page is already used.
  fill() {
    const { changes } = this.network;
    const order = changes ? [...changes.order] : this.network.layers.map((_, at) => at);
    const { column, down } = this.sorted;
    if (column) {
      const key = column.order || column.value;
      const compare = (a, b) => (typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true }));
      order.sort((a, b) => (down ? -1 : 1) * compare(key(this.network.layers[a], a), key(this.network.layers[b], b)));
    }
    const shown = this.view.found ? new Set(this.view.found) : null;
    const wanted = (at) => (!shown || shown.has(at)) && (!this.view.onlyChanges || changes.layers[at].mark);
    const rows = order.filter(wanted).map((at) => this.rows[at]);
    this.body.replaceChildren();
    clearTimeout(this.filling);
    const next = (start) => {
      this.body.append(...rows.slice(start, start + BATCH));
      if (start + BATCH < rows.length) this.filling = setTimeout(() => next(start + BATCH));
    };
    next(0);
    for (const row of this.rows) row.tabIndex = row === rows[0] ? 0 : -1;
    this.drawShares();
  }

  sort(column) {
    const again = this.sorted.column === column;
    this.sorted = { column, down: again ? !this.sorted.down : Boolean(column.down) };
    for (const each of this.columns) each.head.removeAttribute("aria-sort");
    column.head.setAttribute("aria-sort", this.sorted.down ? "descending" : "ascending");
    this.fill();
  }

  // What each layer is of the total of its network, or of its peak.
  drawShares() {
    const name = this.view.cost;
    this.columns.forEach(({ cost }, at) => {
      for (const row of [{ children: this.columns.map(({ head }) => head) }, ...this.rows]) {
        row.children[at].classList.toggle("wanted", cost === name);
      }
    });
    const column = this.columns.find(({ kind }) => kind === "share");
    column.head.firstChild.textContent = `% of ${COSTS[name].whole || "total"}`;
    this.network.layers.forEach((_, at) => {
      const share = shareOf(this.network, { from: at, to: at + 1 }, name);
      const [number, track] = this.rows[at].querySelector("td.share").children;
      number.textContent = percent(share);
      track.hidden = !share;
      track.firstChild.style.width = `${100 * share}%`;
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
      const inside = Boolean(chosen) && at >= chosen.from && at < chosen.to;
      if (row.classList.toggle("chosen", inside)) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
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
