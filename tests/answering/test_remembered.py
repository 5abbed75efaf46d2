"""What is remembered, and what is forgotten."""

from answering.remembered import Remembered


def test_an_item_is_news_once_until_it_is_forgotten() -> None:
    """Adding tells whether the item is new; one that is discarded is news again."""
    remembered = Remembered[int](10)
    assert [remembered.add(1), remembered.add(1), 1 in remembered] == [True, False, True]
    remembered.discard(1)
    remembered.discard(2)
    assert 1 not in remembered
    assert remembered.add(1)


def test_past_its_limit_the_oldest_is_forgotten() -> None:
    """However much is added, no more than the limit is kept, and that is what came last."""
    remembered = Remembered[int](3)
    assert all(remembered.add(item) for item in range(100))
    assert [item for item in range(100) if item in remembered] == [97, 98, 99]
