"""Journey 6: the digest comes once, on Monday at nine by the clock on the wall. One class for each
platform; what is asked of them is the same."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from tests.fakes import discord_week, slack_week
from tests.fakes.world import World

DIGEST = "Every case was answered in time"


@dataclass
class Digested:
    """Where a community's organisers read; ``read``: how many messages there were when last looked."""

    town: Any
    read: int = 0
    command: ClassVar[str]

    @staticmethod
    def words(message: Any) -> str:
        raise NotImplementedError

    @property
    def world(self) -> World:
        world: World = self.town.world
        return world

    async def keeps(self, zone: str) -> str:
        """An organiser says by which clock; what they are told."""
        organiser = self.town.person("organiser")
        await organiser.types(self.command, "set", self.town.organisers)
        return str(await organiser.submits(zone=zone))

    def heard(self) -> int:
        """How many digests came to the organisers' room since this was called last."""
        messages = self.town.organisers.messages
        new, self.read = messages[self.read :], len(messages)
        return sum(DIGEST in self.words(one) for one in new)


class OnSlack(Digested):
    command = "/digest"

    @staticmethod
    def words(message: Any) -> str:
        return slack_week.words(message)


class OnDiscord(Digested):
    command = "digest"

    @staticmethod
    def words(message: Any) -> str:
        return discord_week.words(message.data)


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
    await of.town.restart()
    await of.world.live(minutes=1)
    assert of.heard() == 1
    await of.town.restart()
    await of.world.live(days=6)
    assert of.heard() == 0
