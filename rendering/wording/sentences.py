"""Every sentence that a person reads, whole, in English: one table, so that nothing is worded twice.

A row says what happened and what to do; `{fields}` are filled by `say`. No row is put together from
others, for another language orders its words otherwise. Lines that begin with `-# ` are Discord's
subtext: small print under an answer. `_OVERTAKEN` rows are for where the conversation has gone on,
so that there are no buttons.
"""

from enum import StrEnum


class Sentence(StrEnum):
    """The table."""

    # How an answer ended, unless it is complete.
    STOPPED_UNSAID = "-# ⏹️ Stopped before the first word. Write to go on."
    CUT_UNSAID = "-# ⚠️ The connection to the model was lost before the first word. Try again, or choose another model with `/model`."
    STOPPED = "-# ⏹️ Stopped. What came so far is kept; write to go on."
    LENGTH = "-# ✂️ Cut short: the answer reached its maximum length. *Continue* brings the rest."
    LENGTH_OVERTAKEN = "-# ✂️ Cut short: the answer reached its maximum length. Ask for the rest if you still want it."
    LENGTH_UNSAID = "-# ✂️ The answer reached its maximum length before the first word. Raise that with `/settings`."
    LENGTH_BOUND = "-# ✂️ Cut short: the answer reached the length that the bot's owner allows. *Continue* brings the rest."
    LENGTH_BOUND_OVERTAKEN = "-# ✂️ Cut short: the answer reached the length that the bot's owner allows. Ask for the rest if you still want it."
    THOUGHTS_BOUND = "-# ✂️ Cut short before the first word: the model thought for longer than the bot's owner allows. Ask for less at once, or choose another model with `/model`."
    FILTERED = "-# ✂️ Cut short by the service's content filter. Try to ask differently."
    INTERRUPTED = "-# ⚠️ Interrupted: the bot had to stop. *Try again* brings a whole answer."
    INTERRUPTED_OVERTAKEN = (
        "-# ⚠️ Interrupted: the bot had to stop. Ask once more if you still want a whole answer."
    )
    EMPTY = "-# ⚠️ The model answered with nothing. Ask again, or choose another with `/model`."
    UNREACHABLE = "-# ⚠️ The model's service cannot be reached. Try again in a moment, or choose another model with `/model`."
    NO_FIRST_TOKEN = "-# ⚠️ The model did not begin to answer in time. Try again, or choose another with `/model`."  # noqa: S105 - a sentence, not a password
    STALLED = "-# ⚠️ Cut short: the model fell silent. *Continue* brings the rest."
    STALLED_OVERTAKEN = (
        "-# ⚠️ Cut short: the model fell silent. Ask for the rest if you still want it."
    )
    CUT = "-# ⚠️ Cut short: the connection to the model was lost. *Continue* brings the rest."
    CUT_OVERTAKEN = "-# ⚠️ Cut short: the connection to the model was lost. Ask for the rest if you still want it."
    GARBAGE = "-# ⚠️ The model's service sent something that makes no sense. Try again, or choose another model with `/model`."
    OVERLOADED = (
        "-# ⚠️ The model is overloaded. Try again in a minute, or choose another with `/model`."
    )
    RATE_LIMITED = "-# ⚠️ The model's service asks for a pause. Try again in a minute."
    RATE_LIMITED_UNTIL = "-# ⚠️ The model's service asks for a pause. Try again {when}."
    SERVER_ERROR = (
        "-# ⚠️ The model's service failed. Try again, or choose another model with `/model`."
    )
    UNAUTHORIZED = "-# ⚠️ The model's service does not accept the bot's key. The bot's owner has to mend that; until then choose another model with `/model`."
    FORBIDDEN = "-# ⚠️ The model's service refuses this bot. Its owner has to run or agree on one; until then choose another model with `/model`."
    CAPTCHA = "-# ⚠️ The model's service only takes people in a browser (it asks for a captcha), which this bot does not pretend to be. Choose another model with `/model`."
    UNSAFE = "-# ⚠️ The model's service judged this unsafe and did not answer. Ask differently."
    TOO_LONG = "-# ⚠️ This is too long for the model. Send less at once, or choose another model with `/model`."
    UNKNOWN_MODEL = "-# ⚠️ There is no model `{model}` (any more). Choose one with `/model`."
    UNKNOWN_MODEL_NEAREST = "-# ⚠️ There is no model `{model}` (any more). Did you mean {nearest}? Choose one with `/model`."
    INVALID = "-# ⚠️ The model's service did not accept the request. Check this place's `/settings`, or choose another model with `/model`."
    INTERNAL = "-# ⚠️ Cut short: something went wrong on the bot's side. Ask again; if it happens again, tell its owner."

    # Along with an answer.
    SWITCHED = "-# 🔀 Answered by `{model}`, because `{chosen}` failed."
    SWITCHED_UNREACHABLE = (
        "-# 🔀 Answered by `{model}`, because the service of `{chosen}` cannot be reached."
    )
    SWITCHED_NO_FIRST_TOKEN = (
        "-# 🔀 Answered by `{model}`, because `{chosen}` did not begin to answer in time."  # noqa: S105 - a sentence, not a password
    )
    SWITCHED_CUT = "-# 🔀 Answered by `{model}`, because the connection to `{chosen}` was lost."
    SWITCHED_GARBAGE = "-# 🔀 Answered by `{model}`, because the service of `{chosen}` sent something that makes no sense."
    SWITCHED_OVERLOADED = "-# 🔀 Answered by `{model}`, because `{chosen}` is overloaded."
    SWITCHED_RATE_LIMITED = (
        "-# 🔀 Answered by `{model}`, because the service of `{chosen}` asks for a pause."
    )
    SWITCHED_UNAUTHORIZED = "-# 🔀 Answered by `{model}`, because the service of `{chosen}` does not accept the bot's key."
    SWITCHED_FORBIDDEN = (
        "-# 🔀 Answered by `{model}`, because the service of `{chosen}` refuses this bot."
    )
    SWITCHED_CAPTCHA = "-# 🔀 Answered by `{model}`, because the service of `{chosen}` only takes people in a browser."
    SWITCHED_UNKNOWN_MODEL = (
        "-# 🔀 Answered by `{model}`, because there is no model `{chosen}` (any more)."
    )
    QUEUED = "-# ⏳ Many answers are being written just now; yours is number {number} in line."
    REPLACED_STAYS = "-# What stands above is from the attempt before, which I do not remember."
    WAS_AWAY = "-# I was away for a while: this answers what was written {when}."
    SHORTENED = "-# The conversation has grown too long for this model: from now on it no longer sees the oldest messages. (They are kept; `/reset` begins afresh.)"
    UNREAD_FILES = "-# I cannot read files yet, so I have not seen {names}."
    NO_THREAD_KIND = "-# I answer here because I cannot open threads in this kind of channel. Reply to my answer to go on."
    NO_THREAD_PERMISSION = "-# I answer here because I lack the permission {names} in this channel. Reply to my answer to go on."
    NO_THREAD_PERMISSIONS = "-# I answer here because I lack the permissions {names} in this channel. Reply to my answer to go on."
    NO_THREAD_REFUSED = "-# I answer here because I may not open threads in this channel. Reply to my answer to go on."
    NO_THREAD_FAILED = (
        "-# I answer here because I could not open a thread. Reply to my answer to go on."
    )
    NO_THREAD_BUSY = "-# I answer here because I would have to wait before I may open a thread. Reply to my answer to go on."

    # In place of an answer.
    HOW_TO = "Mention me with a question, like `@{bot} what is a bobbin?`, and I will answer in a thread. `/help` says more."
    ONLY_FILES = "I cannot read files yet, so I have not seen {names}. The same goes for what else you send here without words. Tell me in words what you need."
    WITHHELD = "Discord did not show me what you wrote: mention me, or reply to one of my messages. (The bot's owner can switch on the *Message Content Intent* to make that unnecessary.)"
    QUEUE_FULL = "{limit} messages are waiting for an answer here already, so I did not take this one. Send it again when I have caught up."
    SLOW_DOWN = "Slow down, please: I take {limit} messages of one person in {seconds} seconds. I did not take this one, nor what else you send before {when}."
    SLOW_DOWN_BUTTONS = "Slow down, please: I take {limit} clicks of one person in {seconds} seconds. Press it again after {when}."
    SLOW_DOWN_COMMANDS = "Slow down, please: I take {limit} commands of one person in {seconds} seconds. Try again after {when}."
    QUOTA_SPENT = "You have had your {limit} answers for today, so I did not take this one. They renew {when}."
    QUOTA_SPENT_CLICK = "You have had your {limit} answers for today, and each click is one more. They renew {when}."
    QUOTA_NEAR = "-# {left} of your {limit} answers for today are left; they renew {when}."
    STORE_DOWN = "I cannot store anything just now, so I could not take this message yet. I answer it by myself as soon as I can; you need not send it again."
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
    MODEL_NOW_PLACE = "**Model here:** `{model}` (set here)\n\n**To choose from** (`/model` and a name):\n{choices}"
    MODEL_NOW_CHANNEL = "**Model here:** `{model}` (set for the channel of this thread)\n\n**To choose from** (`/model` and a name):\n{choices}"
    MODEL_NOW_BOT = "**Model here:** `{model}` (the bot's default)\n\n**To choose from** (`/model` and a name):\n{choices}"
    MODEL_SET = "From the next answer on I use `{model}` here. What was said is kept."
    MODEL_SAME = "`{model}` is what I use here already."
    MODEL_UNKNOWN = "I know no model `{name}`."
    MODEL_UNKNOWN_NEAREST = "I know no model `{name}`. Did you mean {nearest}?"
    MODEL_AMBIGUOUS = "`{name}` could be several: {nearest}. Write the full name."
    FALLBACK_NOW_PLACE = "**Where it fails** I ask {names} instead (set here)."
    FALLBACK_NOW_CHANNEL = (
        "**Where it fails** I ask {names} instead (set for the channel of this thread)."
    )
    FALLBACK_NOW_BOT = "**Where it fails** I ask {names} instead (the bot's default)."
    FALLBACK_NONE_PLACE = "**Where it fails** I ask no other model (set here)."
    FALLBACK_NONE_CHANNEL = (
        "**Where it fails** I ask no other model (set for the channel of this thread)."
    )
    FALLBACK_NONE_BOT = "**Where it fails** I ask no other model (the bot's default)."
    FALLBACK_TOO_MANY = (
        "I ask at most {limit} other models where one fails: name fewer. Nothing was changed."
    )
    MODEL_MORE = "… and {count} more: type a part of a name."
    SETTINGS_SAVED = "Saved; it holds from the next answer on:\n{settings}"
    SETTINGS_REFUSED = "Nothing was changed:\n{problems}"
    TEMPERATURE_IS = "- Temperature: {value}"
    TEMPERATURE_IS_MODELS = "- Temperature: the model's own"
    TEMPERATURE_REFUSED = "- Temperature has to be a number from {lower} to {upper}, or blank."
    TOP_P_IS = "- Top p: {value}"
    TOP_P_IS_MODELS = "- Top p: the model's own"
    TOP_P_REFUSED = "- Top p has to be a number from {lower} to {upper}, or blank."
    LENGTH_IS = "- Maximum length: {value}"
    LENGTH_IS_MODELS = "- Maximum length: the model's own"
    LENGTH_REFUSED = "- Maximum length has to be a number from {lower} to {upper}, or blank."
    PROMPT_IS = "- System prompt: {value}"
    PROMPT_IS_NONE = "- System prompt: none"
    FORM_TITLE = "How I answer here"
    FORM_AGAIN = "Edit again"
    TEMPERATURE_LABEL = "Temperature"
    TEMPERATURE_HINT = "from {lower} to {upper}; higher is freer"
    TOP_P_LABEL = "Top p"
    TOP_P_HINT = "from {lower} to {upper}"
    LENGTH_LABEL = "Maximum length"
    LENGTH_HINT = "from {lower} to {upper} tokens"
    PROMPT_LABEL = "System prompt"
    PROMPT_HINT = "Who the model is to be here, and how it is to answer"
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


def say(sentence: Sentence, **fields: object) -> str:
    """Return a sentence with its fields.

    Raises:
        KeyError: A field of the sentence was not given.
    """
    return sentence.value.format_map({name: str(value) for name, value in fields.items()})
