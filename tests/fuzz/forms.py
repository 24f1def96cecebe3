"""Forms as they are handed in, and buttons as they are pressed: at the one door, by anybody."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bot.chat import Reply, about, forms
from tests.fakes.world import caller
from tests.fuzz.bending import Draw, one_of, value, words
from tests.fuzz.feeding import Target
from tests.fuzz.hearing import Ear
from tests.fuzz.people import WHO, People, answers, button, lively


class Counter(People):
    def make(self, draw: Draw) -> Any:
        """(who, name, subject, answers or None where a button is pressed)."""
        kind = draw(10)
        if self.forms and kind < 6:
            who, form = one_of(draw, self.forms)
            return who, form.name, form.subject, answers(draw, form)
        if kind < 9:
            who, id = button(draw, self.buttons, self.commands)
            return (who, *about(id), None)
        given = value(draw)
        whole = given if isinstance(given, dict) else {"text": given}
        return one_of(draw, WHO), one_of(draw, self.commands), words(draw), whole

    async def feed(self, one: Any) -> None:
        await self.another_day()
        who, name, subject, given = one
        if given is None:
            reply: Reply = await self.door.begin(name, caller(who), subject)
        else:
            reply = await self.door.submit(name, caller(who), subject, given)
        self.saw(who, reply)


@asynccontextmanager
async def opened(ear: Ear, folder: Path) -> AsyncIterator[Counter]:
    async with lively(ear, folder) as world:
        yield Counter(world)


def plant() -> AbstractContextManager[Any]:
    """Whoever takes an answer for text."""
    return patch.object(forms, "_kept", lambda given: given.strip() if given else "")


FORMS = Target("forms", opened, plant)
