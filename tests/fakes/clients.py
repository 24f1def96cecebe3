"""People in bad weather at their Slack, Discord or Matrix: what they see, and what they do there."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from tests.fakes.discord_week import Person as AtDiscord
from tests.fakes.discord_week import words as words_on_discord
from tests.fakes.matrix_stormy import Somebody
from tests.fakes.slack_person import Person as AtSlack
from tests.fakes.world import CODE

ASKS_CODE, CANCEL, NOT_OPENED = "Community code", "cancel", "could not open your message"
#: What a choice is on Matrix, by its number.
NUMBERS = {"on_call": "4", "team": "2", "yes": "1", "no": "2"}
#: What is said at last, where that is asked for.
AT_LAST = {"leave out": "skip", "“send” sends it": "send"}
#: Seconds until somebody presses again: of what the same machine takes for one thing so many times, for
#: on a slow one whoever is hasty makes it slower.
LOOKS_FOR, TIMES = 3.0, 5
TRIES = 5  #: at one step


class Client(Protocol):
    """One person at one platform."""

    name: str
    tries: int  #: how often they do the same again

    def sees(self) -> str: ...
    def asked(self) -> bool:
        """Whether a form stands there."""

    async def types(self, command: str) -> None: ...
    async def presses(self, button: str) -> None: ...
    async def submits(self, **answers: str) -> None: ...
    async def until(self, done: Callable[[], bool]) -> bool: ...


@dataclass
class Slack:
    name: str
    person: AtSlack
    patience: float
    tries: int = TRIES

    def sees(self) -> str:
        return self.person.sees if self.person.hand.view else ""

    def asked(self) -> bool:
        view = self.person.hand.view
        return view is not None and any(one["type"] == "input" for one in view["blocks"])

    async def types(self, command: str) -> None:
        if self.person.hand.view:
            self.person.hand.screen.stack.clear()
        await self.person.hand.command(f"/{command}", "", self.person.room)

    async def presses(self, button: str) -> None:
        """What stands there is a form's own button, or one beside others."""
        if button in ("continue", "send"):
            await self.person.hand.submit()
        else:
            await self.person.hand.press(button)

    async def submits(self, **answers: str) -> None:
        await self.person.hand.submit(answers)

    async def until(self, done: Callable[[], bool]) -> bool:
        with suppress(TimeoutError):
            await self.person.hand.until(done, self.patience)
        return done()


@dataclass
class Discord:
    name: str
    person: AtDiscord
    patience: float
    tries: int = TRIES

    def sees(self) -> str:
        """The modal that is open, else the newest of what is whispered to them in this room."""
        if self.person.hand.modal is not None:
            return self.person.sees
        here = self.person.hand.room
        mine = [one for one in here.whispers if one.to == self.person.hand.user.id]
        return words_on_discord(mine[-1].data) if mine else ""

    def asked(self) -> bool:
        return self.person.hand.modal is not None

    async def types(self, command: str) -> None:
        self.person.hand.screen.modal = None
        await self.person.hand.types(command, self.person.room)

    async def presses(self, button: str) -> None:
        await self.person.hand.presses(button)

    async def submits(self, **answers: str) -> None:
        await self.person.hand.submits(answers)

    async def until(self, done: Callable[[], bool]) -> bool:
        with suppress(TimeoutError):
            await self.person.hand.until(done, self.patience)
        return done()


@dataclass
class Matrix:
    """They wait, and say nothing twice: what was said there is answered, however late."""

    person: Somebody
    tries: int = 1

    @property
    def name(self) -> str:
        return self.person.user

    def sees(self) -> str:
        return self.person.sees()

    def asked(self) -> bool:
        return CANCEL in self.sees()

    async def types(self, command: str) -> None:
        """Whoever does not know what became of what they began leaves it first."""
        if not await self.person.comes():
            return
        if not self.person.settled:
            await self._hears("cancel")
        self.person.settled = False
        if ASKS_CODE in await self._hears(f"!{command}"):
            await self._hears(CODE)

    async def presses(self, button: str) -> None:
        await self._hears("1" if button == "open" else button)

    async def submits(self, **answers: str) -> None:
        """One after the other, and what stands behind them; of one that is all, it is handed in."""
        for one in answers.values():
            await self._hears(NUMBERS.get(one, one))
        for ask, word in AT_LAST.items():
            if ask in self.sees():
                await self._hears(word)

    async def _hears(self, words: str) -> str:
        """Says it, once more where the bot asks for that, and gives the first of the answer."""
        for _ in range(TRIES):
            await self.person.says(words)
            await self.until(lambda: bool(self.sees()))
            if NOT_OPENED not in self.sees():
                break
        return self.sees()

    async def until(self, done: Callable[[], bool]) -> bool:
        return await self.person.until(done)
