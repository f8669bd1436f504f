"""A layer's parameters by role: any names, buffers apart, letters and gaps for each, in one throw-away layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

import msgspec
import pytest

import hwsolve
from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.base import Layer, Shape, Size, Symbols
from hwsolve.layers.cost import Operations
from hwsolve.layers.parameter import DEFAULT, Parameter, ParameterField, ParameterSpec, owned
from hwsolve.spec.fields import Size as SizeOf
from hwsolve.spec.fields import Word
from hwsolve.spec.records import RecordField

torch = pytest.importorskip("torch", reason="PyTorch is the peer of these tests")


class Letters(Symbols, frozen=True, kw_only=True):
    """A letter for a parameter that most layers do not have."""

    weight_ih_l0: Word | None = None


class Recurrent(Layer, frozen=True, kw_only=True):
    """The parameters of torch.nn.LSTM in one layer, and a buffer."""

    hidden_size: SizeOf
    weight_ih_l0: Annotated[ParameterSpec, ParameterField()] = DEFAULT
    weight_hh_l0: Annotated[ParameterSpec, ParameterField()] = DEFAULT
    bias_ih_l0: Annotated[ParameterSpec, ParameterField(allow_flag=True)] = DEFAULT
    bias_hh_l0: Annotated[ParameterSpec, ParameterField(allow_flag=True)] = DEFAULT
    symbols: Annotated[Letters, RecordField(Letters)] = Letters()

    def output(self, x: Shape) -> Shape:
        return (*x[:-1], self.hidden_size)

    def parameters(self, x: Shape) -> dict[str, Parameter]:
        gates = 4 * self.hidden_size
        return owned(
            weight_ih_l0=Parameter((gates, x[-1]), "weight", self.weight_ih_l0),
            weight_hh_l0=Parameter((gates, self.hidden_size), "weight", self.weight_hh_l0),
            bias_ih_l0=Parameter((gates,), "bias", self.bias_ih_l0),
            bias_hh_l0=Parameter((gates,), "bias", self.bias_hh_l0),
            steps=Parameter((1,), "buffer"),
        )


class HalfRuled(Recurrent, frozen=True):
    """A rule for some of its gradients only."""

    OPERATIONS: ClassVar[Operations] = {"forward": {"mul": "n"}, "error": {}, "gradient.weight_ih_l0": {"mul": "n"}}

    def cost_sizes(self, x: Shape) -> dict[str, Size]:
        return {"n": 7}


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    LAYERS["own_lstm"], LAYERS["half_ruled"] = f"{__name__}:Recurrent", f"{__name__}:HalfRuled"
    layer_class.cache_clear()
    yield
    del LAYERS["own_lstm"], LAYERS["half_ruled"]
    layer_class.cache_clear()


def answers(kind: str, *layers: Any, size: Any = 6, **more: Any) -> dict[str, Any]:
    network = {"input": [5, size], "layers": list(layers)}
    solution = hwsolve.solve({"kind": kind, "network": network, **more})
    found = {key: answer.value for key, answer in solution.answers.items()}
    return {key: getattr(value, "value", value) for key, value in found.items()} | dict(solution.partial)


def test_parameters_of_any_name_are_counted_by_their_roles() -> None:
    peer = dict(torch.nn.LSTM(6, 4).named_parameters())
    found = answers("count-params", {"own_lstm": 4})
    assert found["params"] == sum(p.numel() for p in peer.values())
    assert found["params.weight"] == sum(p.numel() for name, p in peer.items() if name.startswith("weight"))
    assert found["params.bias"] == sum(p.numel() for name, p in peer.items() if name.startswith("bias"))


def test_a_layer_may_lack_some_and_freeze_others() -> None:
    frozen = {"values": torch.zeros(16, 6).tolist(), "trainable": False}
    found = answers("count-params", {"own_lstm": {"hidden_size": 4, "bias_hh_l0": False, "weight_ih_l0": frozen}})
    assert found["params"] == 16 * 6 + 16 * 4 + 16
    assert found["params.trainable"] == 16 * 4 + 16
    assert found["params.bias"] == 16


def test_sizes_may_be_names() -> None:
    found = answers("count-params", {"own_lstm": "h"}, size="n")
    from hwsolve.formula.evaluate import evaluate

    count = sum(p.numel() for p in torch.nn.LSTM(6, 4).parameters())
    assert evaluate(found["params"], lambda name, _: {"n": 6, "h": 4}[name]) == count


def test_operations_without_a_rule_are_held_back_and_updates_are_counted() -> None:
    found = answers("complexity", {"own_lstm": 4})
    assert str(found["forward.mul"]).startswith("not known (not counted: own_lstm1)")
    assert found["update.mul"] == sum(p.numel() for p in torch.nn.LSTM(6, 4).parameters())


def test_a_gradient_without_a_rule_is_no_silent_zero() -> None:
    found = answers("complexity", {"half_ruled": {"hidden_size": 4}})
    assert found["forward.mul"] == 7
    assert str(found["gradient.mul"]) == "at least 7 (not counted: half_ruled1)"


def test_a_letter_for_any_parameter_is_read() -> None:
    layer = {"own_lstm": {"hidden_size": 4, "symbols": {"weight_ih_l0": "U"}}}
    assert answers("count-params", layer)["params"] == 192
    with pytest.raises(Exception, match="weight_ih_l1"):
        answers("count-params", {"own_lstm": {"hidden_size": 4, "symbols": {"weight_ih_l1": "U"}}})


def test_a_layer_with_arguments_of_its_own_can_be_listed() -> None:
    from hwsolve.commands.layer_entries import sample

    layer, _ = sample(Recurrent)
    assert all(getattr(layer, field.name) is not None for field in msgspec.structs.fields(Recurrent) if field.required)
