"""Processes that are there to be killed, each a whole bot: one submits, others deliver or keep time.

Run as a program it is their nursery: it has loaded everything and forks a process for every line it
reads, so that hundreds of them cost little. Each dies by its own SIGKILL at the point it was given,
or by somebody else's. All they say goes to a sink, over a unix socket.
"""

import asyncio
import json
import os
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import asyncpg  # noqa: F401 loaded once, here
from sqlalchemy import Engine, Pool, event

from adapters.chance import SystemChance
from adapters.clock import SystemClock
from adapters.sandbox import people
from bot import ports
from bot.chat import Card
from bot.domain.communities import Community
from bot.ports import InDoubt, Noted
from bot.settings import Where
from bot.wiring import Bot, groundswell
from storage.lines import Line, Lines
from tests.fakes.acts import RECEIPT, Acts, shown
from tests.fakes.crowds import commit_late, crowd, die_around_shared_commits
from tests.fakes.voters import answer_before_the_commit, burst, die_around_statements, settled
from tests.fakes.world import US, KeptPost, World

#: Where each kind of process can be told to die, beside any moment.
POINTS = {
    "submitter": ("before commit", "after commit"),
    "deliverer": ("before call", "in call", "after call", "before commit", "after commit"),
    "heartbeat": ("before commit", "after commit"),
}
#: The statement that says which commit is meant.
MEANT = {
    "submitter": ("INSERT INTO waiting", "SELECT file_case("),
    "deliverer": ("DELETE FROM outbox",),
    "heartbeat": ("INSERT INTO ledger",),
    "voter": ("INSERT INTO ballots",),
    "hasty voter": ("INSERT INTO ballots",),
    "settler": ("WITH gone AS",),
    "crowd": (),  # those that several share, whatever they hold
    "hasty crowd": (),
}


class SharedClock(SystemClock):
    """This machine's clock, moved for all processes by what stands in a file."""

    def __init__(self, file: Path) -> None:
        self._file = os.open(file, os.O_RDWR | os.O_CREAT)
        if not os.fstat(self._file).st_size:
            os.pwrite(self._file, struct.pack("d", 0.0), 0)

    def now(self) -> datetime:
        (offset,) = struct.unpack("d", os.pread(self._file, 8, 0))
        return datetime.now(UTC) + timedelta(seconds=offset)

    def move_to(self, moment: datetime) -> None:
        """Forward, for everybody at once."""
        offset = (moment - datetime.now(UTC)).total_seconds()
        os.pwrite(self._file, struct.pack("d", offset), 0)


@dataclass(frozen=True)
class Life:
    """What one process is and where it dies; ``point`` empty: when somebody kills it."""

    role: str
    point: str
    database: str
    key_store: str
    folder: str
    sink: str

    @property
    def where(self) -> Where:
        root = Path(self.folder)
        return Where(root / "data", root / "keys", self.database, self.key_store)


class Sink:
    """This process's line to the sink."""

    def __init__(self, life: Life) -> None:
        self._life, self.armed = life, life.role in ("deliverer", "heartbeat", "settler")
        self._line = socket.socket(socket.AF_UNIX)
        self._line.connect(life.sink)
        self.tell(born=os.getpid(), role=life.role, point=life.point)

    def tell(self, **what: Any) -> None:
        """Outlives this process as soon as it returns."""
        self._line.sendall(json.dumps(what).encode() + b"\n")

    async def ask(self, die: Callable[[], None], **what: Any) -> None:
        """Told, and the answer awaited. ``die`` comes in between."""
        self.tell(**what)
        die()
        self._line.setblocking(False)
        answer = await asyncio.get_running_loop().sock_recv(self._line, 3)
        self._line.setblocking(True)
        if answer != b"ok\n":
            raise InDoubt

    def die_at(self, point: str) -> None:
        if self.armed and point == self._life.point:
            self.tell(died=point)
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class SinkPost(ports.Post):
    """Speaks to the sink, one at a time: it has one line."""

    sink: Sink
    turn: asyncio.Lock
    remembers: timedelta = timedelta.max

    async def to_person(self, address: str, card: Card, community: Community, id: str) -> None:
        await self._say(address, id)

    async def to_room(
        self, space: str, room: str, card: Card, community: Community, id: str
    ) -> None:
        await self._say(room, id)

    def connected(self) -> bool:
        return True

    async def _say(self, to: str, id: str) -> None:
        async with self.turn:
            self.sink.die_at("before call")
            await self.sink.ask(lambda: self.sink.die_at("in call"), say=id, to=to)
            self.sink.die_at("after call")


@dataclass
class SinkLog(ports.Log):
    """Only bugs are of interest."""

    sink: Sink

    def note(self, noted: Noted, **facts: str | int) -> None:
        if noted is Noted.BUG:
            self.sink.tell(bug=f"{facts}")


async def live(life: Life) -> None:
    """Until killed."""
    sink = Sink(life)
    _die_around_commits(sink, MEANT[life.role])
    if "voter" in life.role:
        die_around_statements(sink)
    if life.role == "hasty voter":
        answer_before_the_commit()
    if "crowd" in life.role:
        die_around_shared_commits(sink)
    if life.role == "hasty crowd":
        commit_late()
    clock, chance = SharedClock(Path(life.folder) / "clock"), SystemChance()
    posts: dict[str, ports.Post] = {}
    if life.role == "deliverer":
        posts[people.PLATFORM] = SinkPost(sink, asyncio.Lock())
    log = SinkLog(sink)
    async with groundswell(
        life.where, US, posts, clock, chance, log, room_delay=timedelta(0)
    ) as bot:
        sink.tell(ready=life.role)
        world = World(bot, life.where, clock, chance, log, KeptPost())
        doing: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
            "submitter": lambda: _submit(world, sink),
            "crowd": lambda: crowd(world, sink),
            "hasty crowd": lambda: crowd(world, sink),
            "deliverer": bot.postman.drain,
            "heartbeat": bot.heartbeat.tick,
            "voter": lambda: burst(bot, life.folder, sink),
            "hasty voter": lambda: burst(bot, life.folder, sink),
            "settler": lambda: settled(life),
        }
        while True:
            await doing[life.role]()
            await asyncio.sleep(0.02)


async def _submit(world: World, sink: Sink) -> None:
    """A worker files a grievance and reads the receipt: from then on it must never be lost."""
    who, acts = f"worker-{os.urandom(8).hex()}", Acts(world)
    reply = await acts.press(who, await acts.preview(who), "send")
    for receipt in set(RECEIPT.findall(shown(reply))):  # none where a day went by in between
        sink.tell(acknowledged=receipt)
        sink.armed = True  # not before: else none that dies at its point would acknowledge any
    await asyncio.sleep(0.1)


def _die_around_commits(sink: Sink, meant: tuple[str, ...]) -> None:
    """Just before, or just after, a commit that holds the statement that is meant; or such a statement
    that commits by itself."""

    def statement(connection: Any, cursor: Any, sql: str, *more: Any) -> None:
        if sql.lstrip().startswith(meant):
            alone = connection.dialect.name == "postgresql" and sql.startswith("SELECT")
            connection.info["alone" if alone else "meant"] = True
            if alone:
                sink.die_at("before commit")

    _die_around_commits_in_files(sink)
    keep, undo, give = Line.keep, Line.undo, Lines.give

    def given(lines: Lines, line: Line) -> None:
        if line.info.pop("alone", False):
            sink.die_at("after commit")
        give(lines, line)

    async def committed(line: Line) -> None:
        meant = line.info.pop("meant", False)
        if meant:
            sink.die_at("before commit")
        await keep(line)
        if meant:
            sink.die_at("after commit")

    async def undone(line: Line, begun: bool) -> None:
        line.info.pop("meant", False)
        line.info.pop("alone", False)
        await undo(line, begun)

    event.listen(Engine, "before_cursor_execute", statement)
    Line.keep = committed  # type: ignore[method-assign]  # in a process that dies of it
    Line.undo = undone  # type: ignore[method-assign]  # likewise
    Lines.give = given  # type: ignore[method-assign]  # likewise


def _die_around_commits_in_files(sink: Sink) -> None:
    def commit(connection: Any) -> None:
        if connection.info.pop("meant", False):
            sink.die_at("before commit")
            connection.info["done"] = True

    def given_back(raw: Any, record: Any) -> None:
        if record.info.pop("done", False):
            sink.die_at("after commit")

    event.listen(Engine, "commit", commit)
    event.listen(Engine, "rollback", lambda connection: connection.info.clear())
    event.listen(Pool, "checkin", given_back)


async def race(life: Life) -> None:
    """All that is due, as fast as it can, from the moment the sink says so."""
    sink = Sink(life)
    clock = SharedClock(Path(life.folder) / "clock")
    async with groundswell(
        life.where, US, {}, clock, SystemChance(), SinkLog(sink), room_delay=timedelta(0)
    ) as bot:
        await sink.ask(lambda: None, ready=life.role)
        await _tick(bot)
        sink.tell(done=life.role)


async def _tick(bot: Bot) -> None:
    await bot.heartbeat.tick()


def nursery() -> None:
    """A process per line; at the end of the lines all that are left are killed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    born = []
    for line in sys.stdin:
        life = Life(**json.loads(line))
        child = os.fork()
        if not child:
            _child(life)
        born.append(child)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
    for child in born:
        try:
            os.kill(child, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _child(life: Life) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.close(0)
    os.dup2(2, 1)  # the nursery's own line ends with the nursery
    try:
        asyncio.run((race if life.role == "racer" else live)(life))
    finally:
        traceback.print_exc()  # where it can be seen; nobody lives on in the nursery's place
        sys.stderr.flush()
        os._exit(1)


if __name__ == "__main__":
    nursery()
