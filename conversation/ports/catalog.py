"""What the core needs to know of the models that there are."""

from dataclasses import dataclass
from typing import Protocol

from conversation.ports.provider import ParameterBounds


@dataclass(frozen=True, slots=True)
class CatalogModel:
    """A model that can be chosen."""

    full_name: str
    """`provider/model`."""
    description: str = ""
    context_tokens: int | None = None


class ModelCatalog(Protocol):
    """Which models there are; answers from memory, refreshed in the background."""

    def resolve(self, name: str) -> CatalogModel:
        """Find the one model meant by a full name, a bare name or an alias.

        Case does not matter. A full name of a known provider whose list could not be read is
        taken on trust.

        Raises:
            UnknownModelError: There is none; carries the nearest names.
            AmbiguousModelError: A bare name that several providers have; carries the full names.
        """
        ...

    def nearest(self, full_name: str) -> tuple[str, ...]:
        """Return the full names of other models most like this one's, best first; maybe none."""
        ...

    def search(self, typed: str, *, current: str | None = None) -> tuple[CatalogModel, ...]:
        """Return the models whose name matches what was typed so far, best first.

        `current`, a full name, comes first where it matches; an empty `typed` matches all.
        """
        ...

    def bounds(self, full_name: str) -> ParameterBounds:
        """Return the bounds of the provider that a full name belongs to.

        Raises:
            UnknownModelError: No such provider.
        """
        ...
