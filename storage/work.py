"""One transaction over one connection, with a shelf per noun."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import Table, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot import ports
from bot.domain.errors import CannotSave
from bot.ports import Stored, What
from storage.audit import SqlAudit
from storage.belongings import SqlBelongings
from storage.calm import SqlCalm
from storage.cases import SqlCases
from storage.coming import coming
from storage.communities import SqlCommunities
from storage.digests import SqlDigests
from storage.engine import transaction
from storage.grievances import SqlGrievances
from storage.ledger import SqlLedger
from storage.outbox import SqlOutbox
from storage.platforms import SqlPlatforms
from storage.polls import SqlPolls
from storage.rewrapping import heed
from storage.tables import cases, entries, polls, waiting


class SqlWork(ports.Work):
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._communities = SqlCommunities(connection)  # it knows what was written

    @property
    def communities(self) -> SqlCommunities:
        return self._communities

    @property
    def grievances(self) -> SqlGrievances:
        return SqlGrievances(self._connection)

    @property
    def cases(self) -> SqlCases:
        return SqlCases(self._connection)

    @property
    def polls(self) -> SqlPolls:
        return SqlPolls(self._connection)

    @property
    def digests(self) -> SqlDigests:
        return SqlDigests(self._connection)

    @property
    def outbox(self) -> SqlOutbox:
        return SqlOutbox(self._connection)

    @property
    def ledger(self) -> SqlLedger:
        return SqlLedger(self._connection)

    @property
    def audit(self) -> SqlAudit:
        return SqlAudit(self._connection)

    @property
    def calm(self) -> SqlCalm:
        return SqlCalm(self._connection)

    @property
    def belongings(self) -> SqlBelongings:
        return SqlBelongings(self._connection)

    @property
    def platforms(self) -> SqlPlatforms:
        return SqlPlatforms(self._connection)

    async def coming(self) -> Mapping[What, datetime]:
        return await coming(self._connection)

    async def kept(self, keys: Collection[str]) -> set[str]:
        found: set[str] = set()
        for table in (waiting, cases):
            query = select(table.c.key).where(table.c.key.in_(keys))
            found |= set(await self._connection.scalars(query))
        # A poll's key for comments is made before the close: one that fails is tried again, and a
        # key that went as a stray meanwhile could not be made again.
        needed = or_(polls.c.closed.is_(None), polls.c.sealed_comments.is_not(None))
        query = select(polls.c.id).where(polls.c.id.in_(keys), needed)
        return found | set(await self._connection.scalars(query))

    async def stored(self, names: Collection[str]) -> list[Stored]:
        case_ids = select(cases.c.id).where(cases.c.key.in_(names))
        queries = (
            (waiting, select(waiting).where(waiting.c.key.in_(names))),
            (cases, select(cases).where(cases.c.key.in_(names))),
            (entries, select(entries).where(entries.c.case.in_(case_ids))),
        )
        shown = []
        for table, query in queries:
            found = (await self._connection.execute(query.order_by(table.c.id))).mappings()
            shown.append(shown_rows(table, [dict(row) for row in found]))
        return [one for one in shown if one.rows]


def work_on(engine: AsyncEngine, stale: Callable[[], None] | None = None) -> ports.OpenWork:
    """How services open a transaction on the database of ``engine``. ``stale``: told where a key was
    wrapped with an old file, and so not kept."""

    @asynccontextmanager
    async def open_work() -> AsyncIterator[ports.Work]:
        try:
            async with transaction(engine) as connection:
                yield SqlWork(connection)
        except CannotSave as refused:
            heed(refused, stale)
            raise

    return open_work


def shown_rows(table: Table, rows: list[dict[str, object]]) -> Stored:
    """Rows as they lie there, in plain values: bytes as hex, times as text."""
    return Stored(table.name, [{name: _shown(v) for name, v in row.items()} for row in rows])


def _shown(value: object) -> str | int | None:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str | int) or value is None else str(value)
