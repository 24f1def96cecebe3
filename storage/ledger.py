"""The ledger in SQL: whoever inserts the row has the run."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ports
from storage.grievances import insert_or_nothing
from storage.tables import ledger, marks


class SqlLedger(ports.Ledger):
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def claim(self, kind: str, scope: str, period: str) -> bool:
        row = {"kind": kind, "scope": scope, "period": period}
        done = await self._connection.execute(
            insert_or_nothing(self._connection, ledger).values(row)
        )
        return bool(done.rowcount == 1)

    async def made_up_for(
        self, kind: str, period: str, scopes: Collection[str], now: datetime
    ) -> None:
        mine = (ledger.c.kind == kind, ledger.c.period == period, ledger.c.scope.in_(scopes))
        await self._connection.execute(update(ledger).where(*mine).values(missed=now))

    async def missed(self, since: datetime) -> int:
        query = select(func.count()).select_from(ledger).where(ledger.c.missed >= since)
        return int((await self._connection.execute(query)).scalar_one())

    async def missed_by(self, since: datetime) -> set[str]:
        query = select(ledger.c.scope).distinct().where(ledger.c.missed >= since)
        return set(await self._connection.scalars(query))

    async def forget(self, kinds: Collection[str], before: datetime) -> None:
        """Periods are moments in UTC, all written alike: their order is that of their words."""
        old = (ledger.c.kind.in_(kinds), ledger.c.period < before.isoformat(timespec="seconds"))
        await self._connection.execute(delete(ledger).where(*old))

    async def first_time(self, marks_: Sequence[bytes], day: date) -> bool:
        query = select(marks.c.mark).where(marks.c.mark.in_(marks_))
        if await self._connection.scalar(query) is not None:
            return False
        row = {"mark": marks_[0], "day": day}
        done = await self._connection.execute(
            insert_or_nothing(self._connection, marks).values(row)
        )
        return bool(done.rowcount == 1)

    async def forget_marks(self, before: date) -> None:
        await self._connection.execute(delete(marks).where(marks.c.day < before))
