"""Journey 6: the digest comes once, on Monday at nine by the clock on the wall. One class for each
platform; what is asked of them is the same."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from tests.fakes import discord_week, slack_week
from tests.fakes.world import World

DIGEST = "Every case was answered in time"


class Digested(Protocol):
    """Where a community's organisers read."""

    @property
    def world(self) -> World: ...

    async def keeps(self, zone: str) -> str:
        """An organiser says by which clock; what they are told."""
        ...

    def heard(self) -> int:
        """How many digests came to the organisers' room since this was called last."""
        ...

    async def restart(self) -> None: ...


@dataclass
class OnSlack:
    town: slack_week.Town
    read: int = 0

    @property
    def world(self) -> World:
        return self.town.world

    async def keeps(self, zone: str) -> str:
        organiser = self.town.person("organiser")
        await organiser.types("/digest", "set", self.town.organisers)
        return await organiser.submits(zone=zone)

    def heard(self) -> int:
        messages = self.town.organisers.messages
        new, self.read = messages[self.read :], len(messages)
        return sum(DIGEST in slack_week.words(one) for one in new)

    async def restart(self) -> None:
        await self.town.restart()


@dataclass
class OnDiscord:
    town: discord_week.Town
    read: int = 0

    @property
    def world(self) -> World:
        return self.town.world

    async def keeps(self, zone: str) -> str:
        organiser = self.town.person("organiser")
        await organiser.types("digest", "set", self.town.organisers)
        return await organiser.submits(zone=zone)

    def heard(self) -> int:
        messages = self.town.organisers.messages
        new, self.read = messages[self.read :], len(messages)
        return sum(DIGEST in discord_week.words(one.data) for one in new)

    async def restart(self) -> None:
        await self.town.restart()


async def comes_at_nine_in_summer_and_in_winter(of: Digested) -> None:
    """Berlin puts its clocks back on the last Sunday of October."""
    clock = of.world.clock
    assert "Monday at 09:00 (Europe/Berlin)" in await of.keeps("Europe/Berlin")
    back = clock.at.replace(year=clock.at.year + (clock.at.month > 9), month=10, day=31)
    back -= timedelta(days=(back.weekday() + 1) % 7)
    clock.at = (back - timedelta(days=6)).replace(hour=6, minute=0)
    await of.world.tick()
    of.heard()
    for hours in (1, 7 * 24 + 1):
        await of.world.live(hours=hours - 1, minutes=59)
        assert of.heard() == 0
        await of.world.live(minutes=1)
        assert of.heard() == 1
    assert (clock.at.date(), clock.at.hour) == (back.date() + timedelta(days=1), 8)
    assert "Monday at 09:00 (UTC)" in await of.keeps("UTC")


async def comes_once_whatever_becomes_of_the_process(of: Digested) -> None:
    """From a Monday, half past seven."""
    await of.world.live(hours=1, minutes=29)
    assert of.heard() == 0
    await of.restart()
    await of.world.live(minutes=1)
    assert of.heard() == 1
    await of.restart()
    await of.world.live(days=6)
    assert of.heard() == 0
