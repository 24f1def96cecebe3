"""Codes that people type: drawn, sealed like a draft under a key made of themselves, used once.

What a code is for is its ``kind`` and its facts; in which community it is good, whoever opens it
looks at (``whose``). Wrong, used and expired ones are told the same,
and an account may try only so many in a day.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.chat import Caller, Token
from bot.domain.cases import NUMBER_ALPHABET
from bot.domain.errors import CodeUnknown, DraftGone, TooManyCodes
from bot.domain.privacy import Act
from bot.ports import Chance, Clock
from bot.services.privacy.drafts import NOBODYS, Drafts, Facts
from bot.services.privacy.limits import Limits

LENGTH = 10  #: of 24 letters and digits that are hard to misread: 45 bits, for ten minutes
LONG = 15  #: 68 bits, for days
GROUP = 5  #: letters and digits between two dashes


@dataclass(frozen=True, slots=True)
class Code:
    code: str = field(repr=False)
    until: datetime


class Codes:
    def __init__(self, drafts: Drafts, limits: Limits, clock: Clock, chance: Chance) -> None:
        self._drafts, self._limits = drafts, limits
        self._clock, self._chance = clock, chance

    async def draw(
        self, kind: str, facts: Facts, lasts: timedelta, *, length: int = LENGTH
    ) -> Code:
        """A new code of a kind, good once, for so long."""
        drawn = self._chance.bytes(length)
        code = "".join(NUMBER_ALPHABET[byte % len(NUMBER_ALPHABET)] for byte in drawn)
        until = self._clock.now() + lasts
        facts |= {"until": until.isoformat()}
        await self._drafts.keep(kind, NOBODYS, facts, Token(code), lasts)
        return Code("-".join(code[at : at + GROUP] for at in range(0, length, GROUP)), until)

    def tried(self, caller: Caller, typed: str) -> str:
        """The code as it was drawn, counted among what the account tried. Raises TooManyCodes."""
        code = "".join(one for one in typed.upper() if one.isalnum())
        if self._limits.spend(Act.CODE, f"{caller.platform}|{caller.account}", code) is None:
            raise TooManyCodes
        return code

    async def open(self, kind: str, code: str) -> Facts:
        """What a code of a kind is for. Raises CodeUnknown."""
        try:
            facts = await self._drafts.open(kind, NOBODYS, code)
        except DraftGone:
            raise CodeUnknown from None
        if datetime.fromisoformat(facts["until"]) <= self._clock.now():
            raise CodeUnknown
        return facts

    async def use_up(self, code: str) -> None:
        """It was used: nobody can use it again."""
        await self._drafts.drop(code)
