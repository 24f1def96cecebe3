"""Every Monday the organisers' digest comes, once, whoever is killed meanwhile; and says in fives
what moved.
"""

import asyncio
import re
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.sandbox import people
from bot.chat import Card, Voice
from bot.texts import Speaker
from bot.wiring import groundswell
from tests.fakes.acts import REPS, Acts
from tests.fakes.demo import Demo, Json, demo_in, field
from tests.fakes.postgres import Postgres, installation
from tests.fakes.world import US, World, caller, new_world

RUTH = "ruth-adeyemi"
ENGLISH = Speaker(Voice(), "/")
SERIAL = re.compile(r"This is week (\d+) of (\d+)\.")
WEEKS = 26
KILLS = 8
MOVED = "What moved, in fives"
LESS = "fewer than 5, carried on"


def said(card: Card) -> str:
    return "\n".join(ENGLISH.say(one) for one in card.lines)


def section(card: Card, label: str) -> list[str]:
    (found,) = [one.value for one in card.fields if ENGLISH.say(one.label) == label]
    return ENGLISH.say(found).split("\n")


async def monday(world: World) -> Card:
    """The clock goes on to the next digest; the card that the organisers' room hears."""
    before = len(world.post.digests)
    while len(world.post.digests) == before:
        dues = await world.bot.communities.coming()
        world.clock.at = min(due.at for due in dues if due.at > world.clock.at)
        await world.bot.tick()
    ((room, card),) = world.post.digests[before:]
    assert room == "organisers"
    return card


# What moved -----------------------------------------------------------------------------------------


async def test_what_came_is_said_in_new_fives_and_the_rest_is_carried_on(acts: Acts) -> None:
    world = acts.world
    for n in range(6):
        await acts.file(f"worker-{n}", category="pay")
    card = await monday(world)
    assert section(card, MOVED)[0] == "New cases: 5 more"
    assert section(card, "What new cases were about") == [
        "Pay and pay gap: 5 more",
        "Any other subject: fewer than 5 each, carried on",
    ]
    for n in range(3):
        await acts.file(f"worker-{n}", category="stress")
    assert section(await monday(world), MOVED)[0] == f"New cases: {LESS}"
    await acts.file("worker-9", category="stress")
    card = await monday(world)
    assert section(card, MOVED)[0] == "New cases: 5 more", "the sixth, three and one"
    assert section(card, "What new cases were about")[0].startswith("Any subject: fewer than 5")


async def test_a_case_from_which_somebody_was_left_out_counts_nowhere(acts: Acts) -> None:
    world = acts.world
    form = await acts.press("a", await acts.say("a", "grievance"), "continue")
    (asked,) = [one for one in form.form.questions if one.id == "exclude"] if form.form else []
    greta = next(one.value for one in asked.options if ENGLISH.say(one.label) == "Greta Holm")
    for n in range(12):
        await acts.file(f"worker-{n}", exclude=[greta])
    for _ in range(3):
        card = await monday(world)
        assert {one.rpartition(": ")[2] for one in section(card, MOVED)} == {LESS}
        assert said(card).startswith("Every case was answered in time: yes."), "late as they are"


async def test_the_first_line_says_whether_every_case_was_answered_in_time(acts: Acts) -> None:
    world = acts.world
    await acts.file("a")
    await acts.file("b")
    await world.slot()
    opened = await acts.press("ines-moreau", await acts.say("ines-moreau", "cases"), "open")
    await acts.press("ines-moreau", opened, "acknowledge")
    assert said(await monday(world)).startswith("Every case was answered in time: no.")
    listed = await acts.say("karim-benali", "cases")
    for at in range(2):
        opened = await world.bot.door.begin(
            "open", caller("karim-benali"), listed.cards[0].buttons[at].subject
        )
        if "acknowledge" in [b.name for b in opened.cards[0].buttons]:
            await acts.press("karim-benali", opened, "acknowledge")
    await monday(world)
    assert said(await monday(world)).startswith("Every case was answered in time: yes.")


async def test_each_rep_gets_their_own_list_every_week_and_nobody_else_does(acts: Acts) -> None:
    world = acts.world
    await monday(world)
    await acts.file("a")
    await monday(world)
    lists = [(who, said(card)) for who, card in world.post.own_lists]
    assert sorted(who for who, _ in lists[:3]) == sorted(REPS)
    assert {words for _, words in lists[:3]} == {
        "No open case is yours to read. This comes every week, so that you know."
    }
    assert {words.split("\n")[0] for _, words in lists[3:]} == {"1 open case is yours to read."}
    assert len(lists) == 6


# Once, whatever happens -----------------------------------------------------------------------------


async def test_two_processes_on_one_database_send_each_week_s_digest_once(
    postgres: Postgres, tmp_path: Path
) -> None:
    async with installation(postgres, tmp_path) as where, new_world(where) as world:
        posts = {people.PLATFORM: world.post}
        parts = (world.where, US, posts, world.clock, world.chance, world.log)
        async with groundswell(*parts, room_delay=timedelta(0)) as second:
            for _ in range(WEEKS):
                dues = await second.communities.coming()
                world.clock.at = next(due.at for due in dues if due.what == "digest")
                ticks = (world.bot.tick(), second.tick(), world.bot.tick(), second.tick())
                await asyncio.gather(*ticks)
                await world.bot.tick()
        assert [SERIAL.findall(said(card)) for _, card in world.post.digests] == [
            [(f"{n}", f"{n}")] for n in range(1, WEEKS + 1)
        ]
        assert len(world.post.own_lists) == WEEKS * len(REPS)
        assert [facts for event, facts in world.log.lines if event.value == "bug"] == []


class Watched:
    """A demo whose digests are looked at, and which is killed. ``seen``: each card, by its number."""

    def __init__(self, folder: Path) -> None:
        self.demo = Demo(folder)
        self.seen: dict[int, set[str]] = {}

    def kept(self) -> tuple[int, int]:
        """(number of the last digest, how many were published), as they lie on the disk."""
        (file,) = self.demo.folder.glob("demo/*/groundswell.db")
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10) as line:
            (serial,) = line.execute("SELECT serial FROM digests").fetchone()
            (weeks,) = line.execute("SELECT count(*) FROM digest_weeks").fetchone()
        return serial, weeks

    def look(self) -> None:
        """At the organisers' room: no number comes twice in it, and none is left out of a week."""
        rooms = {room["id"]: room["messages"] for room in self.demo.person(RUTH).rooms}
        numbers = []
        for card in rooms["organisers"]:
            (found,) = SERIAL.findall(card["text"])
            assert found[0] == found[1], "no week went without"
            numbers.append(int(found[0]))
            self.seen.setdefault(int(found[0]), set()).add(card["title"])
        assert len(numbers) == len(set(numbers)), "one was said twice"

    def move(self, *, killed_after: float | None) -> None:
        """On to the next digest; or killed so many seconds later, and started again."""
        if killed_after is None:
            self.demo.move(until="digest")
            return self.look()
        moving = threading.Thread(target=self._move, daemon=True)
        moving.start()
        time.sleep(killed_after)
        self.demo.process.kill()
        moving.join()
        self.demo.stop()
        self.demo.start()
        return None

    def _move(self) -> None:
        with suppress(Exception):
            self.demo.move(until="digest")


def test_six_and_twenty_weeks_with_kills_in_between(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.demo.start()
    chance = secrets.SystemRandom()
    killed = {chance.randrange(1, WEEKS) for _ in range(KILLS)}
    try:
        while (serial := watched.kept()[0]) < WEEKS:
            kill = serial in killed
            killed.discard(serial)
            watched.move(killed_after=chance.uniform(0, 0.3) if kill else None)
            watched.look()
    finally:
        watched.demo.stop()
    assert watched.kept() == (WEEKS, WEEKS)
    assert all(len(titles) == 1 for titles in watched.seen.values()), "one number, one week"
    assert len(watched.seen) >= WEEKS - KILLS


# Set by its organisers ------------------------------------------------------------------------------


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    with demo_in(tmp_path) as running:
        yield running


def test_an_organiser_sets_it_tests_it_and_pauses_it(demo: Demo) -> None:
    ruth = demo.person(RUTH)
    ruth.say("/digest set", "organisers")
    assert {one["id"] for one in ruth.form["fields"]} == {
        "day",
        "hour",
        "zone",
        "language",
        "addresses",
    }
    wrong = ruth.errors(
        {"day": "friday", "hour": "16", "zone": "Mars/Base", "language": "en", "addresses": ""}
    )
    assert list(wrong) == ["zone"]
    card = ruth.submit(day="friday", hour="16", zone="Europe/Paris", language="en", addresses="")
    assert field(card, "When") == "Friday at 16:00 (Europe/Paris)"
    ruth.press("test")
    demo.move(advance="PT1M")
    cards = _digests(demo)
    assert [one["title"].partition(" of the ")[0] for one in cards] == ["Test"]
    assert "Nothing is counted in it." in cards[0]["text"]
    demo.move(until="digest")
    assert "This is week 1 of 1." in _digests(demo)[-1]["text"], "a test has no number"
    ruth.say("/digest pause", "organisers")
    assert "digest" not in demo.due()
    demo.move(advance="P21D")
    ruth.say("/digest", "organisers")
    ruth.press("digest_resume")
    demo.move(until="digest")
    text = _digests(demo)[-1]["text"]
    assert "This is week 2 of 5." in text
    assert "No digest came for the weeks between" in text


def _digests(demo: Demo) -> list[Json]:
    rooms = {room["id"]: room["messages"] for room in demo.person(RUTH).rooms}
    return [one for one in rooms["organisers"] if "igest of" in one["title"]]


def test_workers_and_reps_see_no_digest(demo: Demo) -> None:
    demo.move(until="digest")
    for who in ("noor-haddad", "ines-moreau", "oskar-brandt"):
        person = demo.person(who)
        assert "organisers" not in [room["id"] for room in person.rooms]
        assert "Digest of" not in str(person.state)
        refused = person.say("/digest")
        assert refused["tone"] == "warning"
