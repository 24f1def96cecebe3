"""What mortal processes do when many workers press ``send`` at once, on SQLite."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from storage import sharing, trips
from storage.sharing import Asked
from tests.fakes.acts import RECEIPT, Acts, shown
from tests.fakes.world import World

AT_ONCE = 16
LATE = 0.1  #: seconds by which the control's commit comes after its answer


class Line(Protocol):
    """To the sink."""

    armed: bool

    def tell(self, **what: Any) -> None: ...

    def die_at(self, point: str) -> None: ...


async def crowd(world: World, sink: Line) -> None:
    """All of them send at once. Whoever reads a receipt tells the sink. The process may die when half
    of them have one."""
    acts, read = Acts(world), 0

    async def one(who: str) -> None:
        nonlocal read
        reply = await acts.press(who, await acts.preview(who), "send")
        for receipt in set(RECEIPT.findall(shown(reply))):  # none where a day went by in between
            sink.tell(acknowledged=receipt)
            read += 1
            sink.armed = sink.armed or read == AT_ONCE // 2

    crowd = os.urandom(4).hex()
    await asyncio.gather(*(one(f"worker-{crowd}-{n}") for n in range(AT_ONCE)))


def die_around_shared_commits(sink: Line) -> None:
    """Just before, or just after, one that several share."""
    commit = sharing._commit

    def mortal(line: sqlite3.Connection) -> None:
        sink.die_at("before commit")
        commit(line)
        sink.die_at("after commit")

    sharing._commit = mortal


def commit_late() -> None:
    """What must not be, in this process: whoever writes is answered before the commit."""
    answer, commit = sharing.answer, sharing._commit
    early: dict[sqlite3.Connection, Callable[[], None]] = {}

    def hasty(
        line: sqlite3.Connection, asked: Sequence[Asked], tell: Callable[[Sequence[Asked]], None]
    ) -> None:
        writes = [one for one in asked if not one.reads]
        early[line] = lambda: tell(writes)
        answer(line, asked, tell)  # who was told before hears nothing twice

    def late(line: sqlite3.Connection) -> None:
        early[line]()
        time.sleep(LATE)  # in the connection's thread: others read their receipts meanwhile
        commit(line)

    trips.answer = hasty  # type: ignore[attr-defined]  # in a process that dies of it
    sharing._commit = late
