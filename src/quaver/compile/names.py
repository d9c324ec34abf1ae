"""C identifiers from the names in a graph."""

import re


class Names:
    """Makes identifiers that are unique in a program."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def make(self, name: str, prefix: str) -> str:
        """Turn `conv2/kernel` into `<prefix>_conv2_kernel`, with a number where that is taken.

        Example:
            >>> Names().make("conv2/kernel:0", "quaver")
            'quaver_conv2_kernel_0'
        """
        plain = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_") or "unnamed"
        made, number = f"{prefix}_{plain}", 1
        while made in self._taken:
            number += 1
            made = f"{prefix}_{plain}_{number}"
        self._taken.add(made)
        return made
