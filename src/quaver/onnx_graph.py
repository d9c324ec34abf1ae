"""An ONNX graph that grows by one layer after another, with batch normalisation folded and sequences laid out.

Sequences are (batch, channels, 1, time): ONNX Runtime runs a 2-D convolution of height one faster than a 1-D one. No
node transposes anything on the way: the rows of the dense layer after a flatten are reordered instead. Only where
attention begins they become (batch, time, channels), as `arrange` does it.
"""

from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver.errors import BundleError

if TYPE_CHECKING:
    import onnx

Array = np.ndarray[Any, np.dtype[Any]]

OPSET = 20  # the first with Gelu
IR_VERSION = 9  # the one that came with it
INPUT, OUTPUT = "features", "probabilities"
SEQUENCE = "the network ends in a sequence; its last layer must give one row of probabilities."
VOICE, VOICE_MEAN, VOICE_DEVIATION = "voice", "voice_mean", "voice_deviation"  # of networks that know speakers

ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("Relu", {}),
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "elu": ("Elu", {"alpha": 1.0}),
    "gelu": ("Gelu", {"approximate": "none"}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.2}),  # Keras's slope
    "softplus": ("Softplus", {}),
    "selu": ("Selu", {}),
    "mish": ("Mish", {}),
    "softmax": ("Softmax", {}),
}


class Nodes:
    """The ONNX nodes so far, and the shape of the last tensor as Keras sees it, without the batch."""

    def __init__(self, shape: tuple[int | None, ...]) -> None:
        self.input_shape = shape
        self.shape: tuple[Any, ...] = shape
        self.nodes: list[tuple[str, str, list[str], dict[str, Any]]] = []  # operator, name, inputs, attributes
        self.weights: dict[str, Array] = {}
        self.given: dict[str, tuple[str, tuple[Any, ...]]] = {}  # tensors that come out too: public name, shape
        self.options: dict[str, Array] = {}  # inputs that have a value unless somebody gives another
        self.by_time = False  # whether the last tensor is (batch, time, channels)
        self.tensor = INPUT

    def add(self, operator: str, name: str, *weights: tuple[str, Array], **attributes: Any) -> None:
        """Append a node that works on the last tensor; its further inputs are constants called `name/...`."""
        names = [f"{name}/{suffix}" for suffix, _ in weights]
        self.weights.update(zip(names, (values for _, values in weights), strict=True))
        self.join(operator, name, self.tensor, *names, **attributes)

    def join(self, operator: str, name: str, *tensors: str, **attributes: Any) -> None:
        """Append a node that works on these tensors, which exist already."""
        self.nodes.append((operator, name, list(tensors), attributes))
        self.tensor = f"{name}:0"

    def give(self, name: str) -> None:
        """Let the last tensor come out of the network, beside the probabilities."""
        self.given[self.tensor] = name, self.shape

    def option(self, name: str, values: Array) -> str:
        """Add an input that may be left out, and name it."""
        self.options[name] = values
        return name

    def settle(self) -> None:
        """Write what waits to be absorbed by a layer; here nothing does."""

    def finish(self) -> "onnx.ModelProto":
        """Make the ModelProto and have it checked."""
        import onnx
        from onnx import helper, numpy_helper

        if len(self.shape) != 1:
            raise BundleError(SEQUENCE)
        public = {tensor: name for tensor, (name, _) in self.given.items()} | {self.tensor: OUTPUT}
        nodes = [
            helper.make_node(
                operator, [public.get(i, i) for i in inputs], [public.get(f"{name}:0", f"{name}:0")], name, **attributes
            )
            for operator, name, inputs, attributes in self.nodes
        ]
        kept = (np.int64, np.float16)  # shapes and indices, and tables that are meant so
        values = self.weights | self.options
        single = {name: v if v.dtype in kept else v.astype(np.float32) for name, v in values.items()}
        taken = {INPUT: ("batch", *(size or "frames" for size in self.input_shape))}
        taken |= {name: v.shape for name, v in self.options.items()}
        coming = {OUTPUT: ("batch", *self.shape)} | {name: ("batch", *shape) for name, shape in self.given.values()}
        graph = helper.make_graph(
            nodes,
            "quaver",
            [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name, shape in taken.items()],
            [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name, shape in coming.items()],
            [numpy_helper.from_array(np.asarray(values, order="C"), name) for name, values in single.items()],
        )
        model = helper.make_model(
            graph,
            producer_name="quaver",
            producer_version=version("quaver"),
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
        )
        onnx.checker.check_model(model, full_check=True)
        return model


class Graph(Nodes):
    """A chain: the shape of its last tensor is (n,) or (time, channels), or as a picture (time, bands, channels).

    The time is None where it depends on the clip; then nothing may flatten it. Pictures are laid out as (batch,
    channels, bands, time).
    """

    def __init__(self, shape: tuple[int | None, ...]) -> None:
        super().__init__(shape)
        self.waiting: tuple[str, Array, Array] | None = None  # name, scale, shift, which the next layer may absorb
        self.unrolled: tuple[int, int] | None = None  # (time, channels) whose values lie channel by channel in (n,)
        self.edges = 0, 0  # zeros that the next convolution adds before and after
        self.borders: tuple[tuple[int, int], ...] = ((0, 0), (0, 0))  # likewise of a picture, in time and bands
        if len(shape) > 2 or shape[-1] is None:
            raise BundleError(f"networks on (n,) or (time, channels) can be exported; this one takes {shape}.")
        if len(shape) == 2:
            if 1 not in shape:
                self.add("Transpose", "features/by_channel", perm=[0, 2, 1])
            self.lay_out("features/sequence")

    def arrange(self, name: str, by_time: bool) -> None:
        """Make (batch, time, channels) of a sequence, or (batch, channels, 1, time) again, unless it is so already."""
        if len(self.shape) == 1 or self.by_time == by_time:
            return
        self.settle()
        if by_time:
            self.add("Squeeze", f"{name}/sequence", ("axis", np.array([2], np.int64)))
            self.add("Transpose", f"{name}/by_time", perm=[0, 2, 1])
        else:
            self.add("Transpose", f"{name}/by_channel", perm=[0, 2, 1])
            self.lay_out(f"{name}/sequence")
        self.by_time = by_time

    def lay_out(self, name: str) -> None:
        """Make (batch, channels, 1, time) of values that already lie in that order."""
        time, channels = self.shape
        self.add("Reshape", name, ("shape", np.array([0, channels, 1, -1 if time is None else time], np.int64)))

    def to_picture(self, name: str, bands: int, channels: int) -> None:
        """Make (time, bands, channels) of (time, bands * channels)."""
        self.settle()
        time = -1 if self.shape[0] is None else self.shape[0]
        if channels == 1:
            self.add("Reshape", f"{name}/picture", ("shape", np.array([0, 1, bands, time], np.int64)))
        else:
            self.add("Reshape", f"{name}/parted", ("shape", np.array([0, bands, channels, time], np.int64)))
            self.add("Transpose", f"{name}/picture", perm=[0, 2, 1, 3])
        self.shape = (self.shape[0], bands, channels)

    def to_sequence(self, name: str) -> None:
        """Make (time, bands * channels) of a picture."""
        self.settle()
        time, bands, channels = self.shape
        self.add("Transpose", f"{name}/by_band", perm=[0, 2, 1, 3])
        self.shape = (time, bands * channels)
        self.lay_out(name)

    def broadcast(self, values: Array) -> Array:
        """Shape one value a feature or channel so that it meets the last tensor."""
        return self.unroll(values) if len(self.shape) == 1 else values.reshape(1, -1, 1, 1)

    def unroll(self, values: Array) -> Array:
        """Reorder the rows of `values` from Keras's (time, channels) to the (channels, time) that a flatten leaves."""
        if self.unrolled is None:
            return values
        return values.reshape(*self.unrolled, *values.shape[1:]).swapaxes(0, 1).reshape(values.shape)

    def scale(self, name: str, scale: Array, shift: Array) -> None:
        """Scale and shift every channel: inside the weights just written, or inside the next, or as two nodes."""
        self.settle()
        if self.nodes and self.nodes[-1][0] in ("Conv", "Gemm"):
            kernel, bias = self.nodes[-1][2][1:3]
            self.weights[kernel] = self.weights[kernel] * scale.reshape(-1, *[1] * (self.weights[kernel].ndim - 1))
            self.weights[bias] = self.weights[bias] * scale + shift
        else:
            self.waiting = name, scale, shift

    def settle(self) -> None:
        """Write the scale that no layer has absorbed as nodes of its own."""
        if self.waiting:
            name, scale, shift = self.waiting
            self.waiting = None
            self.add("Mul", f"{name}/scale", ("by", self.broadcast(scale)))
            self.add("Add", f"{name}/shift", ("by", self.broadcast(shift)))

    def absorb(self, kernel: Array, bias: Array) -> tuple[Array, Array]:
        """Take a waiting scale into a kernel (..., in, out) that sees every value of its input."""
        if self.waiting:
            _, scale, shift = self.waiting
            self.waiting = None
            bias = bias + (shift @ kernel).reshape(-1, len(bias)).sum(axis=0)
            kernel = kernel * scale[:, None]
        return kernel, bias

    def convolve(self, name: str, kernel: Array, bias: Array | None, config: dict[str, Any], groups: int = 1) -> None:
        """Convolve over time; `kernel` as in Keras: (width, in / groups, out)."""
        kernel, bias = float64(kernel), np.zeros(kernel.shape[-1]) if bias is None else float64(bias)
        stride, dilation = config["strides"][0], config["dilation_rate"][0]
        time = self.shape[0] if self.shape[0] is None else self.shape[0] + sum(self.edges)
        before, after, steps = padding(config["padding"], time, len(kernel), stride, dilation)
        (zeros_before, zeros_after), self.edges = self.edges, (0, 0)
        before, after = before + zeros_before, after + zeros_after
        if groups == 1 and before == after == 0:
            kernel, bias = self.absorb(kernel, bias)
        self.settle()
        self.add(
            "Conv",
            name,
            ("kernel", kernel.transpose(2, 1, 0)[:, :, None, :]),
            ("bias", bias),
            kernel_shape=[1, len(kernel)],
            pads=[0, before, 0, after],
            strides=[1, stride],
            dilations=[1, dilation],
            group=groups,
        )
        self.shape = (steps, len(bias))

    def flatten(self, name: str) -> None:
        """Flatten (time, channels); the values stay where they are, channel by channel."""
        if len(self.shape) == 1:
            return
        time, channels = self.shape
        if time is None:
            raise BundleError(f"the layer {name!r} flattens a sequence of any length; pool over time before it.")
        if self.waiting:
            bn, scale, shift = self.waiting
            self.waiting = bn, np.tile(scale, time), np.tile(shift, time)
        self.add("Flatten", name, axis=1)
        self.shape, self.unrolled = (time * channels,), (time, channels)

    def finish(self) -> "onnx.ModelProto":
        """Make the ModelProto and have it checked."""
        self.settle()
        if len(self.shape) == 1 and self.unrolled and 1 not in self.unrolled:
            raise BundleError(SEQUENCE)
        return super().finish()


NodesRule = Callable[[Nodes, str, dict[str, Any], list[Array]], None]  # one that chains and others share
Rule = Callable[[Graph, str, dict[str, Any], list[Array]], None]  # adds a layer: name, configuration, weights


def float64(values: Array) -> Array:
    """Widen weights before they are folded, which would cost a digit in float32."""
    return np.asarray(values, dtype=np.float64)


def padding(kind: str, steps: int | None, width: int, stride: int, dilation: int = 1) -> tuple[int, int, int | None]:
    """Give the zeros before and after, and the steps that come out, as Keras counts ("same": the odd one after).

    Raises:
        BundleError: "same" with a stride over sequences of any length, where the zeros depend on the length.
    """
    reach = (width - 1) * dilation + 1
    if kind == "same":
        if steps is None and stride > 1:
            raise BundleError(
                'padding="same" with a stride depends on the length of the sequence; put ZeroPadding1D in front.'
            )
        total = max((-(-(steps or reach) // stride) - 1) * stride + reach - (steps or reach), 0)
        before = total // 2
    else:
        total = before = reach - 1 if kind == "causal" else 0
    return before, total - before, None if steps is None else (steps + total - reach) // stride + 1
