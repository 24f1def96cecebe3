"""One community in a world with several platforms: each is a side of it, with people of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from bot import ports
from bot.domain.communities import Community
from bot.settings import Where
from tests.fakes.world import HandClock, World, new_world


class Side(Protocol):
    """What one platform brings into a world before anything runs there."""

    def change(self, seeded: Community) -> Community:
        """The community with its place there, and accounts of its staff."""
        ...

    def beside(self, open_work: ports.OpenWork, vault: ports.Vault) -> dict[str, ports.Post]:
        """Its mouth, once the memory is open."""
        ...


@asynccontextmanager
async def world_of(
    where: Where, clock: HandClock, *sides: Side, **more: Any
) -> AsyncIterator[World]:
    """``more``: see new_world."""

    def change(seeded: Community) -> Community:
        for one in sides:
            seeded = one.change(seeded)
        return seeded

    def beside(open_work: ports.OpenWork, vault: ports.Vault) -> dict[str, ports.Post]:
        return {name: post for one in sides for name, post in one.beside(open_work, vault).items()}

    async with new_world(where, change=change, beside=beside, clock=clock, **more) as world:
        yield world
