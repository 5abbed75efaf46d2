"""What can go wrong at the core's boundaries.

::

    ConversationError
    ├── StoreError                  the store did not do it; nothing was changed
    │   └── StoreUnavailableError   locked, full, read-only or gone: may be tried again
    └── ModelNameError              a name that leads to no single model
        ├── UnknownModelError
        └── AmbiguousModelError
"""


class ConversationError(Exception):
    """The root of the tree."""


class StoreError(ConversationError):
    """The store did not do what it was asked; nothing was changed."""


class StoreUnavailableError(StoreError):
    """The database is locked, full, read-only or gone; the same call may succeed later."""


class ModelNameError(ConversationError):
    """A name that does not lead to exactly one model.

    Attributes:
        name: The name as a person wrote it.
        candidates: Full names to offer instead, best first; may be empty.
    """

    def __init__(self, name: str, candidates: tuple[str, ...]) -> None:
        super().__init__(name)
        self.name = name
        self.candidates = candidates


class UnknownModelError(ModelNameError):
    """No provider has a model of that name; `candidates` are the nearest names."""


class AmbiguousModelError(ModelNameError):
    """Several providers have a model of that bare name; `candidates` are all of them."""
