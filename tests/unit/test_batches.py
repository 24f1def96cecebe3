"""Ballots that come together are kept together, and each is told what became of their own."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from bot.domain.errors import CannotSave
from bot.domain.polls import PollId
from bot.ports import SealedBallot
from bot.services.polls.batches import Batches
from tests.contract.rows import ballot, new_id
from tests.fakes.world import MONDAY, HandClock

MINE, OTHER = PollId(new_id()), PollId(new_id())


@dataclass
class Database:
    """Keeps a batch when it is let: ``let`` gives what becomes of the one under way."""

    closed: set[PollId] = field(default_factory=set)
    came: list[list[SealedBallot]] = field(default_factory=list)
    kept: list[SealedBallot] = field(default_factory=list)
    moments: set[datetime] = field(default_factory=set)
    under_way: "asyncio.Future[None] | None" = None

    async def cast(self, ballots: Sequence[SealedBallot], now: datetime) -> set[PollId]:
        assert self.under_way is None, "one transaction after another"
        self.came.append(list(ballots))
        self.moments.add(now)
        self.under_way = asyncio.get_running_loop().create_future()
        try:
            await self.under_way
        finally:
            self.under_way = None
        self.kept += [one for one in ballots if one.poll not in self.closed]
        return {one.poll for one in ballots} - self.closed

    async def let(self, problem: Exception | None = None) -> None:
        assert self.under_way
        if problem:
            self.under_way.set_exception(problem)
        else:
            self.under_way.set_result(None)
        await quiet()


async def quiet() -> None:
    """Until everybody has gone as far as they can."""
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def batches(database: Database) -> Batches:
    return Batches(database.cast, HandClock())


def casts(batches: Batches, *ballots: SealedBallot) -> list["asyncio.Task[bool]"]:
    return [asyncio.create_task(batches.cast(one)) for one in ballots]


async def first_under_way(batches: Batches) -> "asyncio.Task[bool]":
    """Somebody whose ballot is being kept while others come."""
    (task,) = casts(batches, ballot(OTHER))
    await quiet()
    return task


async def test_who_comes_while_one_is_under_way_shares_the_next_transaction(
    database: Database, batches: Batches
) -> None:
    first = await first_under_way(batches)
    ballots = [ballot(id) for _ in range(20) for id in (MINE, OTHER)]
    tasks = casts(batches, *ballots)
    await quiet()
    assert [len(batch) for batch in database.came] == [1]
    await database.let()
    assert await first
    assert not any(task.done() for task in tasks)  # nobody is answered before the commit
    assert [len(batch) for batch in database.came] == [1, 40]
    await database.let()
    assert await asyncio.gather(*tasks) == [True] * 40
    assert {one.tag for one in database.came[1]} == {one.tag for one in ballots}
    assert database.moments == {MONDAY}


async def test_of_two_answers_under_one_tag_the_last_counts_and_both_are_answered(
    database: Database, batches: Batches
) -> None:
    first = ballot(MINE)
    changed = ballot(MINE, tag=first.tag)
    elsewhere = ballot(OTHER, tag=first.tag)
    tasks = casts(batches, first, elsewhere, changed)
    await quiet()
    await database.let()
    assert await asyncio.gather(*tasks) == [True] * 3
    assert sorted(database.kept, key=str) == sorted([changed, elsewhere], key=str)


async def test_an_answer_that_comes_too_late_for_a_batch_replaces_it_in_the_next(
    database: Database, batches: Batches
) -> None:
    first = ballot(MINE)
    (early,) = casts(batches, first)
    await quiet()
    (late,) = casts(batches, changed := ballot(MINE, tag=first.tag))
    await quiet()
    await database.let()
    await database.let()
    assert await early
    assert await late
    assert database.kept == [first, changed]


async def test_rows_go_by_poll_and_tag_so_that_processes_never_wait_in_a_circle(
    database: Database, batches: Batches
) -> None:
    tasks = casts(batches, *(ballot(id) for _ in range(20) for id in (MINE, OTHER)))
    await quiet()
    (batch,) = database.came
    assert batch == sorted(batch, key=lambda one: (one.poll, one.tag))
    await database.let()
    await asyncio.gather(*tasks)


async def test_a_poll_that_closed_meanwhile_is_said_so_to_its_own_callers(
    database: Database, batches: Batches
) -> None:
    tasks = casts(batches, *(ballot(id) for _ in range(3) for id in (MINE, OTHER)))
    await quiet()
    database.closed.add(OTHER)
    await database.let()
    assert await asyncio.gather(*tasks) == [True, False] * 3


async def test_an_error_reaches_everyone_of_that_batch_and_nobody_else(
    database: Database, batches: Batches
) -> None:
    first = await first_under_way(batches)
    unlucky = casts(batches, *(ballot(MINE) for _ in range(3)))
    await quiet()
    await database.let()
    later = casts(batches, *(ballot(MINE) for _ in range(3)))
    await quiet()
    await database.let(CannotSave())
    await database.let()
    assert await first
    told = await asyncio.gather(*unlucky, return_exceptions=True)
    assert [type(one) for one in told] == [CannotSave] * 3
    assert await asyncio.gather(*later) == [True] * 3
    assert len(database.kept) == 4


@pytest.mark.parametrize("when", ["gathering", "under way"])
async def test_who_stops_waiting_takes_nobody_along(
    database: Database, batches: Batches, when: str
) -> None:
    first = await first_under_way(batches)
    impatient, *others = casts(batches, *(ballot(MINE) for _ in range(4)))
    await quiet()
    if when == "under way":
        await database.let()
    impatient.cancel()
    await quiet()
    assert impatient.cancelled()
    if when == "gathering":
        await database.let()
    await database.let()
    assert await first
    assert await asyncio.gather(*others) == [True] * 3
    assert len(database.kept) == 5  # what was cast is kept, read or not


async def test_an_error_that_nobody_waits_for_any_more_harms_nobody(
    database: Database, batches: Batches
) -> None:
    impatient = await first_under_way(batches)
    impatient.cancel()
    await quiet()
    await database.let(CannotSave())
    (next_one,) = casts(batches, ballot(MINE))
    await quiet()
    await database.let()
    assert await next_one
