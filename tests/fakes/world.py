"""A world that can be replayed, and the whole bot in it.

``World`` has a clock that is moved by hand and chance that is counted, not random: the same acts
leave the same bytes.
"""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.sandbox import people
from adapters.vault import make_key_files
from bot import ports
from bot.chat import Caller, Card, Reply
from bot.domain.communities import Community
from bot.ports import Installation, Noted
from bot.settings import Where, at
from bot.wiring import Bot, groundswell
from storage.schema import Chain
from tests.fakes import founded, migrated
from tests.fakes.at_once import at_once

CODE = "TESTCODE"  #: of the seeded community
MONDAY = datetime(2026, 6, 1, 7, 30, tzinfo=UTC)  #: an hour and a half before a slot


@dataclass
class HandClock(ports.Clock):
    """Stands still until it is moved."""

    at: datetime = MONDAY

    def now(self) -> datetime:
        return self.at

    def elapsed(self) -> float:
        return self.at.timestamp()

    def move(self, by: timedelta) -> None:
        self.at += by


@dataclass
class CountedChance(ports.Chance):
    """Bytes that look random and are the same in every run: SHA-256 of a counter."""

    seed: str = "world"
    drawn: int = 0

    def bytes(self, count: int) -> bytes:
        out = b""
        while len(out) < count:
            self.drawn += 1
            out += hashlib.sha256(f"{self.seed}/{self.drawn}".encode()).digest()
        return out[:count]

    def shuffled(self, things: Sequence[ports.T]) -> list[ports.T]:
        return sorted(things, key=lambda _: self.bytes(8))


@dataclass
class KeptLog(ports.Log):
    """Keeps what was noted."""

    lines: list[tuple[Noted, dict[str, str | int]]] = field(default_factory=list)

    def note(self, event: Noted, **facts: str | int) -> None:
        self.lines.append((event, facts))


@dataclass
class KeptPost(ports.Post):
    """Keeps what was said unasked: (to whom, the card). The same id twice is said once.

    ``heard``: both, with when each was said. What comes every week to the same people, whatever
    happened, is kept apart: ``digests`` and ``own_lists``; ``weekly``: both, with when.
    """

    people: list[tuple[str, Card]] = field(default_factory=list)
    rooms: list[tuple[str, Card]] = field(default_factory=list)
    digests: list[tuple[str, Card]] = field(default_factory=list)
    own_lists: list[tuple[str, Card]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    heard: list[tuple[datetime, str, Card]] = field(default_factory=list)
    weekly: list[tuple[datetime, str, Card]] = field(default_factory=list)
    clock: ports.Clock = field(default_factory=HandClock)
    remembers: timedelta = timedelta.max
    members: dict[tuple[str, str], tuple[ports.Membership, datetime | None]] = field(
        default_factory=dict
    )
    lacking: tuple[str, ...] = ()

    async def to_person(self, address: str, card: Card, community: Community, id: str) -> None:
        if self._first_time(id):
            if card.title.key == "own_list.title":
                self.weekly.append((self.clock.now(), address, card))
                return self.own_lists.append((address, card))
            self.people.append((address, card))
            self.heard.append((self.clock.now(), address, card))
        return None

    async def to_room(
        self, space: str, room: str, card: Card, community: Community, id: str
    ) -> None:
        if self._first_time(id):
            if card.title.key in ("digest_card.title", "digest_card.test"):
                self.weekly.append((self.clock.now(), room, card))
                return self.digests.append((room, card))
            self.rooms.append((room, card))
            self.heard.append((self.clock.now(), room, card))
        return None

    async def membership(
        self, space: str, account: str
    ) -> tuple[ports.Membership, datetime | None]:
        return self.members.get((space, account), (ports.Membership.MEMBER, people.JOINED))

    async def lacks(self, space: str, rooms: Collection[str]) -> tuple[str, ...]:
        return self.lacking

    def connected(self) -> bool:
        return True

    def _first_time(self, id: str) -> bool:
        seen = id in self.ids
        self.ids.add(id)
        return not seen


PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEANl9ngAAAAABJRU5ErkJggg=="
)


@dataclass
class KeptCharts(ports.Charts):
    """Keeps what it was asked to draw; every picture is one white pixel. ``broken``: none is."""

    asked: list[tuple[ports.Panel, ...]] = field(default_factory=list)
    broken: bool = False

    async def draw(self, panels: Sequence[ports.Panel]) -> bytes:
        self.asked.append(tuple(panels))
        if self.broken:
            raise ports.NotDrawn
        return PIXEL


def caller(who: str) -> Caller:
    """Somebody who has been a member for a long time, as the sandbox tells."""
    return Caller(people.PLATFORM, people.SPACE, who, member_since=people.JOINED)


@dataclass
class World:
    """The whole bot on SQLite, with everything around it in a test's hands. ``whence``: from where
    somebody acts; ``others``: further processes on the same memory."""

    bot: Bot
    where: Where
    clock: HandClock
    chance: ports.Chance
    log: ports.Log
    post: KeptPost
    charts: KeptCharts = field(default_factory=KeptCharts)
    whence: Callable[[str], Caller] = caller
    others: list[Bot] = field(default_factory=list)

    async def tick(self) -> None:
        """All that is due, by every process at once."""
        if not self.others:
            return await self.bot.tick()
        await asyncio.gather(*(one.tick() for one in (self.bot, *self.others)))
        return None

    async def type(self, who: str, command: str, words: str = "") -> Reply:
        """Someone types a command, in the community's space unless told."""
        return await self.bot.door.begin(command, self.whence(who), words=words)

    async def press(self, who: str, reply: Reply, button: str) -> Reply:
        """Someone presses a button of a reply they got."""
        found = [b for card in reply.cards for b in card.buttons if b.name == button]
        assert found, f"no button {button} among {[b.id for c in reply.cards for b in c.buttons]}"
        return await self.bot.door.begin(found[0].name, self.whence(who), found[0].subject)

    async def submit(self, who: str, reply: Reply, **answers: str | list[str]) -> Reply:
        """Someone fills in the form they were shown."""
        assert reply.form is not None, f"no form, but {reply.cards}"
        form = reply.form
        return await self.bot.door.submit(form.name, self.whence(who), form.subject, answers)

    async def live(self, **by: float) -> None:
        """Time passes (``hours=24``), and all that is due on the way happens at its own moment."""
        until = self.clock.at + timedelta(**by)
        while self.clock.at < until:
            dues = [due.at for due in await self.bot.communities.coming()]
            self.clock.at = min([at for at in dues if at > self.clock.at] + [until])
            await self.tick()

    async def slot(self) -> datetime:
        """The clock goes to the next slot, and it happens."""
        dues = await self.bot.communities.coming()
        self.clock.at = next(due.at for due in dues if due.what == "slot")
        await self.tick()
        return self.clock.at


US = Installation("Test", "the test's operator", "post@example.org", "https://door.example", "")


def _as_it_is(seeded: Community) -> Community:
    return seeded


@asynccontextmanager
async def new_world(
    where: Where,
    seed: str = "world",
    *,
    chance: ports.Chance | None = None,
    log: ports.Log | None = None,
    post: KeptPost | None = None,
    change: Callable[[Community], Community] = _as_it_is,
    begins: datetime = MONDAY,
    mails: bool = False,
    posts: Mapping[str, ports.Post] | None = None,
    beside: Callable[[ports.OpenWork, ports.Vault], Mapping[str, ports.Post]] | None = None,
    clock: HandClock | None = None,
    charts: ports.Charts | None = None,
    thread: bool = False,
) -> AsyncIterator[World]:
    """The seeded community, perhaps changed, in an empty world, under fresh key files. ``mails``:
    e-mail is sent from there, too, and kept with what is said to people. ``posts``: of platforms
    besides; ``beside``: of those that are made once the memory is open; ``clock``: another than one
    that ``begins`` then; ``charts``: what draws, instead of one that only keeps what it was asked;
    ``thread``: SQLite has its own, as in every real program."""
    plain = chance is None and change is _as_it_is and (seed, begins) == ("world", MONDAY)
    clock, chance, kept = clock or HandClock(begins), chance or CountedChance(seed), KeptCharts()
    log, post = log or KeptLog(), post or KeptPost()
    post.clock = clock
    where.data.mkdir(parents=True)
    make_key_files(where.keys, chance)
    drawn = 0
    if where.database.startswith("sqlite"):
        if plain:
            drawn = await founded.put(where, _founding)
        else:
            await migrated.put(where.database, Chain.MAIN)
            await migrated.put(where.key_store, Chain.KEYS)
    every = {people.PLATFORM: post} | ({ports.MAIL: post} if mails else {}) | dict(posts or {})
    with nullcontext() if thread else at_once():
        async with groundswell(
            where,
            US,
            every,
            clock,
            chance,
            log,
            room_delay=timedelta(0),
            charts=charts or kept,
            beside=beside,
        ) as bot:
            if drawn and isinstance(chance, CountedChance):
                chance.drawn = drawn
            else:
                seeded = people.community(lambda: chance.bytes(16).hex(), CODE, clock.now())
                await bot.communities.found(change(seeded))
            yield World(bot, where, clock, chance, log, post, kept)


@asynccontextmanager
async def _founding(where: Where) -> AsyncIterator[int]:
    """A plain world, founded here and now; how much chance was drawn for it."""
    chance = CountedChance()
    async with new_world(where, change=lambda seeded: seeded, chance=chance):
        yield chance.drawn


def folders(root: Path) -> Where:
    """SQLite under ``root``."""
    return at(root / "data", root / "keys")
