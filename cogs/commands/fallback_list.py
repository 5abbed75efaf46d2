"""What people write as the models to be asked where a place's own fails."""

from conversation.ports.catalog import ModelCatalog

MOST_FALLBACKS = 3
NOBODY = "none"
"""Written for none at all."""
INHERITED = "default"
"""Written to have what the channel, or else the bot's owner, has set."""
CHOICE_LIMIT_CHARS = 100
"""Of a choice in an autocompletion, by Discord."""


class TooManyError(Exception):
    """More models were named than may be."""


def read(text: str, catalog: ModelCatalog) -> tuple[str, ...] | None:
    """Return the full names that a text means; None to inherit them.

    Raises:
        ModelNameError: One of them is no model.
        TooManyError: There are more than `MOST_FALLBACKS`.
    """
    if text.strip().casefold() == INHERITED:
        return None
    if text.strip().casefold() == NOBODY:
        return ()
    names = [name.strip() for name in text.split(",") if name.strip()]
    found = tuple(dict.fromkeys(catalog.resolve(name).full_name for name in names))
    if len(found) > MOST_FALLBACKS:
        raise TooManyError
    return found


def completed(typed: str, catalog: ModelCatalog) -> list[str]:
    """Return texts that go on from what is typed so far: the last name is completed."""
    *before, last = typed.split(",")
    first = "".join(f"{name.strip()}, " for name in before)
    words = [word for word in (NOBODY, INHERITED) if not before and word.startswith(last.strip())]
    named = [f"{first}{model.full_name}" for model in catalog.search(last)]
    taken = {name.strip().casefold() for name in before}
    return words + [
        text
        for text in named
        if len(text) <= CHOICE_LIMIT_CHARS
        and text.removeprefix(first).casefold() not in taken
        and len(before) < MOST_FALLBACKS
    ]
