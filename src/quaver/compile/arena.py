"""The memory that changes: every tensor and every scratch at a fixed place in one arena."""

from typing import Any

from quaver.compile.plan import Plan

ALIGNED = 64  # bytes; a cache line, and the widest vector
TRIES = 20  # of an order in which tensors are placed
Lives = dict[Any, tuple[int, int]]  # first and last step of tensors by name, and of scratch by the number of its step
Sizes = dict[Any, int]


def place(plan: Plan) -> None:
    """Give every tensor its offset: one after the other at the lowest place that is free while it lives.

    The largest come first. If more memory is needed than what lives at once takes, whatever lies highest is moved to
    the front, and again, as long as there are tries.
    """
    lives = _lives(plan)
    sizes: dict[Any, int] = {name: tensor.bytes for name, tensor in plan.tensors.items()}
    for number, step in enumerate(plan.steps):
        if step.scratch:
            lives[number], sizes[number] = (number, number), step.scratch
    sizes = {name: _rounded(sizes[name]) for name in lives}
    placed = _best(lives, sizes)
    for name, offset in placed.items():
        if isinstance(name, int):
            plan.steps[name].scratch_offset = offset
        else:
            plan.tensors[name].offset = offset
    for tensor in plan.tensors.values():
        tensor.offset = plan.memory(tensor.name).offset
    # A vector may read past the last value of a run; what it finds there meets a weight of zero.
    plan.arena = max((placed[n] + sizes[n] for n in placed), default=0) + ALIGNED


def _best(lives: Lives, sizes: Sizes) -> Sizes:
    """Give the offsets that need the least memory, of those that were tried."""
    order, found = sorted(lives, key=lambda n: -sizes[n]), []
    at_once = [sum(sizes[n] for n in lives if lives[n][0] <= t <= lives[n][1]) for t, _ in lives.values()]
    for _ in range(TRIES):
        placed = _placed(order, lives, sizes)
        highest = max(placed, key=lambda n: placed[n] + sizes[n], default=None)
        end = placed[highest] + sizes[highest] if placed else 0
        found.append((end, placed))
        if end <= max(at_once, default=0):
            break
        order = [highest, *(n for n in order if n != highest)]
    return min(found, key=lambda tried: tried[0])[1]


def _placed(order: list[Any], lives: Lives, sizes: Sizes) -> Sizes:
    """Give everything its offset in this order."""
    placed: Sizes = {}
    for name in order:
        first, last = lives[name]
        others = [(placed[o], placed[o] + sizes[o]) for o in placed if lives[o][0] <= last and first <= lives[o][1]]
        offset = 0
        for start, end in sorted(others):
            if offset + sizes[name] <= start:
                break
            offset = max(offset, end)
        placed[name] = offset
    return placed


def _lives(plan: Plan) -> Lives:
    """Give the first and last step of every tensor."""
    lives: Lives = dict.fromkeys(plan.graph.inputs, (-1, -1))
    for number, step in enumerate(plan.steps):
        for operand in step.operands.values():
            name = plan.memory(operand).name
            lives[name] = lives.get(name, (number, number))[0], number
    for name in (plan.memory(output).name for output in plan.graph.outputs):
        lives[name] = lives[name][0], len(plan.steps)
    return lives


def _rounded(size: int) -> int:
    return -(-size // ALIGNED) * ALIGNED
