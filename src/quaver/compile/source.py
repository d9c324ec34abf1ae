"""What is compiled: a bundle by its name or folder, with everything that its card promises."""

from pathlib import Path

from quaver import audio, zoo
from quaver.bundle import Bundle
from quaver.compile import article, attention, fold, fuse, graph, logmel, lower, quantised
from quaver.compile.plan import Plan
from quaver.compile.program import Contract, Program
from quaver.compile.sound import Sound
from quaver.errors import CompileError
from quaver.frontend import ArticleSpec, FrontendSpec, LogmelSpec
from quaver.windows import WHOLE


def plan_of(model: Path | bytes, name: str = "the network", *, lean: bool = False, longest: int | None = None) -> Plan:
    """Plan the network of an ONNX file; `lean` saves memory at some cost of time.

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
    return lower.make(read, lean)


def program_of(bundle: Bundle, command: str, *, keep: bool = True) -> Program:
    """Make the program of a bundle: features, network, calibration, windows.

    Args:
        bundle: from `zoo.load`.
        command: said in the program's head.
        keep: spend memory for speed: keep a window's spectra, and whole tensors between convolutions.

    Raises:
        CompileError: its frontend or network has no C.
    """
    card = bundle.card
    spec = card.spec
    window, hop = (round(card.window[key] * spec.sample_rate) for key in ("seconds", "hop"))
    sound = sound_of(spec, int(WHOLE * window), keep=keep)
    network = plan_of(bundle.model, f"bundle {card.name!r}", lean=not keep, longest=sound.frames)
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


def read(source: str, command: str, *, lean: bool = False) -> tuple[Program, Bundle | None]:
    """Make the program of whatever was named.

    Args:
        source: a bundle's name or folder, or an .onnx, .keras or .h5 file, which is taken as a bare network.
        command: said in the program's head.
        lean: memory matters more than speed.

    Returns:
        The program, and the bundle if it is one.

    Raises:
        CompileError: it cannot be read, or holds what has no C.
        BundleError: there is no such bundle.
    """
    path = Path(source)
    if path.suffix.lower() not in (".onnx", ".keras", ".h5"):
        bundle = zoo.load(source)
        return program_of(bundle, command, keep=not lean), bundle
    if not path.is_file():
        raise CompileError(f"there is no file {source}; give a bundle or an existing .onnx, .keras or .h5 file.")
    model = path if path.suffix.lower() == ".onnx" else _from_keras(path)
    return Program(plan_of(model, str(path), lean=lean), Contract(path.stem, command)), None


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
