"""The C text of a network: its steps, one function each, and the function that runs them all."""

import re
from importlib import resources

from quaver.compile import voice
from quaver.compile.foreign import remark
from quaver.compile.graph import FRAMES
from quaver.compile.halo import cleared
from quaver.compile.loops import nest, plain_strides
from quaver.compile.plan import Plan, Step
from quaver.compile.tensor import BYTE, Tensor

# The parts of the kit in the order in which they are written; one is needed where its name is mentioned.
_PARTS = (
    *(
        "base",
        "float_bits",
        "sqrt_f32",
        "exp_f32",
        "log_normal_f32",
        "log_f32",
        "tanh_f32",
        "erf_f32",
        "round_f32",
        "floor_f32",
        "waves_f32",
        "pow_f32",
        "byte_of",
    ),
    *(
        "fill_f32",
        "fill_u8",
        "conv_shape",
        "bytes_of",
        "sum_f32",
        "keep_f32",
        "conv_f32",
        "minimal_f32",
        "conv_f32_u8",
        "depthwise_f32",
    ),
    *(
        "dot_u8",
        "sum_u8",
        "keep_u8",
        "conv_u8",
        "keep_u8_f32",
        "conv_u8_f32",
        "depthwise_u8_go",
        "depthwise_u8",
        "depthwise_u8_f32",
    ),
    *("pool_shape", "max_pool_f32", "max_pool_u8", "average_pool_f32", "softmax_f32"),
    *("total_f32", "largest_f32", "layer_norm_f32", "matmul_f32", "attention_f32", "steps_f32", "lstm_f32", "gru_f32"),
    "profile",
)
_MENTIONS = {
    "float_bits": "float_bits|bits_float",
    "base": "INLINE|UNROLL|BLOCK|LANES",
    "profile": "profile_adaptation",
    "steps_f32": "steps_shape",
    "waves_f32": "sin_f32|cos_f32",
    "bytes_of": "bytes_of|bytes_keep",
    "sum_f32": "sum_f32|CONV_F32",
    "dot_u8": "BYTE_TILE",
    "sum_u8": "sum_u8|CONV_U8",
    "depthwise_u8_go": "DEPTHWISE_U8",
}


def network(plan: Plan, rest: str = "") -> str:
    """Write the kernels that a plan and the `rest` of the program call, its steps, and `run_network`."""
    steps = "\n".join([_ruler("The network"), *(_function(step, plan) for step in plan.steps), _run(plan)])
    return "\n".join([*needed(steps + rest), steps])


def kit(name: str) -> str:
    """Read a file that is copied into the program as it stands."""
    return (resources.files("quaver.compile") / "kit" / name).read_text(encoding="utf-8")


def needed(text: str) -> list[str]:
    """Give the parts of the kit that a text mentions, and those that they mention, in order."""
    found: list[str] = []
    for part in reversed(_PARTS):  # a part mentions only those before it
        if re.search(rf"\b({_MENTIONS.get(part, part)})\b", text):
            found.insert(0, kit(f"{part}.c"))
            text += found[0]
    return found


def _function(step: Step, plan: Plan) -> str:
    declared = [_declare(name, plan.tensors[tensor], name != "y") for name, tensor in step.operands.items()]
    if step.scratch:
        declared.append(f"float *scratch = arena + {step.scratch_offset // 4};")
    told = f", int {FRAMES}" if _asks(step) else ""
    lines = [f"/* {remark(step.about)} */", f"static void {step.name}(float *arena{told})", "{"]
    return "\n".join([*lines, *(f"    {line}" for line in [*declared, *step.body]), "}", ""])


def _declare(name: str, tensor: Tensor, read: bool) -> str:
    kind = f"{'const ' if read else ''}{tensor.kind}"
    at = tensor.offset // tensor.width + tensor.origin
    base = f"({kind} *)arena" if tensor.kind == BYTE else "arena"
    return f"{kind} *{name} = {base} + {at}; /* ({tensor.drawn}) */"


def _asks(step: Step) -> bool:
    """Tell whether a step needs to know the size that is open."""
    return any(re.search(rf"\b{FRAMES}\b", line) for line in step.body)


def _run(plan: Plan) -> str:
    x, y = plan.input, plan.output
    frames = f"int {FRAMES}, " if plan.open else ""
    profile = voice.marks(plan)["TAKES_PROFILE"]
    lines = [f"static void run_network(float *arena, const float *input, {frames}{profile}float *output)", "{"]
    declared, *copied = _copied(x, "into", "input")
    lines += [f"    {line}" for line in (declared, *cleared(x, "into"), *copied, *voice.told(plan))]
    lines += [f"    {step.name}(arena{f', {FRAMES}' if _asks(step) else ''});" for step in plan.steps]
    lines += [f"    {line}" for line in (*voice.given(plan), *_copied(y, "output", "from"))]
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
