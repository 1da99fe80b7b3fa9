"use strict";
// Draws the figures. Colours are names of CSS variables, so that light and dark are one figure. A zoom on one chart is a
// zoom on all, and prices and equity fill the height with what is in sight.
(() => {
  const root = document.documentElement;
  const { config, figures } = JSON.parse(document.getElementById("data").textContent);
  const drawn = new Set();
  let shown = null; // the time range in sight, in milliseconds; null = all of it
  let moving = false;

  window.addEventListener("error", (event) => { root.dataset.state = "error: " + event.message; });
  document.addEventListener("securitypolicyviolation", (event) => {
    root.dataset.state = "error: blocked " + event.violatedDirective + " " + event.blockedURI;
  });

  const colours = (value, style) => {
    if (typeof value === "string") return value.startsWith("--") ? style.getPropertyValue(value).trim() : value;
    if (Array.isArray(value)) return value.map((item) => colours(item, style));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, colours(item, style)]));
  };

  const columns = new Map();
  const numbers = (packed) => {
    if (!columns.has(packed)) {
      columns.set(packed, new Float64Array(Uint8Array.from(atob(packed.bdata), (c) => c.charCodeAt(0)).buffer));
    }
    return columns.get(packed);
  };

  const milliseconds = (time) => typeof time === "number" ? time : Date.parse(time.replace(" ", "T") + "Z");

  // Lowest and highest value of an axis ("y", "y2") within a time range, with some air; null if nothing is there.
  const extent = (figure, axis, [from, to]) => {
    let low = Infinity, high = -Infinity;
    for (const trace of figure.data) {
      if ((trace.yaxis || "y") !== axis) continue;
      const x = numbers(trace.x);
      for (const values of [trace.y, trace.low, trace.high].filter(Boolean).map(numbers)) {
        for (let i = 0; i < x.length; i++) {
          if (x[i] < from || x[i] > to) continue;
          if (values[i] < low) low = values[i];
          if (values[i] > high) high = values[i];
        }
      }
    }
    if (low > high) return null;
    if (axis === "y2") high = 0; // the drawdown hangs from zero
    const air = 0.05 * (high - low) || 0.001 * Math.abs(high) || 1;
    return [low - air, axis === "y2" ? 0 : high + air];
  };

  const ranges = (id) => {
    const change = {};
    if (!shown) return change;
    change["xaxis.range"] = shown.slice();
    for (const [name, axis] of [["yaxis", "y"], ["yaxis2", "y2"]]) {
      const layout = figures[id].layout[name];
      const found = layout && layout.type !== "log" ? extent(figures[id], axis, shown) : null;
      if (found) change[name + ".range"] = found;
    }
    return change;
  };

  const whole = (id) => {
    const layout = figures[id].layout;
    const change = { "xaxis.range": layout.xaxis.range.slice(), "yaxis.autorange": true };
    if (layout.yaxis2) change["yaxis2.autorange"] = true;
    return change;
  };

  const follow = (source) => {
    if (moving) return;
    moving = true;
    const range = source.layout.xaxis.range.map(milliseconds);
    const all = figures[source.id].layout.xaxis.range;
    shown = range[0] <= all[0] && range[1] >= all[1] ? null : range;
    const inSight = [...drawn].filter((place) => place.offsetParent);
    Promise.all(inSight.map((place) => Plotly.relayout(place, shown ? ranges(place.id) : whole(place.id))))
      .finally(() => { moving = false; });
  };

  const draw = async (place) => {
    const figure = colours(figures[place.id], getComputedStyle(root));
    for (const [key, range] of Object.entries(ranges(place.id))) figure.layout[key.split(".")[0]].range = range;
    if (drawn.has(place)) return Plotly.react(place, figure.data, figure.layout, config);
    await Plotly.newPlot(place, figure.data, figure.layout, { ...config, displayModeBar: innerWidth > 700 });
    drawn.add(place);
    place.on("plotly_relayout", (change) => {
      if (Object.keys(change).some((key) => key.startsWith("xaxis"))) follow(place);
    });
  };

  const drawAll = () => Promise.all([...document.querySelectorAll(".chart")].filter((p) => p.offsetParent).map(draw));

  const tabs = [...document.querySelectorAll('[role="tab"]')];
  tabs.forEach((tab) => tab.addEventListener("click", () => {
    tabs.forEach((other) => {
      other.setAttribute("aria-selected", String(other === tab));
      document.getElementById(other.getAttribute("aria-controls")).hidden = other !== tab;
    });
    drawAll();
  }));

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  drawAll().then(
    () => { if (root.dataset.state === "loading") root.dataset.state = "ready"; },
    (error) => { root.dataset.state = "error: " + error.message; },
  );
})();
