"""Server-sent events, decoded from bytes that are cut anywhere.

The rules are those of the WHATWG HTML standard, section 9.2.6, and two that real servers need: an
event without its empty line counts at a proper end, and a field named `error` (llama.cpp) is an
event of that name.
"""

import codecs
from dataclasses import dataclass, field

from upstream.errors import garbage_error

LONGEST_EVENT_BYTES = 32 * 1024 * 1024
"""A longer event is taken for nonsense."""

_DATA = b"data: "


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event; its lines of data are joined with LF."""

    data: str = field(repr=False)
    name: str = "message"


class ServerSentEventsDecoder:
    """Turn bytes into events. Comments, ids and reconnection times are skipped.

    Lines end with LF, CR, or CR LF, also when the latter is cut in two.
    """

    def __init__(self) -> None:
        self._unfinished: list[bytes] = []
        self._size_bytes = 0
        self._began = False
        self._last_was_cr = False
        self._data: list[str] = []
        self._name = ""

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        """Decode the next bytes, and return the events that they complete.

        Raises:
            UpstreamError: `GARBAGE`, for an event that is too long.
        """
        if self._last_was_cr and data:
            self._last_was_cr = False
            data = data.removeprefix(b"\n")
        self._last_was_cr = data.endswith(b"\r") or (self._last_was_cr and not data)
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *ended, rest = data.split(b"\n")
        found: list[ServerSentEvent] = []
        for line in ended:
            event = self._end_line(line)
            if event is not None:
                found.append(event)
        if rest:
            self._unfinished.append(rest)
        self._size_bytes += len(data)
        if found:
            self._size_bytes = len(rest)
        if self._size_bytes > LONGEST_EVENT_BYTES:
            raise garbage_error("an event without end")
        return found

    def finish(self) -> list[ServerSentEvent]:
        """Return the last event at the proper end of the bytes; it may lack its empty line."""
        events = (self._end_line(b""), self._dispatch())
        return [event for event in events if event is not None]

    def _end_line(self, line: bytes) -> ServerSentEvent | None:
        """End the line whose last bytes these are."""
        if self._unfinished:
            line = b"".join([*self._unfinished, line])
            self._unfinished.clear()
        if not self._began:
            self._began = True
            line = line.removeprefix(codecs.BOM_UTF8)
        if not line:
            return self._dispatch()
        if line.startswith(_DATA):  # almost every line
            self._data.append(line[len(_DATA) :].decode("utf-8", errors="replace"))
        else:
            self._take_field(line.decode("utf-8", errors="replace"))
        return None

    def _take_field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "data":
                self._data.append(value)
            case "event":
                self._name = value
            case "error":
                self._name = "error"
                self._data.append(value)
            case _:
                return

    def _dispatch(self) -> ServerSentEvent | None:
        data, name = self._data, self._name
        self._name = ""
        if not data:
            return None
        self._data = []
        return ServerSentEvent("\n".join(data), name or "message")
