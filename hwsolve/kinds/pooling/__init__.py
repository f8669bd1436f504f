"""Pooling by hand: forward, and how the error passes back.

A maximum sends it to the cell that has it; an average sends an equal part to every cell; what overlapping windows send
adds up.  (Goodfellow, Bengio, Courville, Deep Learning, section 9.3.)
"""

EXAMPLE = "homework-2/2.5-max-pooling.yaml"
DRAWS = ("windows",)

STARTER = """\
# Pooling by hand: solve it with `hwsolve solve THIS-FILE`.
kind: pooling
title: The largest value of each 2×2 window

layer: {max_pool2d: {kernel_size: 2, stride: 1}}   # avg_pool2d, adaptive_avg_pool2d …; a size K: the general case
input: [[1, 5, 2], [4, 3, 6], [0, 8, 7]]
upstream: [[1, 2], [3, 4]]              # dL/dy; leave it out for the forward pass alone
# ties: first                           # first (as PyTorch) | all | split: who gets it, of several largest cells

# expect: {y: [[5, 6], [8, 8]]}
"""
