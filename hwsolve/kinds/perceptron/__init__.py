"""The perceptron: presentations of samples one by one, outputs, errors and new weights, until an epoch has no mistake.

(F. Rosenblatt 1958; M. Minsky, S. Papert, Perceptrons, chapter 11: the learning theorem, and what happens in cycles.)
"""

EXAMPLE = "textbook/perceptron-and.yaml"
DRAWS = ()

STARTER = """\
# A perceptron: solve it with `hwsolve solve THIS-FILE`.
kind: perceptron
title: A perceptron learns to separate two classes

input: [[2, 3], [1, 1], [3, 1], [0, 2]]     # a row for each sample
target: [1, -1, 1, -1]                      # 1 and -1 with sign, 1 and 0 with step
weight: [0, 0]
bias: 0                                     # or threshold: 0.5, or bias: false
activation: {sign: {at_zero: -1}}           # step or sign, and what they give at 0
lr: 0.5
epochs: 10                                  # at most; it ends after one without mistakes

# rule: mistakes                            # adds lr*t*x where t*net <= 0; error adds lr*(t - o)*x
# order: [3, 1, 2, 4]                       # of the samples in an epoch
# expect: {epochs: 2}                       # what should come out; `hwsolve batch` checks it
"""
