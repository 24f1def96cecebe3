"""People who are alone with the bot, in a room that is in no place, or in a place that is nobody's.

``apart`` lets some of a world's people do all they do there; ``alone_life`` is what happens on that
road only. Nothing here looks behind the door, but to found a second community.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from adapters.sandbox import acts as sandbox
from adapters.sandbox import people
from adapters.sandbox.town import Room
from bot.chat import Caller, Reply
from bot.domain.privacy import ALLOWED_A_DAY, Act
from bot.ports import Membership
from bot.services.communities.meeting import REMEMBERED_FOR
from tests.fakes.acts import Acts, forgotten
from tests.fakes.lives import WORDS
from tests.fakes.world import CODE, World, caller

OTHER_CODE, OTHER = "OTHRCODE", "dockside-works"  #: of the second community, and its place

#: A place that is nobody's: its id, its name, and the id of a room there.
NOWHERE = ("T0NOWHERE-5501", "Schaumrolle Works", "C0NOWHERE-5502")
#: Typed where a community's code is asked for: as long as none is, and as long as one.
NO_CODE, WRONG_CODE = "Butterkipferl 77", "KIPFERL8"


def alone(who: str) -> Caller:
    """As the sandbox tells it of somebody's direct room."""
    return sandbox.caller(who, Room(f"direct-{who}", people.PLATFORM, "Direct", of=who))


def in_nobodys_place(who: str) -> Caller:
    place, space, room = NOWHERE
    return sandbox.caller(who, Room(room, "general", space, place))


def apart(acts: Acts, whose: Collection[str]) -> Acts:
    """The same world, in which these people do everything alone with the bot."""
    return _from(acts, lambda who: alone(who) if who in whose else caller(who))


def _from(acts: Acts, whence: Callable[[str], Caller], code: str = CODE) -> Acts:
    return replace(acts, world=replace(acts.world, whence=whence), code=code)


async def alone_life(acts: Acts, workers: Sequence[str]) -> None:
    """A stranger, one of two communities, one who is thrown out, and one in nobody's place."""
    stranger, both, dismissed, passer, *_ = workers
    await _found_another(acts.world)
    here, there = _from(acts, alone), _from(acts, alone, OTHER_CODE)
    await _refused(here, stranger)
    await _choose(here, there, both)
    receipts = {
        dismissed: await here.file(dismissed, story=WORDS["story"]),
        passer: await _from(acts, in_nobodys_place).file(passer, story=WORDS["story"]),
    }
    _throw_out(acts.world, dismissed)
    await acts.world.slot()
    for who, receipt in receipts.items():
        await here.write(who, await here.visit(who, receipt), WORDS["held"])
    asked = await here.world.type(dismissed, "about")
    assert _wrong(await here.fill(dismissed, asked, code=CODE)) == "refused.code_unknown"
    await acts.world.slot()


async def _refused(here: Acts, stranger: str) -> None:
    """To whom every code is a wrong one, until they may try no more."""
    _throw_out(here.world, stranger)
    asked = await here.world.type(stranger, "grievance", WORDS["ignored"])
    more = (f"{n:08}" for n in range(ALLOWED_A_DAY[Act.CODE]))
    said = [
        _wrong(await here.fill(stranger, asked, code=code))
        for code in (CODE, OTHER_CODE, NO_CODE, WRONG_CODE, *more)
    ]
    tried = ALLOWED_A_DAY[Act.CODE]
    assert set(said[:tried]) == {"refused.code_unknown"}
    assert set(said[tried:]) == {"refused.too_many_codes"}


def _wrong(reply: Reply) -> str:
    assert reply.form is not None
    return reply.form.errors["code"].key


async def _choose(here: Acts, there: Acts, both: str) -> None:
    """What was filed in the one community is not found in the other."""
    receipt = await here.file(both, story=WORDS["story"])
    _forget(here.world)
    other = await there.file(both, story=WORDS["late"])
    assert forgotten(await there.visit(both, receipt))
    _forget(here.world)
    assert forgotten(await here.visit(both, other))
    await here.confirm(both, await here.visit(both, receipt), "withdraw")


def _throw_out(world: World, who: str) -> None:
    for place in (people.SPACE, OTHER):
        world.post.members[place, who] = (Membership.STRANGER, None)


def _forget(world: World) -> None:
    """Time passes, until nobody remembers which community was named."""
    world.clock.move(REMEMBERED_FOR)


async def _found_another(world: World) -> None:
    """Its staff are the same people, so that alone with the bot they, too, must say which."""
    other = people.community(lambda: world.chance.bytes(16).hex(), OTHER_CODE, world.clock.now())
    (space,) = other.spaces
    await world.bot.communities.found(replace(other, spaces=(replace(space, address=OTHER),)))
