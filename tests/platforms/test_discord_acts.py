"""What people do on Discord, answered: each command, in three seconds, to its person alone; and nothing
that is under way is lost with the process."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from adapters.discord import acts, kept
from bot.ports import Noted
from tests.fakes.discord_week import FORM, RECEIPT, STORY, WAITS, Town, town_on
from tests.fakes.slow_door import SlowDoor

pytestmark = [pytest.mark.xdist_group("discord"), pytest.mark.asyncio(loop_scope="module")]


@dataclass
class Slow:
    town: Town
    door: SlowDoor

    def slows(self, seconds: float) -> None:
        """From now on, with a tenth of the bot's patience; a machine that is busy is not slow."""
        self.door.seconds = seconds
        acts.PATIENCE = 0.15 if seconds else 1.5


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Slow]:
    async with town_on(tmp_path_factory.mktemp("town"), began=False) as made:
        door = SlowDoor(made.world.bot.door)
        object.__setattr__(made.world.bot, "door", door)
        await made.begin()
        yield Slow(made, door)


@pytest_asyncio.fixture(loop_scope="module")
async def slow(one_town: Slow, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Slow]:
    monkeypatch.setattr(acts, "PATIENCE", acts.PATIENCE)  # as it was, in the end
    one_town.slows(0.0)
    one_town.door.breaks = ""
    one_town.town.tomorrow()
    one_town.town.world.log.lines.clear()
    one_town.door.asked.clear()
    yield one_town
    assert one_town.town.wrong == []


@pytest.fixture
def town(slow: Slow) -> Town:
    return slow.town


# In time --------------------------------------------------------------------------------------------


async def test_a_slow_bot_says_that_an_answer_comes_and_then_gives_it(slow: Slow) -> None:
    worker = slow.town.person("worker")
    slow.slows(0.3)
    assert "Your name is not kept" in await worker.types("grievance")
    assert "open it with the button" in await worker.presses("continue")
    before = len(slow.door.asked)
    await worker.presses("again")
    assert worker.hand.modal, "opened at once, from what was made before"
    assert len(slow.door.asked) == before
    assert STORY in await worker.submits(**FORM)
    assert RECEIPT.search(await worker.presses("send"))
    assert len(worker.hand.whispers) == 1
    answered = [one for one in slow.town.server.calls if "callback" in one.route]
    assert {one.body["type"] for one in answered[-4:]} <= {5, 6, 9}


async def test_a_form_that_is_asked_for_by_a_command_waits_behind_a_button_too(slow: Slow) -> None:
    worker = slow.town.person("worker")
    slow.slows(0.3)
    assert "open it with the button" in await worker.types("receipt")
    slow.slows(0.0)
    await worker.presses("again")
    assert "opens nothing" in await worker.submits(receipt="0000000-0000000-0000000")


async def test_what_was_wrong_is_said_and_opens_again_with_all_that_was_typed(slow: Slow) -> None:
    worker = slow.town.person("worker")
    await worker.types("receipt")
    wrong = "0000000-0000000-0000001"
    said = await worker.submits(receipt=wrong)
    assert "Not taken yet" in said
    assert "One of the characters" in said
    assert wrong not in said, "a receipt is shown by its own card alone"
    await worker.presses("again")
    assert worker.hand.modal
    assert field_of(worker.hand.modal, "receipt")["value"] == wrong
    assert "⚠️ One of the characters" in worker.sees
    assert "opens nothing" in await worker.submits(receipt="0000000-0000000-0000000")


def field_of(modal: dict[str, Any], id: str) -> dict[str, Any]:
    found = (one["component"] for one in modal["components"] if "component" in one)
    return next(one for one in found if one["custom_id"] == id)


async def test_a_bug_leaves_its_person_answered_with_their_words_kept_and_none_in_the_log(
    slow: Slow,
) -> None:
    worker, log = slow.town.person("worker"), slow.town.world.log
    await worker.types("grievance")
    await worker.presses("continue")
    slow.door.breaks = STORY
    said = await worker.submits(**FORM)
    assert "Not done" in said
    noted = [facts for event, facts in log.lines if event is Noted.BUG]
    assert noted
    assert STORY not in str(noted)
    slow.door.breaks = ""
    log.lines.clear()
    assert STORY in await worker.presses("again"), "handed in once more, without typing it"


async def test_beyond_capacity_people_are_told_so_and_their_words_wait(slow: Slow) -> None:
    worker, tasks = slow.town.person("worker"), slow.town.platform.tasks
    most, tasks.most = tasks.most, 0
    try:
        await worker.hand.types("grievance", worker.room)
        assert "too much to do" in worker.sees
        tasks.most = most
        assert "Your name is not kept" in await worker.presses("again")
        await worker.presses("continue")
        tasks.most = 0
        for act in (worker.hand.submits(FORM), worker.hand.presses("again")):
            await act
            assert "too much to do" in worker.sees
        tasks.most = most
        assert STORY in await worker.presses("again")
    finally:
        tasks.most = most


async def test_what_waits_behind_a_button_waits_no_longer_than_discord_does(slow: Slow) -> None:
    worker = slow.town.person("worker")
    await worker.types("receipt")
    said = await worker.submits(receipt="0000000-0000000-0000001")
    assert "One of the characters" in said
    slow.town.world.clock.move(timedelta(seconds=kept.LASTS + 1))
    await worker.presses("again")
    assert worker.hand.modal
    assert field_of(worker.hand.modal, "receipt").get("value", "") == "", "a fresh one"


# When answers fail ---------------------------------------------------------------------------------


CALLBACK = "POST /interactions/{interaction}/{token}/callback"
ORIGINAL = "PATCH /webhooks/{application}/{token}/messages/{message}"


@pytest.mark.parametrize("fault", ["lost", "cut", "status"])
async def test_an_answer_that_broke_off_is_given_again(town: Town, fault: str) -> None:
    worker = town.person("worker")
    getattr(town.server.faults, fault)(CALLBACK)
    assert "Your name is not kept" in await worker.types("grievance")
    getattr(town.server.faults, fault)(CALLBACK)
    assert "What happened" in await worker.presses("continue")
    getattr(town.server.faults, fault)(CALLBACK)
    assert STORY in await worker.submits(**FORM)


async def test_what_was_told_to_come_comes_though_we_never_heard_that_it_was_told(
    slow: Slow,
) -> None:
    worker = slow.town.person("worker")
    slow.slows(0.3)
    slow.town.server.faults.lost(CALLBACK, times=2)
    assert "Your name is not kept" in await worker.types("grievance")


async def test_an_answer_waits_where_discord_wants_it_to(slow: Slow) -> None:
    worker = slow.town.person("worker")
    slow.town.server.faults.ratelimit(CALLBACK, retry_after=0.05)
    assert "Your name is not kept" in await worker.types("grievance")
    slow.slows(0.3)
    slow.town.server.faults.ratelimit(ORIGINAL, retry_after=0.05)
    assert "Run by" in await worker.types("about")


async def test_what_comes_too_late_for_discord_does_not_trouble_the_bot(town: Town) -> None:
    worker = town.person("worker")
    town.server.faults.error(CALLBACK, 404, 10062)
    assert "not respond" in (await worker.hand.types("about", town.general)).trouble
    assert "Run by" in await worker.types("about")
    assert Noted.BUG not in {event for event, _ in town.world.log.lines}


async def test_the_receipt_is_shown_again_where_its_answer_was_lost(town: Town) -> None:
    worker = town.person("worker")
    await worker.types("grievance")
    await worker.presses("continue")
    await worker.submits(**FORM)
    town.server.faults.error(CALLBACK, 404, 10062)
    assert (await worker.hand.presses("send")).trouble
    assert RECEIPT.search(await worker.presses("send"))
    before = worker.receipt
    await worker.presses("show_again")
    assert worker.receipt == before


async def test_an_interaction_that_comes_twice_is_taken_once(slow: Slow) -> None:
    worker = slow.town.person("worker")
    slow.town.server.faults.twice = 1
    await worker.types("about")
    assert slow.door.asked == ["about"]


# A restart -----------------------------------------------------------------------------------------


async def test_buttons_and_forms_outlive_the_process(slow: Slow) -> None:
    town, worker = slow.town, slow.town.person("worker")
    await worker.types("grievance")
    await town.restart()
    await worker.presses("continue")
    await town.restart()
    assert STORY in await worker.submits(**FORM)
    await town.restart()
    assert RECEIPT.search(await worker.presses("send"))


async def test_a_form_whose_words_went_with_the_process_opens_empty(town: Town) -> None:
    worker = town.person("worker")
    await worker.types("receipt")
    await worker.submits(receipt="0000000-0000000-0000001")
    await town.restart()
    await worker.presses("again")
    assert worker.hand.modal
    assert field_of(worker.hand.modal, "receipt").get("value", "") == ""


async def test_discord_is_told_the_commands_once_and_again_when_they_change(town: Town) -> None:
    puts = "PUT /applications/{application}/commands"
    before = town.server.counted(puts)
    await town.restart()
    assert town.server.counted(puts) == before
    async with town.platform._open_work() as work:
        await work.platforms.remember("discord", "commands", "of another version")
    await town.restart()
    async with asyncio.timeout(WAITS):
        while town.server.counted(puts) == before:
            await asyncio.sleep(0.02)


# Each command --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["grievance", "receipt", "pulse", "reps", "about", "help"])
async def test_a_worker_s_command_is_answered_to_them_alone_wherever_they_are(
    town: Town, name: str
) -> None:
    worker = town.person("worker")
    outsider = town.server.user("outsider", installed=True)
    for hand, at in (
        (worker.hand, town.general),
        (worker.hand, None),
        (town.server.hand(outsider), town.server.between(outsider, town.server.user("friend"))),
    ):
        hand.goes(at)
        seen = await hand.types(name)
        assert not seen.trouble
        assert not seen.messages
        assert seen.whispers or seen.modal
        if seen.modal:
            hand.closes()


@pytest.mark.parametrize("name", ["cases", "duty", "poll", "digest", "setup"])
async def test_a_staff_s_command_is_answered_to_them_alone_and_refused_to_others(
    town: Town, name: str
) -> None:
    for who in ("rep", "organiser", "moderator", "worker"):
        person = town.person(who)
        seen = await person.hand.types(name, town.general)
        assert (seen.trouble, seen.messages) == ("", ())
        assert len(seen.whispers) == 1
    assert ("for staff" in person.sees) == (name != "setup")


@pytest.mark.parametrize(
    ("who", "name"),
    [("rep", "duty"), ("organiser", "poll"), ("organiser", "digest"), ("moderator", "setup")],
)
async def test_every_fixed_word_of_a_command_is_answered(town: Town, who: str, name: str) -> None:
    person = town.person(who)
    person.hand.goes(town.general)
    (option,) = next(one for one in person.hand.offered() if one["name"] == name)["options"]
    for choice in option["choices"]:
        seen = await person.hand.types(name, town.general, what=choice["value"])
        assert not seen.trouble, choice
        assert not seen.messages
        assert seen.whispers or seen.modal, choice
        if seen.modal:
            person.hand.closes()


async def test_somebody_is_answered_in_the_language_of_their_discord(town: Town) -> None:
    person = town.person("anna")
    person.hand.user.locale = "de"
    label = await person.types("grievance")
    assert "Dein Name" in label
    person.hand.user.locale = "ja"
    assert "Your name is not kept" in await person.types("grievance")
