// Table: rows of columns, sorted by a click on a head, narrowed by words and by choices, fifty at a time.
const PAGE = 50;
const NUMBERS = new Set(["money", "net", "price", "qty", "percent", "duration", "id"]);

// A field reads one column: `words` are the texts that numbers stand for.
function makeField(spec, columns) {
  const values = columns[spec.at], words = spec.words === undefined ? null : columns[spec.words];
  const value = (row) => (words ? words[values[row]] : values[row]);
  return {
    ...spec, value,
    size: values.length,
    has: (row) => { const v = value(row); return !(v === "" || v === null || Number.isNaN(v) || (spec.kind === "id" && !v)); },
    text: (row) => worded(spec.kind, value(row), spec.digits),
    // prices of several instruments in one column have digits of their own
    cell(row) { return spec.places ? number(value(row), columns[spec.places][row]) : this.text(row); },
    order: (a, b) => {
      const [x, y] = [value(a), value(b)];
      return x === y ? a - b : typeof x === "string" ? x.localeCompare(y) : (Number.isNaN(x) ? -Infinity : x) - (Number.isNaN(y) ? -Infinity : y);
    },
  };
}

function makeTable(place, spec, columns, show, asked) {
  const fields = spec.fields.map((field) => makeField(field, columns));
  const all = Array.from({ length: fields[0].size }, (_, row) => row);
  const state = { by: spec.by || 0, down: true, page: 0, words: "", chosen: new Map() };
  const bar = document.createElement("div"), scroll = document.createElement("div"), foot = document.createElement("div");
  [bar.className, scroll.className, foot.className] = ["filters", "scroll", "pager"];
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", spec.label);
  place.append(bar, scroll, foot);
  const texts = all.map(() => "");

  function rowText(row) {
    if (!texts[row]) texts[row] = fields.map((f) => f.cell(row)).join(" ").toLowerCase();
    return texts[row];
  }

  function rows() {
    const words = state.words.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = all.filter((row) => [...state.chosen].every(([field, value]) => field.text(row) === value)
      && words.every((word) => rowText(row).includes(word)));
    const field = fields[state.by];
    return kept.sort((a, b) => (state.down ? field.order(b, a) : field.order(a, b)));
  }

  function draw() {
    const kept = rows(), last = Math.max(0, Math.ceil(kept.length / PAGE) - 1);
    state.page = Math.min(state.page, last);
    const some = kept.slice(state.page * PAGE, (state.page + 1) * PAGE);
    const heads = fields.map((f, i) => {
      const order = i === state.by ? (state.down ? "descending" : "ascending") : "none";
      return `<th aria-sort="${order}"${NUMBERS.has(f.kind) ? ' class="n"' : ""}><button type="button" data-head="${i}">${escaped(f.name)}</button></th>`;
    });
    const body = some.map((row) => `<tr>${fields.map((f, i) => cellOf(f, row, i)).join("")}</tr>`);
    scroll.innerHTML = `<table><thead><tr>${heads.join("")}</tr></thead><tbody>${body.join("")}</tbody></table>`;
    place.dataset.rows = kept.length;
    const first = kept.length ? state.page * PAGE + 1 : 0;
    const of = kept.length < all.length ? ` (${number(all.length, 0)} in all)` : "";
    foot.innerHTML = `<span>${number(first, 0)}–${number(first + some.length - (some.length ? 1 : 0), 0)} of ${number(kept.length, 0)}${of}</span>`
      + (last ? `<button type="button" data-page="-1"${state.page ? "" : " disabled"}>Newer</button><button type="button" data-page="1"${state.page < last ? "" : " disabled"}>Older</button>` : "");
    if (last && state.by) for (const [i, word] of ["Previous", "Next"].entries()) foot.querySelectorAll("button")[i].textContent = word;
  }

  function cellOf(field, row, i) {
    const text = escaped(field.cell(row)), value = field.value(row);
    if (i === 0 && spec.goto) return `<td><button type="button" class="goto" data-row="${row}" title="Show on the charts">${text}</button></td>`;
    const tone = field.kind === "net" ? (value > 0 ? " up" : value < 0 ? " down" : "") : "";
    if (field.asks && field.has(row)) return `<td${NUMBERS.has(field.kind) ? ' class="n"' : ""}><button type="button" class="goto" data-ask="${i}" data-of="${row}" title="Explain">${text}</button></td>`;
    const classes = (NUMBERS.has(field.kind) ? "n" : "") + (field.kind === "sentence" ? "wide" : "") + tone;
    return `<td${classes ? ` class="${classes}"` : ""}>${text}</td>`;
  }

  scroll.addEventListener("click", (event) => {
    const { head, row, ask, of } = event.target.dataset;
    if (head !== undefined) {
      const by = Number(head);
      state.down = by === state.by ? !state.down : true;
      [state.by, state.page] = [by, 0];
      draw();
      scroll.querySelector(`[data-head="${by}"]`).focus();
    } else if (row !== undefined) show(spec.goto, Number(row), fields);
    else if (ask !== undefined) asked(fields[Number(ask)].asks, Number(of), fields);
  });
  foot.addEventListener("click", (event) => {
    if (!event.target.dataset.page) return;
    state.page += Number(event.target.dataset.page);
    draw();
    scroll.scrollTop = 0;
  });
  makeFilters(bar, spec, fields, all, state, () => { state.page = 0; draw(); });
  draw();
  return { spec, fields };
}

// A box for words, and a list of choices for each field that has a handful of values.
function makeFilters(bar, spec, fields, all, state, draw) {
  if (all.length < 6) return;
  const search = document.createElement("input");
  search.type = "search";
  search.placeholder = "Filter";
  search.setAttribute("aria-label", `Filter ${spec.label} by words`);
  search.addEventListener("input", () => { state.words = search.value; draw(); });
  bar.append(search);
  for (const field of fields.filter((f) => f.choices)) {
    const counts = new Map();
    for (const row of all) counts.set(field.text(row), (counts.get(field.text(row)) || 0) + 1);
    if (counts.size < 2 || counts.size > 60) continue;
    const choose = (text) => {
      if (text) state.chosen.set(field, text);
      else state.chosen.delete(field);
      draw();
    };
    const sorted = [...counts].sort((a, b) => b[1] - a[1]);
    bar.append(...(field.choices === "chips" ? chips(sorted, choose) : [list(field.name, sorted, choose)]));
  }
}

function list(name, counts, choose) {
  const made = document.createElement("select");
  made.setAttribute("aria-label", `Only ${name}`);
  const options = counts.map(([text, n]) => `<option value="${escaped(text)}">${escaped(text)} (${number(n, 0)})</option>`);
  made.innerHTML = `<option value="">${escaped(name)}: all</option>${options.join("")}`;
  made.addEventListener("change", () => choose(made.value));
  return made;
}

// A button a value, pressed while only that value is shown.
function chips(counts, choose) {
  const made = counts.map(([text, n]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "chip";
    button.setAttribute("aria-pressed", "false");
    button.innerHTML = `${escaped(text)} <b>${number(n, 0)}</b>`;
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      made.forEach((other) => other.setAttribute("aria-pressed", String(on && other === button)));
      choose(on ? text : "");
    });
    return button;
  });
  return made;
}
