"""A platform that can prove who acts, beside the sandbox: one more space of the seeded community, on
which whoever acts brings the keys by which their device is signed, or none.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from adapters.sandbox import people
from bot.chat import Caller, Reply
from bot.commands.communities.staff import role_card
from bot.domain.communities import Account, Community, Grant, Role, Space, Staff, StaffId, Trust
from bot.settings import Where
from tests.fakes.world import KeptPost, World, caller, new_world

PLATFORM, SPACE, ROOM = "matrix", "!space:example.org", "!room:example.org"
ADA, KEYS = "@ada:example.org", "ada/master/key/when/she/took/her/role"
NEW_KEYS = "ada/master/key/made/anew/or/by/her/host"
MODERATOR = "oskar-brandt"  #: on the sandbox, which proves nothing


def hand(proof: str = KEYS, who: str = ADA, *, alone: bool = False) -> Caller:
    """Somebody there, from a device that is signed by these keys; by none, where they are empty."""
    where = {"space": "" if alone else SPACE, "room": "" if alone else ROOM, "place": "Elsewhere"}
    one = Caller(PLATFORM, account=who, proof=proof, proves=True, **where)
    return one if alone else replace(one, member_since=people.JOINED)


def _wider(seeded: Community) -> Community:
    """With the space, and Ada in it, who is a rep and a moderator."""
    assert seeded.opened is not None
    held = (
        Grant(role, seeded.opened, people.JOINED.replace(year=2027))
        for role in (Role.REP, Role.MODERATOR)
    )
    grants = tuple(held)
    ada = Staff(
        StaffId("ada0" * 8),
        "Ada Proven",
        frozenset({Role.REP, Role.MODERATOR}),
        named=True,
        accounts=(Account(PLATFORM, ADA, proof=KEYS),),
        grants=grants,
    )
    space = Space("5" * 32, PLATFORM, SPACE, "Elsewhere", Trust.NEUTRAL)
    return replace(seeded, spaces=(*seeded.spaces, space), staff=(*seeded.staff, ada))


@dataclass
class Proving:
    """The world, and what was said unasked on the other platform."""

    world: World
    post: KeptPost = field(default_factory=KeptPost)

    async def begin(
        self, who: Caller, name: str, subject: str = "", words: str | None = None
    ) -> Reply:
        return await self.world.bot.door.begin(name, who, subject, words=words)

    async def offer(self, role: Role, who: str = ADA, name: str = "Ada Proven") -> str:
        """A moderator offers a role; the token that its card carries."""
        here = await self.world.bot.communities.meet(caller(MODERATOR))
        account = Account(PLATFORM, who)
        offer = await self.world.bot.roles.offer(here.community, name, role, for_=account)
        return str(role_card(offer).buttons[0].subject)

    async def member(self, who: str = ADA) -> Staff | None:
        """Whoever is kept under an account."""
        here = await self.world.bot.communities.meet(caller("anyone"))
        account = Account(PLATFORM, who)
        return next((one for one in here.community.staff if one.has(account)), None)

    async def pin(self, who: str = ADA) -> str | None:
        """The keys that are kept with an account of staff; None where it is nobody's."""
        one = await self.member(who)
        pins = (a.proof for a in one.accounts if a.at == (PLATFORM, who)) if one else ()
        return next(iter(pins), None)


@asynccontextmanager
async def proving(where: Where) -> AsyncIterator[Proving]:
    post = KeptPost()
    async with new_world(where, change=_wider, posts={PLATFORM: post}) as world:
        post.clock = world.clock
        yield Proving(world, post)


def said(reply: Reply) -> list[str]:
    """The keys of all that a reply says, its form's errors among them."""
    cards = [one.key for card in reply.cards for one in (card.title, *card.lines)]
    return [*cards, *(one.key for one in (reply.form.errors.values() if reply.form else ()))]
