"""What rows out of a backup must still obey: what was destroyed since stays so, no poll, wave or week is
asked or reckoned a second time, no change holds that may have been withdrawn, and what may have been
said meanwhile is not said twice.

Works on connections whose transactions are open; keeps nothing by itself.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.communities import CommunityId
from bot.ports import Fate
from storage.belongings import SqlBelongings
from storage.digests import SqlDigests
from storage.outbox import SqlOutbox
from storage.polls.pulses import SqlPulses
from storage.sealed import PENDING
from storage.tables import (
    cases,
    communities,
    digests,
    entries,
    outbox,
    pending_changes,
    poll_keys,
    polls,
    pulses,
    tombstones,
    waiting,
    workspaces,
)

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Obeyed:
    """How many cases and communities were gone already, polls were closed, changes that waited were
    dropped, notices are in doubt."""

    cases: int
    communities: int
    polls: int
    changes: int
    notices: int


async def obey(
    main: AsyncConnection,
    key_store: AsyncConnection,
    now: datetime,
    epochs: Sequence[int],
    hold: Collection[str],
) -> Obeyed:
    """``epochs``: of the key files that are there. What was wrapped with another can be asked for anew:
    a token of the bot's own in a workspace. ``hold``: what the sealed changes are bound to that wait no
    more and are only told."""
    first = func.substr(workspaces.c.wrapped, 1, 1)
    await main.execute(delete(workspaces).where(first.not_in([bytes([one]) for one in epochs])))
    gone = forgotten = 0
    async for names in _buried(key_store):
        gone += await _shred(main, names)
        forgotten += await _forget(main, names)
    await _pass_waves(main, now)
    await _pass_weeks(main, now)
    ended, dropped = await _end_polls(main, key_store, now), await _drop_changes(main, hold)
    return Obeyed(gone, forgotten, ended, dropped, await _doubt(main, now))


async def _buried(key_store: AsyncConnection) -> AsyncIterator[Sequence[str]]:
    """The names of all keys that were destroyed."""
    last = ""
    while True:
        query = select(tombstones.c.id).where(tombstones.c.id > last).order_by(tombstones.c.id)
        names = (await key_store.scalars(query.limit(AT_ONCE))).all()
        if names:
            yield names
        if len(names) < AT_ONCE:
            return
        last = names[-1]


async def _shred(main: AsyncConnection, names: Sequence[str]) -> int:
    released = select(cases.c.id).where(cases.c.key.in_(names))
    await main.execute(delete(entries).where(entries.c.case.in_(released)))
    gone = 0
    for table in (cases, waiting):
        gone += (await main.execute(delete(table).where(table.c.key.in_(names)))).rowcount
    commented = update(polls).where(polls.c.id.in_(names))
    await main.execute(commented.values(sealed_comments=None))
    return gone


async def _forget(main: AsyncConnection, names: Sequence[str]) -> int:
    found = await main.scalars(select(communities.c.id).where(communities.c.id.in_(names)))
    ids = [CommunityId(id) for id in found]
    for id in ids:
        await SqlBelongings(main).remove(id)
    return len(ids)


async def _end_polls(main: AsyncConnection, key_store: AsyncConnection, now: datetime) -> int:
    """The clock then closes them as polls whose answers were lost, and says so to those asked."""
    ids = (await main.scalars(select(polls.c.id).where(polls.c.closed.is_(None)))).all()
    late = update(polls).where(polls.c.closed.is_(None), polls.c.closes > now)
    await main.execute(late.values(closes=now))
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        await key_store.execute(delete(poll_keys).where(poll_keys.c.id.in_(some)))
    return len(ids)


async def _pass_waves(main: AsyncConnection, now: datetime) -> None:
    """One that opened after the backup would ask the same people once more."""
    shelf = SqlPulses(main)
    for id in (await main.scalars(select(pulses.c.id).where(pulses.c.next_wave <= now))).all():
        if (pulse := await shelf.pulse(id)) is not None:
            await shelf.set_next_wave(id, pulse.coming(now + timedelta(seconds=1))[1])


async def _pass_weeks(main: AsyncConnection, now: datetime) -> None:
    """Weeks after the backup may have had their digest, over cases that are otherwise now. So none is
    sent of them, and what was carried on then, which one of those may have shown, is not."""
    shelf = SqlDigests(main)
    for id in (await main.scalars(select(digests.c.community))).all():
        row = await shelf.held(CommunityId(id))
        standing = row.standing.anew(row.plan, now)
        due = None if row.due is None else standing.due(row.plan)
        await shelf.keep(replace(row, standing=standing, due=due, carried=None))


async def _drop_changes(main: AsyncConnection, hold: Collection[str]) -> int:
    """Any of them may have been withdrawn since: whoever still wants one asks for it again."""
    ids = (await main.scalars(select(pending_changes.c.id))).all()
    waiting = [id for id in ids if PENDING.place.format(id=id) not in hold]
    for id in waiting:
        await main.execute(delete(pending_changes).where(pending_changes.c.id == id))
    return len(waiting)


async def _doubt(main: AsyncConnection, now: datetime) -> int:
    """What was due may have been said after the backup was made: it is shown, and not said again."""
    still = outbox.c.fate.in_([Fate.WAITING.value, Fate.LEASED.value])
    ids = (await main.scalars(select(outbox.c.id).where(still, outbox.c.not_before <= now))).all()
    for id in ids:
        await SqlOutbox(main).given_up(id, Fate.IN_DOUBT)
    return len(ids)
