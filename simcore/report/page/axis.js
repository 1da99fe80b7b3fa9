// Axes: where the ticks stand, and time without the hours in which nothing traded.

// Nights and weekends take no room: `toAxis` takes them out of a moment (ms), `toTime` puts them back.
function makeTimeline(from, to) {
  const start = new Float64Array(from.length); // where each gap is on the axis
  const gone = new Float64Array(from.length + 1); // ms taken out by the gaps before
  for (let i = 0; i < from.length; i++) {
    start[i] = from[i] - gone[i];
    gone[i + 1] = gone[i] + to[i] - from[i];
  }
  const toAxis = (ms) => {
    const i = lowerBound(from, ms); // gaps that began before
    return i > 0 && ms < to[i - 1] ? start[i - 1] : ms - gone[i];
  };
  const toTime = (u) => u + gone[lowerBound(start, u)];
  // Where a moment within a gap is heard of again: at the gap's end. Any other moment is itself.
  const resumed = (ms) => {
    const i = lowerBound(from, ms);
    return i > 0 && ms < to[i - 1] ? to[i - 1] : ms;
  };
  return { toAxis, toTime, resumed, column: (values) => values.map(toAxis) };
}

const STEPS = [
  ...[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 4, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7].map((n) => n * DAY),
  ...[1, 2, 3, 6, 12, 24, 60, 120].map((n) => n * 30 * DAY),
];

// Calendar moments from `a` to `b`, a step apart.
function calendar(a, b, step) {
  const moments = [];
  if (step < 30 * DAY) {
    const offset = step === 7 * DAY ? 4 * DAY : 0; // weeks begin on Monday
    for (let t = Math.ceil((a - offset) / step) * step + offset; t <= b; t += step) moments.push(t);
    return moments;
  }
  const months = step / (30 * DAY);
  const first = new Date(a);
  let month = Math.ceil((first.getUTCFullYear() * 12 + first.getUTCMonth()) / months) * months;
  for (; ; month += months) {
    const t = Date.UTC(Math.floor(month / 12), month % 12);
    if (t > b) return moments;
    if (t >= a) moments.push(t);
  }
}

function timeLabel(ms, step) {
  const d = new Date(ms);
  const clock = `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`;
  if (step < SECOND) return `${clock}:${two(d.getUTCSeconds())}.${String(d.getUTCMilliseconds()).padStart(3, "0")}`;
  if (ms % DAY !== 0) return step < MINUTE ? `${clock}:${two(d.getUTCSeconds())}` : clock;
  if (d.getUTCDate() > 1 || step < 30 * DAY) return `${d.getUTCDate()} ${MONTHS[d.getUTCMonth()]}`;
  return d.getUTCMonth() ? MONTHS[d.getUTCMonth()] : String(d.getUTCFullYear());
}

// Ticks of the time axis: [{ u, text, strong }], never nearer to each other than `room` pixels. Days are strong among
// hours. A day that begins within a gap has its tick where the gap is, unless the next day is as near.
function timeTicks(timeline, [from, to], width, room) {
  const a = timeline.toTime(from), b = timeline.toTime(to);
  const least = room / width;
  const step = STEPS.find((s) => s >= least * (s < 7 * DAY ? to - from : b - a)) || STEPS[STEPS.length - 1];
  const ticks = [];
  for (const ms of calendar(a, b, step)) {
    const u = timeline.toAxis(ms), begins = timeline.resumed(ms), day = ms % DAY === 0;
    const shown = day && begins !== ms && step < 30 * DAY ? begins - begins % DAY : ms;
    const tick = { u, text: timeLabel(shown, step), strong: day && step < DAY, day, soft: begins !== ms };
    const before = ticks[ticks.length - 1];
    if (!before || (u - before.u) / (to - from) * width >= room) ticks.push(tick);
    else if (day && (!before.day || before.soft)) ticks[ticks.length - 1] = tick;
  }
  return ticks;
}

function valueTicks(low, high, count) {
  const rough = (high - low) / Math.max(1, count);
  if (!(rough > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((s) => s >= rough * 0.999);
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) ticks.push(i * step);
  return ticks;
}

// 1, 2, 5 of each power of ten, fewer where there are many.
function logTicks(low, high) {
  const powers = Math.log10(high / low);
  const heads = powers > 4 ? [1] : powers > 1.5 ? [1, 3] : [1, 2, 5];
  const ticks = [];
  for (let p = Math.floor(Math.log10(low)); p <= Math.log10(high); p++) {
    for (const head of heads) if (head * 10 ** p >= low && head * 10 ** p <= high) ticks.push(head * 10 ** p);
  }
  return ticks.length > 1 ? ticks : valueTicks(low, high, 4);
}

// Decimals that tell the ticks of a step apart, at least `least` where the step is that fine.
function tickDigits(ticks, most) {
  const step = ticks.length > 1 ? Math.abs(ticks[1] - ticks[0]) : Math.abs(ticks[0]) || 1;
  for (let digits = 0; digits < most; digits++) {
    if (Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) < 1e-6 * 10 ** digits * step) return digits;
  }
  return most;
}
