"""Save memory: compute a convolution band by band for the one that follows, so that what lies between is never whole.

Worth it where the first is cheap, because the edges of the bands are computed twice; and only where memory matters more
than speed, because the weights of the second are read once a band.
"""

from math import ceil

from quaver.compile.halo import cleared
from quaver.compile.plan import Call, Plan, Step
from quaver.compile.sizes import opened
from quaver.compile.tensor import BYTE, Tensor

PLACES = 16  # of the second convolution in a band, about
TWICE = 0.05  # of the second convolution's work may be spent on computing edges twice
SLACK = 64  # bytes that a vector may read past the last value


def join(plan: Plan) -> None:
    """Join pairs of steps where that saves memory at little cost."""
    for first in list(plan.steps):
        second = _only_reader(plan, first)
        if second is None or first.call is None or second.call is None:
            continue
        between = plan.tensors[first.operands["y"]]
        if between.last and _possible(first.call, second.call) and _worth_it(first, second, between):
            plan.steps[plan.steps.index(first)] = _joined(plan, first, second, between)
            plan.steps.remove(second)
            del plan.tensors[between.name]


def _only_reader(plan: Plan, step: Step) -> Step | None:
    name = step.operands["y"]
    readers = [other for other in plan.steps if other is not step and name in _memories(plan, other)]
    last = plan.memory(plan.output.name).name
    return readers[0] if len(readers) == 1 and name != last and name in readers[0].operands.values() else None


def _memories(plan: Plan, step: Step) -> set[str]:
    return {plan.memory(name).name for name in step.operands.values()}


def _possible(a: Call, b: Call) -> bool:
    if opened((*a.fields.values(), *b.fields.values())):
        return False
    along = a.fields["rows"] == b.fields["rows"] == b.fields["taps_down"] == a.fields["pool"] == 1
    last = (b.fields["places"] - 1) * b.fields["x_step"] + b.start  # where the last place begins
    return along and last < a.fields["places"] * a.fields["y_step"]


def _band(call: Call) -> int:
    """Choose the places of a band: whole pools."""
    pool = call.fields["pool"]
    return pool * max(1, PLACES // pool)


def _reach(call: Call, places: int, channels: int) -> int:
    """Count the places of the input that so many places of the output meet."""
    given = call.fields
    values = (places - 1) * given["x_step"] + (given["taps_along"] - 1) * given["tap_step"] + given["run"]
    return ceil(values / channels)


def _worth_it(first: Step, second: Step, between: Tensor) -> bool:
    assert second.call is not None  # noqa: S101 - the caller has seen it
    band, channels = _band(second.call), between.shape[1]
    more = first.macs * (_reach(second.call, band, channels) * channels / (band * second.call.fields["x_step"]) - 1)
    return more <= TWICE * second.macs and 2 * _bytes(second.call, between) < between.bytes


def _bytes(call: Call, between: Tensor) -> int:
    return _reach(call, _band(call), between.shape[1]) * between.shape[1] * between.width + SLACK


def _joined(plan: Plan, first: Step, second: Step, between: Tensor) -> Step:
    a, b = first.call, second.call
    assert a is not None  # noqa: S101
    assert b is not None  # noqa: S101
    fill, zero = ("fill_u8", str(between.zero)) if between.kind == BYTE else ("fill_f32", "0.0f")
    pointer = "unsigned char *band = (unsigned char *)scratch;" if between.kind == BYTE else "float *band = scratch;"
    channels, whole, total, band = between.shape[1], a.fields["places"], b.fields["places"], _band(b)
    step = b.fields["x_step"] // channels
    y = f"y + place / {b.fields['pool']} * {b.fields['y_step']}"
    body = [
        *_shape("first", a),
        *_shape("second", b),
        f"{pointer} /* ({_reach(b, band, channels)} x {channels}) of ({whole} x {channels}) */",
        *cleared(plan.tensors[second.operands["y"]], "y"),
        f"for (int place = 0; place < {total}; place += {band}) {{",
        f"    const int count = {total} - place < {band} ? {total} - place : {band};",
        f"    const int from = place * {step} - {-b.start // channels};",
        f"    const int to = from + count * {step} + {_reach(b, 1, channels) - step};",
        f"    const int begin = from > 0 ? from : 0, end = to < {whole} ? to : {whole};",
        "    first.places = end - begin;",
        "    second.places = count;",
        f"    {fill}(band, (begin - from) * {channels}, {zero});",
        f"    {fill}(band + (end - from) * {channels}, (to - end) * {channels}, {zero});",
        f"    {a.kernel}(&first, {', '.join(a.constants)}, x + (begin * {a.fields['x_step']} - {-a.start}),",
        f"    {' ' * len(a.kernel)} band + (begin - from) * {channels});",
        f"    {b.kernel}(&second, {', '.join(b.constants)}, band, {y});",
        "}",
    ]
    operands = {"y": second.operands["y"], "x": first.operands["x"]}
    about = f"{first.about}, band by band for\n * {second.about}"
    return Step(second.name, about, operands, body, first.macs + second.macs, scratch=_bytes(b, between))


def _shape(name: str, call: Call) -> list[str]:
    """Write a shape whose places change from band to band."""
    return [line.replace("static const conv_shape shape", f"conv_shape {name}") for line in call.lines()[:-1]]
