// node run.mjs quaver_model.wasm clip.wav ...   tells the emotion of 16 bit and float WAV files of the model's rate.
import { readFile } from "node:fs/promises";

@MODEL@
function decode(bytes, rate) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let format, channels, width, found;
  for (let at = 12; at + 8 <= bytes.length; at += 8 + view.getUint32(at + 4, true) + (view.getUint32(at + 4, true) % 2)) {
    const name = view.getUint32(at, false);
    if (name === 0x666d7420) {
      [format, channels, width] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true), view.getUint16(at + 22, true)];
      if (view.getUint32(at + 12, true) !== rate) throw new Error(`has another rate than ${rate} Hz`);
    } else if (name === 0x64617461) found = [at + 8, view.getUint32(at + 4, true)];
  }
  if (!found || !((format === 1 && width === 16) || (format === 3 && width === 32))) throw new Error("is no such WAV");
  const step = (width / 8) * channels;
  return Float32Array.from({ length: Math.floor(found[1] / step) }, (_, i) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) {
      const at = found[0] + i * step + (c * width) / 8;
      sum += format === 3 ? view.getFloat32(at, true) : view.getInt16(at, true) / 32768;
    }
    return sum / channels;
  });
}

const [program, ...clips] = process.argv.slice(2);
const model = await openModel(await readFile(program));
for (const clip of clips) {
  const { status, probabilities } = model.hearAll(decode(await readFile(clip), model.rate));
  if (status !== "ok") {
    console.error(`${clip} is ${status}.`);
    process.exitCode = 1;
    continue;
  }
  const best = model.labels[probabilities.indexOf(Math.max(...probabilities))];
  const shares = probabilities.map((share, i) => `${model.labels[i]}=${share.toFixed(7)}`);
  console.log([clip, best, ...shares].join("\t"));
}
