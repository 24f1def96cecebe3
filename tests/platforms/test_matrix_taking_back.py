"""What passes is taken back: half an hour after it was shown, when a talk ends, when the program stops."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import nio
import pytest

from adapters.matrix.talks import Talks
from bot.domain.grievances.receipts import RECEIPT
from tests.fakes.acts import STORY, Acts
from tests.fakes.lines import Room, here, talks_in
from tests.fakes.matrix_host import Host
from tests.fakes.matrix_people import Person, crowd_on
from tests.fakes.matrix_talk import Talk
from tests.fakes.matrix_town import Town, town_on
from tests.fakes.synapse import Synapse
from tests.fakes.world import World

SYNAPSE = pytest.mark.xdist_group("synapse")
NOOR, INES = "noor-haddad", "ines-moreau"
TO_PREVIEW = ("1", "4", "2", "4", STORY, "skip")
SILENT = timedelta(minutes=31)


@pytest.fixture
def talks(world: World) -> Talks:
    return talks_in(world)


def tidied(talks: Talks, *rooms: Room) -> list[bool]:
    """What goes now is gone; whether each room stays, whose there is something to take back of."""
    overs = talks.over()
    for over in overs:
        for room in rooms:
            for event in over.redact:
                room.messages.pop(event, None)
    return [over.stays for over in overs]


async def sent(talks: Talks) -> Room:
    noor = Room(talks, NOOR)
    await noor.type("!grievance", here(NOOR))
    await noor.lines(*TO_PREVIEW, "send")
    assert RECEIPT.search(noor.sight)
    return noor


async def test_a_receipt_goes_half_an_hour_after_it_was_shown_whatever_is_typed_meanwhile(
    world: World, talks: Talks
) -> None:
    noor = await sent(talks)
    for _ in range(2):
        await world.live(minutes=14)
        await noor.type("help")
        assert tidied(talks, noor) == []
    assert RECEIPT.search(noor.sight)
    await world.live(minutes=3)
    assert tidied(talks, noor) == [True]
    assert not RECEIPT.search(noor.sight)
    assert talks.goes_on(noor.id)
    assert "What you can type" in noor.sight


async def test_what_was_shown_of_a_case_goes_when_the_talk_of_its_reader_ends(
    world: World, talks: Talks
) -> None:
    await Acts(world).file("marta-lindqvist")
    await world.slot()
    ines = Room(talks, INES)
    await ines.lines("cases", "1")
    assert STORY in ines.sight
    await world.live(minutes=31)
    tidied(talks, ines)
    assert STORY not in ines.sight
    assert "Your cases" not in ines.sight


async def test_when_the_program_stops_all_of_it_goes_but_a_receipt_that_is_being_copied(
    world: World, talks: Talks
) -> None:
    noor = await sent(talks)
    (over,) = talks.stopped()
    for event in over.redact:
        noor.messages.pop(event)
    assert over.stays
    assert STORY not in "".join(noor.by_the_bot)
    assert RECEIPT.search(noor.sight)
    await world.live(minutes=5)
    (over,) = talks.stopped()
    assert len(over.redact) >= 1
    assert talks.stopped() == []


# On a homeserver --------------------------------------------------------------------------------


@pytest.fixture
async def town(synapse: Synapse, host: Host, tmp_path: Path) -> AsyncIterator[Town]:
    async with crowd_on(synapse) as crowd, town_on(crowd, tmp_path, host.url) as made:
        yield made


async def previewed(town: Town, name: str = "worker") -> Talk:
    talk = town.talk(name)
    await talk.opens()
    await talk.person.says(town.general, "!grievance")
    await talk.hears("Before you write")
    for typed in TO_PREVIEW:
        await talk.person.says(talk.room, typed)
    await talk.hears("Answer with a word or a number")
    return talk


async def standing(town: Town, person: Person, room: str) -> str:
    """All words of the bot's that were not taken back, as the homeserver tells them now."""
    found = []
    for event, at in zip(person.heard, person.rooms, strict=True):
        if event.sender == town.bot and at == room:
            told = await person.client.room_get_event(room, event.event_id)
            if not isinstance(told.event, nio.RedactedEvent):
                found.append(event.body)
    return "\n".join(found)


@SYNAPSE
async def test_an_orderly_stop_takes_back_what_stands_in_talks(town: Town) -> None:
    worker = await previewed(town)
    assert STORY in await standing(town, worker.person, worker.room)
    async with town.away():
        assert STORY not in await standing(town, worker.person, worker.room)
        assert worker.room in worker.person.client.rooms


@SYNAPSE
async def test_what_a_process_that_died_left_goes_when_its_talk_has_been_silent(
    town: Town, host: Host
) -> None:
    worker = await previewed(town)
    host.answers = lambda method, path: (500, {}) if "/redact/" in path else None
    async with town.away():  # as if it died: it can take nothing back
        assert STORY in await standing(town, worker.person, worker.room)
    host.answers = lambda method, path: None
    town.world.clock.move(SILENT)
    await town.account().listening.tidy()
    assert await standing(town, worker.person, worker.room) == ""
    assert worker.room not in await town.joined()
