"""Operators of ONNX that work number by number."""

from __future__ import annotations

from typing import Any

from hwsolve.importing.onnx.reader import Reader, number_of, rounded
from hwsolve.importing.settings_of import written

ACTIVATIONS: dict[str, tuple[str, dict[str, tuple[str, Any]]]] = {
    "Relu": ("relu", {}), "LeakyRelu": ("leaky_relu", {"alpha": ("negative_slope", 0.01)}),
    "Elu": ("elu", {"alpha": ("alpha", 1.0)}), "Celu": ("celu", {"alpha": ("alpha", 1.0)}), "Selu": ("selu", {}),
    "Sigmoid": ("sigmoid", {}), "Tanh": ("tanh", {}), "Softplus": ("softplus", {}), "Softsign": ("softsign", {}),
    "HardSwish": ("hard_swish", {}), "Mish": ("mish", {}), "Gelu": ("gelu", {"approximate": ("approximate", "none")}),
    "Swish": ("silu", {}),
}  # fmt: skip
ELEMENTS = {"Exp": "exp({0})", "Log": "log({0})", "Sqrt": "sqrt({0})", "Neg": "-{0}", "Abs": "abs({0})",
            "Reciprocal": "1/{0}", "Erf": "erf({0})", "Sin": "sin({0})", "Cos": "cos({0})"}  # fmt: skip
SIGNS = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "Pow": "**"}


def activation(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """Functions of single numbers."""
    layer, names = ACTIVATIONS[node.op_type]
    given = {ours: rounded(more.get(theirs, default)) for theirs, (ours, default) in names.items()}
    reader.put(layer, written(layer, given), node.input[0])


def hard_sigmoid(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """HardSigmoid: PyTorch's has a slope of 1/6."""
    alpha, beta = rounded(more.get("alpha", 0.2)), rounded(more.get("beta", 0.5))
    if abs(alpha - 1 / 6) < 1e-6 and beta == 0.5:
        reader.put("hard_sigmoid", {}, node.input[0])
    else:
        reader.give(
            node.output[0], reader.formula(f"min(max({alpha}*{{0}} + {beta}, 0), 1)", [reader.value(node.input[0])])
        )


def clip(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """Clip; between 0 and 6 it is ReLU6."""
    low, high = (number_of(reader, node, k, more.get(name)) for k, name in ((1, "min"), (2, "max")))
    if (low, high) == (0, 6):
        reader.put("relu6", {}, node.input[0])
    elif low is not None and high is not None:
        reader.put("hard_tanh", written("hard_tanh", {"min_val": low, "max_val": high}), node.input[0])
    else:
        text = f"max({{0}}, {low})" if low is not None else f"min({{0}}, {high})" if high is not None else "{0}"
        reader.give(node.output[0], reader.formula(text, [reader.value(node.input[0])]))


def arithmetic(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """Sums and products of quantities, weights and numbers."""
    sign = SIGNS[node.op_type]
    known = reader.model.values
    alone = [known[n] if n in known and known[n].size == 1 else None for n in node.input]
    scalar = [None if value is None else rounded(float(value.reshape(-1)[0])) for value in alone]
    if any(s is not None for s in scalar):
        texts = ["{0}" if s is None else (f"({s})" if s < 0 else f"{s:g}") for s in scalar]
        x = next(n for n in node.input if n in reader.data)
        text = f"{texts[0]}**{texts[1]}" if sign == "**" else f"{texts[0]} {sign} {texts[1]}"
        reader.give(node.output[0], reader.formula(text, [reader.value(x)]), reader.batch[x])
        return
    rank = len(reader.model.shape(node.output[0])) - 1
    values = [reader.operand(n, rank) for n in node.input]
    merge = {"+": "add", "*": "multiply"}.get(sign)
    made = (
        reader.merged(merge, values) if merge else reader.formula(f"{{0}} {sign} {{1}}".replace(" ** ", "**"), values)
    )
    reader.give(node.output[0], made, next(reader.batch[n] for n in node.input if n in reader.data))


def summed(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """Sum of several quantities."""
    rank = len(reader.model.shape(node.output[0])) - 1
    reader.give(node.output[0], reader.merged("add", [reader.operand(n, rank) for n in node.input]))


def elements(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """Formulas of single numbers."""
    x = node.input[0]
    reader.give(node.output[0], reader.formula(ELEMENTS[node.op_type], [reader.value(x)]), reader.batch[x])


def softmax(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """Softmax along an axis."""
    x = node.input[0]
    axis = reader.axis(x, more.get("axis", -1))
    layer = "softmax" if node.op_type == "Softmax" else "log_softmax"
    reader.put(layer, {} if axis == len(reader.own(x)) else {"dim": axis}, x)
