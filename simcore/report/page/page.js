// The page: unpacks the columns, then draws every chart and table where the document has a place for it.
const root = document.documentElement;
const failed = (words) => { root.dataset.state = `error: ${words}`; };
addEventListener("error", (event) => failed(event.message));
addEventListener("unhandledrejection", (event) => failed(event.reason && event.reason.message));
document.addEventListener("securitypolicyviolation", (event) => failed(`blocked ${event.violatedDirective} ${event.blockedURI}`));

const PAPER = 704; // px: the width between the margins of an A4 sheet

async function start() {
  const data = JSON.parse(document.getElementById("data").textContent);
  if (typeof DecompressionStream === "undefined") throw new Error("this browser is too old for the charts; the words above and below need none");
  const columns = await unpack(data.packed);
  const shared = makeShared(data, columns);
  const charts = data.charts.map((spec) => {
    const chart = makeChart(document.getElementById(spec.id), spec, shared);
    steer(chart, shared);
    return chart;
  });
  const bar = document.getElementById("toolbar");
  if (bar) makeToolbar(bar, shared.view, shared.timeline);
  const panels = makeChooser();
  const show = (how, row, fields) => {
    const named = (name) => fields.find((f) => f.name === name);
    const [a, b] = how.map((name) => shared.timeline.toAxis(named(name).value(row)));
    if (panels && named("Symbol")) panels(named("Symbol").value(row));
    const whole = shared.view.whole[1] - shared.view.whole[0];
    const air = b > a ? Math.max(1.5 * (b - a), whole / 1e5) : whole / 400;
    shared.view.set([a - air, b + air]);
    document.getElementById("charts").scrollIntoView({ behavior: "smooth" });
  };
  const asked = (what, row, fields) => {
    if (what === "order") shared.explain.order(fields.find((f) => f.asks === what).value(row));
    else shared.explain.instant(fields.find((f) => f.name === "Time").value(row));
  };
  const tables = data.tables.map((spec) => makeTable(document.getElementById(spec.id), spec, columns, show, asked));
  shared.explain = data.explained ? makeExplain(data.explained, columns, tables, show) : null;
  makeTerms(shared.tip);
  printing(shared, charts);
  charts.forEach((chart) => chart.draw());
  document.querySelectorAll(".loading").forEach((place) => place.remove());
}

// What charts have in common.
function makeShared(data, columns) {
  const gaps = data.gaps ? data.gaps.map((index) => columns[index]) : [new Float64Array(0), new Float64Array(0)];
  const timeline = makeTimeline(...gaps);
  const onAxis = new Map();
  const axis = (index) => {
    if (!onAxis.has(index)) onAxis.set(index, timeline.column(columns[index]));
    return onAxis.get(index);
  };
  const records = Object.fromEntries(Object.entries(data.records).map(([name, fields]) => [name, fields.map((f) => makeField(f, columns))]));
  const [begin, end] = data.span.map(timeline.toAxis);
  const air = Math.max(0.01 * (end - begin), 500);
  const waiting = new Set();
  const later = (draw) => {
    if (!waiting.size) requestAnimationFrame(() => { const all = [...waiting]; waiting.clear(); all.forEach((one) => one()); });
    waiting.add(draw);
  };
  return { columns, timeline, axis, later, records, explain: null, paper: 0, view: makeView([begin - air, end + air]), cursor: makeCursor(), tip: makeTip(records) };
}

// What a statistic means, beside it while it is pointed at or has the focus.
function makeTerms(tip) {
  const say = (event) => {
    const term = event.target.closest(".term");
    if (!term) return;
    const box = term.getBoundingClientRect();
    tip.say(term.dataset.words, box.left, box.top - 6);
  };
  const hush = (event) => { if (event.target.closest(".term")) tip.hide(); };
  for (const name of ["pointerover", "focusin"]) document.addEventListener(name, say);
  for (const name of ["pointerout", "focusout"]) document.addEventListener(name, hush);
}

// One panel an instrument: buttons, or a list where there are many. Returns what shows the panel of a symbol.
function makeChooser() {
  const tabs = [...document.querySelectorAll('[role="tab"]')], list = document.getElementById("symbols");
  const panels = [...document.querySelectorAll('[role="tabpanel"]')];
  if (!panels.length) return null;
  const choose = (symbol) => {
    panels.forEach((panel) => { panel.hidden = panel.dataset.symbol !== symbol; });
    tabs.forEach((tab) => {
      const own = tab.dataset.symbol === symbol;
      tab.setAttribute("aria-selected", String(own));
      tab.tabIndex = own ? 0 : -1;
    });
    if (list) list.value = symbol;
  };
  tabs.forEach((tab, i) => {
    tab.addEventListener("click", () => choose(tab.dataset.symbol));
    tab.addEventListener("keydown", (event) => {
      const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!move) return;
      const next = tabs[(i + move + tabs.length) % tabs.length];
      choose(next.dataset.symbol);
      next.focus();
    });
  });
  if (list) list.addEventListener("change", () => choose(list.value));
  return choose;
}

// On paper the charts are drawn anew, as wide as the sheet.
function printing(shared, charts) {
  const draw = (width) => { shared.paper = width; charts.forEach((chart) => chart.draw()); };
  addEventListener("beforeprint", () => draw(PAPER));
  addEventListener("afterprint", () => draw(0));
}

// Light, dark, or as the system has it; remembered where the browser lets a file remember.
function makeTheme() {
  const button = document.getElementById("theme"), choices = ["system", "light", "dark"];
  let at = 0;
  try { at = Math.max(0, choices.indexOf(localStorage.getItem("simcore-theme"))); } catch { /* no storage for files */ }
  const use = () => {
    root.dataset.theme = choices[at];
    button.textContent = { system: "◐ System", light: "☀ Light", dark: "☾ Dark" }[choices[at]];
    button.setAttribute("aria-label", `Colours: ${choices[at]}; press to change`);
  };
  button.addEventListener("click", () => {
    at = (at + 1) % choices.length;
    try { localStorage.setItem("simcore-theme", choices[at]); } catch { /* it holds for this visit */ }
    use();
  });
  use();
}

makeTheme();
start().then(
  () => { if (root.dataset.state === "loading") root.dataset.state = "ready"; },
  (error) => {
    failed(error.message);
    document.querySelectorAll(".loading").forEach((place) => { place.textContent = error.message; });
  },
);
