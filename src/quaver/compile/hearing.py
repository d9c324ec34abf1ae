"""How long a sound a program hears at once, where that is to be less or more than the bundle has it."""

from dataclasses import replace

from quaver import audio
from quaver.bundle import Bundle
from quaver.errors import CompileError
from quaver.frontend import FrontendSpec, LogmelSpec
from quaver.windows import whole

LONGEST = 30.0  # seconds


def hearing(bundle: Bundle, seconds: float) -> Bundle:
    """Give the bundle with other windows, for the C and for Python alike.

    Args:
        bundle: whose card has windows.
        seconds: up to which a sound is heard as a whole, and of the windows of longer ones, which overlap as before.
            They become whole frames of a spectrogram, so that windows share them.

    Raises:
        CompileError: nothing can be heard in that time.
    """
    card = bundle.card
    if not audio.SHORTEST <= seconds <= LONGEST:
        raise CompileError(f"a program hears {audio.SHORTEST:g} to {LONGEST:g} s at once; got --seconds {seconds:g}.")
    grain, rate = _grain(card.spec), card.spec.sample_rate
    window, hop = (
        max(round(s * rate / grain), 1) * grain / rate
        for s in (seconds, seconds * card.window["hop"] / card.window["seconds"])
    )
    return replace(bundle, card=replace(card, window={"seconds": window, "hop": min(hop, window), "whole": window}))


def told(bundle: Bundle) -> str:
    """Say what other windows mean for the answers."""
    seconds, hop = (bundle.card.window[key] for key in ("seconds", "hop"))
    return (
        f"hears up to {whole(bundle.card.window):g} s as a whole and longer sounds in windows of {seconds:g} s every "
        f"{hop:g} s; `quaver predict` answers otherwise for longer ones, and no score was measured with these windows"
    )


def _grain(spec: FrontendSpec) -> int:
    """Count the samples of which windows are made."""
    return spec.hop if isinstance(spec, LogmelSpec) else 1
