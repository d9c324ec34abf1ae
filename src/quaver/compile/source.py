"""What is compiled: a bundle by its name or folder, with everything that its card promises."""

from dataclasses import dataclass
from pathlib import Path

from quaver import audio, zoo
from quaver.bundle import Bundle
from quaver.compile import adopt, article, attention, fold, fuse, graph, logmel, lower, quantised
from quaver.compile.plan import Plan
from quaver.compile.program import Contract, Program
from quaver.compile.sound import Sound
from quaver.errors import CompileError
from quaver.frontend import ArticleSpec, FrontendSpec, LogmelSpec
from quaver.windows import WHOLE

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
    quantised.rewrite(read)
    fold.fold_constants(read)
    fold.fold_batch_norm(read)
    fuse.fuse(read)
    attention.join(read)
    return lower.make(read, lean, roomy)


def program_of(bundle: Bundle, command: str, *, keep: bool = True, roomy: bool = False) -> Program:
    """Make the program of a bundle: features, network, calibration, windows.

    Args:
        bundle: from `zoo.load`.
        command: said in the program's head.
        keep: spend memory for speed: keep a window's spectra, and whole tensors between convolutions.
        roomy: spend more of it, and of constants, on minimal filtering.

    Raises:
        CompileError: its frontend or network has no C.
    """
    card = bundle.card
    spec = card.spec
    window, hop = (round(card.window[key] * spec.sample_rate) for key in ("seconds", "hop"))
    sound = sound_of(spec, int(WHOLE * window), keep=keep)
    network = plan_of(bundle.model, f"bundle {card.name!r}", lean=not keep, roomy=roomy, longest=sound.frames)
    contract = Contract(
        name=card.name,
        command=command,
        notes=_notes(bundle),
        sound=sound,
        labels=card.emotions,
        temperature=card.temperature,
        window=(window, hop),
        shortest=max(round(audio.SHORTEST * spec.sample_rate), sound.shortest),
    )
    return Program(network, contract)


def sound_of(spec: FrontendSpec, longest: int, *, keep: bool = True) -> Sound:
    """Give the C twin of a frontend.

    Args:
        spec: of the frontend.
        longest: samples that are heard as a whole.
        keep: spend memory for speed.

    Raises:
        CompileError: it has none.
    """
    if isinstance(spec, ArticleSpec):
        return article.Sound(spec, longest, keep)
    if isinstance(spec, LogmelSpec):
        return logmel.Sound(spec, longest)
    raise CompileError(f"the frontend {spec.name!r} has no C; article, article-edge and logmel have.")


@dataclass(frozen=True)
class Wishes:
    """How what was named is to be compiled."""

    lean: bool = False  # memory matters more than speed
    int8: bool = False
    calibration: Path | None = None  # a folder of sounds; without, quaver's sample clips
    frontend: str | None = None  # that a bare network takes its values from; None, "none": it takes its own
    roomy: bool = False  # speed matters more than memory and constants


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
    bundle = _bundle(source, wishes)
    if bundle is None:
        plan = plan_of(_model(Path(source)), source, lean=wishes.lean, roomy=wishes.roomy)
        return Program(plan, Contract(Path(source).stem, command)), None
    if wishes.int8:
        bundle = adopt.in_eight_bits(bundle, adopt.clips_in(wishes.calibration) if wishes.calibration else ())
    return program_of(bundle, command, keep=not wishes.lean, roomy=wishes.roomy), bundle


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
