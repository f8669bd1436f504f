"""The layers by name: one module per term of the textbook, imported when a spec uses it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from hwsolve.registry import load

if TYPE_CHECKING:
    from hwsolve.layers.base import Layer

LAYERS: dict[str, str] = {
    "linear": "hwsolve.layers.linear:Linear",
    "bilinear": "hwsolve.layers.bilinear:Bilinear",
    "conv1d": "hwsolve.layers.convolution:Conv1d",
    "conv2d": "hwsolve.layers.convolution:Conv2d",
    "conv3d": "hwsolve.layers.convolution:Conv3d",
    "conv_transpose1d": "hwsolve.layers.transposed_convolution:ConvTranspose1d",
    "conv_transpose2d": "hwsolve.layers.transposed_convolution:ConvTranspose2d",
    "conv_transpose3d": "hwsolve.layers.transposed_convolution:ConvTranspose3d",
    "max_pool1d": "hwsolve.layers.pooling:MaxPool1d",
    "max_pool2d": "hwsolve.layers.pooling:MaxPool2d",
    "max_pool3d": "hwsolve.layers.pooling:MaxPool3d",
    "avg_pool1d": "hwsolve.layers.pooling:AvgPool1d",
    "avg_pool2d": "hwsolve.layers.pooling:AvgPool2d",
    "avg_pool3d": "hwsolve.layers.pooling:AvgPool3d",
    "adaptive_avg_pool1d": "hwsolve.layers.adaptive_pooling:AdaptiveAvgPool1d",
    "adaptive_avg_pool2d": "hwsolve.layers.adaptive_pooling:AdaptiveAvgPool2d",
    "adaptive_avg_pool3d": "hwsolve.layers.adaptive_pooling:AdaptiveAvgPool3d",
    "adaptive_max_pool1d": "hwsolve.layers.adaptive_pooling:AdaptiveMaxPool1d",
    "adaptive_max_pool2d": "hwsolve.layers.adaptive_pooling:AdaptiveMaxPool2d",
    "adaptive_max_pool3d": "hwsolve.layers.adaptive_pooling:AdaptiveMaxPool3d",
    "batch_norm1d": "hwsolve.layers.batch_norm:BatchNorm1d",
    "batch_norm2d": "hwsolve.layers.batch_norm:BatchNorm2d",
    "batch_norm3d": "hwsolve.layers.batch_norm:BatchNorm3d",
    "layer_norm": "hwsolve.layers.layer_norm:LayerNorm",
    "rms_norm": "hwsolve.layers.rms_norm:RMSNorm",
    "group_norm": "hwsolve.layers.group_norm:GroupNorm",
    "instance_norm1d": "hwsolve.layers.group_norm:InstanceNorm1d",
    "instance_norm2d": "hwsolve.layers.group_norm:InstanceNorm2d",
    "instance_norm3d": "hwsolve.layers.group_norm:InstanceNorm3d",
    "identity": "hwsolve.layers.activation:Identity",
    "relu": "hwsolve.layers.activation:ReLU",
    "leaky_relu": "hwsolve.layers.activation:LeakyReLU",
    "prelu": "hwsolve.layers.activation:PReLU",
    "relu6": "hwsolve.layers.activation:ReLU6",
    "elu": "hwsolve.layers.activation:ELU",
    "selu": "hwsolve.layers.activation:SELU",
    "gelu": "hwsolve.layers.activation:GELU",
    "silu": "hwsolve.layers.activation:SiLU",
    "mish": "hwsolve.layers.activation:Mish",
    "sigmoid": "hwsolve.layers.activation:Sigmoid",
    "log_sigmoid": "hwsolve.layers.activation:LogSigmoid",
    "tanh": "hwsolve.layers.activation:Tanh",
    "softplus": "hwsolve.layers.activation:Softplus",
    "softsign": "hwsolve.layers.activation:Softsign",
    "hard_tanh": "hwsolve.layers.activation:HardTanh",
    "hard_sigmoid": "hwsolve.layers.activation:HardSigmoid",
    "hard_swish": "hwsolve.layers.activation:HardSwish",
    "softmax": "hwsolve.layers.softmax:Softmax",
    "log_softmax": "hwsolve.layers.softmax:LogSoftmax",
    "dropout": "hwsolve.layers.dropout:Dropout",
    "dropout1d": "hwsolve.layers.dropout:Dropout1d",
    "dropout2d": "hwsolve.layers.dropout:Dropout2d",
    "dropout3d": "hwsolve.layers.dropout:Dropout3d",
    "flatten": "hwsolve.layers.reshape:Flatten",
    "unflatten": "hwsolve.layers.reshape:Unflatten",
    "upsample": "hwsolve.layers.upsample:Upsample",
    "pixel_shuffle": "hwsolve.layers.upsample:PixelShuffle",
    "embedding": "hwsolve.layers.embedding:Embedding",
}


@cache
def layer_class(name: str) -> type[Layer]:
    """The record class of a layer's name; KeyError for a name that is no layer."""
    found: type[Layer] = load(LAYERS[name])
    return found
