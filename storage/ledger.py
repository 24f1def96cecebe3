"""The ledger in SQL: whoever inserts the row has the run."""

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ports
from storage.grievances import insert_or_nothing
from storage.tables import ledger


class SqlLedger(ports.Ledger):
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def claim(self, kind: str, scope: str, period: str) -> bool:
        row = {"kind": kind, "scope": scope, "period": period}
        done = await self._connection.execute(
            insert_or_nothing(self._connection, ledger).values(row)
        )
        return bool(done.rowcount == 1)
