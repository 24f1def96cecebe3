"""Pulses in SQL: the schedules, and when each has its next wave."""

from datetime import datetime

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.communities import CommunityId
from bot.domain.polls import Pulse, PulseId
from storage.polls.rows import pulse_from_row, pulse_to_row
from storage.tables import pulses

_PULSE = select(pulses).where(pulses.c.id == bindparam("id")).with_for_update()
_PULSES = (
    select(pulses)
    .where(pulses.c.community == bindparam("community"), pulses.c.next_wave.is_not(None))
    .order_by(pulses.c.next_wave, pulses.c.id)
)
_WAVES_DUE = (
    select(pulses.c.id)
    .where(pulses.c.next_wave <= bindparam("now"))
    .order_by(pulses.c.next_wave, pulses.c.id)
)


class SqlPulses:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add_pulse(self, pulse: Pulse, next_wave: datetime) -> None:
        row = pulse_to_row(pulse) | {"next_wave": next_wave}
        await self._connection.execute(insert(pulses).values(row))

    async def pulse(self, id: PulseId) -> Pulse | None:
        row = (await self._connection.execute(_PULSE, {"id": id})).mappings().one_or_none()
        return None if row is None else pulse_from_row(row)

    async def pulses(self, community: CommunityId) -> list[tuple[Pulse, datetime]]:
        found = (await self._connection.execute(_PULSES, {"community": community})).mappings()
        return [(pulse_from_row(row), row["next_wave"]) for row in found]

    async def waves_due(self, now: datetime) -> list[PulseId]:
        found = await self._connection.scalars(_WAVES_DUE, {"now": now})
        return [PulseId(id) for id in found]

    async def next_wave_of(self, id: PulseId) -> datetime | None:
        query = select(pulses.c.next_wave).where(pulses.c.id == id)
        found: datetime | None = await self._connection.scalar(query)
        return found

    async def set_next_wave(self, id: PulseId, at: datetime | None) -> None:
        change = update(pulses).where(pulses.c.id == id).values(next_wave=at)
        await self._connection.execute(change)
