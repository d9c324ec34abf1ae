"""Where the features lie and the frontend works in the memory that it shares with the network."""

from dataclasses import dataclass

from quaver.compile.arena import ALIGNED
from quaver.compile.loops import plain_strides
from quaver.compile.plan import Plan


@dataclass(frozen=True)
class Room:
    """The shared memory, in bytes."""

    size: int
    features: int = 0  # where they begin
    work: int = 0  # where the frontend's does

    @classmethod
    def of(cls, plan: Plan, work: int | None) -> "Room":
        """Lay it out.

        The features lie where the network reads them if they lie there in the caller's order; else behind everything.

        Args:
            plan: of the network.
            work: bytes that the frontend needs while it computes; None if there is none.
        """
        if work is None:
            return cls(_rounded(plan.arena))
        tensor = plan.input
        plain = not any(map(sum, tensor.halo)) and tensor.strides[1:] == plain_strides(tensor.shape)[1:]
        at = tensor.offset if plain else _rounded(plan.arena)
        end = _rounded(at + tensor.bytes)
        begin = 0 if work <= at else end
        return cls(_rounded(max(plan.arena, end, begin + work)), at, begin)


def _rounded(size: int) -> int:
    return -(-size // ALIGNED) * ALIGNED
