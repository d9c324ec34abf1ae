// The audio worklet: passes the microphone's samples on, one channel, some at a time.
class Tap extends AudioWorkletProcessor {
  constructor() {
    super();
    this.held = new Float32Array(1024);
    this.count = 0;
  }

  process([channels]) {
    if (!channels.length) return true;
    for (let i = 0; i < channels[0].length; i++) {
      let sum = 0;
      for (const channel of channels) sum += channel[i];
      this.held[this.count++] = sum / channels.length;
      if (this.count === this.held.length) {
        this.port.postMessage(this.held.slice());
        this.count = 0;
      }
    }
    return true;
  }
}
registerProcessor("tap", Tap);
