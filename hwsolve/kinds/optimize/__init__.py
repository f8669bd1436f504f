"""Optimizers by hand: a formula minimised step by step, or parameters under given gradients.

(Goodfellow, Bengio, Courville, Deep Learning, chapter 8.)
"""

EXAMPLE = "language/optimize-nesterov-formula.yaml"
DRAWS = ("curve",)

STARTER = """\
# An optimizer by hand: solve it with `hwsolve solve THIS-FILE`.
kind: optimize
title: Two steps of Adam

minimize: x**2 + 3*y**2 - x*y           # any formula of the names under `start`; arrays too, as sum((A @ w - b)**2)
start: {x: 1, y: -2}
optimizer: {adam: {lr: 0.1}}            # sgd, adagrad, rmsprop, adadelta, adam, adamw, nadam, radam, adamax
steps: 2

# parameters: {w: [0.5, -1.5]}                  # in place of `minimize` and `start`: gradients that are given,
# gradient: {w: [[0.2, -0.4], [0.1, 0.3]]}      # one for each step
# expect: {x@1: 0.9}                            # what should come out; `hwsolve batch` checks it
"""
