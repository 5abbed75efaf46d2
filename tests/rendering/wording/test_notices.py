"""The words of notices."""

from string import Formatter

import pytest

from conversation.notices import Field, NoticeKind
from rendering.splitting.splitter import DISCORD_LIMIT_CHARS
from rendering.wording.notices import notice_text
from rendering.wording.sentences import Sentence

FIELDS: dict[NoticeKind, dict[str, Field]] = {
    NoticeKind.HOW_TO: {"bot": "bobbin"},
    NoticeKind.ONLY_FILES: {"names": ("one.png",)},
    NoticeKind.QUEUE_FULL: {"limit": 10},
    NoticeKind.QUOTA_SPENT: {"limit": 10, "when": 1767614400.0},
    NoticeKind.SLOW_DOWN: {"limit": 5, "seconds": "60", "when": 1767614400.0},
}
"""Those that have any."""
POSTED = [kind for kind in NoticeKind if kind is not NoticeKind.REMARK]


@pytest.mark.parametrize("kind", POSTED)
def test_every_notice_has_words_with_all_its_fields(kind: NoticeKind) -> None:
    """A notice says its sentence with every field, in one message and not in small print."""
    fields = FIELDS.get(kind, {})
    words = notice_text(kind, fields)
    assert 0 < len(words) <= DISCORD_LIMIT_CHARS
    assert not words.startswith("-# ")
    for value in fields.values():
        (shown,) = value if isinstance(value, tuple) else (value,)
        assert (str(int(shown)) if isinstance(shown, float) else str(shown)) in words


@pytest.mark.parametrize("kind", POSTED)
def test_a_notice_says_what_its_sentence_names(kind: NoticeKind) -> None:
    """The fields of a notice are those of its sentence."""
    named = {name for _, name, _, _ in Formatter().parse(Sentence[kind.name].value) if name}
    assert named == FIELDS.get(kind, {}).keys()


def test_a_missing_field_is_an_error() -> None:
    """A notice is never shown with a hole in it."""
    with pytest.raises(KeyError):
        notice_text(NoticeKind.QUEUE_FULL, {})
