"""Derivatives by named rules: of order n, gradients, Jacobians, Hessians, with values at points.

f'(x) = lim (f(x + h) - f(x))/h; rules as in Stewart, Calculus, chapter 3; index rule ∂x[i]/∂x[k] = δ(i,k) as in Magnus
and Neudecker, Matrix Differential Calculus.  Jacobian: dyᵢ/dxⱼ in row i, column j.
"""

EXAMPLE = "homework-2/2.2-sigmoid.yaml"
DRAWS = ("circuit",)

STARTER = """\
# Derivatives: solve it with `hwsolve solve THIS-FILE`.
kind: derivative
title: The derivative of a Gaussian bell

function: exp(-x**2/2)                  # or softmax(x)[i], Sum(w[j]*x[j], j, 1, n), a list of functions …
wrt: x                                  # a name, an element x[k], a vector, or a list [x, y]
order: 2                                # first and second derivative
# variables: {x: {size: C}, a: positive}  # default: a real number
at:                                     # values at points
  - {x: 0}
  - {x: 1/2}

# expect: {d1: -x*exp(-x**2/2)}         # what should come out; `hwsolve batch` checks it
"""
