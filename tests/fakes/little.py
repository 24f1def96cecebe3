"""A little platform of ours, whole: people write lines to a socket and read what they are shown.

It stands where the program looks for [matrix], so that what several platforms in one process share
can be tried without a homeserver. A line is JSON ``{who, room, say}``, or ``{who, room, press}``, or
``{who, room, submit, answers}``; the answer tells the keys of what was said, its buttons and its form.
Like Matrix it proves who acts, and remembers how many lines it has heard.

``python -m tests.fakes.little run ...`` is the program with it.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from bot import ports
from bot.chat import Caller, Card, Reply
from bot.chat import about as parts
from bot.dispatch import Door
from bot.domain.communities import Community
from bot.platforms import GiveUp, Platform
from bot.settings import CannotStart, Matrix

NAME, SPACE = "matrix", "!little:example.org"
SINCE = datetime(2020, 1, 1, tzinfo=UTC)
GONE = "[matrix] the homeserver has thrown us out: ask its host."  #: why it gives up, when told to


@dataclass
class LittlePost(ports.Post):
    """Keeps what was said unasked: (to whom or in which room, the title's key)."""

    said: list[tuple[str, str]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    listening: bool = False
    remembers: timedelta = timedelta.max

    async def to_person(self, address: str, card: Card, community: Community, id: str) -> None:
        self._say(address, card, id)

    async def to_room(
        self, space: str, room: str, card: Card, community: Community, id: str
    ) -> None:
        self._say(room, card, id)

    async def membership(
        self, space: str, account: str
    ) -> tuple[ports.Membership, datetime | None]:
        return ports.Membership.MEMBER, SINCE

    async def lacks(self, space: str, rooms: Collection[str]) -> tuple[str, ...]:
        return ()

    def connected(self) -> bool:
        return self.listening

    def _say(self, to: str, card: Card, id: str) -> None:
        if not self.listening:
            raise ports.Undelivered
        if id not in self.seen:
            self.seen.add(id)
            self.said.append((to, card.title.key))


class Little(Platform):
    """``fate``: "stays", "cannot start", or "gives up" once it was told anything."""

    def __init__(self, socket: Path, open_work: ports.OpenWork, fate: str = "stays") -> None:
        self._socket, self._open_work, self._fate = socket, open_work, fate
        self._post = LittlePost()

    @property
    def post(self) -> LittlePost:
        return self._post

    @asynccontextmanager
    async def serve(self, door: Door, give_up: GiveUp) -> AsyncIterator[None]:
        if self._fate == "cannot start":
            raise CannotStart(GONE)

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while line := await reader.readline():
                writer.write(json.dumps(await self._heard(door, json.loads(line))).encode() + b"\n")
                await writer.drain()
                if self._fate == "gives up":
                    give_up(CannotStart(GONE))
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

        server = await asyncio.start_unix_server(talk, self._socket)
        self._post.listening = True
        try:
            yield
        finally:
            self._post.listening = False
            server.close()
            await server.wait_closed()

    async def _heard(self, door: Door, told: dict[str, Any]) -> dict[str, Any]:
        who = caller(told["who"], told.get("room", ""))
        async with self._open_work() as work:
            before = await work.platforms.remembered(NAME, "heard")
            await work.platforms.remember(NAME, "heard", str(int(before or 0) + 1))
        if "say" in told:
            name, _, behind = told["say"].partition(" ")
            return shown(await door.begin(name, who, words=behind))
        if "press" in told:
            name, subject = parts(told["press"])
            return shown(await door.begin(name, who, subject))
        name, subject = parts(told["submit"])
        return shown(await door.submit(name, who, subject, told["answers"]))


def caller(who: str, room: str = "") -> Caller:
    """Somebody there, in a room of its one space, or alone with the bot."""
    space = SPACE if room else ""
    return Caller(
        NAME,
        space,
        who,
        member_since=SINCE,
        room=room,
        place="Little",
        proof=f"key of {who}",
        proves=True,
    )


def shown(reply: Reply) -> dict[str, Any]:
    """What somebody sees of a reply: keys of sentences, ids of buttons and of a form."""
    lines = [one.key for card in reply.cards for one in (card.title, *card.lines)]
    buttons = [one.id for card in reply.cards for one in card.buttons]
    form = reply.form.id if reply.form else ""
    errors = [one.key for one in reply.form.errors.values()] if reply.form else []
    return {
        "said": lines + errors,
        "buttons": buttons,
        "form": form,
        "language": reply.voice.language,
    }


@dataclass
class Line:
    """Somebody's end of the socket."""

    socket: Path
    who: str
    room: str = "!room:example.org"

    async def tell(self, **what: Any) -> dict[str, Any]:
        reader, writer = await asyncio.open_unix_connection(self.socket)
        try:
            told = {"who": self.who, "room": self.room, **what}
            writer.write(json.dumps(told).encode() + b"\n")
            answer: dict[str, Any] = json.loads(await reader.readline())
        finally:
            writer.close()
            await writer.wait_closed()
        return answer


def matrix(
    known: Matrix,
    keys: Path,
    us: ports.Installation,
    clock: ports.Clock,
    chance: ports.Chance,
    open_work: ports.OpenWork,
) -> Little:
    """As the program asks for it; the device's name says what becomes of it."""
    known.state_dir.mkdir(parents=True, exist_ok=True)
    return Little(known.state_dir / "talk", open_work, known.device_name)


def main() -> None:
    """The program, with this in the adapter's place."""
    module = ModuleType("adapters.matrix.app")
    vars(module)["MatrixPlatform"] = matrix
    sys.modules["adapters.matrix.app"] = module
    from bot.cli import main as program

    program()


if __name__ == "__main__":
    main()
