"""Fixtures for journeys."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.ports import Noted
from tests.fakes.acts import Acts
from tests.fakes.matrix_people import crowd_on, stock
from tests.fakes.matrix_town import Town, town_on
from tests.fakes.synapse import Synapse
from tests.fakes.world import World


@pytest.fixture
def acts(world: World) -> Acts:
    """People in the seeded community's world, and all that they are shown."""
    return Acts(world)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_town(
    synapse: Synapse, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    """The town on a homeserver that a module's tests share."""
    folder = tmp_path_factory.mktemp("town")
    async with crowd_on(synapse) as crowd, town_on(crowd, folder) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def town(one_town: Town) -> AsyncIterator[Town]:
    """Its next Monday, 07:30: an hour and a half before a slot."""
    with stock():
        await one_town.monday()
        yield one_town
    assert one_town.wrong == []
    assert Noted.BUG not in {event for event, _ in one_town.world.log.lines}
