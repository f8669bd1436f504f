"""The rows of layers that have the parameters of others: each stands in the table with 0, and whose they are is said."""

from __future__ import annotations

import pytest

from hwsolve.pipeline import read, work_out
from hwsolve.render import render
from hwsolve.render.options import Options

TIED = """
kind: count-params
network:
  input: {tokens: [5]}
  layers:
    - embedding: {name: embedding, num_embeddings: 100, embedding_dim: 8}
    - linear: {name: head, out_features: 100, bias: false, weight: {tie: embedding.weight}}
"""
USED = """
kind: count-params
network: {input: 8, layers: [linear: {name: a, out_features: 8}, relu, use: a, linear: {name: out, out_features: 8}]}
"""
BLOCKS = """
kind: count-params
blocks: {two: {body: [linear: 8, relu, linear: 8]}}
network: {input: 8, layers: [two: {name: first}, relu, use: first]}
"""


@pytest.mark.parametrize(
    ("text", "row", "said"),
    [
        (TIED, "head", "head: 0 parameters, shared with embedding.weight."),
        (USED, "use1", "use1: 0 parameters, shared with a.weight, a.bias."),
        (BLOCKS, "use1", "use1: 0 parameters, shared with first."),
    ],
)
def test_a_layer_with_parameters_of_another_has_a_row(text: str, row: str, said: str) -> None:
    """Its row has 0; the sentence below the table names the owner."""
    page = str(render([work_out(read(text, "test.yaml")[0])], "plain", Options()))
    rows = [line.split() for line in page.splitlines()]
    assert [line[-1] for line in rows if line[:1] == [row]] == ["0"]
    assert said in " ".join(page.split())


STACK = """
kind: count-params
blocks:
  rest: {arguments: [table], body: [multihead_attention: {embed_dim: 8, num_heads: 2, position_bias: 4, position_table: {tie: $table}}]}
network:
  input: [5, 8]
  layers:
    - multihead_attention: {name: first, embed_dim: 8, num_heads: 2, position_bias: 4}
    - repeat: {name: rest, times: 3, body: [rest: first]}
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TIED.replace("bias: false, ", ""), "head.weight: 0 parameters, shared with embedding.weight."),
        (STACK, "multihead_attention1.position_table: 0 parameters, shared with first.position_table."),
    ],
)
def test_of_a_layer_with_parameters_of_its_own_those_are_named_that_it_shares(text: str, said: str) -> None:
    """A tied weight beside an own bias leaves the bias; a stack shares one table of distances, and no more."""
    page = " ".join(str(render([work_out(read(text, "test.yaml")[0])], "plain", Options())).split())
    assert said in page and page.count("shared with") == 1
