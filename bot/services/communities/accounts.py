"""Accounts: one more for a member of staff, bound by a code that the new account was shown.

The new account draws the code, the one that is known types it: whoever reads a code can do nothing
with it. It is a draft's token that people can type: ten minutes, once. Wrong, used and expired
codes are told the same, and an account may try only so many in a day.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.chat import Here, Token
from bot.domain.cases import NUMBER_ALPHABET
from bot.domain.communities import Account, Community, Staff
from bot.domain.errors import CodeUnknown, DraftGone, NotAllowed, SomeoneElses, TooManyCodes
from bot.domain.privacy import Act
from bot.ports import Chance, Clock, Notice, OpenWork, Work
from bot.services.communities.known import Communities
from bot.services.notices import Notices, told_at
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
        notices: Notices,
        clock: Clock,
        chance: Chance,
    ) -> None:
        self._open_work, self._communities, self._drafts = open_work, communities, drafts
        self._limits, self._notices = limits, notices
        self._clock, self._chance = clock, chance

    async def code(self, here: Here) -> Code:
        """A code by which the caller's account, whosever it is, can be bound."""
        drawn = self._chance.bytes(CODE_LENGTH)
        code = "".join(NUMBER_ALPHABET[byte % len(NUMBER_ALPHABET)] for byte in drawn)
        until, new = self._clock.now() + CODE_LASTS, _account(here)
        facts = {"community": here.community.id, "until": until.isoformat()}
        facts |= {"platform": new.platform, "address": new.address, "space": new.space}
        await self._drafts.keep(CODE, facts, Token(code), CODE_LASTS)
        return Code(f"{code[:5]}-{code[5:]}", until)

    async def bind(self, here: Here, typed: str) -> None:
        """The account that was shown the code is the caller's; their others are told.

        Raises NotAllowed, CodeUnknown, TooManyCodes, SomeoneElses.
        """
        code, caller, id = _read(typed), here.caller, here.person.id
        whose = f"{caller.platform}|{caller.account}"
        if self._limits.spend(Act.CODE, whose, code) is None:
            raise TooManyCodes
        async with self._open_work() as work:
            await work.communities.hold(here.community.id, alone=True)
            facts = await self._open(here, code)  # nobody else uses it from here on
            community, person = await self._person(work, here)
            new = Account(facts["platform"], facts["address"], facts["space"])
            holder = await self._communities.holder(work, community.id, new)
            if holder is not None and holder.id != id:
                raise SomeoneElses
            await self._drafts.drop(code)
            if holder is None:
                row = await self._communities.account_row(community.id, person, new)
                await work.communities.keep_account(community.id, row)
                await self._communities.changed(work, community, person, "bind_account")
                await self._tell(work, community, person)

    async def unbind(self, here: Here) -> int:
        """Only the account that the caller acts with stays theirs; how many went. Raises NotAllowed."""
        async with self._open_work() as work:
            await work.communities.hold(here.community.id, alone=True)
            community, person = await self._person(work, here)
            mine = next((a for a in person.accounts if _is(a, here)), None)
            if mine is None:
                raise NotAllowed  # another account of theirs has just removed this one
            if others := len(person.accounts) - 1:
                row = await self._communities.account_row(community.id, person, mine)
                await work.communities.keep_account(community.id, row)  # as it is marked today
                await work.communities.drop_accounts(community.id, person.id, row.mark)
                await self._communities.changed(work, community, person, "unbind_accounts")
        return others

    async def _person(self, work: Work, here: Here) -> tuple[Community, Staff]:
        community = await self._communities.load(work, here.community.id)
        person = community.person(here.person.id)
        if person is None:
            raise NotAllowed
        return community, person

    async def _tell(self, work: Work, community: Community, person: Staff) -> None:
        """The accounts they had before learn that there is one more."""
        if told_at(community, person):
            facts = {"date": self._clock.now().isoformat()}
            await self._notices.to_person(work, community, person, Notice.ACCOUNT_ADDED, facts)

    async def _open(self, here: Here, code: str) -> Facts:
        try:
            facts = await self._drafts.open(CODE, code)
        except DraftGone:
            raise CodeUnknown from None
        expired = datetime.fromisoformat(facts["until"]) <= self._clock.now()
        if expired or facts["community"] != here.community.id:
            raise CodeUnknown
        return facts


def _account(here: Here) -> Account:
    caller = here.caller
    return Account.of(caller.platform, caller.account, caller.space)


def _is(account: Account, here: Here) -> bool:
    caller = here.caller
    return (account.platform, account.address) == (caller.platform, caller.account)


def _read(typed: str) -> str:
    """A code as it was drawn: capital letters and digits, however it was typed."""
    return "".join(one for one in typed.upper() if one.isalnum())
