"""Somebody at their Slack: what they type, press and fill in, and what they then read.

Who is told that the bot has too much to do presses again, as people do: it may be so on a slow machine.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.domain.grievances.receipts import RECEIPT
from tests.fakes.slack import Channel, Hand

WAITS = 10.0
BUSY = "Nothing was done; please press again in a minute."
SOON = 0.2  #: seconds until they do

Json = dict[str, Any]


@dataclass
class Person:
    """Somebody at their Slack."""

    hand: Hand
    room: Channel

    @property
    def view(self) -> Json:
        assert self.hand.view is not None, "no modal is open"
        return self.hand.view

    @property
    def sees(self) -> str:
        """All words of the modal on top."""
        return words(self.view)

    @property
    def receipt(self) -> str:
        (found,) = set(RECEIPT.findall(self.sees))
        return str(found)

    async def types(self, command: str, behind: str = "", room: Channel | None = None) -> str:
        """A command, in the room that everybody reads unless told; what the modal then says."""
        return await self._does(partial(self.hand.command, command, behind, room or self.room))

    async def presses(self, button: str, **more: Any) -> str:
        return await self._does(partial(self.hand.press, button, **more), of=self.hand.view)

    async def submits(self, **answers: Any) -> str:
        return await self._does(partial(self.hand.submit, answers), of=self.hand.view)

    async def _does(self, act: Callable[[], Awaitable[object]], of: Json | None = None) -> str:
        """``of``: the modal that it is done in."""
        while True:
            told = len(self._busy)
            await act()
            said = await self.answered(of, told)
            if BUSY not in said:
                return said
            await asyncio.sleep(SOON)
            of = self.hand.view if of else None

    async def answered(self, before: Json | None = None, told: int | None = None) -> str:
        """Once the bot has said something other than to wait. ``told``: how often that it is busy."""
        told = len(self._busy) if told is None else told

        def there() -> bool:
            if self.hand.trouble or self.hand.errors or len(self._busy) > told:
                return True
            view = self.hand.view
            return view is not None and "One moment" not in words(view) and view != before

        await self.hand.until(there, WAITS)
        assert not self.hand.trouble, self.hand.trouble
        if len(self._busy) > told:
            return BUSY
        return "\n".join(self.hand.errors.values()) or self.sees

    @property
    def _busy(self) -> list[Json]:
        return [one for one in self.hand.ephemerals if BUSY in words(one)]

    async def hears(self, said: str) -> str:
        """What the bot wrote to them alone, once these words are in it."""
        found = await self.hand.until(
            lambda: [m for m in self.hand.directs if said in words(m)], WAITS
        )
        return words(found[-1])

    def heard(self) -> list[str]:
        return [words(one) for one in self.hand.directs]


def words(shown: Any) -> str:
    """All that somebody reads in a view or a message, a piece a line; what is typed in, too."""
    return "\n".join(_words(shown))


def _words(shown: Any) -> Iterator[str]:
    if isinstance(shown, list):
        for one in shown:
            yield from _words(one)
    if not isinstance(shown, dict):
        return
    if isinstance(shown.get("text"), str):
        yield shown["text"].strip("*") if shown.get("type") == "mrkdwn" else shown["text"]
    if isinstance(shown.get("initial_value"), str):
        yield shown["initial_value"]
    for key, one in shown.items():
        if key not in ("private_metadata", "state", "metadata"):
            yield from _words(one)
