"use strict";
// The border between the diagram and the figures: dragged, or moved by keys.

const LEAST = 15;
const MOST = 85;
const STEP = 2;

function listenToDivider(divider) {
  const main = divider.parentElement;
  const diagram = document.getElementById(divider.getAttribute("aria-controls"));
  const beside = () => getComputedStyle(main).flexDirection === "row";
  const tell = () => {
    divider.setAttribute("aria-orientation", beside() ? "vertical" : "horizontal");
    divider.setAttribute("aria-valuenow", Math.round(place()));
  };
  const place = () => {
    const [own, all] = [diagram, main].map((each) => each.getBoundingClientRect());
    return beside() ? (100 * own.width) / all.width : (100 * own.height) / all.height;
  };
  const move = (percent) => {
    main.style.setProperty("--diagram", `${Math.min(Math.max(percent, LEAST), MOST)}%`);
    tell();
  };
  divider.setAttribute("aria-valuemin", LEAST);
  divider.setAttribute("aria-valuemax", MOST);
  divider.addEventListener("pointerdown", (event) => divider.setPointerCapture(event.pointerId));
  divider.addEventListener("pointermove", (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    const { x, y, width, height } = main.getBoundingClientRect();
    move(100 * (beside() ? (event.clientX - x) / width : (event.clientY - y) / height));
  });
  divider.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: -STEP, ArrowUp: -STEP, ArrowRight: STEP, ArrowDown: STEP,
      Home: -100, End: 100 };
    if (!(event.key in steps)) return;
    event.preventDefault();
    move(place() + steps[event.key]);
  });
  addEventListener("resize", tell);
  tell();
}
