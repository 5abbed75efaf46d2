"""Fewer events for the same words: texts that came at once are told at once (pure)."""

from collections.abc import Generator, Iterable

from conversation.events import StreamEvent, TextDelta
from upstream.errors import UpstreamError


def merged(events: Iterable[StreamEvent]) -> Generator[StreamEvent, None, None]:
    """Give the events of one read of a socket, texts that follow one another as one.

    A loop that is behind finds several chunks in one read, and pays for one. Nothing is held
    back for it: the last text is given before the end, and before an error.

    Raises:
        UpstreamError: The one that `events` raises, after what came before it.
    """
    texts: list[str] = []
    try:
        for event in events:
            if isinstance(event, TextDelta):
                texts.append(event.text)
                continue
            yield from _joined(texts)
            yield event
    except UpstreamError:
        yield from _joined(texts)
        raise
    yield from _joined(texts)


def _joined(texts: list[str]) -> Generator[TextDelta, None, None]:
    if texts:
        yield TextDelta("".join(texts))
        texts.clear()
