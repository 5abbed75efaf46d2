"""Which models there are, over all providers: answered from memory, refreshed in the background."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from rapidfuzz import fuzz, process

from conversation.errors import AmbiguousModelError, UnknownModelError
from conversation.ports.catalog import CatalogModel
from conversation.ports.provider import ModelInfo, ParameterBounds, Provider
from upstream.model_names import LONGEST_CHARS, is_model_name

log = logging.getLogger(__name__)

NEAREST_SHOWN = 5
"""So many names are offered instead of one that does not exist."""
NEAREST_SCORE = 55.0
SEARCH_SCORE = 75.0
"""Of 100 (rapidfuzz); a name that scores less is not offered."""


class ListingProvider(Provider, Protocol):
    """A provider that also says what it knows of its models without asking its service."""

    @property
    def is_listed(self) -> bool:
        """Whether it is known for certain what is offered."""
        ...

    @property
    def known_models(self) -> tuple[ModelInfo, ...]:
        """The models of the last list, else those documented or configured."""
        ...


@dataclass(frozen=True, slots=True)
class _Offer:
    """A model with all its names."""

    model: CatalogModel
    provider: str
    name: str
    aliases: tuple[str, ...]

    @property
    def full_names(self) -> tuple[str, ...]:
        return tuple(f"{self.provider}/{name}".casefold() for name in (self.name, *self.aliases))


class Catalog:
    """The models of all providers, in the order of the providers and of their lists.

    Before the first refresh it offers what the providers know without asking.

    Args:
        providers: Their names differ.
        refresh_interval_s: Between two refreshes of `run`. Lists change a few times a month; an
            hour keeps the load on the services at nothing.
    """

    def __init__(
        self, providers: Sequence[ListingProvider], *, refresh_interval_s: float = 3600.0
    ) -> None:
        self._providers = {provider.name: provider for provider in providers}
        self._refresh_interval_s = refresh_interval_s
        self._logged_counts = ""

    async def run(self) -> None:
        """Refresh at once and at every interval, until cancelled; the caller owns the task."""
        while True:
            await self.refresh()
            await asyncio.sleep(self._refresh_interval_s)

    async def refresh(self) -> None:
        """Ask all providers at once for their lists; one that fails keeps its last list."""
        async with asyncio.TaskGroup() as group:
            for provider in self._providers.values():
                group.create_task(provider.models(), name=f"models of {provider.name}")
        counts = ", ".join(
            f"{len(each.known_models)} of {each.name}" + ("" if each.is_listed else " (not listed)")
            for each in self._providers.values()
        )
        if counts != self._logged_counts:
            self._logged_counts = counts
            log.info("models: %s", counts)

    def resolve(self, name: str) -> CatalogModel:
        """Return the one model meant; see the port. A name goes before an alias."""
        typed = name.strip().casefold()
        offers = self._offers()
        for offer in offers:
            if typed in offer.full_names:
                return offer.model
        bare = [offer for offer in offers if typed == offer.name.casefold()]
        bare = bare or [
            offer for offer in offers if typed in {alias.casefold() for alias in offer.aliases}
        ]
        if len(bare) > 1:
            raise AmbiguousModelError(name, tuple(offer.model.full_name for offer in bare))
        if bare:
            return bare[0].model
        trusted = self._trusted(name.strip())
        if trusted is None:
            raise _unknown(name, offers)
        return trusted

    def _trusted(self, name: str) -> CatalogModel | None:
        """Return the model of a full name whose provider has not said what it offers."""
        provider_name, _, model = name.partition("/")
        provider = self._providers.get(provider_name.casefold())
        if provider is None or provider.is_listed or not is_model_name(model.strip()):
            return None
        return CatalogModel(f"{provider.name}/{model.strip()}")

    def nearest(self, full_name: str) -> tuple[str, ...]:
        """Return the names of other models; see the port. The provider's name is not compared."""
        others = [offer for offer in self._offers() if offer.model.full_name != full_name]
        return _nearest(full_name.partition("/")[2], others, NEAREST_SCORE)[:NEAREST_SHOWN]

    def search(self, typed: str, *, current: str | None = None) -> tuple[CatalogModel, ...]:
        """Return what matches; see the port.

        Best first: names that begin with it, names with a word that does, names that hold it, and
        then, for the misspelt, names like it.
        """
        wanted = typed.strip().casefold()
        offers = self._offers()
        ranked = [(rank, offer) for offer in offers if (rank := _rank(wanted, offer)) is not None]
        found = [offer.model for _, offer in sorted(ranked, key=lambda pair: pair[0])]
        if wanted:
            by_name = {offer.model.full_name: offer.model for offer in offers}
            like = _nearest(wanted, offers, SEARCH_SCORE)
            known = {model.full_name for model in found}
            found.extend(by_name[name] for name in like if name not in known)
        here = (current or "").casefold()
        found.sort(key=lambda model: model.full_name.casefold() != here)
        return tuple(found)

    def bounds(self, full_name: str) -> ParameterBounds:
        """Return the bounds of a full name's provider; see the port."""
        provider = self._providers.get(full_name.partition("/")[0].strip().casefold())
        if provider is None:
            raise _unknown(full_name, self._offers())
        return provider.bounds

    def _offers(self) -> list[_Offer]:
        return [
            _Offer(
                CatalogModel(f"{provider.name}/{info.name}", info.description, info.context_tokens),
                provider.name,
                info.name,
                info.aliases,
            )
            for provider in self._providers.values()
            for info in provider.known_models
        ]


def _unknown(name: str, offers: Sequence[_Offer]) -> UnknownModelError:
    """Return the error for a name that leads nowhere, with the names most like it."""
    return UnknownModelError(name, _nearest(name, offers, NEAREST_SCORE)[:NEAREST_SHOWN])


def _rank(wanted: str, offer: _Offer) -> int | None:
    """Return how well a model matches, 0 best; None if no name holds what was typed."""
    names = [offer.name.casefold(), *(alias.casefold() for alias in offer.aliases)]
    names.extend(offer.full_names)
    if any(name.startswith(wanted) for name in names):
        return 0
    words = " ".join(names).replace("/", " ").replace("-", " ").replace("_", " ").split()
    if any(word.startswith(wanted) for word in words):
        return 1
    return 2 if any(wanted in name for name in names) else None


def _nearest(name: str, offers: Iterable[_Offer], cutoff: float) -> tuple[str, ...]:
    """Return the full names of the models most like a name, best first, each once."""
    called = [
        (word, offer.model.full_name)
        for offer in offers
        for word in (offer.name, *offer.aliases, offer.model.full_name)
    ]
    scored = process.extract(
        name[:LONGEST_CHARS].casefold(),
        [word.casefold() for word, _ in called],
        scorer=fuzz.WRatio,
        score_cutoff=cutoff,
        limit=None,
    )
    return tuple(dict.fromkeys(called[index][1] for _, _, index in scored))
