"""Which refusals are remembered, of what, and for how long."""

import pytest

from delivery.errors import DeliveryError
from delivery.pacing.policy import Call
from delivery.refused_channels import FORGOTTEN_AFTER_S, REMEMBERED, ClosedPlaces

_PLACE, _OTHER = 1, 2


def _error(status: int, code: int) -> DeliveryError:
    return DeliveryError(is_lasting=True, status=status, code=code)


class Reply:
    """Counts how often it is told that its place has changed."""

    def __init__(self) -> None:
        self.count = 0

    def reopened(self) -> None:
        """Count."""
        self.count += 1


@pytest.mark.parametrize(("status", "code"), [(403, 50001), (404, 10003)])
def test_a_place_without_access_refuses_everything(status: int, code: int) -> None:
    """A place that may not be seen, or is not there, refuses every kind of request."""
    places = ClosedPlaces()
    places.refused(Call.EDIT, _PLACE, _error(status, code), now=0.0)
    for call in Call:
        assert places.refusal(call, _PLACE, now=1.0) is not None
        assert places.refusal(call, _OTHER, now=1.0) is None


def test_a_missing_permission_is_of_one_kind_of_request() -> None:
    """Where nothing may be posted, what is there may still be edited."""
    places = ClosedPlaces()
    places.refused(Call.POST, _PLACE, _error(403, 50013), now=0.0)
    assert places.refusal(Call.POST, _PLACE, now=1.0) is not None
    assert places.refusal(Call.EDIT, _PLACE, now=1.0) is None


@pytest.mark.parametrize(
    ("call", "status", "code"),
    [(Call.EDIT, 404, 10008), (Call.POST, 400, 50035), (Call.THREAD, 403, 50013)],
)
def test_what_is_not_the_places_is_not_remembered(call: Call, status: int, code: int) -> None:
    """A message that is gone, or a request that is wrong, says nothing about the place."""
    places = ClosedPlaces()
    places.refused(call, _PLACE, _error(status, code), now=0.0)
    assert places.refusal(call, _PLACE, now=1.0) is None
    assert places.channel_ids == frozenset()


def test_a_refusal_is_forgotten_after_a_while() -> None:
    """Not every change is told, so a place is tried again some minutes later."""
    places = ClosedPlaces()
    places.refused(Call.POST, _PLACE, _error(403, 50001), now=0.0)
    assert places.refusal(Call.POST, _PLACE, now=FORGOTTEN_AFTER_S - 1) is not None
    assert places.refusal(Call.POST, _PLACE, now=FORGOTTEN_AFTER_S) is None


def test_a_change_is_told_to_who_waits_there_once() -> None:
    """Each reply of a place that changes is told, and has to wait anew if it is refused anew."""
    places = ClosedPlaces()
    here, elsewhere, gone = Reply(), Reply(), Reply()
    places.put_by(here, _PLACE)
    places.put_by(elsewhere, _OTHER)
    places.put_by(gone, _PLACE)
    places.forget(gone)
    assert places.channel_ids == {_PLACE, _OTHER}
    places.reopen(_PLACE)
    places.reopen(_PLACE)
    assert (here.count, elsewhere.count, gone.count) == (1, 0, 0)
    assert places.channel_ids == {_OTHER}


def test_what_is_remembered_is_bounded() -> None:
    """Of too many places, and of too many replies, the oldest are forgotten."""
    places = ClosedPlaces()
    for number in range(REMEMBERED + 1):
        places.refused(Call.POST, number, _error(403, 50001), now=0.0)
        places.put_by(Reply(), number)
    assert places.channel_ids == frozenset(range(1, REMEMBERED + 1))
