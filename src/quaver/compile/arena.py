"""The memory that changes: every tensor and every scratch at a fixed place in one arena."""

from typing import Any

from quaver.compile.plan import Plan

ALIGNED = 64  # bytes; a cache line, and the widest vector


def place(plan: Plan) -> None:
    """Give every tensor its offset: the largest first, at the lowest place that is free while it lives."""
    lives = _lives(plan)
    sizes: dict[Any, int] = {name: tensor.bytes for name, tensor in plan.tensors.items()}
    for number, step in enumerate(plan.steps):
        if step.scratch:
            lives[number], sizes[number] = (number, number), step.scratch
    placed: dict[Any, int] = {}
    for name in sorted(lives, key=lambda n: -sizes[n]):
        first, last = lives[name]
        others = [
            (placed[o], placed[o] + _rounded(sizes[o])) for o in placed if lives[o][0] <= last and first <= lives[o][1]
        ]
        offset = 0
        for start, end in sorted(others):
            if offset + _rounded(sizes[name]) <= start:
                break
            offset = max(offset, end)
        placed[name] = offset
        if isinstance(name, int):
            plan.steps[name].scratch_offset = offset
        else:
            plan.tensors[name].offset = offset
    for tensor in plan.tensors.values():
        tensor.offset = plan.memory(tensor.name).offset
    # A vector may read past the last value of a run; what it finds there meets a weight of zero.
    plan.arena = max((placed[n] + _rounded(sizes[n]) for n in placed), default=0) + ALIGNED


def _lives(plan: Plan) -> dict[Any, tuple[int, int]]:
    """Give the first and last step of every tensor."""
    lives: dict[Any, tuple[int, int]] = dict.fromkeys(plan.graph.inputs, (-1, -1))
    for number, step in enumerate(plan.steps):
        for operand in step.operands.values():
            name = plan.memory(operand).name
            lives[name] = lives.get(name, (number, number))[0], number
    for name in (plan.memory(output).name for output in plan.graph.outputs):
        lives[name] = lives[name][0], len(plan.steps)
    return lives


def _rounded(size: int) -> int:
    return -(-size // ALIGNED) * ALIGNED
