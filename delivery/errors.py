"""What can go wrong between us and Discord.

::

    DeliveryError       Discord has not done what was asked
"""

_FORBIDDEN = 403
_ARCHIVED = 50083


class DeliveryError(Exception):
    """Discord has not done what was asked, as far as is known.

    Attributes:
        is_lasting: To ask the same again makes no sense (the message or channel is gone, a
            permission is missing); otherwise it may succeed later.
        status: The HTTP status; None without an answer.
        code: Discord's own code, such as 50013 (missing permissions); 0 where it gave none.
    """

    def __init__(self, *, is_lasting: bool, status: int | None = None, code: int = 0) -> None:
        super().__init__(f"status {status}, code {code}")
        self.is_lasting = is_lasting
        self.status = status
        self.code = code

    @property
    def is_of_place(self) -> bool:
        """Whether the place does not let us, which may change; not this one message."""
        return self.status == _FORBIDDEN or self.code == _ARCHIVED
