"""The sources of a program: one C file, its header, its constants, a main and a CMakeLists.txt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil, prod
from textwrap import fill

from quaver import __version__
from quaver.compile import emit, voice, weights
from quaver.compile.elementwise import constant
from quaver.compile.foreign import quoted, remark
from quaver.compile.graph import Array
from quaver.compile.plan import Plan
from quaver.compile.room import Room
from quaver.compile.sound import Sound
from quaver.compile.streams import Stream

# What stands in the kit for the marks of networks that take any number of frames.
_FRAMES = {
    **{"TAKES_FRAMES": "int frames, ", "FRAMES": "frames, "},
    **{"GIVES_FRAMES": "int *frames, ", "SET_FRAMES": "*frames = made;\n    "},
    **{"OWN_FRAMES": "int frames;\n    ", "ASK_FRAMES": "&frames, "},
    "TOLD_FRAMES": ", and how many frames they are",
}
SILENCE = 1e-4  # of full scale: -80 dB; a window whose peak lies below it is left out


@dataclass(frozen=True)
class Contract:
    """What the header says besides the network: whence it came, and how sound is heard."""

    name: str
    command: str  # that made it
    notes: tuple[str, ...] = ()  # licence, scores, limits
    sound: Sound | None = None  # None: the program takes the network's input, not samples
    labels: tuple[str, ...] = ()
    temperature: float = 1.0
    window: tuple[int, int] = (0, 0)  # samples of a window, and from one to the next
    shortest: int = 0  # samples
    network: str = ""  # SHA-256 of the ONNX file
    framed: bool = False  # a stream keeps frames, where it can, and not samples


@dataclass(frozen=True)
class Program:
    """Everything that is written for a target."""

    plan: Plan
    contract: Contract
    network: bytes = field(default=b"", repr=False)  # a bare one's ONNX, whose answers the program must give
    constants: dict[str, Array] = field(init=False)

    def __post_init__(self) -> None:
        sound = self.contract.sound
        object.__setattr__(self, "constants", {**self.plan.weights, **(sound.tables() if sound else {})})

    @property
    def room(self) -> Room:
        """Give the memory that the frontend and the network use in turns."""
        return Room.of(self.plan, self.contract.sound.work if self.contract.sound else None)

    @property
    def stream(self) -> Stream | None:
        """Give the parts that hear a sound while it comes."""
        contract = self.contract
        if contract.sound is None:
            return None
        return Stream.of(contract.sound, contract.window, contract.shortest, self.plan.open and contract.framed)

    @property
    def stream_bytes(self) -> int:
        """Count the bytes of a quaver_stream; 0 for a network without features."""
        sound, stream = self.contract.sound, self.stream
        return stream.size(sound, prod(self.plan.output.shape)) if sound and stream else 0

    @property
    def arena(self) -> int:
        """Count the bytes of `quaver_arena`: everything that changes."""
        return self.room.size + (4 * prod(self.plan.output.shape) if self.contract.sound else 0)

    @property
    def constant_bytes(self) -> int:
        """Count the bytes of all constants."""
        return sum(values.nbytes for values in self.constants.values())

    def files(self, constants: str) -> dict[str, bytes]:
        """Write all sources.

        Args:
            constants: "text", or in a file of their own: "binary" (the assembler of ELF targets takes them in) or
                "embedded" (a compiler of C23 does).
        """
        texts = {"quaver_model.h": self.header(), "quaver_model.c": self.source(), "quaver_weights.h": self._declared()}
        extra = {}
        if constants == "text":
            text = '#include "quaver_weights.h"\n\n' + weights.as_text(self.constants)
        else:
            write = weights.as_binary if constants == "binary" else weights.as_embedded
            text, extra["quaver_weights.bin"] = write(self.constants, "quaver_weights.bin")
        texts["quaver_weights.c"] = self.banner("The constants.") + text + "\n"
        main = "main.c" if self.contract.sound else "check.c"
        speaker = emit.kit("main_speaker.c") if voice.size(self.plan) else ""
        texts[main] = filled(emit.kit(main), {"SPEAKER": speaker})
        texts["CMakeLists.txt"] = emit.kit("CMakeLists.txt" if self.contract.sound else "CMakeLists_network.txt")
        return {**{name: text.encode() for name, text in texts.items()}, **extra}

    def header(self) -> str:
        """Write the header."""
        numbers = "\n".join(f"#define {name} {value}" for name, value in self._numbers().items())
        own = "    float sums[QUAVER_OUTPUTS];\n" if self.contract.sound else ""
        body = emit.kit("model.h") if self.contract.sound else emit.kit("model_network.h")
        about = self.banner("From a voice to emotions." if self.contract.sound else "A network.")
        fill = {"NUMBERS": numbers, "OWN": own, "WORDS": str(self.room.size // 4)}
        fill["SPEAKERS"] = self.told(emit.kit("profile.h")) if voice.size(self.plan) else ""
        if (sound := self.contract.sound) and (stream := self.stream):
            fill |= {"STREAM": stream.header, "ENDS": stream.ends, "SAMPLE": sound.sample, "LEVEL": sound.level}
        return about + filled(self.told(body), fill)

    def source(self) -> str:
        """Write the program."""
        sound = self.contract.sound
        known = voice.macros() if voice.size(self.plan) else {}
        head = '#include "quaver_model.h"\n\n#include <math.h>\n#include <string.h>\n\n#include "quaver_weights.h"\n'
        rest = self._sounds(sound) if sound else self.told(emit.kit("network_only.c"))
        head += "".join(f"\n#define {name} {constant(value)}\n" for name, value in known.items())
        return "\n".join([self.banner("The program."), head, emit.network(self.plan, rest), rest])

    def _sounds(self, sound: Sound) -> str:
        labels = ", ".join(map(quoted, self.contract.labels))
        quiet = constant(SILENCE) if sound.full_scale == 1 else str(ceil(SILENCE * sound.full_scale))
        macros = {"SILENCE": quiet, "TEMPERATURE": constant(self.contract.temperature)}
        macros |= {"FEATURES_AT": str(self.room.features // 4), "WORK_AT": str(self.room.work // 4)}
        defined = "\n".join(f"#define {name} {value}" for name, value in macros.items())
        told = f"\nconst char *const quaver_labels[QUAVER_OUTPUTS] = {{{labels}}};\n"
        stream = self.stream.source if self.stream else ""
        stream += f"\n{emit.kit('listen.c')}" if voice.size(self.plan) else ""
        kit = filled(self.told(f"{emit.kit('classify.c')}\n{stream}"), {"KIND": sound.kind, "LEVEL": sound.level})
        return "\n".join([sound.text(), defined, _HOLDS.replace("@KIND@", sound.kind), told, kit])

    def told(self, text: str) -> str:
        """Fill in where somebody is told how many frames there are, if that is open."""
        marks = _FRAMES if self.plan.open else dict.fromkeys(_FRAMES, "")
        return filled(text, marks | voice.marks(self.plan))

    def _numbers(self) -> dict[str, int | str]:
        made: dict[str, int | str] = {"QUAVER_NAME": quoted(self.contract.name), "QUAVER_VERSION": f'"{__version__}"'}
        if sound := self.contract.sound:
            window, hop = self.contract.window
            made |= {"QUAVER_FRONTEND": f'"{sound.spec.name}"', "QUAVER_FINGERPRINT": f'"{sound.spec.fingerprint}"'}
            made |= {"QUAVER_SAMPLE_RATE": sound.spec.sample_rate, "QUAVER_SHORTEST": self.contract.shortest}
            made["QUAVER_FULL_SCALE"] = sound.full_scale
            made |= {"QUAVER_LONGEST": sound.longest, "QUAVER_WINDOW": window, "QUAVER_HOP": hop}
            made |= self.stream.numbers if self.stream else {}
            if self.plan.open:
                made["QUAVER_FRAMES(count)"] = f"((count) / {sound.spec.hop})"
            if voice.size(self.plan):
                made |= {"QUAVER_VOICE": voice.size(self.plan), "QUAVER_NETWORK": f'"{self.contract.network}"'}
        return {**made, "QUAVER_INPUTS": prod(self.plan.input.shape), "QUAVER_OUTPUTS": prod(self.plan.output.shape)}

    def _declared(self) -> str:
        guarded = (
            f"#ifndef QUAVER_WEIGHTS_H\n#define QUAVER_WEIGHTS_H\n\n{weights.declared(self.constants)}\n\n#endif\n"
        )
        return self.banner("The constants: 16 outputs side by side, (blocks, k, 16).") + guarded

    def banner(self, about: str) -> str:
        """Write the comment at the head of a file."""
        contract = self.contract
        lines = [about, *map(remark, (f"Made by quaver {__version__}: {contract.command}", *contract.notes))]
        sizes = f"{self.constant_bytes:,} bytes of constants, {self.arena:,} bytes of arena"
        facts = f"{sizes}, {self.plan.macs:,} multiply-accumulates."
        wrapped = [fill(line, 112, initial_indent=" * ", subsequent_indent=" *   ") for line in [*lines, facts]]
        return "/*" + "\n".join(wrapped)[2:] + "\n */\n"


def filled(text: str, fill: Mapping[str, str]) -> str:
    """Put texts in the place of their marks."""
    for name, given in fill.items():
        text = text.replace(f"@{name}@", given)
    return text


_HOLDS = "/* The arena is large enough for the frontend; a compiler refuses an array of negative size. */\n" + (
    "typedef char arena_holds_the_frontend\n"
    "    [WORK_AT * sizeof(float) + sizeof(@KIND@_work) <= sizeof(((quaver_arena *)0)->shared) ? 1 : -1];\n"
)
