"""Soon after ballots came nothing in the database's files tells their order: none is forgotten."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.vault import FileVault
from bot.domain.errors import CannotSave, PollOver
from bot.domain.polls import Ballot, Poll, PollId
from bot.services.polls import ballots as service
from bot.services.polls.ballots import Ballots
from storage.keys import SqlKeys
from storage.polls import casting
from storage.schema import Chain
from storage.work import work_on
from tests.contract.conftest import Files, Server, opened
from tests.contract.rows import RESULT, new_id, poll
from tests.fakes.postgres import Postgres
from tests.fakes.world import CountedChance, HandClock
from tests.unit import harbour

YES, NO = Ballot(((0,),)), Ballot(((1,),))
MINUTE = timedelta(minutes=1)


@dataclass
class Town:
    """The service on a server, its clock in the test's hands."""

    ballots: Ballots
    engine: AsyncEngine
    keys: SqlKeys
    vault: FileVault
    clock: HandClock

    async def opens(self) -> PollId:
        id, key = PollId(new_id()), self.vault.new_key()
        await self.keys.make_poll(id, self.vault.wrap(id, key, "poll_keys"))
        here, public_key = harbour.here(), self.vault.ballot_public_key(key)
        facts = {"community": here.community.id, "spaces": (here.space.id,)}
        async with work_on(self.engine)() as work:
            await work.polls.add(poll(id=id, public_key=public_key, **facts))
        return id

    async def cast(self, id: PollId, person: str, ballot: Ballot = YES) -> Poll:
        here = replace(harbour.here(), caller=harbour.member(person))
        return await self.ballots.cast(here, id, ballot)

    async def come(self, id: PollId, count: int) -> None:
        """So many people, one after another."""
        for n in range(count):
            await self.cast(id, f"worker-{n}")

    async def wait(self, time: timedelta) -> None:
        self.clock.move(time)
        await self.ballots.settle()

    async def tells(self, id: PollId) -> bool:
        """Whether place or transaction tell which ballot came when."""
        query = text("SELECT tag, xmin FROM ballots WHERE poll = :poll ORDER BY ctid")
        async with self.engine.connect() as connection:
            rows = list(await connection.execute(query, {"poll": id}))
        assert len(rows) > 1
        tags = [row.tag for row in rows]
        return tags != sorted(tags) or len({row.xmin for row in rows}) > 1


@pytest.fixture
async def town(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Town]:
    backend, files = Server(postgres), Files(tmp_path)
    vault, clock = FileVault((b"a" * 32, b"b" * 32, b"c" * 32), CountedChance()), HandClock()
    async with (
        backend.database(Chain.MAIN) as url,
        files.database(Chain.KEYS) as key_store,
        opened(url) as engine,
        opened(key_store) as store,
        casting(engine) as cast,
    ):
        keys = SqlKeys(store)
        yield Town(Ballots(work_on(engine), cast, keys, vault, clock), engine, keys, vault, clock)


async def test_a_minute_after_the_first_came_nothing_tells_their_order(town: Town) -> None:
    mine, other = await town.opens(), await town.opens()
    await town.come(mine, 6)
    await town.wait(MINUTE - timedelta(seconds=1))
    assert await town.tells(mine)  # the control
    await town.come(other, 6)
    await town.wait(timedelta(seconds=1))
    assert not await town.tells(mine)
    assert await town.tells(other)
    await town.wait(MINUTE)
    assert not await town.tells(other)


async def test_a_change_of_mind_is_settled_as_well(town: Town) -> None:
    mine = await town.opens()
    await town.come(mine, 6)
    await town.wait(MINUTE)
    await town.wait(MINUTE)
    await town.cast(mine, "worker-3", NO)
    await town.wait(timedelta(0))
    assert await town.tells(mine)
    await town.wait(MINUTE + timedelta(seconds=1))
    assert not await town.tells(mine)


async def test_a_larger_poll_is_written_anew_less_often(town: Town) -> None:
    mine = await town.opens()
    await asyncio.gather(*(town.cast(mine, f"worker-{n}") for n in range(200)))
    await town.wait(MINUTE)
    await town.cast(mine, "late")
    await town.wait(timedelta(seconds=69))
    assert await town.tells(mine)
    await town.wait(timedelta(seconds=1))
    assert not await town.tells(mine)


async def test_what_comes_while_it_is_settled_is_settled_the_next_time(town: Town) -> None:
    mine = await town.opens()
    await town.come(mine, 6)
    town.clock.move(MINUTE)
    await asyncio.gather(town.ballots.settle(), *(town.cast(mine, f"late-{n}") for n in range(6)))
    for _ in range(2):
        await town.wait(MINUTE + timedelta(seconds=1))
    assert not await town.tells(mine)


async def test_a_settling_that_fails_is_done_at_the_next_tick(town: Town) -> None:
    mine = await town.opens()
    await town.come(mine, 6)
    full = "$$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$"
    async with town.engine.begin() as run:
        await run.execute(
            text(f"CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS {full}")
        )
        await run.execute(
            text("CREATE TRIGGER full_disk BEFORE DELETE ON ballots EXECUTE FUNCTION full_disk()")
        )
    with pytest.raises(CannotSave):
        await town.wait(MINUTE)
    async with town.engine.begin() as run:
        await run.execute(text("DROP TRIGGER full_disk ON ballots"))
    assert await town.tells(mine)
    await town.wait(timedelta(0))
    assert not await town.tells(mine)


async def test_of_more_polls_than_are_kept_at_hand_all_are_settled(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "REMEMBERED", 1)
    polls = [await town.opens() for _ in range(3)]
    for id in polls:
        await town.come(id, 6)
    await town.wait(MINUTE)
    assert [await town.tells(id) for id in polls] == [False] * 3


async def test_whose_caller_did_not_wait_is_settled_as_well(town: Town) -> None:
    mine = await town.opens()
    await town.come(mine, 6)
    await town.wait(MINUTE)
    async with work_on(town.engine)() as work:
        assert await work.polls.held(mine)  # so that the ballot has to wait
        impatient = asyncio.create_task(town.cast(mine, "worker-3", NO))
        await asyncio.wait({impatient}, timeout=0.2)
        impatient.cancel()
        await asyncio.wait({impatient})
    while not await town.tells(mine):
        await asyncio.sleep(0.01)
    await town.wait(MINUTE + timedelta(seconds=1))
    assert not await town.tells(mine)


async def test_a_poll_that_closed_is_forgotten_and_answered_no_more(town: Town) -> None:
    mine = await town.opens()
    await town.come(mine, 6)
    async with work_on(town.engine)() as work:
        await work.polls.close(mine, RESULT, None, town.clock.now())
    with pytest.raises(PollOver):
        await town.cast(mine, "late")
    await town.wait(MINUTE)
    with pytest.raises(PollOver):
        await town.cast(mine, "later")
