"""How Discord says no: an HTTP status, a code, and a sentence.

Source: Discord documentation, "Opcodes and Status Codes", section "JSON Error Codes"; the sentences
are the ones its servers send.
"""

from enum import Enum

from sandbox.world.entities import Payload


class Refusal(Enum):
    """What the sandbox refuses with; each value is (status, code, sentence)."""

    NOT_FOUND = (404, 0, "404: Not Found")
    UNAUTHORIZED = (401, 0, "401: Unauthorized")
    UNKNOWN_APPLICATION = (404, 10002, "Unknown Application")
    UNKNOWN_CHANNEL = (404, 10003, "Unknown Channel")
    UNKNOWN_GUILD = (404, 10004, "Unknown Guild")
    UNKNOWN_MEMBER = (404, 10007, "Unknown Member")
    UNKNOWN_MESSAGE = (404, 10008, "Unknown Message")
    UNKNOWN_USER = (404, 10013, "Unknown User")
    UNKNOWN_EMOJI = (400, 10014, "Unknown Emoji")
    UNKNOWN_WEBHOOK = (404, 10015, "Unknown Webhook")
    UNKNOWN_INTERACTION = (404, 10062, "Unknown interaction")
    UNKNOWN_COMMAND = (404, 10063, "Unknown application command")
    TOO_MANY_REACTIONS = (400, 30010, "Maximum number of reactions reached (20)")
    OLD_EDITS = (
        429,
        30046,
        "Maximum number of edits to messages older than 1 hour reached. Try again later.",
    )
    TOO_MANY_COMMANDS = (
        400,
        30034,
        "Max number of daily application command creates has been reached (200)",
    )
    TOO_LARGE = (413, 40005, "Request entity too large")
    ALREADY_ACKNOWLEDGED = (400, 40060, "Interaction has already been acknowledged.")
    MISSING_ACCESS = (403, 50001, "Missing Access")
    NOT_IN_DIRECT_MESSAGE = (403, 50003, "Cannot execute action on a DM channel")
    ANOTHER_AUTHOR = (403, 50005, "Cannot edit a message authored by another user")
    BLANK_MESSAGE = (400, 50006, "Cannot send an empty message")
    CANNOT_MESSAGE_PERSON = (403, 50007, "Cannot send messages to this user")
    NOT_A_TEXT_CHANNEL = (400, 50008, "Cannot send messages in a non-text channel")
    MISSING_PERMISSIONS = (403, 50013, "Missing Permissions")
    INVALID_TOKEN = (401, 50027, "Invalid Webhook Token")
    SYSTEM_MESSAGE = (403, 50021, "Cannot execute action on a system message")
    WRONG_CHANNEL_KIND = (400, 50024, "Cannot execute action on this channel type")
    ARCHIVED_THREAD = (400, 50083, "Thread is archived")
    BAD_JSON = (400, 50109, "The request body contains invalid JSON.")
    NO_HISTORY_TO_REPLY_TO = (
        403,
        160002,
        "Cannot reply without permission to read message history",
    )
    THREAD_EXISTS = (400, 160004, "A thread has already been created for this message")
    LOCKED_THREAD = (400, 160005, "Thread is locked")


class RefusedError(Exception):
    """A request that Discord would refuse.

    Attributes:
        status: The HTTP status.
        body: The JSON that says why.
    """

    def __init__(self, status: int, body: Payload) -> None:
        super().__init__(f"{status} {body.get('code')}: {body.get('message')}")
        self.status = status
        self.body = body


def refused(refusal: Refusal) -> RefusedError:
    """Make the error to raise for a refusal without details."""
    status, code, message = refusal.value
    return RefusedError(status, {"message": message, "code": code})


def invalid_form(path: str, code: str, message: str) -> RefusedError:
    """Make the error to raise for a field that breaks a rule (code 50035).

    Args:
        path: Where the field is, such as `embeds.0.title`.
        code: Discord's name of the rule, such as `BASE_TYPE_MAX_LENGTH`.
        message: What is wrong.
    """
    errors: Payload = {"_errors": [{"code": code, "message": message}]}
    for step in reversed(path.split(".")):
        errors = {step: errors}
    return RefusedError(400, {"message": "Invalid Form Body", "code": 50035, "errors": errors})
