// Marks and segments: what was traded, drawn over the prices. Shape and colour both say what a mark is. Where many fall
// on one spot one is drawn; nearer, all of them are.

const SHAPES = {
  up: (x, y, r) => `M${x} ${px(y - 0.2 * r)}l${r} ${px(1.7 * r)}h${-2 * r}z`,
  down: (x, y, r) => `M${x} ${px(y + 0.2 * r)}l${r} ${px(-1.7 * r)}h${-2 * r}z`,
  square: (x, y, r) => `M${px(x - 0.8 * r)} ${px(y - 0.8 * r)}h${px(1.6 * r)}v${px(1.6 * r)}h${px(-1.6 * r)}z`,
  diamond: (x, y, r) => `M${x} ${px(y - r)}l${r} ${r}l${-r} ${r}l${-r} ${-r}z`,
  circle: (x, y, r) => `M${px(x - 0.8 * r)} ${y}a${px(0.8 * r)} ${px(0.8 * r)} 0 1 0 ${px(1.6 * r)} 0a${px(0.8 * r)} ${px(0.8 * r)} 0 1 0 ${px(-1.6 * r)} 0z`,
  cross: (x, y, r) => `M${px(x - r)} ${px(y - r)}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`,
};
const CROWD = 3; // px a mark needs, on average
const REACH = 14; // px: so near to a mark the pointer means it

function makeMarks(spec, u, column) {
  const y = column(spec.y);
  const many = spec.many || u.length > 400;
  const radius = spec.shape === "cross" ? 6 : many ? 4.5 : 6;
  return {
    points: u.length,
    extent: () => [Infinity, -Infinity],
    draw(scale) {
      const [i, j] = [lowerBound(u, scale.from), lowerBound(u, scale.to + 1e-6)];
      this.hidden = spec.shape !== "cross" && j - i > scale.width / CROWD ? j - i : 0;
      if (this.hidden) return rug(spec, u, i, j, scale);
      const taken = new Set();
      let path = "";
      for (let k = i; k < j; k++) {
        const [x, h] = [px(scale.x(u[k])), px(scale.y(y[k]))];
        const spot = Math.round(x / 3) * 4096 + Math.round(h / 3);
        if (taken.has(spot)) continue;
        taken.add(spot);
        path += SHAPES[spec.shape](x, h, radius);
      }
      this.drawn = taken.size;
      return `<path class="mark ${spec.shape} ${spec.tone}" d="${path}"/>`;
    },
    near(x, h, scale) {
      let best = null;
      if (this.hidden) return best;
      const [i, j] = [lowerBound(u, scale.u(x - REACH)), lowerBound(u, scale.u(x + REACH))];
      for (let k = i; k < j; k++) {
        const away = Math.hypot(scale.x(u[k]) - x, scale.y(y[k]) - h);
        if (away < REACH && (!best || away < best.away)) best = { away, row: spec.rows ? column(spec.rows)[k] : k, u: u[k], y: y[k] };
      }
      return best;
    },
    // The next mark after a moment, or the one before it.
    step(moment, forward) {
      const k = forward ? lowerBound(u, moment + 1e-3) : lowerBound(u, moment - 1e-3) - 1;
      return k >= 0 && k < u.length ? { row: spec.rows ? column(spec.rows)[k] : k, u: u[k], y: y[k] } : null;
    },
  };
}

// Where marks would hide what they stand on: ticks along the foot, one row a kind, the fainter the fewer they stand for.
function rug(spec, u, i, j, scale) {
  const top = scale.height - 7 * (spec.shape === "up" ? 1 : spec.shape === "down" ? 2 : 3);
  const found = [];
  byPixel(u, i, j, scale, (x, a, b) => found.push([x, b - a]));
  const most = Math.max(...found.map(([, n]) => n));
  const paths = ["", "", "", ""];
  for (const [x, n] of found) paths[Math.ceil(4 * n / most) - 1] += `M${x} ${top}v5`;
  return paths.map((path, k) => (path ? `<path class="rug ${spec.tone}" opacity="${0.25 * (k + 1)}" d="${path}"/>` : "")).join("");
}

// Lines from here to there: an entry to its exit, a stop loss as long as it stood. Where more than `most` are in sight
// none is drawn.
function makeSegments(spec, u, column, axis) {
  const end = axis(spec.x1), y0 = column(spec.y), y1 = column(spec.y1);
  return {
    points: u.length,
    extent: () => [Infinity, -Infinity],
    draw(scale) {
      const seen = [];
      for (let k = 0; k < u.length; k++) {
        if (end[k] >= scale.from && u[k] <= scale.to && !Number.isNaN(y0[k])) seen.push(k);
      }
      this.hidden = seen.length > spec.most ? seen.length : 0;
      if (this.hidden) return "";
      let path = "";
      for (const k of seen) {
        const [a, b] = [scale.x(u[k]), scale.x(end[k])];
        if (Math.abs(b - a) < 1 && Math.abs(scale.y(y0[k]) - scale.y(y1[k])) < 1) continue;
        path += clipped(a, scale.y(y0[k]), b, scale.y(y1[k]), scale.width);
      }
      return stroke(spec, path);
    },
  };
}

// The part of a line between the edges of the chart.
function clipped(x0, y0, x1, y1, width) {
  const at = (x) => y0 + (y1 - y0) * (x - x0) / (x1 - x0 || 1);
  const [a, b] = [Math.max(x0, -20), Math.min(x1, width + 20)];
  return `M${px(a)} ${px(a > x0 ? at(a) : y0)}L${px(b)} ${px(b < x1 ? at(b) : y1)}`;
}

const LAYERS = { line: makeLine, quotes: makeQuotes, candles: makeCandles, marks: makeMarks, segments: makeSegments };
