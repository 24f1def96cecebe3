"""What was to be said is said, or tried again ever later, or at last parked where it is seen."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from adapters.sandbox import people
from bot import ports
from bot.chat import Card
from bot.domain.communities import Community, RoomKind, StaffId
from bot.ports import Noted, Parcel, Undelivered
from bot.postman import Postman
from storage.engine import open_engine
from storage.tables import outbox
from storage.work import work_on
from tests.fakes.world import KeptLog, World

FIRST_TRIES = [30, 60, 120, 240, 480, 960, 1920, 3840, 7680]  #: seconds after each failure


@dataclass
class UnsteadyPost(ports.Post):
    """Says what it is given, but for the troubles it is to meet first."""

    troubles: list[Exception] = field(default_factory=list)
    said: list[tuple[str, str]] = field(default_factory=list)

    async def to_person(self, address: str, card: Card, community: Community) -> None:
        self._say(address, card)

    async def to_room(self, space: str, room: str, card: Card, community: Community) -> None:
        self._say(room, card)

    def _say(self, to: str, card: Card) -> None:
        if self.troubles:
            raise self.troubles.pop(0)
        self.said.append((to, card.lines[0].key))


class Round:
    """A postman on the world's outbox, with a post of its own."""

    def __init__(self, world: World, open_work: ports.OpenWork) -> None:
        self.world, self.open_work = world, open_work
        self.post, self.log = UnsteadyPost(), KeptLog()
        posts = {people.PLATFORM: self.post}
        communities = world.bot.communities
        self.postman = Postman(open_work, communities, posts, world.clock, self.log)

    async def put(self, *, id: str = "1" * 32, notice: str = "case_moved", **to: Any) -> None:
        """To the first rep unless told to whom."""
        (community,) = await self.world.bot.communities.ids()
        if not to:
            to = {"staff": await self.rep()}
        parcel = Parcel(id, community, notice, **({"facts": {}} | to))
        async with self.open_work() as work:
            await work.outbox.put(parcel)

    async def community(self) -> Community:
        (id,) = await self.world.bot.communities.ids()
        async with self.open_work() as work:
            return await self.world.bot.communities.load(work, id)

    async def rep(self, name: str = "Ines Moreau") -> StaffId:
        return next(one.id for one in (await self.community()).staff if one.name == name)

    async def kept(self) -> list[tuple[int, datetime | None]]:
        """(tries, next try) of all that lies in the outbox."""
        engine = open_engine(self.world.where.database)
        async with engine.begin() as run:
            found = await run.execute(select(outbox.c.tries, outbox.c.next_try))
            rows = [(row.tries, row.next_try) for row in found]
        await engine.dispose()
        return rows


@pytest.fixture
async def round_(world: World) -> AsyncIterator[Round]:
    engine = open_engine(world.where.database)
    yield Round(world, work_on(engine))
    await engine.dispose()


async def test_what_is_said_leaves_the_outbox(round_: Round) -> None:
    await round_.put()
    await round_.postman.drain()
    await round_.postman.drain()
    assert round_.post.said == [("ines-moreau", "notice.case_moved")]
    assert (await round_.kept(), round_.log.lines) == ([], [])


async def test_a_failure_is_tried_again_and_every_wait_is_twice_the_last(round_: Round) -> None:
    round_.post.troubles = [Undelivered() for _ in FIRST_TRIES]
    await round_.put()
    for n, wait in enumerate(FIRST_TRIES, 1):
        await round_.postman.drain()
        now = round_.world.clock.now()
        assert await round_.kept() == [(n, now + timedelta(seconds=wait))]
        round_.world.clock.move(timedelta(seconds=wait - 1))
        await round_.postman.drain()  # a second early: nothing is tried
        assert len(round_.post.troubles) == len(FIRST_TRIES) - n
        round_.world.clock.move(timedelta(seconds=1))
    await round_.postman.drain()
    assert round_.post.said == [("ines-moreau", "notice.case_moved")]
    assert await round_.kept() == []
    assert round_.log.lines == [(Noted.UNDELIVERED, {"kind": "case_moved"})] * len(FIRST_TRIES)


async def test_after_the_tenth_failure_it_is_parked_and_stays_to_be_seen(round_: Round) -> None:
    round_.post.troubles = [Undelivered() for _ in range(50)]
    await round_.put()
    for _ in range(20):
        await round_.postman.drain()
        round_.world.clock.move(timedelta(days=1))
    assert len(round_.post.troubles) == 40
    assert await round_.kept() == [(10, None)]
    assert [event for event, _ in round_.log.lines] == [Noted.UNDELIVERED] * 9 + [Noted.PARKED]


async def test_one_that_fails_keeps_no_other_waiting(round_: Round) -> None:
    round_.post.troubles = [Undelivered()]
    await round_.put(id="1" * 32)
    await round_.put(id="2" * 32)
    await round_.put(id="3" * 32, staff=await round_.rep("Karim Benali"))
    await round_.postman.drain()
    assert sorted(to for to, _ in round_.post.said) == ["ines-moreau", "karim-benali"]
    assert [tries for tries, _ in await round_.kept()] == [1]


async def test_a_bug_in_a_platform_is_noted_without_words_and_tried_again(round_: Round) -> None:
    round_.post.troubles = [RuntimeError("my manager is called Sam Smith")]
    await round_.put()
    await round_.postman.drain()
    assert round_.log.lines == [
        (Noted.BUG, {"kind": "RuntimeError", "place": "postman"}),
        (Noted.UNDELIVERED, {"kind": "case_moved"}),
    ]
    round_.world.clock.move(timedelta(seconds=30))
    await round_.postman.drain()
    assert len(round_.post.said) == 1


async def test_a_notice_nobody_knows_any_more_is_not_lost_in_silence(round_: Round) -> None:
    await round_.put(notice="of_an_older_program")
    await round_.postman.drain()
    assert [event for event, _ in round_.log.lines] == [Noted.BUG, Noted.UNDELIVERED]
    assert [tries for tries, _ in await round_.kept()] == [1]


async def test_whoever_has_left_is_told_nothing(round_: Round) -> None:
    await round_.put(staff=StaffId("0" * 32))
    await round_.postman.drain()
    assert (round_.post.said, await round_.kept()) == ([], [])


async def test_a_room_is_told_in_its_own_space(round_: Round) -> None:
    (space,) = (await round_.community()).spaces
    for id, kind in (("1" * 32, RoomKind.BULLETIN), ("2" * 32, RoomKind.STAFF)):
        facts = {"slot": "2026-06-01T09:00:00+00:00"}
        await round_.put(id=id, notice=kind.value, facts=facts, space=space.id, room=kind)
    await round_.postman.drain()
    assert sorted(round_.post.said) == [("general", "bulletin.look_again"), ("reps", "slot.words")]


async def test_more_than_one_handful_is_delivered_in_one_round(round_: Round) -> None:
    for n in range(120):
        await round_.put(id=f"{n:032}")
    await round_.postman.drain()
    assert (len(round_.post.said), await round_.kept()) == (120, [])


async def test_what_another_postman_has_in_hand_is_left_to_them(round_: Round) -> None:
    await round_.put()
    async with round_.open_work() as work:
        claimed = await work.outbox.claim(round_.world.clock.now(), timedelta(minutes=2), 50)
    assert len(claimed) == 1
    await round_.postman.drain()
    assert round_.post.said == []
    round_.world.clock.move(timedelta(minutes=2))  # the other died: its lease is over
    await round_.postman.drain()
    assert len(round_.post.said) == 1
