"""What was to be said is said, or tried again ever later, or at last parked where it is seen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from adapters.sandbox import people
from bot import ports
from bot.chat import Card, Chart, ChartPanel, Picture, line
from bot.commands.notices import NOTICES
from bot.domain.communities import Account, Community, RoomKind, StaffId
from bot.domain.errors import CannotSave
from bot.letters import Letters
from bot.ports import InDoubt, Noted, Parcel, PlatformAway, Undelivered, Unreachable, Work
from bot.postman import LEASE, TRIES, Postman
from bot.services.notices import Notices, account_mark
from bot.services.pictures import Pictures
from storage.engine import open_engine
from storage.tables import outbox
from storage.work import work_on
from tests.fakes.world import MONDAY, PIXEL, CountedChance, KeptCharts, KeptLog, World

FIRST_TRIES = [30, 60, 120, 240, 480, 960, 1920, 3840, 7680]  #: seconds after each failure


@dataclass
class UnsteadyPost(ports.Post):
    """Says what it is given, but for the troubles it is to meet first; a trouble that is raised
    only ``after`` it was said is one of which nobody knows."""

    troubles: list[Exception] = field(default_factory=list)
    after: list[Exception] = field(default_factory=list)
    said: list[tuple[str, str]] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    remembers: timedelta = timedelta.max
    hold: asyncio.Event | None = None
    is_away: bool = False
    speaking: int = 0
    most: int = 0  #: spoken to at the same time

    async def to_person(self, address: str, card: Card, community: Community, id: str) -> None:
        await self._say(address, card, id)

    async def to_room(
        self, space: str, room: str, card: Card, community: Community, id: str
    ) -> None:
        await self._say(room, card, id)

    def connected(self) -> bool:
        return not self.is_away

    def away(self) -> bool:
        return self.is_away

    async def _say(self, to: str, card: Card, id: str) -> None:
        self.speaking += 1
        self.most = max(self.most, self.speaking)
        try:
            if self.hold:
                await self.hold.wait()
            if self.troubles:
                raise self.troubles.pop(0)
            if not (self.remembers and id in self.ids):
                self.said.append((to, card.lines[0].key))
                self.cards.append(card)
            self.ids.append(id)
            if self.after:
                raise self.after.pop(0)
        finally:
            self.speaking -= 1


class Round:
    """A postman on the world's outbox, with a post of its own."""

    def __init__(self, world: World, open_work: ports.OpenWork) -> None:
        self.world, self.open_work = world, open_work
        self.post, self.log, self.charts = UnsteadyPost(), KeptLog(), KeptCharts()
        chance, known = CountedChance("round"), world.bot.communities
        self.notices = Notices(known._seals, known._vault, chance, world.clock)
        self.postman = self.another()

    def another(self, platform: str = people.PLATFORM) -> Postman:
        """Another process's postman, with the same post."""
        communities, clock = self.world.bot.communities, self.world.clock
        posts = {platform: self.post}
        theirs, roles = self.world.bot.postman._letters, self.world.bot.roles
        pictures = Pictures(self.charts, self.log)
        say = (self.notices, roles, theirs._still, theirs._polls, theirs._digests, theirs._cases)
        letters = Letters(self.open_work, communities, *say, pictures, posts)
        return Postman(self.open_work, communities, letters, posts, clock, self.log)

    async def put(self, *, id: str = "1" * 32, notice: str = "case_moved", **to: Any) -> None:
        """To the first rep unless told to whom."""
        (community,) = await self.world.bot.communities.ids()
        to = {"platform": people.PLATFORM, "not_before": self.world.clock.now()} | to
        if "space" not in to:
            who = to.pop("who", "ines-moreau")
            to = {"staff": await self.rep(who), "account": await self.account(who)} | to
        parcel = Parcel(**({"facts": {}} | to), id=id, community=community, notice=notice)
        async with self.open_work() as work:
            await work.outbox.put(parcel)

    async def account(self, who: str) -> bytes:
        (id,) = await self.world.bot.communities.ids()
        seal = await self.world.bot.communities._seals.of(id)
        return account_mark(seal, Account(people.PLATFORM, who))

    async def community(self) -> Community:
        (id,) = await self.world.bot.communities.ids()
        async with self.open_work() as work:
            return await self.world.bot.communities.load(work, id)

    async def rep(self, address: str) -> StaffId:
        return next(
            one.id
            for one in (await self.community()).staff
            if address in {account.address for account in one.accounts}
        )

    async def kept(self) -> list[tuple[int, str, datetime]]:
        """(tries, fate, next try) of all that lies in the outbox."""
        engine = open_engine(self.world.where.database)
        async with engine.begin() as run:
            query = select(outbox.c.tries, outbox.c.fate, outbox.c.next_try)
            rows = [tuple(row) for row in await run.execute(query.order_by(outbox.c.sequence))]
        await engine.dispose()
        return rows

    async def fates(self) -> list[str]:
        return [fate for _, fate, _ in await self.kept()]


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
        assert await round_.kept() == [(n, "waiting", now + timedelta(seconds=wait))]
        round_.world.clock.move(timedelta(seconds=wait - 1))
        await round_.postman.drain()  # a second early: nothing is tried
        assert len(round_.post.troubles) == len(FIRST_TRIES) - n
        round_.world.clock.move(timedelta(seconds=1))
    await round_.postman.drain()
    assert round_.post.said == [("ines-moreau", "notice.case_moved")]
    assert await round_.kept() == []
    assert round_.log.lines == [(Noted.UNDELIVERED, {"kind": "person"})] * len(FIRST_TRIES)


async def test_while_a_platform_is_away_all_of_it_waits_and_goes_when_that_is_back(
    round_: Round,
) -> None:
    await round_.put()
    before = await round_.kept()
    round_.post.is_away = True
    for _ in range(12):
        await round_.postman.drain()
        round_.world.clock.move(timedelta(hours=1))
    assert (await round_.kept(), round_.post.said) == (before, [])
    round_.post.is_away = False
    await round_.postman.drain()
    assert round_.post.said == [("ines-moreau", "notice.case_moved")]
    assert (await round_.kept(), round_.log.lines) == ([], [])


async def test_what_met_a_platform_that_had_just_gone_counts_no_try_and_never_waits_longer(
    round_: Round,
) -> None:
    round_.post.troubles = [PlatformAway() for _ in range(12)]
    await round_.put()
    for _ in range(12):
        await round_.postman.drain()
        now = round_.world.clock.now()
        assert await round_.kept() == [(0, "waiting", now + timedelta(seconds=30))]
        round_.world.clock.move(timedelta(seconds=30))
    await round_.postman.drain()
    assert round_.post.said == [("ines-moreau", "notice.case_moved")]


async def test_after_the_tenth_failure_it_is_parked_and_stays_to_be_seen(round_: Round) -> None:
    round_.post.troubles = [Undelivered() for _ in range(50)]
    await round_.put()
    for _ in range(20):
        await round_.postman.drain()
        round_.world.clock.move(timedelta(days=1))
    assert len(round_.post.troubles) == 40
    ((tries, fate, _),) = await round_.kept()
    assert (tries, fate) == (10, "parked")
    assert [event for event, _ in round_.log.lines] == [Noted.UNDELIVERED] * 9 + [Noted.PARKED]


async def test_what_is_rejected_is_parked_at_once_and_tried_when_somebody_starts(
    round_: Round,
) -> None:
    """Somebody must mend something first: nine more tries would find it as it is."""
    round_.post.troubles = [ports.Rejected("the password is wrong"), ports.Rejected()]
    await round_.put()
    await round_.postman.drain()
    assert await round_.fates() == ["parked"]
    round_.world.clock.move(timedelta(days=1))
    await round_.postman.drain()
    assert len(round_.post.troubles) == 1
    for fates in (["parked"], []):
        await round_.postman.start()
        await round_.postman.drain()
        assert await round_.fates() == fates
    assert len(round_.post.said) == 1


async def test_whoever_starts_tries_what_was_rejected_once_and_no_more(round_: Round) -> None:
    round_.post.troubles = [ports.Rejected(), Undelivered(), Undelivered()]
    await round_.put()
    await round_.postman.drain()
    for left in (1, 0):
        await round_.postman.start()
        for _ in range(2):
            await round_.postman.drain()
            round_.world.clock.move(timedelta(days=1))
        assert (await round_.fates(), len(round_.post.troubles)) == (["parked"], left)


async def test_one_that_fails_keeps_no_other_destination_waiting(round_: Round) -> None:
    round_.post.troubles = [Undelivered()]
    await round_.put(id="1" * 32)
    await round_.put(id="2" * 32)
    await round_.put(id="3" * 32, who="karim-benali", not_before=MONDAY + timedelta(seconds=1))
    round_.world.clock.move(timedelta(seconds=1))
    await round_.postman.drain()
    assert [to for to, _ in round_.post.said] == ["karim-benali"]
    assert [tries for tries, _, _ in await round_.kept()] == [1, 0]
    round_.world.clock.move(timedelta(seconds=30))
    await round_.postman.drain()
    assert round_.post.ids == ["3" * 32, "1" * 32, "2" * 32]


async def test_a_platform_that_names_a_time_is_not_asked_before(round_: Round) -> None:
    round_.post.troubles = [Undelivered(timedelta(minutes=20)), Undelivered(timedelta(seconds=1))]
    await round_.put()
    await round_.postman.drain()
    now = round_.world.clock.now()
    assert await round_.kept() == [(1, "waiting", now + timedelta(minutes=20))]
    round_.world.clock.move(timedelta(minutes=20))
    await round_.postman.drain()
    now = round_.world.clock.now()
    assert await round_.kept() == [(2, "waiting", now + timedelta(seconds=60))], "our own wait"


async def test_who_has_blocked_us_is_not_tried_again_and_seen_at_once(round_: Round) -> None:
    round_.post.troubles = [Unreachable()]
    await round_.put()
    await round_.postman.drain()
    assert await round_.fates() == ["unreachable"]
    assert round_.log.lines == [(Noted.PARKED, {"kind": "person"})]


@pytest.mark.parametrize("trouble", [InDoubt(), TimeoutError(), RuntimeError("broken pipe")])
async def test_what_may_have_been_said_is_said_again_where_its_id_is_known(
    round_: Round, trouble: Exception
) -> None:
    round_.post.after = [trouble]
    await round_.put()
    await round_.postman.drain()
    assert await round_.fates() == ["waiting"]
    round_.world.clock.move(timedelta(seconds=30))
    await round_.postman.drain()
    assert round_.post.ids == ["1" * 32] * 2
    assert (len(round_.post.said), await round_.kept()) == (1, [])


@pytest.mark.parametrize("trouble", [InDoubt(), TimeoutError(), RuntimeError("broken pipe")])
async def test_what_may_have_been_said_is_never_said_again_where_no_id_is_known(
    round_: Round, trouble: Exception
) -> None:
    round_.post.remembers, round_.post.after = timedelta(0), [trouble]
    await round_.put()
    for _ in range(5):
        await round_.postman.drain()
        round_.world.clock.move(timedelta(days=1))
    assert len(round_.post.said) == 1
    assert await round_.fates() == ["in doubt"]


async def test_an_id_that_is_known_for_minutes_is_used_for_no_longer(round_: Round) -> None:
    """Known for five minutes: the waits of half a minute, one and two fit in, the next does not."""
    round_.post.remembers = timedelta(minutes=5)
    round_.post.troubles = [InDoubt() for _ in range(9)]
    await round_.put()
    for _ in range(9):
        await round_.postman.drain()
        round_.world.clock.move(timedelta(minutes=2, seconds=1))
    assert len(round_.post.troubles) == 6
    assert await round_.fates() == ["in doubt"]


async def test_a_doubt_outlives_later_failures_that_are_sure(round_: Round) -> None:
    round_.post.remembers, round_.post.troubles = timedelta(minutes=5), [InDoubt(), Undelivered()]
    await round_.put()
    await round_.postman.drain()
    round_.world.clock.move(timedelta(minutes=1))
    await round_.postman.drain()
    assert await round_.fates() == ["waiting"]
    round_.world.clock.move(timedelta(minutes=4))
    await round_.postman.drain()
    assert (round_.post.said, await round_.fates()) == ([], ["in doubt"])


@pytest.mark.parametrize(("remembers", "said", "fates"), [(0, 0, ["in doubt"]), (600, 1, [])])
async def test_what_somebody_died_with_is_in_doubt_where_no_id_is_known(
    round_: Round, remembers: int, said: int, fates: list[str]
) -> None:
    round_.post.remembers = timedelta(seconds=remembers)
    await round_.put()
    async with round_.open_work() as work:
        await work.outbox.claim([people.PLATFORM], round_.world.clock.now(), LEASE, 1)
    round_.world.clock.move(LEASE)
    await round_.postman.drain()
    assert (len(round_.post.said), await round_.fates()) == (said, fates)


async def test_a_bug_in_a_platform_is_noted_without_words_and_tried_again(round_: Round) -> None:
    round_.post.troubles = [RuntimeError("my manager is called Sam Smith")]
    await round_.put()
    await round_.postman.drain()
    assert round_.log.lines == [
        (Noted.BUG, {"kind": "RuntimeError", "place": "postman"}),
        (Noted.UNDELIVERED, {"kind": "person"}),
    ]
    round_.world.clock.move(timedelta(seconds=30))
    await round_.postman.drain()
    assert len(round_.post.said) == 1


async def test_a_notice_nobody_knows_any_more_is_not_lost_in_silence(round_: Round) -> None:
    await round_.put(notice="of_an_older_program")
    await round_.postman.drain()
    assert [event for event, _ in round_.log.lines] == [Noted.BUG, Noted.UNDELIVERED]
    assert [tries for tries, _, _ in await round_.kept()] == [1]


async def test_whoever_has_left_is_told_nothing(round_: Round) -> None:
    await round_.put(staff=StaffId("0" * 32))
    await round_.put(id="2" * 32, account=b"an account they gave up".ljust(32))
    await round_.postman.drain()
    assert (round_.post.said, await round_.kept()) == ([], [])


async def test_only_the_account_it_was_meant_for_is_told(round_: Round) -> None:
    await round_.put(who="karim-benali")
    await round_.postman.drain()
    assert [to for to, _ in round_.post.said] == ["karim-benali"]


async def test_what_another_platform_says_stays_for_who_runs_it(round_: Round) -> None:
    await round_.another("matrix").drain()
    await round_.put(platform="matrix")
    await round_.postman.drain()
    assert (round_.post.said, await round_.fates()) == ([], ["waiting"])


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
        now = round_.world.clock.now()
        claimed = await work.outbox.claim([people.PLATFORM], now, LEASE, 50)
    assert len(claimed) == 1
    await round_.postman.drain()
    assert round_.post.said == []
    round_.world.clock.move(LEASE)  # the other died: its lease is over
    await round_.postman.drain()
    assert len(round_.post.said) == 1


async def test_a_parked_parcel_is_tried_once_more_by_whoever_starts(round_: Round) -> None:
    round_.post.troubles = [Undelivered() for _ in range(TRIES + 1)]
    await round_.put()
    for _ in range(TRIES):
        await round_.postman.drain()
        round_.world.clock.move(timedelta(days=1))
    assert await round_.fates() == ["parked"]
    await round_.postman.start()
    await round_.postman.drain()
    assert (await round_.fates(), round_.post.troubles) == (["parked"], [])
    await round_.postman.start()
    await round_.postman.drain()
    assert (len(round_.post.said), await round_.kept()) == (1, [])


# Pictures ---------------------------------------------------------------------------------------

CHART = Chart((ChartPanel("Shall we?"),), (line("list", items="Yes"),))


@pytest.mark.parametrize("to", ["person", "room"])
@pytest.mark.parametrize("broken", [False, True])
async def test_a_chart_is_said_with_its_picture_and_without_where_it_cannot_be_drawn(
    round_: Round, monkeypatch: pytest.MonkeyPatch, to: str, broken: bool
) -> None:
    card = Card(line("saved.title"), (line("slot.words"),), chart=CHART)
    notice = {"person": "case_moved", "room": "bulletin"}[to]
    monkeypatch.setitem(NOTICES, notice, lambda *_: card)
    round_.charts.broken = broken
    if to == "room":
        (space,) = (await round_.community()).spaces
        await round_.put(notice=notice, space=space.id, room=RoomKind.BULLETIN)
    else:
        await round_.put(notice=notice)
    await round_.postman.drain()
    picture = None if broken else Picture(PIXEL, "Yes")
    assert round_.post.cards == [replace(card, picture=picture)]
    assert [event for event, _ in round_.log.lines] == [Noted.WARNED] * broken


async def test_the_database_is_free_while_a_picture_is_drawn(
    round_: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def draw(panels: object) -> bytes:
        async with asyncio.timeout(5):
            await round_.kept()  # one writer: an open transaction would keep this waiting
            async with round_.open_work() as work:
                await work.communities.all()
        return PIXEL

    monkeypatch.setattr(round_.charts, "draw", draw)
    card = Card(line("saved.title"), (line("slot.words"),), chart=CHART)
    monkeypatch.setitem(NOTICES, "case_moved", lambda *_: card)
    await round_.put()
    await round_.postman.drain()
    assert (len(round_.post.said), round_.log.lines) == (1, [])


# Stopping ---------------------------------------------------------------------------------------


async def spoken_to(round_: Round, many: int) -> None:
    async with asyncio.timeout(20):
        while round_.post.speaking < many:
            await asyncio.sleep(0.01)


async def to_many(round_: Round) -> None:
    """To every rep and room at once."""
    (space,) = (await round_.community()).spaces
    for n, who in enumerate(("ines-moreau", "karim-benali")):
        await round_.put(id=str(n) * 32, who=who)
    for n, kind in enumerate((RoomKind.BULLETIN, RoomKind.STAFF), 2):
        facts = {"slot": "2026-06-01T09:00:00+00:00"}
        await round_.put(id=str(n) * 32, notice=kind, facts=facts, space=space.id, room=kind)


async def test_a_slow_destination_does_not_keep_the_others_waiting(round_: Round) -> None:
    round_.post.hold = asyncio.Event()
    await to_many(round_)
    draining = asyncio.create_task(round_.postman.drain())
    await spoken_to(round_, 4)
    round_.post.hold.set()
    await draining
    assert len(round_.post.said) == 4


async def test_what_is_being_said_when_the_program_stops_ends_and_nothing_else_begins(
    round_: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.postman.HANDS", 2)
    stopped = round_.another()
    round_.post.hold = asyncio.Event()
    await to_many(round_)
    await round_.put(id="9" * 32)  # behind another
    draining = asyncio.create_task(stopped.drain())
    await spoken_to(round_, 2)
    closing = asyncio.create_task(stopped.close())
    await asyncio.sleep(0.05)
    assert not closing.done()
    round_.post.hold.set()
    await asyncio.gather(draining, closing)
    assert (len(round_.post.said), round_.post.most) == (2, 2)
    assert await round_.fates() == ["waiting"] * 3
    await round_.another().drain()  # at once: their leases were given back
    assert (len(round_.post.said), await round_.kept()) == (5, [])
    assert round_.log.lines == []


async def test_what_never_ends_is_cut_off_and_its_lease_runs_out(
    round_: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.postman.ENDS_WITHIN", 0.05)
    round_.post.hold = asyncio.Event()
    await round_.put()
    draining = asyncio.create_task(round_.postman.drain())
    await spoken_to(round_, 1)
    await round_.postman.close()
    await draining
    assert await round_.fates() == ["leased"]
    await round_.postman.drain()
    assert round_.post.ids == []


async def test_a_platform_that_never_answers_is_left_after_a_while(
    round_: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.postman.SAID_WITHIN", 0.05)
    round_.post.hold = asyncio.Event()
    await round_.put()
    await round_.postman.drain()
    assert await round_.fates() == ["waiting"]
    assert [event for event, _ in round_.log.lines] == [Noted.UNDELIVERED]


async def test_a_closed_postman_takes_nothing_more(round_: Round) -> None:
    await round_.postman.close()
    await round_.put()
    await round_.postman.drain()
    assert (round_.post.said, await round_.fates()) == ([], ["waiting"])


async def test_what_cannot_be_given_back_keeps_nothing_from_ending(round_: Round) -> None:
    """The database is away when the program stops: what is being said ends all the same."""
    stopped = round_.another()
    round_.post.hold = asyncio.Event()
    await round_.put()
    draining = asyncio.create_task(stopped.drain())
    await spoken_to(round_, 1)

    @asynccontextmanager
    async def away() -> AsyncIterator[Work]:
        raise CannotSave
        yield

    there, stopped._open_work = stopped._open_work, away
    closing = asyncio.create_task(stopped.close())
    await asyncio.sleep(0.05)
    assert not closing.done()
    stopped._open_work = there
    round_.post.hold.set()
    await asyncio.gather(draining, closing)
    assert (len(round_.post.said), await round_.kept()) == (1, [])
    assert round_.log.lines == [(Noted.BUG, {"kind": "CannotSave", "place": "postman"})]


async def test_the_log_tells_of_a_room_and_of_a_person_no_more_than_that(round_: Round) -> None:
    round_.post.troubles = [Undelivered()]
    (space,) = (await round_.community()).spaces
    facts = {"slot": "2026-06-01T09:00:00+00:00"}
    to = {"space": space.id, "room": RoomKind.STAFF}
    await round_.put(notice="staff", facts=facts, **to)
    await round_.postman.drain()
    assert round_.log.lines == [(Noted.UNDELIVERED, {"kind": "room"})]
