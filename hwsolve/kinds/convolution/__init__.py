"""Convolution by hand: forward, the gradients of input, kernel and bias, and the recursion of the error over indices.

y[p,q] = Σ over u and v of w[u,v]·x[p + u − 1, q + v − 1] is a cross-correlation; with `flip` the kernel is turned round
first, which is the convolution of signal processing.
(Goodfellow, Bengio, Courville, Deep Learning, section 9.1; arXiv 1603.07285, Dumoulin and Visin.)
"""

EXAMPLE = "homework-2/2.4-convolution-gradient.yaml"
DRAWS = ("windows",)

STARTER = """\
# A convolution by hand: solve it with `hwsolve solve THIS-FILE`.
kind: convolution
title: A 2×2 kernel over a 3×3 map

layer:
  conv2d:
    out_channels: 1
    kernel_size: 2                      # a name such as K makes it the general case
    stride: 1
    padding: 0
    weight: [[0, 1], [2, 3]]            # leading axes of length 1 may be left out
    bias: [1]                           # or false

input: [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
upstream: [[1, 0], [0, 1]]              # dL/dy; leave it out for the forward pass alone
# activation: relu                      # a = f(z) in front of the layer
# flip: true                            # true convolution: the kernel turned round

# expect: {y: [[20, 26], [38, 44]]}
"""
