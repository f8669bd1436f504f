"""Terms that are 0 are left out of sums of more than 4 numbers; what is left still gives the value, and a page says so."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

import hwsolve
from hwsolve.derivation.zero_terms import MOST, without_zeros
from hwsolve.formula.evaluate import evaluate, no_names
from hwsolve.formula.tree import Call, Formula, Number, Ref, call, parted
from tests.conftest import PROBLEMS

numbers = st.sampled_from([0, 0, 0, 1, 2, -3]).map(Number)
factors = st.one_of(numbers, numbers.map(lambda n: Call("neg", (n,))))
products = st.one_of(factors, st.tuples(factors, factors).map(lambda pair: Call("*", pair)))
sums = st.recursive(
    products, lambda part: st.lists(part, min_size=2, max_size=7).map(lambda ps: Call("+", tuple(ps))), max_leaves=20
)


@given(sums)
def test_a_sum_without_zeros_has_its_value(f: Formula) -> None:
    """Whatever is left out, the value stays; of a long sum no term that is 0 is left, of a short one all are."""
    made = without_zeros(f)
    assert evaluate(made, no_names) == evaluate(f, no_names)
    terms = list(parted(f, "+"))
    if len(terms) <= MOST:
        assert made is f
        return
    nonzero = [t for t in terms if evaluate(t, no_names) != 0]
    assert list(parted(made, "+")) == (nonzero or [Number(0)])


def test_a_rounded_zero_is_no_zero() -> None:
    """A number that is only printed as 0 stays."""
    rounded = Number(0, 1, "0.000000", rounded=True)
    f = Call("+", (rounded, *map(Number, (1, 2, 3, 4))))
    assert without_zeros(f) is f


def test_terms_that_are_not_written_stay() -> None:
    """Beside an ellipsis nothing is left out: which terms it stands for is not seen."""
    f = call("+", 0, 0, Ref("…"), 0, 1)
    assert without_zeros(f) is f


def test_a_page_leaves_them_out_and_says_so() -> None:
    """The first step of a recurrent layer reads a letter, one of four, and a state that is 0."""
    solution = hwsolve.solve(PROBLEMS / "textbook" / "character-rnn.yaml")
    page = " ".join(str(solution.to("plain")).split())
    assert "+ b₁ = 0.5 × 1 = 0.5 (step 1; terms that are 0 are left out)" in page
    assert "= −0.2 × 1 + 0.1 = −0.1" in page


def test_a_page_that_leaves_nothing_out_does_not_say_so() -> None:
    """Sums of 4 terms keep their zeros."""
    spec = {"kind": "worksheet", "given": {"a": 0, "b": 3}, "define": {"s": "a*2 + b*2 + a*b + 1"}}
    page = str(hwsolve.solve(spec).to("plain"))
    assert "= 0 × 2 + 3 × 2 + 0 × 3 + 1 = 7" in page
    assert "left out" not in page


def test_a_long_sum_of_zeros_is_0_and_one_of_a_worksheet_goes_the_same_way() -> None:
    """All terms 0: `= 0`; else what is left, and the reason."""
    given = {"a": [0, 2, 0, 0, 3], "b": [4, 5, 0, 6, 1]}
    define = {"s": "+".join(f"a[{k}]*b[{k}]" for k in range(1, 6)), "t": "+".join(f"a[3]*b[{k}]" for k in range(1, 6))}
    page = str(hwsolve.solve({"kind": "worksheet", "given": given, "define": define}).to("plain"))
    assert "= 2 × 5 + 3 × 1 = 13" in " ".join(page.split())
    assert "a₃b₅ = 0" in " ".join(page.split())
    assert page.count("terms that are 0 are left out") == 1


def test_the_eps_of_a_root_mean_square_is_said_to_be_that_of_pytorch() -> None:
    """As that of the other normalisations is; one that is chosen is not."""
    spec = {"kind": "backprop", "input": [1, 2], "target": [0, 1], "loss": "mse_loss"}
    for layer, said in (("rms_norm", True), ({"rms_norm": {"eps": 0.5}}, False)):
        page = " ".join(str(hwsolve.solve(spec | {"network": {"input": 2, "layers": [layer]}}).to("plain")).split())
        assert ("added to a mean square is PyTorch's default for float32." in page) is said
