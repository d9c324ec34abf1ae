"""A small encoder on the frontend `logmel`, of any number of frames, as quaver exports such networks."""

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from tiny_bundle import bundle

from quaver import EMOTIONS, frontend
from quaver.bundle import Bundle

WIDTH, HEADS, LONGEST = 24, 2, 400


def network(seed: int = 0, labels: int = 7) -> onnx.ModelProto:
    """Two convolutions, positions, a block of attention, mean and deviation over time, a dense layer; in float32."""
    rng = np.random.default_rng(seed)

    def draw(*shape: int) -> np.ndarray:
        return (rng.normal(size=shape) / np.sqrt(np.prod(shape[1:]) or 1)).astype(np.float32)

    each = WIDTH // HEADS
    constants = {
        **{"k1": draw(WIDTH, 80, 3), "b1": draw(WIDTH), "k2": draw(WIDTH, WIDTH, 3), "b2": draw(WIDTH)},
        **{"table": draw(LONGEST, WIDTH).astype(np.float16), "from": np.array([0]), "axis": np.array([0])},
        **{"scale": 1 + draw(WIDTH), "shift": draw(WIDTH), "qkv": draw(WIDTH, 3 * WIDTH), "bias": draw(3 * WIDTH)},
        **{"parts": np.array([0, 0, 3, HEADS, each]), "joined": np.array([0, 0, WIDTH]), "out": draw(WIDTH, WIDTH)},
        **{"root": np.float32(each**-0.5), "time": np.array([1]), "floor": np.float32(1e-6)},
        **{f"i{i}": np.array(i) for i in range(3)},
    }
    nodes = [
        ("Transpose", ["features"], "t", {"perm": [0, 2, 1]}),
        ("Conv", ["t", "k1", "b1"], "c1", {"pads": [1, 1]}),
        ("Gelu", ["c1"], "g1", {}),
        ("Conv", ["g1", "k2", "b2"], "c2", {"pads": [1, 1], "strides": [2]}),
        ("Gelu", ["c2"], "g2", {}),
        ("Transpose", ["g2"], "steps", {"perm": [0, 2, 1]}),
        ("Shape", ["steps"], "count", {"start": 1, "end": 2}),
        ("Slice", ["table", "from", "count", "axis"], "half", {}),
        ("Cast", ["half"], "used", {"to": TensorProto.FLOAT}),
        ("Add", ["steps", "used"], "placed", {}),
        ("LayerNormalization", ["placed", "scale", "shift"], "norm", {"axis": -1, "epsilon": 1e-5}),
        ("MatMul", ["norm", "qkv"], "product", {}),
        ("Add", ["product", "bias"], "all", {}),
        ("Reshape", ["all", "parts"], "split", {}),
        ("Transpose", ["split"], "by_head", {"perm": [2, 0, 3, 1, 4]}),
        *[("Gather", ["by_head", f"i{i}"], part, {"axis": 0}) for i, part in enumerate("qkv")],
        ("Transpose", ["k"], "turned", {"perm": [0, 1, 3, 2]}),
        ("MatMul", ["q", "turned"], "scores", {}),
        ("Mul", ["scores", "root"], "scaled", {}),
        ("Softmax", ["scaled"], "shares", {"axis": -1}),
        ("MatMul", ["shares", "v"], "mixed", {}),
        ("Transpose", ["mixed"], "by_time", {"perm": [0, 2, 1, 3]}),
        ("Reshape", ["by_time", "joined"], "flat", {}),
        ("MatMul", ["flat", "out"], "back", {}),
        ("Add", ["placed", "back"], "sum", {}),
        ("ReduceMean", ["sum", "time"], "mean", {"keepdims": 1}),
        ("Sub", ["sum", "mean"], "off", {}),
        ("Mul", ["off", "off"], "squared", {}),
        ("ReduceMean", ["squared", "time"], "variance", {"keepdims": 1}),
        ("Add", ["variance", "floor"], "above", {}),
        ("Sqrt", ["above"], "deviation", {}),
        ("Concat", ["mean", "deviation"], "both", {"axis": 2}),
        ("Flatten", ["both"], "pooled", {"axis": 1}),
        ("Sub", ["pooled", "centre"], "centred", {}),
        ("Mul", ["centred", "spread"], "normal", {}),
        ("Gemm", ["normal", "dense", "last"], "logits", {"transB": 1}),
        ("Softmax", ["logits"], "probabilities", {"axis": 1}),
    ]
    # The dense layer sees values of mean 0 and deviation 1, so that sounds differ.
    sounds = [draw(80) + 0.3 * rng.normal(size=(90, 80)) for _ in range(12)]
    pooled = _model(nodes[:-4], constants, "pooled", 2 * WIDTH).SerializeToString()
    session = onnxruntime.InferenceSession(pooled, providers=["CPUExecutionProvider"])
    seen = np.concatenate([session.run(None, {"features": s[None].astype(np.float32)})[0] for s in sounds])
    constants |= {"centre": seen.mean(axis=0), "spread": 1 / seen.std(axis=0)}
    constants |= {"dense": draw(labels, 2 * WIDTH), "last": draw(labels)}
    return _model(nodes, constants, "probabilities", labels)


def _model(nodes, constants, output: str, values: int) -> onnx.ModelProto:
    used = {name for _, inputs, _, _ in nodes for name in inputs}
    graph = helper.make_graph(
        [helper.make_node(op, inputs, [out], name=out, **given) for op, inputs, out, given in nodes],
        "encoder",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ("batch", "frames", 80))],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, ("batch", values))],
        [numpy_helper.from_array(np.asarray(v), name) for name, v in constants.items() if name in used],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.checker.check_model(made, full_check=True)
    return made


def encoder(folder, model: onnx.ModelProto, spec: frontend.FrontendSpec, **more) -> Bundle:
    """Make a bundle of it."""
    given = {"frontend": spec.to_dict(), "fingerprint": spec.fingerprint, "temperature": 1.3, "emotions": EMOTIONS}
    return bundle(folder, model.SerializeToString(), **{**given, **more})


def knowing():
    """The tiny encoder, exported as networks are that know speakers."""
    made = network()
    values = 2 * WIDTH
    graph = made.graph
    at = next(i for i, node in enumerate(graph.node) if node.output[0] == "normal")
    graph.node[at].output[0] = "voice"
    graph.node[at + 1].input[0] = "adapted"
    graph.node.insert(at + 1, helper.make_node("Sub", ["voice", "voice_mean"], ["off"], name="speaker/mean"))
    graph.node[at + 1].output[0] = "speaker/off"
    spread = helper.make_node("Div", ["speaker/off", "voice_deviation"], ["adapted"], name="speaker/deviation")
    graph.node.insert(at + 2, spread)
    for name, value in (("voice_mean", 0.0), ("voice_deviation", 1.0)):
        graph.input.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, (values,)))
        graph.initializer.append(numpy_helper.from_array(np.full(values, value, np.float32), name))
    graph.output.append(helper.make_tensor_value_info("voice", TensorProto.FLOAT, ("batch", values)))
    return made
