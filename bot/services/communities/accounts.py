"""Accounts: one more for a member of staff, bound by a code that the new account was shown.

The new account draws the code, the one that is known types it: whoever reads a code can do nothing
with it. It is a draft's token that people can type: ten minutes, once. Wrong, used and expired
codes are told the same, and an account may try only so many in a day.
"""

from datetime import timedelta

from bot.chat import Here
from bot.domain.communities import Account, Community, Role, Staff
from bot.domain.errors import CodeUnknown, KeyChanged, NotAllowed, SomeoneElses
from bot.ports import Clock, Notice, OpenWork, Work
from bot.services.communities.codes import Code, Codes
from bot.services.communities.known import Communities
from bot.services.notices import Notices
from bot.services.privacy.drafts import Facts

CODE = "account"
CODE_LASTS = timedelta(minutes=10)


class Accounts:
    def __init__(
        self,
        open_work: OpenWork,
        communities: Communities,
        codes: Codes,
        notices: Notices,
        clock: Clock,
    ) -> None:
        self._open_work, self._communities, self._codes = open_work, communities, codes
        self._notices, self._clock = notices, clock

    async def code(self, here: Here) -> Code:
        """A code by which the caller's account, whosever it is, can be bound; a moderator's joins
        one more space, too. Raises Unverified."""
        new = here.caller.to_keep()
        facts = {"whose": here.community.id, "staff": _moderator(here)}
        facts |= {"platform": new.platform, "address": new.address, "space": new.space}
        facts |= {"proof": new.proof}
        return await self._codes.draw(CODE, facts, CODE_LASTS)

    async def bind(self, here: Here, typed: str) -> None:
        """The account that was shown the code is the caller's; their others are told. One that is
        theirs already, and was shown it in another hand, is theirs in that hand from now on.

        Raises NotAllowed, CodeUnknown, TooManyCodes, SomeoneElses, KeyChanged.
        """
        id, code = here.person.id, self._codes.tried(here.caller, typed)
        async with self._open_work() as work:
            await work.communities.hold(here.community.id, alone=True)
            facts = await self._open(here, code)  # nobody else uses it from here on
            community, person = await self._person(work, here)
            new = _account(facts)
            holder = await self._communities.holder(work, community.id, new)
            if holder is not None and holder.id != id:
                raise SomeoneElses
            if holder and not new.proof and not holder.acts_with(new):
                raise KeyChanged  # keys never give way to none
            await self._codes.use_up(code)
            if holder is None or not holder.acts_with(new):
                row = await self._communities.account_row(community.id, person, new)
                await work.communities.keep_account(community.id, row)
                await self._communities.changed(work, community, person, "bind_account")
                notice = Notice.KEYS_CHANGED if holder else Notice.ACCOUNT_ADDED
                await self._tell(work, community, person, notice)

    async def unbind(self, here: Here) -> int:
        """Only the account that the caller acts with stays theirs; how many went. Raises NotAllowed."""
        async with self._open_work() as work:
            await work.communities.hold(here.community.id, alone=True)
            community, person = await self._person(work, here)
            acting = here.caller.acts_with
            mine = next((one for one in person.accounts if one.at == acting.at), None)
            if mine is None:
                raise NotAllowed  # another account of theirs has just removed this one
            if others := len(person.accounts) - 1:
                row = await self._communities.account_row(community.id, person, mine)
                await work.communities.keep_account(community.id, row)  # as it is marked today
                await work.communities.drop_accounts(community.id, person.id, row.mark)
                await self._communities.changed(work, community, person, "unbind_accounts")
                gone = (one for one in person.accounts if one != mine)
                await self._communities.leave_home(community.id, gone)
        return others

    async def _person(self, work: Work, here: Here) -> tuple[Community, Staff]:
        community = await self._communities.load(work, here.community.id)
        person = community.person(here.person.id)
        if person is None:
            raise NotAllowed
        return community, person

    async def _tell(self, work: Work, community: Community, person: Staff, notice: Notice) -> None:
        """The accounts they had before learn that there is one more, or another hand of one."""
        if community.told_at(person):
            facts = {"date": self._clock.now().isoformat()}
            await self._notices.to_person(work, community, person, notice, facts)

    async def _open(self, here: Here, code: str) -> Facts:
        facts = await self._codes.open(CODE, code)
        if facts["whose"] != here.community.id:
            raise CodeUnknown
        return facts


def _account(facts: Facts) -> Account:
    """The account that drew a code."""
    return Account(facts["platform"], facts["address"], facts["space"], facts.get("proof", ""))


def _moderator(here: Here) -> str:
    """Whose a moderator's code is; nobody's of anybody else."""
    return here.staff.id if here.staff and Role.MODERATOR in here.roles else ""
