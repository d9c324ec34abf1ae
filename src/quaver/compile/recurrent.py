"""Say LSTM and GRU by products of all steps at once, and by what goes from step to step."""

import numpy as np

from quaver.compile.graph import Array, Node, Shape
from quaver.compile.sizes import opened
from quaver.compile.words import Words

_GATES = {"LSTM": 4, "GRU": 3}
_USUAL = {"LSTM": ("sigmoid", "tanh", "tanh"), "GRU": ("sigmoid", "tanh")}
_AFTER = {"LSTM": 7, "GRU": 6}  # the input from which on something unusual comes
_PLAIN = {"clip": 0, "input_forget": 0}


def directions(words: Words, shape: Shape) -> list[Node]:
    """LSTM and GRU: each direction alone, joined again; the last step of each is the second output."""
    node = words.node
    _check(node, shape)
    kernel, recurrent = (_constant(words, index) for index in (1, 2))
    turned = bool(node.attributes.get("layout", 0))  # (sequences, time, values) instead of (time, sequences, values)
    x = words.say("Transpose", node.inputs[0], perm=[1, 0, 2]) if turned else node.inputs[0]
    both = [_direction(words, index, kernel, recurrent, x) for index in range(len(kernel))]
    one = words.keep("one", np.array([1]))
    apart = [words.say("Unsqueeze", name, one) for name in both]
    graph = words.graph
    wanted = [bool(name and (name in graph.outputs or graph.consumers(name))) for name in (*node.outputs, "", "")]
    if wanted[2]:
        raise node.refuse("its third output, the cells, is not computed", "leave that output out")
    if wanted[0]:
        whole = words.say("Concat", *apart, axis=1)
        if turned:
            words.say("Transpose", whole, perm=[2, 0, 1, 3])
        words.end(0)
    if wanted[1]:
        last = [_last(words, name, _backward(node, index)) for index, name in enumerate(both)]
        ends = words.say("Concat", *last, axis=0)
        if turned:
            words.say("Transpose", ends, perm=[1, 0, 2])
        words.end(1)
    return words.said


def _check(node: Node, shape: Shape) -> None:
    """Refuse what the kernels do not compute."""
    if len(shape) != 3 or opened(shape[1:]):
        raise node.refuse(f"its input {shape} is not (time, sequences, values)", "fix all sizes but the time")
    told = [name.decode() if isinstance(name, bytes) else name for name in node.attributes.get("activations", [])]
    usual = [name.lower() for name in told] == list(_USUAL[node.operator]) * (len(told) // len(_USUAL[node.operator]))
    if not usual:
        raise node.refuse(f"it has the activations {', '.join(told)}", "use sigmoid and tanh")
    for name, value in _PLAIN.items():
        if node.attributes.get(name, value) != value:
            raise node.refuse(f"it sets {name}", "leave that out")
    if any(node.inputs[4:5]) or any(node.inputs[_AFTER[node.operator] :]):
        raise node.refuse("it has lengths or peepholes", "give it whole sequences, and gates without peepholes")


def _constant(words: Words, index: int) -> Array:
    values = words.graph.constant(words.node, index)
    if values is None:
        raise words.node.refuse("its weights or first states are computed", "give it constant ones")
    return np.asarray(values, np.float64)


def _backward(node: Node, index: int) -> bool:
    told = node.attributes.get("direction", b"forward")
    return index == 1 or told in (b"reverse", "reverse")


def _direction(words: Words, index: int, kernel: Array, recurrent: Array, x: str) -> str:
    """Say one direction of what `x` names; gives the name of its values, (time, sequences, width)."""
    node, gates = words.node, _GATES[words.node.operator]
    width = recurrent.shape[-1]
    bias = np.zeros(2 * gates * width)
    if len(node.inputs) > 3 and node.inputs[3]:
        bias = _constant(words, 3)[index]
    into, onto = bias[: gates * width], bias[gates * width :]
    used = into + onto if node.operator == "LSTM" else np.concatenate([onto, into])
    product = words.say("MatMul", x, words.keep(f"kernel{index}", kernel[index].T))
    constants = {"recurrent": recurrent[index].T, "bias": used, "first": _first(words, index, width)}
    names = [words.keep(f"{name}{index}", values) for name, values in constants.items()]
    attributes = {"back": int(_backward(node, index)), "later": node.attributes.get("linear_before_reset", 0)}
    return words.say(f"{node.operator.capitalize()}Steps", product, *names, **attributes)


def _first(words: Words, index: int, width: int) -> Array:
    """Give what a direction starts with, (sequences or 1, states * width)."""
    axis = words.node.attributes.get("layout", 0)
    given = []
    for at in range(5, _AFTER[words.node.operator]):
        told = at < len(words.node.inputs) and words.node.inputs[at]
        given.append(_constant(words, at).take(index, axis) if told else np.zeros((1, width)))
    sequences = max(len(each) for each in given)
    return np.concatenate([np.broadcast_to(each, (sequences, width)) for each in given], axis=1)


def _last(words: Words, values: str, back: bool) -> str:
    """Give the values of the step at which a direction ends."""
    row = words.keep("ends/first" if back else "ends/last", np.array([0 if back else -1]))
    return words.say("Gather", values, row, axis=0)
