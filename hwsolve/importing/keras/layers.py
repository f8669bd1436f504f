"""The layers of Keras by their configurations.  Sizes are those of Keras, channels last; here channels stand first."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from hwsolve.importing.drawing import Unreadable
from hwsolve.importing.keras.activations import (
    Config,
    Made,
    Named,
    activation,
    applied,
    elu,
    leaky,
    prelu,
    relu,
    softmax,
)
from hwsolve.importing.keras.norms import batch_norm, group_norm, layer_norm, normalization, rms_norm
from hwsolve.importing.keras.reader import Reader, Value
from hwsolve.importing.keras.sequences import RECURRENT, attention, bidirectional, dot_attention, embedding, recurrent
from hwsolve.importing.keras.windows import convolution, cropping, padding, pooling, upsampling, whole_pool
from hwsolve.importing.settings_of import written
from hwsolve.language import say


def dense(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """Dense: on the last axis."""
    x = read[0]
    bias = {} if config.get("use_bias", True) else {"bias": False}
    at = reader.chain(reader.channels_last(x), ("linear", {"out_features": config["units"]} | bias))
    return applied(reader, Value(at, (*x.shape[:-1], config["units"])), config.get("activation"))


def over_time(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """TimeDistributed: what works on the last axis does so anyway."""
    inner = config["layer"]
    if inner["class_name"] not in ("Dense", "Activation", "Dropout", "LayerNormalization"):
        raise Unreadable(say("TimeDistributed of {name} is not read.", name=inner["class_name"]))
    return TABLE[inner["class_name"]](reader, inner["config"], read, named)


def same(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """What passes its input on when nothing is trained, and has no parameters."""
    return read[0]


def dropout(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """Dropout of single values, or of channels."""
    x, p = read[0], config.get("rate", 0.5)
    name = {1: "dropout1d", 2: "dropout2d", 3: "dropout3d"}.get(
        len(x.shape) - 1 if config.get("spatial") else 0, "dropout"
    )
    return Value(reader.chain(x.id, (name, written(name, {"p": p}))), x.shape, x.first) if p else x


def spatial_dropout(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """Dropout of channels."""
    x = Value(reader.channels_first(read[0]), read[0].shape, True)
    return dropout(reader, config | {"spatial": True}, [x], named)


def flatten(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """Flatten; the order of what comes out is that of the weights behind it."""
    x = read[0]
    return x if len(x.shape) == 1 else Value(reader.chain(x.id, ("flatten", {})), (prod(x.shape),))


def reshape(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """Reshape."""
    x, target = read[0], list(config["target_shape"])
    if target.count(-1) == 1 and 0 not in target:
        target[target.index(-1)] = prod(x.shape) // -prod(target)
    if prod(target) != prod(x.shape):
        raise Unreadable(say("{name} does not hold the values that come in.", name=config.get("name")))
    squeezed = [n for n in x.shape if n > 1]
    if len(target) == 1:
        return flatten(reader, config, read, named)
    if len(target) == 3 and len(squeezed) <= 1 and target[-1] == prod(x.shape):
        return Value(reader.chain(x.id, ("reshape", {"shape": [target[-1], *target[:-1]]})), tuple(target), True)
    at = reader.reshaped(reader.channels_last(x), x.shape, tuple(target))
    return Value(at, tuple(target))


def permute(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """Permute."""
    x, order = read[0], list(config["dims"])
    if sorted(order) != list(range(1, len(x.shape) + 1)):
        raise Unreadable(
            say("{name}: `dims` must be the axes 1 to {n} in any order.", name=config.get("name"), n=len(x.shape))
        )
    return Value(reader.permuted(reader.channels_last(x), order), tuple(x.shape[k - 1] for k in order))


def together(config: Config, read: list[Value]) -> tuple[int, ...]:
    """The common shape of what is joined element by element, where an axis of length 1 is repeated."""
    rank = max(len(v.shape) for v in read)
    found = []
    for sizes in zip(*((1,) * (rank - len(v.shape)) + v.shape for v in read), strict=True):
        longer = {n for n in sizes if n != 1}
        if len(longer) > 1:
            raise unlike(config, read)
        found.append(longer.pop() if longer else 1)
    return tuple(found)


def unlike(config: Config, read: list[Value]) -> Unreadable:
    """What is said of shapes that do not fit together."""
    shapes = ", ".join(" × ".join(map(str, v.shape)) for v in read)
    return Unreadable(say("{name} reads shapes that do not fit together: {shapes}.",
                          name=config.get("name"), shapes=shapes))  # fmt: skip


def merge(kind: str) -> Callable[[Reader, Config, list[Value], Named], Made]:
    """Add and Multiply."""

    def make(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
        if "number" in config:
            sign = "+" if kind == "add" else "*"
            text = f"{{0}} {sign} {in_formula(config['number'])}"
            return Value(reader.formula(text, [read[0].id]), read[0].shape, read[0].first)
        shape = together(config, read)
        first = any(v.first for v in read)
        model = Value("", shape, first)
        values = [reader.like(v, model) if len(v.shape) > 1 else v.id for v in read]
        return Value(reader.merged(kind, values), shape, first and len(shape) > 1)

    return make


def by_formula(text: str) -> Callable[[Reader, Config, list[Value], Named], Made]:
    """Element by element, by a formula of as many as there are."""

    def make(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
        shape = together(config, read)
        values = [read[0].id, *(reader.like(v, read[0]) for v in read[1:])]
        places = ", ".join(f"{{{k}}}" for k in range(len(values)))
        return Value(reader.formula(text.replace("{all}", places), values), shape, read[0].first)

    return make


def average(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """Average."""
    sums = " + ".join(f"{{{k}}}" for k in range(len(read)))
    return by_formula(f"({sums})/{len(read)}")(reader, config, read, named)


def in_formula(value: float) -> str:
    """A number as a formula has it."""
    return str(value) if value >= 0 else f"({value})"


def concatenate(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """Concatenate along an axis, the last unless given."""
    rank = len(read[0].shape)
    axis = config.get("axis", -1)
    axis = axis + rank + 1 if axis < 0 else axis
    first = any(v.first for v in read)
    model = Value("", read[0].shape, first)
    values = [reader.like(v, model) for v in read]
    ours = axis if not first else 1 if axis == rank else axis + 1
    if not 1 <= axis <= rank or any(without(v.shape, axis) != without(read[0].shape, axis) for v in read):
        raise unlike(config, read)
    shape = tuple(sum(v.shape[k] for v in read) if k == axis - 1 else n for k, n in enumerate(read[0].shape))
    return Value(reader.concatenated(values, ours, rank), shape, first)


def without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    """The other axes, counted from 1."""
    return shape[: axis - 1] + shape[axis:]


def rescaling(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """Rescaling: one factor and one shift, or one of each for every channel."""
    x = read[0]
    scale, offset = config["scale"], config.get("offset", 0)
    if isinstance(scale, list) or isinstance(offset, list):
        shape = (x.shape[-1], *(1,) * (len(x.shape) - 1)) if x.first else (*(1,) * (len(x.shape) - 1), x.shape[-1])
        at = reader.merged("multiply", [x.id, reader.source(shape, "scale", "constant")])
        return Value(reader.merged("add", [at, reader.source(shape, "offset", "constant")]), x.shape, x.first)
    text = f"{{0}}*{in_formula(scale)}" + (f" + {offset}" if offset > 0 else f" - {-offset}" if offset else "")
    return Value(reader.formula(text, [x.id]), x.shape, x.first) if (scale, offset) != (1, 0) else x


def scaled_sum(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """CustomScaleLayer of InceptionResNetV2: x + scale·y."""
    x = read[0]
    text = f"{{0}} + {in_formula(config['scale'])}*{{1}}"
    return Value(reader.formula(text, [x.id, reader.like(read[1], x)]), x.shape, x.first)


def layer_scale(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """LayerScale of ConvNeXt: a factor for each channel."""
    x = read[0]
    return Value(reader.chain(reader.channels_first(x), ("layer_scale", {})), x.shape, len(x.shape) > 1)


def drop_path(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """StochasticDepth of ConvNeXt."""
    x, p = read[0], config.get("drop_path_rate", 0)
    return Value(reader.chain(x.id, ("drop_path", {"p": p})), x.shape, x.first) if p else x


Maker = Callable[[Reader, Config, list[Value], Named], Made]
TABLE: dict[str, Maker] = {
    "CustomScaleLayer": scaled_sum,
    "LayerScale": layer_scale,
    "StochasticDepth": drop_path,
    "Dense": dense,
    "BatchNormalization": batch_norm,
    "LayerNormalization": layer_norm,
    "GroupNormalization": group_norm,
    "RMSNormalization": rms_norm,
    "Embedding": embedding,
    "Bidirectional": bidirectional,
    "TimeDistributed": over_time,
    "Dropout": dropout,
    "SpatialDropout1D": spatial_dropout,
    "SpatialDropout2D": spatial_dropout,
    "SpatialDropout3D": spatial_dropout,
    "Activation": activation,
    "ReLU": relu,
    "LeakyReLU": leaky,
    "ELU": elu,
    "Softmax": softmax,
    "PReLU": prelu,
    "Flatten": flatten,
    "Reshape": reshape,
    "Permute": permute,
    "Add": merge("add"),
    "Multiply": merge("multiply"),
    "Subtract": by_formula("{0} - {1}"),
    "Average": average,
    "Concatenate": concatenate,
    "Maximum": by_formula("max({all})"),
    "Minimum": by_formula("min({all})"),
    "Cropping2D": cropping,
    "Rescaling": rescaling,
    "Normalization": normalization,
    "MultiHeadAttention": attention,
    "Attention": dot_attention,
    "GaussianNoise": same,
    "GaussianDropout": same,
    "AlphaDropout": same,
    "ActivityRegularization": same,
    "Masking": same,
    "Identity": same,
}
TABLE |= {name: recurrent(name) for name in RECURRENT}
for _axes in (1, 2, 3):
    TABLE |= {
        f"Conv{_axes}D": convolution(_axes, "plain"), f"Conv{_axes}DTranspose": convolution(_axes, "transpose"),
        f"Convolution{_axes}D": convolution(_axes, "plain"), f"MaxPooling{_axes}D": pooling(_axes, "max"),
        f"AveragePooling{_axes}D": pooling(_axes, "avg"), f"GlobalAveragePooling{_axes}D": whole_pool(_axes, "avg"),
        f"GlobalMaxPooling{_axes}D": whole_pool(_axes, "max"), f"ZeroPadding{_axes}D": padding(_axes),
        f"UpSampling{_axes}D": upsampling(_axes),
    }  # fmt: skip
    if _axes < 3:
        TABLE |= {
            f"DepthwiseConv{_axes}D": convolution(_axes, "depthwise"),
            f"SeparableConv{_axes}D": convolution(_axes, "separable"),
        }
KNOWN = sorted(TABLE)
