"""Journey 7 on Slack: a moderator sets the bot up from nothing by chat alone, and `/setup status`
finds each thing that is still wrong."""

from pathlib import Path

import pytest

from bot.ports import Noted
from tests.fakes.slack_week import STORY, Person, Town, town_on
from tests.journeys.over_slack import MODES, filed, inputs

FIRST = {"name": "Harbour hands", "you": "Oskar Brandt", "language": "en", "zone": "UTC"}
UNANSWERED = (
    UNNAMED := "Name, language and clock are not said",
    UNTRUSTED := "Nobody said who can read a place",
    FEW_REPS := "Fewer than two reps",
    ONE_MODERATOR := "Fewer than two moderators",
    NO_BODY := "No outside body",
    FEW_MEMBERS := "Fewer than 10 members",
)
SHUT = "A room cannot be reached"


async def wrong(oskar: Person) -> list[str]:
    """What the status finds."""
    said = await oskar.types("/setup", "status")
    return [line for line in said.split("\n") if line in (*UNANSWERED, SHUT)]


async def claimed(town: Town) -> Person:
    """A moderator, by a code of the operator's, typed in the room that everybody reads."""
    oskar, code = town.person("moderator"), await town.world.bot.founding.code(7)
    await oskar.types("/setup")
    assert "This place is yours to set up" in await oskar.submits(code=code.code)
    return oskar


async def accepts(oskar: Person, person: Person, role: str, town: Town) -> None:
    """Offered by the one, accepted by the other where the bot asks them alone."""
    await oskar.types("/setup", "staff")
    name = person.hand._user.name.title()
    await oskar.submits(person=person.hand._user.id, name=name, role=role)
    await town.world.tick()
    await person.hears(f"Would you take on this role: {role}?")
    assert "Welcome" in await person.presses("accept", where="message")


async def says_the_rest(oskar: Person, button: str, **more: str) -> None:
    await oskar.types("/setup")
    await oskar.presses("setup_rest")
    await oskar.presses(button)
    kept = {one["block_id"]: one["element"].get("initial_value", "") for one in inputs(oskar)}
    assert set(more) <= set(kept)
    assert "It holds from now on." in await oskar.submits(**more)


@pytest.mark.parametrize("mode", MODES)
async def test_from_a_code_to_an_open_community(tmp_path: Path, mode: str) -> None:
    async with town_on(tmp_path, mode, mine=False) as town:
        worker = town.person("worker")
        assert "Community code" in await worker.types("/grievance"), "it is nobody's place"
        oskar = await claimed(town)
        assert await wrong(oskar) == list(UNANSWERED)
        await oskar.types("/setup")
        await oskar.presses("setup_first")
        await oskar.submits(**FIRST, trust="neutral")
        assert await wrong(oskar) == [FEW_REPS, ONE_MODERATOR, NO_BODY, FEW_MEMBERS]
        await oskar.types("/setup")
        await oskar.presses("setup_open")
        assert "open_community" not in str(oskar.view)
        for name, role in (("rep", "rep"), ("colleague", "rep"), ("second", "moderator")):
            await accepts(oskar, town.person(name), role, town)
        assert await wrong(oskar) == [NO_BODY, FEW_MEMBERS]
        await says_the_rest(oskar, "setup_outside", body="Dock Law Centre, 1 Quay")
        await says_the_rest(oskar, "setup_figures", members="30")
        assert await wrong(oskar) == []
        for kind, room in (("staff", town.reps), ("organisers", town.organisers)):
            room.members.add(oskar.hand._user.id)
            await oskar.types("/setup", room=room)
            assert "It holds from now on." in await oskar.presses(f"room:{kind}")
        await oskar.hand.close(everything=True)
        await worker.hand.close(everything=True)
        assert "still being set up" in await worker.types("/grievance")
        await opens(town, oskar)
        await is_heard(town)
        assert "Nothing is wrong." in await oskar.types("/setup", "status")
        town.reps.members.discard(town.space.bot_user_id)
        await town.world.slot()
        assert await wrong(oskar) == [SHUT], "as it finds when it next speaks there"
        assert town.wrong == []
        assert Noted.BUG not in {event for event, _ in town.world.log.lines}


async def opens(town: Town, oskar: Person) -> None:
    """Tried, and opened."""
    await oskar.types("/setup")
    assert "Before you open" in await oskar.presses("setup_open")
    await oskar.presses("setup_test")
    await town.world.tick()
    assert "A test" in await town.person("rep").hears("A test")
    await oskar.types("/setup")
    await oskar.presses("setup_open")
    assert "Grievances are taken from now on." in await oskar.presses("open_community")


async def is_heard(town: Town) -> None:
    """By whoever is on duty first."""
    worker, rep = town.person("worker"), town.person("colleague")
    await worker.hand.close(everything=True)
    await filed(town)
    await town.world.slot()
    await rep.hears("A case needs you by")
    await rep.types("/cases")
    assert STORY in await rep.presses("open")
