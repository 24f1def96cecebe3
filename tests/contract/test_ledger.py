"""What every database promises about what happens once."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from bot.ports import OpenWork
from tests.contract.conftest import waits
from tests.contract.rows import ELSEWHERE, HERE

SLOT = "2026-06-01T09:00:00+00:00"


async def claim(
    open_work: OpenWork, kind: str = "slot", scope: str = HERE, period: str = SLOT
) -> bool:
    async with open_work() as work:
        return await work.ledger.claim(kind, scope, period)


async def test_a_run_is_ours_once(open_work: OpenWork) -> None:
    assert await claim(open_work) is True
    assert await claim(open_work) is False
    assert await claim(open_work) is False


async def test_another_kind_community_or_period_is_another_run(open_work: OpenWork) -> None:
    runs = list(product(("slot", "digest"), (HERE, ELSEWHERE), (SLOT, "2026-W23")))
    assert [await claim(open_work, *run) for run in runs] == [True] * 8
    assert [await claim(open_work, *run) for run in runs] == [False] * 8


async def test_a_claim_whose_effect_failed_is_free_again(open_work: OpenWork) -> None:
    with pytest.raises(RuntimeError):
        async with open_work() as work:
            assert await work.ledger.claim("slot", HERE, SLOT)
            raise RuntimeError
    assert await claim(open_work) is True


@pytest.mark.parametrize("effect_fails", [False, True])
async def test_a_second_process_waits_for_the_outcome_of_the_first(
    open_work: OpenWork, effect_fails: bool
) -> None:
    async def first(claimed: asyncio.Event, go_on: asyncio.Event) -> None:
        async with open_work() as work:
            assert await work.ledger.claim("slot", HERE, SLOT)
            claimed.set()
            await go_on.wait()
            if effect_fails:
                raise RuntimeError

    claimed, go_on = asyncio.Event(), asyncio.Event()
    holds = asyncio.create_task(first(claimed, go_on))
    await claimed.wait()
    second = asyncio.create_task(claim(open_work))
    assert await waits(second)
    go_on.set()
    await asyncio.gather(holds, return_exceptions=True)
    assert await second is effect_fails


async def test_three_claimers_of_500_periods_have_exactly_500_runs(open_work: OpenWork) -> None:
    periods = [f"2026-06-01T09:00:00+00:00/{n}" for n in range(500)]

    async def claimer() -> list[str]:
        return [period for period in periods if await claim(open_work, period=period)]

    runs = await asyncio.gather(claimer(), claimer(), claimer())
    assert sorted(run for mine in runs for run in mine) == sorted(periods)


async def test_what_was_made_up_for_is_counted_from_then_on(open_work: OpenWork) -> None:
    moment = datetime(2026, 6, 1, 12, tzinfo=UTC)
    for scope in (HERE, ELSEWHERE, "c" * 32):
        await claim(open_work, scope=scope)
        await claim(open_work, scope=scope, period="2026-06-03")
    async with open_work() as work:
        assert await work.ledger.missed(moment) == 0
        await work.ledger.made_up_for("slot", SLOT, [HERE, ELSEWHERE], moment)
    async with open_work() as work:
        assert await work.ledger.missed(moment) == 2
        assert await work.ledger.missed(moment + timedelta(seconds=1)) == 0


TODAY = date(2026, 6, 2)
YESTERDAY = TODAY - timedelta(days=1)


async def first(open_work: OpenWork, *marks: bytes, on: date = TODAY) -> bool:
    async with open_work() as work:
        return await work.ledger.first_time(marks, on)


async def test_an_event_is_new_once(open_work: OpenWork) -> None:
    assert await first(open_work, b"today", b"yesterday") is True
    assert await first(open_work, b"today", b"yesterday") is False
    assert await first(open_work, b"another", b"event") is True


async def test_an_event_of_before_midnight_is_known_after_it(open_work: OpenWork) -> None:
    assert await first(open_work, b"under day 1", b"under day 0", on=YESTERDAY) is True
    assert await first(open_work, b"under day 2", b"under day 1", on=TODAY) is False


async def test_an_event_whose_effect_failed_is_new_again(open_work: OpenWork) -> None:
    with pytest.raises(RuntimeError):
        async with open_work() as work:
            assert await work.ledger.first_time([b"mark"], TODAY)
            raise RuntimeError
    assert await first(open_work, b"mark") is True


async def test_an_event_brought_twice_at_once_is_new_to_one(open_work: OpenWork) -> None:
    told = await asyncio.gather(*(first(open_work, b"today", b"yesterday") for _ in range(8)))
    assert sorted(told) == [False] * 7 + [True]


async def test_marks_of_days_before_are_forgotten_and_no_others(open_work: OpenWork) -> None:
    await first(open_work, b"old", on=YESTERDAY)
    await first(open_work, b"new", on=TODAY)
    async with open_work() as work:
        await work.ledger.forget_marks(TODAY)
    assert await first(open_work, b"new") is False
    assert await first(open_work, b"old") is True


async def test_for_whom_runs_were_missed_is_told_since_a_moment(open_work: OpenWork) -> None:
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    for scope in (HERE, ELSEWHERE):
        await claim(open_work, scope=scope)
    async with open_work() as work:
        await work.ledger.made_up_for("slot", SLOT, [HERE], noon)
        assert await work.ledger.missed_by(noon) == {HERE}
        assert await work.ledger.missed_by(noon + timedelta(seconds=1)) == set()


async def test_the_latest_period_of_a_kind_is_told(open_work: OpenWork) -> None:
    for period in (SLOT, "2026-06-03T09:00:00+00:00", "2026-05-29T09:00:00+00:00"):
        await claim(open_work, scope=ELSEWHERE, period=period)
    await claim(open_work, kind="digest", period="2027-06-03T09:00:00+00:00")
    async with open_work() as work:
        assert await work.ledger.newest("slot") == "2026-06-03T09:00:00+00:00"
        assert await work.ledger.newest("handover") is None
