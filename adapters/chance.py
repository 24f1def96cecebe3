"""Randomness from the operating system, and none other: nothing here can be seeded."""

import secrets
from collections.abc import Sequence

from bot import ports
from bot.ports import T


class SystemChance(ports.Chance):
    def bytes(self, count: int) -> bytes:
        return secrets.token_bytes(count)

    def shuffled(self, things: Sequence[T]) -> list[T]:
        mixed = list(things)
        secrets.SystemRandom().shuffle(mixed)
        return mixed
