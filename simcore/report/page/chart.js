// Chart: one figure over time. A legend whose entries switch layers on and off and read their values at the cursor, the
// plot as SVG (colours come from the style sheet, so light, dark and paper are the same drawing), and prices at the right.
const GUTTER = 74, FOOT = 22, HEAD = 6;

function makeChart(place, spec, shared) {
  const { columns, timeline, view, cursor, axis } = shared;
  const column = (index) => columns[index];
  const layers = spec.layers.map((one) => ({
    ...one, on: !one.off, ...(one.kind === "level" ? {} : LAYERS[one.kind](one, axis(one.x), column, axis)),
  }));
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("tabindex", "0");
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", `${spec.label}. Arrow keys move in time, plus and minus change the stretch, Home shows all.`);
  const legend = makeLegend(place, spec, layers, () => draw());
  const note = document.createElement("p");
  note.className = "note layer-note";
  place.append(svg, note);
  const chart = { place, spec, layers, svg, scale: null };

  function draw() {
    if (!place.offsetParent) return;
    const width = shared.paper || Math.round(place.clientWidth);
    const height = Math.round(spec.height * (shared.paper ? 0.78 : width < 640 ? 0.8 : 1));
    const scale = chart.scale = makeScale(spec, layers, view.now, width - GUTTER, height - FOOT);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("height", height);
    const inside = layers.filter((l) => l.on && l.draw).map((l) => `<g data-name="${escaped(l.name)}">${l.draw(scale)}</g>`);
    svg.innerHTML = `<clipPath id="clip-${spec.id}"><rect x="0" y="-2" width="${scale.width}" height="${scale.height + 4}"/></clipPath>`
      + drawGrid(scale, spec, timeline) + `<g clip-path="url(#clip-${spec.id})">${inside.join("")}${drawLevels(scale, layers)}</g>`
      + '<g class="cursor" hidden></g><rect class="chosen" hidden></rect>';
    place.dataset.points = layers.reduce((sum, l) => sum + (l.points || 0), 0);
    const hidden = layers.filter((l) => l.on && l.hidden).map((l) => `${l.name} (${number(l.hidden, 0)})`);
    note.textContent = hidden.length ? `Look closer to see each: ${hidden.join(", ")}` : "";
    point();
  }

  function point(from) {
    legend.tell(cursor.at === null ? view.now[1] : cursor.at);
    const mark = svg.querySelector(".cursor"), { scale } = chart;
    if (!mark || !scale) return;
    const x = cursor.at === null ? -1 : scale.x(cursor.at);
    mark.toggleAttribute("hidden", x < 0 || x > scale.width);
    if (mark.hasAttribute("hidden")) return;
    mark.innerHTML = `<path d="M${px(x)} 0V${scale.height}"/>`;
    if (from && from.chart === chart) mark.innerHTML += drawLevelAt(from.y, scale, spec) + drawTimeAt(x, scale, timeline);
  }

  view.listen(() => shared.later(draw));
  cursor.listen(point);
  new ResizeObserver(() => shared.later(draw)).observe(place);
  chart.draw = draw;
  return chart;
}

function makeScale(spec, layers, [from, to], width, height) {
  let [low, high] = [Infinity, -Infinity];
  for (const layer of layers.filter((l) => l.on && l.extent)) {
    const [a, b] = layer.extent(from, to);
    [low, high] = [Math.min(low, a), Math.max(high, b)];
  }
  for (const level of layers.filter((l) => l.on && l.kind === "level" && l.fit)) {
    [low, high] = [Math.min(low, level.y), Math.max(high, level.y)];
  }
  if (spec.zero) [low, high] = [Math.min(low, 0), Math.max(high, 0)];
  if (spec.zero && low === high) low = high - 1;
  if (low > high) [low, high] = spec.scale === "log" ? [1, 10] : [0, 1];
  const log = spec.scale === "log" && low > 0;
  const f = log ? Math.log10 : (v) => v;
  const [a, b] = [f(low), f(high)];
  const air = 0.06 * (b - a) || (log ? 0.3 : 0.001 * Math.abs(b) || 1);
  const bottom = spec.zero && low === 0 ? a : a - air, top = spec.zero && high === 0 ? b : b + air;
  const g = log ? (v) => 10 ** v : (v) => v;
  return {
    from, to, width, height, log, low: g(bottom), high: g(top),
    x: (u) => (u - from) / (to - from) * width,
    u: (x) => from + x / width * (to - from),
    y: (v) => HEAD + (top - f(v)) / (top - bottom) * (height - HEAD),
    v: (y) => g(top - (y - HEAD) / (height - HEAD) * (top - bottom)),
  };
}

function drawGrid(scale, spec, timeline) {
  const rows = Math.max(2, Math.floor(scale.height / 48));
  const values = scale.log ? logTicks(scale.low, scale.high) : valueTicks(scale.low, scale.high, rows);
  const digits = tickDigits(values, Math.max(spec.digits, 0));
  let lines = "", texts = "";
  for (const v of values) {
    const y = px(scale.y(v));
    if (y < 0 || y > scale.height) continue;
    lines += `M0 ${y}H${scale.width}`;
    texts += `<text x="${scale.width + 8}" y="${y + 4}">${number(v, digits)}${spec.suffix || ""}</text>`;
  }
  for (const { u, text, strong } of timeTicks(timeline, [scale.from, scale.to], scale.width, scale.width < 500 ? 56 : 76)) {
    const x = px(scale.x(u)), half = 3 * text.length;
    if (strong) lines += `M${x} 0V${scale.height}`;
    if (x < half || x > scale.width - half) continue;
    texts += `<text class="time${strong ? " strong" : ""}" x="${x}" y="${scale.height + 16}">${text}</text>`;
  }
  return `<path class="grid" d="${lines}M0 ${scale.height}H${scale.width}"/>${texts}`;
}

function drawLevels(scale, layers) {
  return layers.filter((l) => l.on && l.kind === "level" && l.y >= scale.low && l.y <= scale.high).map((l) => {
    const y = px(scale.y(l.y));
    return `<path class="line level ${l.tone}" d="M0 ${y}H${scale.width}"/><text class="level-name ${l.tone}" x="6" y="${y - 4}">${escaped(l.words)}</text>`;
  }).join("");
}

function drawTimeAt(x, scale, timeline) {
  const middle = Math.min(Math.max(x, 62), scale.width - 62);
  return `<rect x="${px(middle - 62)}" y="${scale.height + 3}" width="124" height="18" rx="3"/>`
    + `<text class="time" x="${px(middle)}" y="${scale.height + 16}">${time(timeline.toTime(scale.u(x)))}</text>`;
}

function drawLevelAt(y, scale, spec) {
  if (y < 0 || y > scale.height) return "";
  const text = number(scale.v(y), spec.digits) + (spec.suffix || "");
  return `<path d="M0 ${px(y)}H${scale.width}"/><rect x="${scale.width}" y="${px(y - 9)}" width="${GUTTER}" height="18" rx="3"/>`
    + `<text x="${scale.width + 8}" y="${px(y + 4)}">${text}</text>`;
}
