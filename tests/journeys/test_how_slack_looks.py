"""A sheet of what people see on Slack, drawn from its JSON in Block Kit's look, for eyes to judge.

Every word of every modal and card is on it. Where the sheet lies is told when a test fails, and with
``-s``; no browser is needed to make it.
"""

import html
from pathlib import Path
from typing import Any

from tests.fakes.slack.drawn import page
from tests.fakes.slack_week import FORM, Town, town_on, words

Shown = list[tuple[str, dict[str, Any]]]


async def filing(town: Town) -> tuple[Shown, str]:
    worker, seen = town.person("worker"), Shown()
    await worker.types("/grievance", "words behind it")
    seen.append(("the label, and that words behind it were not read", worker.view))
    await worker.submits()
    seen.append(("the form", worker.view))
    await worker.submits(
        **FORM | {"story": "Mail bob@example.org: nobody cares & <b>everybody</b>"}
    )
    seen.append(("the preview, with a warning", worker.view))
    await worker.submits()
    seen.append(("the receipt", worker.view))
    receipt = worker.receipt
    await worker.submits()
    seen.append(("saved", worker.view))
    return seen, receipt


async def working(town: Town) -> Shown:
    rep, seen = town.person("rep"), Shown()
    seen.append(("a notice", rep.hand.directs[-1]))
    await rep.types("/cases")
    seen.append(("the work list", rep.view))
    await rep.presses("open")
    seen.append(("a case", rep.view))
    await rep.presses("ask")
    seen.append(("a question to the reporter", rep.view))
    await rep.submits(text="How often?")
    return seen


async def coming_back(town: Town, receipt: str) -> Shown:
    worker, seen = town.person("worker"), Shown()
    await worker.types("/receipt")
    await worker.submits(receipt="0000000-0000000-0000000")
    seen.append(("a receipt that opens nothing", worker.view))
    await worker.submits(receipt=receipt)
    seen.append(("the reporter's view", worker.view))
    await worker.presses("withdraw")
    seen.append(("asked once more", worker.view))
    return seen


async def asking(town: Town) -> Shown:
    organiser, worker, seen = town.person("organiser"), town.person("colleague"), Shown()
    await organiser.types("/poll", "new", town.organisers)
    seen.append(("a new poll", organiser.view))
    poll = {"question": "Shall we ask for rest days?", "kind": "yes_no", "days": "2"}
    await organiser.submits(**poll, comment="no")
    await organiser.presses("confirm")
    await town.world.bot.tick()
    seen.append(("its card", town.general.messages[-1]))
    await worker.presses("answer", where="message")
    seen.append(("an answer", worker.view))
    await worker.hand.home()
    seen.append(("the App Home", worker.hand.home_view or {}))
    await organiser.types("/cases")
    await organiser.hand.close()
    await town.person("moderator").types("/setup")
    seen.append(("set-up", town.person("moderator").view))
    await town.world.live(days=7)
    seen += [("in the organisers' channel", one) for one in town.organisers.messages]
    return seen


def unfolded(shown: Any) -> Any:
    """Without what a closed menu hides."""
    if isinstance(shown, list):
        return [unfolded(one) for one in shown]
    if not isinstance(shown, dict):
        return shown
    menu = str(shown.get("type")).endswith("static_select")
    return {key: unfolded(one) for key, one in shown.items() if not (menu and key == "options")}


async def test_every_word_that_is_shown_is_on_the_sheet(tmp_path: Path) -> None:
    async with town_on(tmp_path / "town", "socket") as town:
        seen, receipt = await filing(town)
        await town.world.slot()
        seen += await working(town)
        await town.world.slot()
        seen += await coming_back(town, receipt)
        seen += await asking(town)
    for name, looks in {"light": {}, "dark": {"dark": True}, "narrow": {"narrow": True}}.items():
        sheet = page(seen, **looks)
        (tmp_path / f"{name}.html").write_text(sheet, "utf-8")
    told = html.unescape(sheet)
    for name, shown in seen:
        for word in words(unfolded(shown.get("blocks"))).split():
            assert word in told, (name, word)
    assert len(seen) > 15
