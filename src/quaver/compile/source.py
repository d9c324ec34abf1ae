"""What is compiled: a bundle by its name or folder, with everything that its card promises."""

from dataclasses import dataclass
from pathlib import Path

from quaver import audio, zoo
from quaver.bundle import MODEL, Bundle
from quaver.compile import (
    adopt,
    article,
    attention,
    fold,
    fuse,
    graph,
    hearing,
    logmel,
    logmel_fixed,
    lower,
    quantised,
    strict,
)
from quaver.compile.plan import Plan
from quaver.compile.program import Contract, Program
from quaver.compile.sound import Sound
from quaver.errors import CompileError
from quaver.frontend import ArticleSpec, FrontendSpec, LogmelSpec
from quaver.windows import whole

NETWORKS = (".onnx", ".keras", ".h5")  # files of bare networks


def plan_of(
    model: Path | bytes,
    name: str = "the network",
    *,
    lean: bool = False,
    roomy: bool = False,
    longest: int | None = None,
) -> Plan:
    """Plan the network of an ONNX file; `lean` saves memory at some cost of time, `roomy` time at some of memory.

    `longest` says how long the time of a bundle's features may be, if the network leaves that open.

    Raises:
        CompileError: it cannot be read, or holds what has no C.
    """
    read = graph.read(model, name, longest)
    fold.fold_constants(read, bytes_stay=True)  # weights in four bits become bytes
    strict.check(read)
    quantised.rewrite(read)
    fold.fold_constants(read)
    fold.fold_zeros(read)
    fold.fold_batch_norm(read)
    fuse.fuse(read)
    attention.join(read)
    return lower.make(read, lean, roomy)


def program_of(bundle: Bundle, command: str, *, keep: bool = True, fixed: bool = False, roomy: bool = False) -> Program:
    """Make the program of a bundle: features, network, calibration, windows.

    Args:
        bundle: from `zoo.load`.
        command: said in the program's head.
        keep: spend memory for speed: keep a window's spectra, and whole tensors between convolutions.
        fixed: take samples of sixteen bits, and make features of them without floating point.
        roomy: spend more of it, and of constants, on minimal filtering.

    Raises:
        CompileError: its frontend or network has no C.
    """
    card = bundle.card
    spec = card.spec
    window, hop = (round(card.window[key] * spec.sample_rate) for key in ("seconds", "hop"))
    sound = sound_of(spec, round(whole(card.window) * spec.sample_rate), keep=keep, fixed=fixed)
    network = plan_of(bundle.model, f"bundle {card.name!r}", lean=not keep, roomy=roomy, longest=sound.frames)
    if isinstance(spec, LogmelSpec) and spec.pause is not None and not network.open:
        raise CompileError(
            f"the frontend {spec.name!r} leaves pauses out, so the network has to take any number of frames; this one "
            "takes a fixed one. Train with pause=None, or export it with open frames."
        )
    contract = Contract(
        name=card.name,
        command=command,
        notes=_notes(bundle),
        sound=sound,
        labels=card.emotions,
        temperature=card.temperature,
        window=(window, hop),
        shortest=max(round(audio.SHORTEST * spec.sample_rate), sound.shortest),
        network=card.files[MODEL],
        framed=not keep,
    )
    return Program(network, contract)


def sound_of(spec: FrontendSpec, longest: int, *, keep: bool = True, fixed: bool = False) -> Sound:
    """Give the C twin of a frontend.

    Args:
        spec: of the frontend.
        longest: samples that are heard as a whole.
        keep: spend memory for speed.
        fixed: without floating point.

    Raises:
        CompileError: it has none.
    """
    if fixed and not isinstance(spec, LogmelSpec):
        raise CompileError(f"the frontend {spec.name!r} has no fixed-point form, logmel has; leave --fixed out.")
    if isinstance(spec, ArticleSpec):
        return article.Sound(spec, longest, keep)
    if isinstance(spec, LogmelSpec):
        return logmel_fixed.Sound(spec, longest) if fixed else logmel.Sound(spec, longest)
    raise CompileError(f"the frontend {spec.name!r} has no C; article, article-edge and logmel have.")


@dataclass(frozen=True)
class Wishes:
    """How what was named is to be compiled."""

    lean: bool = False  # memory matters more than speed
    int8: bool = False
    calibration: Path | None = None  # a folder of sounds; without, quaver's sample clips
    frontend: str | None = None  # that a bare network takes its values from; None, "none": it takes its own
    seconds: float | None = None  # that are heard at once; None: those of the bundle
    fixed: bool = False  # samples of sixteen bits, features without floating point
    roomy: bool = False  # speed matters more than memory and constants

    @property
    def options(self) -> str:
        """Give those that change the program's answers, as the command has them."""
        return ("" if self.seconds is None else f" --seconds {self.seconds:g}") + " --fixed" * self.fixed


def read(source: str, command: str, wishes: Wishes = Wishes()) -> tuple[Program, Bundle | None]:  # noqa: B008 - frozen
    """Make the program of whatever was named.

    Args:
        source: a bundle's name or folder, or an .onnx, .keras or .h5 file, which is taken as a bare network.
        command: said in the program's head.
        wishes: precision, frontend and the like.

    Returns:
        The program, and the bundle if it is one.

    Raises:
        CompileError: it cannot be read, or holds what has no C.
        BundleError: there is no such bundle.
    """
    if wishes.calibration is not None and not wishes.int8:
        raise CompileError("--calibration goes with --int8, which brings a float network to eight bits.")
    bundle = _bundle(source, wishes)
    if bundle is None:
        if wishes.seconds is not None or wishes.fixed:
            option = "--fixed" if wishes.fixed else "--seconds"
            raise CompileError(f"{source} hears no sound; name its frontend with --frontend, or leave {option} out.")
        model = _model(Path(source))
        network = model.read_bytes() if isinstance(model, Path) else model
        plan = plan_of(network, source, lean=wishes.lean, roomy=wishes.roomy)
        return Program(plan, Contract(Path(source).stem, command), network), None
    if wishes.int8:
        bundle = adopt.in_eight_bits(bundle, adopt.clips_in(wishes.calibration) if wishes.calibration else ())
    if wishes.seconds is not None:
        bundle = hearing.hearing(bundle, wishes.seconds)
    keep, fixed, roomy = not wishes.lean, wishes.fixed, wishes.roomy
    return program_of(bundle, command, keep=keep, fixed=fixed, roomy=roomy), bundle


def told_of(bundle: Bundle | None, wishes: Wishes) -> tuple[str, ...]:
    """Say what the wishes mean for the answers."""
    return (hearing.told(bundle),) if bundle and wishes.seconds is not None else ()


def _bundle(source: str, wishes: Wishes) -> Bundle | None:
    """Find the bundle that was named, or make one of a bare network and a frontend; None without a frontend."""
    path = Path(source)
    if path.suffix.lower() not in NETWORKS:
        if wishes.frontend is not None:
            raise CompileError(f"{source} is a bundle and has its own frontend; leave --frontend out.")
        return zoo.load(source)
    if not path.is_file():
        raise CompileError(f"there is no file {source}; give a bundle or an existing .onnx, .keras or .h5 file.")
    if wishes.frontend not in (None, "none"):
        model = _model(path)
        return adopt.adopt(model.read_bytes() if isinstance(model, Path) else model, path.stem, str(wishes.frontend))
    if wishes.int8:
        raise CompileError(f"{source} needs values to find its eight bits; name its frontend with --frontend.")
    return None


def _model(path: Path) -> Path | bytes:
    """Give the network as ONNX."""
    if path.suffix.lower() != ".onnx":
        return _from_keras(path)
    graph.read(path)  # says what is wrong with it
    return path


def _from_keras(path: Path) -> bytes:
    from quaver.backend import keras
    from quaver.export import to_onnx

    try:
        model = keras().saving.load_model(path, compile=False)
    except (OSError, ValueError, TypeError) as error:
        raise CompileError(f"{path} cannot be read by Keras: {str(error).splitlines()[0]}") from error
    return bytes(to_onnx(model).SerializeToString())


def _notes(bundle: Bundle) -> tuple[str, ...]:
    card = bundle.card
    uar = card.scores.get("uar")
    scored = f"UAR {100 * uar:.1f} %" if isinstance(uar, int | float) else "not scored"
    return (
        f"Bundle {card.name}, {card.precision}, {scored} ({card.protocol}).",
        f"Frontend {card.spec.name}, {card.fingerprint}.",
        f"Licence of the weights: {card.licence}.",
        *(text for name, text in card.notes.items() if name in ("forbidden", "limits")),
    )
