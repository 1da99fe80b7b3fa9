// Explanations: what an order or an event that was clicked on was about, in a box over the page. The file carries those of
// what went wrong and of some of the rest; for others the box says what the tables know, and how to ask for more.

function makeExplain(spec, columns, tables, show) {
  const texts = (at, words) => new Map(Array.from(columns[at], (key, row) => [key, columns[words][row]]));
  const told = { order: texts(spec.orders, spec.order_words), instant: texts(spec.instants, spec.instant_words) };
  const dialog = document.createElement("dialog");
  dialog.className = "explain screen";
  dialog.setAttribute("aria-labelledby", "explain-head");
  dialog.innerHTML = '<header><h2 id="explain-head"></h2><button type="button" class="shut" aria-label="Close">✕</button></header>'
    + '<div class="body"></div><footer><button type="button" class="show">Show on the charts</button></footer>';
  document.body.append(dialog);
  const [head, body, showing] = ["h2", ".body", ".show"].map((name) => dialog.querySelector(name));
  const close = () => dialog.close();
  dialog.querySelector(".shut").addEventListener("click", close);
  dialog.addEventListener("click", (event) => { if (event.target === dialog) close(); });
  let place = null; // the table's row of what is told
  showing.addEventListener("click", () => { close(); show(place.spec.goto, place.row, place.fields); });

  // The row of a table whose field has a value.
  function find(id, name, value) {
    const table = tables.find((one) => one.spec.id === id);
    if (!table) return null;
    const field = table.fields.find((f) => f.name === name);
    for (let row = 0; row < field.size; row++) if (field.value(row) === value) return { ...table, row };
    return null;
  }

  function open(title, text, ask) {
    head.textContent = title;
    const known = text === undefined && place
      ? `<dl>${place.fields.filter((f) => f.has(place.row)).map((f) => `<dt>${escaped(f.name)}</dt><dd>${escaped(f.cell(place.row))}</dd>`).join("")}</dl>` : "";
    body.innerHTML = text === undefined
      ? `${known}<p class="note">${escaped(spec.why)} Ask for this one: <code>${escaped(ask)}</code></p>`
      : `<pre tabindex="0">${escaped(text)}</pre>`;
    showing.hidden = !place;
    if (!dialog.open) dialog.showModal();
    body.scrollTop = 0;
  }

  const explain = {
    order(id) {
      place = find("table-orders", "Order", id) || find("table-refused", "Order", id);
      open(`Order ${id}`, told.order.get(id), `result.explain(${id})`);
    },
    instant(ms) {
      place = find("table-events", "Time", ms);
      open(time(ms, true) + " UTC", told.instant.get(ms), `result.explain(ts="${time(ms, true).replace(" ", "T")}")`);
    },
    // What a mark's row is about: its order, else what is told of its time, else the order that opened the position.
    mark(fields, row) {
      const value = (name) => { const f = fields.find((one) => one.name === name); return f && f.has(row) ? f.value(row) : 0; };
      const [order, ms] = [value("Order") || (told.instant.has(value("Time")) ? 0 : value("Position")), value("Time")];
      if (order) explain.order(order);
      else explain.instant(ms);
    },
  };
  const linked = () => {
    const found = /^#order-(\d+)$/.exec(location.hash);
    if (found) explain.order(Number(found[1]));
  };
  addEventListener("hashchange", linked);
  linked();
  return explain;
}
