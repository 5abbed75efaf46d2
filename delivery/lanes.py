"""What makes requests to Discord one after another: the lane, its steps, and errands of one."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Generic, Protocol, TypeVar, runtime_checkable

from delivery.errors import DeliveryError
from delivery.pacing.policy import Call
from delivery.pacing.scheduler import Wish

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One request to be made now; `act` makes it and gives the id of a message it made."""

    call: Call
    channel_id: int
    act: Callable[[], Awaitable[int | None]]
    nonce: str | None = None
    """Posts only: the gateway's echo of the message carries it."""
    prepare: Callable[[], Awaitable[None]] | None = None
    """Done before the request, which is not made where this raises `DeliveryError`."""

    @property
    def ends_with_answer(self) -> bool:
        """Whether it is over when Discord has accepted it: nothing that it gives is waited for."""
        return self.nonce is None and self.call is not Call.READ


class LaneEnd(Enum):
    """Why a lane sends nothing more."""

    SHOWN = "shown"
    """Discord has all of it."""
    REFUSED = "refused"
    """Discord refuses the rest for good."""
    PARKED = "parked"
    """The place does not let us, which may change."""
    CLOSED = "closed"


@runtime_checkable
class Lane(Protocol):
    """Something that makes requests to Discord one after another."""

    def wish(self) -> Wish | None:
        """Say what it would send now if it could; None if nothing."""
        ...

    def take(self) -> Step:
        """Return the step to carry out at this instant; called only while it wishes something."""
        ...

    def arrived(self, step: Step, message_id: int | None) -> None:
        """Record that Discord has done the step.

        For a post this may come after `failed`, when the gateway shows that it was made.
        """
        ...

    def failed(self, step: Step, error: DeliveryError) -> None:
        """Record that Discord has not done the step, as far as is known."""
        ...


class Errand(Generic[_Result]):
    """A lane for one request, whose result somebody waits for.

    Args:
        wish: What it wishes, once.
        act: Makes the request.
        known: The result, where that is known beforehand: then Discord's answer is waited for, and
            not the library's call, which may return minutes later.
    """

    def __init__(
        self, wish: Wish, act: Callable[[], Awaitable[_Result]], known: _Result | None = None
    ) -> None:
        self._wish: Wish | None = wish
        self.step = Step(wish.call, wish.channel_id, self._act)
        self._do = act
        self._known = known
        self.result: asyncio.Future[_Result] = asyncio.get_running_loop().create_future()
        """Ends with a `DeliveryError` where Discord has not done it."""

    def wish(self) -> Wish | None:
        """See `Lane.wish`."""
        return self._wish

    def take(self) -> Step:
        """See `Lane.take`."""
        self._wish = None
        return self.step

    def arrived(self, step: Step, message_id: int | None) -> None:  # noqa: ARG002 - the lane's
        """Return the result if it is known; else the act does, and may return later than this."""
        if self._known is not None and not self.result.done():
            self.result.set_result(self._known)

    def failed(self, step: Step, error: DeliveryError) -> None:  # noqa: ARG002 - it has one
        """See `Lane.failed`."""
        if not self.result.done():
            self.result.set_exception(error)

    async def _act(self) -> None:
        """Make the request; of several, the first that is answered counts as arrived."""
        try:
            result = await self._do()
        except DeliveryError as error:
            self.failed(self.step, error)
            raise
        if not self.result.done():
            self.result.set_result(result)
