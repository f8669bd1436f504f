"""Counting: output shapes, parameters, stored activations and multiply-adds of a network, layer by layer.

A dense layer owns (in + 1)·out parameters, a convolution (K·K·in/groups + 1)·out.  Source: PyTorch's layers; for
activations the table of CS231n's notes on convolutional networks ("VGGNet in detail").
"""

EXAMPLE = "homework-1/1.1-fully-connected.yaml"
DRAWS = ("network", "bars")

STARTER = """\
# How many parameters has a network?  Solve it with `hwsolve solve THIS-FILE`.
kind: count-params
title: A small convolutional network

network:
  input: [1, 28, 28]                     # channels first, no batch; a plain number for features
  layers:                                # named as in torch.nn, in snake case: `hwsolve layers` lists them
    - conv2d: {out_channels: 8, kernel_size: 5, padding: same}
    - relu
    - max_pool2d: 2
    - flatten
    - linear: 10                         # `bias: false` leaves the bias out

count:                                   # optional: which activations and multiply-adds count
  activations: cs231n                    # input, convolution, pooling and dense outputs | outputs: of every layer
  macs: matmul                           # convolution, dense, attention | all
  dtype: float32

# expect: {params: 15898}                # what should come out; `hwsolve batch` checks it
"""
