// Times two engines on one network in turns, in a browser; `race` is called by benchmarks/wasm.py.
async function quaverOf(name, input, frames) {
  const bytes = await (await fetch(`${name}.wasm`)).arrayBuffer();
  const wasi = new Proxy({}, { get: () => () => 0 }); // nothing is read or written
  const { instance } = await WebAssembly.instantiate(bytes, { wasi_snapshot_preview1: wasi });
  const c = instance.exports;
  if (c._initialize) c._initialize();
  new Float32Array(c.memory.buffer, c.input_at(), input.length).set(input);
  const output = () => Array.from(new Float32Array(c.memory.buffer, c.output_at(), 7));
  return { run: async () => c.run(frames), output };
}

async function onnxruntimeOf(name, input, shape) {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(`${name}.onnx`, { executionProviders: ["wasm"] });
  const feeds = { [session.inputNames[0]]: new ort.Tensor("float32", input, shape) };
  let told;
  const run = async () => {
    told = await session.run(feeds);
  };
  return { run, output: () => Array.from(told[session.outputNames[0]].data) };
}

async function race(name, shape, frames, rounds) {
  const input = new Float32Array(await (await fetch(`${name}.f32`)).arrayBuffer());
  const engines = { quaver: await quaverOf(name, input, frames), "onnxruntime-web": await onnxruntimeOf(name, input, shape) };
  const spent = {}, outputs = {}, often = {};
  for (const [engine, { run, output }] of Object.entries(engines)) {
    for (let i = 0; i < 5; i++) await run();
    const begin = performance.now();
    await run();
    often[engine] = Math.max(1, Math.ceil(20 / (performance.now() - begin + 0.1))); // clocks of browsers are coarse
    outputs[engine] = output();
    spent[engine] = [];
  }
  for (let round = 0; round < rounds; round++) {
    for (const engine of Math.random() < 0.5 ? Object.keys(engines) : Object.keys(engines).reverse()) {
      const begin = performance.now();
      for (let i = 0; i < often[engine]; i++) await engines[engine].run();
      spent[engine].push((performance.now() - begin) / often[engine]);
    }
  }
  return { spent, outputs };
}
