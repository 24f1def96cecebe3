"""The told story: what every persona finds, whenever it is told, and what no one may find.

It is acted out here in the real town, on a clock that stands still between its acts. Only the bot's
own chance differs from one telling to the next; what is expected is written by hand.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from adapters.sandbox import people, script, story
from adapters.sandbox.acts import Acts
from adapters.sandbox.crowd import Crowd
from adapters.sandbox.hands import RECEIPT, Hands
from adapters.sandbox.people import PERSONAS
from adapters.sandbox.telling import Telling
from adapters.sandbox.time import SandboxTime
from adapters.sandbox.tour import Tour
from adapters.sandbox.town import Message, NotThere, Town
from bot.domain.communities import Role
from bot.texts import LANGUAGES
from tests.fakes.world import HandClock, folders, new_world
from tests.proofs.scale import scaled

TUESDAY = datetime(2026, 6, 9, 10, 20, tzinfo=UTC)
MONDAY_AT_NINE = datetime(2026, 6, 8, 9, tzinfo=UTC)
#: A digest has just come, or comes in a minute; a slot has; a wave of the pulse is over.
MOMENTS = (
    TUESDAY,
    datetime(2026, 6, 14, 4, tzinfo=UTC),
    MONDAY_AT_NINE,
    MONDAY_AT_NINE - timedelta(minutes=1),
    MONDAY_AT_NINE + timedelta(minutes=1),
    datetime(2026, 6, 12, 23, 59, tzinfo=UTC),
    datetime(2027, 1, 1, 0, 30, tzinfo=UTC),
)[: scaled(7, 2)]
STAFF = [one for one in PERSONAS if one.role is not Role.WORKER]
SAID = [one for one in vars(script).values() if isinstance(one, script.Grievance)]
SAID += script.ON_CALL


class StillClock(HandClock):
    """The sandbox's own clock, standing still between two moves."""

    def hold(self, at: datetime) -> None:
        self.at = at

    def run_from(self, at: datetime) -> None:
        self.at = at

    def real(self) -> datetime:
        return self.at


@dataclass
class Told:
    """The town after the story."""

    town: Town
    hands: Hands
    receipts: dict[str, str]
    weeks: list[int]
    until: datetime
    now: datetime

    def seen(self, who: str, room: str = "") -> list[Message]:
        """What a persona sees, everywhere or in one room, oldest first."""
        persona = self.town.persona(who)
        if room:
            return self.town.messages(persona, self.town.room(persona, room))
        return list(self.town.all_messages(persona))[::-1]

    @property
    def digests(self) -> list[Message]:
        seen = self.seen(story.ORGANISER, "organisers")
        return [one for one in seen if one.body["title"].startswith("Digest of")]


@asynccontextmanager
async def told_in(folder: Path, until: datetime, seed: str) -> AsyncIterator[Told]:
    town, clock, weeks = Town(), StillClock(story.begins(until)), list[int]()
    async with new_world(
        folders(folder), seed, clock=clock, begins=clock.at, posts={people.PLATFORM: town}
    ) as world:
        bot = world.bot
        time = SandboxTime(clock, bot.heartbeat.tick, bot.postman.drain, bot.communities.coming)
        hands = Hands(town, Acts(town, bot.door))
        told = story.Story(hands, Crowd(bot.door, world.chance), time, weeks.append)
        await told.tell(until)
        yield Told(town, hands, told.receipts, weeks, until, clock.at)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=MOMENTS, ids=str)
async def told(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Told]:
    """Six weeks until that moment, told once."""
    folder = tmp_path_factory.mktemp("weeks")
    async with told_in(folder, request.param, seed=str(folder)) as made:
        yield made


#: Told once, so by one worker.
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("six weeks")]


def words(message: Message) -> str:
    fields = (f"{one['label']}: {one['value']}" for one in message.body["fields"])
    return "\n".join((message.body["title"], message.body["text"], *fields))


def rows(message: Message, label: str) -> list[str]:
    (found,) = [one["value"] for one in message.body["fields"] if one["label"] == label]
    return str(found).split("\n")


async def test_it_is_told_week_by_week_until_that_very_moment(told: Told) -> None:
    assert told.weeks == [1, 2, 3, 4, 5, 6]
    assert told.now == told.until
    assert timedelta(0) <= told.until - _due(told.digests[-1]) < timedelta(weeks=1)


async def test_the_wave_that_closed_last_shows_figures_on_any_day(told: Told) -> None:
    drawn = [one for one in told.seen("noor-haddad", "general") if one.png is not None]
    assert drawn[-1].body["title"].startswith("Pulse results, wave")
    assert "withheld" not in words(drawn[-1])
    assert "not shown" not in words(drawn[-1])


async def test_a_digest_came_each_monday_and_tells_the_same_each_time(told: Told) -> None:
    mondays = [_due(one) for one in told.digests]
    assert mondays == [mondays[-1] - timedelta(weeks=n) for n in reversed(range(6))]
    assert [one.body["text"].split("\n") for one in told.digests] == [
        [f"Every case was answered in time: {said}.", f"This is week {n} of {n}."]
        for n, said in enumerate(("yes", "yes", "yes", "no", "yes", "yes"), 1)
    ]
    few, five = "fewer than 5, carried on", "5 more"
    assert [[row.split(": ")[1] for row in rows(one, _MOVED)] for one in told.digests] == [
        [few, few, few, few],
        [five, five, few, few],
        [few, few, few, five],
        [few, few, few, few],
        [few, few, few, few],
        [five, five, few, five],
    ]
    assert rows(told.digests[1], _ABOUT)[0] == "On-call: 5 more"
    assert all(one.png and one.body["image"]["alt"] for one in told.digests)


async def test_the_pulse_is_followed_and_a_poll_that_few_answered_shows_nothing(
    told: Told,
) -> None:
    general = told.seen("noor-haddad", "general")
    (wave,) = [one for one in general if one.body["title"] == "Pulse results, wave 6"]
    well, load = rows(wave, "Over time")
    assert "wave 1 0-50 %, wave 2 about 25 %" in well
    assert well.endswith("wave 5 about 50 %, and wave 6 about 60 %.")
    assert load.endswith("wave 5 about 35 %, and wave 6 about 20 %.")
    (few,) = [one for one in general if script.WHO_WRITES.question in str(one.body["fields"])]
    assert rows(few, script.WHO_WRITES.question) == ["withheld: fewer than 5 answers"]
    assert few.png is None
    assert "withheld: fewer than 5 answers" in words(told.digests[-1])


async def test_two_see_what_became_of_their_cases_and_one_waits_for_the_rep(told: Told) -> None:
    heard, late = (words(told.seen(who)[-1]) for who in (story.HEARD, story.LATE))
    for said in (script.QUESTION, script.ANSWER, script.HEARD, script.REST):
        assert said in heard
    assert "Nobody had taken it in time" not in heard
    assert "It went to all reps." in late
    assert "It went to the organisers." in late
    for said in (script.TAKEN, script.MEETINGS):
        assert said in late
    assert "A case needs you by" in words(told.seen(story.REP, f"direct-{story.REP}")[-1])
    await told.hands.say(story.REP, "/cases")
    listed = told.seen(story.REP)[-1]
    assert listed.body["text"] == "1 case."
    assert "urgent" in listed.body["fields"][0]["label"]
    assert listed.body["fields"][0]["value"].startswith("On-call. Acknowledge by ")


async def test_no_one_of_staff_sees_who_filed_and_no_receipt_is_left_on_a_screen(
    told: Told,
) -> None:
    assert set(told.receipts) == {story.HEARD, story.LATE, story.URGENT}
    assert all(RECEIPT.fullmatch(one) for one in told.receipts.values())
    workers = [one.name.split()[0] for one in PERSONAS if one.role is Role.WORKER]
    for persona in PERSONAS:
        seen = "\n".join(words(one) for one in told.seen(persona.id))
        assert not RECEIPT.search(seen), persona
        if persona in STAFF:
            assert [name for name in workers if re.search(rf"\b{name}\b", seen)] == [], persona
    rep = "\n".join(words(one) for one in told.seen(story.REP))
    assert script.PAGER.story in rep  # it was looked at where the words are


async def test_what_all_can_read_holds_no_word_of_a_case(told: Told) -> None:
    public = [one for one in told.seen(story.ORGANISER) if not one.body["whisper"]]
    assert len(public) > 40
    for message in public:
        assert not [one for one in SAID if one.story[:40] in words(message)], message.body["title"]


async def test_every_stop_of_the_tour_is_there_in_every_language(told: Told) -> None:
    telling = Telling(weeks=6)
    tour = Tour(told.town, telling, offered=True)
    assert tour.shown("en")["stops"] == []  # nothing before the end
    telling.end()
    for language in LANGUAGES:
        shown = tour.shown(f"xx,{language}-XX")
        assert shown["language"] == language
        assert [one["id"] for one in shown["starts"]] == ["speak", "rep", "organiser"]
        stops = [one["id"] for one in shown["stops"]]
        assert stops == ["heard", "desk", "late", "pulse", "digest", "clock"]
        said = [str(one[key]) for one in shown["stops"] for key in ("title", "words", "step")]
        assert not [one for one in said if "{" in one or one.startswith("tour.")]
    assert tour.shown("xx")["language"] == "en"
    assert [one["name"] for one in tour.shown("")["languages"]][2] == "Deutsch"


async def test_after_a_restart_only_what_can_be_brought_is_shown(told: Told) -> None:
    again = Tour(Town(), Telling(), offered=True).shown("en")
    assert again["stops"] == []
    assert len(again["starts"]) == 3
    assert Tour(Town(), Telling(), offered=False).shown("en")["starts"] == []


async def test_nobody_presses_what_they_do_not_see(told: Told) -> None:
    with pytest.raises(NotThere):
        await told.hands.press("jun-takahashi", "acknowledge")
    with pytest.raises(NotThere):
        await told.hands.open(story.REP, "Surveillance")
    with pytest.raises(NotThere):
        told.hands.about(story.ORGANISER, "answer", "a question that nobody asked")


@pytest.mark.parametrize("hours", range(0, 168, 7))
async def test_it_begins_six_digests_before_now(hours: int) -> None:
    now = MONDAY_AT_NINE + timedelta(hours=hours)
    begun = story.begins(now)
    digests = [begun + timedelta(days=7 * n, hours=-1) for n in range(1, 9)]
    assert begun.weekday() == 0
    assert sum(one <= now for one in digests) == 6


_MOVED, _ABOUT = "What moved, in fives", "What new cases were about"


def _due(digest: Message) -> datetime:
    said: Any = digest.body["title"].removeprefix("Digest of ")
    return datetime.strptime(said, "%d %B %Y").replace(hour=9, tzinfo=UTC)
