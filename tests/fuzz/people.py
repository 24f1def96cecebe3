"""People who do anything at the door of one world: type, press, hand in, each as well as they can and
then bent. What they were shown leads them on; what it says must be sayable.
"""

from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from adapters.sandbox import render
from bot.chat import Ask, Form, Question, Reply, about
from bot.texts import Speaker
from tests.fakes.acts import STORY, Acts
from tests.fakes.voting import opened_poll
from tests.fakes.world import World, folders, new_world
from tests.fuzz.bending import Draw, bent, one_of, value, words
from tests.fuzz.hearing import MARK, Ear

WHO = (
    "noor-haddad",
    "luca-ferrari",
    MARK,
    "ines-moreau",
    "karim-benali",
    "ruth-adeyemi",
    "oskar-brandt",
    "leila-farouk",
)
NEXT_DAY = 150  #: inputs, then a slot and a day have passed


class People:
    """``typed``: the commands that are; ``words``: that may stand behind them; ``forms``, ``buttons``:
    who was shown which lately."""

    def __init__(self, world: World) -> None:
        self.world, self.door = world, world.bot.door
        self.commands = tuple(one.name for one in self.door.commands)
        self.typed = tuple(one.name for one in self.door.commands if one.typed)
        self.words = ("", *sorted({word for one in self.door.commands for word in one.words}))
        self.forms: deque[tuple[str, Form]] = deque(maxlen=8)
        self.buttons: deque[tuple[str, str]] = deque(maxlen=40)
        self._fed = 0

    def saw(self, who: str, reply: Reply) -> None:
        speaker = Speaker(reply.voice, "/")
        for card in reply.cards:
            render.card(speaker, card, whisper=True)
            self.buttons.extend((who, one.id) for one in card.buttons)
        if reply.form:
            render.form(speaker, reply.form)
            render.errors(speaker, reply.form)
            self.forms.append((who, reply.form))

    async def another_day(self) -> None:
        self._fed += 1
        if self._fed % NEXT_DAY == 0:
            await self.world.slot()
            self.world.clock.move(timedelta(days=1))


def answer(draw: Draw, question: Question) -> Any:
    """As it is wanted, as a rule."""
    options = [one.value for one in question.options]
    if options and question.ask is Ask.CHOICES:
        return [one_of(draw, options) for _ in range(draw(3))]
    if options:
        return one_of(draw, options)
    plain = (STORY, f"{MARK} {STORY}", "1", "3", "Tea\nCoffee", "2026-06-08", "Europe/Berlin", "")
    return one_of(draw, plain) if draw(3) else words(draw)


def answers(draw: Draw, form: Form) -> Any:
    good = {one.id: answer(draw, one) for one in form.questions}
    given = bent(draw, good, 2)
    return given if isinstance(given, dict) else good


def button(
    draw: Draw, shown: Sequence[tuple[str, str]], commands: Sequence[str]
) -> tuple[str, Any]:
    """(who, id) of a button: one that is there, somebody else's, a bent or an invented one."""
    kind = draw(8)
    if shown and kind < 6:
        who, id = one_of(draw, shown)
        return (who if kind else one_of(draw, WHO)), (id if kind < 5 else _bent_id(draw, id))
    subject = words(draw) if draw(2) else ""
    return one_of(draw, WHO), f"{one_of(draw, commands)}:{subject}" if subject else words(draw)


def _bent_id(draw: Draw, id: str) -> str:
    name, subject = about(id)
    kind = draw(4)
    if kind == 0:
        return f"confirm:{id}"
    if kind == 1:
        return f"{name}:{subject}.{words(draw)}"
    if kind == 2:
        return f"{name}:{subject[:-1]}"
    return f"{name}:{words(draw)}:{subject}"


@asynccontextmanager
async def lively(ear: Ear, folder: Path) -> AsyncIterator[World]:
    """A world in which there is a case, a poll, and somebody at each desk."""
    async with new_world(folders(folder), log=ear) as world:
        acts = Acts(world)
        await acts.file("sofia-marques")
        await opened_poll(acts)
        await world.slot()
        yield world


__all__ = ["WHO", "People", "answer", "answers", "button", "lively", "value"]
