"""Which refusals are remembered, of what, and for how long."""

import pytest

from delivery.errors import DeliveryError
from delivery.pacing.policy import Call
from delivery.refused_channels import FORGOTTEN_AFTER_S, REMEMBERED, RefusedChannels

_CHANNEL, _OTHER = 1, 2


def _error(status: int, code: int) -> DeliveryError:
    return DeliveryError(is_lasting=True, status=status, code=code)


@pytest.mark.parametrize(("status", "code"), [(403, 50001), (404, 10003)])
def test_a_place_without_access_refuses_everything(status: int, code: int) -> None:
    """A place that may not be seen, or is not there, refuses every kind of request."""
    channels = RefusedChannels()
    channels.refused(Call.EDIT, _CHANNEL, _error(status, code), now=0.0)
    for call in Call:
        assert channels.refusal(call, _CHANNEL, now=1.0) is not None
        assert channels.refusal(call, _OTHER, now=1.0) is None


def test_a_missing_permission_is_of_one_kind_of_request() -> None:
    """Where nothing may be posted, what is there may still be edited."""
    channels = RefusedChannels()
    channels.refused(Call.POST, _CHANNEL, _error(403, 50013), now=0.0)
    assert channels.refusal(Call.POST, _CHANNEL, now=1.0) is not None
    assert channels.refusal(Call.EDIT, _CHANNEL, now=1.0) is None


@pytest.mark.parametrize(
    ("call", "status", "code"),
    [(Call.EDIT, 404, 10008), (Call.POST, 400, 50035), (Call.THREAD, 403, 50013)],
)
def test_what_is_not_the_places_is_not_remembered(call: Call, status: int, code: int) -> None:
    """A message that is gone, or a request that is wrong, says nothing about the place."""
    channels = RefusedChannels()
    channels.refused(call, _CHANNEL, _error(status, code), now=0.0)
    assert channels.refusal(call, _CHANNEL, now=1.0) is None
    assert channels.channel_ids == frozenset()


def test_a_refusal_is_forgotten_after_a_while() -> None:
    """Not every change is told, so a place is tried again some minutes later."""
    channels = RefusedChannels()
    channels.refused(Call.POST, _CHANNEL, _error(403, 50001), now=0.0)
    assert channels.refusal(Call.POST, _CHANNEL, now=FORGOTTEN_AFTER_S - 1) is not None
    assert channels.refusal(Call.POST, _CHANNEL, now=FORGOTTEN_AFTER_S) is None


def test_what_a_channel_refused_is_forgotten_when_it_is_reopened() -> None:
    """Where something has changed all may be tried again; other channels are as before."""
    channels = RefusedChannels()
    for call, code in ((Call.POST, 50013), (Call.EDIT, 50001)):
        for channel_id in (_CHANNEL, _OTHER):
            channels.refused(call, channel_id, _error(403, code), now=0.0)
    channels.reopen(_CHANNEL)
    assert all(channels.refusal(call, _CHANNEL, now=1.0) is None for call in Call)
    assert channels.channel_ids == {_OTHER}


def test_what_is_remembered_is_bounded() -> None:
    """Of too many channels the oldest are forgotten."""
    channels = RefusedChannels()
    for number in range(REMEMBERED + 1):
        channels.refused(Call.POST, number, _error(403, 50001), now=0.0)
    assert channels.channel_ids == frozenset(range(1, REMEMBERED + 1))
