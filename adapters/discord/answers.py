"""The answer to one interaction, from one place: given once, and changed as often as needed.

Discord takes the first within three seconds, and no second one. What breaks off is tried once more: it
may have been heard, and then Discord says so.
"""

from adapters.discord.components import Json
from adapters.discord.incoming import Incoming
from adapters.discord.render import EPHEMERAL, Shown
from adapters.discord.wire import ACKNOWLEDGED, Away, Refusal, Wire

SAY, SAY_LATER, CHANGE_LATER, CHANGE, MODAL = 4, 5, 6, 7, 9


class Answer:
    """All of it raises Away, Limited, Refusal."""

    def __init__(self, wire: Wire, come: Incoming) -> None:
        self._wire, self._come = wire, come
        self.begun = False

    async def later(self) -> None:
        """That an answer comes."""
        if self._come.whisper:
            await self._first(CHANGE_LATER, Shown({}))
        else:
            await self._first(SAY_LATER, Shown({"flags": EPHEMERAL}))

    async def modal(self, shown: Json) -> None:
        await self._first(MODAL, Shown(shown))

    async def say(self, shown: Shown) -> None:
        """To its person alone: in the place of the whisper that it was done on, if it was."""
        if self.begun:
            return await self._changed(shown)
        return await self._first(CHANGE if self._come.whisper else SAY, shown)

    async def _first(self, kind: int, shown: Shown) -> None:
        of = (self._come.interaction, self._come.token, kind, shown)
        try:
            try:
                await self._wire.answer(*of)
            except Away:
                await self._wire.answer(*of)
        except Refusal as no:
            if no.code != ACKNOWLEDGED:
                raise
        self.begun = True

    async def _changed(self, shown: Shown) -> None:
        body = {key: value for key, value in shown.body.items() if key != "flags"}
        flags = {"flags": shown.body.get("flags", 0) & ~EPHEMERAL}
        changed = Shown(body | flags, shown.picture)
        try:
            await self._wire.change(self._come.application, self._come.token, changed)
        except Away:
            await self._wire.change(self._come.application, self._come.token, changed)
