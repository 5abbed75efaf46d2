"""Every sentence that Bobbin says: one table, so that nothing is worded twice.

A row says what happened and what to do. `{fields}` are filled by `say`. Lines that begin with
`-# ` are Discord's subtext: small print under an answer.
"""

import math
from collections.abc import Mapping
from enum import StrEnum

from conversation.entities import Attachment, Failure, FailureReason, Outcome
from rendering.one_line import one_line


class Notice(StrEnum):
    """The table."""

    # What its buttons do, and what to do where the conversation has gone on and there are none.
    BY_CONTINUE = "*Continue* brings the rest."
    BY_CONTINUE_OVERTAKEN = "Ask for the rest if you still want it."
    BY_AGAIN = "*Try again* brings a whole answer."
    BY_AGAIN_OVERTAKEN = "Ask once more if you still want a whole answer."

    # How an answer ended, unless it is complete.
    STOPPED_UNSAID = "-# ⏹️ Stopped before the first word. Write to go on."
    CUT_UNSAID = "-# ⚠️ The connection to the model was lost before the first word. Try again, or choose another model with `/model`."
    STOPPED = "-# ⏹️ Stopped. What came so far is kept; write to go on."
    LENGTH = f"-# ✂️ Cut short: the answer reached its maximum length. {BY_CONTINUE}"
    LENGTH_UNSAID = "-# ✂️ The answer reached its maximum length before the first word. Raise that with `/settings`."
    LENGTH_BOUND = (
        f"-# ✂️ Cut short: the answer reached the length that the bot's owner allows. {BY_CONTINUE}"
    )
    THOUGHTS_BOUND = "-# ✂️ Cut short before the first word: the model thought for longer than the bot's owner allows. Ask for less at once, or choose another model with `/model`."
    FILTERED = "-# ✂️ Cut short by the service's content filter. Try to ask differently."
    INTERRUPTED = f"-# ⚠️ Interrupted: the bot had to stop. {BY_AGAIN}"
    EMPTY = "-# ⚠️ The model answered with nothing. Ask again, or choose another with `/model`."
    UNREACHABLE = "-# ⚠️ The model's service cannot be reached. Try again in a moment, or choose another model with `/model`."
    NO_FIRST_TOKEN = "-# ⚠️ The model did not begin to answer in time. Try again, or choose another with `/model`."  # noqa: S105 - a sentence, not a password
    STALLED = f"-# ⚠️ Cut short: the model fell silent. {BY_CONTINUE}"
    CUT = f"-# ⚠️ Cut short: the connection to the model was lost. {BY_CONTINUE}"
    GARBAGE = "-# ⚠️ The model's service sent something that makes no sense. Try again, or choose another model with `/model`."
    OVERLOADED = (
        "-# ⚠️ The model is overloaded. Try again in a minute, or choose another with `/model`."
    )
    RATE_LIMITED = "-# ⚠️ The model's service asks for a pause. Try again {when}."
    SERVER_ERROR = (
        "-# ⚠️ The model's service failed. Try again, or choose another model with `/model`."
    )
    UNAUTHORIZED = "-# ⚠️ The model's service does not accept the bot's key. The bot's owner has to mend that; until then choose another model with `/model`."
    FORBIDDEN = "-# ⚠️ The model's service refuses this bot. Its owner has to run or agree on one; until then choose another model with `/model`."
    CAPTCHA = "-# ⚠️ The model's service only takes people in a browser (it asks for a captcha), which this bot does not pretend to be. Choose another model with `/model`."
    UNSAFE = "-# ⚠️ The model's service judged this unsafe and did not answer. Ask differently."
    TOO_LONG = "-# ⚠️ This is too long for the model. Send less at once, or choose another model with `/model`."
    UNKNOWN_MODEL = (
        "-# ⚠️ There is no model `{model}` (any more). {nearest}Choose one with `/model`."
    )
    INVALID = "-# ⚠️ The model's service did not accept the request. Check this place's `/settings`, or choose another model with `/model`."
    BROKEN_OFF = "-# ⚠️ Cut short: something went wrong on the bot's side. Ask again; if it happens again, tell its owner."
    NOT_STORED = "-# ⚠️ This answer could not be stored so far: it may not be remembered. Tell the bot's owner."

    # Along with an answer.
    SWITCHED = "-# 🔀 Answered by `{model}`, because {why}."
    QUEUED = "-# ⏳ Many answers are being written just now; yours is number {number} in line."
    REPLACED_STAYS = "-# What stands above is from the attempt before, which I do not remember."
    WAS_AWAY = "-# I was away for a while: this answers what was written {when}."
    SHORTENED = "-# The conversation has grown too long for this model: from now on it no longer sees the oldest messages. (They are kept; `/reset` begins afresh.)"
    UNREAD_FILES = "-# I cannot read files yet, so I have not seen {names}."
    NO_THREAD = "-# I answer here because I {reason}. Reply to my answer to go on."

    # In place of an answer.
    HOW_TO = "Mention me with a question, like `@{bot} what is a bobbin?`, and I will answer in a thread. `/help` says more."
    ONLY_FILES = "I cannot read files yet, so I have not seen {names}. The same goes for what else you send here without words. Tell me in words what you need."
    WITHHELD = "Discord did not show me what you wrote: mention me, or reply to one of my messages. (The bot's owner can switch on the *Message Content Intent* to make that unnecessary.)"
    QUEUE_FULL = "{limit} messages are waiting for an answer here already, so I did not take this one. Send it again when I have caught up."
    REFUSED_UNTOLD = "I had to restart before I could tell you: I did not take this message, nor those you sent here between it and the restart. Send again what you still want answered."
    SLOW_DOWN = "Slow down, please: I take {limit} messages of one person in {seconds} seconds. I did not take this one, nor what else you send before {when}."
    SLOW_DOWN_COMMANDS = "Slow down, please: I take {limit} commands of one person in {seconds} seconds. Try again after {when}."
    QUOTA_SPENT = "You have had your {limit} answers for today, so I did not take this one. They renew {when}."
    QUOTA_NEAR = "-# {left} of your {limit} answers for today are left; they renew {when}."
    STORE_DOWN = "I cannot store anything just now, so I did not take this message. Send it again later; the bot's owner has to look at the log."
    STORE_DOWN_KEPT = "I cannot store anything just now, so I could not answer. Your message is kept, and answered by itself as soon as I can store again; the bot's owner has to look at the log."
    ONLY_WORDS = "I can only read words yet: I do not answer this, nor what else you send here without any. Tell me in words what you need."
    BROKEN = "Something went wrong on my side and I could not answer. Send it again; if it happens again, tell the bot's owner."

    # Who may.
    NO_DIRECT_MESSAGES = "I do not answer direct messages here. Mention me in a server we share."
    GUILD_NOT_ALLOWED = (
        "I am not switched on for this server. The bot's owner decides where I answer."
    )
    CHANNEL_NOT_ALLOWED = (
        "I am not switched on for this channel. The bot's owner decides where I answer."
    )
    ROLE_NOT_ALLOWED = (
        "You need one of the roles that may talk to me here. Ask this server's moderators."
    )
    BLOCKED = "The bot's owner has decided that I do not answer you."
    GONE_ON = "The conversation has gone on from there, so that button does nothing any more. Write a message instead."
    RESTARTING = "I am about to be restarted. Press it again in a minute."
    NOT_YOURS = "Only the person I answer, whoever started this thread, and people who may manage messages can do that."

    # Commands.
    STOP_NOTHING = "I am not answering anything here just now."
    STOP_DONE = "Stopped."
    STOP_ENDED = "That answer has ended already."
    MODEL_NOW = "**Model here:** `{model}` ({origin})\n\n**To choose from** (`/model` and a name):\n{choices}"
    FROM_PLACE = "set here"
    FROM_CHANNEL = "set for the channel of this thread"
    FROM_BOT = "the bot's default"
    MODEL_SET = "From the next answer on I use `{model}` here. What was said is kept."
    MODEL_SAME = "`{model}` is what I use here already."
    MODEL_UNKNOWN = "I know no model `{name}`. {nearest}"
    MODEL_AMBIGUOUS = "`{name}` could be several: {nearest}. Write the full name."
    FALLBACK_NOW = "**Where it fails** I ask {names} instead ({origin})."
    FALLBACK_NONE = "**Where it fails** I ask no other model ({origin})."
    FALLBACK_TOO_MANY = (
        "I ask at most {limit} other models where one fails: name fewer. Nothing was changed."
    )
    MODEL_MORE = "… and {count} more: type a part of a name."
    SETTINGS_SAVED = "Saved; it holds from the next answer on:\n{settings}"
    SETTINGS_REFUSED = "Nothing was changed:\n{problems}"
    MODELS_OWN = "the model's own"
    OUT_OF_BOUNDS = "- {name} has to be a number {bounds}, or blank."
    HEARS_ALL = "From now on I answer every message here that is not for somebody else."
    HEARS_MENTIONS = "From now on I answer here when I am mentioned or replied to."
    COMMAND_STORE_DOWN = "I cannot read or store anything just now, so nothing was changed. Try again later; the bot's owner has to look at the log."
    RESET_DONE = "We start afresh: I no longer look at what was said above. (Nothing was deleted.)"
    RESET_CHANNEL = "In a channel every question begins a conversation of its own, so there is nothing to reset. Use it in a thread."
    HELP_CHANNEL = "**Ask me:** mention me with a question, like `@{bot} what is a bobbin?`. I open a thread and answer there."
    HELP_THREAD = (
        "**Ask me:** just write here; I answer every message that is not for somebody else."
    )
    HELP_OTHER_THREAD = "**Ask me:** mention me (`@{bot}`) or reply to one of my messages. `/settings` can make me answer every message here."
    HELP_DIRECT = "**Ask me:** just write; here it is only the two of us."
    HELP_MODEL = "**Model:** `{model}` answers here. `/model` shows the others."
    HELP_STEER = "**Commands:** `/model` chooses the model, `/settings` how it answers, `/stop` or the *Stop* button ends an answer, `/reset` begins afresh."
    HELP_NO_STEER = "**Commands:** `/model` shows the model. Changing it, `/settings`, `/stop` and `/reset` are for those I answer, who started the thread, and who may manage messages."
    HELP_QUOTA = "**Limit:** {limit} answers a day for each person (UTC)."
    HELP_STORED = "**What is kept:** messages meant for me and my answers, so that I remember; they are sent to the model's service."


_NAMED = 5
_NAME_LIMIT_CHARS = 60
"""So many files are named, each so far: a notice is small print."""


def say(notice: Notice, **fields: object) -> str:
    """Fill a row's fields.

    Raises:
        KeyError: A field of the row was not given.
    """
    return notice.value.format_map({name: str(value) for name, value in fields.items()})


def overtaken(words: str) -> str:
    """Word the end of an answer for where the conversation has gone on: without its buttons."""
    by_words = words.replace(Notice.BY_CONTINUE, Notice.BY_CONTINUE_OVERTAKEN)
    return by_words.replace(Notice.BY_AGAIN, Notice.BY_AGAIN_OVERTAKEN)


def outcome_notice(
    outcome: Outcome, failure: Failure | None = None, *, model: str = "", has_text: bool = True
) -> str:
    """Give the words under an answer which say how it ended; empty for a complete one."""
    if not has_text and outcome is Outcome.STOPPED:
        return Notice.STOPPED_UNSAID
    if not has_text and failure is not None and failure.reason in _UNSAID:
        return _UNSAID[failure.reason]
    match outcome:
        case Outcome.COMPLETE:
            return ""
        case Outcome.STOPPED:
            return Notice.STOPPED
        case Outcome.INTERRUPTED:
            return Notice.INTERRUPTED
        case Outcome.TRUNCATED:
            return _truncation_notice(failure)
        case Outcome.FAILED:
            return _failure_notice(failure or Failure(FailureReason.SERVER_ERROR), model)


def switched_notice(model: str, chosen: str, failure: Failure) -> str:
    """Say under an answer which model gave it, and why not the one that was chosen."""
    why = _REASONS.get(failure.reason, "`{chosen}` failed").format(chosen=_as_code(chosen))
    return say(Notice.SWITCHED, model=_as_code(model), why=why)


def files_named(attachments: tuple[Attachment, ...]) -> str:
    """Name files for a sentence; the names are people's, so nothing in them is markup."""
    plain = [one_line(it.name.replace("`", ""))[:_NAME_LIMIT_CHARS] for it in attachments[:_NAMED]]
    names = [f"`{name}`" for name in plain]
    if len(attachments) > _NAMED:
        names.append(f"{len(attachments) - _NAMED} more")
    return ", ".join(names)


def nearest_named(names: tuple[str, ...]) -> str:
    """Offer names that were perhaps meant, as a sentence with a blank after it, or nothing."""
    if not names:
        return ""
    return "Did you mean " + " or ".join(f"`{name}`" for name in names) + "? "


def clock_time(moment_s: float) -> str:
    """Write a moment, in seconds since 1970, so that Discord shows each reader its own time."""
    return f"<t:{math.ceil(moment_s)}:T>"


def in_about(seconds: float | None) -> str:
    """Say in how long something may be tried again; None is not known."""
    if seconds is None:
        return "in a minute"
    if seconds < 90:
        return f"in {max(1, round(seconds))} seconds"
    return f"in {round(seconds / 60)} minutes"


_FAILURES: Mapping[FailureReason, Notice] = {
    reason: Notice[reason.name] for reason in FailureReason
}
"""A failure and its row have the same name: a reason without a row stops the import."""


_REASONS: Mapping[FailureReason, str] = {
    FailureReason.UNREACHABLE: "the service of `{chosen}` cannot be reached",
    FailureReason.NO_FIRST_TOKEN: "`{chosen}` did not begin to answer in time",
    FailureReason.CUT: "the connection to `{chosen}` was lost",
    FailureReason.GARBAGE: "the service of `{chosen}` sent something that makes no sense",
    FailureReason.OVERLOADED: "`{chosen}` is overloaded",
    FailureReason.RATE_LIMITED: "the service of `{chosen}` asks for a pause",
    FailureReason.UNAUTHORIZED: "the service of `{chosen}` does not accept the bot's key",
    FailureReason.FORBIDDEN: "the service of `{chosen}` refuses this bot",
    FailureReason.CAPTCHA: "the service of `{chosen}` only takes people in a browser",
    FailureReason.UNKNOWN_MODEL: "there is no model `{chosen}` (any more)",
}
"""Why another model was asked, for `Notice.SWITCHED`."""


_UNSAID: Mapping[FailureReason, Notice] = {
    FailureReason.CUT: Notice.CUT_UNSAID,
    FailureReason.STALLED: Notice.NO_FIRST_TOKEN,
    FailureReason.LENGTH: Notice.LENGTH_UNSAID,
    FailureReason.LENGTH_BOUND: Notice.THOUGHTS_BOUND,
}
"""What is said where there is nothing that could be gone on with."""


def _truncation_notice(failure: Failure | None) -> Notice:
    match failure:
        case Failure(reason=FailureReason.UNSAFE):
            return Notice.FILTERED
        case Failure(reason=FailureReason.LENGTH_BOUND):
            return Notice.LENGTH_BOUND
        case _:
            return Notice.LENGTH


def _as_code(name: str) -> str:
    return name.replace("`", "")


def _failure_notice(failure: Failure, model: str) -> str:
    return say(
        _FAILURES[failure.reason],
        when=in_about(failure.retry_after_s),
        model=_as_code(model),
        nearest=nearest_named(failure.nearest),
    )
