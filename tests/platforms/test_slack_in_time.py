"""Slack waits three seconds: it is answered in time when the bot is slow, full, or has a bug."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from adapters.slack import acts
from adapters.slack.installations import Installations
from bot.chat import Card, Reply, line
from bot.domain.errors import CannotSave
from bot.ports import Noted
from tests.fakes.slack_week import FORM, RECEIPT, STORY, Person, Town, town_on
from tests.fakes.slow_door import SlowDoor

pytestmark = [pytest.mark.xdist_group("slack"), pytest.mark.asyncio(loop_scope="module")]


@dataclass
class Slow:
    town: Town
    door: SlowDoor


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["socket", "http"])
async def one_town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Slow]:
    folder = tmp_path_factory.mktemp("town")
    async with town_on(folder, request.param, began=False) as made:
        door = SlowDoor(made.world.bot.door)
        object.__setattr__(made.world.bot, "door", door)
        await made.begin()
        yield Slow(made, door)


@pytest_asyncio.fixture(loop_scope="module")
async def slow(one_town: Slow, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Slow]:
    """Patience a tenth of what it is, and so is the bot's slowness."""
    monkeypatch.setattr(acts, "PATIENCE", 0.2)
    monkeypatch.setattr(acts, "AFTER", (0.05, 0.1, 0.2, 0.4))
    one_town.door.seconds, one_town.door.breaks = 0.0, ""
    one_town.town.server.screens.clear()
    one_town.town.server.delivery.seen.clear()
    yield one_town


def slowest(town: Town) -> float:
    return max(ack.seconds for _, ack in town.server.delivery.seen)


async def test_a_slow_bot_answers_slack_at_once_and_its_person_when_it_can(slow: Slow) -> None:
    worker = slow.town.person("worker")
    slow.door.seconds = 0.5
    assert "Your name is not kept" in await worker.types("/grievance")
    await worker.submits()
    assert STORY in await worker.submits(**FORM)
    receipt = await worker.submits()
    assert RECEIPT.search(receipt)
    assert slowest(slow.town) < 0.45
    waited = [b for b in slow.town.server.bodies if "One moment …" in b.words and b.to == "town"]
    assert waited, "and is told to wait meanwhile"


@pytest.mark.parametrize("travels", [0.3, 60.0], ids=["late", "lost"])
async def test_an_answer_that_slack_has_late_or_never_lets_nobody_wait_for_ever(
    slow: Slow, travels: float
) -> None:
    """What comes of a form may be known before its modal was told to wait."""
    worker = slow.town.person(f"worker-{travels:.0f}")  # who may file three a day
    await worker.types("/grievance")
    await worker.submits()
    await worker.submits(**FORM)
    slow.door.seconds = 0.25
    slow.town.server.faults.travels = travels
    seen = await worker.hand.submit({})
    assert seen.trouble == ("operation_timeout" if travels > 3 else "")
    await worker.hand.until(lambda: RECEIPT.search(worker.sees))
    receipt = worker.receipt
    await asyncio.sleep(0.1)
    assert worker.receipt == receipt, "and it stays"


async def test_what_was_wrong_in_a_form_is_told_late_too_with_all_that_was_typed(
    slow: Slow,
) -> None:
    worker = slow.town.person("worker")
    await worker.types("/receipt")
    slow.door.seconds = 0.5
    said = await worker.submits(receipt="0000000-0000000-0000000")
    assert "opens nothing" in said
    assert "0000000-0000000-0000000" in said


@pytest.mark.parametrize("away", [True, False], ids=["before the door", "behind it"])
async def test_what_could_not_be_kept_is_told_late_with_all_that_was_typed(
    slow: Slow, monkeypatch: pytest.MonkeyPatch, away: bool
) -> None:
    worker = slow.town.person("worker")
    await worker.types("/grievance")
    await worker.submits()

    looked_up, before = Installations.of, list[bool]()

    async def fails(*of: Any, **more: Any) -> Any:
        if away and before:  # the database is back by then
            return await looked_up(*of)
        before.append(True)
        await asyncio.sleep(0.5)
        if away:
            raise CannotSave
        why = Card(line("refused.title"), (line(CannotSave.key),))
        return Reply((why,), taken=False)

    with monkeypatch.context() as broken:
        broken.setattr(*((Installations, "of") if away else (SlowDoor, "submit")), fails)
        await worker.submits(**FORM)
    assert "could not be saved" in worker.sees.lower() or "save" in worker.sees.lower()
    typed = worker.view["state"]["values"]
    assert typed["story"]["story"]["value"] == STORY
    assert typed["category"]["category"]["selected_option"]["value"] == FORM["category"]
    assert STORY in await worker.submits(), "it is handed in as it stands"


async def test_a_bug_after_the_answer_leaves_slack_answered_and_no_word_behind(
    slow: Slow,
) -> None:
    worker, log = slow.town.person("worker"), slow.town.world.log
    await worker.types("/grievance")
    await worker.submits()
    slow.door.breaks = STORY
    tries = [await worker.hand.submit(FORM) for _ in range(5)]
    shown = tries[-1]
    assert {one.trouble for one in tries} == {""}
    assert min(one.seconds for one in tries) < 0.1, "nothing is waited for; a machine may be busy"
    assert "What you typed is still here" in shown.errors["story"]
    assert worker.view["state"]["values"]["story"]["story"]["value"] == STORY
    noted = [facts for event, facts in log.lines if event is Noted.BUG]
    assert noted
    assert STORY not in str(noted)
    slow.door.breaks = ""
    log.lines.clear()


async def test_what_cannot_be_made_says_so_and_lets_nobody_wait_for_ever(
    slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, log = slow.town.person("worker"), slow.town.world.log

    def breaks(*of: Any, **more: Any) -> Any:
        raise RuntimeError(STORY)

    with monkeypatch.context() as broken:
        broken.setattr(acts.Acts, "_view", breaks)
        assert "Something broke" in await worker.types("/grievance")
    assert "Your name is not kept" in await worker.types("/grievance")
    with monkeypatch.context() as broken:
        broken.setattr(acts.Acts, "_view", breaks)
        assert "Something broke" in await worker.presses("elsewhere")
    noted = [facts for event, facts in log.lines if event is Noted.BUG]
    assert len(noted) == 2
    assert STORY not in str(noted)
    log.lines.clear()


async def test_a_stop_answers_and_keeps_what_was_handed_in_and_takes_on_nothing_new(
    slow: Slow,
) -> None:
    town = slow.town
    worker, colleague = town.person("another"), town.person("colleague")
    await colleague.types("/grievance")
    await worker.types("/grievance")
    await worker.submits()
    await worker.submits(**FORM)
    slow.door.seconds = 0.6
    sends = asyncio.create_task(worker.hand.submit({}))
    await asyncio.sleep(0.05)
    stops = asyncio.create_task(town.restart())
    await asyncio.sleep(0.05)
    if not town.platform.address:  # over HTTP nothing is let in any more
        before = colleague.view
        await colleague.hand.submit({})
        assert "too much to do" in await colleague.answered(before)
    await asyncio.gather(sends, stops)
    assert not worker.hand.trouble
    slow.door.seconds = 0.0
    receipt = worker.receipt
    await worker.types("/receipt")
    assert "Waiting" in await worker.submits(receipt=receipt)


async def test_beyond_capacity_people_are_told_to_press_again_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    async with town_on(tmp_path, "http", most=6) as town:
        people = [town.person(f"worker-{n}") for n in range(24)]
        for one in people:
            await one.types("/grievance")
            await one.submits()
            await one.submits(**FORM)
        receipts = await asyncio.gather(*(pressed_until_sent(one) for one in people))
        assert len(set(receipts)) == len(people)
        busy = [b for b in town.server.bodies if "too much to do" in "".join(b.words)]
        assert busy, "somebody was told to press again"
        assert slowest(town) < 3.0


async def test_a_button_that_is_pressed_when_the_bot_is_full_says_so_where_it_is(
    tmp_path: Path,
) -> None:
    async with town_on(tmp_path, "http", most=0) as town:
        worker = town.person("worker")
        await worker.hand.command("/grievance", channel=town.general)
        (said,) = worker.hand.ephemerals
        assert "too much to do" in said["text"]
        tasks = town.platform.tasks
        tasks.most = 5
        label = await worker.types("/grievance")
        tasks.most = 0
        for _ in range(2):
            before = worker.hand.view
            await worker.hand.press("elsewhere")  # and does not try until it is taken
            busy = await worker.answered(before)
            assert "too much to do" in busy
            assert label in busy
        tasks.most = 5
        assert "too much to do" not in await worker.presses("elsewhere")


async def test_where_no_modal_is_open_a_full_bot_says_so_in_one(tmp_path: Path) -> None:
    """At home and by the shortcut nothing else is there to say it in."""
    async with town_on(tmp_path, "http") as town:
        worker, tasks = town.person("worker"), town.platform.tasks
        await worker.hand.home()
        await worker.hand.until(lambda: worker.hand.home_view)
        tasks.most = 0
        await worker.hand.press("grievance", where="home")
        assert "too much to do" in await worker.answered()
        await worker.hand.close()
        await worker.hand.shortcut("grievance")
        assert "too much to do" in await worker.answered()
        assert worker.hand.ephemerals == worker.heard() == []
        tasks.most = 1  # whom it told so take nobody's place
        busy = worker.hand.view
        await worker.hand.shortcut("grievance")
        assert "Your name is not kept" in await worker.answered(busy)


async def pressed_until_sent(person: Person) -> str:
    """Somebody presses until they hold their receipt."""
    for _ in range(50):
        await person.hand.submit({})
        assert not person.hand.trouble
        await person.hand.until(lambda: "One moment" not in person.sees)
        if found := RECEIPT.search(person.sees):
            return found.group()
        assert STORY in person.sees
        await asyncio.sleep(0.05)
    raise AssertionError("never sent")
