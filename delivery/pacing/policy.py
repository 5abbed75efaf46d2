"""The words and numbers of Discord's limits: kinds of requests, urgencies, answers, the policy."""

from dataclasses import dataclass
from enum import Enum, IntEnum


class Call(Enum):
    """Kinds of requests that have buckets of their own in a channel."""

    POST = "post"
    EDIT = "edit"
    TYPING = "typing"
    THREAD = "thread"
    READ = "read"
    OTHER = "other"


class Urgency(IntEnum):
    """The order in which wishes are served when not all can be, the lowest first.

    `PART` is the full text of a message that another one follows, `STALE` text that still grows.
    """

    FIRST = 0
    FINAL = 1
    PART = 2
    STALE = 3
    COSMETIC = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """What one answer of Discord said about limits; None where it had no such header."""

    status: int
    limit: int | None = None
    remaining: int | None = None
    reset_after_s: float | None = None
    bucket: str | None = None
    scope: str | None = None
    retry_after_s: float | None = None
    is_global: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """The numbers of scheduling; the spacing is what won in simulation, the rest is Discord's.

    `opening_gaps_s` are the pauses before the first edits of a reply, `steady_gap_s` all later
    ones, `early_gap_s` the one before a full message's last edit, and the one after an edit that
    took its window's last token: a new window is about to open, and the shorter pause lowers the
    mean lag by a fortieth. `global_limit` is Discord's 50 less a headroom for interactions and
    commands; `edits_per_s` paces what may wait, and a driver that wakes late may catch up on
    `catch_up_s` of it; `kept_*` are global slots that lesser urgencies leave free. A channel's
    last token goes to a mid-stream edit only in the last `last_edit_s` of its window.
    `rise_after_s` of waiting lifts a wish by one urgency, so that none starves.
    """

    opening_gaps_s: tuple[float, ...] = (0.45, 0.85, 1.05, 1.3)
    steady_gap_s: float = 1.1
    early_gap_s: float = 0.75
    last_edit_s: float = 0.2
    renewal_margin_s: float = 0.01
    global_limit: int = 48
    global_window_s: float = 1.0
    edits_per_s: float = 46.0
    catch_up_s: float = 0.05
    kept_for_finals: int = 2
    kept_from_cosmetics: int = 8
    rise_after_s: float = 10.0
    guessed_window_s: float = 5.0
    calm_after_s: float = 30.0
    forget_after_s: float = 300.0
