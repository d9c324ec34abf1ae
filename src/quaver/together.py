"""Several sounds of one source, heard together: what they have in common is taken out before any is answered."""

from collections.abc import Callable, Sequence

from quaver.errors import AudioError
from quaver.predict import Array, Predictor, Sound
from quaver.prediction import Prediction
from quaver.profiles import Profile


def together(
    predictor: Predictor, sounds: Sequence[Sound], progress: Callable[[int, int], None] = lambda done, total: None
) -> list[Prediction | AudioError]:
    """Hear all sounds, make a profile of them as of one voice, and answer each anew with it; nothing is kept.

    A room, a line, a language or a way of acting moves all clips of a source the same way, and a network that has not
    heard the source takes that for a mood. docs/small.md says what it is worth on corpora never heard.

    Args:
        predictor: of a bundle that can adapt.
        sounds: files, or open binary files.
        progress: receives (done, total).

    Returns:
        For each sound its prediction, or why there is none.

    Raises:
        ProfileError: this bundle's network cannot adapt to voices.
    """
    common = Profile("together", predictor.network.model)
    found: list[tuple[Prediction, Array] | AudioError] = []
    for done, sound in enumerate(sounds, start=1):
        try:
            before, voices = predictor.overhear(sound)
            if len(known := voices[predictor.familiar(before)]):
                common = common.heard(known.mean(axis=0))
            found.append((before, voices))
        except AudioError as error:
            found.append(error)
        progress(done, len(sounds))
    return [each if isinstance(each, AudioError) else predictor.again(*each, common) for each in found]
