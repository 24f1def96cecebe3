"""Matrix: whole answers of a homeserver to what is new: messages sealed and open, edits, replies,
reactions, keys, who comes and goes; what is inside the seal bent as well as what is around it; and
answers to what is asked of it on the way.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from adapters.matrix.account import Account, assembled
from adapters.matrix.believing import Believing
from adapters.matrix.ciphers import Ciphers
from adapters.matrix.devices import Devices
from adapters.matrix.session import Session
from adapters.matrix.store import made
from adapters.matrix.syncing import Memory
from adapters.matrix.talks import Talks
from adapters.matrix.wire import Wire
from bot.domain.communities import Account as StaffAccount
from bot.domain.communities import Community, Role, RoomKind, Space, Trust
from tests.fakes.acts import STORY
from tests.fakes.world import KeptPost, World, folders, new_world
from tests.fuzz.bending import Draw, bent, one_of, words
from tests.fuzz.feeding import Target
from tests.fuzz.hasty import settled
from tests.fuzz.hearing import MARK, Ear
from tests.fuzz.home import BOT, GENERAL, SPACE, Home, Json, Person, member, state
from tests.fuzz.people import People
from tests.fuzz.wires import Answer, Client

ROLES = {"rep": Role.REP, "organiser": Role.ORGANISER, "moderator": Role.MODERATOR}
PEOPLE = ("worker", "colleague", *ROLES)
KINDS = ("m.room.message", "m.room.message", "m.room.message", "m.reaction", "m.room.redaction")
MESSAGES = ("m.text", "m.text", "m.text", "m.notice", "m.emote", "m.image")
MEMBERSHIPS = ("leave", "join", "ban", "invite", "knock")
BENDABLE = (
    "rooms/state",
    "rooms/messages",
    "rooms/event",
    "keys/query",
    "joined_rooms",
    "rooms/send",
)


class Notes(Memory):
    """Forgets with the process."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    async def remembered(self, name: str) -> str | None:
        return self._kept.get(name)

    async def remember(self, name: str, value: str) -> None:
        self._kept[name] = value


class Town(People):
    def __init__(self, world: World, home: Home, account: Account) -> None:
        super().__init__(world)
        self._home, self._account, self._number = home, account, 0
        self._ciphers = account.session.ciphers
        self._people = list(home.people.values())
        self._asking: asyncio.Task[Any] | None = None
        self._waits, self._asked = asyncio.Event(), asyncio.Event()
        self._standing: set[asyncio.Task[Any]] = set()
        self._run: asyncio.Task[None] | None = None
        self._next: list[Any] = []

    # What comes ----------------------------------------------------------------------------------

    def make(self, draw: Draw) -> Any:
        """(the answer to what is new, other answers)."""
        self._number += 1
        person = one_of(draw, self._people)
        room = one_of(draw, (person.room, person.room, person.room, GENERAL))
        for one in {person.room, room}:
            person.speaks(self._ciphers, one)
        kind, said = draw(12), Json()
        if kind < 9:
            new = [self._event(draw, person, room) for _ in range(1 + draw(3) // 2)]
            timeline = {"events": new, "limited": not draw(12), "prev_batch": "p"}
            said = {"join": {room: {"timeline": timeline, "state": {"events": []}}}}
        elif kind == 9:
            invites = [state("room.member", BOT, person.user, membership="invite")]
            said = {"invite": {f"!new{self._number}": {"invite_state": {"events": invites}}}}
        elif kind == 10:
            said = {"leave": {one_of(draw, (person.room, GENERAL)): {}}}
        told = {
            "next_batch": f"s{self._number}",
            "rooms": said,
            "to_device": {"events": [self._to_device(draw, person)] if not draw(4) else []},
            "device_lists": {"changed": [person.user] if not draw(4) else [], "left": []},
            "device_one_time_keys_count": {"signed_curve25519": 50},
            "device_unused_fallback_key_types": ["signed_curve25519"],
        }
        others = {}
        if draw(4) == 0:
            at = one_of(draw, BENDABLE)
            others[at] = bent(draw, self._usual(at, person, room), 3)
        return (bent(draw, told, 3) if draw(2) else told), others

    def _event(self, draw: Draw, person: Person, room: str) -> Json:
        whole: Json = {"event_id": f"$e{self._number}.{draw(4)}", "sender": person.user}
        whole["origin_server_ts"] = 1_780_000_000_000
        kind = draw(12)
        if kind == 0:
            who, how = one_of(draw, (person.user, BOT)), one_of(draw, MEMBERSHIPS)
            return whole | member(who, how) | {"unsigned": {"prev_content": {"membership": how}}}
        if kind == 1:
            return whole | state("room.name", sender=person.user, name=MARK)
        if kind == 2:
            return whole | {"type": "m.room.message", "content": self._content(draw)}
        inside = {"type": one_of(draw, KINDS), "content": self._content(draw), "room_id": room}
        sealed = person.sealed(room, bent(draw, inside, 2))
        if draw(6) == 0:
            sealed["m.relates_to"] = {"rel_type": "m.replace", "event_id": "$e1"}
        return whole | {"type": "m.room.encrypted", "content": bent(draw, sealed, 1)}

    def _content(self, draw: Draw) -> Json:
        content: Json = {"msgtype": one_of(draw, MESSAGES), "body": self._line(draw)}
        kind = draw(10)
        if kind == 0:
            content["m.new_content"] = {"msgtype": "m.text", "body": self._line(draw)}
            content["m.relates_to"] = {"rel_type": "m.replace", "event_id": "$e1"}
        elif kind == 1:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": "$e1"}}
            content["body"] = f"> <{BOT}> {words(draw)}\n\n{content['body']}"
        elif kind == 2:
            content["m.relates_to"] = {"rel_type": "m.annotation", "event_id": "$e1", "key": "+1"}
        return content

    def _line(self, draw: Draw) -> str:
        kind = draw(8)
        if kind < 2:
            return str(draw(12))
        if kind < 5:
            return f"!{one_of(draw, self.typed)} {one_of(draw, self.words)}"
        return one_of(draw, (STORY, f"{MARK} {STORY}", "send", "yes", "saved", words(draw)))

    def _to_device(self, draw: Draw, person: Person) -> Json:
        whole: Json = {"sender": person.user, "type": "m.room.encrypted"}
        session = person.megolm[person.room]
        key: Json = {"algorithm": "m.megolm.v1.aes-sha2", "room_id": person.room}
        key |= {"session_id": session.session_id, "session_key": session.session_key.to_base64()}
        kinds = (
            "m.room_key",
            "m.room_key",
            "m.dummy",
            "m.forwarded_room_key",
            "m.room_key_request",
        )
        inside: Json = {"type": one_of(draw, kinds), "content": key, "sender": person.user}
        inside |= {"recipient": BOT, "keys": {"ed25519": person.ed}, "sender_device": "D"}
        own = self._ciphers.device_keys["keys"][f"ed25519:{self._account.session.device}"]
        inside["recipient_keys"] = {"ed25519": own}
        if draw(4) == 0:
            return bent(draw, inside, 2)  # type: ignore[no-any-return]  # in the open
        return whole | {"content": person.sealed_for(self._ciphers, bent(draw, inside, 2))}

    def _usual(self, at: str, person: Person, room: str) -> Any:
        if at == "rooms/state":
            return self._home.states[room]
        if at == "keys/query":
            return self._home._keys("query", {"device_keys": {person.user: []}})
        if at == "rooms/event":
            return member(person.user)
        if at == "joined_rooms":
            return {"joined_rooms": list(self._home.states)}
        if at == "rooms/send":
            return {"event_id": "$1"}
        return {"chunk": [self._home.states[room][-1]], "end": "p2", "start": "p1"}

    # How it goes in ------------------------------------------------------------------------------

    async def feed(self, one: Any) -> None:
        await self.another_day()
        self.world.clock.move(timedelta(seconds=20))
        said, self._home.bends = one
        if self._number % 50 == 0:
            await self._account.listening.tidy()
        if self._run is None or self._run.done():
            await self._begins()
        self._next.append(said)
        self._asked.clear()
        self._waits.set()
        await self._asks()
        if self._asking and self._run and not self._run.done():
            await settled(self._standing | {self._asking})
        self._home.bends = {}
        if self._run and self._run.done():
            await self._run

    async def _begins(self) -> None:
        self._next.append({"next_batch": "s"})
        before = asyncio.all_tasks()
        self._run = asyncio.create_task(self._account.syncing.run())
        await self._asks()
        self._standing = asyncio.all_tasks() - before  # it asks, and waits to be stopped

    async def _asks(self) -> None:
        """Once it asks for more, or is over."""
        assert self._run
        asks = asyncio.create_task(self._asked.wait())
        await asyncio.wait({self._run, asks}, return_when=asyncio.FIRST_COMPLETED)
        asks.cancel()

    async def sync(self) -> Any:
        """Holds the request until there is something."""
        while not self._next:
            self._waits.clear()
            self._asking = asyncio.current_task()
            self._asked.set()
            await self._waits.wait()
        return self._next.pop(0)


class Line(Client):
    """What asks for what is new waits for it."""

    def __init__(self, home: Home) -> None:
        super().__init__(home.answers)
        self.town: Town

    @asynccontextmanager
    async def request(self, method: str, url: Any, **of: Any) -> AsyncIterator[Any]:
        if str(url).endswith("/sync"):
            yield Answer(200, await self.town.sync())
            return
        async with super().request(method, url, **of) as answer:
            yield answer


def seeded(people: list[Person]) -> Any:
    def change(community: Community) -> Community:
        staff = list(community.staff)
        for one in people:
            role = ROLES.get(one.user[1:].partition(":")[0])
            if role:
                at = next(n for n, each in enumerate(staff) if role in each.roles)
                account = StaffAccount("matrix", one.user, proof=one.identity.master)
                staff[at] = replace(staff[at], accounts=(*staff[at].accounts, account))
        rooms = {RoomKind.BULLETIN: GENERAL}
        here = Space("there", "matrix", SPACE, "Harbour", Trust.NEUTRAL, rooms=rooms)
        return replace(community, staff=tuple(staff), spaces=(*community.spaces, here))

    return change


@asynccontextmanager
async def opened(ear: Ear, folder: Path) -> AsyncIterator[Town]:
    people = [Person(f"@{name}:gw.test") for name in PEOPLE]
    home = Home(people)
    line: Any = Line(home)
    posts = {"matrix": KeptPost()}
    async with new_world(folders(folder), log=ear, change=seeded(people), posts=posts) as world:
        wire = Wire(line, "http://gw.test")
        store = made(folder / "state" / "main.db", BOT, "DEVICE", "pickle")
        ciphers = Ciphers(wire, store, world.chance)
        await ciphers.upload(world.clock.now().date(), renewed=True)
        session = Session("main", BOT, "DEVICE", "", wire, Devices(wire), ciphers)
        door, believing = world.bot.door, Believing([BOT])
        believing.door = door

        async def again(room: str, alone: Any) -> Any:
            return await account.again(room, alone)

        talks = Talks(door, world.clock, again)
        of = (session, talks, door, Notes(), world.clock, world.chance, believing)
        account = assembled(*of)
        believing.present[BOT] = account.rooms
        for one in people:
            one.speaks(ciphers, one.room)
        line.town = town = Town(world, home, account)
        yield town
        if town._run:
            account.syncing.stop()
            town._run.cancel()
            await asyncio.gather(town._run, return_exceptions=True)
        store.close()


def plant() -> AbstractContextManager[Any]:
    """Whoever thinks that what is related is always related somehow."""

    def text_of(content: Any) -> str | None:
        related = content.get("m.relates_to", {})
        replaced = "m.new_content" in content or related.get("rel_type") == "m.replace"
        return None if replaced else content["body"]

    return patch("adapters.matrix.reading.text_of", text_of)


MATRIX = Target("matrix", opened, plant, anew=3000)
