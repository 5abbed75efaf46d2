"""One event for the texts that came in one read of a socket (pure)."""

from collections.abc import Generator, Iterable

from conversation.events import StreamEvent, TextDelta
from upstream.errors import UpstreamError


def merge_deltas(events: Iterable[StreamEvent]) -> Generator[StreamEvent, None, None]:
    """Yield the events of one read of a socket, joining texts that follow one another.

    A loop that is behind finds several chunks in one read, and pays for one. Nothing is held
    back: the last text is yielded before the end, and before an error.

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
