"""What every database promises about digests, and about what they look up in the other shelves."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from bot.domain.communities import CommunityId
from bot.domain.digests import NEVER, Plan, Standing
from bot.domain.polls import PollId, PulseId
from bot.ports import CaseRow, DigestRow, OpenWork, What
from tests.contract.conftest import waits
from tests.contract.rows import (
    ELSEWHERE,
    HERE,
    NEXT_SLOT,
    RESULT,
    SECOND,
    SLOT,
    case,
    new_id,
    poll,
)
from tests.contract.test_communities import founded

WEEK, DAY = timedelta(weeks=1), timedelta(days=1)
MONDAY = date(2026, 6, 1)


def digest(of: CommunityId = HERE, **changes: Any) -> DigestRow:
    """Of a community that has had two; none of its settings is a default."""
    standing = Standing(MONDAY - WEEK, MONDAY, SLOT, MONDAY, 2)
    plan = Plan(5, time(17), "Europe/Berlin", "de")
    facts = {"plan": plan, "standing": standing, "due": SLOT + WEEK, "revision": 7}
    return DigestRow(community=of, **(facts | changes))


async def begun(open_work: OpenWork, *rows: DigestRow) -> None:
    await founded(open_work, *dict.fromkeys(row.community for row in rows))
    async with open_work() as work:
        for row in rows:
            await work.digests.add(row)


async def got(open_work: OpenWork, id: CommunityId = HERE) -> DigestRow:
    async with open_work() as work:
        return await work.digests.get(id)


# The shelf ---------------------------------------------------------------------------------------

FULL = digest(nowhere=True, sealed_addresses=b"\x00a\xff", carried=b"\x00c\xff")
NEW = digest(standing=Standing(MONDAY, MONDAY - WEEK, NEVER), due=None, plan=Plan(), revision=1)


@pytest.mark.parametrize("row", [digest(), FULL, NEW], ids=["plain", "full", "new"])
async def test_a_digest_comes_back_as_it_was_kept(open_work: OpenWork, row: DigestRow) -> None:
    other = digest(ELSEWHERE, due=SLOT)
    await begun(open_work, row, other)
    async with open_work() as work:
        assert await work.digests.get(HERE) == await work.digests.held(HERE) == row
        assert await work.digests.get(ELSEWHERE) == other


async def test_what_is_kept_anew_is_in_place_of_what_was(open_work: OpenWork) -> None:
    await begun(open_work, digest(), digest(ELSEWHERE))
    for row in (FULL, NEW, digest()):
        async with open_work() as work:
            await work.digests.keep(row)
        assert await got(open_work) == row
        assert await got(open_work, ELSEWHERE) == digest(ELSEWHERE)


async def test_addresses_are_never_kept_in_the_plan(open_work: OpenWork) -> None:
    plan = replace(digest().plan, addresses=("ruth@example.org",))
    await begun(open_work, digest(plan=plan))
    assert (await got(open_work)).plan.addresses == ()


async def test_a_community_has_one_and_no_other_has_any(open_work: OpenWork) -> None:
    await begun(open_work, digest())
    for row in (digest(), digest(ELSEWHERE)):
        with pytest.raises(IntegrityError):
            async with open_work() as work:
                await work.digests.add(row)


async def test_a_digest_is_due_from_its_own_second_on_the_longest_waiting_first(
    open_work: OpenWork,
) -> None:
    third = CommunityId("c" * 32)
    rows = digest(due=NEXT_SLOT), digest(ELSEWHERE, due=SLOT), digest(third, due=None)
    await begun(open_work, *rows)
    async with open_work() as work:
        assert await work.digests.due(SLOT - SECOND) == []
        assert await work.digests.due(SLOT) == [ELSEWHERE]
        assert await work.digests.due(NEXT_SLOT + 50 * WEEK) == [ELSEWHERE, HERE]
        assert (await work.coming()).get(What.DIGEST) == SLOT


async def test_where_all_are_paused_none_is_to_come(open_work: OpenWork) -> None:
    async with open_work() as work:
        assert (await work.coming()).get(What.DIGEST) is None
    await begun(open_work, digest(due=None), digest(ELSEWHERE, due=None))
    async with open_work() as work:
        assert (await work.coming()).get(What.DIGEST) is None
        assert await work.digests.due(SLOT + 50 * WEEK) == []


async def test_those_that_reach_nobody_are_counted_unless_they_are_paused(
    open_work: OpenWork,
) -> None:
    third = CommunityId("c" * 32)
    rows = digest(nowhere=True), digest(ELSEWHERE), digest(third, nowhere=True, due=None)
    await begun(open_work, *rows)
    async with open_work() as work:
        assert await work.digests.nowhere() == 1
        await work.digests.keep(digest(ELSEWHERE, nowhere=True))
        assert await work.digests.nowhere() == 2


async def test_only_one_holds_a_digest_at_a_time(open_work: OpenWork) -> None:
    await begun(open_work, digest())

    async def serial() -> int:
        async with open_work() as work:
            return (await work.digests.held(HERE)).standing.serial

    async with open_work() as work:
        row = await work.digests.held(HERE)
        second = asyncio.create_task(serial())
        assert await waits(second)
        await work.digests.keep(replace(row, standing=replace(row.standing, serial=3)))
    assert await second == 3


async def test_what_an_error_undoes_was_never_kept(open_work: OpenWork) -> None:
    await begun(open_work, digest())
    with pytest.raises(RuntimeError):
        async with open_work() as work:
            await work.digests.keep(FULL)
            await work.digests.publish(HERE, MONDAY, b"sealed")
            raise RuntimeError
    assert await got(open_work) == digest()
    async with open_work() as work:
        assert await work.digests.published(HERE, MONDAY) is None


# What was published ------------------------------------------------------------------------------


async def test_what_a_week_said_is_found_by_its_community_and_monday(open_work: OpenWork) -> None:
    async with open_work() as work:
        await work.digests.publish(HERE, MONDAY, bytes(range(256)))
        await work.digests.publish(HERE, MONDAY + WEEK, b"next")
        await work.digests.publish(ELSEWHERE, MONDAY, b"theirs")
    async with open_work() as work:
        assert await work.digests.published(HERE, MONDAY) == bytes(range(256))
        assert await work.digests.published(HERE, MONDAY + WEEK) == b"next"
        assert await work.digests.published(ELSEWHERE, MONDAY) == b"theirs"
        assert await work.digests.published(ELSEWHERE, MONDAY + WEEK) is None
        assert await work.digests.published(HERE, MONDAY + DAY) is None


async def test_no_week_is_published_twice(open_work: OpenWork) -> None:
    async with open_work() as work:
        await work.digests.publish(HERE, MONDAY, b"first")
    with pytest.raises(IntegrityError):
        async with open_work() as work:
            await work.digests.publish(HERE, MONDAY, b"second")
    async with open_work() as work:
        assert await work.digests.published(HERE, MONDAY) == b"first"


async def test_older_weeks_are_forgotten_of_one_community_alone(open_work: OpenWork) -> None:
    weeks = [MONDAY + n * WEEK for n in range(4)]
    async with open_work() as work:
        for where in (HERE, ELSEWHERE):
            for week in weeks:
                await work.digests.publish(where, week, b"said")
        await work.digests.forget(HERE, weeks[2])
    async with open_work() as work:
        kept = [await work.digests.published(HERE, week) is not None for week in weeks]
        assert kept == [False, False, True, True]
        for week in weeks:
            assert await work.digests.published(ELSEWHERE, week) == b"said"


# Cases that may have moved -----------------------------------------------------------------------


async def lately(open_work: OpenWork, gone: datetime) -> list[str]:
    async with open_work() as work:
        return await work.cases.lately(HERE, gone)


def ids(*rows: CaseRow) -> list[str]:
    return sorted(row.id for row in rows)


async def test_cases_on_the_list_or_ended_lately_may_have_moved_and_no_others(
    open_work: OpenWork,
) -> None:
    live, old_and_live = case(gone=SLOT + WEEK), case(gone=SLOT - WEEK)
    ended, long_over = case(live=False, gone=SLOT + SECOND), case(live=False, gone=SLOT)
    theirs = case(community=ELSEWHERE)
    async with open_work() as work:
        for row in (live, old_and_live, ended, long_over, theirs):
            await work.cases.add(row)
    assert await lately(open_work, SLOT) == ids(live, old_and_live, ended)
    assert await lately(open_work, SLOT - SECOND) == ids(live, old_and_live, ended, long_over)
    assert await lately(open_work, SLOT + 2 * WEEK) == ids(live, old_and_live)


async def test_each_is_there_once_whether_one_look_finds_it_or_both(open_work: OpenWork) -> None:
    kinds = ((True, SLOT + WEEK), (True, SLOT - WEEK), (False, SLOT + WEEK))
    rows = [case(live=live, gone=gone) for live, gone in kinds for _ in range(4)]
    async with open_work() as work:
        for row in rows:
            await work.cases.add(row)
    assert await lately(open_work, SLOT) == ids(*rows)


# Polls -------------------------------------------------------------------------------------------


async def closed(open_work: OpenWork, when: dict[PollId, datetime], **facts: Any) -> None:
    async with open_work() as work:
        for id, at in when.items():
            await work.polls.add(poll(id=id, **({"closes": at} | facts)))
            await work.polls.close(id, RESULT, None, at)


async def test_a_poll_is_closing_from_its_moment_until_it_has_closed(open_work: OpenWork) -> None:
    row, theirs = poll(closes=SLOT), poll(closes=SLOT - DAY, community=ELSEWHERE)
    async with open_work() as work:
        await work.polls.add(row)
        await work.polls.add(theirs)
        assert not await work.polls.closing(HERE, SLOT - SECOND)
        assert await work.polls.closing(HERE, SLOT)
        await work.polls.close(row.id, RESULT, None, SLOT)
        assert not await work.polls.closing(HERE, SLOT + WEEK)
        assert await work.polls.closing(ELSEWHERE, SLOT)


async def test_what_closed_between_two_moments_comes_in_order_each_in_one_week(
    open_work: OpenWork,
) -> None:
    one, two, three, four = (PollId(f"{n}" * 32) for n in (4, 3, 2, 1))
    when = {one: SLOT, two: SLOT + SECOND, three: SLOT + WEEK, four: SLOT + WEEK}
    await closed(open_work, when)
    await closed(open_work, {PollId("5" * 32): SLOT + DAY}, community=ELSEWHERE)
    async with open_work() as work:
        await work.polls.add(poll())
        between = work.polls.closed_between
        assert await between(HERE, SLOT - WEEK, SLOT) == (one,)
        assert await between(HERE, SLOT, SLOT + WEEK) == (two, four, three)
        assert await between(HERE, SLOT + WEEK, SLOT + 2 * WEEK) == ()
        assert await between(HERE, SLOT, SLOT) == ()


async def test_one_closed_by_hand_in_the_second_of_a_digest_closed_after_it(
    open_work: OpenWork,
) -> None:
    id = PollId(new_id())
    await closed(open_work, {id: SLOT}, closes=SLOT + DAY)
    async with open_work() as work:
        between = work.polls.closed_between
        assert await between(HERE, SLOT - WEEK, SLOT) == ()
        assert await between(HERE, SLOT, SLOT + WEEK) == (id,)


async def test_of_those_nobody_said_what_came_of_the_newest_come_oldest_first(
    open_work: OpenWork,
) -> None:
    polls = [PollId(new_id()) for _ in range(4)]
    await closed(open_work, {id: SLOT + n * DAY for n, id in enumerate(polls)})
    await closed(open_work, {PollId(new_id()): SLOT}, community=ELSEWHERE)
    async with open_work() as work:
        await work.polls.add(poll())
        await work.polls.keep_outcome(polls[1], "We now have it in writing.")
    async with open_work() as work:
        for most, expected in ((10, [0, 2, 3]), (2, [2, 3]), (1, [3])):
            found = await work.polls.without_outcome(HERE, most)
            assert [one.id for one in found] == [polls[n] for n in expected]
        assert found[0].result == RESULT
        await work.polls.keep_outcome(polls[1], "")
        assert len(await work.polls.without_outcome(HERE, 10)) == 4


async def test_of_a_pulse_the_last_wave_alone_waits_for_an_outcome(open_work: OpenWork) -> None:
    pulse = PulseId(new_id())
    ids = [PollId(new_id()) for _ in range(2)]
    for n, id in enumerate(ids, 1):
        await closed(open_work, {id: SLOT + n * WEEK}, pulse=pulse, wave=n)
    async with open_work() as work:
        found = await work.polls.without_outcome(HERE, 10)
        assert [(one.pulse, one.wave) for one in found] == [(pulse, 2)]
        await work.polls.keep_outcome(ids[1], "Two more people at night.")
        assert await work.polls.without_outcome(HERE, 10) == [], "what came of the first is over"


def test_never_is_the_first_moment_there_is() -> None:
    assert datetime(1970, 1, 1, tzinfo=UTC) == NEVER


async def test_the_weeks_whose_digest_is_kept_are_told_in_their_order(open_work: OpenWork) -> None:
    weeks = [MONDAY + WEEK, MONDAY]
    async with open_work() as work:
        for week in weeks:
            await work.digests.publish(HERE, week, b"said")
        await work.digests.publish(ELSEWHERE, MONDAY - WEEK, b"theirs")
        assert await work.digests.weeks(HERE) == weeks[::-1]
