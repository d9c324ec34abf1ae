// node run.mjs quaver_model.wasm clip.wav ...   runs the command under node's WASI; it sees the folders of its files.
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { WASI } from "node:wasi";

const [program, ...clips] = process.argv.slice(2);
const folders = clips.map((clip) => dirname(resolve(clip)));
const wasi = new WASI({
  version: "preview1",
  args: [program, ...clips.map((clip) => resolve(clip))],
  preopens: Object.fromEntries(folders.map((folder) => [folder, folder])),
  returnOnExit: true,
});
const { instance } = await WebAssembly.instantiate(await readFile(program), wasi.getImportObject());
process.exitCode = wasi.start(instance);
