"""Lines as people type them: in a talk with the bot alone, as on Matrix, commands and answers to what it
asks, line by line; and in a room of the sandbox.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from adapters.matrix import talk as talk_module
from adapters.matrix.talks import Talks
from adapters.sandbox import acts
from adapters.sandbox.people import PERSONAS
from adapters.sandbox.town import NotTaken, NotThere, Town
from bot.chat import Caller
from bot.dialogue import Word, choosing
from tests.fakes.acts import STORY
from tests.fakes.world import World, caller
from tests.fuzz.bending import Draw, one_of, words
from tests.fuzz.feeding import Target
from tests.fuzz.hearing import MARK, Ear
from tests.fuzz.people import WHO, People, lively

PREFIXES = ("!", "/", "", "!!", "! ", "\ufeff/")
BEHIND = ("", " ", "\t", "\n", "\0", ".", ")")
ROOMS = ("!talk", "!other")


async def same(_: str, alone: Caller) -> Caller:
    return alone


class Typing(People):
    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._talks = Talks(self.door, world.clock, same)
        self._town = Town()
        self._acts = acts.Acts(self._town, self.door)
        self._typed = 0

    def make(self, draw: Draw) -> Any:
        """(who, where, the line); no room: in the sandbox."""
        who, where = one_of(draw, WHO), one_of(draw, (*ROOMS, ""))
        kind = draw(12)
        if kind < 5:
            return who, where, f"{draw(8)}{one_of(draw, BEHIND) if draw(3) == 0 else ''}"
        if kind == 5:
            return who, where, one_of(draw, [word.value for word in Word])
        if kind < 8:
            name, word = one_of(draw, self.typed), one_of(draw, self.words)
            name = name if draw(4) else one_of(draw, self.commands)
            line = f"{one_of(draw, PREFIXES)}{name} {word}{one_of(draw, BEHIND)}"
            return who, where, line if draw(3) else line + words(draw)
        if kind < 10:
            return who, where, one_of(draw, (STORY, f"{MARK}: {STORY}", "send", "yes", "TESTCODE"))
        return who, where, words(draw) + one_of(draw, BEHIND) * draw(3)

    async def feed(self, one: Any) -> None:
        await self.another_day()
        who, where, text = one
        if where:
            self._typed += 1
            said = replace(caller(who), once=f"${self._typed}", proves=True, proof=who)
            for shown in await self._talks.heard(f"{where}:{who}", text, said):
                assert shown.words is None or shown.words.plain.strip()
            if self._typed % 500 == 0:
                self._talks.over()
            return
        persona = next((one for one in PERSONAS if one.id == who), PERSONAS[1])
        room = self._town.rooms(persona)[0]
        with suppress(NotTaken, NotThere):  # said as a sentence
            await self._acts.say(persona, room, text)


@asynccontextmanager
async def opened(ear: Ear, folder: Path) -> AsyncIterator[Typing]:
    async with lively(ear, folder) as world:
        yield Typing(world)


def plant() -> AbstractContextManager[Any]:
    """Whoever thinks that every digit is a number."""

    def number_in(text: str) -> int | None:
        typed = choosing.plain(text).rstrip(".)")
        return int(typed) if typed.isdigit() and len(typed) <= 3 else None

    return patch.multiple(talk_module, number_in=number_in)


LINES = Target("lines", opened, plant)
