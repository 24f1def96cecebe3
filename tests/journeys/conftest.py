"""Fixtures for journeys."""

import pytest

from tests.fakes.acts import Acts
from tests.fakes.matrix_week import one_town as one_town
from tests.fakes.matrix_week import town as town
from tests.fakes.world import World


@pytest.fixture
def acts(world: World) -> Acts:
    """People in the seeded community's world, and all that they are shown."""
    return Acts(world)
