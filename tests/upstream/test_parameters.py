"""The nearest values that a provider accepts."""

from hypothesis import given
from hypothesis import strategies as st

from conversation.entities import Parameters
from conversation.ports.provider import Bound
from upstream.parameters import nearest, nearest_allowed
from upstream.playground.documented_models import BOUNDS


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_lies_on_the_grid(value: float) -> None:
    """Any number becomes one within the bounds and, written down, on the grid."""
    found = nearest(value, BOUNDS.top_p)
    assert 0.01 <= found <= 1.0
    assert f"{found:.12g}" == f"{round(found, 2):.12g}"


@given(st.integers(0, 100))
def test_allowed_values_stay(hundredths: int) -> None:
    """What is allowed is not changed."""
    value = hundredths / 100
    assert nearest(value, BOUNDS.temperature) == value


def test_none_stays_none() -> None:
    """What nobody set is not set."""
    assert nearest_allowed(Parameters(), BOUNDS) == Parameters()


def test_no_grid() -> None:
    """Without a grid any value within is allowed."""
    assert nearest(0.123, Bound(0, 2)) == 0.123
