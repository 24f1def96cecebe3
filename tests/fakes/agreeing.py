"""What waits is agreed to, as an open community's moderators do it (privacy rule 12)."""

from dataclasses import replace
from datetime import timedelta

from adapters.sandbox import people
from bot.domain.communities import Account, Community, Grant, Role, Staff, StaffId
from bot.domain.communities.pending import NOTICE_LASTS
from tests.fakes.world import World, caller

MODERATORS = ("oskar-brandt", "leila-farouk")
ADA = "ada-newly"  #: a moderator for five days


def lately(seeded: Community) -> Community:
    """Open for ten days, with a moderator who came five days ago."""
    assert seeded.opened is not None
    since = seeded.opened - timedelta(days=5)
    ada = Staff(
        StaffId("ada0" * 8),
        "Ada Newly",
        frozenset({Role.MODERATOR}),
        named=False,
        accounts=(Account(people.PLATFORM, ADA),),
        grants=(Grant(Role.MODERATOR, since, since + timedelta(days=360)),),
    )
    opened = seeded.opened - timedelta(days=10)
    return replace(seeded, opened=opened, staff=(*seeded.staff, ada))


async def many_asked_for(world: World, moderator: str, many: int = 10) -> None:
    """So many changes of an open community wait: each offers somebody a role."""
    for n in range(many):
        form = (await world.bot.door.begin("staff", caller(moderator))).form
        assert form is not None
        somebody = {"person": f"somebody-{n}", "name": f"Somebody {n}", "role": "moderator"}
        await world.bot.door.submit("staff", caller(moderator), form.subject, somebody)


async def second(world: World) -> None:
    """Everybody is told of what waits, and a second moderator agrees to it."""
    await world.bot.tick()
    for who in MODERATORS:
        for one in (await world.bot.communities.meet(caller(who))).pending:
            await world.bot.door.begin("approve", caller(who), one.id)


async def agreed(world: World) -> None:
    """What waits is agreed to, and its time passes, with all that is due on the way."""
    await second(world)
    await world.live(hours=NOTICE_LASTS / timedelta(hours=1))
    waiting = [one for one in (await world.bot.communities.meet(caller("x"))).pending if one.waits]
    assert waiting == []
