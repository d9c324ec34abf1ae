"""What every ONNX operator becomes: one rule a file. Start a new one from TEMPLATE.py and add it to `_MODULES`."""

from functools import lru_cache
from importlib import import_module

from quaver.compile.graph import Node
from quaver.compile.rule import Rule

_MODULES = (
    "abs", "add", "attention", "average_pool", "cast", "celu", "chain", "clip", "compare", "concat", "conv",
    "dequantize_linear", "div", "elu", "erf", "exp", "expand", "flatten", "gather", "gelu", "gemm",
    "global_average_pool", "hard_sigmoid", "hard_swish", "identity", "layer_normalization", "leaky_relu", "log",
    "logic", "matmul", "max", "max_pool", "min", "mish", "mul", "neg", "negation", "pad", "pow", "prelu",
    "quantised_conv", "quantised_gemm", "quantize_linear", "reciprocal", "reduce_max", "reduce_mean", "reduce_min",
    "reduce_sum", "relu", "reshape", "rounding", "selu", "sigmoid", "sign", "slice", "softmax", "softplus",
    "softsign", "sqrt", "steps", "sub", "swish", "tanh", "thresholded_relu", "transpose", "waves", "where",
)  # fmt: skip
# Made of others, unknown to ONNX.
_OURS = {"Chain", "GruSteps", "JoinedAttention", "LstmSteps", "QuantisedConv", "QuantisedGemm"}
_QDQ = "quantise it with QuantizeLinear and DequantizeLinear around its operators instead (QuantFormat.QDQ)"
_FEATURES = "leave the features to quaver: give --frontend and export the network without them"
_REMEDIES = {
    **dict.fromkeys(("QLinearConv", "QLinearMatMul", "ConvInteger", "MatMulInteger", "DynamicQuantizeLinear"), _QDQ),
    "RNN": "LSTM, GRU, convolutions and attention can be compiled instead",
    "NonZero": "shapes must not depend on values",
    **dict.fromkeys(("Loop", "Scan"), "export the network with its loops unrolled"),
    "If": "export the network in inference mode, which drops branches",
    **dict.fromkeys(("DFT", "STFT", "MelWeightMatrix"), _FEATURES),
    **dict.fromkeys(
        ("ArgMax", "ArgMin", "TopK"), "end the network before it; whoever calls the program picks the largest"
    ),
    "Attention": "export with opset 22 or older, which says it by products and a softmax",
    "Einsum": "say it by MatMul and Transpose",
    "LRN": "BatchNormalization and LayerNormalization can be compiled instead",
    "LpPool": "AveragePool and MaxPool can be compiled instead",
}


@lru_cache
def rules() -> dict[str, Rule]:
    """Give all rules by the operator that they serve."""
    found = (import_module(f"quaver.compile.ops.{module}").RULE for module in _MODULES)
    return {operator: rule for rule in found for operator in rule.operators}


def find(node: Node) -> Rule:
    """Give the rule of a node.

    Raises:
        CompileError: there is none for its operator.
    """
    if node.operator not in rules():
        from quaver.compile.rephrase import OPERATORS  # late: it asks some of the rules

        known = ", ".join(sorted({*rules(), *OPERATORS, "BatchNormalization"} - _OURS))
        remedy = _REMEDIES.get(node.operator, f"replace it by operators that are: {known}")
        raise node.refuse(f"the operator {node.operator} is not supported", remedy)
    return rules()[node.operator]
