"""Operation counts: how many multiplications and additions a forward pass, backpropagation and an update take.

A layer z = W a + b of n inputs and m outputs takes n·m multiplications forward, n·m for the error Wᵀδ, n·m for the
gradient δaᵀ, and one for each parameter's update.  Sizes may be names; the counts are then polynomials.
(Nielsen, Neural Networks and Deep Learning, chapter 2, equations BP1 to BP4.)
"""

EXAMPLE = "homework-2/2.3-complexity.yaml"
DRAWS = ("network",)

STARTER = """\
# How many operations does a network take?  Solve it with `hwsolve solve THIS-FILE`.
kind: complexity
title: L layers of n units

network:
  input: n                               # sizes may be names, or numbers
  layers:
    - repeat: {times: L, body: [linear: n, sigmoid]}

count:                                   # the conventions, as they are if you leave them out
  multiply_add: 2                        # 1: an addition along with its multiplication is one operation
  bias: true
  activations: false                     # whether evaluating activation functions counts
  input_gradient: false                  # whether the gradient of the network's input is worked out

# expect: {forward.mul: L*n**2}          # what should come out; `hwsolve batch` checks it
"""
