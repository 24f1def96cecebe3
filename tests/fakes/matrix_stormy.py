"""A place on a real homeserver in a storm: its people, whose clients go straight to it, and the bot,
which goes through the weather. What the bot said is known by the ids under which it said it.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import aiohttp

from adapters.matrix.sending import txn_of
from tests.fakes.matrix_people import Crowd, Person
from tests.fakes.matrix_place import Place, gathered
from tests.fakes.weather import Weather

PARTS = 13  #: that one answer has at most
ANSWERED_WITHIN = 90.0  #: seconds: the bot tries again after 1, 2, 4, 8, 15 and 30
LOOKS_AGAIN = 0.5  #: seconds after which, where it is away
REST_WITHIN = 10.0  #: seconds after an answer's first part
WORKERS = ("worker", "colleague")
#: What one meets at a homeserver that is away.
AWAY = (aiohttp.ClientError, TimeoutError, AssertionError)


@dataclass
class Somebody:
    """Alone with the bot in the last of their ``rooms``. ``lines``: the ids of all that they said, the
    newest last; ``settled``: whether they know what became of all of it."""

    person: Person
    home: "Home"
    rooms: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    settled: bool = True

    @property
    def user(self) -> str:
        return self.person.user

    async def comes(self) -> bool:
        """A talk is begun each day: what the bot forgets of somebody in a week it forgets when its
        clock is moved. Whether the bot came."""
        person, bot = self.person, self.home.place.bot
        if len(self.rooms) < self.home.day:
            with suppress(*AWAY):
                async with asyncio.timeout(ANSWERED_WITHIN):
                    self.rooms.append(await person.room_with(bot))
        return await self.until(lambda: person.sees(self.rooms[-1], bot))

    async def says(self, words: str) -> None:
        with suppress(*AWAY):
            async with asyncio.timeout(ANSWERED_WITHIN):
                self.lines.append(await self.person.says(self.rooms[-1], words))

    def sees(self) -> str:
        """All that was answered to the last line, as far as it has come."""
        events = {self.home.said.get(one) for one in ids_of(self.lines[-1:])} - {None}
        heard = [one.body for one in self.person.heard[-4 * PARTS :] if one.event_id in events]
        return "\n\n".join(heard)

    async def until(self, done: Callable[[], bool]) -> bool:
        """Looks until it is so, or there was an answer and it is not."""
        ends, answered = time.monotonic() + ANSWERED_WITHIN, False
        while not (so := done()) and time.monotonic() < ends:
            try:
                await self.person.client.sync(timeout=500)
                await self.person.sync()
            except AWAY:
                await asyncio.sleep(LOOKS_AGAIN)
            if not answered and self.sees():
                answered, ends = True, time.monotonic() + REST_WITHIN
        return so


@dataclass
class Home:
    """``said``: the event that each id of the bot's became, as the homeserver told it; ``free``: workers
    who do nothing just now; ``day``: how often the clock was moved to another."""

    place: Place = field(repr=False)
    url: str = ""
    said: dict[str, str] = field(default_factory=dict)
    people: list[Somebody] = field(default_factory=list)
    free: asyncio.Queue[Somebody] = field(default_factory=asyncio.Queue)
    day: int = 1

    @property
    def rep(self) -> Somebody:
        """Who handles cases there."""
        return self.people[0]

    def heard(self, path: str, body: bytes, status: int, answer: bytes) -> None:
        """On the road: what the homeserver took."""
        _, sent, txn = path.rpartition("/send/m.room.encrypted/")
        if sent and status == 200:
            self.said[txn] = json.loads(answer)["event_id"]

    async def moves_in(self, workers: int) -> None:
        """The bot is there; so are they."""
        host, bot = self.place.host, self.place.bot
        for room in self.place.rooms:
            await host.until(lambda room=room: host.sees(room, bot))
        names = ["rep", *WORKERS][: workers + 1]
        there = [self.place.people[name] for name in names]
        for _ in range(workers - len(WORKERS)):
            there.append(await self.place.crowd.comes())
            await self.place.takes_in(there[-1])
        for one in there:
            self.people.append(Somebody(one, self))
        for one in self.people[1:]:
            self.free.put_nowait(one)

    def strange(self, parcels: Iterable[str]) -> list[str]:
        """What the bot said by an id that follows from no line of theirs, no room and no parcel. Which
        lines there are the homeserver tells: whoever said one while it went away does not know."""
        told = self.place.synapse.events_by
        said = told(self.place.bot)
        lines = (line for one in self.people for _, line, _ in told(one.user))
        known = set(ids_of([*lines, *parcels, *(room for room, *_ in said)]))
        return [txn for _, _, txn in said if txn not in known]

    def all_said(self) -> Counter[str]:
        """Under which id what was said how often, as the homeserver has it."""
        return Counter(txn for _, txn in self.place.synapse.said_by(self.place.bot))


def ids_of(events: Iterable[str]) -> list[str]:
    """Of all parts of what is said to these."""
    return [txn_of(one, n) for one in events for n in range(-1, PARTS)]


@asynccontextmanager
async def home_on(crowd: Crowd, weather: Weather) -> AsyncIterator[Home]:
    """The bot is asked in, by nobody's weather; it is to come over ``url``."""
    home = Home(await gathered(crowd))
    await home.place.asks_the_bot_in()
    async with weather.http(crowd.synapse.url, home.heard, half_open=22.0) as home.url:
        yield home
