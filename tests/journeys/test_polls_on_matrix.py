"""Polls over a real homeserver and in the sandbox at once: asked in both, answered in both, one floor.

The clock stands where people have been members for long enough to be counted. Pictures are drawn as
they are for everybody. What was asked in one test is closed when the next one begins.
"""

from collections.abc import AsyncIterator
from typing import Any

import nio
import pytest
import pytest_asyncio
from nio.crypto import decrypt_attachment

from adapters.charts.process import PNG, SubprocessCharts
from adapters.matrix.sending import sized
from tests.fakes.acts import Acts, shown
from tests.fakes.matrix_people import crowd_on
from tests.fakes.matrix_talk import Talk
from tests.fakes.matrix_town import CODE, Town, settled, town_on
from tests.fakes.synapse import Synapse
from tests.journeys.asking import answers, posted

pytestmark = [pytest.mark.xdist_group("synapse"), pytest.mark.asyncio(loop_scope="module")]

WORKERS = ("worker", "colleague")  #: they are asked for the code
STAY = "3"  #: where the question stands in the bank
WEEKLY, THREE_DAYS, NOW, NO_COMMENT = "1", "3", "skip", "no"
YES, NO = "1", "2"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_town(
    synapse: Synapse, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    folder, charts = tmp_path_factory.mktemp("town"), SubprocessCharts()
    async with (
        crowd_on(synapse) as crowd,
        town_on(crowd, folder, begins=settled(), charts=charts) as made,
    ):
        yield made
    await charts.close()


async def answered(town: Town, **given: str) -> None:
    """Each in a talk of their own; by one number, or more where they change their mind."""
    for name, (first, *more) in given.items():
        talk = await town.begun(name)
        said = await talk.lines("!pulse", *([CODE] if name in WORKERS else []), first)
        for one in more:
            said = await talk.lines("answer again", one)
        assert said.startswith("Your answer is kept"), said


async def in_the_sandbox(town: Town, *given: str) -> None:
    for n, one in enumerate(given):
        await answers(Acts(town.world), f"somebody-{n}", q1=one)


async def picture(talk: Talk) -> bytes:
    """The last thing that came there, as its reader's client opens it."""
    one = talk.heard[-1]
    assert isinstance(one, nio.RoomEncryptedImage)
    loaded: Any = await talk.person.client.download(one.url)
    assert PNG not in loaded.body, "the homeserver has it sealed"
    png = decrypt_attachment(loaded.body, one.key["k"], one.hashes["sha256"], one.iv)
    assert png.startswith(PNG)
    assert (sized(png, "").width, sized(png, "").height) > (600, 200), "as it was drawn"
    return bytes(png)


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
    await in_the_sandbox(town, "yes", "yes", "yes", "no", "no")
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
    await in_the_sandbox(town, "yes", "yes", "yes")
    await town.world.live(days=2, hours=1)
    assert "withheld" in await room.hears("Results of a poll")
    assert "withheld" in shown(posted(town.world)[-1])


async def test_a_pulse_is_asked_week_by_week_and_shows_what_has_changed(town: Town) -> None:
    room, organisers = town.talk("worker", town.general), town.talk("organiser", town.organisers)
    await organisers.reads()
    organiser = await town.begun("organiser")
    planned = await organiser.lines(
        "!poll pulse", STAY, WEEKLY, THREE_DAYS, NOW, NO_COMMENT, "send"
    )
    assert "Then every week at the same hour." in planned
    await town.world.bot.tick()
    assert "at the same place a year from now?" in await room.hears("Pulse, wave 1")
    await answered(town, worker=YES, colleague=NO + YES, rep=YES, organiser=YES, moderator=NO)
    await in_the_sandbox(town, "yes", "no", "no")
    await town.world.live(days=3)
    results = await room.hears("Pulse results, wave 1")
    assert "- Yes: 50-75 %\n- No: 25-50 %" in results
    assert "Over time" not in results
    pictures = [await picture(room)]

    organiser = await town.begun("organiser")
    assert "wave 1" in await organiser.says("!poll results")
    await organiser.lines("1", "say what came of it", "We asked: Fridays are free.")
    assert "What came of it: We asked: Fridays are free." in await organiser.says("send")
    await town.world.live(days=4)
    asked = await room.hears("Pulse, wave 2")
    assert "What came of the last wave: We asked: Fridays are free." in asked

    await answered(town, worker=NO)
    await in_the_sandbox(town, "no", "no", "no")
    await town.world.live(days=3)
    results = await room.hears("Pulse results, wave 2")
    assert "withheld: fewer than 5 answers" in results
    assert "wave 1 50-75 % and wave 2 not shown." in results
    pictures.append(await picture(room))
    digest = await organisers.hears("Pulse, wave 1, opened")
    assert "Still there in a year: yes: 50-75 %" in digest
    assert "Pulse, wave 1" not in digest.rpartition("without an outcome")[2]
    await picture(organisers)

    await town.world.live(days=4)
    assert "What came of" not in (await room.hears("Pulse, wave 3")).partition("Pulse, wave 3")[2]
    await answered(town, worker=NO, rep=YES)
    await in_the_sandbox(town, "yes", "yes", "no", "no", "no", "no")
    await town.world.live(days=3)
    results = await room.hears("Pulse results, wave 3")
    assert "- Yes: 25-50 %\n- No: 50-75 %" in results
    trend = "wave 1 50-75 %, wave 2 not shown, and wave 3 25-50 %."
    assert results.count(trend) == 2, "in the card, and beside its picture"
    pictures.append(await picture(room))
    assert len(set(pictures)) == 3
    digest = await organisers.hears("Pulse, wave 2, opened")
    assert "withheld: fewer than 5 answers" in digest
    assert ": closed 4 days ago" in digest.rpartition("without an outcome")[2]

    organiser = await town.begun("organiser")
    assert "End pulse 1" in await organiser.says("!poll close")
    assert "The pulse has ended" in await organiser.lines("1", "yes")
    await town.world.live(days=8)
    assert "wave 4" not in await room.news()
