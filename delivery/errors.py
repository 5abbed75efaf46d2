"""What can go wrong between us and Discord.

::

    DeliveryError       Discord has not done what was asked
"""

_FORBIDDEN = 403
_ARCHIVED = 50083
_GONE = frozenset({10003, 10004, 10007, 10008})
"""Discord's codes where there is no such channel, server, member or message."""
_UNKNOWN_MESSAGE = 10008


class DeliveryError(Exception):
    """Discord has not done what was asked, as far as is known.

    Attributes:
        is_lasting: To ask the same again makes no sense (the message or channel is gone, a
            permission is missing); otherwise it may succeed later, or have been done.
        status: The HTTP status; None without an answer.
        code: Discord's own code, such as 50013 (missing permissions); 0 where it gave none.
        was_asked: Whether Discord was asked at all, and not held up by our own store.
    """

    def __init__(
        self,
        *,
        is_lasting: bool,
        status: int | None = None,
        code: int = 0,
        why: str = "",
        was_asked: bool = True,
    ) -> None:
        super().__init__(why or f"status {status}, code {code}")
        self.is_lasting = is_lasting
        self.status = status
        self.code = code
        self.was_asked = was_asked

    @property
    def is_of_place(self) -> bool:
        """Whether the place does not let us, which may change; not this one message."""
        return self.status == _FORBIDDEN or self.code == _ARCHIVED

    @property
    def is_archived(self) -> bool:
        """Whether it is refused because the thread is archived."""
        return self.code == _ARCHIVED

    @property
    def is_gone(self) -> bool:
        """Whether what was asked for is not there any more, and will not be again."""
        return self.code in _GONE

    @property
    def is_unknown_message(self) -> bool:
        """Whether the message is not there any more."""
        return self.code == _UNKNOWN_MESSAGE
