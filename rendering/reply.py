"""What a reply should look like: while its answer comes, and once it has ended (pure)."""

from collections.abc import Sequence
from dataclasses import replace

from conversation.entities import Outcome, ReplyState, Turn
from conversation.events import Finished, Queued, ReplyEvent, TextDelta
from rendering.buttons import NONE, STREAMING, Buttons, buttons_after
from rendering.cursor import CURSOR
from rendering.diff import WantedPart
from rendering.splitting.splitter import DISCORD_LIMIT_CHARS, Splitter
from rendering.wording.outcomes import small_print
from rendering.wording.sentences import Sentence, say

_LEAST_ROOM_CHARS = 64
"""After how much more text it is looked again at a part that may be full and is not."""


def desired(state: ReplyState) -> Sequence[WantedPart]:
    """Return the messages of an ended answer, as its rows say they should be."""
    reply = StreamingReply(state.replaced_text)
    reply.feed(TextDelta(state.turn.text))
    reply.finish(state.turn, is_newest=state.is_newest, is_continued=state.is_continued)
    return reply.parts()


def buttons_under(turn: Turn, *, is_newest: bool) -> Buttons:
    """Return the buttons under an ended answer: none where the conversation has gone on."""
    if not is_newest:
        return NONE
    reason = None if turn.failure is None else turn.failure.reason
    outcome = turn.outcome or Outcome.INTERRUPTED
    return buttons_after(outcome, reason, has_text=bool(turn.text.strip()))


class StreamingReply:
    """The text that came, the line that stands for it until then, and the buttons under it.

    Args:
        replaced_text: What the reply showed before: it stays where no text comes.

    Attributes:
        is_finished: Whether this is all.
        may_be_full: Whether the last part may be full with what came last: worth a look.
    """

    def __init__(self, replaced_text: str = "") -> None:
        self._stays = put_below(_contents_of(replaced_text), Sentence.REPLACED_STAYS)
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
        """Add what came, at the cost of keeping it; return whether there is more to show."""
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
                self._queue_line = say(Sentence.QUEUED, number=ahead + 1)
                return True
            case _:
                return False

    def finish(self, turn: Turn, *, is_newest: bool, is_continued: bool = False) -> None:
        """Record that this was all: what stands below follows from how the turn ended."""
        self._buttons = buttons_under(turn, is_newest=is_newest)
        notice = small_print(turn, is_newest=is_newest, is_continued=is_continued)
        self._queue_line = ""
        self._read()
        self._splitter.finish(notice if self._has_text or not self._stays else "")
        self._stays = () if self._has_text else put_below(self._stays, notice)
        self.is_finished = True

    def parts(self) -> Sequence[WantedPart]:
        """Return the messages, in order."""
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


def _contents_of(text: str) -> Sequence[str]:
    """Return what the messages that show a text say."""
    if not text.strip():
        return []
    splitter = Splitter()
    splitter.feed(text)
    splitter.finish()
    return [part.content for part in splitter.parts]
