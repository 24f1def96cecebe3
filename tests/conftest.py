"""Fixtures for all tests."""

import gc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.settings import Where
from tests.fakes import compiled
from tests.fakes.postgres import postgres as postgres
from tests.fakes.synapse import synapse as synapse
from tests.fakes.world import World, folders, new_world

compiled.once()


def pytest_collection_finish() -> None:
    """What is loaded by now stays: it is not looked through for rubbish after every few tests."""
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)


@pytest.fixture
def where(tmp_path: Path) -> Where:
    return folders(tmp_path)


@pytest.fixture
async def world(where: Where) -> AsyncIterator[World]:
    """The seeded community in an empty world."""
    async with new_world(where) as made:
        yield made
