// The worker: runs the model beside the page, so that the page never waits.
let model = null;
onmessage = async ({ data }) => {
  try {
    if (data.bytes) {
      model = await openModel(data.bytes);
      const { rate, longest, shortest, window, labels, adapts } = model;
      postMessage({ number: data.number, rate, longest, shortest, window, labels, adapts });
    } else if (data.whole) {
      const progress = (done) => postMessage({ number: data.number, done });
      model.forget();
      const short = data.whole.length <= model.longest; // only one window tells how far it lies from voices
      const { distance } = short ? model.hearKnown(data.whole, () => false) : {};
      postMessage({ number: data.number, ...model.hearAll(data.whole, progress), distance });
    } else if (data.forget) {
      model.forget();
      postMessage({ number: data.number });
    } else {
      const begun = performance.now();
      if (!data.adapt) model.forget();
      const found = model.hearKnown(data.samples, (distance) => data.learn && distance < data.line);
      postMessage({ number: data.number, ...found, ms: performance.now() - begun });
    }
  } catch (error) {
    postMessage({ number: data.number, error: String(error.message || error) });
  }
};
