"""What a reply should look like at this instant, whatever Discord has of it (pure)."""

from collections.abc import Sequence
from dataclasses import replace

from conversation.events import Finished, Queued, ReplyEvent, TextDelta
from rendering.buttons import NONE, STREAMING, Buttons
from rendering.cursor import CURSOR
from rendering.diff import WantedPart
from rendering.splitting.splitter import DISCORD_LIMIT_CHARS, Splitter
from rendering.wording.english import Notice, say

_LEAST_ROOM_CHARS = 64
"""After how much more text it is looked again at a part that may be full and is not."""


class WantedReply:
    """The text that came, the line that stands for it until then, and the buttons under it.

    Args:
        stays: What the messages are to say where no text comes.

    Attributes:
        is_finished: Whether this is all.
        may_be_full: Whether the last part may be full with what came last: worth a look.
    """

    def __init__(self, stays: Sequence[str] = ()) -> None:
        self._stays = stays
        self._has_text = False
        self._splitter = Splitter()
        self._unread: list[str] = []
        """Text that the splitter has not seen: it is read when something may be sent."""
        self._room_chars = self._splitter.room_chars
        self.may_be_full = False
        self._queue_line = ""
        self._buttons: Buttons = STREAMING
        self.is_finished = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing came that has not been looked at."""
        return not self._unread

    @property
    def is_queued(self) -> bool:
        """Whether only the place in the line is to be shown."""
        return bool(self._queue_line)

    def feed(self, event: ReplyEvent) -> bool:
        """Take in what came, at the cost of keeping it; gives whether there is more to show."""
        match event:
            case TextDelta(text):
                self._queue_line = ""
                self._unread.append(text)
                self._count(len(text))
                return True
            case Finished(text=str(whole)):
                self._splitter = Splitter()
                self._has_text = False
                self._unread = [whole]
                return False
            case Queued(ahead):
                self._queue_line = say(Notice.QUEUED, number=ahead + 1)
                return True
            case _:
                return False

    def finish(self, notice: str, buttons: Buttons = NONE) -> None:
        """Take in that this was all; `notice` and `buttons` go under it."""
        self._buttons = buttons
        self._queue_line = ""
        self._read()
        self._splitter.finish(notice if self._has_text or not self._stays else "")
        self._stays = () if self._has_text else put_below(self._stays, notice)
        self.is_finished = True

    def parts(self) -> Sequence[WantedPart]:
        """Give the messages, in order."""
        self._read()
        contents = [part.content for part in self._splitter.sealed]
        if self.is_finished and self._stays:
            contents = list(self._stays)
        tail = None if self.is_finished else self._splitter.tail(CURSOR)
        if tail is not None:
            contents.append(tail.content)
        if self._queue_line:
            contents = list(put_below(self._stays, self._queue_line)) or [self._queue_line]
        wanted = [WantedPart(content) for content in contents]
        if wanted:
            wanted[-1] = replace(wanted[-1], buttons=self._buttons)
        return wanted

    def _count(self, chars: int) -> None:
        """Keep count of the room in the last part, so that what came need not be read for it."""
        self._room_chars -= chars
        self.may_be_full = self._room_chars < 0
        if self.may_be_full:
            self._room_chars = _LEAST_ROOM_CHARS

    def _read(self) -> None:
        if self._unread:
            text = "".join(self._unread)
            self._has_text = self._has_text or bool(text.strip())
            self._splitter.feed(text)
            self._unread.clear()
            self._room_chars = max(self._splitter.room_chars, _LEAST_ROOM_CHARS)


def put_below(contents: Sequence[str], notice: str) -> Sequence[str]:
    """Put a notice below messages, in one of its own if there is no room; nothing below nothing."""
    if not contents or not notice:
        return contents
    *before, last = contents
    marked = f"{last}\n{notice}"
    if len(marked) <= DISCORD_LIMIT_CHARS:
        return [*before, marked]
    return [*before, last, notice]
