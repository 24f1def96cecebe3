"""What every database promises about sealed ballots: one for each tag, none after the close, and
once settled nothing in their place that tells when each came."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.domain.errors import CannotSave
from bot.domain.polls import PollId
from bot.ports import OpenWork, SealedBallot
from storage.polls import casting
from storage.schema import Chain
from storage.scrubbing import scrub
from storage.tables import ballots as ballots_table
from storage.work import work_on
from tests.contract.conftest import Backend, Files, Server, dead, opened, waits
from tests.contract.rows import RESULT, SECOND, SLOT, ballot, new_id, poll
from tests.fakes.postgres import Postgres

WEEK = SLOT + timedelta(days=7)


async def opened_poll(open_work: OpenWork, **changes: Any) -> PollId:
    row = poll(**changes)
    async with open_work() as work:
        await work.polls.add(row)
    return row.id


async def cast(engine: AsyncEngine, *ballots: SealedBallot, now: Any = SLOT) -> set[PollId]:
    async with casting(engine) as keep:
        return await keep(ballots, now)


async def kept(open_work: OpenWork, id: PollId) -> list[bytes]:
    async with open_work() as work:
        return await work.polls.ballots(id)


async def close(open_work: OpenWork, id: PollId, hold: bool = True) -> None:
    async with open_work() as work:
        assert not hold or await work.polls.held(id)
        await work.polls.close(id, RESULT, None, WEEK)


@asynccontextmanager
async def halfway(engine: AsyncEngine, one: SealedBallot) -> AsyncIterator[None]:
    """Somebody casts and is not done before the block ends: another writes under the same tag until
    then, and takes it back."""
    async with engine.connect() as other:
        await other.execute(insert(ballots_table).values(poll=one.poll, tag=one.tag, sealed=b"-"))
        casts = asyncio.create_task(cast(engine, one))
        assert await waits(casts)
        yield
        await other.rollback()
    assert await casts == {one.poll}


def by_tag(ballots: Sequence[SealedBallot]) -> list[bytes]:
    return [one.sealed for one in sorted(ballots, key=lambda one: one.tag)]


async def test_ballots_come_back_in_the_order_of_their_tags(
    open_work: OpenWork, database: AsyncEngine
) -> None:
    mine, other = await opened_poll(open_work), await opened_poll(open_work)
    ballots = [ballot(mine) for _ in range(20)]
    theirs = [ballot(other) for _ in range(3)]
    assert await cast(database, *ballots[:10], *theirs) == {mine, other}
    assert await cast(database, *ballots[10:]) == {mine}
    assert await kept(open_work, mine) == by_tag(ballots)
    assert await kept(open_work, other) == by_tag(theirs)
    assert await kept(open_work, PollId(new_id())) == []


async def test_a_new_answer_replaces_the_one_with_its_tag_in_its_poll_alone(
    open_work: OpenWork, database: AsyncEngine
) -> None:
    mine, other = await opened_poll(open_work), await opened_poll(open_work)
    first, neighbour = ballot(mine), ballot(mine)
    same_tag = replace(first, poll=other, sealed=b"elsewhere")
    await cast(database, first, neighbour, same_tag)
    second = replace(first, sealed=b"\x00" * 128)
    assert await cast(database, second, ballot(other)) == {mine, other}
    assert await kept(open_work, mine) == by_tag([second, neighbour])
    assert same_tag.sealed in await kept(open_work, other)
    assert len(await kept(open_work, other)) == 2


async def test_nothing_is_cast_where_nothing_is_given(
    open_work: OpenWork, database: AsyncEngine
) -> None:
    await opened_poll(open_work)
    assert await cast(database) == set()


async def test_a_poll_that_is_over_closed_or_unknown_keeps_nothing_and_the_rest_is_kept(
    open_work: OpenWork, database: AsyncEngine
) -> None:
    mine, shut = await opened_poll(open_work), await opened_poll(open_work)
    over = await opened_poll(open_work, closes=SLOT + SECOND)
    unknown = PollId(new_id())
    await close(open_work, shut)
    ballots = [ballot(id) for id in (over, mine, unknown, shut)]
    assert await cast(database, *ballots, now=SLOT + SECOND) == {mine}
    assert [await kept(open_work, id) for id in (over, unknown, shut)] == [[], [], []]
    assert await kept(open_work, mine) == [ballots[1].sealed]
    assert await cast(database, ballot(over), now=SLOT) == {over}


async def test_many_cast_at_once_on_one_line_and_each_is_told_of_their_own(
    open_work: OpenWork, database: AsyncEngine
) -> None:
    polls = [await opened_poll(open_work) for _ in range(3)]
    ballots = [ballot(id) for _ in range(10) for id in polls]
    async with casting(database) as keep:
        told = await asyncio.gather(*(keep([one], SLOT) for one in ballots))
    assert told == [{one.poll} for one in ballots]
    for id in polls:
        assert await kept(open_work, id) == by_tag([one for one in ballots if one.poll == id])


async def test_who_stops_waiting_leaves_the_line_to_the_next(
    open_work: OpenWork, database: AsyncEngine
) -> None:
    mine = await opened_poll(open_work)
    async with casting(database) as keep:
        async with open_work() as work:
            assert await work.polls.held(mine)
            impatient = asyncio.create_task(keep([ballot(mine)], SLOT))
            assert await waits(impatient)
            impatient.cancel()
            with pytest.raises(asyncio.CancelledError):
                await impatient
        late = ballot(mine)
        assert await keep([late], SLOT) == {mine}
    assert late.sealed in await kept(open_work, mine)  # the other's may be there, or not


@pytest.mark.parametrize(
    ("state", "told"), [("53100", "refused.cannot_save"), ("22012", "^as it is$")]
)
async def test_what_the_server_cannot_keep_is_a_refusal_and_a_bug_stays_one(
    on_postgres: AsyncEngine, state: str, told: str
) -> None:
    open_work = work_on(on_postgres)
    mine = await opened_poll(open_work)
    raising = f"$$ BEGIN RAISE EXCEPTION 'as it is' USING ERRCODE = '{state}'; END $$"
    async with casting(on_postgres) as keep:
        async with on_postgres.begin() as connection:
            await connection.execute(
                text(f"CREATE FUNCTION wrong() RETURNS trigger LANGUAGE plpgsql AS {raising}")
            )
            await connection.execute(
                text("CREATE TRIGGER wrong BEFORE INSERT ON ballots EXECUTE FUNCTION wrong()")
            )
        with pytest.raises(Exception, match=told):
            await keep([ballot(mine)], SLOT)
        async with on_postgres.begin() as connection:
            await connection.execute(text("DROP TRIGGER wrong ON ballots"))
        later = ballot(mine)
        assert await keep([later], SLOT) == {mine}
    assert await kept(open_work, mine) == [later.sealed]


async def test_where_the_server_went_away_ballots_are_refused_and_later_kept(
    on_postgres: AsyncEngine, postgres: Postgres
) -> None:
    open_work = work_on(on_postgres)
    mine = await opened_poll(open_work)
    before, later = ballot(mine), ballot(mine)
    async with casting(on_postgres) as keep:
        await keep([before], SLOT)
        postgres.go_away()
        try:
            for _ in range(2):
                with pytest.raises(CannotSave):
                    await keep([ballot(mine)], SLOT)
        finally:
            postgres.come_back()
        assert await keep([later], SLOT) == {mine}
    assert await kept(open_work, mine) == by_tag([before, later])


async def test_a_server_that_goes_away_in_the_middle_is_a_refusal(
    on_postgres: AsyncEngine, postgres: Postgres
) -> None:
    open_work = work_on(on_postgres)
    mine = await opened_poll(open_work)
    async with casting(on_postgres) as keep:
        with pytest.raises(CannotSave):
            async with open_work() as work:
                assert await work.polls.held(mine)
                cut_off = asyncio.create_task(keep([ballot(mine)], SLOT))
                assert await waits(cut_off)
                postgres.go_away()
                try:
                    with pytest.raises(CannotSave):
                        await cut_off
                finally:
                    postgres.come_back()
        assert await kept(open_work, mine) == []
        assert await keep([ballot(mine)], SLOT) == {mine}


# Close and cast exclude each other --------------------------------------------------------------


async def test_who_casts_behind_a_close_keeps_nothing_and_is_told(
    open_work: OpenWork, database: AsyncEngine
) -> None:
    mine, other = await opened_poll(open_work), await opened_poll(open_work)
    early = ballot(mine)
    await cast(database, early)
    async with open_work() as work:
        assert await work.polls.held(mine)
        late = asyncio.create_task(cast(database, ballot(mine), ballot(other)))
        assert await waits(late)
        assert await work.polls.ballots(mine) == [early.sealed]
        await work.polls.close(mine, RESULT, None, WEEK)
    assert await late == {other}
    assert await kept(open_work, mine) == []
    assert len(await kept(open_work, other)) == 1


async def test_a_close_waits_for_who_casts_and_counts_them(
    open_work: OpenWork, database: AsyncEngine
) -> None:
    mine = await opened_poll(open_work)
    last = ballot(mine)

    async def count() -> list[bytes]:
        async with open_work() as work:
            await work.polls.held(mine)
            found = await work.polls.ballots(mine)
            await work.polls.close(mine, RESULT, None, WEEK)
        return found

    async with halfway(database, last):
        counted = asyncio.create_task(count())
        assert await waits(counted)
    assert await counted == [last.sealed]
    assert await kept(open_work, mine) == []


async def test_even_a_close_that_holds_nothing_leaves_no_ballot_behind(
    open_work: OpenWork, database: AsyncEngine
) -> None:
    mine = await opened_poll(open_work)
    async with halfway(database, ballot(mine)):
        closing = asyncio.create_task(close(open_work, mine, hold=False))
        assert await waits(closing)
    await closing
    assert await kept(open_work, mine) == []


async def test_every_ballot_was_either_counted_or_refused(
    open_work: OpenWork, database: AsyncEngine
) -> None:
    """Many cast while it is closed: nobody is told it was kept who was not counted."""
    mine = await opened_poll(open_work)
    told: list[SealedBallot] = []
    counted: list[bytes] = []

    async def one(number: int) -> None:
        await asyncio.sleep(number % 5 / 200)
        batch = [ballot(mine) for _ in range(3)]
        if await cast(database, *batch):
            told.extend(batch)

    async def count() -> None:
        await asyncio.sleep(0.01)
        async with open_work() as work:
            await work.polls.held(mine)
            counted.extend(await work.polls.ballots(mine))
            await work.polls.close(mine, RESULT, None, WEEK)

    await asyncio.gather(count(), *(one(number) for number in range(30)))
    assert sorted(counted) == sorted(one.sealed for one in told)
    assert await kept(open_work, mine) == []


async def test_batches_of_two_processes_never_wait_in_a_circle(backend: Backend) -> None:
    async with (
        backend.database(Chain.MAIN) as url,
        opened(url) as here,
        opened(url) as there,
    ):
        polls = [await opened_poll(work_on(here)) for _ in range(3)]
        tags = [ballot(polls[0]).tag for _ in range(400)]
        rows = [ballot(id, tag=tag) for id in polls for tag in tags]
        for _ in range(5):
            forth, back = (cast(here, *rows), cast(there, *reversed(rows)))
            assert await asyncio.gather(forth, back) == [set(polls)] * 2
        for id in polls:
            assert len(await kept(work_on(there), id)) == 400


# Settled ----------------------------------------------------------------------------------------


async def test_settling_keeps_every_ballot_and_touches_no_other_poll(
    open_work: OpenWork, database: AsyncEngine
) -> None:
    mine, other, empty = [await opened_poll(open_work) for _ in range(3)]
    ballots, theirs = [ballot(mine) for _ in range(50)], [ballot(other) for _ in range(3)]
    await cast(database, *ballots, *theirs)
    for _ in range(2):
        async with open_work() as work:
            for id in (mine, empty, PollId(new_id())):
                await work.polls.settle(id)
    assert await kept(open_work, mine) == by_tag(ballots)
    assert await kept(open_work, other) == by_tag(theirs)
    assert await kept(open_work, empty) == []
    changed = replace(ballots[7], sealed=b"changed my mind")
    await cast(database, changed)
    assert changed.sealed in await kept(open_work, mine)
    assert len(await kept(open_work, mine)) == 50


async def test_what_is_cast_while_it_is_settled_is_not_lost(
    open_work: OpenWork, database: AsyncEngine
) -> None:
    mine = await opened_poll(open_work)
    people = [ballot(mine) for _ in range(12)]

    async def vote(one: SealedBallot) -> SealedBallot:
        for _ in range(4):  # and changes their mind
            one = ballot(mine, tag=one.tag)
            assert await cast(database, one) == {mine}
        return one

    async def settle() -> None:
        for _ in range(8):
            async with open_work() as work:
                await work.polls.settle(mine)

    last, *_ = await asyncio.gather(asyncio.gather(*map(vote, people)), settle())
    assert await kept(open_work, mine) == by_tag(last)


async def test_settling_waits_for_who_casts(open_work: OpenWork, database: AsyncEngine) -> None:
    mine = await opened_poll(open_work)
    early, late = ballot(mine), ballot(mine)
    await cast(database, early)

    async def settle() -> None:
        async with open_work() as work:
            await work.polls.settle(mine)

    async with halfway(database, late):
        settling = asyncio.create_task(settle())
        assert await waits(settling)
    await settling
    assert await kept(open_work, mine) == by_tag([early, late])


@pytest.fixture
async def on_sqlite(tmp_path: Path) -> AsyncIterator[tuple[AsyncEngine, Path]]:
    async with Files(tmp_path).database(Chain.MAIN) as url, opened(url) as engine:
        yield engine, tmp_path / "0.db"


async def one_by_one(engine: AsyncEngine, ballots: Sequence[SealedBallot]) -> None:
    async with casting(engine) as keep:
        for one in ballots:
            await keep([one], SLOT)


def places(file: Path, ballots: Sequence[SealedBallot]) -> list[int]:
    """Where each lies in the file: the tag, and the sealed bytes behind it."""
    lies_there = file.read_bytes()
    assert not file.with_name(f"{file.name}-wal").read_bytes()
    for one in ballots:
        assert lies_there.count(one.sealed) == 1
    return [lies_there.index(one.tag + one.sealed) for one in ballots]


async def test_in_a_page_of_sqlite_settled_ballots_lie_in_the_order_of_their_tags(
    on_sqlite: tuple[AsyncEngine, Path],
) -> None:
    engine, file = on_sqlite
    open_work = work_on(engine)
    mine = await opened_poll(open_work)
    ballots = [ballot(mine) for _ in range(15)]  # on one page
    await one_by_one(engine, ballots)
    await scrub(engine)
    told = places(file, ballots)
    assert told == sorted(told, reverse=True)  # the control: the order in which they came
    async with open_work() as work:
        await work.polls.settle(mine)
    await scrub(engine)
    tells = places(file, sorted(ballots, key=lambda one: one.tag))
    assert tells == sorted(tells, reverse=True)


async def test_sqlites_file_is_the_same_whoever_came_first(tmp_path: Path) -> None:
    id, files = poll().id, []
    ballots = [ballot(id) for _ in range(15)]
    for name, came in (("one", ballots), ("other", ballots[::-1])):
        (tmp_path / name).mkdir()
        async with Files(tmp_path / name).database(Chain.MAIN) as url, opened(url) as engine:
            open_work = work_on(engine)
            await opened_poll(open_work, id=id, spaces=(), public_key=b"k" * 32)
            await one_by_one(engine, came)
            await scrub(engine)
            before = (tmp_path / name / "0.db").read_bytes()
            async with open_work() as work:
                await work.polls.settle(id)
            await scrub(engine)
            files.append((before, (tmp_path / name / "0.db").read_bytes()))
    (told, tells), (also_told, also_tells) = files
    assert told != also_told  # the control
    assert tells == also_tells


async def test_of_many_pages_of_sqlite_none_keeps_more_of_the_order_than_chance(
    on_sqlite: tuple[AsyncEngine, Path],
) -> None:
    engine, file = on_sqlite
    open_work = work_on(engine)
    polls = [await opened_poll(open_work) for _ in range(2)]
    ballots = [ballot(id) for _ in range(100) for id in polls]
    await cast(engine, *ballots)
    async with open_work() as work:
        for id in polls:
            await work.polls.settle(id)
    await scrub(engine)
    where = places(file, ballots)
    pairs = [(a, b) for b in range(200) for a in range(b) if where[a] // 4096 == where[b] // 4096]
    came = sum(where[a] > where[b] for a, b in pairs)
    assert len(pairs) > 400
    assert 0.4 < came / len(pairs) < 0.6


async def test_on_sqlite_nothing_of_a_closed_polls_ballots_is_left(
    on_sqlite: tuple[AsyncEngine, Path],
) -> None:
    engine, file = on_sqlite
    open_work = work_on(engine)
    mine, other = [await opened_poll(open_work) for _ in range(2)]
    ballots, theirs = [ballot(mine) for _ in range(40)], [ballot(other) for _ in range(40)]
    await cast(engine, *ballots, *theirs)
    async with open_work() as work:
        await work.polls.settle(mine)
    await close(open_work, mine)
    await scrub(engine)
    lies_there = file.read_bytes()
    assert not any(one.tag in lies_there or one.sealed[:32] in lies_there for one in ballots)
    assert places(file, theirs)


@pytest.fixture
async def on_postgres(postgres: Postgres) -> AsyncIterator[AsyncEngine]:
    async with Server(postgres).database(Chain.MAIN) as url, opened(url) as engine:
        yield engine


async def rows(engine: AsyncEngine) -> list[tuple[bytes, str]]:
    """Tag and writing transaction of each, as they lie on the disk."""
    async with engine.connect() as connection:
        found = await connection.execute(text("SELECT tag, xmin FROM ballots ORDER BY ctid"))
        return [(row.tag, str(row.xmin)) for row in found]


async def test_on_postgresql_neither_place_nor_transaction_tells_when_a_ballot_came(
    on_postgres: AsyncEngine,
) -> None:
    open_work = work_on(on_postgres)
    mine = await opened_poll(open_work)
    ballots = [ballot(mine) for _ in range(60)]
    await one_by_one(on_postgres, ballots)
    told = await rows(on_postgres)
    assert [tag for tag, _ in told] == [one.tag for one in ballots]  # the control
    assert len({writer for _, writer in told}) == 60
    async with open_work() as work:
        await work.polls.settle(mine)
    tells = await rows(on_postgres)
    assert [tag for tag, _ in tells] == sorted(one.tag for one in ballots)
    assert len({writer for _, writer in tells}) == 1


async def test_scrubbing_postgresql_takes_dead_ballots_away_and_no_others(
    on_postgres: AsyncEngine,
) -> None:
    open_work = work_on(on_postgres)
    mine = await opened_poll(open_work)
    ballots = [ballot(mine) for _ in range(60)]
    await one_by_one(on_postgres, ballots)
    async with open_work() as work:
        await work.polls.settle(mine)
    assert await dead(on_postgres, True) == 60
    await scrub(on_postgres)
    assert await dead(on_postgres, False) == 0
    assert await kept(open_work, mine) == by_tag(ballots)
    await scrub(on_postgres)
    assert await kept(open_work, mine) == by_tag(ballots)


async def test_scrubbing_postgresql_takes_dead_comments_away(on_postgres: AsyncEngine) -> None:
    open_work = work_on(on_postgres)
    mine = await opened_poll(open_work)
    async with open_work() as work:
        await work.polls.close(mine, RESULT, b"comments", SLOT)
    async with open_work() as work:
        await work.polls.forget_comments([mine])
    assert await dead(on_postgres, True, "polls")
    await scrub(on_postgres)
    assert await dead(on_postgres, False, "polls") == 0


async def test_a_busy_table_is_vacuumed_once_a_minute_and_at_once_when_told(
    on_postgres: AsyncEngine,
) -> None:
    async def vacuumed() -> object:
        async with on_postgres.connect() as connection:
            query = "SELECT pg_stat_get_last_vacuum_time('ballots'::regclass)"
            return await connection.scalar(text(query))

    async def dies() -> None:
        async with open_work() as work:
            await work.polls.settle(mine)
        assert await dead(on_postgres, True)

    open_work = work_on(on_postgres)
    mine = await opened_poll(open_work)
    await cast(on_postgres, ballot(mine))
    moments = [await vacuumed()]
    for tables in ((), (), ("ballots",)):
        await dies()
        await scrub(on_postgres, *tables)
        moments.append(await vacuumed())
    never, first, second, told = moments
    assert never is None
    assert first is not None
    assert second == first
    assert told != first
