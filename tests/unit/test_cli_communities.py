"""What the command line says of single communities: which there are, taking one along, forgetting it."""

import asyncio
import json
import shutil
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from adapters.clock import SystemClock
from adapters.sandbox import people
from adapters.sandbox.time import CLOCK, MovedClock
from bot import checks, cli_communities
from bot.settings import CannotStart, load
from bot.wiring import alone
from tests.fakes.acts import REPS, STORY, Acts
from tests.fakes.installed import settings_in
from tests.fakes.world import World, caller, folders, new_world
from tests.unit import test_cli

ADDRESS, COMMENT = "post@harbour.example", "The evenings are long, and so are the weekends."
ORGANISER = "ruth-adeyemi"


async def lived(world: World) -> None:
    """A case, a poll with comments, a digest with an address, acts of staff; and another place."""
    acts = Acts(world)
    when = {"day": "tuesday", "hour": "14", "zone": "UTC", "language": "en"}
    form = await acts.press(ORGANISER, await acts.say(ORGANISER, "digest"), "set")
    await acts.fill(ORGANISER, form, **when, addresses=ADDRESS)
    await acts.file("worker")
    form = await acts.say(ORGANISER, "poll", "new")
    asked = {"question": "How are the evenings?", "kind": "yes_no", "options": "", "days": "1"}
    await acts.press(ORGANISER, await acts.fill(ORGANISER, form, **asked, comment="yes"), "confirm")
    for n in range(10):
        await acts.fill(
            f"worker-{n}", await acts.say(f"worker-{n}", "pulse"), q1="no", comment=COMMENT
        )
    await world.live(days=9)
    await acts.press(REPS[0], await acts.desk(REPS[0]), "acknowledge")
    made = people.community(lambda: world.chance.bytes(16).hex(), "OTHERONE", world.clock.now())
    spaces = tuple(replace(one, address="elsewhere") for one in made.spaces)
    await world.bot.communities.found(replace(made, name="Kai", spaces=spaces))


def ran(folder: Path, *words: str, typed: str = "") -> Result:
    """A command in this process: starting one for each would cost more than all that it does."""
    app = typer.Typer()
    cli_communities.add_to(app)
    config = ["--config", str(folder / "groundswell.toml")]
    return CliRunner().invoke(app, [*words, *config], input=typed)


def refused(folder: Path, *words: str, typed: str = "") -> str:
    done = ran(folder, *words, typed=typed)
    assert isinstance(done.exception, CannotStart)
    assert done.stdout.strip() == typed.strip()  # which a terminal shows, too
    return str(done.exception)


@pytest.fixture(autouse=True)
def stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's process keeps its umask, and may be looked at."""
    monkeypatch.setattr("adapters.vault.keep_private", lambda: None)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installation")

    async def make() -> None:
        async with new_world(folders(folder), mails=True) as world:
            await lived(world)

    asyncio.run(make())
    settings_in(folder)
    with closing(sqlite3.connect(folder / "data" / "groundswell.db")) as database, database:
        later = 7258118400  # no clock of a test's machine comes there: all is in time
        database.execute("UPDATE communities SET next_slot = ?, next_watch = NULL", (later,))
        database.execute("UPDATE digests SET due = ?", (later,))
        database.execute("UPDATE cases SET look = NULL")
        database.execute("DELETE FROM outbox")
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_communities_are_listed_with_their_health_alone(folder: Path) -> None:
    listed = ran(folder, "communities")
    assert (listed.exit_code, listed.stderr) == (0, "")
    assert listed.stdout.splitlines() == [
        "Harbour Tech Workers (TESTCODE): fine",
        "Kai (OTHERONE): fine",
    ]
    with closing(sqlite3.connect(folder / "data" / "groundswell.db")) as database, database:
        database.execute("UPDATE communities SET next_slot = 1 WHERE name = 'Kai'")
    listed = ran(folder, "communities")
    assert listed.exit_code == 1
    assert listed.stdout.splitlines() == [
        "Harbour Tech Workers (TESTCODE): fine",
        "Kai (OTHERONE): not fine: something is late",
    ]
    assert "groundswell check" in listed.stderr


def test_an_export_holds_what_may_be_passed_on_and_no_more(folder: Path) -> None:
    written = ran(folder, "export", "testcode", "--to", str(folder / "harbour.json"))
    assert (written.exit_code, written.stderr) == (0, "")
    file = folder / "harbour.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    words = file.read_text("utf-8")
    told = json.loads(words)
    assert told["format"] == "groundswell-export/1"
    assert told["community"]["name"] == "Harbour Tech Workers"
    assert {one["name"] for one in told["staff"]} >= {"Ines Moreau", "Ruth Adeyemi"}
    assert [one["role"] for one in told["staff"][0]["roles"]]
    assert told["community"]["rota"]["order"] == ["Ines Moreau"]
    (poll,) = told["polls"]
    assert poll["questions"][0]["text"] == "How are the evenings?"
    assert poll["result"]["questions"][0]["cells"] or poll["result"]["questions"][0]["majority"]
    assert [one["week"] for one in told["digests"]]
    assert len(told["audit"]) == 2
    assert len(bytes.fromhex(told["audit"][-1]["head"])) == 32
    for secret in (STORY, COMMENT, ADDRESS, "ines-moreau", "case.acknowledge", "sealed", "mark"):
        assert secret not in words
    assert "is there already" in refused(folder, "export", "TESTCODE", "--to", str(file))


def test_which_community_is_meant_must_be_clear(folder: Path) -> None:
    assert "No community is called 'Nowhere'" in refused(folder, "export", "Nowhere")
    with closing(sqlite3.connect(folder / "data" / "groundswell.db")) as database, database:
        database.execute("UPDATE communities SET name = 'Same'")
    assert refused(folder, "forget", "same", "--yes").endswith(
        "name its code, OTHERONE or TESTCODE."
    )


def test_a_community_is_forgotten_when_its_name_is_typed_again(folder: Path) -> None:
    assert "nothing was done" in refused(folder, "forget", "Kai", typed="Harbour\n")
    done = test_cli.ran(folder, "forget", "harbour tech workers", typed="Harbour Tech Workers\n")
    assert done.returncode == 0
    first, *left = done.stdout.strip().splitlines()
    assert first.startswith("Harbour Tech Workers is forgotten: every key, and ")
    assert "key store" in left[1]
    assert "in the clear" in done.stdout
    assert "keys: 4 of 4" in done.stderr
    assert ran(folder, "communities").stdout == "Kai (OTHERONE): fine\n"
    for file in (*(folder / "data").iterdir(), *(folder / "keys").glob("keys.db*")):
        assert b"TESTCODE" not in file.read_bytes()


def test_a_community_that_nobody_named_is_called_by_its_code(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "data" / "groundswell.db")) as database, database:
        database.execute("UPDATE communities SET name = '' WHERE name = 'Kai'")
    written = ran(folder, "export", "otherone", "--to", str(folder / "theirs.json"))
    assert "It names the staff of the community OTHERONE: " in written.stdout
    done = ran(folder, "forget", "otherone", typed="OTHERONE\n")
    assert "All of the community OTHERONE will be destroyed: " in done.stderr
    assert "the community OTHERONE is forgotten: " in done.stdout


def test_on_sqlite_nothing_is_forgotten_while_the_bot_runs(folder: Path) -> None:
    with alone(folder / "data"):
        assert "stop that process first" in refused(folder, "forget", "Kai", "--yes")


# Claiming, and what is wrong ----------------------------------------------------------------------

SETS_UP = "kai-moderates"


async def half_set_up(world: World) -> None:
    """A place that somebody claimed, and no more."""
    code, there = await world.bot.founding.code(7), replace(caller(SETS_UP), space="new-place")
    there = replace(there, room="new-general", place="New Place")
    await world.bot.door.submit("claim", there, "", {"code": code.code})


async def one_moderator(world: World) -> None:
    made = people.community(lambda: world.chance.bytes(16).hex(), "LONELYON", world.clock.now())
    alone = tuple(one for one in made.staff if one.name != "Leila Farouk")
    spaces = tuple(replace(one, address="lonely") for one in made.spaces)
    await world.bot.communities.found(replace(made, name="Lonely", staff=alone, spaces=spaces))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three communities; it is the time at which they were founded."""
    folder = tmp_path_factory.mktemp("town")

    async def make() -> None:
        async with new_world(folders(folder)) as world:
            await half_set_up(world)
            await one_moderator(world)
            MovedClock(SystemClock(), world.where.data / CLOCK).run_from(world.clock.now())

    asyncio.run(make())
    settings_in(folder)
    return folder


def found_in(folder: Path) -> list[tuple[str, str | None]]:
    known = load(folder / "groundswell.toml")
    return list(cli_communities.wrong(known, folders(folder)))


def test_the_operators_code_is_for_where_no_second_moderator_is(town: Path) -> None:
    sentence = refused(town, "claim", "--community", "harbour tech workers")
    assert sentence == (
        "Harbour Tech Workers has a second moderator: ask one of its moderators to offer the role "
        "with /setup staff."
    )
    assert "No community is called 'Nowhere'" in refused(town, "claim", "--community", "Nowhere")
    assert "No community is called ''" in refused(town, "claim", "--community", "")
    drawn = ran(town, "claim", "--community", "LonelyOn")
    assert (drawn.exit_code, len(drawn.stdout.strip())) == (0, 17)
    assert "Lonely" in drawn.stderr
    assert "72 hours" in drawn.stderr


def test_what_is_wrong_is_told_of_each_community_with_its_remedy(town: Path) -> None:
    found = found_in(town)
    assert ("Harbour Tech Workers", None) in found
    (lonely,) = [problem for name, problem in found if name == "Lonely"]
    assert lonely == (
        "Fewer than two moderators. Before the opening, offer the role to somebody else with /setup "
        "staff. After it, ask whoever runs the bot for a code: whoever types it under /setup becomes "
        "the second moderator."
    )
    half = [said for name, said in found if name.startswith("the community ") and said]
    assert len(half) == len(found) - 2
    assert half[0].startswith("Name, language and clock are not said. ")
    assert half[1].startswith("Nobody said who can read a place (New Place). Type /setup there ")
    assert half[2].startswith("Fewer than two reps. ")


def test_check_finds_it_too_and_what_is_damaged_hides_nothing(town: Path, tmp_path: Path) -> None:
    shutil.copytree(town, tmp_path, dirs_exist_ok=True)
    with closing(sqlite3.connect(tmp_path / "data" / "groundswell.db")) as database, database:
        database.execute(
            "UPDATE staff SET sealed_name = x'00' WHERE community = "
            "(SELECT id FROM communities WHERE name = 'Lonely')"
        )
    checked = test_cli.ran(tmp_path, "check")
    assert checked.returncode == 1
    said = checked.stdout.splitlines()
    assert "ok   Harbour Tech Workers" in said
    assert "ok   clock" in said
    assert [one for one in said if one.startswith("FIX  Lonely: it is damaged or half forgotten")]
    assert [one for one in said if ": Fewer than two reps. " in one]


def test_a_clock_that_was_set_back_is_found(town: Path, tmp_path: Path) -> None:
    shutil.copytree(town, tmp_path, dirs_exist_ok=True)
    slot = folders_clock(tmp_path).now() + timedelta(hours=1, minutes=5)
    with closing(sqlite3.connect(tmp_path / "data" / "groundswell.db")) as database, database:
        row = ("slot", "x", slot.isoformat(timespec="seconds"))
        database.execute("INSERT INTO ledger (kind, scope, period) VALUES (?, ?, ?)", row)
    assert "was set back" in (asyncio.run(checks.clock(folders(tmp_path))) or "")
    folders_clock(tmp_path).run_from(slot - timedelta(minutes=50))
    assert asyncio.run(checks.clock(folders(tmp_path))) is None


def folders_clock(folder: Path) -> MovedClock:
    return MovedClock(SystemClock(), folders(folder).data / CLOCK)
