// Words: numbers and times as people read them, the same as display.py writes them.
const NONE = "–";
const SECOND = 1e3, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const two = (n) => String(n).padStart(2, "0");

function number(value, digits) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? NONE : value > 0 ? "∞" : "−∞";
  const text = Math.abs(value).toFixed(digits);
  const [whole, part] = text.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",") + (part ? "." + part : "");
  return value < 0 && /[1-9]/.test(text) ? "−" + grouped : grouped;
}

// As many decimals as it needs, at most eight: 0.1, 27.22, 1,000.
const plain = (value) => number(value, 8).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");

function time(ms, exact = false) {
  const d = new Date(ms);
  if (Number.isNaN(d.getTime())) return NONE;
  const day = `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}`;
  const clock = `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`;
  const rest = Math.round(d.getTime()) % SECOND;
  return `${day} ${clock}` + (exact && rest ? "." + String(rest).padStart(3, "0") : "");
}

// The two largest units: 584 d, 2 d 03 h, 4 h 07 min, 1.5 s.
function duration(ms) {
  if (!Number.isFinite(ms)) return NONE;
  if (ms < MINUTE - 50) return `${Number((ms / SECOND).toPrecision(3))} s`;
  if (ms >= 30 * DAY) return `${number(ms / DAY, 0)} d`;
  const seconds = Math.round(ms / SECOND) * SECOND;
  for (const [big, small, a, b] of [[DAY, HOUR, "d", "h"], [HOUR, MINUTE, "h", "min"], [MINUTE, SECOND, "min", "s"]]) {
    if (seconds < big) continue;
    const rest = Math.floor((seconds % big) / small);
    return `${Math.floor(seconds / big)} ${a}` + (rest ? ` ${two(rest)} ${b}` : "");
  }
  return `${seconds / SECOND} s`;
}

// One cell: `kind` says what the value is.
function worded(kind, value, digits = 2) {
  if (value === null || value === undefined || value === "") return NONE;
  switch (kind) {
    case "time": return time(value, true);
    case "duration": return duration(value);
    case "side": return value > 0 ? "buy" : value < 0 ? "sell" : NONE;
    case "way": return value > 0 ? "long" : "short";
    case "qty": return plain(value);
    case "id": return value ? String(value) : NONE;
    case "percent": return number(value, digits) + " %";
    case "money": case "net": case "price": return number(value, digits);
    default: return String(value).replace(/_/g, " ");
  }
}

const escaped = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
