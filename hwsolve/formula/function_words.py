"""What each name that can stand in a formula is, in a line."""

from __future__ import annotations

from hwsolve.formula.functions import function
from hwsolve.language import Message, say

ABOUT: dict[str, Message] = {  # what is no function of numbers
    "softmax": say("Softmax of a vector: `softmax(x)[i]` is its element i."),
    "softmin": say("Softmax of −x."),
    "log_softmax": say("Logarithm of the softmax of a vector."),
    "logsumexp": say("Logarithm of the sum of exponentials of a vector."),
    "norm": say("Euclidean norm of a vector."),
    "sum": say("Sum of the elements of a vector, of all elements of an array, or along one of its axes, from 1."),
    "mean": say("Mean of the elements of a vector, of all elements of an array, or along one of its axes, from 1."),
    "dot": say("Product of two vectors."),
    "matmul": say("Product of a matrix and a vector."),
    "T": say("Matrix with rows and columns in each other's place."),
    "outer": say("Matrix of all products of an element of one vector and one of another."),
    "amax": say("Largest element of an array, or along an axis."),
    "amin": say("Smallest element of an array, or along an axis."),
    "diag": say("Matrix with a vector on its diagonal and zeros beside it; of a matrix, its diagonal."),
    "det": say("Determinant of a matrix, up to 3 × 3."),
    "inv": say("Inverse of a matrix, up to 3 × 3."),
    "concat": say("Arrays behind each other, along their first axis."),
    "cumsum": say("Sums of the elements up to each of them."),
    "detach": say("The value of x as it is, and no gradient through it, as in PyTorch; in worksheets."),
    "if": say("The second argument where the condition holds, else the third."),
    "Sum": say("Sum of a formula over an index from a lowest to a highest value."),
    "Prod": say("Product of a formula over an index."),
    "Max": say("The largest value of a formula over an index."),
    "pi": say("The constant π, unless a quantity is called so."),
    "e": say("Euler's number, unless a quantity is called so; then `exp(1)` is."),
    "Min": say("The smallest value of a formula over an index."),
}


def about(name: str) -> Message:
    """A function, operator or constant in a line."""
    known = function(name)
    return ABOUT[name] if known is None else known.about
