"""Characters raised and lowered, as far as Unicode has them."""

from __future__ import annotations

SUBSCRIPTS = str.maketrans("0123456789+-−=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ")
SUPERSCRIPTS = str.maketrans(
    "0123456789+-−=(),abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθ",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾'ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿ",
)


def superscript(text: str) -> str:
    """The text raised; only for characters that can be."""
    return text.translate(SUPERSCRIPTS)


def below(text: str) -> str:
    """The text lowered where every character can be, else behind an underscore."""
    lowered = text.translate(SUBSCRIPTS)
    return lowered if all(a != b or a == "," for a, b in zip(text, lowered, strict=True)) else f"_{text}"


def raisable(text: str) -> str | None:
    """The text raised, None where a character cannot be."""
    raised = text.translate(SUPERSCRIPTS)
    return raised if all(a != b for a, b in zip(text, raised, strict=True)) else None
