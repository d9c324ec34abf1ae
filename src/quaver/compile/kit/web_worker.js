// The worker: runs the model beside the page, so that the page never waits.
let model = null;
onmessage = async ({ data }) => {
  try {
    if (data.bytes) {
      model = await openModel(data.bytes);
      const { rate, longest, shortest, window, labels } = model;
      postMessage({ number: data.number, rate, longest, shortest, window, labels });
    } else if (data.whole) {
      const progress = (done) => postMessage({ number: data.number, done });
      postMessage({ number: data.number, ...model.hearAll(data.whole, progress) });
    } else {
      const begun = performance.now();
      postMessage({ number: data.number, ...model.hear(data.samples), ms: performance.now() - begun });
    }
  } catch (error) {
    postMessage({ number: data.number, error: String(error.message || error) });
  }
};
