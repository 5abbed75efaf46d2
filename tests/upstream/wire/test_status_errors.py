"""What of a refusal may be logged."""

import pytest

from upstream.wire.status_errors import loggable_code


@pytest.mark.parametrize("value", ["what the person wrote? all of it!", None, True, {}, "x" * 99])
def test_code_is_no_text(value: object) -> None:
    """What does not look like a code is not logged as one."""
    assert loggable_code(value) == ""
