"""What Bobbin remembers, as plain values: places, conversations, turns, inbounds and replies.

A conversation is a tree of turns with a head; the path from the root to the head is what a model
is asked with. Nothing here knows Discord, SQL or HTTP: ids of Discord (snowflakes) are integers.

One module in spite of its length: these are the words of the house, and are read side by side.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from conversation.notices import Remark


class Role(StrEnum):
    """Whose entry a turn is."""

    USER = "user"
    ASSISTANT = "assistant"


class Outcome(StrEnum):
    """How an assistant turn ended; a turn that still streams has none."""

    COMPLETE = "complete"
    """The model said all that it wanted to say."""
    TRUNCATED = "truncated"
    """The model's limit or a filter of the service cut the text short."""
    STOPPED = "stopped"
    """A person stopped it."""
    INTERRUPTED = "interrupted"
    """We ended it: shutdown, cancellation or a crash."""
    FAILED = "failed"
    """The upstream ended it; `Failure` says how. Text that came before stands."""


class FailureReason(StrEnum):
    """Why an answer ended other than complete, as far as the upstream told."""

    UNREACHABLE = "unreachable"
    """No connection: refused, unknown host, TLS, proxy."""
    NO_FIRST_TOKEN = "no_first_token"  # noqa: S105 - a reason, not a password
    """Connected, but nothing came within the limit for the first token."""
    STALLED = "stalled"
    """Text came, then nothing within the limit between chunks."""
    CUT = "cut"
    """The connection ended before the answer did."""
    GARBAGE = "garbage"
    """What came could not be understood."""
    OVERLOADED = "overloaded"
    """The service has no capacity now (503, "model overloaded")."""
    RATE_LIMITED = "rate_limited"
    """429; `Failure.retry_after_s` says when to come back, where the service did."""
    SERVER_ERROR = "server_error"
    """Any other failure on the service's side (5xx, an error object in the stream)."""
    UNAUTHORIZED = "unauthorized"
    """401 or 402: the key is missing, wrong, or has no credit."""
    FORBIDDEN = "forbidden"
    """403: the service refuses this client, key or address."""
    CAPTCHA = "captcha"
    """The service wants proof of a browser, which Bobbin does not fake."""
    UNSAFE = "unsafe"
    """The service judged the prompt or the answer unsafe."""
    TOO_LONG = "too_long"
    """The prompt does not fit the model."""
    UNKNOWN_MODEL = "unknown_model"
    """The service, or the catalog, does not know the model."""
    INVALID = "invalid"
    """The service refused the request as malformed (any other 4xx)."""
    EMPTY = "empty"
    """The answer ended cleanly without a visible character."""
    LENGTH = "length"
    """The limit of tokens for one answer was reached."""
    LENGTH_BOUND = "length_bound"
    """The bound that the bot's owner has set on every answer was reached."""
    INTERNAL = "internal"
    """Something went wrong on our own side."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why, as data; the words a person reads are made in `rendering.wording.english`."""

    reason: FailureReason
    status: int | None = None
    """The HTTP status, where there was one."""
    retry_after_s: float | None = None
    """Seconds after which the service asked to be tried again."""
    detail: str = ""
    """For the operator's log only: short, without secrets, text of people or of the model."""
    nearest: tuple[str, ...] = ()
    """For `UNKNOWN_MODEL`: known names most like the one asked for, best first."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """How a model is to answer; None leaves a value to the provider's default."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    """Upper limit of the answer, in tokens."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens an answer cost, as the service counted them."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class ResumeState:
    """What one provider needs to go on from a turn; opaque to everybody else.

    Kept on the turn, so that any turn can be gone on from. `data` holds secrets (an anonymous
    user id is one): it is stored, and never logged, shown or exported.
    """

    provider: str
    data: Mapping[str, str] = field(repr=False)
    expires_at: datetime | None = None
    """UTC; None where the service forgets nothing."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who wrote a stretch of a user turn's text; the stretches follow each other in order."""

    author_id: int
    name: str
    length_chars: int


@dataclass(frozen=True, slots=True)
class Turn:
    """One stored entry of a conversation; never changed once it has its outcome."""

    id: int
    conversation_id: int
    parent_id: int | None
    role: Role
    text: str = field(repr=False)
    created_at: datetime
    speakers: tuple[Speaker, ...] = ()
    """User turns only. The stretches are joined by `SPEAKER_SEPARATOR`. A user turn without any is
    hidden: nobody said it, it has the model go on with its answer."""
    reasoning: str = field(default="", repr=False)
    outcome: Outcome | None = None
    """Assistant turns only; None while it streams. A user turn never has one."""
    failure: Failure | None = None
    remarks: tuple[Remark, ...] = ()
    """What stands in small print under an answer, beside how it ended."""
    model: str | None = None
    """`provider/model`, assistant turns only."""
    parameters: Parameters = field(default_factory=Parameters)
    usage: Usage | None = None
    resume: ResumeState | None = None
    """Complete assistant turns of a provider with a memory only."""
    origin_turn_id: int | None = None
    """The turn this one was copied from, when a conversation was branched."""
    finished_at: datetime | None = None
    """None while it streams."""


SPEAKER_SEPARATOR = "\n\n"
"""Between what several people, or one person in several messages, said in one user turn."""


@dataclass(frozen=True, slots=True)
class TurnResult:
    """How an assistant turn ended, to be stored in one go."""

    text: str = field(repr=False)
    outcome: Outcome
    failure: Failure | None = None
    remarks: tuple[Remark, ...] = ()
    reasoning: str = field(default="", repr=False)
    usage: Usage | None = None
    resume: ResumeState | None = None
    model: str | None = None
    """`provider/model`, where another one answered than was chosen."""


@dataclass(frozen=True, slots=True)
class PlaceKey:
    """Where something was said: a thread, a direct-message channel or a text channel."""

    channel_id: int
    guild_id: int | None = None
    """None in direct messages."""
    parent_channel_id: int | None = None
    """The channel a thread belongs to, whose settings it inherits; None elsewhere."""

    @property
    def is_channel(self) -> bool:
        """Whether it is a text channel, in which each root question is its own conversation."""
        return self.guild_id is not None and self.parent_channel_id is None


class ListenMode(StrEnum):
    """Which messages of a place are meant for the bot."""

    MENTIONS = "mentions"
    """Mentions of the bot and replies to it."""
    EVERYTHING = "everything"
    """Every message but those that address somebody else."""


@dataclass(frozen=True, slots=True)
class PlaceSettings:
    """What people set for a place; None inherits from the channel above, then from the bot."""

    model: str | None = None
    parameters: Parameters = field(default_factory=Parameters)
    system_prompt: str | None = field(default=None, repr=False)
    listen_mode: ListenMode | None = None
    """Not inherited; None means `EVERYTHING` in direct messages and in threads the bot opened."""
    fallback_models: tuple[str, ...] | None = None
    """Asked in this order where the model fails; none at all if empty."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message; it is named, not read."""

    name: str
    content_type: str | None
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Received:
    """A Discord message meant for us, as it arrived and before it is stored."""

    message_id: int
    place: PlaceKey
    author_id: int
    author_name: str
    text: str = field(repr=False)
    """What it says itself, and what it forwards."""
    quote: str = field(default="", repr=False)
    """What it replies to, quoted and named: left out where that is the answer to go on from."""
    replies_to_message_id: int | None = None
    """The message of ours that it replies to, if it does."""
    attachments: tuple[Attachment, ...] = ()

    @property
    def whole_text(self) -> str:
        """All that it says, with what it replies to."""
        return "\n\n".join(piece for piece in (self.quote, self.text) if piece)


class InboundState(StrEnum):
    """What became of an inbound."""

    WAITING = "waiting"
    ANSWERED = "answered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Inbound:
    """A stored message that was meant for us; `message_id` is unique."""

    id: int
    message_id: int
    channel_id: int
    conversation_id: int
    author_id: int
    author_name: str
    text: str = field(repr=False)
    state: InboundState
    attachments: tuple[Attachment, ...] = ()
    turn_id: int | None = None
    """The user turn it became part of."""
    received_at: datetime | None = None
    left_today: int | None = None
    """How many turns of the day its author had left after it; None without a limit."""


class Verdict(StrEnum):
    """What the store decided about a received message."""

    ACCEPTED = "accepted"
    REPEATED = "repeated"
    """Its message id was known: the gateway repeated the event. Nothing was changed."""
    QUEUE_FULL = "queue_full"
    """As many inbounds as the limit allows already wait; it was stored as refused."""
    QUOTA_SPENT = "quota_spent"
    """Its author had all the turns of the day; it was stored as refused."""
    COVERED = "covered"
    """Its author was told that it is not taken; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The store's answer to a received message."""

    verdict: Verdict
    conversation_id: int
    used_today: int = 0
    """Turns its author has had since the day began, this one included if it was accepted."""
    notice_id: int | None = None
    """The notice that tells its author of a refusal, where they were not told of it before."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A stored dialogue: a tree of turns, of which `head_turn_id` is the one to go on from."""

    id: int
    place: PlaceKey
    root_message_id: int | None
    head_turn_id: int | None
    starter_id: int | None
    """Who said the first thing in it, or in the one that it replaced by a reset; None before
    anything was said."""

    def is_at(self, channel_id: int | None) -> bool:
        """Return whether it is in a place, or about to move there.

        A thread has the id of the message from which it is opened.
        """
        return channel_id in (self.place.channel_id, self.root_message_id)


@dataclass(frozen=True, slots=True)
class FreshStart:
    """What a reset has made."""

    conversation: Conversation
    """Empty, and current now."""
    former_id: int | None
    """The conversation that was current before."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something of ours goes on Discord."""

    channel_id: int
    guild_id: int | None
    answers_message_id: int | None = None
    """The message to reply to; None where the place itself is the conversation."""


@dataclass(frozen=True, slots=True)
class Part:
    """One Discord message of a reply; stored before it is posted."""

    ordinal: int
    """0 for the first."""
    channel_id: int
    message_id: int | None
    """None until Discord has given it: then the message may be there or not."""
    nonce: str
    digest: str | None = None
    """Of what was sent last; None where that is not known."""
    is_confirmed: bool = False
    """Whether Discord has said that it took what was sent last."""
    is_gone: bool = False
    """Somebody deleted the message."""


@dataclass(frozen=True, slots=True)
class ReplyState:
    """All that decides what a reply should look like, and what Discord has of it."""

    reply_id: int
    turn: Turn
    """The turn that it shows."""
    spot: Spot | None
    """None until it is decided where it goes."""
    home: Spot
    """Where its conversation is: it goes there if nobody decides otherwise."""
    is_newest: bool
    """Whether nothing was said in its place since."""
    is_continued: bool = False
    """Whether the rest of the answer follows in a reply of its own."""
    replaced_text: str = field(default="", repr=False)
    """The last answer to the same question that has text, where this one has none."""
    parts: tuple[Part, ...] = ()
    wanted_rev: int = 1
    shown_rev: int = 0


@dataclass(frozen=True, slots=True)
class BehindReply:
    """A reply whose shown revision is behind the wanted one."""

    reply_id: int
    channel_id: int | None
    """None where it is not decided where it goes."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What the store made of the end of an answer."""

    revision: int
    """Of its reply, which is to be shown now."""
    ended_at: datetime
    remarks: tuple[Remark, ...] = ()
    """Those that stand under it: what is said once only may have been said before."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one answer starts from: the question, the turn that will hold the answer, the path."""

    conversation: Conversation
    path: tuple[Turn, ...]
    """From the root to the new user turn, which is the last."""
    turn: Turn
    """The assistant turn: stored, without an outcome."""
    reply: ReplyState
    inbounds: tuple[Inbound, ...]
    """The messages being answered, which are those of `question`, in the order of their coming."""
    presser_id: int | None = None
    """Who pressed a button for it."""
    touched_replies: tuple[int, ...] = ()
    """Other replies that look different now that this answer is the newest."""

    @property
    def question(self) -> Turn:
        """What people said last on the path."""
        return next((turn for turn in reversed(self.path) if turn.speakers), self.path[-1])

    @property
    def goes_on(self) -> bool:
        """Whether it goes on with an answer, where that ended, in messages of its own."""
        return self.question is not self.path[-1]


@dataclass(frozen=True, slots=True)
class Shown:
    """A turn that a reply shows, and whose it is."""

    turn: Turn
    conversation: Conversation
    reply_id: int
    asker_ids: frozenset[int]
    """The people whom it answers."""


class ClickVerdict(StrEnum):
    """What the store decided about a click on a button under an answer."""

    TAKEN = "taken"
    GONE_ON = "gone_on"
    """The answer is not the last thing in its conversation, or has not ended."""
    QUOTA_SPENT = "quota_spent"


@dataclass(frozen=True, slots=True)
class Press:
    """Somebody's click for one more answer, which counts as a turn of their day."""

    turn_id: int
    """The answer under whose button they clicked."""
    presser_id: int
    daily_limit: int | None
    day_began_at: datetime


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one message's author and conversation is taken in."""

    queue_limit: int
    """How many messages may wait in one conversation."""
    daily_limit: int | None
    """How many turns a person may have a day; None for no limit."""
    day_began_at: datetime
    day_ends_at: datetime


@dataclass(frozen=True, slots=True)
class LivePlace:
    """A place in which we are talked to, and the newest message seen there."""

    place: PlaceKey
    last_message_id: int
