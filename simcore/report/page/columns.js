// Columns: every number and word of the page, unpacked once. columns.py packs them: whole numbers as differences in four
// planes of bytes, floats in eight, words as JSON, all of it deflated and in base64.
const MISSING = -0x80000000; // a difference that stands for nan

async function unpack({ blob, columns }) {
  const bytes = await inflate(blob);
  let at = 0;
  return columns.map(([kind, count, digits]) => {
    const size = kind === "words" ? count : count * (kind === "float" ? 8 : 4);
    const part = bytes.subarray(at, at + size);
    at += size;
    if (kind === "words") return JSON.parse(new TextDecoder().decode(part));
    return kind === "float" ? floats(part, count) : decimals(part, count, 10 ** digits);
  });
}

async function inflate(text) {
  const letters = atob(text);
  const packed = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) packed[i] = letters.charCodeAt(i);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function decimals(bytes, count, scale) {
  const values = new Float64Array(count);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const step = bytes[i] | (bytes[count + i] << 8) | (bytes[2 * count + i] << 16) | (bytes[3 * count + i] << 24);
    if (step === MISSING) values[i] = NaN;
    else values[i] = (sum += step) / scale;
  }
  return values;
}

function floats(bytes, count) {
  const joined = new Uint8Array(8 * count);
  for (let plane = 0; plane < 8; plane++) {
    for (let i = 0; i < count; i++) joined[8 * i + plane] = bytes[plane * count + i];
  }
  return new Float64Array(joined.buffer);
}

// First index whose value is not below `value`.
function lowerBound(values, value) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
