"""What a program keeps of a speaker, where its network adapts to voices: see `quaver.profiles`."""

from quaver.compile.plan import Plan
from quaver.onnx_graph import VOICE, VOICE_DEVIATION, VOICE_MEAN
from quaver.profiles import ENOUGH, SMALLEST

# How functions hand over whose voice it is; nothing where the network does not adapt.
MARKS = {"TAKES_PROFILE": "const quaver_profile *profile, float *voices, ", "PROFILE": "profile, voices, "}
NOBODY = {"NOBODY": "0, 0, "}


def size(plan: Plan) -> int:
    """Count the values that describe a voice; 0 where the network does not adapt."""
    return plan.tensors[VOICE].shape[-1] if VOICE in plan.graph.outputs else 0


def marks(plan: Plan) -> dict[str, str]:
    """Give what stands in the kit for the marks of those who speak."""
    given = MARKS | NOBODY
    return given if size(plan) else dict.fromkeys(given, "")


def told(plan: Plan) -> list[str]:
    """Write how a network is told whose voice it hears, before its first step."""
    if not size(plan):
        return []
    mean, deviation = (f"arena + {plan.tensors[name].offset // 4}" for name in (VOICE_MEAN, VOICE_DEVIATION))
    return [f"profile_adaptation(profile, {mean}, {deviation});"]


def given(plan: Plan) -> list[str]:
    """Write how it tells what it noticed of the voice, after its last."""
    if not size(plan):
        return []
    at = plan.tensors[VOICE].offset // 4
    return [f"for (int i = 0; voices && i < {size(plan)}; i++)", f"    voices[i] += arena[{at} + i];"]


def macros() -> dict[str, float]:
    """Give the numbers of the rule by which a voice counts."""
    return {"PROFILE_ENOUGH": ENOUGH, "PROFILE_SMALLEST": SMALLEST}
