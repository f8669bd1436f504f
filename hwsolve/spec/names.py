"""Names as messages show them, and the known name that a mistyped one was meant to be."""

from __future__ import annotations

from collections.abc import Iterable

from hwsolve.language import Message, say

# What other books and libraries call things here; all that stand for one name are tried in turn.
ELSEWHERE: dict[str, tuple[str, ...]] = {
    "linear": ("dense", "fc", "fully_connected", "inner_product"),
    "conv2d": ("conv", "convolution", "convolution2d"),
    "conv_transpose2d": ("deconv", "deconvolution", "deconv2d"),
    "max_pool2d": ("max_pool", "max_pooling", "pool", "pooling"),
    "avg_pool2d": ("avg_pool", "average_pool2d", "average_pooling", "mean_pool2d"),
    "adaptive_avg_pool2d": ("global_avg_pool2d", "global_average_pooling", "gap"),
    "batch_norm2d": ("bn", "batch_norm", "batch_normalization"),
    "residual": ("skip", "shortcut", "add"),
    "concat": ("cat", "concatenate"),
    "mse_loss": ("mse", "mean_squared_error", "squared_error", "l2", "l2_loss"),
    "l1_loss": ("mae", "mean_absolute_error", "absolute_error", "l1"),
    "half_squared_error": ("quadratic", "sum_of_squares", "sse"),
    "binary_cross_entropy": ("bce", "bce_loss", "log_loss"),
    "binary_cross_entropy_with_logits": ("bce_with_logits", "bce_with_logits_loss", "sigmoid_cross_entropy"),
    "cross_entropy": ("ce", "categorical_cross_entropy", "softmax_cross_entropy", "cross_entropy_loss", "softmax_loss"),
    "log": ("ln",),
    "sigmoid": ("sigma", "logistic", "expit"),
    "out_features": ("units", "neurons", "width"),
    "out_channels": ("filters", "channels", "kernels", "units"),
    "kernel_size": ("kernel", "filter_size", "pool_size", "window"),
    "lr": ("learning_rate", "eta", "rate"),
    "weight": ("weights", "w", "kernel_values"),
    "bias": ("biases", "b", "use_bias"),
    "input": ("x", "inputs", "input_shape"),
    "target": ("y", "t", "targets", "label", "labels"),
    "steps": ("epochs", "iterations", "updates"),
    "times": ("n", "count", "repeats"),
}

MANY, FIRST = 20, 12  # names of which a hint shows all at most, and the first of more


def clip(text: str, most: int = 60) -> str:
    """A text from the spec as a message shows it: on one line, not too long."""
    return " ".join(text.split()) if len(text) <= most else " ".join(text[: most - 1].split()) + "…"


def suggest(word: str, known: Iterable[str]) -> str | None:
    """The known name nearest to a mistyped one, if any is near."""
    import difflib

    names = list(known)
    if len(word) > 100:
        return None
    plain = word.lower().replace("-", "_").replace(" ", "_")
    bare = plain.replace("_", "")
    for name in names:
        if bare in (other.lower().replace("_", "") for other in (name, *ELSEWHERE.get(name, ()))):
            return name
    return next(iter(difflib.get_close_matches(plain, names, 1, 0.6)), None)


def did_you_mean(word: str, known: Iterable[str]) -> Message | None:
    """A hint with the nearest known name, or with all of them where there are few."""
    names = list(known)
    near = suggest(word, names)
    if near is not None:
        return say("Did you mean `{near}`?", near=near)
    if not names:
        return None
    if len(names) > MANY:
        return say("Known are {names} and {n} more.", names=listed(names[:FIRST]), n=len(names) - FIRST)
    return say("Known are {names}.", names=listed(names))


def listed(names: Iterable[str], most: int = 30) -> str:
    """Names in a row: `a`, `b`, `c` …"""
    all_names = list(names)
    shown = ", ".join(f"`{name}`" for name in all_names[:most])
    return shown + (" …" if len(all_names) > most else "")
