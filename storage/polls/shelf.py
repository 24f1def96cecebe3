"""Polls and waves in SQL, from the opening to the close. What is shown of one is stored once."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, insert, or_, select, update

from bot import ports
from bot.domain.communities import CommunityId
from bot.domain.polls import Poll, PollId, PulseId
from bot.domain.privacy import Result
from storage.arrays import listed
from storage.polls.ballots import OPEN_AT_NOW, SqlBallots
from storage.polls.pulses import SqlPulses
from storage.polls.rows import poll_from_row, poll_to_row, result_to_json
from storage.tables import ballots, polls

#: Comments are asked for by name: who reads a poll does not carry them along.
_POLLS = select(*(column for column in polls.c if column.name != "sealed_comments"))
_NOT_CLOSED = polls.c.closed.is_(None)
_GET = _POLLS.where(polls.c.id == bindparam("id"))
_HELD = _GET.with_for_update()
_OF = _POLLS.where(polls.c.community == bindparam("community"))
_OPEN = _OF.where(*OPEN_AT_NOW).order_by(polls.c.closes, polls.c.id)
_LATEST = _OF.order_by(polls.c.opens.desc(), polls.c.id).limit(bindparam("most"))
_CLOSING = (
    select(polls.c.id)
    .where(polls.c.community == bindparam("community"), _NOT_CLOSED)
    .where(polls.c.closes <= bindparam("upto"))
    .limit(1)
)
_TO_CLOSE = (
    select(polls.c.id)
    .where(_NOT_CLOSED, polls.c.closes <= bindparam("now"))
    .order_by(polls.c.closes, polls.c.id)
)
_COMMENTED = (
    select(polls.c.id)
    .where(polls.c.sealed_comments.is_not(None), polls.c.closed < bindparam("before"))
    .order_by(polls.c.id)
)
_STILL_OPEN = select(polls.c.id).where(listed(polls.c.id), _NOT_CLOSED)
_ARE_CLOSED = select(polls.c.id, polls.c.closed).where(listed(polls.c.id))


class SqlPolls(SqlBallots, SqlPulses, ports.Polls):
    async def add(self, poll: Poll) -> None:
        await self._connection.execute(insert(polls).values(poll_to_row(poll)))

    async def get(self, id: PollId) -> Poll | None:
        return await self._one(_GET, id=id)

    async def held(self, id: PollId) -> Poll | None:
        return await self._one(_HELD, id=id)

    async def open(self, community: CommunityId, now: datetime) -> list[Poll]:
        return await self._all(_OPEN, community=community, now=now)

    async def of(self, community: CommunityId, most: int) -> list[Poll]:
        return await self._all(_LATEST, community=community, most=most)

    async def closing(self, community: CommunityId, upto: datetime) -> bool:
        given = {"community": community, "upto": upto}
        return await self._connection.scalar(_CLOSING, given) is not None

    async def closed_between(
        self, community: CommunityId, since: datetime, upto: datetime
    ) -> tuple[PollId, ...]:
        # Of one closed by hand its second is kept, and in the second of a digest that came after it.
        in_time = (polls.c.closed == polls.c.closes, polls.c.closed > since, polls.c.closed <= upto)
        early = (polls.c.closed < polls.c.closes, polls.c.closed >= since, polls.c.closed < upto)
        mine = (polls.c.community == community, or_(and_(*in_time), and_(*early)))
        query = select(polls.c.id).where(*mine).order_by(polls.c.closed, polls.c.id)
        return tuple(PollId(id) for id in await self._connection.scalars(query))

    async def without_outcome(self, community: CommunityId, most: int) -> list[Poll]:
        mine = (polls.c.community == community, polls.c.closed.is_not(None), polls.c.outcome == "")
        later = polls.alias()
        followed = select(later.c.id).where(
            later.c.pulse == polls.c.pulse,
            later.c.wave > polls.c.wave,
            later.c.closed.is_not(None),
        )
        newest = (
            _POLLS.where(*mine, ~followed.exists())
            .order_by(polls.c.closed.desc(), polls.c.id)
            .limit(most)
        )
        return (await self._all(newest))[::-1]

    async def waves(self, pulse: PulseId, upto: int, most: int) -> list[Poll]:
        closed = _POLLS.where(polls.c.pulse == pulse, polls.c.closed.is_not(None))
        closed = closed.where(polls.c.wave <= upto)
        return (await self._all(closed.order_by(polls.c.wave.desc()).limit(most)))[::-1]

    async def keep_outcome(self, id: PollId, outcome: str) -> None:
        await self._change(polls.c.id == id, outcome=outcome)

    async def to_close(self, now: datetime) -> list[PollId]:
        found = await self._connection.scalars(_TO_CLOSE, {"now": now})
        return [PollId(id) for id in found]

    async def close(self, id: PollId, result: Result, comments: bytes | None, at: datetime) -> None:
        # The poll first: from here on nobody casts in it, and no ballot comes after the deleting.
        kept = {"result": result_to_json(result), "sealed_comments": comments, "closed": at}
        await self._change(polls.c.id == id, **kept)
        await self._connection.execute(delete(ballots).where(ballots.c.poll == id))

    async def comments(self, id: PollId) -> bytes | None:
        query = select(polls.c.sealed_comments).where(polls.c.id == id)
        found: bytes | None = await self._connection.scalar(query)
        return found

    async def commented(self, before: datetime) -> list[PollId]:
        found = await self._connection.scalars(_COMMENTED, {"before": before})
        return [PollId(id) for id in found]

    async def forget_comments(self, ids: Collection[PollId]) -> None:
        await self._change(polls.c.id.in_(ids), sealed_comments=None)

    async def still_open(self, ids: Collection[PollId]) -> set[PollId]:
        found = await self._connection.scalars(_STILL_OPEN, {"ids": list(ids)}) if ids else ()
        return {PollId(id) for id in found}

    async def are_closed(self, ids: Collection[PollId]) -> dict[PollId, bool]:
        found = await self._connection.execute(_ARE_CLOSED, {"ids": list(ids)})
        return {PollId(row.id): row.closed is not None for row in found}

    async def _change(self, *which: Any, **values: Any) -> None:
        await self._connection.execute(update(polls).where(*which).values(values))

    async def _one(self, query: Any, **given: Any) -> Poll | None:
        found = await self._all(query, **given)
        return found[0] if found else None

    async def _all(self, query: Any, **given: Any) -> list[Poll]:
        found = await self._connection.execute(query, given)
        return [poll_from_row(row) for row in found.mappings()]
