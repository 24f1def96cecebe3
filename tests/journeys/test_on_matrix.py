"""What people do, over a real homeserver: each with a client of their own, all of it encrypted."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.matrix_people import crowd_on
from tests.fakes.matrix_town import CODE, Town, town_on
from tests.fakes.synapse import Synapse

pytestmark = pytest.mark.xdist_group("synapse")


@pytest.fixture
async def town(synapse: Synapse, tmp_path: Path) -> AsyncIterator[Town]:
    async with crowd_on(synapse) as crowd, town_on(synapse, crowd, tmp_path) as made:
        yield made
        assert made.wrong == []
        assert made.world.log.lines == []  # no bug was noted


async def test_a_worker_is_asked_for_their_community_and_sees_the_label_first(town: Town) -> None:
    worker = town.talk("worker")
    assert "!grievance" in await worker.opens()
    assert "Community code" in await worker.says("!grievance")
    label = await worker.says(CODE)
    assert "Your name is not kept" in label
    assert "or the bot's can tell that you write to this bot, and when." in label
    assert "may read what you type" not in label
    assert "1. Continue" in label
