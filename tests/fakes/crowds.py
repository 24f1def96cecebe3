"""What mortal processes do when many workers press ``send`` at once, on SQLite."""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from storage import sharing, trips
from storage.sharing import Asked
from tests.fakes.acts import RECEIPT, Acts, shown
from tests.fakes.world import World

AT_ONCE = 16


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
    """What must not be, in this process: whoever writes is answered before the commit. It comes with
    the next one's."""
    answer = sharing.answer
    late: dict[sqlite3.Connection, list[Asked]] = {}

    def hasty(
        line: sqlite3.Connection, asked: Sequence[Asked], tell: Callable[[Sequence[Asked]], None]
    ) -> None:
        reads = [one for one in asked if one.reads]
        writes = [one for one in asked if not one.reads]
        answer(
            line, [*reads, *late.pop(line, [])], lambda some: tell(some) if some == reads else None
        )
        for one in writes:
            one.rows = [("kept",)]
        if writes:
            tell(writes)
            late[line] = writes

    trips.answer = hasty  # type: ignore[attr-defined]  # in a process that dies of it
