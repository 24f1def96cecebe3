"""What is open in a talk outlives what only the account's connection dies of."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.matrix import app
from adapters.matrix.syncing import Memory
from tests.fakes.acts import STORY
from tests.fakes.lines import Room, here, talks_in
from tests.fakes.matrix_people import crowd_on
from tests.fakes.matrix_town import Town, town_on
from tests.fakes.synapse import Synapse
from tests.fakes.world import World, caller

SYNAPSE = pytest.mark.xdist_group("synapse")
TO_SEND = ("1", "4", "2", "4", STORY, "skip")


class Failing(Memory):
    """A memory that is away at times: as many as ``fails`` says, from now on. ``failed``: so often."""

    def __init__(self, memory: Memory) -> None:
        self._memory, self.fails, self.failed = memory, 0, 0

    async def remembered(self, name: str) -> str | None:
        return await self._memory.remembered(name)

    async def remember(self, name: str, value: str) -> None:
        if self.fails:
            self.fails, self.failed = self.fails - 1, self.failed + 1
            raise ConnectionError("the database is away")
        await self._memory.remember(name, value)


@pytest.fixture
async def town(
    synapse: Synapse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Town]:
    monkeypatch.setattr(app, "FIRST_PAUSE", 0.01)
    async with crowd_on(synapse) as crowd, town_on(crowd, tmp_path) as made:
        yield made


@SYNAPSE
async def test_a_form_stays_open_when_it_cannot_be_remembered_how_far_was_read(town: Town) -> None:
    await town.serving.aclose()
    memory = town.platform._memory = Failing(town.platform._memory)  # type: ignore[assignment]  # the plant
    await town.begin()
    worker = town.talk("worker")
    await worker.opens()
    await worker.person.says(town.general, "!grievance")
    assert "Before you write" in await worker.hears("Before you write")
    for typed in TO_SEND:
        memory.fails = 1
        failed = memory.failed
        await worker.says(typed)
        await town.until(lambda failed=failed: memory.failed > failed)
        await town.until(town.platform.post.connected)
    await worker.person.says(worker.room, "send")
    assert "Sent." in await worker.hears("Sent.")


async def test_what_comes_twice_is_answered_as_before_and_changes_nothing(world: World) -> None:
    """As where it was handled, and it could not be remembered that it was."""
    talks = talks_in(world)
    noor = Room(talks, "noor-haddad")
    await noor.type("!grievance", here(noor.who))
    await noor.type("1")
    alone = caller(noor.who)
    four = replace(alone, space="", once="$four")
    first = await talks.heard(noor.id, "4", four)
    assert await talks.heard(noor.id, "4", four) == first
    assert "3 of 5" in await noor.type("2", replace(four, once="$two"))
    assert await talks.heard(noor.id, "4", four) == []
