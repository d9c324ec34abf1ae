"""The C text of a network: its steps, one function each, and the function that runs them all."""

from importlib import resources

from quaver.compile.loops import nest, plain_strides
from quaver.compile.plan import Plan, Step
from quaver.compile.tensor import BYTE, Tensor

# What a part of the kit needs; parts are written in this order.
_NEEDS = {
    "base": (),
    "fill_f32": (),
    "fill_u8": (),
    "math": (),
    "conv_shape": (),
    "sum_f32": ("base", "conv_shape"),
    "conv_f32": ("sum_f32",),
    "byte_of": (),
    "conv_f32_u8": ("sum_f32", "byte_of"),
    "sum_u8": ("base", "conv_shape"),
    "conv_u8": ("sum_u8", "byte_of"),
    "conv_u8_f32": ("sum_u8",),
    "depthwise_f32": ("base", "conv_shape"),
    "pool_shape": (),
    "max_pool_f32": ("pool_shape",),
    "max_pool_u8": ("pool_shape",),
    "average_pool_f32": ("pool_shape",),
    "softmax_f32": ("math",),
    "layer_norm_f32": ("math",),
    "matmul_f32": ("base",),
}
_FILES = {"fill_f32": "fill"}


def network(plan: Plan, sound: bool = False) -> str:
    """Write the kernels that a plan calls, its steps, and `run_network`; with `sound` what its frontend calls, too."""
    parts = [kit(f"{_FILES.get(part, part)}.c") for part in _parts(plan, {"base", "math"} if sound else set())]
    steps = [_function(step, plan) for step in plan.steps]
    return "\n".join([*parts, _ruler("The network"), *steps, _run(plan)])


def kit(name: str) -> str:
    """Read a file that is copied into the program as it stands."""
    return (resources.files("quaver.compile") / "kit" / name).read_text(encoding="utf-8")


def needed(parts: set[str]) -> set[str]:
    """Add to parts of the kit those that they call."""
    found = set(parts)
    while more := {need for part in found for need in _NEEDS[part]} - found:
        found |= more
    return found


def _parts(plan: Plan, more: set[str]) -> list[str]:
    wanted = more | {part for step in plan.steps for part in step.parts}
    text = "\n".join(line for step in plan.steps for line in step.body)
    wanted |= {part for part in ("fill_f32", "fill_u8") if f"{part}(" in text}
    return [part for part in _NEEDS if part in needed(wanted)]


def _function(step: Step, plan: Plan) -> str:
    declared = [_declare(name, plan.tensors[tensor], name != "y") for name, tensor in step.operands.items()]
    if step.scratch:
        declared.append(f"unsigned char *scratch = (unsigned char *)arena + {step.scratch_offset};")
    lines = [f"/* {step.about} */", f"static void {step.name}(float *arena)", "{"]
    return "\n".join([*lines, *(f"    {line}" for line in [*declared, *step.body]), "}", ""])


def _declare(name: str, tensor: Tensor, read: bool) -> str:
    kind = f"{'const ' if read else ''}{tensor.kind}"
    at = tensor.offset // tensor.width + tensor.origin
    base = f"({kind} *)arena" if tensor.kind == BYTE else "arena"
    return f"{kind} *{name} = {base} + {at}; /* ({tensor.drawn}) */"


def _run(plan: Plan) -> str:
    x, y = plan.input, plan.output
    lines = ["static void run_network(float *arena, const float *input, float *output)", "{"]
    lines += [f"    {line}" for line in _copied(x, "into", "input")]
    lines += [f"    {step.name}(arena);" for step in plan.steps]
    lines += [f"    {line}" for line in _copied(y, "output", "from")]
    return "\n".join([*lines, "}", ""])


def _copied(tensor: Tensor, to: str, source: str) -> list[str]:
    """Copy between the caller's array, in ONNX's order, and a tensor in the arena."""
    name = to if source == "input" else source
    declared = f"{'const ' if name == source else ''}float *{name} = arena + {tensor.offset // 4 + tensor.origin};"
    strides = {to: tensor.strides, source: plain_strides(tensor.shape)}
    if name == source:
        strides = {to: plain_strides(tensor.shape), source: tensor.strides}
    return [declared, *nest(tensor.shape, strides, f"{to}[{{{to}}}] = {source}[{{{source}}}];")]


def _ruler(text: str) -> str:
    return f"/* ---- {text} {'-' * (110 - len(text))} */\n"
