"""What the benchmark counts as late, shown and complete."""

from statistics import fmean

import pytest

from benchmarks.answers import make_answer, make_dense_answer, make_long_answer
from benchmarks.reference import replay
from benchmarks.timeline import Reader, Sight, Stream, lateness, mean_lag_s


def stream_of(text: str, chars_per_s: float = 1.0) -> Stream:
    """Return a stream of single characters at an even pace, from 100 s on."""
    return Stream(text, [100.0 + place / chars_per_s for place in range(len(text))])


def test_text_shown_at_once_is_not_late() -> None:
    """An answer of which every piece shows at once has no lag."""
    stream = stream_of("abcdef")
    sights = [Sight(at, place + 1) for place, at in enumerate(stream.sent_at)]
    assert mean_lag_s(stream, sights) == 0.0


def test_text_never_shown_ages_from_its_first_piece() -> None:
    """An answer of which nothing shows for its 10 s has a mean lag of 5 s."""
    assert mean_lag_s(stream_of("abcdefghijk"), []) == pytest.approx(5.0)


def test_what_is_shown_late_ages_until_then() -> None:
    """Age is counted from when the oldest hidden piece left, not from the last edit."""
    stream = stream_of("abcde")
    # "a" is hidden for 2 s (ages 0 to 2), then "d" leaves at 103 s and ages 0 to 1.
    assert mean_lag_s(stream, [Sight(102.0, 3)]) == pytest.approx((2.0 + 0.5) / 4.0)


def test_first_and_final_lag_count_from_the_first_and_the_last_piece() -> None:
    """First visible counts from the first piece, final from the last one."""
    stream = stream_of("abcde")
    late = lateness(stream, [Sight(100.5, 1), Sight(105.25, 5, is_final=True)])
    assert (late.first_s, late.final_s) == (0.5, 1.25)


def test_an_answer_that_is_changed_afterwards_counts_from_then() -> None:
    """What was complete and is so no more counts as complete when it is so again."""
    sights = [Sight(104.0, 5, is_final=True), Sight(105.0, 3), Sight(106.0, 5, is_final=True)]
    assert lateness(stream_of("abcde"), sights).final_s == 2.0


def test_parts_join_to_the_text() -> None:
    """Two messages which hold the text, less the white space between them, are complete."""
    reader = Reader("one two\n\nthree")
    reader.see(1.0, 10, "one two")
    assert not reader.is_complete
    reader.see(2.0, 11, "three\n\n-# small print")
    assert reader.is_complete


@pytest.mark.parametrize("shown", ["one two ▌", "one tow", "one two one two", "one two\nmore"])
def test_what_is_not_exactly_the_text_is_not_complete(shown: str) -> None:
    """A cursor, a wrong word or a word too many is no complete answer."""
    reader = Reader("one two")
    reader.see(1.0, 10, shown)
    assert not reader.is_complete


def test_a_cursor_hides_nothing() -> None:
    """What stands before a cursor is visible."""
    reader = Reader("one two three")
    reader.see(1.0, 10, "one two ▌")
    assert reader.sights[-1].shown_chars == len("one two ")


def test_a_deleted_message_shows_nothing() -> None:
    """The text of a deleted message is not visible any more."""
    reader = Reader("one two")
    reader.see(1.0, 10, "one two")
    reader.see(2.0, 10, None)
    assert reader.sights[-1] == Sight(2.0, 0)


def test_the_reference_alone_lags_half_a_second() -> None:
    """One even edit a second leaves the oldest hidden character half a second old on average."""
    answer = make_answer(1, 12.0, seed=1)
    sent_at = [place / 60 for place in range(len(answer.pieces))]
    stream = Stream(answer.pieces, sent_at)
    (sights,) = replay({1: stream}).values()
    assert mean_lag_s(stream, sights) == pytest.approx(0.48, abs=0.03)
    assert sights[-1].is_final


def test_the_reference_serves_fifty_a_second() -> None:
    """Two hundred answers share fifty calls a second: each is edited every four seconds."""
    answer = make_answer(1, 12.0, seed=1)
    sent_at = [place / 60 for place in range(len(answer.pieces))]
    streams = {number: Stream(answer.pieces, sent_at) for number in range(200)}
    sights = replay(streams)
    times = sorted(each.time_s for seen in sights.values() for each in seen)
    assert all(later - at > 0.999 for at, later in zip(times, times[50:], strict=False))
    assert fmean(mean_lag_s(streams[n], sights[n]) for n in streams) == pytest.approx(1.9, abs=0.2)


def test_dense_answers_fit_into_one_message() -> None:
    """Half a minute of single characters is an answer of one message, at the model's pace."""
    answer = make_dense_answer(1, 30.0, seed=7)
    assert answer.lasts_s == pytest.approx(30.0, abs=0.1)
    assert 1700 < len(answer.text) <= 2000


def test_long_answers_are_as_long_as_asked() -> None:
    """The answer of 6,600 characters has them."""
    assert len(make_long_answer(1, 6600, seed=7).text) >= 6600
