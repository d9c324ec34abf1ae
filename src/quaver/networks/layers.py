"""The Keras layers of Whisper's encoder, and pooling over time. Importing this module imports Keras."""

from collections.abc import Sequence
from typing import Any

from quaver.backend import keras
from quaver.sinusoids import sinusoids

_keras = keras()
_ops = _keras.ops
Layer = _keras.layers.Layer
TINY = 1e-7  # stands for a probability of 0 where its logarithm is needed
_registered = _keras.saving.register_keras_serializable("quaver")


@_registered  # type: ignore[untyped-decorator]
def known_crossentropy(target: Any, probabilities: Any) -> Any:
    """Give the cross-entropy (batch,) among the classes whose target is not -1, as if there were no others."""
    known = _ops.cast(target >= 0, probabilities.dtype)
    of_known = _ops.sum(probabilities * known, axis=-1, keepdims=True)
    short = _ops.log(_ops.maximum(of_known, TINY)) - _ops.log(_ops.maximum(probabilities, TINY))
    return _ops.sum(_ops.maximum(target, 0) * short, axis=-1)


@_registered
class Positions(Layer):  # type: ignore[misc, valid-type]
    """Add to each step of (batch, time, channels) where in time it lies: sines and cosines, as weights that stay."""

    def __init__(self, longest: int, **options: Any) -> None:
        super().__init__(**options)
        self.longest = longest

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Make the table for (batch, time, channels)."""
        table = sinusoids(self.longest, int(shape[-1] or 0))
        self.table = self.add_weight(
            shape=table.shape, initializer=lambda *_, **__: table, trainable=False, name="table"
        )

    def call(self, x: Any) -> Any:
        """Give x plus positions; x must not be longer than the table."""
        return x + self.table[: _ops.shape(x)[1]]

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Give the same shape."""
        return shape

    def get_config(self) -> dict[str, Any]:
        """Give what the constructor needs."""
        return {**super().get_config(), "longest": self.longest}


@_registered
class EncoderBlock(Layer):  # type: ignore[misc, valid-type]
    """A block of a transformer's encoder, normalised first: self-attention, then two dense layers, each added.

    Vaswani et al. 2017, in the form of Radford et al. 2022: keys have no bias, GELU is exact. Half a block ends after
    attention.
    """

    def __init__(
        self, heads: int, expansion: int = 4, epsilon: float = 1e-5, half: bool = False, **options: Any
    ) -> None:
        super().__init__(**options)
        self.heads, self.expansion, self.epsilon, self.half = heads, expansion, epsilon, half

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Make the weights for (batch, time, channels)."""
        width = int(shape[-1] or 0)
        dense, norm = _keras.layers.Dense, _keras.layers.LayerNormalization
        self.before_attention = norm(epsilon=self.epsilon, name="before_attention")
        self.query = dense(width, name="query")
        self.key = dense(width, use_bias=False, name="key")
        self.value = dense(width, name="value")
        self.out = dense(width, name="out")
        for layer in (self.before_attention, self.query, self.key, self.value, self.out):
            layer.build((None, None, width))
        if not self.half:
            self.before_dense = norm(epsilon=self.epsilon, name="before_dense")
            self.wide = dense(self.expansion * width, name="wide")
            self.narrow = dense(width, name="narrow")
            for layer in (self.before_dense, self.wide):
                layer.build((None, None, width))
            self.narrow.build((None, None, self.expansion * width))
        self.built = True

    def call(self, x: Any) -> Any:
        """Give (batch, time, channels) of the same shape."""
        x = self.first(x)
        return x if self.half else self.second(x)

    def first(self, x: Any) -> Any:
        """Add what attention gives."""
        return x + self.out(self._attended(self.before_attention(x)))

    def second(self, x: Any) -> Any:
        """Add what the dense layers give."""
        wide = _ops.gelu(self.wide(self.before_dense(x)), approximate=False)
        return x + self.narrow(wide)

    def _attended(self, x: Any) -> Any:
        width = x.shape[-1] // self.heads
        query, key, value = (self._split(part(x), width) for part in (self.query, self.key, self.value))
        weights = _ops.softmax(_ops.matmul(query, _ops.transpose(key, (0, 1, 3, 2))) / width**0.5)
        mixed = _ops.transpose(_ops.matmul(weights, value), (0, 2, 1, 3))
        return _ops.reshape(mixed, (-1, *_ops.shape(x)[1:]))

    def _split(self, x: Any, width: int) -> Any:
        """Give (batch, heads, time, width)."""
        parts = _ops.reshape(x, (-1, _ops.shape(x)[1], self.heads, width))
        return _ops.transpose(parts, (0, 2, 1, 3))

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Give the same shape."""
        return shape

    def get_config(self) -> dict[str, Any]:
        """Give what the constructor needs."""
        own = {"heads": self.heads, "expansion": self.expansion, "epsilon": self.epsilon, "half": self.half}
        return {**super().get_config(), **own}


@_registered
class Speaker(Layer):  # type: ignore[misc, valid-type]
    """Where what is known of a speaker's voice comes in: nothing in Keras, inputs with defaults once exported.

    The values (batch, n) that pass here have mean 0 and deviation 1 over the training clips. The exported network gives
    them as `voice`, and takes the mean and deviation that they have for one speaker, by default 0 and 1.
    """

    def call(self, x: Any) -> Any:
        """Give x."""
        return x


@_registered
class Members(Layer):  # type: ignore[misc, valid-type]
    """A dense layer for each of several members, who each have their own part of the values.

    (batch, members * n) to (batch, members, labels).
    """

    def __init__(
        self, members: int, labels: int, kernel_regularizer: Any = None, seed: int | None = None, **options: Any
    ) -> None:
        super().__init__(**options)
        self.members, self.labels, self.seed = members, labels, seed
        self.kernel_regularizer = _keras.regularizers.get(kernel_regularizer)

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Make the weights for (batch, members * n)."""
        inner = int(shape[-1] or 0) // self.members
        most = (6 / (inner + self.labels)) ** 0.5  # Glorot's, for each member
        start = _keras.initializers.RandomUniform(-most, most, seed=self.seed)
        kernel = (self.members, inner, self.labels)
        self.kernel = self.add_weight(kernel, initializer=start, regularizer=self.kernel_regularizer, name="kernel")
        self.bias = self.add_weight((self.members, self.labels), initializer="zeros", name="bias")

    def call(self, x: Any) -> Any:
        """Give what each member makes of its part."""
        parts = _ops.reshape(x, (-1, *self.kernel.shape[:2]))
        return _ops.einsum("bmi,mil->bml", parts, self.kernel) + self.bias

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, int, int]:
        """Give (batch, members, labels)."""
        return shape[0], self.members, self.labels

    def get_config(self) -> dict[str, Any]:
        """Give what the constructor needs."""
        own = {"members": self.members, "labels": self.labels, "seed": self.seed}
        return {
            **super().get_config(),
            **own,
            "kernel_regularizer": _keras.regularizers.serialize(self.kernel_regularizer),
        }


@_registered
class Statistics(Layer):  # type: ignore[misc, valid-type]
    """Mean and standard deviation over time: (batch, time, channels) to (batch, 2 channels)."""

    def __init__(self, floor: float = 1e-6, **options: Any) -> None:
        super().__init__(**options)
        self.floor = floor  # of the variance, so that its root has a slope everywhere

    def call(self, x: Any) -> Any:
        """Give the means, then the deviations."""
        mean = _ops.mean(x, axis=1, keepdims=True)
        variance = _ops.mean(_ops.square(x - mean), axis=1)
        return _ops.concatenate([mean[:, 0], _ops.sqrt(variance + self.floor)], axis=-1)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, int]:
        """Give (batch, 2 channels)."""
        return shape[0], 2 * int(shape[-1] or 0)

    def get_config(self) -> dict[str, Any]:
        """Give what the constructor needs."""
        return {**super().get_config(), "floor": self.floor}


@_registered
class StatisticsByDepth(Layer):  # type: ignore[misc, valid-type]
    """Blocks of an encoder, and the statistics over time of what comes after some of their halves.

    (batch, time, channels) to (batch, 2 channels a depth). Depths count halves of blocks: 1 lies after the attention of
    the first block, 2 after its dense layers, 3 after the attention of the second. Low ones are nearer to sound, high
    ones to words.
    """

    def __init__(
        self,
        depths: Sequence[int],
        heads: int,
        expansion: int = 4,
        epsilon: float = 1e-5,
        floor: float = 1e-6,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.depths, self.floor = sorted(depths), floor
        self.block: dict[str, Any] = {"heads": heads, "expansion": expansion, "epsilon": epsilon}

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Make the blocks for (batch, time, channels)."""
        self.statistics = Statistics(self.floor, name="statistics")
        last = self.depths[-1]
        self.parts = [
            EncoderBlock(**self.block, half=depth == last, name=f"block{depth // 2 + 1}")
            for depth in range(1, last + 1, 2)
        ]
        for block in self.parts:
            block.build(shape)
        self.built = True

    def call(self, x: Any) -> Any:
        """Give the statistics, those of the lowest depth first."""
        heard = []
        for depth in range(1, self.depths[-1] + 1):
            block = self.parts[(depth - 1) // 2]
            x = block.first(x) if depth % 2 else block.second(x)
            if depth in self.depths:
                heard.append(self.statistics(x))
        return _ops.concatenate(heard, axis=-1)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, int]:
        """Give (batch, 2 channels * depths)."""
        return shape[0], 2 * int(shape[-1] or 0) * len(self.depths)

    def get_config(self) -> dict[str, Any]:
        """Give what the constructor needs."""
        return {**super().get_config(), **self.block, "depths": self.depths, "floor": self.floor}


def continued(x: Any, model: Any) -> Any:
    """Apply copies of a chain's layers, without its input, to a tensor."""
    for layer in model.layers[1:]:
        copy = type(layer).from_config(layer.get_config())
        x = copy(x)
        copy.set_weights(layer.get_weights())
    return x
