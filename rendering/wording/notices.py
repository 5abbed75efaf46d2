"""The words of notices: messages of ours that are no answer (pure)."""

from conversation.notices import Fields, NoticeKind
from rendering.wording.fields import clock_time, file_names, relative_time
from rendering.wording.outcomes import moment_in, names_in
from rendering.wording.sentences import Sentence, say


def notice_text(kind: NoticeKind, fields: Fields) -> str:
    """Return what a notice says.

    Raises:
        KeyError: A field of it is missing.
    """
    match kind:
        case NoticeKind.ONLY_FILES:
            return say(Sentence.ONLY_FILES, names=file_names(names_in(fields)))
        case NoticeKind.QUOTA_SPENT:
            when = relative_time(moment_in(fields))
            return say(Sentence.QUOTA_SPENT, limit=fields["limit"], when=when)
        case NoticeKind.SLOW_DOWN:
            when = clock_time(moment_in(fields))
            return say(
                Sentence.SLOW_DOWN, limit=fields["limit"], seconds=fields["seconds"], when=when
            )
        case _:
            return say(Sentence[kind.name], **fields)
