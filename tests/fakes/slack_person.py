"""Somebody at their Slack: what they type, press and fill in, and what they then read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.fakes.slack import Channel, Hand

RECEIPT = re.compile(r"[0-9A-HJKMNP-TV-Z]{7}(?:-[0-9A-HJKMNP-TV-Z]{7}){2}")
WAITS = 10.0

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
        await self.hand.command(command, behind, room or self.room)
        return await self.answered()

    async def presses(self, button: str, **more: Any) -> str:
        before = self.hand.view
        await self.hand.press(button, **more)
        return await self.answered(before)

    async def submits(self, **answers: Any) -> str:
        before = self.hand.view
        await self.hand.submit(answers)
        return await self.answered(before)

    async def answered(self, before: Json | None = None) -> str:
        """Once the bot has said something other than to wait."""

        def there() -> bool:
            if self.hand.trouble or self.hand.errors:
                return True
            view = self.hand.view
            return view is not None and "One moment" not in words(view) and view != before

        await self.hand.until(there, WAITS)
        assert not self.hand.trouble, self.hand.trouble
        return "\n".join(self.hand.errors.values()) or self.sees

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
