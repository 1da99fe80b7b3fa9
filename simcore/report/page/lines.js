// Lines, quotes and candles: layers of a chart that follow time. A layer knows the lowest and highest value in a
// stretch, draws itself, and says its value at a moment. Of many points on one pixel the first, lowest, highest and
// last are drawn, so that no extreme is lost.

const px = (value) => Math.round(value * 10) / 10;

// Rows in sight, with one more on either side so that lines reach the edges.
const inSight = (u, { from, to }) => [
  Math.max(0, lowerBound(u, from) - 1),
  Math.min(u.length, lowerBound(u, to) + 1),
];

function lowHigh(columns, i, j) {
  let low = Infinity, high = -Infinity;
  for (const values of columns) {
    for (let k = i; k < j; k++) {
      if (values[k] < low) low = values[k];
      if (values[k] > high) high = values[k];
    }
  }
  return [low, high];
}

// Calls tell(x, first row, row behind the last) for every pixel column that has rows.
function byPixel(u, i, j, scale, tell) {
  let begin = i, column = Math.round(scale.x(u[i]));
  for (let k = i + 1; k <= j; k++) {
    const next = k < j ? Math.round(scale.x(u[k])) : NaN;
    if (next === column) continue;
    tell(column, begin, k);
    begin = k;
    column = next;
  }
}

function linePath(u, v, scale, step) {
  const [i, j] = inSight(u, scale);
  if (j - i > 3 * scale.width) return thinPath(u, v, i, j, scale);
  const far = scale.width + 20; // what lies outside is brought near: renderers lose track of huge coordinates
  let path = "", pen = false, last = 0;
  for (let k = i; k < j; k++) {
    if (Number.isNaN(v[k])) {
      if (pen && step) path += `H${px(Math.min(scale.x(u[k]), far))}`;
      pen = false;
      continue;
    }
    let x = scale.x(u[k]), y = scale.y(v[k]);
    if (x < -20 && k + 1 < j && !Number.isNaN(v[k + 1])) {
      if (!step) y += (scale.y(v[k + 1]) - y) * (-20 - x) / (scale.x(u[k + 1]) - x);
      x = -20;
    }
    if (x > far && pen) {
      const before = scale.x(u[k - 1]);
      if (!step) y = last + (y - last) * (far - before) / (x - before);
      x = far;
    }
    path += pen ? (step ? `H${px(x)}V${px(y)}` : `L${px(x)} ${px(y)}`) : `M${px(x)} ${px(y)}`;
    [pen, last] = [true, y];
  }
  return path;
}

function thinPath(u, v, i, j, scale) {
  let path = "", pen = false;
  byPixel(u, i, j, scale, (x, a, b) => {
    const [low, high] = lowHigh([v], a, b);
    if (low > high) { pen = false; return; }
    const first = Number.isNaN(v[a]) ? low : v[a], last = v[b - 1];
    path += `${pen ? "L" : "M"}${x} ${px(scale.y(first))}V${px(scale.y(low))}V${px(scale.y(high))}`;
    pen = !Number.isNaN(last);
    if (pen) path += `V${px(scale.y(last))}`;
  });
  return path;
}

const stroke = (spec, path) =>
  `<path class="line ${spec.tone}" d="${path}"${spec.dash ? ` stroke-dasharray="${spec.dash}"` : ""}/>`;

function makeLine(spec, u, column) {
  const v = column(spec.y);
  return {
    points: u.length,
    extent(from, to) {
      const [i, j] = inSight(u, { from, to });
      return lowHigh([v], i, j);
    },
    draw(scale) {
      const path = linePath(u, v, scale, spec.step);
      if (!spec.fill || !path) return stroke(spec, path);
      const [i, j] = inSight(u, scale);
      const ends = [scale.x(u[j - 1]), scale.x(u[i])].map((x) => px(Math.min(Math.max(x, -20), scale.width + 20)));
      const zero = px(scale.y(0));
      return `<path class="fill ${spec.tone}" d="${path}L${ends[0]} ${zero}H${ends[1]}Z"/>` + stroke(spec, path);
    },
    at(moment) {
      const k = lowerBound(u, moment + 1e-6) - 1;
      return k >= 0 && k < u.length ? v[k] : NaN;
    },
  };
}

// Bid and ask: a ribbon between them while each can be seen, else from the lowest bid to the highest ask of a pixel.
function makeQuotes(spec, u, column) {
  const bid = column(spec.bid), ask = column(spec.ask);
  return {
    points: u.length,
    extent(from, to) {
      const [i, j] = inSight(u, { from, to });
      return [lowHigh([bid], i, j)[0], lowHigh([ask], i, j)[1]];
    },
    draw(scale) {
      const [i, j] = inSight(u, scale);
      if (j - i > 0.7 * scale.width) return quoteBars(u, bid, ask, i, j, scale);
      const above = linePath(u, ask, scale, true), below = linePath(u, bid, scale, true);
      return `<path class="ribbon" d="${ribbonPath(u, bid, ask, i, j, scale)}"/>`
        + `<path class="line ask" d="${above}"/><path class="line bid" d="${below}"/>`;
    },
    at(moment) {
      const k = lowerBound(u, moment + 1e-6) - 1;
      return k < 0 ? NaN : [bid[k], ask[k]];
    },
  };
}

function ribbonPath(u, bid, ask, i, j, scale) {
  const x = (k) => px(Math.min(Math.max(scale.x(u[Math.min(k, u.length - 1)]), -20), scale.width + 20));
  let path = "";
  for (let k = i; k < j; k++) path += `M${x(k)} ${px(scale.y(bid[k]))}V${px(scale.y(ask[k]))}H${x(k + 1)}V${px(scale.y(bid[k]))}Z`;
  return path;
}

function quoteBars(u, bid, ask, i, j, scale) {
  let path = "", low = bid[i], high = ask[i];
  byPixel(u, i, j, scale, (x, a, b) => {
    // from where the last pixel ended, so that a jump is a line and not a hole
    low = Math.min(low, lowHigh([bid], a, b)[0]);
    high = Math.max(high, lowHigh([ask], a, b)[1]);
    path += `${path ? "H" : "M"}${x}${path ? "" : ` ${px(scale.y(bid[a]))}`}V${px(scale.y(low))}V${px(scale.y(high))}V${px(scale.y(bid[b - 1]))}`;
    [low, high] = [bid[b - 1], ask[b - 1]];
  });
  return `<path class="line bid" d="${path}"/>`;
}

// Candles, neighbours joined so that each is wide enough to see.
function makeCandles(spec, u, column) {
  const [open, high, low, close] = [spec.open, spec.high, spec.low, spec.close].map(column);
  return {
    points: u.length,
    extent(from, to) {
      const [i, j] = inSight(u, { from, to });
      return [lowHigh([low], i, j)[0], lowHigh([high], i, j)[1]];
    },
    draw(scale) {
      const [i, j] = inSight(u, scale);
      const joined = Math.max(1, Math.ceil((j - i) / (scale.width / 5)));
      const paths = { up: "", down: "" };
      for (let a = i - i % joined; a < j; a += joined) {
        const b = Math.min(a + joined, u.length);
        const [left, right] = [scale.x(u[a]), b < u.length ? scale.x(u[b]) : scale.x(u[b - 1] + spec.step)];
        const [bottom, top] = [lowHigh([low], a, b)[0], lowHigh([high], a, b)[1]].map((v) => px(scale.y(v)));
        const [from, to] = [px(scale.y(open[a])), px(scale.y(close[b - 1]))];
        const half = Math.max(0.5, Math.min(7, 0.36 * (right - left))), x = px((left + right) / 2);
        const body = `M${px(x - half)} ${from}H${px(x + half)}V${Math.abs(to - from) < 1 ? from + 1 : to}H${px(x - half)}Z`;
        paths[close[b - 1] >= open[a] ? "up" : "down"] += `M${x} ${top}V${bottom}${body}`;
      }
      return ["up", "down"].map((way) => `<path class="candle ${way}" d="${paths[way]}"/>`).join("");
    },
    at(moment) {
      const k = lowerBound(u, moment + 1e-6) - 1;
      return k < 0 ? NaN : [open[k], high[k], low[k], close[k]];
    },
  };
}
