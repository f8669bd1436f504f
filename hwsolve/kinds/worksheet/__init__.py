"""A worksheet: quantities by formulas, one after the other, their values and the gradient of one of them.

(Goodfellow, Bengio, Courville, Deep Learning, section 6.5.1: computational graphs.)
"""

EXAMPLE = "textbook/worksheet-circuit.yaml"
DRAWS = ("circuit",)

STARTER = """\
# A worksheet: solve it with `hwsolve solve THIS-FILE`.
kind: worksheet
title: A neuron and its gradient

given: {w: [0.5, -1], x: [2, 0.25], b: 0.1}
define:                       # in order; each may read what stands above it
  z: w @ x + b                # + - * / **, @ for products of arrays, functions by element, softmax, sum, mean …
  y: sigmoid(z)
  E: (y - 1)**2/2
gradient_of: E                # leave it out for the values alone

# gradient_of: [E, y]                     # several, one after the other; detach(y) in a formula lets none through
# wrt: [w, b]                             # the gradient by these alone, not by everything given
# define: {r: "softmax(A, 2)"}            # along axis 2, of each row; axes count from 1
# define: {"P[i,j]": "A[i,j]/Sum(A[i,k], k)"}   # element by element, as on paper
# at: [{a: 0, b: 0}, {a: 0, b: 1}]        # several points: a table; or {truth_table: [a, b]}
# expect: {z: 0.85}                       # what should come out; `hwsolve batch` checks it
"""
