"""Accounts: one more for a member of staff, bound by a code that is shown to the one they have.

The code is a draft's token that people can type: ten minutes, once. Wrong, used and expired codes
are told the same, and an account may try only so many in a day.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.chat import Here, Token
from bot.domain.cases import NUMBER_ALPHABET
from bot.domain.communities import Account, StaffId
from bot.domain.errors import CodeUnknown, DraftGone, SomeoneElses, TooManyCodes
from bot.domain.privacy import Act
from bot.ports import Chance, Clock, OpenWork
from bot.services.communities.known import Communities
from bot.services.privacy.drafts import Drafts, Facts
from bot.services.privacy.limits import Limits

CODE = "account"
CODE_LENGTH = 10  #: of 24 letters and digits that are hard to misread: 45 bits, for ten minutes
CODE_LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Code:
    code: str = field(repr=False)
    until: datetime


class Accounts:
    def __init__(
        self,
        open_work: OpenWork,
        communities: Communities,
        drafts: Drafts,
        limits: Limits,
        clock: Clock,
        chance: Chance,
    ) -> None:
        self._open_work, self._communities, self._drafts = open_work, communities, drafts
        self._limits, self._clock, self._chance = limits, clock, chance

    async def code(self, here: Here) -> Code:
        """A new code for the caller's next account."""
        drawn = self._chance.bytes(CODE_LENGTH)
        code = "".join(NUMBER_ALPHABET[byte % len(NUMBER_ALPHABET)] for byte in drawn)
        until = self._clock.now() + CODE_LASTS
        facts = {"community": here.community.id, "staff": here.person.id}
        facts |= {"until": until.isoformat()}
        await self._drafts.keep(CODE, facts, Token(code), CODE_LASTS)
        return Code(f"{code[:5]}-{code[5:]}", until)

    async def bind(self, here: Here, typed: str) -> None:
        """The caller's account belongs to whoever was shown the code.

        Raises CodeUnknown, TooManyCodes, SomeoneElses.
        """
        code, caller = _read(typed), here.caller
        whose = f"{caller.platform}|{caller.account}"
        if self._limits.spend(Act.CODE, whose, code) is None:
            raise TooManyCodes
        account = Account.of(caller.platform, caller.account, caller.space)
        async with self._open_work() as work:
            await work.communities.hold(here.community.id, alone=True)
            facts = await self._open(here, code)  # nobody else uses it from here on
            community = await self._communities.load(work, here.community.id)
            person = community.person(StaffId(facts["staff"]))
            if person is None:
                raise CodeUnknown
            holder = await self._communities.holder(work, community.id, account)
            if holder is not None and holder.id != person.id:
                raise SomeoneElses
            await self._drafts.drop(code)
            row = self._communities.account_row(person, account)
            await work.communities.keep_account(community.id, row)
            await self._communities.changed(work, community, person, "bind_account")

    async def _open(self, here: Here, code: str) -> Facts:
        try:
            facts = await self._drafts.open(CODE, code)
        except DraftGone:
            raise CodeUnknown from None
        expired = datetime.fromisoformat(facts["until"]) <= self._clock.now()
        if expired or facts["community"] != here.community.id:
            raise CodeUnknown
        return facts


def _read(typed: str) -> str:
    """A code as it was drawn: capital letters and digits, however it was typed."""
    return "".join(one for one in typed.upper() if one.isalnum())
