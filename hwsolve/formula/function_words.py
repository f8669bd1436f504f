"""What each function is called, in a line: for the list of what can be written in a formula."""

from __future__ import annotations

from hwsolve.language import Message, say

ABOUT: dict[str, Message] = {
    "exp": say("Exponential function."),
    "log": say("Natural logarithm."),
    "log2": say("Logarithm to the base 2."),
    "log10": say("Logarithm to the base 10."),
    "sqrt": say("Square root."),
    "sin": say("Sine."),
    "cos": say("Cosine."),
    "tan": say("Tangent."),
    "asin": say("Inverse of the sine."),
    "acos": say("Inverse of the cosine."),
    "atan": say("Inverse of the tangent."),
    "sinh": say("Hyperbolic sine."),
    "cosh": say("Hyperbolic cosine."),
    "tanh": say("Hyperbolic tangent."),
    "erf": say("Error function."),
    "gamma": say("Gamma function."),
    "normal_pdf": say("Density of the standard normal distribution."),
    "normal_cdf": say("Distribution function of the standard normal distribution."),
    "sigmoid": say("Logistic function."),
    "log_sigmoid": say("Logarithm of the sigmoid."),
    "softplus": say("Softplus, a smooth ReLU."),
    "softsign": say("Softsign."),
    "silu": say("Sigmoid linear unit, swish."),
    "mish": say("Mish."),
    "gelu": say("Gaussian error linear unit."),
    "gelu_tanh": say("The tanh approximation of GELU."),
    "relu": say("Rectified linear unit."),
    "leaky_relu": say("Leaky ReLU with the slope a for x < 0."),
    "prelu": say("Parametric ReLU with the slope a for x < 0."),
    "relu6": say("ReLU capped at 6."),
    "hard_tanh": say("Piecewise linear tanh."),
    "hard_sigmoid": say("Piecewise linear sigmoid."),
    "hard_swish": say("Hard swish."),
    "elu": say("Exponential linear unit with the scale a of the negative side."),
    "selu": say("Scaled ELU."),
    "abs": say("Absolute value."),
    "sign": say("Sign: −1, 0 or 1."),
    "step": say("Step function, 0 at 0."),
    "step0": say("Step function, 1 at 0."),
    "max": say("The largest of its arguments."),
    "min": say("The smallest of its arguments."),
    "floor": say("The largest whole number that is not larger."),
    "ceil": say("The smallest whole number that is not smaller."),
    "delta": say("Kronecker's delta."),
    "softmax": say("Softmax of a vector: `softmax(x)[i]` is its element i."),
    "softmin": say("Softmax of −x."),
    "log_softmax": say("Logarithm of the softmax of a vector."),
    "logsumexp": say("Logarithm of the sum of exponentials of a vector."),
    "norm": say("Euclidean norm of a vector."),
    "sum": say("Sum of the elements of a vector."),
    "mean": say("Mean of the elements of a vector."),
    "dot": say("Product of two vectors."),
    "matmul": say("Product of a matrix and a vector."),
    "if": say("The second argument where the condition holds, else the third."),
    "Sum": say("Sum of a formula over an index from a lowest to a highest value."),
    "Prod": say("Product of a formula over an index."),
    "Max": say("The largest value of a formula over an index."),
    "pi": say("The constant π."),
    "e": say("Euler's number."),
    "Min": say("The smallest value of a formula over an index."),
}


def about(name: str) -> Message:
    """A function in a line; `d_f` is the derivative of f."""
    if name in ABOUT:
        return ABOUT[name]
    return say("Derivative of {name} as a function of its own.", name=name.removeprefix("d_"))
