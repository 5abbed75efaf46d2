"""The table of sentences: whole, with their fields, and true where there are no buttons."""

from string import Formatter

import pytest

from rendering.wording.sentences import Sentence, say

_BLOCKS = frozenset({"choices", "problems", "settings"})
"""Fields that hold lines of their own."""
_VALUES = frozenset(
    {"bot", "chosen", "count", "left", "limit", "lower", "model", "name", "names", "nearest"}
    | {"number", "seconds", "upper", "value", "when"}
)
"""Fields that hold a name, a number or a moment."""
_BUTTONS = ("*Continue*", "*Try again*")


def _fields(sentence: Sentence) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(sentence.value) if name is not None]


@pytest.mark.parametrize("sentence", Sentence)
def test_a_field_is_a_value_and_no_sentence(sentence: Sentence) -> None:
    """A sentence names names, numbers and moments; other sentences stand on lines of their own."""
    for name in _fields(sentence):
        assert name in _VALUES | _BLOCKS
        if name in _BLOCKS:
            assert f"\n{{{name}}}" in sentence.value


@pytest.mark.parametrize("sentence", Sentence)
def test_a_sentence_that_names_a_button_has_one_for_when_it_is_gone(sentence: Sentence) -> None:
    """Where the conversation has gone on no button is spoken of that is not there."""
    if any(button in sentence.value for button in _BUTTONS):
        twin = Sentence[f"{sentence.name}_OVERTAKEN"]
        assert not any(button in twin.value for button in _BUTTONS)
        assert _fields(twin) == _fields(sentence)


def test_every_twin_has_its_sentence() -> None:
    """No sentence is for a button that no other one names."""
    for sentence in Sentence:
        if sentence.name.endswith("_OVERTAKEN"):
            origin = Sentence[sentence.name.removesuffix("_OVERTAKEN")]
            assert any(button in origin.value for button in _BUTTONS)


def test_fields_are_written_as_they_are() -> None:
    """What looks like a field in a value is left alone."""
    assert say(Sentence.MODEL_UNKNOWN, name="{limit}") == "I know no model `{limit}`."


def test_a_missing_field_is_an_error() -> None:
    """A sentence is never shown with a hole in it."""
    with pytest.raises(KeyError):
        say(Sentence.MODEL_UNKNOWN)
