"""A Whisper encoder of random weights, and what its paper says that it computes, in NumPy alone."""

import math

import numpy as np

WIDTH, MELS = 128, 80  # two heads of attention
_erf = np.vectorize(math.erf)


def weights(blocks: int = 3, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)

    def draw(*shape: int) -> np.ndarray:
        return (rng.normal(size=shape) / math.sqrt(np.prod(shape[1:]) or 4)).astype(np.float16).astype(np.float32)

    made = {"conv1.weight": draw(WIDTH, MELS, 3), "conv1.bias": draw(WIDTH)}
    made |= {"conv2.weight": draw(WIDTH, WIDTH, 3), "conv2.bias": draw(WIDTH)}
    made["positional_embedding"] = draw(1500, WIDTH)
    sizes = {"attn.query": (WIDTH, WIDTH), "attn.key": (WIDTH, WIDTH), "attn.value": (WIDTH, WIDTH)}
    sizes |= {"attn.out": (WIDTH, WIDTH), "mlp.0": (4 * WIDTH, WIDTH), "mlp.2": (WIDTH, 4 * WIDTH)}
    for block in range(blocks):
        for name, shape in sizes.items():
            made[f"blocks.{block}.{name}.weight"] = draw(*shape)
            if name != "attn.key":
                made[f"blocks.{block}.{name}.bias"] = draw(shape[0])
        for name in ("attn_ln", "mlp_ln"):
            made[f"blocks.{block}.{name}.weight"] = (1 + draw(WIDTH)).astype(np.float16).astype(np.float32)
            made[f"blocks.{block}.{name}.bias"] = draw(WIDTH)
    return made


def encode(features: np.ndarray, w: dict[str, np.ndarray], blocks: float) -> np.ndarray:
    """Compute (frames, mels) to (steps, width) in double precision; half a block ends after attention."""
    x = gelu(convolve(features.astype(float), w["conv1.weight"], 1) + w["conv1.bias"])
    x = gelu(convolve(x, w["conv2.weight"], 2) + w["conv2.bias"])
    x = x + w["positional_embedding"][: len(x)]
    for half in range(round(2 * blocks)):
        of_block = {name.removeprefix(f"blocks.{half // 2}."): v for name, v in w.items()}
        x = think(x, of_block) if half % 2 else attend(x, of_block)
    return x


def attend(x: np.ndarray, w: dict[str, np.ndarray]) -> np.ndarray:
    h = norm(x, w["attn_ln.weight"], w["attn_ln.bias"])
    query, value = (h @ w[f"attn.{n}.weight"].T + w[f"attn.{n}.bias"] for n in ("query", "value"))
    key = h @ w["attn.key.weight"].T
    mixed = []
    for head in range(x.shape[1] // 64):
        part = slice(64 * head, 64 * head + 64)
        scores = query[:, part] @ key[:, part].T / 8
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        mixed.append(scores / scores.sum(axis=1, keepdims=True) @ value[:, part])
    return x + np.hstack(mixed) @ w["attn.out.weight"].T + w["attn.out.bias"]


def think(x: np.ndarray, w: dict[str, np.ndarray]) -> np.ndarray:
    h = norm(x, w["mlp_ln.weight"], w["mlp_ln.bias"])
    return x + gelu(h @ w["mlp.0.weight"].T + w["mlp.0.bias"]) @ w["mlp.2.weight"].T + w["mlp.2.bias"]


def convolve(x: np.ndarray, kernel: np.ndarray, stride: int) -> np.ndarray:
    padded = np.pad(x, ((1, 1), (0, 0)))
    return np.array([np.einsum("tc,oct->o", padded[t : t + 3], kernel) for t in range(0, len(x), stride)])


def gelu(x: np.ndarray) -> np.ndarray:
    return x * (1 + _erf(x / math.sqrt(2))) / 2


def norm(x: np.ndarray, scale: np.ndarray, shift: np.ndarray) -> np.ndarray:
    return (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + 1e-5) * scale + shift
