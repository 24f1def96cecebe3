"""Receipts as people type them, and what they never were: read by the domain, then entered at the door.
One opens the case that was filed, and nothing else opens anything.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bot.domain.errors import Invalid
from bot.domain.grievances import receipts
from tests.fakes.acts import Acts, names
from tests.fakes.world import World, caller, folders, new_world
from tests.fuzz.bending import Draw, one_of, value, words
from tests.fuzz.feeding import Target
from tests.fuzz.hearing import Ear

BETWEEN = ("", " ", "-", "\u2013", "\u2212", "\n", "\u00a0", "\0", "\u200b", "_")
MISREAD = {"0": "oO\uff10\u0660", "1": "iIlL|\u0131", "S": "s\u017f\u00df", "5": "\uff15"}


class Desk:
    def __init__(self, world: World, filed: str) -> None:
        self._world, self._filed = world, filed

    def make(self, draw: Draw) -> Any:
        kind = draw(8)
        if kind == 0:
            return value(draw)
        if kind == 1:
            return words(draw)
        typed = self._filed
        if kind < 4:
            typed = receipts.drawn(bytes(draw(256) for _ in range(receipts.RANDOM_BYTES)))
        if kind == 7:
            return typed
        for _ in range(draw(4)):
            typed = _changed(draw, typed)
        return typed

    async def feed(self, one: Any) -> None:
        meant = _read(one) if isinstance(one, str) else None
        door = self._world.bot.door
        reply = await door.submit("receipt", caller("noor-haddad"), "", {"receipt": one})
        opened = "delete" in names(reply)
        fits = isinstance(one, str) and len(one.strip()) <= 60
        assert opened == (fits and meant == self._filed), "a receipt opens its own case alone"


def _read(typed: str) -> str | None:
    receipts.stands_in(typed, receipts.drawn(bytes(13)))
    try:
        found = receipts.read(typed)
    except Invalid:
        assert not receipts.could_be(typed)
        return None
    assert receipts.RECEIPT.fullmatch(found)
    assert receipts.read(found) == found
    return found


def _changed(draw: Draw, typed: str) -> str:
    at = draw(len(typed) + 1)
    before, here, behind = typed[:at], typed[at : at + 1], typed[at + 1 :]
    kind = draw(6)
    if kind == 0:
        return before + one_of(draw, BETWEEN) + here + behind
    if kind == 1:
        return before + behind
    if kind == 2:
        return before + one_of(draw, MISREAD.get(here, here.lower()) or " ") + behind
    if kind == 3:
        return before + words(draw) + here + behind
    if kind == 4:
        return before + behind[:1] + here + behind[1:]
    return typed.lower().replace("-", one_of(draw, BETWEEN))


@asynccontextmanager
async def opened(ear: Ear, folder: Path) -> AsyncIterator[Desk]:
    async with new_world(folders(folder), log=ear) as world:
        filed = await Acts(world).file("noor-haddad")
        await world.slot()
        yield Desk(world, filed)


def plant() -> AbstractContextManager[Any]:
    """Whoever looks a character up without asking whether it is one of ours."""

    def read(typed: str) -> receipts.Receipt:
        symbols = typed.replace("-", "").upper()
        if len(symbols) != receipts.SYMBOLS + 1:
            raise Invalid("receipt", "invalid.receipt_shape")
        if receipts.check_character(symbols[:-1]) != symbols[-1]:
            raise Invalid("receipt", "invalid.receipt_check")
        return receipts._written(symbols)

    return patch.object(receipts, "read", read)


RECEIPTS = Target("receipts", opened, plant)
