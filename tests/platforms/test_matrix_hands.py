"""A host can add a device to an account. Its hand has a talk of its own, and answers nothing for them."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.matrix.callers import Callers
from adapters.matrix.talks import Talks
from bot.chat import Button, Caller, Card, Voice, line
from tests.fakes.acts import STORY, Acts
from tests.fakes.lines import Room
from tests.fakes.matrix_bot import Known, Notes, listening
from tests.fakes.matrix_people import Crowd
from tests.fakes.world import World, caller
from tests.journeys.asking import opened

NOOR, KEY, OTHER_KEY = "noor-haddad", "noor's own master key", "made for her by a host"
OFFERED = Card(line("offered.title"), buttons=(Button("accept", "t" * 26), Button("decline", "t")))
FORGOTTEN = "I no longer know what this belongs to"
ADDED = "This session is not verified, and another one of yours is"
SYNAPSE = pytest.mark.xdist_group("synapse")


@pytest.fixture
def talks(world: World) -> Talks:
    return Talks(world.bot.door, world.clock, again)


async def believed(place: str) -> str:
    return ""


def hand(proof: str = "", *, added: bool = False) -> Caller:
    """Noor alone with the bot, with a device that this key has signed, or none."""
    alone = replace(caller(NOOR), space="", member_since=None)
    return replace(alone, proof=proof, proves=True, added=added)


def there(proof: str = "", *, added: bool = False) -> Caller:
    """Likewise, in a shared room of the community."""
    return _in_general(hand(proof, added=added))


def _in_general(alone: Caller) -> Caller:
    seen = caller(alone.account)
    return replace(alone, space=seen.space, member_since=seen.member_since, room="general")


async def again(room: str, alone: Caller) -> Caller:
    return _in_general(alone)


HERS, THEIRS = hand(KEY), hand(added=True)


async def half_filled(talks: Talks) -> Room:
    noor = Room(talks, NOOR)
    await noor.type("!grievance", there(KEY))
    for one in ("1", "4", "2", "4", STORY, "skip"):
        await noor.type(one, HERS)
    assert "This is exactly what readers will see." in noor.by_the_bot[-1]
    return noor


@pytest.mark.parametrize("other", [THEIRS, hand(), hand(OTHER_KEY)], ids=["", "hidden", "keys"])
async def test_another_hand_neither_sees_nor_sends_what_stands_open(
    talks: Talks, other: Caller
) -> None:
    """Also where the host no longer tells that she has a device that is signed."""
    noor = await half_filled(talks)
    for typed in ("send", "1", "2"):
        assert (await noor.type(typed, other)).startswith(FORGOTTEN)
    assert "What you can type" in await noor.type("edit it", other)
    assert STORY in noor.sight, "and takes nothing away"
    assert "Sent." in await noor.type("send", HERS)
    assert (await noor.type("saved", other)).startswith(FORGOTTEN)


async def test_what_another_hand_began_is_not_hers_to_go_on_with(talks: Talks) -> None:
    noor = Room(talks, NOOR)
    await noor.type("!grievance", there(added=True))
    await noor.type("1", THEIRS)
    assert (await noor.type("1", HERS)).startswith(FORGOTTEN)
    assert "2 of 5" in await noor.type("4", THEIRS)


async def test_whoever_signs_their_first_device_in_the_middle_of_a_talk_goes_on_with_it(
    talks: Talks,
) -> None:
    noor = Room(talks, NOOR)
    await noor.type("!grievance", there())
    await noor.type("1", hand())
    assert "2 of 5" in await noor.type("4", HERS)


async def test_whoever_has_signed_no_device_at_all_does_what_every_worker_can(
    world: World, talks: Talks
) -> None:
    await opened(Acts(world))
    noor = Room(talks, NOOR)
    await noor.type("!pulse", there())
    assert "Your answer is kept" in await noor.type("1", hand())


async def test_a_device_that_anybody_may_have_added_gives_no_answer_and_is_told_what_to_do(
    world: World, talks: Talks
) -> None:
    await opened(Acts(world))
    noor = Room(talks, NOOR)
    assert ADDED in await noor.type("!pulse", there(added=True))
    await noor.type("!pulse", there(KEY))
    assert ADDED in await Room(talks, NOOR, "!elsewhere").type("!pulse", there())
    assert "Your answer is kept" in await noor.type("1", HERS)


async def test_a_ballot_that_was_begun_before_the_first_device_was_signed_is_not_cast_without_it(
    world: World, talks: Talks
) -> None:
    await opened(Acts(world))
    noor = Room(talks, NOOR)
    await noor.type("!pulse", there())
    assert ADDED in await noor.type("1", hand(added=True))


async def test_what_came_unasked_is_answered_by_the_hand_it_was_for(talks: Talks) -> None:
    noor = Room(talks, NOOR)
    noor.read(talks.told(noor.id, NOOR, OFFERED, Voice(), KEY))
    assert "What you can type" in await noor.type("a", THEIRS)
    assert (await noor.type("decline", THEIRS)).startswith(FORGOTTEN)
    assert "What you can type" not in await noor.type("a", HERS)


async def test_when_a_talk_ends_or_its_room_goes_every_hand_s_messages_go(
    world: World, talks: Talks
) -> None:
    noor = await half_filled(talks)
    await noor.type("!grievance", there(added=True))
    await noor.type("1", THEIRS)
    await world.live(minutes=29)
    await noor.type("hello", THEIRS)
    await world.live(minutes=2)
    first, *stood = talks.over()
    assert (bool(first.redact), first.stays) == (True, False)
    assert all(one.stays for one in stood)
    assert talks.goes_on(noor.id), "the other hand's is not over"
    assert talks.forget(noor.id)
    assert not talks.goes_on(noor.id)


@SYNAPSE
async def test_it_is_seen_that_a_device_is_not_signed_while_another_one_is(
    crowd: Crowd, known: Known, tmp_path: Path
) -> None:
    async with listening(known, tmp_path, Notes()) as ear:
        first = await crowd.comes()
        room = await first.talk_with(ear.bot.user)
        await first.says(room, "alone")
        master = await first.signs()
        second = await crowd.comes(user=first.user)
        other = await second.talk_with(ear.bot.user)
        await ear.until(lambda: first.user not in ear.bot.devices._known)
        await second.says(other, "added")
        await first.says(room, "signed")
        await ear.hears("alone", "added", "signed")
        said = {one.text: one for one in ear.said}
        seen = {text: (one.proof, one.added) for text, one in said.items()}
        assert seen == {"alone": ("", False), "added": ("", True), "signed": (master, False)}
        as_told = Callers(ear.bot.user, ear.rooms, believed).alone(said["added"])
        assert (as_told.proves, as_told.proof, as_told.added) == (True, "", True)
