"""The one maker of checked lines, of every kind: a quantity by its formula, the numbers put in, and its value.

`lines`: evaluates a formula again, and makes the line.  `substitution`: the chain of forms that a reader sees.
`derivation`: named quantities, defined one after the other.  `size_lines`: counts, as numbers or polynomials.
`identities`: what holds for all values of some names.  `argument`: the links of a chain, and E and Var, evaluated.
`text_values`: which values are rational to a program that evaluates the text of the lines.
"""
