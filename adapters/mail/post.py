"""E-mail as the postman asks for it: a Card to one address, as it is, or what became of it."""

from collections.abc import Collection
from datetime import datetime, timedelta

from adapters.mail.letter import letter, mailbox
from adapters.mail.server import MailServer, Patience
from bot import ports
from bot.chat import Card
from bot.domain.communities import Community
from bot.settings import Mail


class MailPost(ports.Post):
    remembers = timedelta(0)  # SMTP knows no ids: a mailbox may fold doubles by Message-ID, or not

    def __init__(self, known: Mail, clock: ports.Clock, patience: Patience | None = None) -> None:
        """Raises CannotStart where ``ca`` holds no certificate."""
        self._sender, self._clock = known.from_, clock
        self._server = MailServer(known, patience)

    async def to_person(self, address: str, card: Card, community: Community, id: str) -> None:
        to = mailbox(address)
        if to is None:
            raise ports.Unreachable
        sent = letter(card, community, sender=self._sender, to=to, id=id, sent=self._clock.now())
        await self._server.take(to, sent.as_bytes())

    async def to_room(
        self, space: str, room: str, card: Card, community: Community, id: str
    ) -> None:
        raise ports.Unreachable  # there are no rooms in e-mail

    async def membership(
        self, space: str, account: str
    ) -> tuple[ports.Membership, datetime | None]:
        return ports.Membership.CANNOT_TELL, None  # e-mail is no place to be in

    async def lacks(self, space: str, rooms: Collection[str]) -> tuple[str, ...]:
        return ()

    def connected(self) -> bool:
        """Whether the last attempt came as far as a connection that letters may go over."""
        return self._server.reached


def mail_post(known: Mail, clock: ports.Clock) -> ports.Post:
    """What says Cards by e-mail. Raises CannotStart."""
    return MailPost(known, clock)
