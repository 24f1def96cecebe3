"""Fixtures for all tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.settings import Where
from tests.fakes.postgres import postgres as postgres
from tests.fakes.world import World, folders, new_world


@pytest.fixture
def where(tmp_path: Path) -> Where:
    return folders(tmp_path)


@pytest.fixture
async def world(where: Where) -> AsyncIterator[World]:
    """The seeded community in an empty world."""
    async with new_world(where) as made:
        yield made
