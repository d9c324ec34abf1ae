"use strict";
const find = (id) => document.getElementById(id);
const own = (...ids) => URL.createObjectURL(new Blob(ids.map((id) => find(id).textContent), { type: "text/javascript" }));
const SERVE = "Browsers give a page the microphone only over https or from this machine: run “python -m http.server” in this folder and open http://localhost:8000. Choosing a file works here too.";
const EVERY = 0.5; // seconds between two answers while the microphone is on
const SHOWN = 30; // seconds of the past that are drawn
let model = null; // the numbers of the compiled model
let live = null; // the microphone, while it is on
let points = []; // { time, probabilities } of what is drawn
let span = [0, SHOWN];

// ---- The model, in a worker -----------------------------------------------------------------------------------------
const worker = new Worker(own("worker"));
const waiting = new Map();
let asked = 0;
worker.onmessage = ({ data }) => {
  const { done, resolve, reject } = waiting.get(data.number);
  if (data.done !== undefined) return done(data.done);
  waiting.delete(data.number);
  if (data.error) reject(new Error(data.error));
  else resolve(data);
};
function ask(what, transfer = [], done = () => {}) {
  return new Promise((resolve, reject) => {
    waiting.set(++asked, { resolve, reject, done });
    worker.postMessage({ number: asked, ...what }, transfer);
  });
}

// ---- What is shown --------------------------------------------------------------------------------------------------
function say(words, state) {
  if (find("status").textContent !== words) find("status").textContent = words;
  if (state) document.body.dataset.state = state;
  find("doing").textContent = document.body.dataset.state === "live" ? "Stop the microphone" : "Start the microphone";
}

function show(probabilities, unfamiliar = false) {
  const best = probabilities.indexOf(Math.max(...probabilities));
  [...find("bars").children].forEach((row, i) => {
    row.dataset.share = probabilities[i];
    row.classList.toggle("best", i === best);
    row.querySelector("i").style.transform = `scaleX(${probabilities[i]})`;
    row.querySelector(".share").textContent = `${Math.round(100 * probabilities[i])} %`;
  });
  const words = unfamiliar ? "no voice?" : probabilities[best] < UNSURE ? "not sure" : model.labels[best];
  if (find("answer").dataset.words === words) return; // said once, not twice a second
  find("answer").dataset.words = words;
  find("answer").textContent = words;
  if (words === "not sure") {
    const hint = document.createElement("small");
    hint.textContent = ` perhaps ${model.labels[best]}`;
    find("answer").append(hint);
  }
}

function draw() {
  const canvas = find("timeline"), pen = canvas.getContext("2d"), ratio = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  pen.scale(ratio, ratio);
  const x = (time) => (width * (time - span[0])) / (span[1] - span[0]);
  for (let at = 0; at + 1 < points.length; at++) {
    const [a, b] = [points[at], points[at + 1]];
    if (!a.probabilities || !b.probabilities) continue;
    let [low, high] = [0, 0];
    a.probabilities.forEach((share, i) => {
      pen.fillStyle = colour(i);
      pen.beginPath();
      pen.moveTo(x(a.time) - 0.3, height * low);
      pen.lineTo(x(b.time) + 0.3, height * high);
      low += share;
      high += b.probabilities[i];
      pen.lineTo(x(b.time) + 0.3, height * high);
      pen.lineTo(x(a.time) - 0.3, height * low);
      pen.fill();
    });
  }
  const player = find("player");
  if (!player.hidden) {
    pen.fillStyle = getComputedStyle(document.body).color;
    pen.fillRect(x(player.currentTime) - 1, 0, 2, height);
  }
  find("from").textContent = live ? `${SHOWN} s ago` : "0 s";
  find("to").textContent = live ? "now" : `${span[1].toFixed(1)} s`;
}

const colour = (i) => COLOURS[i];

// ---- The microphone -------------------------------------------------------------------------------------------------
async function start() {
  if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) return say(SERVE, "failed");
  say("Asking for the microphone…", "ready");
  let stream = null;
  try {
    const plain = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    stream = await navigator.mediaDevices.getUserMedia({ audio: plain });
    const [context, source] = opened(stream);
    await context.audioWorklet.addModule(own("tap"));
    const tap = new AudioWorkletNode(context, "tap");
    const size = Math.round((model.window / model.rate) * context.sampleRate);
    live = { stream, context, recent: new Float32Array(size), count: 0, answered: 0, learnt: 0, busy: false };
    tap.port.onmessage = ({ data }) => live && live.context === context && take(data);
    source.connect(tap).connect(context.destination); // what the tap gives is silence
    await context.resume();
  } catch (error) {
    if (stream) stream.getTracks().forEach((track) => track.stop());
    live = null;
    return say(reason(error), "failed");
  }
  find("player").hidden = true;
  find("player").pause();
  points = [];
  say("Listening; the first answer comes after a second.", "live");
}

// The browser resamples the microphone where it can; where it cannot, `atRate` does.
function opened(stream) {
  let context = null;
  try {
    context = new AudioContext({ sampleRate: model.rate });
    return [context, context.createMediaStreamSource(stream)];
  } catch {
    if (context) context.close();
    context = new AudioContext();
    return [context, context.createMediaStreamSource(stream)];
  }
}

function reason(error) {
  if (location.protocol === "file:") return SERVE;
  if (error.name === "NotAllowedError")
    return "The microphone was denied. Allow it in the settings beside the address of this page, and start again.";
  if (error.name === "NotFoundError") return "There is no microphone. Connect one and start again, or choose a file.";
  return `The microphone cannot be used: ${error.message}`;
}

function stop() {
  if (!live) return;
  live.stream.getTracks().forEach((track) => track.stop());
  live.context.close();
  live = null;
  ask({ forget: true });
  say("Stopped.", "ready");
}

async function take(samples) {
  const now = live, { recent } = now;
  recent.copyWithin(0, samples.length);
  recent.set(samples, recent.length - samples.length);
  now.count += samples.length;
  const loudest = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  find("level").style.transform = `scaleX(${Math.max(0, 1 + Math.log10(loudest + 1e-9) / 3)})`;
  const rate = now.context.sampleRate;
  if (now.busy || now.count < rate || now.count - now.answered < EVERY * rate) return;
  now.busy = true;
  now.answered = now.count;
  try {
    const heard = recent.slice(recent.length - Math.min(recent.length, now.count));
    const learn = find("adapt").checked && now.answered - now.learnt >= recent.length; // no sound counts twice
    const how = { adapt: find("adapt").checked && now.clips !== undefined, learn, line: UNFAMILIAR };
    const samples = await atRate(heard, rate);
    if (now !== live) return; // stopped meanwhile, and whoever spoke is forgotten
    const found = await ask({ samples, ...how });
    if (found.clips > (now.clips || 0)) now.learnt = now.answered;
    now.clips = found.clips;
    if (now === live) tell(found, now.answered / rate);
  } catch (error) {
    stop();
    say(`The model failed: ${error.message}`, "failed");
  }
  now.busy = false;
}

function tell(found, time) {
  const heard = found.status === "ok";
  points.push({ time, probabilities: heard ? found.probabilities : null });
  points = points.filter((point) => point.time >= time - SHOWN - 1);
  span = [time - SHOWN, time];
  if (heard) show(found.probabilities, found.distance >= UNFAMILIAR);
  const seconds = Number((model.window / model.rate).toFixed(1));
  const known = found.clips ? `, adapted to ${Math.round(found.clips * seconds)} s of this voice` : "";
  say(heard ? `Listening to the last ${seconds} s${known}; an answer takes ${found.ms.toFixed(0)} ms.` : "It is quiet.");
  draw();
}

async function atRate(samples, rate) {
  if (rate === model.rate) return samples;
  const context = new OfflineAudioContext(1, Math.floor((samples.length * model.rate) / rate), model.rate);
  const source = context.createBufferSource();
  source.buffer = context.createBuffer(1, samples.length, rate);
  source.buffer.copyToChannel(samples, 0);
  source.connect(context.destination);
  source.start();
  return (await context.startRendering()).getChannelData(0);
}

// ---- A file ---------------------------------------------------------------------------------------------------------
async function hearFile(file) {
  stop();
  say(`Reading ${file.name}…`, "working");
  let sound;
  try {
    sound = await new OfflineAudioContext(1, 1, model.rate).decodeAudioData(await file.arrayBuffer());
  } catch {
    return say(`${file.name} holds no sound that this browser can read.`, "failed");
  }
  const channels = Array.from({ length: sound.numberOfChannels }, (_, i) => sound.getChannelData(i));
  const whole = channels[0].map((_, i) => channels.reduce((sum, channel) => sum + channel[i], 0) / channels.length);
  const progress = (done) => say(`Listening to ${file.name}: ${Math.round(100 * done)} %`);
  const found = await ask({ whole }, [whole.buffer], progress).catch((error) => ({ status: error.message }));
  if (found.status !== "ok") return say(`${file.name} cannot be heard: it is ${found.status}.`, "failed");
  const windows = found.windows.map(({ start, end, status, probabilities }) => ({
    time: (start + end) / 2,
    probabilities: status === "ok" ? probabilities : null,
  }));
  span = [0, sound.duration];
  points = [{ ...windows[0], time: 0 }, ...windows, { ...windows[windows.length - 1], time: sound.duration }];
  const player = find("player");
  if (player.src) URL.revokeObjectURL(player.src);
  player.src = URL.createObjectURL(file);
  player.hidden = false;
  show(found.probabilities, found.distance >= UNFAMILIAR);
  draw();
  say(`${file.name}, ${sound.duration.toFixed(1)} s, as a whole:`, "heard");
}

// ---- Wiring ---------------------------------------------------------------------------------------------------------
function follow() {
  draw();
  if (!find("player").paused) requestAnimationFrame(follow);
}

async function unpacked(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

async function open() {
  const bytes = await unpacked(find("wasm").textContent);
  model = await ask({ bytes }, [bytes]);
  find("wasm").remove();
  for (const [i, label] of model.labels.entries()) {
    const row = document.createElement("li");
    row.innerHTML = '<span class="label"></span><span class="track"><i></i></span><span class="share">–</span>';
    row.querySelector(".label").textContent = label;
    row.querySelector("i").style.background = colour(i);
    find("bars").append(row);
  }
  find("microphone").disabled = find("file").disabled = false;
  find("one").hidden = !model.adapts;
  draw();
  say("Ready. The microphone stays off until you start it.", "ready");
}

find("microphone").onclick = () => (live ? stop() : start());
find("file").onchange = (event) => {
  if (event.target.files.length) hearFile(event.target.files[0]);
  event.target.value = "";
};
find("player").onplay = follow;
find("player").onseeked = draw;
addEventListener("resize", () => model && draw());
addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("over");
});
addEventListener("dragleave", () => document.body.classList.remove("over"));
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  if (model && event.dataTransfer.files.length) hearFile(event.dataTransfer.files[0]);
});
open().catch((error) => say(`This browser cannot run the model: ${error.message}`, "failed"));
