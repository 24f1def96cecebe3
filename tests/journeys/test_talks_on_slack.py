"""How it is to talk with the bot on Slack: what comes first, what is long, what is not listened to."""

import pytest

from adapters.slack import render
from tests.fakes.slack_week import FORM, STORY, Person, Town, words
from tests.journeys.over_slack import filed, looked, town_of_the_module

pytestmark = [pytest.mark.xdist_group("slack"), pytest.mark.asyncio(loop_scope="module")]

one_town, town = town_of_the_module("socket", "http")


async def test_a_worker_sees_the_label_before_they_type_a_word(town: Town) -> None:
    worker = town.person("worker")
    label = await worker.types("/grievance")
    assert "Your name is not kept" in label
    assert "Whoever owns this Slack can tell that you used this bot" in label
    assert worker.view["submit"]["text"] == "Continue"
    form = await worker.submits()
    assert "What happened" in form
    preview = await worker.submits(**FORM)
    assert STORY in preview
    assert worker.view["submit"]["text"] == "Send it"
    shown_ = await worker.submits()
    receipt = worker.receipt
    assert receipt in shown_
    assert "What you typed" not in await worker.submits()
    worker = await looked(town, receipt)
    await worker.presses("withdraw")
    await worker.presses("confirm")


async def test_a_talk_that_is_too_long_for_a_window_is_turned_page_by_page(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whoever holds the receipt, and by a reader; turning a page does nothing else."""
    receipt = await filed(town, category="hours")
    await town.world.slot()
    worker, rep = await looked(town, receipt), town.person("rep")
    for words_ in ("The first of two.", "The second of two."):
        await worker.presses("message")
        await worker.submits(text=words_)
    await town.world.slot()
    case = await opened_with(rep, "The second of two.")
    monkeypatch.setattr(render, "MOST_BYTES", 700)
    await rep.types("/cases")
    await rep.presses(case)
    await looked(town, receipt)
    for who in (rep, worker):
        pages = [who.sees]
        while turned := next(iter(turns(who, len(pages))), ""):
            pages.append(await who.presses(turned))
            assert len(pages) < 20
        assert len(pages) > 2
        for part in (STORY, "The first of two.", "The second of two."):
            assert sum(part in one for one in pages) == 1, part
        back = await who.presses(f"page:{len(pages) - 2}")
        assert back == pages[-2]


async def opened_with(rep: Person, said: str) -> str:
    """The button that opens the case in which this was said."""
    await rep.types("/cases")
    shown = [one for block in rep.view["blocks"] for one in block.get("elements", ())]
    for button in [one["action_id"] for one in shown if one.get("action_id", "")[:5] == "open:"]:
        await rep.types("/cases")
        if said in await rep.presses(button):
            return str(button)
    raise AssertionError(said)


def turns(who: Person, page: int) -> list[str]:
    """The buttons that lead to a page, counted from 0."""
    shown = [one for block in who.view["blocks"] for one in block.get("elements", ())]
    ids = [one.get("action_id", "") for one in shown]
    return [one for one in ids if one.startswith(f"page:{page}:")]


async def test_what_stands_behind_a_command_is_neither_kept_nor_repeated(town: Town) -> None:
    worker = town.person("worker")
    said = await worker.types("/grievance", "my boss Bob Miller shouts at night")
    assert "ignored" in said.lower()
    assert "Your name is not kept" in said
    sent = [b for b in town.server.bodies if b.to == "town"]
    assert not any("Bob Miller" in word for body in sent for word in body.words)


async def test_the_shortcut_and_the_home_lead_to_the_same_label(town: Town) -> None:
    worker = town.person("worker")
    await worker.hand.shortcut("grievance")
    assert "Your name is not kept" in await worker.answered()
    await worker.hand.close()
    await worker.hand.home()
    await worker.hand.until(lambda: worker.hand.home_view)
    assert "/grievance" in words(worker.hand.home_view)
    await worker.hand.press("grievance", where="home")
    assert "Your name is not kept" in await worker.answered()
