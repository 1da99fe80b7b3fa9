// Pointer, touch and keys on a chart: look, choose a stretch, move, and read what a mark says.
const NEAREST_DRAG = 5; // px: less is a click

function steer(chart, shared) {
  const { svg } = chart, { view, cursor } = shared;
  const fingers = new Map();
  let last = null; // the mark that was told
  let from = null; // where a drag began: x, the range then, and whether it moves or chooses
  const place = (event) => {
    const box = svg.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  svg.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    svg.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, place(event));
    from = { ...place(event), range: view.now, moves: event.shiftKey || event.pointerType === "touch", far: false };
    if (fingers.size === 2) from = { range: view.now, pair: [...fingers.values()].map((p) => chart.scale.u(p.x)) };
  });
  svg.addEventListener("pointermove", (event) => {
    const at = place(event);
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, at);
    if (from && from.pair) return pinch();
    if (from && Math.abs(at.x - from.x) > NEAREST_DRAG) from.far = true;
    if (from && from.far) return from.moves ? move(at.x) : choose(at.x);
    if (at.x > chart.scale.width) return leave();
    cursor.set(chart.scale.u(at.x), { chart, y: at.y });
    if (!shared.tip.pinned) point(at);
  });
  svg.addEventListener("pointerup", (event) => {
    fingers.delete(event.pointerId);
    const began = from, at = place(event);
    from = null;
    if (!began || began.pair) return;
    if (began.far && !began.moves) {
      chosen(null);
      const range = [began.x, at.x].sort((a, b) => a - b).map((x) => Math.min(Math.max(x, 0), chart.scale.width));
      view.set(range.map(chart.scale.u));
    } else if (!began.far) {
      point(at, true);
    }
  });
  svg.addEventListener("pointercancel", () => { fingers.clear(); from = null; chosen(null); });
  svg.addEventListener("pointerleave", leave);
  svg.addEventListener("dblclick", view.all);
  svg.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.shiftKey) return; // the wheel alone moves the page
    event.preventDefault();
    const turned = event.deltaY || event.deltaX;
    if (event.ctrlKey) view.zoom(2 ** (turned / 300), chart.scale.u(place(event).x), false);
    else view.pan(turned / 800, false);
  }, { passive: false });
  svg.addEventListener("keydown", (event) => {
    const act = keys[event.key];
    if (!act || event.altKey || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    act();
  });

  const keys = {
    ArrowLeft: () => view.pan(-0.2, false), ArrowRight: () => view.pan(0.2, false), Home: view.all,
    "+": () => view.zoom(0.5), "=": () => view.zoom(0.5), "-": () => view.zoom(2), Backspace: view.back,
    "]": () => step(true), "[": () => step(false), Enter: () => ask(last), Escape: () => { shared.tip.hide(); leave(); },
  };

  function leave() {
    if (!from) cursor.set(null);
    if (!shared.tip.pinned) shared.tip.hide();
  }

  function move(x) {
    const shift = (from.x - x) / chart.scale.width * (from.range[1] - from.range[0]);
    view.set(from.range.map((u) => u + shift), false);
  }

  function pinch() {
    if (fingers.size < 2) return;
    const [a, b] = [...fingers.values()].map((p) => p.x);
    const per = (from.pair[1] - from.pair[0]) / (b - a || 1);
    if (per > 0) view.set([from.pair[0] - a * per, from.pair[0] + (chart.scale.width - a) * per], false);
  }

  function choose(x) { chosen([from.x, x].sort((a, b) => a - b)); }

  function chosen(edges) {
    const box = svg.querySelector(".chosen");
    box.toggleAttribute("hidden", !edges);
    if (!edges) return;
    for (const [name, value] of [["x", edges[0]], ["y", 0], ["width", edges[1] - edges[0]], ["height", chart.scale.height]]) {
      box.setAttribute(name, px(value));
    }
  }

  // The mark nearest to a place, told in a box beside it.
  function point(at, pin = false) {
    let best = null;
    for (const layer of chart.layers.filter((l) => l.on && l.near)) {
      const hit = layer.near(at.x, at.y, chart.scale);
      if (hit && (!best || hit.away < best.away)) best = { ...hit, layer };
    }
    if (best) tell(best, pin);
    else shared.tip.hide();
    if (best && pin) ask(best);
  }

  function ask(hit) {
    if (hit && hit.layer.record && shared.explain) shared.explain.mark(shared.records[hit.layer.record], hit.row);
  }

  function tell(hit, pin) {
    last = hit;
    const box = svg.getBoundingClientRect();
    shared.tip.show(hit.layer, hit.row, box.left + chart.scale.x(hit.u), box.top + chart.scale.y(hit.y), pin);
  }

  // The next or last mark of any kind, brought into sight.
  function step(forward) {
    const start = cursor.at === null ? (forward ? view.now[0] : view.now[1]) : cursor.at;
    const found = chart.layers.filter((l) => l.on && l.step).map((layer) => ({ layer, ...layer.step(start, forward) }))
      .filter((hit) => hit.u !== undefined).sort((a, b) => (forward ? a.u - b.u : b.u - a.u))[0];
    if (!found) return;
    if (found.u < view.now[0] || found.u > view.now[1]) {
      const half = (view.now[1] - view.now[0]) / 2;
      view.set([found.u - half, found.u + half], false);
      chart.draw();
    }
    cursor.set(found.u, { chart, y: chart.scale.y(found.y) });
    tell(found, true);
  }
}

// The box that tells what a mark is: the fields of its row.
function makeTip(records) {
  const box = document.createElement("div");
  box.className = "tip";
  box.hidden = true;
  box.setAttribute("role", "status");
  document.body.append(box);
  const tip = {
    pinned: false,
    hide() { box.hidden = true; tip.pinned = false; },
    show(layer, row, x, y, pin) {
      const fields = layer.record ? records[layer.record] : [];
      const lines = fields.filter((f) => f.has(row)).map((f) => `<dt>${escaped(f.name)}</dt><dd>${escaped(f.text(row))}</dd>`);
      box.innerHTML = `<strong>${escaped(layer.name)}</strong><dl>${lines.join("")}</dl>`;
      tip.pinned = pin;
      put(x + 14, y - 14);
    },
    say(words, x, y) {
      box.textContent = words;
      put(x, y);
    },
  };
  // Above the place where there is room, else below; never beyond the window.
  function put(x, y) {
    box.hidden = false;
    const { width, height } = box.getBoundingClientRect();
    box.style.left = `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`;
    box.style.top = `${y - height > 8 ? y - height : y + 32}px`;
  }
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hide(); });
  addEventListener("scroll", tip.hide, { passive: true });
  return tip;
}
