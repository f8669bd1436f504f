"""Initialization: which variance the weights of a layer need for its signals, or its gradients, to keep theirs.

Var z = fan_in · Var W · E[f(z)²] forward, Var δ = fan_out · Var W · E[f′(z)²] Var δ backward.
(X. Glorot, Y. Bengio 2010; K. He et al. 2015; PyTorch, torch.nn.init.)
"""

EXAMPLE = "homework-3/3.1-xavier.yaml"
DRAWS = ("curve",)

STARTER = """\
# Which variance do the weights of a layer need?  Solve it with `hwsolve solve THIS-FILE`.
kind: initialization
title: He initialization of a convolution

layer: {conv2d: {out_channels: 128, kernel_size: 3}}   # linear, conv1d … conv3d, conv_transpose1d …
input: [64, H, W]                       # the shape that comes in; sizes are numbers or names
activation: relu                        # before the layer: tanh, gelu, {prelu: {init: alpha}}, or a formula in x
mode: fan_in                            # keep the signals | fan_out: the gradients | average: between both (Xavier)
gain: derived                           # 1/sqrt(E[f(z)^2]) | linear: 1/f'(0) | torch: PyTorch's | a number

# simulate: {depth: 50, width: 512, seed: 1}   # the variances through random layers, beside the prediction
# expect: {std: 0.0589}                 # what should come out; `hwsolve batch` checks it
"""
