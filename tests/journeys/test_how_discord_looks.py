"""A sheet of what people see on Discord, drawn from its JSON in Discord's look, for eyes to judge.

Every word of every form, whisper and card is on it. Where the sheet lies is told when a test fails, and
with ``-s``; no browser is needed to make it.
"""

import html
import re
from pathlib import Path
from typing import Any

from tests.fakes.discord import words_of
from tests.fakes.discord.drawn import page
from tests.fakes.discord_week import FORM, Person, Town, read, town_on

Shown = list[tuple[str, dict[str, Any]]]


def now(one: Person) -> dict[str, Any]:
    """The form that is open, else what was said last to them alone."""
    return one.hand.modal or one.hand.whispers[-1]


def fields_of(shown: Any, name: str) -> list[Any]:
    """All that stands under this name, wherever it does."""
    if isinstance(shown, list):
        return [one for part in shown for one in fields_of(part, name)]
    if not isinstance(shown, dict):
        return []
    here = list(shown.get(name, ())) if isinstance(shown.get(name), list) else []
    return here + [one for part in shown.values() for one in fields_of(part, name)]


async def filing(town: Town) -> tuple[Shown, str]:
    worker, seen = town.person("worker"), Shown()
    await worker.types("grievance")
    seen.append(("the label", now(worker)))
    await worker.presses("continue")
    seen.append(("the form", now(worker)))
    await worker.submits(
        **FORM | {"story": "Mail bob@example.org: nobody cares & **everybody** <@1> @everyone"}
    )
    seen.append(("the preview, with a warning", now(worker)))
    await worker.presses("send")
    seen.append(("the receipt", now(worker)))
    receipt = worker.receipt
    await worker.presses("saved")
    seen.append(("saved", now(worker)))
    return seen, receipt


async def working(town: Town) -> Shown:
    rep, seen = town.person("rep"), Shown()
    seen.append(("a notice", town.server.direct(rep.hand.user).messages[-1].told()))
    await rep.types("cases")
    seen.append(("the work list", now(rep)))
    await rep.presses("open")
    seen.append(("a case", now(rep)))
    await rep.presses("ask")
    seen.append(("a question to the reporter", now(rep)))
    await rep.submits(text="How often?")
    return seen


async def coming_back(town: Town, receipt: str) -> Shown:
    worker, seen = town.person("worker"), Shown()
    await worker.types("receipt")
    seen.append(("asked for the receipt", now(worker)))
    await worker.submits(receipt="0000000-0000000-0000000")
    seen.append(("a receipt that opens nothing", now(worker)))
    worker = town.person("worker")
    await worker.types("receipt")
    await worker.submits(receipt=receipt)
    seen.append(("the reporter's view", now(worker)))
    await worker.presses("withdraw")
    seen.append(("asked once more", now(worker)))
    return seen


async def asking(town: Town) -> Shown:
    organiser, seen = town.person("organiser", town.organisers), Shown()
    await organiser.types("poll", "new", town.organisers)
    seen.append(("a new poll", now(organiser)))
    poll = {"question": "Shall we ask for rest days?", "kind": "yes_no", "days": "2"}
    await organiser.submits(**poll, comment="no")
    await organiser.presses("confirm")
    await town.world.bot.tick()
    seen.append(("its card", town.general.messages[-1].told()))
    for number in range(24):
        worker = town.person(f"voter-{number}")
        await worker.presses("answer")
        if not number:
            seen.append(("an answer", now(worker)))
        choices = [one["value"] for one in fields_of(now(worker), "options")]
        await worker.submits(q1=choices[bool(number % 3)])
    seen.append(("answered", now(worker)))
    await town.person("worker").types("help")
    seen.append(("help", now(town.person("worker"))))
    moderator = town.person("moderator")
    await moderator.types("setup")
    seen.append(("set-up", now(moderator)))
    await town.world.live(days=7)
    seen += [("in the organisers' channel", one.told()) for one in town.organisers.messages]
    seen += [("in the bulletin channel", one.told()) for one in town.general.messages[1:]]
    return seen


async def test_every_word_that_is_shown_is_on_the_sheet(tmp_path: Path) -> None:
    async with town_on(tmp_path / "town") as town:
        seen, receipt = await filing(town)
        await town.world.slot()
        seen += await working(town)
        await town.world.slot()
        seen += await coming_back(town, receipt)
        seen += await asking(town)
        pictures = dict(town.server.files)
    for name, looks in {"light": {}, "dark": {"dark": True}, "narrow": {"narrow": True}}.items():
        sheet = page(seen, pictures=pictures, **looks)
        (tmp_path / f"{name}.html").write_text(sheet, "utf-8")
    told = html.unescape(sheet + re.sub(r"<[^>]*>", "", sheet))
    for name, shown in seen:
        for word in read("\n".join(words_of(shown["components"]))).split():
            assert word in told, (name, word)
    assert len(seen) > 15
