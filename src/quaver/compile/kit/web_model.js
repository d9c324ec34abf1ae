// The compiled model: samples in, probabilities out. The same text serves the page's worker and run.mjs under node.
const STATUS = ["ok", "too short", "too long", "not finite", "silent", "waiting"];

async function openModel(bytes) {
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const c = instance.exports;
  if (c._initialize) c._initialize();
  const [rate, longest, shortest, window, hop, count] = [0, 1, 2, 3, 4, 5].map((which) => c.quaver_number(which));
  const text = (at) => {
    const all = new Uint8Array(c.memory.buffer);
    return new TextDecoder().decode(all.subarray(at, all.indexOf(0, at)));
  };
  const labels = Array.from({ length: count }, (_, which) => text(c.quaver_label(which)));
  const room = () => new Float32Array(c.memory.buffer, c.quaver_samples(), longest);
  const told = (status) => ({
    status: STATUS[status],
    probabilities: Array.from(new Float32Array(c.memory.buffer, c.quaver_probabilities(), count)),
  });

  // Up to `longest` samples as one sound.
  function hear(samples) {
    room().set(samples);
    return told(c.quaver_hear(samples.length));
  }

  // The same of one person, whose voice is learnt; `learn` takes the distance, and tells whether this sound counts.
  const adapts = Boolean(c.quaver_hear_known);
  function hearKnown(samples, learn) {
    if (!adapts) return hear(samples);
    room().set(samples);
    const found = told(c.quaver_hear_known(samples.length));
    const distance = c.quaver_distance();
    if (found.status === "ok" && !learn(distance)) c.quaver_unlearn();
    return { ...found, distance, clips: c.quaver_clips() };
  }
  const forget = () => adapts && c.quaver_forget();

  // A sound of any length, as `quaver predict` hears it: windows of it, and the whole.
  function hearAll(samples, progress = () => {}) {
    const windows = [];
    const note = (start, end, found) => windows.push({ start: start / rate, end: end / rate, ...found });
    c.quaver_start();
    for (let at = 0; at < samples.length; at += longest) {
      const part = samples.subarray(at, at + longest);
      room().set(part);
      for (let from = 0, status = 0; STATUS[status] !== "waiting"; from += c.quaver_taken()) {
        status = c.quaver_push(from, part.length - from);
        const start = windows.length * hop;
        if (STATUS[status] !== "waiting") note(start, start + window, told(status));
      }
      progress(Math.min(1, (at + longest) / samples.length));
    }
    const whole = told(c.quaver_end());
    if (!windows.length) note(0, samples.length, whole);
    return { ...whole, windows };
  }
  return { rate, longest, shortest, window, hop, labels, adapts, hear, hearKnown, forget, hearAll };
}
