"""What the C text is written from: steps, tensors and weights."""

from dataclasses import dataclass, field

import numpy as np

from quaver.compile.graph import Array, Graph, Node
from quaver.compile.names import Names
from quaver.compile.sizes import opened
from quaver.compile.struct import moved, struct
from quaver.compile.tensor import Tensor


@dataclass(frozen=True)
class Call:
    """The call of a convolution's kernel."""

    kernel: str
    fields: dict[str, int]  # of `conv_shape`
    constants: tuple[str, ...]  # between the shape and the input
    start: int  # values from the first one of the input to the first that a tap meets

    def lines(self) -> list[str]:
        """Write the shape and the call."""
        given = ", ".join(self.constants)
        call = f"{self.kernel}(&shape, {given}, {moved('x', self.start)}, y);"
        return [*struct("conv_shape", self.fields), call]


@dataclass
class Step:
    """One C function of the network."""

    name: str  # of the function
    about: str  # its comment
    operands: dict[str, str]  # tensors by the name that the body calls them; "y" is written, the others are read
    body: list[str]
    macs: int = 0  # multiply-accumulates
    scratch: int = 0  # bytes of the arena that it alone uses, as `scratch`
    scratch_offset: int = 0
    call: Call | None = None  # all that the body does, if it is a single one
    copies: int | None = None  # from which value of its input on it copies all of them, as they lie, if it does that


@dataclass
class Plan:
    """Everything that the C text is written from."""

    graph: Graph
    tensors: dict[str, Tensor]
    steps: list[Step] = field(default_factory=list)
    weights: dict[str, Array] = field(default_factory=dict)  # by their C name
    arena: int = 0  # bytes
    names: Names = field(default_factory=Names)

    @property
    def macs(self) -> int:
        """Count the multiply-accumulates of an inference."""
        return sum(step.macs for step in self.steps)

    @property
    def open(self) -> bool:
        """Tell whether the program is told when it runs how long its input is."""
        return opened(self.input.shape)

    @property
    def input(self) -> Tensor:
        """Give the tensor that comes in."""
        return self.tensors[next(iter(self.graph.inputs))]

    @property
    def output(self) -> Tensor:
        """Give the tensor that goes out."""
        return self.tensors[self.graph.outputs[0]]

    def memory(self, name: str) -> Tensor:
        """Give the tensor in whose memory one lies: mostly its own."""
        tensor = self.tensors[name]
        return self.tensors[tensor.base] if tensor.base else tensor

    def weight(self, name: str, values: Array) -> str:
        """Keep an array as a constant of the program; gives its C name."""
        called = self.names.make(name, "quaver")
        self.weights[called] = np.ascontiguousarray(values)
        return called


def title(node: Node) -> str:
    """Name a node and what was fused into it."""
    return " + ".join([node.name, *node.attributes.get("fused", ())])
