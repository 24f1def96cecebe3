"""Pulses in SQL: the schedules, and when each has its next wave."""

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.communities import CommunityId
from bot.domain.polls import Pulse, PulseId
from storage.polls.rows import pulse_from_row, pulse_to_row
from storage.tables import pulses


class SqlPulses:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add_pulse(self, pulse: Pulse, next_wave: datetime) -> None:
        row = pulse_to_row(pulse) | {"next_wave": next_wave}
        await self._connection.execute(insert(pulses).values(row))

    async def pulse(self, id: PulseId) -> Pulse | None:
        query = select(pulses).where(pulses.c.id == id).with_for_update()
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return None if row is None else pulse_from_row(row)

    async def pulses(self, community: CommunityId) -> list[tuple[Pulse, datetime]]:
        mine = (pulses.c.community == community, pulses.c.next_wave.is_not(None))
        query = select(pulses).where(*mine).order_by(pulses.c.next_wave, pulses.c.id)
        found = (await self._connection.execute(query)).mappings()
        return [(pulse_from_row(row), row["next_wave"]) for row in found]

    async def waves_due(self, now: datetime) -> list[PulseId]:
        query = select(pulses.c.id).where(pulses.c.next_wave <= now)
        found = await self._connection.scalars(query.order_by(pulses.c.next_wave, pulses.c.id))
        return [PulseId(id) for id in found]

    async def next_wave(self) -> datetime | None:
        query = select(pulses.c.next_wave).where(pulses.c.next_wave.is_not(None))
        found: datetime | None = await self._connection.scalar(
            query.order_by(pulses.c.next_wave).limit(1)
        )
        return found

    async def next_wave_of(self, id: PulseId) -> datetime | None:
        query = select(pulses.c.next_wave).where(pulses.c.id == id)
        found: datetime | None = await self._connection.scalar(query)
        return found

    async def set_next_wave(self, id: PulseId, at: datetime | None) -> None:
        change = update(pulses).where(pulses.c.id == id).values(next_wave=at)
        await self._connection.execute(change)
