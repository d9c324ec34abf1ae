"""What an operator's file tells the compiler."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from quaver.compile.graph import Graph, Node, Shape
from quaver.compile.plan import Plan, Step

Shapes = Mapping[str, Shape]


def _nothing(node: Node, plan: Plan) -> None:
    """Ask nothing of the neighbours."""


@dataclass(frozen=True)
class Rule:
    """How an operator's shape follows from its inputs, and which C computes it."""

    operators: tuple[str, ...]
    shape: Callable[[Node, Shapes, Graph], Shape]  # of the output; raises CompileError for uses that have no C
    emit: Callable[[Node, Plan], Step]
    channels_last: bool = False  # its first input and its output have their channels innermost
    opens: bool = False  # it knows sizes that are told when the program runs
    value: Callable[[Node, Plan], str] | None = None  # treats every value alone: C in which `v`, or `a` and `b`, stand
    follows: bool = False  # its output may lie in memory as its first input does
    prepare: Callable[[Node, Plan], None] = _nothing  # asks for halos and kinds of values before anything is written
