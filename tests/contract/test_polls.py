"""What every database promises about polls, waves and pulses."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.domain.polls import Every, Poll, PollId, PulseId, Question, QuestionKind, ToldBy
from bot.domain.privacy import Result, Share, Shares, Shown
from bot.ports import OpenWork, What
from storage.polls import casting
from tests.contract.conftest import waits
from tests.contract.rows import (
    ELSEWHERE,
    HERE,
    NEXT_SLOT,
    RESULT,
    SECOND,
    SLOT,
    ballot,
    new_id,
    poll,
    pulse,
)

DAY = timedelta(days=1)
WEEK = SLOT + 7 * DAY

FULL = poll(
    questions=(
        Question(QuestionKind.SINGLE, "Which „Betriebsrat“ list?", ("A", "Ä \x1f", "🐈")),
        Question(QuestionKind.MULTIPLE, "Which days?", ("Mon", "Tue", "Wed"), most=2),
        Question(QuestionKind.SCALE, "How loud?", ("quiet", "loud")),
        Question(QuestionKind.NPS, bank="recommend"),
        Question(QuestionKind.RANKED, "Rank", ("x", "y")),
    ),
    comment=True,
    floor=8,
    eligible=250,
    told_by=ToldBy.PLATFORM,
    spaces=(new_id(), new_id()),
    pulse=PulseId(new_id()),
    wave=3,
)


async def kept(open_work: OpenWork, *rows: Poll) -> None:
    async with open_work() as work:
        for row in rows:
            await work.polls.add(row)


async def closed(
    open_work: OpenWork, *ids: PollId, at: datetime = WEEK, comments: bytes | None = None
) -> None:
    async with open_work() as work:
        for id in ids:
            await work.polls.close(id, RESULT, comments, at)


async def got(open_work: OpenWork, id: PollId) -> Poll | None:
    async with open_work() as work:
        return await work.polls.get(id)


@pytest.mark.parametrize("row", [poll(), FULL], ids=["plain", "full"])
async def test_a_poll_comes_back_as_it_was_opened(open_work: OpenWork, row: Poll) -> None:
    await kept(open_work, row, poll())
    async with open_work() as work:
        assert await work.polls.get(row.id) == row
        assert await work.polls.held(row.id) == row
        assert await work.polls.get(PollId(new_id())) is None
        assert await work.polls.held(PollId(new_id())) is None


async def test_those_that_can_be_answered_come_the_first_to_close_first(
    open_work: OpenWork,
) -> None:
    later, sooner, over = poll(closes=WEEK), poll(closes=WEEK - DAY), poll(closes=SLOT + DAY)
    counted, theirs = poll(), poll(community=ELSEWHERE)
    await kept(open_work, later, sooner, over, counted, theirs)
    await closed(open_work, counted.id)
    async with open_work() as work:
        assert await work.polls.open(HERE, SLOT + DAY) == [sooner, later]
        assert await work.polls.open(HERE, SLOT + DAY - SECOND) == [over, sooner, later]
        assert await work.polls.open(ELSEWHERE, SLOT) == [theirs]
        assert await work.polls.open(HERE, WEEK) == []


async def test_those_that_can_be_answered_are_found_by_an_index_of_their_own(
    open_work: OpenWork, database: AsyncEngine
) -> None:
    """However many have closed, of this community or another."""
    rows = [poll(community=where) for _ in range(200) for where in (HERE, ELSEWHERE)]
    await kept(open_work, *rows)
    await closed(open_work, *(row.id for row in rows[4:]))
    asked = []

    def remember(_c: object, _u: object, statement: str, given: object, *_: object) -> None:
        asked.append((statement, given))

    event.listen(database.sync_engine, "before_cursor_execute", remember)
    async with open_work() as work:
        assert len(await work.polls.open(HERE, SLOT)) == 2
    event.remove(database.sync_engine, "before_cursor_execute", remember)
    (statement, given) = asked[-1]
    how = "EXPLAIN QUERY PLAN " if database.dialect.name == "sqlite" else "EXPLAIN "
    async with database.begin() as connection:
        await connection.exec_driver_sql("ANALYZE" if "QUERY" not in how else "SELECT 1")
        plan = await connection.exec_driver_sql(how + statement, given)
        assert "ix_polls_open" in repr(plan.all())


async def test_a_communitys_polls_come_the_newest_first_and_no_more_than_asked_for(
    open_work: OpenWork,
) -> None:
    rows = [poll(opens=SLOT + n * DAY) for n in (1, 3, 0, 2)]
    await kept(open_work, *rows, poll(community=ELSEWHERE))
    await closed(open_work, rows[1].id)
    async with open_work() as work:
        found = await work.polls.of(HERE, 3)
        assert [one.opens for one in found] == [SLOT + n * DAY for n in (3, 2, 1)]
        assert len(await work.polls.of(HERE, 50)) == 4


async def test_a_pulses_last_closed_waves_come_oldest_first(open_work: OpenWork) -> None:
    mine, other = PulseId(new_id()), PulseId(new_id())
    rows = [poll(pulse=mine, wave=n) for n in (2, 10, 1, 11, 3)]
    await kept(open_work, *rows, poll(pulse=other, wave=1), poll())
    await closed(open_work, *(one.id for one in rows if one.wave != 11))
    async with open_work() as work:
        assert [one.wave for one in await work.polls.waves(mine, 10, 3)] == [2, 3, 10]
        assert [one.wave for one in await work.polls.waves(mine, 10, 50)] == [1, 2, 3, 10]
        assert [one.wave for one in await work.polls.waves(mine, 3, 2)] == [2, 3]
        assert await work.polls.waves(other, 10, 50) == []


async def test_a_wave_is_opened_once(open_work: OpenWork) -> None:
    mine = PulseId(new_id())
    first = poll(pulse=mine, wave=1)
    await kept(open_work, first, poll(pulse=mine, wave=2), poll(), poll())
    with pytest.raises(IntegrityError):
        await kept(open_work, poll(pulse=mine, wave=1))
    async with open_work() as work:
        assert len(await work.polls.of(HERE, 50)) == 4
        assert await work.polls.get(first.id) == first


async def test_what_came_of_it_is_kept_and_can_be_said_anew(open_work: OpenWork) -> None:
    row, other = poll(), poll()
    await kept(open_work, row, other)
    for words in ("We met on Monday.", "They agreed. ✊"):
        async with open_work() as work:
            await work.polls.keep_outcome(row.id, words)
        assert await got(open_work, row.id) == replace(row, outcome=words)
    assert await got(open_work, other.id) == other


# The close --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "result",
    [
        RESULT,
        Result(None, ()),
        Result(None, (Shares(Shown.WITHHELD), Shares(Shown.MAJORITY, majority=(2,)))),
        Result(
            Share(0, 25),
            (
                Shares(Shown.SHARES, (Share(5, 5), Share(0, 0), Share(95, 95)), True, score=-40),
                Shares(Shown.SHARES, (None, None), order=((1, 2), (0,))),
                Shares(Shown.MAJORITY, majority=(0, 1), order=((0,),), score=0),
            ),
        ),
    ],
)
async def test_a_closed_poll_shows_its_result_as_it_was_stored(
    open_work: OpenWork, result: Result
) -> None:
    row, other = poll(), poll()
    await kept(open_work, row, other)
    async with open_work() as work:
        await work.polls.close(row.id, result, None, WEEK + SECOND)
    assert await got(open_work, row.id) == replace(row, closed=WEEK + SECOND, result=result)
    assert await got(open_work, other.id) == other


async def test_a_poll_without_a_result_holds_none_not_even_in_json(
    open_work: OpenWork, database: AsyncEngine
) -> None:
    await kept(open_work, poll())
    async with database.connect() as connection:
        query = "SELECT count(*) FROM polls WHERE result IS NULL"
        assert await connection.scalar(text(query)) == 1


async def test_with_the_close_its_ballots_go_and_no_others(
    open_work: OpenWork, database: AsyncEngine
) -> None:
    row, other = poll(), poll()
    await kept(open_work, row, other)
    cast = [ballot(one.id) for one in (row, row, other)]
    async with casting(database) as keep:
        await keep(cast, SLOT)
    await closed(open_work, row.id)
    async with open_work() as work:
        assert await work.polls.ballots(row.id) == []
        assert await work.polls.ballots(other.id) == [cast[2].sealed]


class Mishap(Exception):
    pass


async def test_a_close_that_fails_leaves_the_poll_and_its_ballots(
    open_work: OpenWork, database: AsyncEngine
) -> None:
    row = poll()
    await kept(open_work, row)
    cast = ballot(row.id)
    async with casting(database) as keep:
        await keep([cast], SLOT)
    with pytest.raises(Mishap):
        async with open_work() as work:
            await work.polls.close(row.id, RESULT, b"comments", WEEK)
            raise Mishap
    assert await got(open_work, row.id) == row
    async with open_work() as work:
        assert await work.polls.ballots(row.id) == [cast.sealed]
        assert await work.polls.comments(row.id) is None


async def test_polls_whose_time_is_over_are_to_be_closed_until_they_are(
    open_work: OpenWork,
) -> None:
    over, also, later = poll(closes=SLOT + DAY), poll(closes=SLOT + 2 * DAY), poll(closes=WEEK)
    async with open_work() as work:
        assert (await work.coming()).get(What.CLOSE) is None
    await kept(open_work, later, also, over)
    async with open_work() as work:
        assert (await work.coming()).get(What.CLOSE) == SLOT + DAY
        assert await work.polls.to_close(SLOT + DAY - SECOND) == []
        assert await work.polls.to_close(SLOT + DAY) == [over.id]
        assert await work.polls.to_close(SLOT + 3 * DAY) == [over.id, also.id]
    await closed(open_work, over.id, later.id)
    async with open_work() as work:
        assert (await work.coming()).get(What.CLOSE) == SLOT + 2 * DAY
        assert await work.polls.to_close(WEEK + DAY) == [also.id]


async def test_a_poll_over_but_not_closed_is_still_open(open_work: OpenWork) -> None:
    """Its key is needed for the count."""
    over, counted = poll(closes=SLOT), poll()
    await kept(open_work, over, counted)
    await closed(open_work, counted.id)
    async with open_work() as work:
        ids = [over.id, counted.id, PollId(new_id())]
        assert await work.polls.still_open(ids) == {over.id}
        assert await work.polls.still_open([]) == set()
        assert await work.polls.are_closed(ids) == {over.id: False, counted.id: True}
        assert await work.polls.are_closed([]) == {}


async def test_comments_are_forgotten_in_time_and_the_result_stays(open_work: OpenWork) -> None:
    old, new, bare = poll(), poll(), poll()
    await kept(open_work, old, new, bare)
    await closed(open_work, old.id, at=WEEK - SECOND, comments=b"\x00old\xff")
    await closed(open_work, new.id, at=WEEK, comments=b"\x00new\xff")
    await closed(open_work, bare.id, at=WEEK - SECOND)
    async with open_work() as work:
        assert await work.polls.comments(old.id) == b"\x00old\xff"
        assert await work.polls.comments(bare.id) is None
        assert await work.polls.comments(PollId(new_id())) is None
        assert await work.polls.commented(WEEK - SECOND) == []
        assert await work.polls.commented(WEEK) == [old.id]
        await work.polls.forget_comments([])
        await work.polls.forget_comments([old.id, bare.id, PollId(new_id())])
    async with open_work() as work:
        assert await work.polls.comments(old.id) is None
        assert await work.polls.comments(new.id) == b"\x00new\xff"
        assert await work.polls.commented(WEEK + DAY) == [new.id]
    found = await got(open_work, old.id)
    assert found == replace(old, closed=WEEK - SECOND, result=RESULT)


async def test_only_one_holds_a_poll_at_a_time(open_work: OpenWork) -> None:
    row = poll()
    await kept(open_work, row)

    async def second() -> Poll | None:
        async with open_work() as work:
            return await work.polls.held(row.id)

    async with open_work() as work:
        await work.polls.held(row.id)
        other = asyncio.create_task(second())
        assert await waits(other)
        await work.polls.close(row.id, RESULT, None, WEEK)
    found = await other
    assert found is not None
    assert found.closed == WEEK


# Pulses -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("every", list(Every))
async def test_a_pulse_comes_back_as_it_was_set_up(open_work: OpenWork, every: Every) -> None:
    row = pulse(every=every, bank=("one", "two", "three"), comment=False, zone="Asia/Kolkata")
    async with open_work() as work:
        await work.polls.add_pulse(row, NEXT_SLOT)
        await work.polls.add_pulse(pulse(), SLOT)
    async with open_work() as work:
        assert await work.polls.pulse(row.id) == row
        assert await work.polls.pulse(PulseId(new_id())) is None


async def test_a_communitys_pulses_are_those_with_a_wave_to_come(open_work: OpenWork) -> None:
    later, sooner, ended, theirs = pulse(), pulse(), pulse(), pulse(community=ELSEWHERE)
    async with open_work() as work:
        for row in (later, ended, theirs):
            await work.polls.add_pulse(row, NEXT_SLOT)
        await work.polls.add_pulse(sooner, SLOT)
        await work.polls.set_next_wave(ended.id, None)
    async with open_work() as work:
        assert await work.polls.pulses(HERE) == [(sooner, SLOT), (later, NEXT_SLOT)]
        assert await work.polls.pulses(ELSEWHERE) == [(theirs, NEXT_SLOT)]
        assert await work.polls.pulse(ended.id) == ended


async def test_a_wave_is_due_from_its_moment_until_the_next_is_set(open_work: OpenWork) -> None:
    first, second = pulse(), pulse()
    async with open_work() as work:
        assert (await work.coming()).get(What.WAVE) is None
        await work.polls.add_pulse(second, NEXT_SLOT)
        await work.polls.add_pulse(first, SLOT)
    async with open_work() as work:
        assert (await work.coming()).get(What.WAVE) == SLOT
        assert await work.polls.waves_due(SLOT - SECOND) == []
        assert await work.polls.waves_due(SLOT) == [first.id]
        assert await work.polls.waves_due(NEXT_SLOT) == [first.id, second.id]
        await work.polls.set_next_wave(first.id, WEEK)
    async with open_work() as work:
        assert (await work.coming()).get(What.WAVE) == NEXT_SLOT
        assert await work.polls.waves_due(NEXT_SLOT) == [second.id]
        await work.polls.set_next_wave(first.id, None)
        await work.polls.set_next_wave(second.id, None)
        assert (await work.coming()).get(What.WAVE) is None
        assert await work.polls.waves_due(WEEK) == []


async def test_only_one_opens_a_pulses_wave(open_work: OpenWork) -> None:
    row = pulse()
    async with open_work() as work:
        await work.polls.add_pulse(row, SLOT)

    async def second() -> list[PulseId]:
        async with open_work() as work:
            await work.polls.pulse(row.id)
            return await work.polls.waves_due(SLOT)

    async with open_work() as work:
        await work.polls.pulse(row.id)
        other = asyncio.create_task(second())
        assert await waits(other)
        await work.polls.set_next_wave(row.id, NEXT_SLOT)
    assert await other == []
