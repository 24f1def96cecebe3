"""What is kept tells little by its length and its dates; a day's allowance is a bucket."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.privacy import Bucket, draft_ends, padded, unpadded
from tests.unit.harbour import moments

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@given(some.binary(max_size=5000))
def test_what_was_padded_comes_back_whole(words: bytes) -> None:
    assert unpadded(padded(words)) == words


@pytest.mark.parametrize(
    ("length", "size"), [(0, 512), (1, 512), (508, 512), (509, 1024), (1020, 1024), (1021, 1536)]
)
def test_lengths_are_told_in_blocks_of_512_alone(length: int, size: int) -> None:
    assert len(padded(b"x" * length)) == size


def test_words_that_end_in_zeros_keep_them() -> None:
    assert unpadded(padded(b"end\x00\x00")) == b"end\x00\x00"


@given(moments)
def test_a_draft_ends_at_a_full_half_hour_30_to_60_minutes_off(now: datetime) -> None:
    ends = draft_ends(now)
    assert (ends.minute in (0, 30), ends.second, ends.microsecond) == (True, 0, 0)
    assert timedelta(minutes=30) <= ends - now < timedelta(minutes=60)


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        ("12:00:00", "12:30"),
        ("12:00:01", "13:00"),
        ("12:29:59", "13:00"),
        ("12:30:00", "13:00"),
        ("23:31:00", "00:30"),
    ],
)
def test_everyone_in_one_half_hour_shares_an_end(now: str, ends: str) -> None:
    moment = datetime.fromisoformat(f"2026-06-01T{now}+00:00")
    assert draft_ends(moment).strftime("%H:%M") == ends


@given(moments, some.integers(1, 20160).map(lambda minutes: timedelta(minutes=minutes)))
def test_what_lasts_longer_or_less_ends_at_a_full_half_hour_after_that(
    now: datetime, lasts: timedelta
) -> None:
    ends = draft_ends(now, lasts)
    assert (ends.minute in (0, 30), ends.second, ends.microsecond) == (True, 0, 0)
    assert timedelta(0) <= ends - (now + lasts) < timedelta(minutes=30)


def _taken(bucket: Bucket, now: datetime) -> Bucket | None:
    return bucket.taken(now, size=10, an_hour=10)


def test_a_bucket_gives_what_it_holds_and_then_as_fast_as_it_fills() -> None:
    bucket = Bucket(10, NOON)
    for _ in range(10):
        following = _taken(bucket, NOON)
        assert following is not None
        bucket = following
    assert _taken(bucket, NOON) is None
    assert _taken(bucket, NOON + timedelta(minutes=5, seconds=59)) is None
    refilled = _taken(bucket, NOON + timedelta(minutes=6))
    assert refilled is not None
    assert _taken(refilled, NOON + timedelta(minutes=6)) is None


def test_a_bucket_never_holds_more_than_its_size() -> None:
    bucket, taken = Bucket(10, NOON), 0
    later = NOON + timedelta(days=9)
    while (following := _taken(bucket, later)) is not None:
        bucket, taken = following, taken + 1
    assert taken == 10


def test_a_clock_that_goes_back_fills_nothing() -> None:
    assert _taken(Bucket(0.5, NOON), NOON - timedelta(hours=3)) is None


@given(some.lists(some.integers(0, 3600), max_size=60))
def test_no_hour_gives_more_than_a_bucketful_and_an_hour_s_refill(seconds: list[int]) -> None:
    bucket, given_ = Bucket(10, NOON), 0
    for after in sorted(seconds):
        following = _taken(bucket, NOON + timedelta(seconds=after))
        if following is not None:
            bucket, given_ = following, given_ + 1
    assert given_ <= 20
