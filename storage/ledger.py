"""The ledger in SQL: whoever inserts the row has the run."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ports
from storage.arrays import listed
from storage.inserting import insert_or_nothing
from storage.tables import ledger, marks

_MADE_UP_FOR = (
    update(ledger)
    .where(ledger.c.kind == bindparam("_kind"), ledger.c.period == bindparam("_period"))
    .where(listed(ledger.c.scope))
)
_FORGET = delete(ledger).where(listed(ledger.c.kind), ledger.c.period < bindparam("before"))
_KNOWN = select(marks.c.mark).where(listed(marks.c.mark))
_FORGET_MARKS = delete(marks).where(marks.c.day < bindparam("before"))


class SqlLedger(ports.Ledger):
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def claim(self, kind: str, scope: str, period: str) -> bool:
        row = {"kind": kind, "scope": scope, "period": period}
        done = await self._connection.execute(insert_or_nothing(self._connection, ledger), row)
        return bool(done.rowcount == 1)

    async def made_up_for(
        self, kind: str, period: str, scopes: Collection[str], now: datetime
    ) -> None:
        mine = {"_kind": kind, "_period": period, "ids": list(scopes)}
        await self._connection.execute(_MADE_UP_FOR, mine | {"missed": now})

    async def newest(self, kind: str) -> str | None:
        query = select(func.max(ledger.c.period)).where(ledger.c.kind == kind)
        found: str | None = await self._connection.scalar(query)
        return found

    async def missed(self, since: datetime) -> int:
        query = select(func.count()).select_from(ledger).where(ledger.c.missed >= since)
        return int((await self._connection.execute(query)).scalar_one())

    async def missed_by(self, since: datetime) -> set[str]:
        query = select(ledger.c.scope).distinct().where(ledger.c.missed >= since)
        return set(await self._connection.scalars(query))

    async def forget(self, kinds: Collection[str], before: datetime) -> None:
        """Periods are moments in UTC, all written alike: their order is that of their words."""
        old = {"ids": list(kinds), "before": before.isoformat(timespec="seconds")}
        await self._connection.execute(_FORGET, old)

    async def first_time(self, marks_: Sequence[bytes], day: date) -> bool:
        if await self._connection.scalar(_KNOWN, {"ids": list(marks_)}) is not None:
            return False
        row = {"mark": marks_[0], "day": day}
        done = await self._connection.execute(insert_or_nothing(self._connection, marks), row)
        return bool(done.rowcount == 1)

    async def forget_marks(self, before: date) -> None:
        await self._connection.execute(_FORGET_MARKS, {"before": before})
