"""Messages: what a receipt's holder says in the case.

Each has a draft with its id drawn, so that sending it twice keeps it once; and what in it could point
at a person is shown before it is taken.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from bot.chat import Here, Token
from bot.domain.cases import Kind, State, View, for_reporter
from bot.domain.errors import AlreadySent, CannotSave, CaseOver, DraftGone, TooManyMessages
from bot.domain.grievances.receipts import Receipt
from bot.domain.grievances.warnings import Warned, refuse_own_receipt, warnings
from bot.domain.privacy import Act
from bot.ports import Clock, OpenWork
from bot.services.grievances.receipts import Receipts
from bot.services.grievances.visits import VISIT, Visit, Visits, deleted_at
from bot.services.privacy.drafts import Drafts, Facts
from bot.services.privacy.limits import Limits

MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Said:
    """A message taken, or one held back once because ``warnings`` were found in it."""

    visit: Visit
    text: str
    draft: Token
    warnings: tuple[Warned, ...]
    crosses: datetime | None


class Messages:
    def __init__(
        self,
        open_work: OpenWork,
        visits: Visits,
        receipts: Receipts,
        drafts: Drafts,
        limits: Limits,
        clock: Clock,
    ) -> None:
        self._open_work, self._visits, self._receipts = open_work, visits, receipts
        self._drafts, self._limits, self._clock = drafts, limits, clock

    async def begin(self, here: Here, token: str) -> Token:
        """A draft for one message, with its id drawn: sending it twice keeps it once."""
        visit = await self._visits.look(here, token)
        _refuse_when_ended(visit.view)
        receipt = await self._visits.receipt(here, token)
        facts = {"receipt": receipt, "visit": token, "entry": self._receipts.new_id()}
        return await self._drafts.keep(MESSAGE, here.community.id, facts)

    async def take(self, here: Here, draft: str, text: str) -> Said:
        """Take a message; hold it back for a look when something in it could point at a person.

        Raises Invalid, TooManyMessages, CaseOver, DraftGone, ReceiptUnknown.
        """
        facts = await self._drafts.open(MESSAGE, here.community.id, draft, here.draft)
        refuse_own_receipt("text", text, Receipt(facts["receipt"]))
        found = warnings(text, here.known_names(), here.community.language)
        if not found:
            return await self._say(here, facts, Token(draft), text)
        await self._drafts.keep(MESSAGE, here.community.id, {**facts, "text": text}, Token(draft))
        visit = await self._again(here, facts)
        return Said(visit, text, Token(draft), found, None)

    async def holds(self, here: Here, draft: str) -> bool:
        """Whether this draft is of a message, not of a grievance."""
        try:
            await self._drafts.open(MESSAGE, here.community.id, draft, here.draft)
        except DraftGone:
            return False
        return True

    async def written(self, here: Here, draft: str) -> str:
        """The words held back in a draft, to be edited. Raises AlreadySent, DraftGone."""
        text: str = (await self._unsent(here, draft)).get("text", "")
        return text

    async def cancel(self, here: Here, draft: str) -> None:
        """Forget a message that was held back. Raises AlreadySent, DraftGone."""
        await self._unsent(here, draft)
        await self._drafts.drop(draft)

    async def send(self, here: Here, draft: str) -> Said:
        """Take the message that was held back, as it stands."""
        facts = await self._drafts.open(MESSAGE, here.community.id, draft, here.draft)
        if "text" not in facts:
            raise DraftGone
        return await self._say(here, facts, Token(draft), facts["text"])

    async def _say(self, here: Here, facts: Facts, draft: Token, text: str) -> Said:
        async with self._open_work() as work:
            case, community, key = await self._receipts.hold(work, here, Receipt(facts["receipt"]))
            entry = self._receipts.entry(
                case, community, Kind.MESSAGE, id=facts["entry"], text=text
            )
            known = next((one for one in case.entries if one.id == entry.id), None)
            if known is not None and text not in ("", known.text):
                raise AlreadySent  # other words than those that were sent would be lost
            if known is None:
                _refuse_when_ended(for_reporter(case, community, self._clock.now()))
                if self._limits.spend(Act.MESSAGE, case.key, entry.id) is None:
                    raise TooManyMessages
                await self._receipts.keep(work, community, case, key, entry)
        with suppress(CannotSave):  # the message is kept, whatever becomes of its draft
            await self._drafts.keep(MESSAGE, here.community.id, {**facts, "text": ""}, draft)
        return Said(await self._again(here, facts), text, draft, (), entry.crosses)

    async def _again(self, here: Here, facts: Facts) -> Visit:
        """The view a message came from. Its visit may have run out meanwhile: it is kept anew."""
        receipt = Receipt(facts["receipt"])
        async with self._open_work() as work:
            case, community, _ = await self._receipts.find(work, here, receipt)
        token = Token(facts["visit"])
        with suppress(CannotSave):
            await self._drafts.keep(VISIT, here.community.id, {"receipt": receipt}, token)
        return self._visits.of(token, case, community)

    async def _unsent(self, here: Here, draft: str) -> Facts:
        facts = await self._drafts.open(MESSAGE, here.community.id, draft, here.draft)
        if facts.get("text") == "":  # its words went with the sending
            raise AlreadySent
        return facts


def _refuse_when_ended(view: View) -> None:
    """Withdrawn, or about to be deleted: nobody would read what is said now."""
    if view.state is State.WITHDRAWN or deleted_at(view.case) is not None:
        raise CaseOver
