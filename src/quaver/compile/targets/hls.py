"""C for high-level synthesis: the network alone, with fixed bounds; checked by the host's compiler."""

from quaver.compile import hls
from quaver.compile.targets import Target

TARGETS = (
    Target(
        "hls",
        "C for high-level synthesis: the network, with fixed bounds",
        constants="text",
        cross=False,
        whole=True,
        product="quaver_check",
        reduced=hls.reduced,
        sources=hls.files,
        builder=hls.build,
        answers=hls.answers,
    ),
)
