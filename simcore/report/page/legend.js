// Legend: a button a layer that switches it on and off, and the layer's value at the cursor beside it.

function makeLegend(place, spec, layers, redraw) {
  const row = document.createElement("div");
  row.className = "legend";
  const title = document.createElement("h3");
  title.textContent = spec.label;
  row.append(title);
  const values = layers.map((layer) => {
    const button = document.createElement("button");
    button.type = "button";
    button.title = "Show or hide";
    button.setAttribute("aria-pressed", String(layer.on));
    button.innerHTML = swatch(layer) + `<span>${escaped(layer.name)}</span>`;
    button.addEventListener("click", () => {
      layer.on = !layer.on;
      button.setAttribute("aria-pressed", String(layer.on));
      redraw();
    });
    const value = document.createElement("b");
    button.append(value);
    row.append(button);
    return value;
  });
  place.append(row);
  return {
    tell(moment) {
      layers.forEach((layer, i) => {
        if (layer.at) values[i].textContent = layer.on ? valueWords(layer.at(moment), spec) : "";
      });
    },
  };
}

function valueWords(value, spec) {
  const one = (v) => number(v, spec.digits);
  if (!Array.isArray(value)) return Number.isNaN(value) ? NONE : one(value) + (spec.suffix || "");
  return value.length === 2 ? value.map(one).join(" / ") : ["O", "H", "L", "C"].map((n, i) => `${n} ${one(value[i])}`).join(" ");
}

function swatch(layer) {
  const inner = layer.kind === "marks"
    ? `<path class="mark ${layer.shape} ${layer.tone}" d="${SHAPES[layer.shape](9, { up: 3, down: 9 }[layer.shape] || 6, 5)}"/>`
    : layer.kind === "candles"
      ? '<path class="candle up" d="M5 1V11M3 3H7V9H3Z"/><path class="candle down" d="M13 1V11M11 3H15V9H11Z"/>'
      : layer.kind === "quotes"
        ? '<path class="ribbon" d="M0 3H18V9H0Z"/><path class="line ask" d="M0 3H18"/><path class="line bid" d="M0 9H18"/>'
        : `<path class="line ${layer.kind === "level" ? "level " : ""}${layer.tone}" d="M0 6H18"${layer.dash ? ` stroke-dasharray="${layer.dash}"` : ""}/>`;
  return `<svg class="swatch" viewBox="0 0 18 12" width="18" height="12" aria-hidden="true">${inner}</svg>`;
}
