"""What a stand-in model says: the words, their pace, and the way in which it fails.

A `Script` hands out `Answer` values: those that a test has queued first, then whatever the default
answerer makes of the conversation. Nothing here knows a wire format or a socket; `Answer.pieces()`
is the plan that every server of the sandbox performs, and that the pure encoders write down.
"""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

_TOKEN = re.compile(r"\S{1,16} ?|\s+")


@dataclass(frozen=True, slots=True)
class AskedMessage:
    """One message as the model saw it; the role is `system`, `user`, `assistant` or `tool`."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class AskedConversation:
    """What the model was asked: the exact chain of messages, oldest first, the new one last.

    `user` is whose request it is: the anonymous id at the Playground, the `user` field or an empty
    string at an OpenAI-compatible server. `options` are the parameters in force.
    """

    model: str
    messages: tuple[AskedMessage, ...]
    user: str = ""
    options: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast an answer comes: nothing is waited for by default.

    `first_token_s` is waited before the first piece, once; `tokens_per_second` spreads the others.
    """

    tokens_per_second: float | None = None
    first_token_s: float = 0.0

    def due_s(self, index: int) -> float:
        """Return the time of a piece by its index, in seconds from the start of the answer."""
        if self.tokens_per_second is None:
            return self.first_token_s
        return self.first_token_s + index / self.tokens_per_second


class Gate:
    """Holds an answer until a test lets it go on, piece by piece.

    Every piece takes one step, and so does the end of the answer: after as many steps as there are
    pieces all the text has been sent and the stream is still open. The opening of the stream (the
    first Playground object, the role frame) is not held.
    """

    def __init__(self) -> None:
        self._steps = 0
        self._is_open = False
        self._changed = asyncio.Event()

    def release(self, steps: int = 1) -> None:
        """Let that many more pieces pass."""
        self._steps += steps
        self._changed.set()

    def open(self) -> None:
        """Let everything pass from now on."""
        self._is_open = True
        self._changed.set()

    async def step(self) -> None:
        """Wait for one step and use it up."""
        while not self._is_open and self._steps == 0:
            self._changed.clear()
            await self._changed.wait()
        self._steps = max(0, self._steps - 1)


@dataclass(frozen=True, slots=True)
class Http:
    """The request is answered with this and nothing else, before any check: as a proxy would."""

    status: int
    body: str | bytes = "<html><body><h1>Bad gateway</h1></body></html>"
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Refuse:
    """The request is answered with an error body in the shape of the server that was asked.

    `code` is the word that an OpenAI-compatible server puts beside the message.
    """

    message: str
    status: int = 400
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class HangUp:
    """The connection is closed without an answer: no status line, no header."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The body stops without its end once that many characters of text have been sent.

    `torn_bytes` of what would have come next are sent too, so that a line ends in its middle.
    `None` for `after_chars` lets all the text pass and leaves out the end only.
    """

    after_chars: int | None = 0
    torn_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Stall:
    """Nothing more comes once that many characters were sent, until one side hangs up.

    With `keep_alive_s` an event stream goes on with comments at that interval, in seconds.
    """

    after_chars: int | None = 0
    keep_alive_s: float | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """The server reports an error inside the stream; `None` for `after_chars` is after all text.

    `reason` is the word of the wire (protocol, section 4; section 10 for the threads dialect);
    `message` replaces the text that the server would give with it.
    """

    reason: str
    after_chars: int | None = None
    message: str | None = None


Fault = Http | Refuse | HangUp | Cut | Stall | Reason
"""Everything that can go wrong on demand."""


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A tool that the model calls; without a `result` it is the client's own, and ends the answer.

    With a `result` the server runs it and the answer goes on in a further pair of messages.
    Only the threads dialect of the Playground shows tools.
    """

    name: str
    arguments: Mapping[str, object] = field(default_factory=dict[str, object])
    result: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """What goes into one chunk of the wire."""

    kind: Literal["text", "reasoning", "tool"]
    text: str = ""
    tool: ToolUse | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a stand-in model.

    Attributes:
        text: The whole text; cut into pieces of about a word, white space in pieces of its own.
        chunks: The exact pieces instead of `text`. None at all is a backend which yields nothing;
            an empty `text` is one empty piece, a proper but empty answer.
        reasoning: What a thinking model says first, where the wire can carry it.
        tools: Called before the text, in this order.
        pace: When each piece is due.
        fault: How it fails, if it does.
        hold: Lets a test step through it.
        write_sizes: Bytes of each write, cycled; the borders of lines are not respected. Without,
            each line is one write.
        finish_reason: What a clean end is called, where the server reports it.
        limit_tokens: Most pieces of text that are sent; the answer is then cut for its length.
        obeys_limit: Whether the limit which the client asks for is applied to it. A queued answer
            is said in full by default: the test has decided its length.
    """

    text: str = ""
    chunks: Sequence[str] | None = None
    reasoning: str = ""
    tools: Sequence[ToolUse] = ()
    pace: Pace = field(default_factory=Pace)
    fault: Fault | None = None
    hold: Gate | None = None
    write_sizes: Iterable[int] | None = None
    finish_reason: str = "stop"
    limit_tokens: int | None = None
    obeys_limit: bool = False

    def limited(self, max_tokens: int | None) -> "Answer":
        """Return the answer as a server says it that was asked for at most so many tokens."""
        if max_tokens is None or not self.obeys_limit:
            return self
        return replace(self, limit_tokens=max_tokens)

    def pieces(self) -> Iterator[Piece]:
        """Return the pieces in order, up to where the fault or the limit ends the answer."""
        for tool in self.tools:
            yield Piece("tool", tool=tool)
            if tool.result is None:
                return
        for thought in tokens(self.reasoning):
            yield Piece("reasoning", thought)
        for text in self._texts():
            yield Piece("text", text)

    @property
    def is_over_limit(self) -> bool:
        """Whether the text has more pieces than the limit lets pass."""
        return self.limit_tokens is not None and len(self._whole()) > self.limit_tokens

    def _whole(self) -> Sequence[str]:
        if self.chunks is not None:
            return self.chunks
        return tokens(self.text) or [""]

    def _texts(self) -> Iterator[str]:
        match self.fault:
            case Cut(after_chars=limit) | Stall(after_chars=limit) | Reason(after_chars=limit):
                left = limit
            case _:
                left = None
        for text in self._whole()[: self.limit_tokens]:
            if left is None:
                yield text
                continue
            if left > 0:
                yield text[:left]
            left -= len(text)
            if left <= 0:
                return


Answerer = Callable[[AskedConversation], Answer]
"""Makes the answer to a conversation, where none is queued."""


def tokens(text: str) -> list[str]:
    """Cut a text into pieces of about a word; runs of white space are pieces of their own."""
    return _TOKEN.findall(text)


def echo(asked: AskedConversation) -> Answer:
    """Answer with the last message: the answerer of a script that was given none."""
    return Answer(text=f"You said: {asked.messages[-1].text}" if asked.messages else "Hello!")


class Script:
    """Decides what is answered; one script may serve several servers.

    Attributes:
        default: The answerer that is asked when nothing is queued; tests may replace it.
    """

    def __init__(self, *answers: Answer, default: Answerer = echo) -> None:
        self._queue = deque(answers)
        self.default = default

    def queue(self, *answers: Answer) -> None:
        """Add answers to the end of the queue."""
        self._queue.extend(answers)

    @property
    def waiting(self) -> int:
        """How many queued answers have not been used."""
        return len(self._queue)

    def take_refusal(self) -> Http | HangUp | None:
        """Use up the next queued answer if it is one that looks at no request at all."""
        fault = self._queue[0].fault if self._queue else None
        if not isinstance(fault, Http | HangUp):
            return None
        self._queue.popleft()
        return fault

    def answer(self, asked: AskedConversation) -> Answer:
        """Return the answer to this conversation: the next of the queue, else the default's."""
        return self._queue.popleft() if self._queue else self.default(asked)
