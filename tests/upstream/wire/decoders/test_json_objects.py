"""Values out of JSON whose shape is not trusted."""

from upstream.wire.decoders.json_objects import integer, number, string


def test_values_out_of_json() -> None:
    """A value of the wrong type is absent, and half of a surrogate pair does no harm."""
    assert string("a\ud83d b").encode() == "a\ufffd b".encode()
    assert string("🧵\ufeff") == "🧵\ufeff"
    assert string(None) == ""
    assert integer(True) is None  # noqa: FBT003 - a value of JSON
    assert number(True) is None  # noqa: FBT003 - a value of JSON
