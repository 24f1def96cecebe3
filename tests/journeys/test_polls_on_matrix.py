"""Polls over a real homeserver and in the sandbox at once: asked in both, answered in both, one floor.

The clock stands where people have been members for long enough to be counted.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.fakes.acts import Acts, shown
from tests.fakes.matrix_people import crowd_on
from tests.fakes.matrix_town import CODE, Town, settled, town_on
from tests.fakes.synapse import Synapse
from tests.journeys.asking import answers, posted

pytestmark = [pytest.mark.xdist_group("synapse"), pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_town(
    synapse: Synapse, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    async with crowd_on(synapse) as crowd, town_on(crowd, folder, begins=settled()) as made:
        yield made


async def test_a_poll_is_asked_and_answered_in_both_spaces_under_one_floor(town: Town) -> None:
    organiser = await town.begun("organiser")
    rooms = [town.talk(name, town.general) for name in ("worker", "colleague")]
    await organiser.lines("!poll new", "Shall we ask for rest days?", "5", "skip", "2", "no")
    assert "The poll is open" in await organiser.says("yes")
    await town.world.bot.tick()
    assert "You can type !pulse." in await rooms[0].hears("rest days")
    assert "Shall we ask for rest days?" in shown(posted(town.world)[-1])

    worker, colleague = await town.begun("worker"), await town.begun("colleague")
    await worker.lines("!pulse", CODE, "1")
    assert (await worker.lines("answer again", "2")).startswith("Your answer is kept")
    assert (await colleague.lines("!pulse", CODE, "1")).startswith("Your answer is kept")
    acts = Acts(town.world)
    for name, answer in zip("abcde", ("yes", "yes", "yes", "no", "no"), strict=True):
        await answers(acts, name, q1=answer)
    await town.world.live(days=2, hours=1)
    for room in rooms:
        results = await room.hears("Results of a poll")
        assert "You can write to me alone: https://matrix.to" in results
        assert "Yes: 50-75 %" in results
        assert "No: 25-50 %" in results
        assert "Yes: 50-75 % and No: 25-50 %." in results, "the chart, in words"
    assert "50-75 %" in shown(posted(town.world)[-1])


async def test_below_the_floor_everything_is_withheld_in_both(town: Town) -> None:
    organiser = await town.begun("organiser")
    room = town.talk("worker", town.general)
    await organiser.lines("!poll new", "Shall we ask for a raise?", "5", "skip", "2", "no", "yes")
    worker = await town.begun("worker")
    await worker.lines("!pulse", CODE, "1")
    for name in ("noor", "marta", "jun"):
        await answers(Acts(town.world), name, q1="yes")
    await town.world.live(days=2, hours=1)
    assert "withheld" in await room.hears("Results of a poll")
    assert "withheld" in shown(posted(town.world)[-1])
