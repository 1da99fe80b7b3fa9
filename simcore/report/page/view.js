// View: the stretch of the time axis in sight, one for all charts, and the moment under the cursor.
const LEAST = 50; // ms: nearer than this there is nothing to see

function makeView(whole) {
  const listeners = [], past = [];
  let now = whole.slice();
  const fitted = ([a, b]) => {
    const width = Math.min(Math.max(b - a, LEAST), whole[1] - whole[0]);
    const from = Math.min(Math.max((a + b - width) / 2, whole[0]), whole[1] - width);
    return [from, from + width];
  };
  const view = {
    whole,
    get now() { return now; },
    get isWhole() { return now[0] <= whole[0] && now[1] >= whole[1]; },
    listen(call) { listeners.push(call); },
    set(range, remember = true) {
      if (remember) past.push(now);
      now = fitted(range);
      listeners.forEach((call) => call());
    },
    all() { view.set(whole); },
    back() { if (past.length) view.set(past.pop(), false); },
    zoom(factor, at = (now[0] + now[1]) / 2, remember = true) {
      view.set([at - (at - now[0]) * factor, at + (now[1] - at) * factor], remember);
    },
    pan(share, remember = true) {
      const room = now[1] - now[0];
      const move = Math.min(Math.max(share * room, whole[0] - now[0]), whole[1] - now[1]);
      view.set([now[0] + move, now[1] + move], remember);
    },
  };
  return view;
}

// The moment the pointer is at, on every chart; null when it is on none.
function makeCursor() {
  const listeners = [];
  let at = null;
  return {
    get at() { return at; },
    listen(call) { listeners.push(call); },
    set(u, source) {
      at = u;
      listeners.forEach((call) => call(source));
    },
  };
}

// Buttons that choose the stretch: all, the last year, month, week ..., nearer, further, back.
const PERIODS = [["1 Y", 365 * DAY], ["6 M", 182 * DAY], ["3 M", 91 * DAY], ["1 M", 30 * DAY], ["1 W", 7 * DAY],
  ["1 D", DAY], ["4 H", 4 * HOUR], ["1 H", HOUR], ["10 min", 10 * MINUTE]];

function makeToolbar(place, view, timeline) {
  const length = timeline.toTime(view.whole[1]) - timeline.toTime(view.whole[0]);
  const button = (text, words, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.title = words;
    made.setAttribute("aria-label", words);
    made.addEventListener("click", act);
    place.append(made);
  };
  button("All", "Show the whole run", view.all);
  for (const [name, ms] of PERIODS.filter((period) => period[1] < length).slice(0, 4)) {
    const back = (u) => timeline.toAxis(timeline.toTime(u) - ms);
    button(name, `Show ${name} up to the right edge`, () => view.set([back(view.now[1]), view.now[1]]));
  }
  button("◀", "Earlier", () => view.pan(-0.5));
  button("▶", "Later", () => view.pan(0.5));
  button("+", "Nearer", () => view.zoom(0.5));
  button("−", "Further away", () => view.zoom(2));
  button("↩", "Back to what was shown before", view.back);
  const shown = document.createElement("output");
  const tell = () => {
    shown.textContent = view.now.map((u) => time(timeline.toTime(u)).slice(0, length > 3 * DAY ? 16 : 19)).join("  →  ");
  };
  view.listen(tell);
  tell();
  place.append(shown);
}
