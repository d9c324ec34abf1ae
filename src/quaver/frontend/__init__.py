"""From samples to features. A spec holds the numbers; `features` computes what the spec describes."""

from quaver.errors import SpecError
from quaver.frontend import article, logmel
from quaver.frontend.spec import ArticleSpec, FrontendSpec, LogmelSpec, from_dict
from quaver.frontend.tables import Array

__all__ = ["NAMES", "ArticleSpec", "FrontendSpec", "LogmelSpec", "features", "from_dict", "spec"]

# 32 ms, a power of two, every 20 ms: 150 frames for 3 s. The loudest value is 1, six decades of power below it -1.
_NANO = LogmelSpec(
    "logmel-nano",
    n_fft=512,
    hop=320,
    n_mels=48,
    mel_low=60.0,
    floor_decades=6.0,
    offset=3.0,
    scale=3.0,
    peak=0.0,
    pause=None,
)
_SPECS: dict[str, FrontendSpec] = {
    made.name: made for made in (ArticleSpec(), ArticleSpec(name="article-edge", tuning=0.0), LogmelSpec(), _NANO)
}
NAMES = tuple(_SPECS)


def spec(name: str) -> FrontendSpec:
    """Give the frontend of that name.

    Example:
        >>> spec("article-edge").shape
        (162,)

    Raises:
        SpecError: no frontend has that name.
    """
    if name not in _SPECS:
        raise SpecError(f"unknown frontend {name!r}; expected one of: {', '.join(NAMES)}.")
    return _SPECS[name]


def features(samples: Array, spec: FrontendSpec) -> Array:
    """Compute the features of one clip.

    Args:
        samples: (n,) float32, one channel at `spec.sample_rate`.
        spec: which features, and with which numbers.

    Returns:
        `spec.shape` float32, a number of its own where that says None.

    Raises:
        SpecError: nothing here computes that kind of spec.
        AudioError: the samples are unusable.
    """
    if isinstance(spec, ArticleSpec):
        return article.features(samples, spec)
    if isinstance(spec, LogmelSpec):
        return logmel.features(samples, spec)
    raise SpecError(f"no frontend computes a {type(spec).__name__}.")
