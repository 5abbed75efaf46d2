"""All laws that hold whenever all is quiet, whatever went wrong before (DESIGN.md, section 6)."""

from tests.chaos.laws import answers, buttons, debts, memory, notices, privacy, questions
from tests.chaos.laws.violation import Law, Violation
from tests.chaos.record import Record

LAWS: tuple[Law, ...] = (
    questions.others_are_left_alone,
    questions.nothing_waits,
    questions.nothing_is_asked_twice,
    questions.each_is_answered_once,
    questions.questions_keep_their_order,
    questions.answers_keep_their_order,
    answers.nothing_streams,
    answers.answers_are_what_was_said,
    answers.every_answer_is_shown,
    answers.parts_are_where_they_belong,
    answers.shown_is_stored,
    answers.ends_are_told,
    answers.nothing_looks_open,
    notices.each_message_belongs_to_something,
    notices.each_notice_is_there,
    notices.what_is_not_taken_is_told,
    notices.later_comes,
    notices.nobody_is_told_twice,
    buttons.nothing_can_be_stopped,
    buttons.buttons_are_their_turns,
    buttons.only_the_newest_has_buttons,
    privacy.private_words_stay,
    privacy.nobody_is_pinged,
    privacy.the_log_keeps_secrets,
    memory.models_know_the_path,
    memory.private_memories_stay,
    debts.nothing_is_owed,
    debts.limits_are_kept,
)


def violations(record: Record) -> list[Violation]:
    """Return everything that does not hold."""
    return [violation for law in LAWS for violation in law(record)]
