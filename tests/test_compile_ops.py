"""Every operator in C gives what it gives in ONNX Runtime, under sanitizers, on random tensors."""

import numpy as np
import pytest
from c_programs import SANITIZED, Programs, model, paths, reference

from quaver.compile.ops import rules
from quaver.compile.source import plan_of
from quaver.errors import CompileError

BAR = 2e-5  # as a part of the largest value
R = np.random.default_rng(7)


def normal(*shape: int) -> np.ndarray:
    return R.normal(size=shape).astype(np.float32)


def one(op, shape, constants=(), **attributes):
    """A single operator on `x`, with constants as its further inputs."""
    names = {f"c{i}": value for i, value in enumerate(constants)}
    return model([(op, ["x", *names], "y", attributes)], shape, names)


def conv(shape, out, kernel, groups=1, bias=True, **attributes):
    weights = normal(out, shape[1] // groups, *kernel)
    return one("Conv", shape, [weights, *([normal(out)] if bias else [])], group=groups, **attributes)


def into_sequence(operator, argument, kernel=(1, 3)):
    """A convolution whose result becomes a sequence, and a convolution of that sequence again."""
    names = {"k": normal(6, 5, *kernel), "a": argument, "two": ints(2), "k2": normal(4, 6, 1, 2)}
    nodes = [("Conv", ["x", "k"], "c", {}), (operator, ["c", "a"], "s", {})]
    nodes += [("Transpose", ["s"], "t", {"perm": [0, 2, 1]}), ("Softmax", ["t"], "p", {"axis": -1})]
    if operator == "Squeeze":
        nodes += [("Transpose", ["p"], "u", {"perm": [0, 2, 1]}), ("Unsqueeze", ["u", "two"], "v", {})]
        nodes += [("Conv", ["v", "k2"], "y", {"pads": [0, 1, 0, 0]})]
    else:
        nodes[-1] = ("Softmax", ["t"], "y", {"axis": -1})
        del names["two"], names["k2"]
    return model(nodes, (1, 5, kernel[0], 12), names)


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def random_convolutions(count: int = 12):
    """Convolutions with everything drawn: sizes, kernels, strides, dilations, padding, channels, groups."""
    for number in range(count):
        axes = 1 + number % 2
        size = [int(R.integers(5, 24)) for _ in range(axes)]
        kernel = [int(R.integers(1, 6)) for _ in range(axes)]
        dilation = [int(R.integers(1, 3)) for _ in range(axes)]
        pads = [int(R.integers(0, 4)) for _ in range(2 * axes)]
        reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
        pads = [max(p, r - s) for p, r, s in zip(pads, reach * 2, size * 2, strict=True)]
        groups = int(R.choice([1, 1, 1, 2, 3]))
        channels, out = groups * int(R.integers(1, 20)), groups * int(R.integers(1, 40))
        strides = [int(R.integers(1, 4)) for _ in range(axes)]
        given = {"pads": pads, "dilations": dilation, "strides": strides}
        yield f"random{number}", conv((1, channels, *size), out, kernel, groups, bool(number % 3), **given)


def spread(shape, out, kernel, groups=1, bias=True, **attributes):
    """A transposed convolution."""
    weights = normal(shape[1], out // groups, *kernel)
    return one("ConvTranspose", shape, [weights, *([normal(out)] if bias else [])], group=groups, **attributes)


def random_transposed(count: int = 10):
    """Transposed convolutions with everything drawn."""
    for number in range(count):
        axes = 1 + number % 2
        size, kernel = ([int(R.integers(low, low + 8)) for _ in range(axes)] for low in (3, 1))
        strides = [int(R.integers(1, 5)) for _ in range(axes)]
        dilations = [int(R.integers(1, 3)) for _ in range(axes)]
        reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
        pads = [int(R.integers(0, (r + 1) // 2)) if r > 1 else 0 for r in reach * 2]
        more = [int(R.integers(0, stride)) for stride in strides]
        groups = int(R.choice([1, 1, 2, 3]))
        given = {"pads": pads, "dilations": dilations, "strides": strides, "output_padding": more}
        shape, out = (1, groups * int(R.integers(1, 9)), *size), groups * int(R.integers(1, 12))
        yield f"transposed{number}", spread(shape, out, kernel, groups, bool(number % 3), **given)


def residual():
    nodes = [
        ("Conv", ["x", "k1", "b1"], "a", {"pads": [1, 1]}),
        ("Relu", ["a"], "r", {}),
        ("Conv", ["r", "k2"], "b", {"pads": [2, 1], "kernel_shape": [4]}),
        ("Add", ["b", "x"], "s", {}),
        ("Relu", ["s"], "t", {}),
        ("MaxPool", ["t"], "p", {"kernel_shape": [3], "strides": [3]}),
        ("Concat", ["p", "p"], "c", {"axis": 1}),
        ("GlobalAveragePool", ["c"], "y", {}),
    ]
    weights = {"k1": normal(12, 12, 3), "b1": normal(12), "k2": normal(12, 12, 4)}
    return model(nodes, (1, 12, 25), weights)


def recurrent(operator, direction="forward", output=0, shape=(11, 1, 5), **attributes):
    """A recurrent layer with weights, biases and first states; `output` 0 is of all steps, 1 of the last."""
    gates, ways, width = 4 if operator == "LSTM" else 3, 1 + (direction == "bidirectional"), 7
    weights = {"w": normal(ways, gates * width, 5) / 2, "r": normal(ways, gates * width, width) / 2}
    turned = attributes.get("layout", 0)
    states = (shape[0], ways, width) if turned else (ways, shape[1], width)
    weights |= {"b": normal(ways, 2 * gates * width), "h": normal(*states)}
    first = ["h", "h"] if operator == "LSTM" else ["h"]
    outputs = ["y"] if output == 0 else ["", "y"]
    given = {"hidden_size": width, "direction": direction, **attributes}
    return model([(operator, ["x", "w", "r", "b", "", *first], outputs, given)], shape, weights)


def transformer(width=24, heads=3, steps=10):
    """A block as in Whisper's encoder: attention and a dense part, each behind a normalisation, beside residuals."""
    each = width // heads
    weights = {name: normal(width, width) / 5 for name in ("wq", "wk", "wv", "wo")}
    weights |= {"w1": normal(width, 4 * width) / 5, "w2": normal(4 * width, width) / 9, "b1": normal(4 * width)}
    weights |= {"g": normal(width), "h": normal(width), "scale": np.float32(each**-0.5)}
    weights |= {"split": ints(1, steps, heads, each), "join": ints(1, steps, width)}
    nodes = [("LayerNormalization", ["x", "g", "h"], "n", {"epsilon": 1e-5})]
    for letter, perm in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3])):
        nodes += [
            ("MatMul", ["n", f"w{letter}"], f"{letter}1", {}),
            ("Reshape", [f"{letter}1", "split"], f"{letter}2", {}),
            ("Transpose", [f"{letter}2"], f"{letter}3", {"perm": perm}),
        ]
    nodes += [
        ("MatMul", ["q3", "k3"], "scores", {}),
        ("Mul", ["scores", "scale"], "scaled", {}),
        ("Softmax", ["scaled"], "shares", {"axis": -1}),
        ("MatMul", ["shares", "v3"], "mixed", {}),
        ("Transpose", ["mixed"], "turned", {"perm": [0, 2, 1, 3]}),
        ("Reshape", ["turned", "join"], "joined", {}),
        ("MatMul", ["joined", "wo"], "out", {}),
        ("Add", ["x", "out"], "res", {}),
        ("LayerNormalization", ["res", "g"], "n2", {}),
        ("MatMul", ["n2", "w1"], "up", {}),
        ("Add", ["up", "b1"], "up1", {}),
        ("Gelu", ["up1"], "act", {}),
        ("MatMul", ["act", "w2"], "down", {}),
        ("Add", ["res", "down"], "all", {}),
        ("ReduceMean", ["all", "axes"], "y", {"keepdims": 0}),
    ]
    return model(nodes, (1, steps, width), {**weights, "axes": ints(1)})


def positive(operator, *constants):
    """An operator on what is never below a tenth."""
    given = {f"c{i}": np.asarray(value) for i, value in enumerate(constants)}
    nodes = [("Abs", ["x"], "a", {}), ("Add", ["a", "tenth"], "b", {}), (operator, ["b", *given], "y", {})]
    return model(nodes, (1, 4, 9), {**given, "tenth": np.float32(0.1)})


def resized():
    """Every way to find the places, up and down, by factors and by sizes."""
    for way in ("half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners", "half_pixel_symmetric"):
        for mode in ("nearest", "linear", "cubic"):
            for name, factors in (("up", (1, 1, 2, 3)), ("down", (1, 1, 0.6, 0.5))):
                given = {"mode": mode, "coordinate_transformation_mode": way}
                made = [np.array([], np.float32), np.array(factors, np.float32)]
                yield f"resize_{mode}_{way}_{name}", one("Resize", (1, 3, 5, 7), made, **given)
    for rounding in ("round_prefer_ceil", "floor", "ceil"):
        given = {"nearest_mode": rounding, "coordinate_transformation_mode": "asymmetric"}
        sizes = {"r": np.array([], np.float32), "s": ints(1, 3, 8, 11)}
        yield f"resize_{rounding}", model([("Resize", ["x", "r", "r", "s"], "y", given)], (1, 3, 5, 7), sizes)


PADDED = {"kernel_shape": [3, 2], "strides": [2, 1], "pads": [1, 0, 1, 1]}
NORM = [normal(5), normal(5), normal(5), np.abs(normal(5)) + 0.1]
CASES = {
    **{op.lower(): one(op, (1, 7, 9)) for op in ("Relu", "Sigmoid", "Tanh", "Softplus", "Erf", "Exp", "Identity")},
    **{"elu": one("Elu", (1, 30), alpha=0.7), "leaky": one("LeakyRelu", (1, 30), alpha=0.3)},
    **{"gelu": one("Gelu", (1, 60)), "gelu_tanh": one("Gelu", (1, 60), approximate="tanh")},
    "clip": one("Clip", (1, 50), [np.float32(-0.3), np.float32(0.8)]),
    "square": one("Pow", (1, 9), [np.float32(2)]),
    "root": model([("Mul", ["x", "x"], "a", {}), ("Sqrt", ["a"], "b", {}), ("Log", ["b"], "y", {})], (1, 40)),
    **{op.lower(): one(op, (1, 3, 4, 5), [normal(4, 1)]) for op in ("Add", "Sub", "Mul")},
    "div": one("Div", (1, 3, 4), [np.abs(normal(3, 4)) + 0.5]),
    "broadcast": model([("Add", ["x", "c"], "y", {})], (1, 1, 4), {"c": normal(1, 3, 1)}),
    "conv_same": conv((1, 16, 20), 32, [8], pads=[3, 4]),
    "conv_trimmed": conv((1, 6, 2), 20, [8], pads=[3, 4]),
    "conv_upper": conv((1, 6, 7, 9), 5, [3, 4], auto_pad="SAME_UPPER", strides=[2, 2]),
    "conv_lower": conv((1, 6, 9), 5, [4], auto_pad="SAME_LOWER"),
    "depthwise": conv((1, 21, 30), 21, [5], 21, pads=[2, 2]),
    "depthwise_2d": conv((1, 40, 9, 8), 40, [3, 3], 40, pads=[1, 1, 1, 1], strides=[2, 1]),
    **dict(random_convolutions()),
    "gemm": one("Gemm", (1, 30), [normal(30, 21), normal(21)], alpha=0.5, beta=2.0),
    "gemm_turned": one("Gemm", (4, 30), [normal(7, 30)], transB=1),
    "matmul": one("MatMul", (1, 2, 5, 18), [normal(18, 33)]),
    "max_pool": one("MaxPool", (1, 5, 9, 8), **PADDED),
    "max_pool_time": one("MaxPool", (1, 5, 21), kernel_shape=[4], strides=[3], pads=[1, 2], dilations=[2]),
    "max_pool_up": one("MaxPool", (1, 5, 9, 8), **{**PADDED, "ceil_mode": 1}),
    "max_pool_up_time": one("MaxPool", (1, 5, 22), kernel_shape=[2], strides=[3], ceil_mode=1),
    "average_pool_up": one("AveragePool", (1, 5, 10, 8), kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
    "average_pool": one("AveragePool", (1, 5, 9, 8), **PADDED),
    "average_pool_all": one("AveragePool", (1, 5, 9, 8), count_include_pad=1, **PADDED),
    "global_pool": one("GlobalAveragePool", (1, 5, 4, 3)),
    "batch_norm": one("BatchNormalization", (1, 5, 7), NORM, epsilon=1e-3),
    "conv_batch_norm": model(
        [("Conv", ["x", "k"], "z", {}), ("BatchNormalization", ["z", *"abcd"], "y", {})],
        (1, 3, 12),
        {"k": normal(5, 3, 4), **dict(zip("abcd", NORM, strict=True))},
    ),
    "layer_norm": one("LayerNormalization", (1, 6, 14), [normal(14), normal(14)], epsilon=1e-4),
    "softmax": one("Softmax", (1, 6, 5), axis=1),
    **{op.lower(): one(op, (1, 7, 9)) for op in ("Abs", "Neg", "HardSigmoid", "HardSwish", "Selu", "Mish")},
    "hard_sigmoid_steep": one("HardSigmoid", (1, 40), alpha=0.4, beta=0.3),
    "reciprocal": model(
        [("Abs", ["x"], "a", {}), ("Add", ["a", "c"], "b", {}), ("Reciprocal", ["b"], "y", {})],
        (1, 30),
        {"c": np.float32(0.5)},
    ),
    "prelu": one("PRelu", (1, 5, 7), [normal(5, 1)]),
    **{op.lower(): one(op, (1, 3, 4, 5), [normal(4, 1)]) for op in ("Max", "Min")},
    "max_of_three": one("Max", (1, 3, 4), [normal(3, 1), normal(4)]),
    "max_of_constants": model([("Max", ["c", "x", "d"], "y", {})], (1, 3, 4), {"c": normal(3, 1), "d": normal(4)}),
    "sum": one("Sum", (1, 3, 4), [normal(3, 1), normal(4)]),
    "sum_of_one": one("Sum", (1, 3, 4)),
    "log_softmax": one("LogSoftmax", (1, 6, 5), axis=1),
    "instance_norm": one("InstanceNormalization", (1, 5, 4, 3), [normal(5), normal(5)], epsilon=1e-3),
    "global_max_pool": one("GlobalMaxPool", (1, 5, 4, 3)),
    "total": one("ReduceSum", (1, 6, 5, 4), [ints(1, 3)], keepdims=0),
    "largest": one("ReduceMax", (1, 6, 5, 4), [ints(-1)]),
    "smallest": one("ReduceMin", (1, 6, 5, 4), [ints(2, 3)], keepdims=0),
    "split": model(
        [("Split", ["x", "s"], ["a", "b", "c"], {"axis": 1}), ("Concat", ["c", "a"], "y", {"axis": 1})],
        (1, 9, 4),
        {"s": ints(2, 4, 3)},
    ),
    "pad": one("Pad", (1, 4, 5, 3), [ints(0, 1, 2, 0, 0, 0, 1, 3), np.float32(0.7)]),
    "pad_reflected": one("Pad", (1, 4, 5), [ints(0, 0, 3, 0, 1, 2)], mode="reflect"),
    "pad_with_edges": one("Pad", (1, 4, 5), [ints(0, 0, 3, 0, 0, 7)], mode="edge"),
    "causal": model(
        [
            ("Pad", ["x", "w"], "p", {}),
            ("Conv", ["p", "k"], "c", {"dilations": [2]}),
            ("Pad", ["c", "w"], "q", {}),
            ("Relu", ["q"], "y", {}),
        ],
        (1, 6, 20),
        {"w": ints(0, 0, 4, 0, 0, 0), "k": normal(8, 6, 3)},
    ),
    "mean": one("ReduceMean", (1, 6, 5, 4), [ints(1, 3)], keepdims=0),
    "mean_all": one("ReduceMean", (1, 6, 5)),
    "flatten": model(
        [("Conv", ["x", "k"], "c", {"pads": [1, 1]}), ("Flatten", ["c"], "y", {})], (1, 3, 8), {"k": normal(4, 3, 3)}
    ),
    "reshape": one("Reshape", (1, 6, 8), [ints(0, 4, -1)]),
    "squeeze": model([("Unsqueeze", ["x", "a"], "u", {}), ("Squeeze", ["u", "a"], "y", {})], (1, 4), {"a": ints(1)}),
    "into_sequence": into_sequence("Squeeze", ints(2)),
    "into_rows": into_sequence("Reshape", ints(1, 12, 5), (2, 3)),
    "transpose": one("Transpose", (1, 3, 4, 5), perm=[0, 3, 1, 2]),
    "slice": one("Slice", (1, 9, 8), [ints(-2, 1), ints(-9, 7), ints(1, 2), ints(-3, 2)]),
    "gather": one("Gather", (1, 9, 8), [np.array(-2)], axis=1),
    "gather_row": one("Gather", (1, 9, 8), [ints(3, 0, -1)], axis=2),
    "expand": one("Expand", (1, 3, 1, 4), [ints(2, 1, 5, 1)]),
    "expand_between": model(
        [
            ("Conv", ["x", "k"], "c", {}),
            ("GlobalAveragePool", ["c"], "m", {}),
            ("Expand", ["m", "s"], "e", {}),
            ("Concat", ["c", "e"], "y", {"axis": 1}),
        ],
        (1, 3, 12),
        {"k": normal(5, 3, 4), "s": ints(1, 5, 9)},
    ),
    "concat": model([("Concat", ["x", "c", "x"], "y", {"axis": -1})], (1, 3, 4), {"c": normal(1, 3, 2)}),
    "shape": model([("Shape", ["x"], "s", {}), ("Reshape", ["x", "s"], "r", {}), ("Relu", ["r"], "y", {})], (1, 3, 4)),
    "lstm": recurrent("LSTM"),
    "lstm_both": recurrent("LSTM", "bidirectional"),
    "lstm_last": recurrent("LSTM", "bidirectional", 1),
    "lstm_of_four": recurrent("LSTM", "bidirectional", shape=(11, 4, 5)),
    "gru": recurrent("GRU", "reverse"),
    "gru_of_three_last": recurrent("GRU", "reverse", 1, shape=(11, 3, 5)),
    "gru_later": recurrent("GRU", "bidirectional", linear_before_reset=1),
    "gru_last": recurrent("GRU", output=1, linear_before_reset=1),
    **dict(random_transposed()),
    "transposed_same": spread((1, 5, 9), 4, [3], strides=[2], auto_pad="SAME_UPPER"),
    "transposed_same_lower": spread((1, 5, 9, 4), 4, [4, 3], strides=[3, 2], auto_pad="SAME_LOWER"),
    "transposed_sized": spread((1, 5, 9), 4, [3], strides=[3], output_shape=[26]),
    "transposed_after_convolution": model(
        [
            ("Conv", ["x", "k"], "c", {"strides": [2], "pads": [2, 2]}),
            ("Relu", ["c"], "r", {}),
            ("ConvTranspose", ["r", "t"], "u", {"strides": [2], "pads": [1, 1]}),
            ("Relu", ["u"], "y", {}),
        ],
        (1, 6, 40),
        {"k": normal(20, 6, 5), "t": normal(20, 6, 4)},
    ),
    "residual": residual(),
    "transformer": transformer(),
    **{op.lower(): one(op, (1, 7, 9)) for op in ("Softsign", "Celu", "ThresholdedRelu", "Sign")},
    **{op.lower(): one(op, (1, 7, 9)) for op in ("Floor", "Ceil", "Round", "Sin", "Cos")},
    "celu_steep": one("Celu", (1, 40), alpha=0.4),
    "fourth_power": one("Pow", (1, 9), [np.float32(4)]),
    **{f"power_{i}": positive("Pow", np.float32(p)) for i, p in enumerate((-1, -0.5, 0.3, 2.5))},
    "chosen": model(
        [
            ("Greater", ["x", "c"], "g", {}),
            ("Less", ["x", "d"], "l", {}),
            ("GreaterOrEqual", ["x", "x"], "e", {}),
            ("LessOrEqual", ["x", "d"], "m", {}),
            ("Or", ["g", "l"], "o", {}),
            ("And", ["o", "e"], "a", {}),
            ("Xor", ["a", "m"], "z", {}),
            ("Not", ["z"], "n", {}),
            ("Where", ["n", "x", "w"], "y", {}),
        ],
        (1, 3, 4),
        {"c": normal(3, 1), "d": normal(4), "w": normal(1, 3, 1)},
    ),
    "masked": model(
        [("Where", ["m", "x", "f"], "s", {}), ("Softmax", ["s"], "y", {})],
        (1, 5, 5),
        {"m": np.tri(5, dtype=bool), "f": np.float32(-np.inf)},
    ),
    "cast": model(
        [
            ("Cast", ["x"], "i", {"to": 7}),
            ("Cast", ["i"], "f", {"to": 1}),
            ("Equal", ["f", "z"], "e", {}),
            ("Cast", ["e"], "g", {"to": 1}),
            ("Add", ["f", "g"], "y", {}),
        ],
        (1, 5, 7),
        {"z": np.float32(0)},
    ),
    "tile": one("Tile", (1, 3, 1, 4), [ints(1, 2, 5, 1)]),
    **{
        name.lower(): one(name, (1, 4, 5, 3), [ints(1, 3)], keepdims=keep)
        for name, keep in (("ReduceL1", 0), ("ReduceL2", 1), ("ReduceSumSquare", 0), ("ReduceLogSumExp", 0))
    },
    "log_sum": positive("ReduceLogSum", ints(2)),
    **{f"lp_norm_{p}": one("LpNormalization", (1, 4, 6), axis=1, p=p) for p in (1, 2)},
    "mean_variance": model(
        [("MeanVarianceNormalization", ["x"], "m", {}), ("Reshape", ["m", "s"], "y", {})],
        (1, 4, 6, 5),
        {"s": ints(4, 30)},
    ),
    "depth_to_space": one("DepthToSpace", (1, 12, 3, 4), blocksize=2),
    "depth_to_space_crd": one("DepthToSpace", (1, 12, 3, 4), blocksize=2, mode="CRD"),
    "space_to_depth": one("SpaceToDepth", (1, 3, 6, 4), blocksize=2),
    **dict(resized()),
    "rms_norm": model(
        [("RMSNormalization", ["x", "s"], "g", {"axis": -1}), ("Reshape", ["g", "r"], "y", {})],
        (1, 6, 8),
        {"s": normal(8), "r": ints(6, 8)},
        opset=23,
    ),
    "gather_table": one("Gather", (1, 9, 8), [np.array([[3, 0, -1], [2, 2, 5]])], axis=1),
    "gemm_columns": one("Gemm", (6, 3), [normal(6, 4), normal(3, 4)], transA=1, beta=0.5),
    "matmul_batched": one("MatMul", (1, 3, 5, 6), [normal(3, 6, 4)]),
    "matmul_left": model([("MatMul", ["c", "x"], "y", {})], (1, 3, 6, 4), {"c": normal(3, 5, 6)}),
    "matmul_vector": one("MatMul", (1, 3, 6), [normal(6)]),
    "power_of_each": positive("Pow", normal(9)),
    "power_of_all": one("Pow", (1, 30), [np.float32(11)]),
}


WIDEST, SLOW = list(paths())[-1], pytest.mark.slow


@pytest.fixture(scope="module", params=[pytest.param(name, marks=() if name == WIDEST else SLOW) for name in paths()])
def programs(request, tmp_path_factory):
    return Programs(tmp_path_factory.mktemp("ops"), CASES, [*SANITIZED, *paths()[request.param]])


@pytest.mark.parametrize("name", CASES)
def test_an_operator_gives_what_onnx_runtime_gives(programs, name):
    plan = programs.plans[name]
    for scale in (1.0, 3.0):
        x = (scale * np.random.default_rng(len(name)).normal(size=plan.input.shape)).astype(np.float32)
        wanted = reference(CASES[name], x)
        assert np.abs(programs(name, x) - wanted).max() <= BAR * max(1.0, np.abs(wanted).max())


def test_every_rule_has_a_case():
    used = {node.op_type for made in CASES.values() for node in made.graph.node}
    bytewise = {"QuantisedConv", "QuantisedGemm", "QuantizeLinear", "DequantizeLinear"}  # in test_compile_int8.py
    joined = {"JoinedAttention", "Chain", "LstmSteps", "GruSteps"}  # of other operators
    assert set(rules()) - used - bytewise - joined <= {"Dropout", "Swish"}  # the last in test_compile_conformance.py


def test_attention_and_chains_are_found(programs):
    told = [step.about.partition(",")[0] for step in programs.plans["transformer"].steps]
    assert sum(words.endswith("JoinedAttention") for words in told) == 1
    assert sum(words.endswith("Chain") for words in told) >= 1


@pytest.mark.parametrize("places", ["arena", "halo"])
def test_tensors_that_live_together_lie_apart(programs, places):
    for plan in programs.plans.values():
        alive = {}
        for number, step in enumerate(plan.steps):
            for name in step.operands.values():
                alive.setdefault(plan.memory(name).name, []).append(number)
        last = plan.memory(plan.output.name).name
        alive[last] = [*alive.get(last, []), len(plan.steps)]
        spans = [(min(at), max(at), plan.tensors[name]) for name, at in alive.items()]
        for i, (first, last, a) in enumerate(spans):
            assert a.offset + a.bytes <= plan.arena
            for start, end, b in spans[:i]:
                apart = a.offset + a.bytes <= b.offset or b.offset + b.bytes <= a.offset
                assert apart or last < start or end < first


def test_what_moves_nothing_is_no_step_and_lies_within_what_it_names(programs):
    shared = 0
    for plan in programs.plans.values():
        written = {step.operands["y"] for step in plan.steps}
        for tensor in (tensor for tensor in plan.tensors.values() if tensor.base):
            base, start = plan.memory(tensor.name), tensor.start * tensor.width
            assert not base.base
            assert tensor.name not in written
            assert tensor.offset == base.offset
            assert start + tensor.bytes <= base.bytes
            shared += 1
    assert shared > 5


REFUSED = {
    "LSTM": (model([("LSTM", ["x", "w", "r"], "y", {"hidden_size": 2, "clip": 1.0})], (3, 1, 2),
                   {"w": normal(1, 8, 2), "r": normal(1, 8, 2)}), "leave that out"),
    "RNN": (model([("RNN", ["x", "w", "r"], "y", {"hidden_size": 2})], (3, 1, 2),
                  {"w": normal(1, 2, 2), "r": normal(1, 2, 2)}), "attention"),
    "Attention": (model([("Attention", ["x", "x", "x"], "y", {})], (1, 2, 3, 4), opset=23), "opset 22 or older"),
    "Einsum": (model([("Einsum", ["x", "x"], "y", {"equation": "ab,cb->ac"})], (3, 4)), "MatMul and Transpose"),
    "TopK": (model([("TopK", ["x", "k"], ["y", "i"], {})], (1, 9), {"k": ints(2)}), "picks the largest"),
    "CumSum": (model([("CumSum", ["x", "a"], "y", {})], (1, 3), {"a": np.array(1)}), "replace it by operators"),
    "Resize": (one("Resize", (1, 3, 5), [np.array([], np.float32), np.array([1, 1, 2], np.float32)], antialias=1,
                   mode="linear"), "without antialias"),
    "AveragePool": (one("AveragePool", (1, 2, 7), kernel_shape=[2], strides=[2], ceil_mode=1, count_include_pad=1),
                    "pad the input"),
    "Conv": (one("Conv", (2, 3, 9), [normal(4, 3, 2)]), "batch to 1"),
    "ConvTranspose": (one("ConvTranspose", (2, 3, 9), [normal(3, 4, 2)]), "batch to 1"),
}  # fmt: skip


@pytest.mark.parametrize("operator", REFUSED)
def test_what_cannot_be_compiled_is_named_with_a_remedy(operator):
    made, remedy = REFUSED[operator]
    with pytest.raises(CompileError) as caught:
        plan_of(made.SerializeToString())
    told = str(caught.value)
    assert operator in told
    assert f"{operator.lower()}0" in told
    assert remedy in told
    assert "\n" not in told


@pytest.mark.parametrize("opset", [9, 11, 12])
def test_files_of_older_opsets_are_understood(tmp_path, opset):
    bounds = {"min": -0.5, "max": 0.8} if opset < 11 else {}
    nodes = [
        ("Clip", ["x", *(["low", "high"] if opset > 9 else [])], "c", bounds),
        ("Unsqueeze", ["c"], "u", {"axes": [2]}),
        ("ReduceSum", ["u"], "r", {"axes": [2], "keepdims": 0}),
        ("Softmax", ["r"], "y", {"axis": 1}),  # over all that follow, in these
    ]
    constants = {"low": np.float32(-0.5), "high": np.float32(0.8)} if opset > 9 else {}
    made = model(nodes, (1, 3, 4), constants, opset=opset)
    x = normal(1, 3, 4)
    assert np.abs(Programs(tmp_path, {"old": made}, SANITIZED)("old", x) - reference(made, x)).max() < BAR


def test_open_sizes_and_wrong_files_are_refused(tmp_path):
    made = one("Relu", (1, 3, 4))
    made.graph.input[0].type.tensor_type.shape.dim[2].dim_param = "time"
    with pytest.raises(CompileError, match="fixed sizes"):
        plan_of(made.SerializeToString())
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(CompileError, match=r"text\.onnx is no ONNX model"):
        plan_of(tmp_path / "text.onnx")
