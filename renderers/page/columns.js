"use strict";
// A long chain in columns: cut where few lines pass, which then run side by side from the foot of one
// column through the gutter to the head of the next.

const GUTTER = 30;
const OVER = 10;
const UNDER = 12;
const TURN = 20;
const LANE = 8;
const MOST_LINES = 3;
const FEWEST_PIECES = 4;
const MOST_COLUMNS = 40;

// The layout in as many columns as bring it nearest to the plan's proportions; one if that is best.
function inColumns(plan, flat) {
  if (!plan.aspect || Math.max(plan.ins, plan.outs) > MOST_LINES) return flat;
  const cuts = cutsOf(plan, flat);
  const pieces = piecesOf(plan, flat, cuts);
  if (pieces.length < FEWEST_PIECES) return flat;
  const long = ({ width, height }) => Math.max(width / plan.aspect, height);
  let best = flat;
  for (let many = 2; many <= Math.min(pieces.length, MOST_COLUMNS); many += 1) {
    const wrapped = arranged(plan, flat, shared(pieces, many));
    if (long(wrapped) < long(best)) best = wrapped;
  }
  return best;
}

// Where a column may end: between boxes, at a few lines between boxes that are not cut yet.
function cutsOf(plan, flat) {
  const spans = flat.routes.map((route) => route.map(({ y }) => y))
    .map((ys) => [Math.min(...ys), Math.max(...ys)]);
  const boxes = flat.spots.map(({ y }, at) => [y - plan.sizes[at][1] / 2, y + plan.sizes[at][1] / 2])
    .sort(([a], [b]) => a - b);
  const cuts = [];
  const cut = new Set();
  const free = (link) => plan.links[link][0].every((name) => name.startsWith("c")) && !cut.has(link);
  let end = -Infinity;
  for (const [top, bottom] of boxes) {
    const y = (end + top) / 2;
    const links = [...spans.keys()].filter((at) => spans[at][0] < y && y < spans[at][1]);
    if (top > end && links.length && links.length <= plan.lines && links.every(free)) {
      links.sort((a, b) => flat.routes[a][0].x - flat.routes[b][0].x);
      links.forEach((link) => cut.add(link));
      cuts.push({ y, end, top, links, lane: laneOf(plan, links) });
    }
    end = Math.max(end, bottom);
  }
  return cuts;
}

// How far apart lines run in a gutter: several labels stand beside each other there.
function laneOf(plan, links) {
  return Math.max(LANE, ...links.map((link) => plan.links[link][1] + 10));
}

// What stands between the cuts, each piece with its extent.
function piecesOf(plan, flat, cuts) {
  const borders = [-Infinity, ...cuts.map(({ y }) => y), Infinity];
  const pieces = borders.slice(1).map((_, at) => ({ cut: cuts[at - 1], left: Infinity,
    right: -Infinity, top: Infinity, bottom: -Infinity }));
  const pieceAt = (y) => pieces[borders.findIndex((border) => y < border) - 1];
  const widen = (y, left, right) => {
    const piece = pieceAt(y);
    piece.left = Math.min(piece.left, left);
    piece.right = Math.max(piece.right, right);
    return piece;
  };
  flat.spots.forEach(({ x, y }, at) => {
    const [width, height] = plan.sizes[at];
    const piece = widen(y, x - width / 2, x + width / 2);
    piece.top = Math.min(piece.top, y - height / 2);
    piece.bottom = Math.max(piece.bottom, y + height / 2);
  });
  const cut = new Set(cuts.flatMap(({ links }) => links));
  flat.routes.forEach((route, at) => {
    route.forEach(({ x, y }) => widen(y, x, x));
    const middle = route[Math.floor(route.length / 2)];
    const half = cut.has(at) ? 0 : plan.links[at][1] / 2;
    widen(middle.y, middle.x - half, middle.x + half);
  });
  return pieces;
}

// The pieces in so many columns, or fewer, of which the highest is as low as can be.
function shared(pieces, many) {
  const filled = (limit) => {
    const columns = [];
    for (const piece of pieces) {
      const last = columns[columns.length - 1];
      if (last && piece.bottom - last[0].top <= limit) last.push(piece);
      else columns.push([piece]);
    }
    return columns;
  };
  let [low, high] = [0, pieces[pieces.length - 1].bottom - pieces[0].top];
  while (high - low > 1) {
    const middle = (low + high) / 2;
    if (filled(middle).length <= many) high = middle;
    else low = middle;
  }
  return filled(high);
}

// The columns side by side, each shifted from where its pieces were.
function arranged(plan, flat, columns) {
  const lines = Math.max(...columns.slice(1).map(([{ cut }]) => cut.links.length), 1);
  const head = HEAD + 6 + (plan.ins ? TURN + (plan.ins - 1) * LANE : OVER) + (lines - 1) * LANE;
  let right = SIDE;
  const shifts = columns.map((column) => {
    const [first, last] = [column[0], column[column.length - 1]];
    const left = Math.min(...column.map((piece) => piece.left));
    const width = Math.max(...column.map((piece) => piece.right)) - left;
    const gutter = first.cut ? Math.max(GUTTER, first.cut.lane * first.cut.links.length) : 0;
    const shift = { x: right + gutter - left, y: head - first.top, cut: first.cut,
      gutter: right + gutter / 2, head, foot: head + last.bottom - first.top };
    right += gutter + width;
    return shift;
  });
  const foot = Math.max(...shifts.map((shift) => shift.foot)) + (lines - 1) * LANE;
  return moved(plan, flat, shifts, { width: right + SIDE, foot });
}

function moved(plan, flat, shifts, { width, foot }) {
  const height = foot + (plan.outs ? UNDER + TURN + (plan.outs - 1) * LANE : SIDE);
  const [ins, outs] = [lanes(flat.ins, width / 2, 0), lanes(flat.outs, width / 2, height)];
  const columnAt = (y) => shifts.findLast(({ cut }) => !cut || cut.y <= y);
  const by = (shift) => ({ x, y }) => ({ x: x + shift.x, y: y + shift.y });
  const spots = flat.spots.map((spot) => by(columnAt(spot.y))(spot));
  const route = (points, link) => {
    const next = shifts.findIndex(({ cut }) => cut && cut.links.includes(link));
    if (next > 0) return throughGutter(points, link, shifts[next - 1], shifts[next], by);
    const [[from, to]] = plan.links[link];
    const middle = points[Math.floor(points.length / 2)];
    const all = points.map(by(columnAt(middle.y)));
    if (from.startsWith("i")) {
      const port = ins[Number(from.slice(1))];
      all.splice(0, 1, port, ...level(port.x, all[0].x, HEAD + 4 + port.rank * LANE));
    }
    if (to.startsWith("o")) {
      const port = outs[Number(to.slice(1))];
      const last = all.pop();
      all.push(...level(last.x, port.x, foot + TURN + port.rank * LANE), port);
    }
    return all;
  };
  return { width, height, spots, ins, outs, routes: flat.routes.map(route) };
}

const level = (from, to, y) => [{ x: from, y }, { x: to, y }];

// Ports beside each other in their order, around the middle.
function lanes(ports, middle, y) {
  const order = [...ports.keys()].sort((a, b) => ports[a].x - ports[b].x);
  return ports.map((_, at) => {
    const rank = order.indexOf(at);
    return { x: middle + (rank - (ports.length - 1) / 2) * 2 * LANE, y, rank };
  });
}

// Of several lines the rightmost is innermost in the first turn and outermost in the second, so that
// none crosses another.
function throughGutter(points, link, above, below, by) {
  const { cut, gutter, head } = below;
  const rank = cut.links.indexOf(link);
  const inner = cut.links.length - 1 - rank;
  const x = gutter + (inner - (cut.links.length - 1) / 2) * cut.lane;
  const before = points.filter(({ y }) => y < cut.end + 1).map(by(above));
  const after = points.filter(({ y }) => y > cut.top - 1).map(by(below));
  return [...before, ...level(before[before.length - 1].x, x, above.foot + UNDER + inner * LANE),
    ...level(x, after[0].x, head - OVER - rank * LANE), ...after];
}
