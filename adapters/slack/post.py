"""What is said on Slack unasked: to a member of staff alone, or in a channel of a workspace.

Slack knows no id by which the same would be said once: what may have been heard is never said again.
The id goes along in the message's metadata, so that somebody can look. One at a time in each channel.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator
from datetime import datetime, timedelta

from adapters.slack import render
from adapters.slack.blocks import Json
from adapters.slack.incoming import PLATFORM
from adapters.slack.installations import Installation, Installations
from adapters.slack.losing import Losing
from adapters.slack.pace import Pace
from adapters.slack.pictures import FILES, show
from adapters.slack.wire import DEAD, Refusal, Wire
from bot import ports
from bot.chat import Card, Voice
from bot.domain.communities import Community
from bot.platforms import Away, Limited
from bot.ports import InDoubt, Membership, Rejected, Undelivered, Unreachable
from bot.texts import Speaker

#: Slack's words for a place or a person that is not there for us.
GONE = frozenset(
    {
        *("channel_not_found", "not_in_channel", "is_archived", "user_not_found", "user_disabled"),
        *("restricted_action", "cannot_dm_bot", "messages_tab_disabled", "team_not_found"),
        *("no_permission", "not_installed", *DEAD),
    }
)
WAITING = 1_000  #: notices whose saying was begun and not ended
NEEDED = ("chat:write", "commands")


class SlackPost(ports.Post):
    remembers = timedelta(0)

    def __init__(self, prefix: str, pace: Pace) -> None:
        """``prefix``: what stands before every command."""
        self._prefix, self._pace = prefix, pace
        self._begun: dict[tuple[str, str], int] = {}  #: parts said of what is not all said
        self._shut: set[tuple[str, str]] = set()  #: rooms that did not take what was said last
        self.wire: Wire | None = None
        self.installations: Installations | None = None
        self.losing: Losing | None = None
        self.lost: Callable[[str], Awaitable[None]] = _nothing  #: told of who let us in no more
        self.listens: Callable[[], bool] = bool  #: whether we can be spoken to

    async def to_person(self, address: str, card: Card, community: Community, id: str) -> None:
        """In a talk with the bot alone, which Slack opens for whoever is named."""
        for space in _workspaces(address, community):
            one = await self._at(space)
            if one is None:
                continue
            try:
                return await self._say(one, address, card, community, id)
            except Unreachable:
                continue
        if community.put_out_of(PLATFORM):  # they are there still, and we may be let in again
            raise Undelivered
        raise Unreachable

    async def to_room(
        self, space: str, room: str, card: Card, community: Community, id: str
    ) -> None:
        one = await self._at(space)
        if one is None:
            await self.lost(space)
            raise Unreachable
        try:
            await self._say(one, room, card, community, id)
        except Unreachable:
            self._shut.add((space, room))
            raise
        self._shut.discard((space, room))

    async def membership(self, space: str, account: str) -> tuple[Membership, datetime | None]:
        """With the rights we ask for nobody can tell."""
        return Membership.CANNOT_TELL, None

    async def lacks(self, space: str, rooms: Collection[str]) -> tuple[str, ...]:
        """Rights that we were not given; rooms that would not have us when we last spoke there: with
        so few rights nobody can look before."""
        one = await self._at(space)
        if one is None:
            return tuple(rooms)
        rights = tuple(right for right in NEEDED if one.scopes and right not in one.scopes)
        return (*rights, *(room for room in rooms if (space, room) in self._shut))

    def connected(self) -> bool:
        return self.listens() and (self.losing is None or self.losing.all_well)

    async def _at(self, space: str) -> Installation | None:
        """Raises Undelivered while we do not run."""
        if self.installations is None:
            raise Undelivered
        return await self.installations.at(space)

    async def _say(
        self, one: Installation, channel: str, card: Card, community: Community, id: str
    ) -> None:
        speaker = Speaker(Voice.of(community), self._prefix)
        said, name = render.messages(speaker, card), (id, one.place)
        told: Json = {}
        for part in said[self._begun.get(name, 0) :]:
            part |= {"channel": channel, "metadata": _marked(id)}
            await asyncio.sleep(self._pace.takes(channel))
            told = await self._called(one, "chat.postMessage", part, channel)
            self._remember(name)
        self._begun.pop(name, None)
        if card.picture and FILES in one.scopes and self.wire:
            await show(self.wire, one.token, str(told.get("channel", channel)), card.picture)

    def _remember(self, name: tuple[str, str]) -> None:
        """One more part of it was said: the next try goes on from there."""
        self._begun[name] = self._begun.get(name, 0) + 1
        if len(self._begun) > WAITING:
            self._begun.pop(next(iter(self._begun)))

    async def _called(self, one: Installation, method: str, said: Json, channel: str) -> Json:
        if self.wire is None:
            raise Undelivered
        try:
            told = await self.wire.call(one.token, method, said, waits=False)
        except Limited as much:
            self._pace.holds(channel, much.wait)
            raise Undelivered(much.wait) from None
        except Away as away:
            raise (InDoubt if away.sent else Undelivered) from None
        except Refusal as no:
            if no.code == "token_expired" and one.renewal:  # it is being changed
                raise Undelivered from None
            if no.code in DEAD and self.losing:
                await self.losing.refused(one, no.code)
            raise (Unreachable if no.code in GONE else Rejected(f"Slack says {no.code}")) from None
        if self.losing:
            self.losing.taken(one)
        return told


def _workspaces(address: str, community: Community) -> Iterator[str]:
    """In which workspaces somebody may be: where their account lives, else any of the community's."""
    accounts = [account for staff in community.staff for account in staff.accounts]
    lives = [one.space for one in accounts if one.at == (PLATFORM, address) and one.space]
    others = [
        one.address for one in community.spaces if one.platform == PLATFORM and one.gone is None
    ]
    yield from dict.fromkeys([*lives, *([] if lives else others)])


def _marked(id: str) -> Json:
    """By which somebody who may read the channel finds what may or may not have been said."""
    return {"event_type": "groundswell", "event_payload": {"id": id}}


async def _nothing(space: str) -> None:
    """Until it is known who let us in, nobody has put us out."""
