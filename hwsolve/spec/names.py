"""Names as messages show them, and the known name that a mistyped one was meant to be."""

from __future__ import annotations

from collections.abc import Iterable

from hwsolve.language import Message, say

# What other books and libraries call things here; all that stand for one name are tried in turn.
ELSEWHERE: dict[str, tuple[str, ...]] = {
    # types of numbers
    "float64": ("fp64", "double", "f64"),
    "float32": ("fp32", "float", "single", "f32"),
    "float16": ("fp16", "half", "f16"),
    "bfloat16": ("bf16",),
    # layers
    "linear": ("dense", "fc", "fully_connected", "inner_product", "affine", "lazy_linear"),
    "conv1d": ("convolution1d", "lazy_conv1d"),
    "conv2d": ("conv", "convolution", "convolution2d", "lazy_conv2d"),
    "conv3d": ("convolution3d", "lazy_conv3d"),
    "conv_transpose1d": ("conv1d_transpose", "lazy_conv_transpose1d"),
    "conv_transpose2d": (
        "deconv", "deconvolution", "deconv2d", "conv_transpose", "transposed_convolution", "conv2d_transpose",
        "lazy_conv_transpose2d",
    ),
    "conv_transpose3d": ("conv3d_transpose", "lazy_conv_transpose3d"),
    "max_pool1d": ("max_pooling1d",),
    "max_pool2d": ("max_pool", "max_pooling", "max_pooling2d", "pool", "pooling", "subsampling"),
    "max_pool3d": ("max_pooling3d",),
    "avg_pool1d": ("average_pooling1d",),
    "avg_pool2d": (
        "avg_pool", "average_pool2d", "average_pooling", "average_pooling2d", "mean_pool", "mean_pool2d",
        "mean_pooling",
    ),
    "avg_pool3d": ("average_pooling3d",),
    "adaptive_avg_pool1d": ("global_average_pooling1d", "global_avg_pool1d"),
    "adaptive_avg_pool2d": (
        "adaptive_avg_pool", "global_avg_pool", "global_avg_pool2d", "global_average_pooling",
        "global_average_pooling2d", "gap",
    ),
    "adaptive_avg_pool3d": ("global_average_pooling3d", "global_avg_pool3d"),
    "adaptive_max_pool1d": ("global_max_pooling1d",),
    "adaptive_max_pool2d": ("adaptive_max_pool", "global_max_pool2d", "global_max_pooling", "global_max_pooling2d"),
    "adaptive_max_pool3d": ("global_max_pooling3d",),
    "batch_norm1d": ("lazy_batch_norm1d",),
    "batch_norm2d": ("bn", "batch_norm", "batch_normalization", "batch_normalisation", "lazy_batch_norm2d"),
    "batch_norm3d": ("lazy_batch_norm3d",),
    "layer_norm": ("layer_normalization", "layer_normalisation", "ln"),
    "rms_norm": ("root_mean_square_norm", "rms_normalization", "rms_normalisation", "rms_layer_norm"),
    "group_norm": ("group_normalization", "group_normalisation", "gn"),
    "instance_norm1d": ("lazy_instance_norm1d",),
    "instance_norm2d": ("instance_norm", "instance_normalization", "instance_normalisation", "lazy_instance_norm2d"),
    "instance_norm3d": ("lazy_instance_norm3d",),
    "identity": ("noop", "pass", "none"),
    "relu": ("rectifier", "rectified_linear"),
    "leaky_relu": ("lrelu",),
    "silu": ("swish",),
    "sigmoid": ("sigma", "logistic", "expit"),
    "log_sigmoid": ("logistic_log",),
    "hard_swish": ("hard_silu",),
    "dropout1d": ("spatial_dropout1d",),
    "dropout2d": ("spatial_dropout2d",),
    "dropout3d": ("spatial_dropout3d",),
    "reshape": ("view",),
    "permute": ("transpose", "swap_axes"),
    "crop": ("cropping2d", "center_crop"),
    "zero_pad2d": ("zero_padding2d",),
    "unfold": ("im2col",),
    "fold": ("col2im",),
    "pixel_unshuffle": ("space_to_depth",),
    "drop_path": ("stochastic_depth",),
    "local_response_norm": ("lrn", "cross_map_lrn2d"),
    "squeeze_excitation": ("se_block", "se"),
    "mixture": ("mixture_of_experts", "moe"),
    "upsample": ("upsampling", "up_sampling", "up_sampling2d", "upsample2d", "interpolate", "resize"),
    "pixel_shuffle": ("depth_to_space",),
    "residual": ("skip", "shortcut"),
    "add": ("plus", "sum"),
    "concat": ("cat", "concatenate"),
    "multiply": ("mul",),
    # losses
    "mse_loss": ("mse", "mean_squared_error", "squared_error", "squared_loss", "l2", "l2_loss"),
    "l1_loss": ("mae", "mean_absolute_error", "absolute_error", "l1"),
    "huber_loss": ("huber",),
    "hinge": ("hinge_loss", "svm", "svm_loss"),
    "kl_div": ("kl", "kl_divergence", "kl_div_loss"),
    "smooth_l1_loss": ("smooth_l1", "smooth_mae"),
    "half_squared_error": ("half_mse", "quadratic", "quadratic_loss", "sum_of_squares", "sse"),
    "binary_cross_entropy": ("bce", "bce_loss", "log_loss"),
    "binary_cross_entropy_with_logits": ("bce_with_logits", "bce_with_logits_loss", "sigmoid_cross_entropy"),
    "cross_entropy": (
        "ce", "cross_entropy_loss", "categorical_cross_entropy", "sparse_categorical_cross_entropy",
        "softmax_cross_entropy", "softmax_loss",
    ),
    "nll_loss": ("nll", "negative_log_likelihood", "nll_loss2d"),
    # optimizers and initializations
    "sgd": ("gd", "gradient_descent", "stochastic_gradient_descent", "momentum", "nesterov", "nag"),
    "uniform": ("random_uniform",),
    "normal": ("random_normal", "gaussian", "randn"),
    "constant": ("fill",),
    "eye": ("identity_matrix",),
    "xavier_uniform": ("xavier", "glorot", "glorot_uniform"),
    "xavier_normal": ("glorot_normal",),
    "kaiming_uniform": ("he_uniform",),
    "kaiming_normal": ("he", "he_normal", "kaiming", "msra"),
    "trunc_normal": ("truncated_normal",),
    # functions
    "log": ("ln",),
    "sqrt": ("root",),
    "tan": ("tg",),
    "asin": ("arcsin",),
    "acos": ("arccos",),
    "atan": ("arctan",),
    "sinh": ("sh",),
    "cosh": ("ch",),
    "tanh": ("th", "hyperbolic_tangent"),
    "normal_cdf": ("ncdf", "phi_cdf", "norm_cdf"),
    "normal_pdf": ("npdf", "norm_pdf"),
    "abs": ("absolute", "fabs"),
    "sign": ("sgn", "signum"),
    "step": ("heaviside", "unit_step"),
    "ceil": ("ceiling",),
    "delta": ("kronecker", "kronecker_delta"),
    "logsumexp": ("lse",),
    "dot": ("inner", "inner_product"),
    "**": ("pow", "power", "square"),
    # kinds
    "count-params": ("params", "parameters", "count", "summary"),
    "backprop": ("backpropagation", "forward", "train", "training", "mlp"),
    "derivative": ("derivatives", "differentiate", "diff", "gradient", "jacobian", "hessian"),
    "complexity": ("flops", "operations", "operation_counts"),
    "initialization": ("init", "initialisation", "variance"),
    "pooling": ("pool",),
    "optimize": ("optimizer", "optimise", "optimization", "optimisation", "minimize", "gradient_descent"),
    # keys
    "out_features": ("units", "neurons", "width"),
    "out_channels": ("filters", "channels", "kernels", "units"),
    "kernel_size": ("kernel", "filter_size", "pool_size", "window"),
    "lr": ("learning_rate", "eta", "rate"),
    "weight": ("weights", "w", "kernel_values"),
    "bias": ("biases", "b", "use_bias"),
    "input": ("x", "inputs", "input_shape", "samples", "data", "features"),
    "target": ("y", "t", "targets", "label", "labels", "desired", "y_true"),
    "steps": ("epochs", "iterations", "updates"),
    "times": ("n", "count", "repeats"),
}  # fmt: skip

LIBRARIES = {"torch", "nn", "F", "functional", "optim", "init", "tf", "keras", "layers", "losses", "jax", "np", "math"}

MANY, FIRST = 20, 12  # names of which a hint shows all at most, and the first of more
LONGEST = 100  # characters of a word that is compared with names


def clip(text: str, most: int = 60) -> str:
    """A text from the spec as a message shows it: on one line, not too long."""
    return " ".join(text.split()) if len(text) <= most else " ".join(text[: most - 1].split()) + "…"


def bare(word: str) -> str:
    """A name without its spelling: `nn.MaxPool2d`, `max-pool2d` and `max_pool2d` are one."""
    parts = word.split(".")
    while len(parts) > 1 and parts[0] in LIBRARIES:
        parts = parts[1:]
    return ".".join(parts).lower().replace("-", "").replace("_", "").replace(" ", "")


def same_spelling(word: str, names: Iterable[str]) -> str | None:
    """The name that a word spells otherwise."""
    meant = bare(word) if len(word) <= LONGEST else ""
    return next((name for name in names if bare(name) == meant), None) if meant else None


def same_name(word: str, names: Iterable[str]) -> str | None:
    """The name that a word spells otherwise, or stands for in other books."""
    meant = bare(word)
    if not meant or len(word) > LONGEST:
        return None
    known = list(names)
    by_meaning = (name for name in known if meant in map(bare, ELSEWHERE.get(name, ())))
    return same_spelling(word, known) or next(by_meaning, None)


def near_name(word: str, names: Iterable[str]) -> str | None:
    """The name that a word is a slip of, if any is near."""
    import difflib

    if len(word) > LONGEST:
        return None
    plain = word.lower().replace("-", "_").replace(" ", "_")
    return next(iter(difflib.get_close_matches(plain, list(names), 1, 0.6)), None)


def suggest(word: str, known: Iterable[str]) -> str | None:
    """The known name nearest to a mistyped one, if any is near."""
    names = list(known)
    return same_name(word, names) or near_name(word, names)


def did_you_mean(word: str, known: Iterable[str]) -> Message | None:
    """A hint with the nearest known name, or with all of them where there are few."""
    names = list(known)
    near = suggest(word, names)
    return say("Did you mean `{near}`?", near=near) if near is not None else all_known(names)


def all_known(names: list[str]) -> Message | None:
    """A hint with all names, or with the first of many."""
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
