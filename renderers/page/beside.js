"use strict";
// Two networks beside each other: stages that match start at one height.

// Both with room above the stages that start higher; where one stands in columns they stay as they are.
function beside(network, inner) {
  if (!network.changes || inner.length !== 2 || !inner.every((box) => box.open && inOrder(box))) return inner;
  const rooms = [[], []];
  const moved = [0, 0];
  inner[0].inner.forEach(({ part }, at) => {
    const twin = twinOf(network, part);
    const other = twin ? inner[1].inner.findIndex((box) => box.part.id === twin.id) : -1;
    if (other < 0) return;
    const tops = [topOf(inner[0], at), topOf(inner[1], other)];
    const lower = tops[0] + moved[0] > tops[1] + moved[1] ? 0 : 1;
    const by = Math.abs(tops[0] + moved[0] - tops[1] - moved[1]);
    rooms[1 - lower].push({ y: tops[1 - lower] - 1, by });
    moved[1 - lower] += by;
  });
  return inner.map((box, at) => withRoom(box, rooms[at]));
}

const topOf = (box, at) => box.spots[at].y - box.inner[at].height / 2;

function inOrder(box) {
  return box.spots.every((_, at) => !at || topOf(box, at) >= topOf(box, at - 1));
}

// The layout with everything below each height moved further down.
function withRoom(box, rooms) {
  const at = ({ x, y }) => ({ x, y: y + total(rooms.map((room) => (room.y <= y ? room.by : 0))) });
  return { ...box, height: at({ y: box.height }).y, spots: box.spots.map(at), ins: box.ins,
    outs: box.outs.map(at), routes: box.routes.map((points) => points.map(at)) };
}
