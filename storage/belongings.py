"""All rows of one community, in the order in which they may go.

Every table stands in one of the two lists here; a test of the house fails where one does not.
"""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Select, Table, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import ports
from bot.domain.communities import CommunityId
from bot.domain.polls import PollId
from bot.ports import KeyNames
from storage.tables import (
    accounts,
    audit,
    audit_acts,
    ballots,
    cases,
    communities,
    digest_weeks,
    digests,
    duty_changes,
    entries,
    grants,
    installation,
    ledger,
    marks,
    outbox,
    pending_changes,
    platform_memory,
    polls,
    pulses,
    spaces,
    staff,
    waiting,
    workspaces,
)

#: Tables that hold nothing of any community: marks are hashes that go with their day's key, and a
#: platform remembers its own things.
NOBODYS = (marks, installation, platform_memory, workspaces)

#: Others' rows before those they lean on; what is written beside a poll or a case comes behind it.
IN_TURN = (
    pulses,
    ballots,
    polls,
    entries,
    cases,
    waiting,
    outbox,
    ledger,
    digest_weeks,
    digests,
    audit_acts,
    audit,
    pending_changes,
    duty_changes,
    accounts,
    grants,
    staff,
    spaces,
    communities,
)


def belongs(table: Table, id: CommunityId) -> ColumnElement[bool]:
    """Which rows of a table are a community's."""
    people: Select[tuple[str]] = select(staff.c.id).where(staff.c.community == id)
    others: dict[Table, ColumnElement[bool]] = {
        communities: communities.c.id == id,
        ballots: ballots.c.poll.in_(select(polls.c.id).where(polls.c.community == id)),
        entries: entries.c.case.in_(select(cases.c.id).where(cases.c.community == id)),
        accounts: accounts.c.staff.in_(people),
        grants: grants.c.staff.in_(people),
        ledger: ledger.c.scope == id,
    }
    return others[table] if table in others else table.c.community == id  # noqa: SIM401  # not all have one


class SqlBelongings(ports.Belongings):
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def stopped(self, community: CommunityId) -> KeyNames:
        run = self._connection
        # First what opens polls; then the locks that whoever casts, closes or hands over takes, too.
        await run.execute(delete(pulses).where(belongs(pulses, community)))
        asked = select(polls.c.id).where(belongs(polls, community)).order_by(polls.c.id)
        ids = [PollId(id) for id in await run.scalars(asked.with_for_update())]
        names: list[str] = list(ids)
        for table in (cases, waiting):
            query = select(table.c.key).where(belongs(table, community)).order_by(table.c.id)
            names += await run.scalars(query.with_for_update())
        return KeyNames(tuple(dict.fromkeys(names)), tuple(ids))

    async def remove(self, community: CommunityId) -> Mapping[str, int]:
        gone = {}
        for table in IN_TURN:
            done = await self._connection.execute(delete(table).where(belongs(table, community)))
            gone[table.name] = done.rowcount
        return gone
