"""What people do in a world, through the door alone, with all that they were shown kept.

``whole_life`` is every journey a grievance can take so far, errors and refusals included. Nothing
here looks behind the door.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from adapters.sandbox import render
from bot.chat import Button, Reply
from bot.texts import Speaker
from tests.fakes.world import World, caller

REPS = ("ines-moreau", "karim-benali", "greta-holm")
STAFF = (*REPS, "oskar-brandt", "leila-farouk", "ruth-adeyemi")

STORY = "The pager goes off most nights and nobody gets the next morning off."
RECEIPT = re.compile(r"[0-9A-HJKMNP-TV-Z]{7}-[0-9A-HJKMNP-TV-Z]{7}-[0-9A-HJKMNP-TV-Z]{7}")
_TOKEN = re.compile(r"[a-z2-7]{26}")
_ENGLISH = Speaker("en", "UTC", "/")


def shown(reply: Reply) -> str:
    """All that a reply says and offers, as the sandbox's page gets it."""
    cards = [render.card(_ENGLISH, one, whisper=not reply.public) for one in reply.cards]
    form = render.form(_ENGLISH, reply.form) if reply.form else None
    errors = render.errors(_ENGLISH, reply.form) if reply.form else {}
    return json.dumps([cards, form, errors], ensure_ascii=False, sort_keys=True)


def receipt_in(reply: Reply) -> str:
    (found,) = set(RECEIPT.findall(shown(reply)))
    return str(found)


def button(reply: Reply, name: str) -> Button:
    return next(b for card in reply.cards for b in card.buttons if b.name == name)


def names(reply: Reply) -> list[str]:
    """The buttons' names."""
    return [b.name for card in reply.cards for b in card.buttons]


def forgotten(reply: Reply) -> bool:
    """Whether a receipt opened nothing: it is wrong, expired or deleted."""
    errors = reply.form.errors.values() if reply.form else ()
    return [line.key for line in errors] == ["refused.receipt_unknown"]


@dataclass
class Acts:
    """People in a world. ``replies``: all that anyone was shown, in order."""

    world: World
    replies: list[Reply] = field(default_factory=list)

    async def say(self, who: str, command: str, words: str = "") -> Reply:
        return self._kept(await self.world.type(who, command, words))

    async def press(self, who: str, reply: Reply, name: str) -> Reply:
        return self._kept(await self.world.press(who, reply, name))

    async def fill(self, who: str, reply: Reply, **answers: str | list[str]) -> Reply:
        return self._kept(await self.world.submit(who, reply, **answers))

    async def confirm(self, who: str, reply: Reply, name: str) -> Reply:
        return await self.press(who, await self.press(who, reply, name), "confirm")

    async def preview(self, who: str, **changes: str | list[str]) -> Reply:
        """A grievance as far as its preview."""
        answers = {"category": "on_call", "spread": "team", "impact": "4", "story": STORY}
        form = await self.press(who, await self.say(who, "grievance"), "continue")
        return await self.fill(who, form, **(answers | changes))

    async def file(self, who: str, how: str = "send", **changes: str | list[str]) -> str:
        """A grievance, sent; gives its receipt."""
        return receipt_in(await self.press(who, await self.preview(who, **changes), how))

    async def visit(self, who: str, receipt: str) -> Reply:
        return await self.fill(who, await self.say(who, "receipt"), receipt=receipt)

    async def write(self, who: str, view: Reply, text: str) -> Reply:
        """A message from the reporter's view; sent as it stands if it was held back."""
        reply = await self.fill(who, await self.press(who, view, "message"), text=text)
        return await self.press(who, reply, "send") if "send" in names(reply) else reply

    async def desk(self, rep: str) -> Reply:
        """The first case on a rep's list, opened."""
        return await self.press(rep, await self.say(rep, "cases"), "open")

    async def staff(self, name: str) -> str:
        """The value by which the form leaves this person out."""
        form = await self.press(
            "someone-asking", await self.say("someone-asking", "grievance"), "continue"
        )
        assert form.form is not None
        (asked,) = [q for q in form.form.questions if q.id == "exclude"]
        return next(option.value for option in asked.options if option.label == name)

    @property
    def receipts(self) -> set[str]:
        """Every receipt that anyone was shown."""
        return {one for reply in self.replies for one in RECEIPT.findall(shown(reply))}

    @property
    def tokens(self) -> set[str]:
        """Every token of a draft or visit that a button or form carried."""
        return {one for reply in self.replies for one in _TOKEN.findall(shown(reply))}

    def _kept(self, reply: Reply) -> Reply:
        self.replies.append(reply)
        return reply


#: What the people of ``whole_life`` write: planted words that must be found nowhere.
WORDS = {
    "story": "Zimtstern: the night pager never stops and nobody sleeps before the next shift.",
    "message": "Quittenbrot: it goes on every single night and nobody ever answers us.",
    "held": "Lebkuchen: write to pfeffernuss@example.org when it happens the next time.",
    "ask": "Mohnkuchen: how often does it happen, and who else is called?",
    "reply": "Streusel: we have read this and we shall speak with them together.",
    "note": "Dampfnudel: for the other reps, this is the third one of the kind.",
    "outcome": "Rohrnudel: you said, we did, and the rest day is now written down.",
    "ignored": "Marillenknoedel behind a command",
    "wrong": "Kaiserschmarrn",  #: too short for a story
}


async def whole_life(acts: Acts, workers: Sequence[str]) -> None:
    """Journey 1 and everything beside it, by at least eight workers; the rest are a crowd."""
    world = acts.world
    await _errors(acts, workers[0])
    heard, early, urgent, regrets, deletes, repeats, *crowd = workers
    greta = await acts.staff("Greta Holm")

    receipt = await _file_twice(acts, heard)
    early_receipt = await acts.file(early, exclude=[greta])
    await acts.confirm(early, await acts.visit(early, early_receipt), "withdraw")
    urgent_receipt = await acts.file(urgent, "send_urgent", story=WORDS["story"])
    view = await acts.visit(urgent, urgent_receipt)
    await acts.write(urgent, view, WORDS["message"])
    await acts.press(urgent, await acts.visit(urgent, urgent_receipt), "not_urgent")
    gone = await acts.file(regrets)
    await acts.confirm(regrets, await acts.visit(regrets, gone), "delete")
    later = await acts.file(deletes, story=WORDS["story"])
    for _ in range(3):
        await acts.file(repeats)
    await acts.say(repeats, "grievance")  # the fourth: refused
    for someone in crowd:
        await acts.file(someone, story=WORDS["story"])
    await world.slot()

    for rep in REPS:
        desk = await acts.desk(rep)
        await acts.press(rep, desk, "acknowledge")
        await acts.fill(rep, await acts.press(rep, desk, "note"), text=WORDS["note"])
        await acts.fill(rep, await acts.press(rep, desk, "ask"), text=WORDS["ask"])
        await acts.press(rep, desk, "next")
    leaving = await acts.press(deletes, await acts.visit(deletes, later), "exclude")
    await acts.fill(deletes, leaving, exclude=[greta])
    await acts.confirm(deletes, await acts.visit(deletes, later), "delete")
    await world.slot()

    view = await acts.visit(heard, receipt)
    await acts.press(heard, view, "export")
    await acts.write(heard, view, WORDS["message"])
    await acts.write(heard, view, WORDS["held"])
    await acts.confirm(urgent, await acts.visit(urgent, urgent_receipt), "withdraw")
    await world.slot()

    for rep in REPS:
        desk = await acts.desk(rep)
        await acts.fill(rep, await acts.press(rep, desk, "reply"), text=WORDS["reply"])
        await acts.fill(rep, await acts.press(rep, desk, "resolve"), outcome=WORDS["outcome"])
    await world.slot()
    await acts.visit(heard, receipt)


async def _file_twice(acts: Acts, who: str) -> str:
    """Edited, sent, sent again, shown again: one case."""
    edited = await acts.press(who, await acts.preview(who), "edit")
    answers = {"category": "hours", "spread": "me", "impact": "2", "story": WORDS["story"]}
    preview = await acts.fill(who, edited, **answers)
    receipt = receipt_in(await acts.press(who, preview, "send"))
    again = await acts.press(who, preview, "send")
    assert receipt_in(again) == receipt
    assert receipt_in(await acts.press(who, again, "show_again")) == receipt
    await acts.press(who, again, "saved")
    return receipt


async def _errors(acts: Acts, who: str) -> None:
    """All that goes wrong at the door: refused, and nothing of it kept."""
    await acts.say(who, "grievance", WORDS["ignored"])
    await acts.say(who, "no-such-command", WORDS["ignored"])
    form = await acts.press(who, await acts.say(who, "grievance"), "continue")
    await acts.fill(who, form, category="on_call", story=WORDS["wrong"])
    await acts.fill(who, form, category=WORDS["wrong"], story=WORDS["story"], exclude=["nobody"])
    await acts.fill(who, form, story=WORDS["story"] * 100)
    await acts.fill(who, form, story=WORDS["story"] + "\x07")
    await acts.press(who, await acts.preview(who, story=WORDS["story"]), "cancel")
    for wrong in ("ABCDEFG-ABCDEFG-ABCDEFG", "not a receipt at all", "0" * 21):
        await acts.visit(who, wrong)
    late = await acts.preview(who, story=WORDS["story"])
    acts.world.clock.move(timedelta(hours=1))
    await acts.world.bot.tick()
    await acts.press(who, late, "send")  # half an hour is over
    for forged in ("acknowledge", "open", "reply", "resolve"):
        await acts.world.bot.door.begin(forged, caller(who), "ABCDEF")
