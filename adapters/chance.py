"""Randomness from the operating system, and none other: nothing here can be seeded."""

import secrets
from collections.abc import Sequence

from bot import ports
from bot.ports import T

_SYSTEM = secrets.SystemRandom()  #: holds no state: one for all


class SystemChance(ports.Chance):
    def bytes(self, count: int) -> bytes:
        return secrets.token_bytes(count)

    def shuffled(self, things: Sequence[T]) -> list[T]:
        mixed = list(things)
        _SYSTEM.shuffle(mixed)
        return mixed
