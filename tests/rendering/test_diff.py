"""What Discord has of a reply against what it should have: one request after another."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversation.entities import Part
from rendering.buttons import NONE, STREAMING, Button, Buttons, custom_id
from rendering.diff import Act, Change, ShownParts, WantedPart, digest_of

TURN = 7
CHANNEL = 5
Looks = tuple[str, Buttons]
"""What a message says, and its buttons."""


def _digest(looks: Looks) -> str:
    content, buttons = looks
    return digest_of(content, [custom_id(button, TURN) for button in buttons])


def _part(ordinal: int, looks: Looks, message_id: int | None, **facts: bool) -> Part:
    return Part(ordinal, CHANNEL, message_id, f"6.{ordinal}", _digest(looks), **facts)


@dataclass
class Discord:
    """A Discord of one reply: it answers changes, or fails to."""

    messages: dict[int, Looks] = field(default_factory=dict[int, Looks])
    by_nonce: dict[int, int] = field(default_factory=dict[int, int])
    """The posts that were made while the nonce of their ordinal is remembered."""
    next_id: int = 1000

    def post(self, ordinal: int, looks: Looks) -> int:
        """Post a message, or return the first one with its nonce, which stays as it is."""
        if ordinal not in self.by_nonce:
            self.by_nonce[ordinal] = self.next_id
            self.messages[self.next_id] = looks
            self.next_id += 1
        return self.by_nonce[ordinal]

    def find(self, digest: str | None, known: Sequence[int]) -> int | None:
        """Return the message that looks so, which is no other part."""
        for message_id, looks in self.messages.items():
            if message_id not in known and _digest(looks) == digest:
                return message_id
        return None

    def carry(self, shown: ShownParts, change: Change, outcome: str = "done") -> None:
        """Carry a change out and tell of it; `lost` and `unheard` leave it unknown what became."""
        wanted = change.wanted or WantedPart("")
        looks = wanted.content, wanted.buttons
        if outcome == "lost":
            shown.may_be_made(change)
            return
        made_id: int | None = None
        match change.act:
            case Act.POST:
                made_id = self.post(change.ordinal, looks)
            case Act.FIND:
                known = [shown[it].message_id or 0 for it in range(len(shown))]
                made_id = self.find(change.digest, known)
            case _ if change.message_id not in self.messages:
                shown.is_gone(change)
                return
            case Act.EDIT:
                self.messages[change.message_id or 0] = looks
            case Act.DELETE:
                del self.messages[change.message_id or 0]
        if outcome == "unheard" and change.act in {Act.POST, Act.EDIT}:
            shown.may_be_made(change)
            return
        shown.made(change, made_id)
        if change.act is Act.POST:
            self.by_nonce.pop(change.ordinal)


_LOOKS = st.tuples(st.sampled_from("abcdef"), st.sampled_from([NONE, STREAMING]))
_WANTED = st.lists(_LOOKS, max_size=4)
_KNOWN = st.sampled_from(["as stored", "another", "unconfirmed", "gone", "deleted"])
_LAST = st.sampled_from(["none", "posted", "never posted"])


def _stored(
    kinds: Sequence[tuple[str, Looks]], last: tuple[str, Looks]
) -> tuple[list[Part], Discord]:
    """Return the stored parts of a reply, and a Discord that has them, as far as it has."""
    discord, parts = Discord(), list[Part]()
    for ordinal, (kind, looks) in enumerate(kinds):
        message_id = 100 + ordinal
        is_gone = kind == "gone"
        parts.append(
            _part(ordinal, looks, message_id, is_confirmed=kind != "unconfirmed", is_gone=is_gone)
        )
        if kind in {"as stored", "another", "unconfirmed"}:
            shown = ("old", NONE) if kind == "unconfirmed" else looks
            discord.messages[message_id] = shown
    kind, looks = last
    if kind != "none":
        content, buttons = looks
        looks = f"{content} last", buttons
        parts.append(_part(len(parts), looks, None))
        if kind == "posted":
            discord.messages[100 + len(parts)] = looks
    return parts, discord


def _wanted(looks: Sequence[Looks]) -> list[WantedPart]:
    return [WantedPart(*it) for it in looks]


@given(
    st.lists(st.tuples(_KNOWN, _LOOKS), max_size=4),
    st.tuples(_LAST, _LOOKS),
    st.lists(_WANTED, max_size=3),
    _WANTED,
    st.lists(st.sampled_from(["done", "lost", "unheard"]), max_size=6),
)
def test_changes_lead_from_anything_to_what_is_wanted(
    kinds: list[tuple[str, Looks]],
    last: tuple[str, Looks],
    wishes: list[list[Looks]],
    wish: list[Looks],
    outcomes: list[str],
) -> None:
    """From whatever is stored, and whatever fails, the changes lead to exactly what is wanted.

    Only a message that somebody deleted is not there any more; nothing else is left over.
    """
    parts, discord = _stored(kinds, last)
    shown, left = ShownParts(TURN, parts), list(outcomes)
    for looks in wishes:
        change = shown.next_change(_wanted(looks), is_all=False)
        if change is not None:
            discord.carry(shown, change, left.pop() if left else "done")
    for _ in range(50):
        change = shown.next_change(_wanted(wish), is_all=True)
        if change is None:
            break
        discord.carry(shown, change, left.pop() if left else "done")
    assert shown.next_change(_wanted(wish), is_all=True) is None
    assert len(shown) == len(wish)
    deleted = {100 + it for it, (kind, _) in enumerate(kinds) if kind in {"gone", "deleted"}}
    there = {shown[it].message_id: looks for it, looks in enumerate(wish)}
    assert discord.messages == {it: looks for it, looks in there.items() if it not in deleted}


def test_nothing_is_sent_where_all_is_as_wanted() -> None:
    """A reply whose stored digests are those of what is wanted needs no request."""
    looks = [("one", NONE), ("two", STREAMING)]
    parts = [_part(it, each, 10 + it, is_confirmed=True) for it, each in enumerate(looks)]
    assert ShownParts(TURN, parts).next_change(_wanted(looks), is_all=True) is None


def test_what_discord_has_not_confirmed_is_sent_again() -> None:
    """A message of which it is not known whether Discord took its last edit is edited again."""
    shown = ShownParts(TURN, [_part(0, ("one", NONE), 10)])
    change = shown.next_change(_wanted([("one", NONE)]), is_all=True)
    assert change is not None
    assert (change.act, change.message_id) == (Act.EDIT, 10)


def test_a_message_that_may_be_there_is_looked_for_first() -> None:
    """What an earlier process was about to post is looked for, by what it would have said."""
    shown = ShownParts(TURN, [_part(0, ("one", NONE), None)])
    change = shown.next_change(_wanted([("another", NONE)]), is_all=True)
    assert change == Change(Act.FIND, 0, digest=_digest(("one", NONE)))


def test_a_message_beyond_what_is_wanted_is_looked_for_before_it_is_deleted() -> None:
    """Where less is wanted, what may be there is found, then deleted; what is not, is left."""
    shown = ShownParts(TURN, [_part(0, ("one", NONE), None)])
    find = shown.next_change([], is_all=True)
    assert find is not None
    assert find.act is Act.FIND
    shown.made(find, 12)
    assert shown.next_change([], is_all=True) == Change(Act.DELETE, 0, None, 12)


def test_a_message_that_is_gone_is_not_edited() -> None:
    """What somebody deleted stays deleted, and what follows it is edited all the same."""
    parts = [
        _part(0, ("one", NONE), 10, is_confirmed=True, is_gone=True),
        _part(1, ("two", NONE), 11, is_confirmed=True),
    ]
    change = ShownParts(TURN, parts).next_change(
        _wanted([("other", NONE), ("three", NONE)]), is_all=True
    )
    assert change is not None
    assert (change.act, change.message_id) == (Act.EDIT, 11)


def test_nothing_is_deleted_before_all_has_come() -> None:
    """While an answer streams, messages that it may yet fill are left alone."""
    parts = [_part(it, ("one", NONE), 10 + it, is_confirmed=True) for it in range(2)]
    shown = ShownParts(TURN, parts)
    assert shown.next_change(_wanted([("one", NONE)]), is_all=False) is None
    deletion = shown.next_change(_wanted([("one", NONE)]), is_all=True)
    assert deletion == Change(Act.DELETE, 1, None, 11)


def test_a_post_that_may_be_made_is_repeated_as_it_was() -> None:
    """A repetition says what the first try said: Discord keeps that, whatever is wanted now."""
    shown = ShownParts(TURN)
    first = shown.next_change(_wanted([("one", NONE)]), is_all=False)
    assert first is not None
    shown.may_be_made(first)
    assert shown.next_change(_wanted([("one and two", NONE)]), is_all=False) is first


@pytest.mark.parametrize("other", [STREAMING, frozenset({Button.AGAIN})])
def test_other_buttons_are_a_change(other: Buttons) -> None:
    """A message that says what it should is edited when its buttons are to be others."""
    shown = ShownParts(TURN, [_part(0, ("one", NONE), 10, is_confirmed=True)])
    edit = shown.next_change([WantedPart("one", other)], is_all=True)
    assert edit is not None
    shown.made(edit, None)
    assert shown.next_change([WantedPart("one", other)], is_all=True) is None


def test_the_buttons_of_another_turn_are_a_change() -> None:
    """A sibling that takes over a reply changes its buttons, though the words be the same."""
    parts = [_part(0, ("one", STREAMING), 10, is_confirmed=True)]
    wanted = _wanted([("one", STREAMING)])
    assert ShownParts(TURN, parts).next_change(wanted, is_all=True) is None
    change = ShownParts(TURN + 1, parts).next_change(wanted, is_all=True)
    assert change is not None
    assert change.act is Act.EDIT
