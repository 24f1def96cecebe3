"""One community on two homeservers that know nothing of each other, with an account of the bot at each.

Who is on one cannot write to anybody on the other: only the bot leads from here to there.
"""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.fakes.acts import RECEIPT, STORY, Acts
from tests.fakes.matrix_host import Host, host_of
from tests.fakes.matrix_people import crowd_on
from tests.fakes.matrix_place import Place
from tests.fakes.matrix_town import CODE, Town, settled, town_on
from tests.fakes.synapse import Synapse, started
from tests.journeys.asking import answers

pytestmark = [pytest.mark.xdist_group("synapse"), pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module")
def beyond(pytestconfig: pytest.Config) -> Iterator[Synapse]:
    """Another homeserver, for as long as it is needed."""
    with started(pytestconfig, name="dock.test") as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def host(synapse: Synapse) -> AsyncIterator[Host]:
    """Whoever stands between the first homeserver and the bot."""
    async with host_of(synapse.url) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_town(
    synapse: Synapse, host: Host, beyond: Synapse, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    async with (
        crowd_on(synapse) as here,
        crowd_on(beyond) as there,
        town_on(here, folder, host.url, begins=settled(), beyond=[there]) as made,
    ):
        yield made


@pytest.fixture
def dock(one_town: Town) -> Place:
    """The place on the other homeserver."""
    (other,) = one_town.beyond
    return other


async def test_a_rep_on_one_homeserver_answers_a_worker_on_the_other(
    town: Town, dock: Place
) -> None:
    worker, karim = await town.begun("worker"), await dock.begun("rep")
    assert await karim.says("!cases") == await (await town.begun("rep")).says("!cases")
    await worker.lines("!grievance", CODE, "1", "4", "2", "4", STORY, "skip")
    (receipt,) = set(RECEIPT.findall(await worker.says("send")))
    await town.world.live(days=1, hours=2)  # the rep on duty lets it climb to all reps
    assert "A case needs you by" in await karim.hears("needs you")
    assert "1 case." in await (await town.begun("rep")).says("!cases")
    assert STORY in await karim.lines("!cases", "1")
    await karim.lines("acknowledge", "2", "How often?", "send")
    await town.world.slot()
    worker = await town.begun("worker")
    assert "asked: How often?" in await worker.lines("!receipt", CODE, receipt)
    await worker.lines("1", "Every night.", "send")
    await town.world.slot()
    assert "The reporter: Every night." in await (await dock.begun("rep")).lines("!cases", "1")


async def test_a_poll_is_asked_on_both_and_has_one_floor(town: Town, dock: Place) -> None:
    organiser = await dock.begun("organiser")
    rooms = [one.talk("worker", one.general) for one in (town, dock)]
    await organiser.lines("!poll new", "Shall we ask for rest days?", "5", "skip", "2", "no", "yes")
    await town.world.bot.tick()
    for place, room in zip((town, dock), rooms, strict=True):
        assert place.bot in await room.hears("rest days"), "whom to write to there"
        for name in ("worker", "colleague"):
            talk = await place.begun(name)
            assert (await talk.lines("!pulse", CODE, "1")).startswith("Your answer is kept")
    await answers(Acts(town.world), "somebody", q1="yes")
    await town.world.live(days=2, hours=1)
    results = [await room.hears("Results of a poll") for room in rooms]
    assert all("clear majority: Yes" in one for one in results)


async def test_while_one_is_away_all_goes_on_at_the_other_and_nothing_is_lost(
    town: Town, dock: Place, host: Host
) -> None:
    here, there = (one.talk("worker", one.general) for one in (town, dock))
    for room in (here, there):
        await room.reads()
    ines, karim = await town.begun("rep"), await dock.begun("rep")
    host.answers = lambda method, path: (502, {})
    asked = await ines.person.says(ines.room, "!reps")
    await town.until(lambda: not town.platform.post.connected())
    await Acts(town.world).file("somebody", "send_urgent")
    await town.world.slot()
    assert "Look again" in await there.hears("Hold a receipt?")
    assert "Your cases" in await karim.says("!cases")
    assert await here.news() == ""
    host.answers = lambda method, path: None
    await town.until(town.platform.post.connected)
    await town.world.live(minutes=10)
    assert "Look again" in await here.hears("Hold a receipt?")
    await town.watched.done(asked)
    heard = await ines.hears("needs you")
    assert "A case needs you" in heard, "no other account can reach her"
    assert "Who hears cases here" in heard
    assert await there.news() == ""


def cut(method: str, path: str) -> None:
    """The homeserver has taken it, and its answer never comes."""
    if "/send/" in path:
        raise ConnectionResetError


async def test_a_digest_that_was_taken_and_not_answered_for_is_there_once(
    town: Town, dock: Place, host: Host
) -> None:
    rooms = [one.talk("organiser", one.organisers) for one in (town, dock)]
    for room in rooms:
        await room.reads()
    host.after = cut
    await town.world.slot()
    assert "Digest of" in await rooms[0].hears(), "for it was taken"
    await town.restart()
    host.after = lambda method, path: None
    await town.world.live(minutes=30)
    assert await rooms[0].news() == ""
    assert (await rooms[1].hears()).count("Digest of") == 1
