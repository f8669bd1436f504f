"""Backpropagation by hand: forward pass, loss, gradients by the chain rule, updates, and the forward pass again.

(Goodfellow, Bengio, Courville, Deep Learning, section 6.5; Nielsen, Neural Networks and Deep Learning, chapter 2.)
"""

EXAMPLE = "homework-2/2.1-backprop.yaml"
DRAWS = ("network", "circuit", "curve")

STARTER = """\
# Backpropagation by hand: solve it with `hwsolve solve THIS-FILE`.
kind: backprop
title: A small network, one step of gradient descent

network:
  input: 2                              # two inputs, x[1] and x[2]
  layers:
    - linear:
        out_features: 2
        weight: [[0.1, 0.2], [0.3, 0.4]]   # a row for each output, as in z = W x + b
        bias: [0.5, 0.6]                   # or false
    - sigmoid
    - linear: {out_features: 1, weight: [[0.7, 0.8]], bias: [0.9]}

input: [1, 2]                           # one sample; a list of lists is a batch
target: [1]
loss: half_squared_error                # mse_loss, l1_loss, cross_entropy, binary_cross_entropy …
# loss: [mse_loss, l2: {of: w1, factor: 0.01}]   # a sum, as of a loss and a penalty
optimizer: {sgd: {lr: 0.1}}             # leave it out for the gradients alone
steps: 1

# expect: {L: 0.123}                    # what should come out; `hwsolve batch` checks it
"""
