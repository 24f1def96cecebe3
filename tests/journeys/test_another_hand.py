"""Whoever rules over a platform may add a device to somebody's account, or make it new keys. On one
that can prove who acts, staff act in their own hand alone; in another's the account is nobody's.
"""

import json
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot import opened
from bot.chat import Caller, Command, Here, Reply
from bot.domain.communities import Role
from bot.ports import Membership
from bot.settings import Where
from tests.fakes.acts import REPS, Acts, button, names, shown
from tests.fakes.proving import (
    ADA,
    KEYS,
    NEW_KEYS,
    PLATFORM,
    SPACE,
    Proving,
    hand,
    proving,
    said,
)
from tests.fakes.world import World, caller
from tests.journeys.reading import text

CHANGED, UNVERIFIED = ["refused.title", "refused.key_changed"], "refused.unverified"
BEA = "@bea:example.org"
OTHERS = {"added by the host": "", "signed by keys that are not hers": NEW_KEYS}
others = pytest.mark.parametrize("proof", OTHERS.values(), ids=OTHERS.keys())


@pytest.fixture
async def there(where: Where) -> AsyncIterator[Proving]:
    async with proving(where) as made:
        yield made


def staffs(world: World) -> list[Command]:
    return [one for one in world.bot.door.commands if one.for_staff]


async def code_for(there: Proving, who: Caller) -> str:
    """The code that an account is shown, to be bound by it."""
    card = await there.begin(who, "setup", words="link")
    return next(str(f.value) for c in card.cards for f in c.fields)


async def give(there: Proving, who: Caller, code: str) -> Reply:
    return await there.world.bot.door.submit("link", who, "", {"code": code})


async def accept(there: Proving, who: Caller, token: str) -> Reply:
    return await there.begin(who, "accept", token)


# Acting -----------------------------------------------------------------------------------------


async def test_in_her_own_hand_she_is_staff(there: Proving) -> None:
    for alone in (False, True):
        assert said(await there.begin(hand(alone=alone), "cases", words=""))[0] == "cases.title"
    assert said(await there.begin(hand(), "setup", words=""))[0] == "setup.of"


@others
async def test_in_another_hand_every_command_of_staff_is_refused(
    there: Proving, proof: str
) -> None:
    assert len(staffs(there.world)) > 40
    for command in staffs(there.world):
        for alone in (False, True):
            who = hand(proof, alone=alone)
            assert said(await there.begin(who, command.name, "x")) == CHANGED, command.name
            taken = await there.world.bot.door.submit(command.name, who, "x", {})
            assert said(taken) == CHANGED, command.name


@others
async def test_what_is_to_be_confirmed_is_refused_too(there: Proving, proof: str) -> None:
    for name in ("close", "hand_over_all", "end_role"):
        assert said(await there.begin(hand(proof), "confirm", f"{name}:x")) == CHANGED


@others
async def test_what_everybody_may_do_shows_another_hand_what_anybody_sees(
    there: Proving, proof: str
) -> None:
    """``/help`` and ``/about`` are a worker's; ``/setup`` says why, and leaves the operator's code."""
    for name in ("help", "about", "reps", "grievance"):
        mine = await there.begin(hand(proof), name, words="")
        assert said(mine) == said(await there.begin(hand(KEYS, BEA), name, words="")), name
    card = await there.begin(hand(proof), "setup", words="")
    assert said(card) == ["setup.title", "refused.key_changed"]
    assert names(card) == ["claim"]
    assert "Oskar" not in shown(card)


async def test_the_sentence_says_what_to_do(there: Proving) -> None:
    reply = await there.begin(hand(""), "cases", words="")
    assert text(reply)[1].startswith("Your keys on this platform are not those with which you took")
    assert "ask a moderator to offer you the role again" in text(reply)[1]


async def test_one_answer_in_her_hand_opens_nothing_for_another(there: Proving) -> None:
    """What is remembered of a talk is that she was led there, not that she is staff."""
    assert said(await there.begin(hand(alone=True), "cases", words=""))[0] == "cases.title"
    assert said(await there.begin(hand("", alone=True), "cases", words="")) == CHANGED
    assert said(await there.begin(hand(alone=True), "cases", words=""))[0] == "cases.title"


async def test_staff_in_another_hand_are_no_members_for_it(there: Proving) -> None:
    """Who serves a community from elsewhere is one of its members; a device that a host added is
    what the platform says of the account."""
    bot = there.world.bot
    there.post.members[SPACE, ADA] = (Membership.CANNOT_TELL, None)
    for proof, member in ((KEYS, True), ("", False), (NEW_KEYS, False)):
        bot.meeting._named.clear()
        here = await bot.meeting.meet(hand(proof, alone=True))
        assert isinstance(here, Here)
        assert (here.member, here.staff is not None) == (member, member)
    there.post.members[SPACE, ADA] = (Membership.STRANGER, None)
    for proof, led in ((KEYS, True), ("", False), (NEW_KEYS, False)):
        bot.meeting._named.clear()
        assert isinstance(await bot.meeting.meet(hand(proof, alone=True)), Here) is led


async def test_where_the_platform_proves_nothing_nothing_is_asked_for(there: Proving) -> None:
    assert said(await there.begin(caller(REPS[0]), "cases", words=""))[0] == "cases.title"


async def test_an_account_from_before_it_could_be_proven_is_not_taken_on_trust(
    there: Proving,
) -> None:
    """A role that was taken without any keys proves nobody's hand."""
    token = await there.offer(Role.ORGANISER, BEA, "Bea")
    unproven = replace(hand("", BEA), proves=False)
    assert said(await accept(there, unproven, token))[0] == "accepted.title"
    assert said(await there.begin(unproven, "poll", words=""))[0] != "refused.title"
    for proof in (KEYS, ""):
        assert said(await there.begin(hand(proof, BEA), "poll", words="")) == CHANGED


async def test_to_keep_one_account_keeps_its_keys(there: Proving) -> None:
    await give(there, hand(), await code_for(there, caller("ada-on-the-sandbox")))
    assert said(await there.begin(hand(), "unbind"))[0] == "unbound.title"
    assert await there.pin() == KEYS
    assert said(await there.begin(hand(""), "cases", words="")) == CHANGED


# Taking a role ----------------------------------------------------------------------------------


async def test_whoever_accepts_a_role_is_known_by_their_keys_from_then_on(there: Proving) -> None:
    token = await there.offer(Role.REP, BEA, "Bea")
    assert said(await accept(there, hand(KEYS, BEA), token))[0] == "accepted.title"
    assert await there.pin(BEA) == KEYS
    assert said(await there.begin(hand(KEYS, BEA), "cases", words=""))[0] == "cases.title"
    for proof in OTHERS.values():
        assert said(await there.begin(hand(proof, BEA), "cases", words="")) == CHANGED


async def test_a_role_is_not_accepted_from_a_device_that_proves_nothing(there: Proving) -> None:
    token = await there.offer(Role.REP, BEA, "Bea")
    assert said(await accept(there, hand("", BEA), token)) == ["refused.title", UNVERIFIED]
    assert await there.member(BEA) is None
    assert said(await accept(there, hand(KEYS, BEA), token))[0] == "accepted.title"


async def test_by_a_new_role_nobody_gets_at_those_that_are_held(there: Proving) -> None:
    """A host waits until a role is offered to the account it took, and would be a rep as well."""
    token = await there.offer(Role.ORGANISER)
    for _ in range(2):
        assert said(await accept(there, hand(NEW_KEYS), token)) == CHANGED
    assert await there.pin() == KEYS
    assert said(await accept(there, hand(), token))[0] == "accepted.title"


async def test_a_role_that_is_offered_again_is_taken_with_new_keys(there: Proving) -> None:
    there.world.clock.move(timedelta(days=1))
    token = await there.offer(Role.REP)
    assert said(await accept(there, hand(NEW_KEYS), token))[0] == "accepted.title"
    assert await there.pin() == NEW_KEYS
    assert said(await there.begin(hand(NEW_KEYS), "cases", words=""))[0] == "cases.title"
    assert said(await there.begin(hand(NEW_KEYS), "setup", words=""))[0] == "setup.of"
    for old in (KEYS, ""):
        assert said(await there.begin(hand(old), "cases", words="")) == CHANGED


async def test_of_new_keys_all_their_accounts_are_told(there: Proving) -> None:
    await give(there, hand(), await code_for(there, caller("ada-on-the-sandbox")))
    there.world.clock.move(timedelta(days=1))
    await accept(there, hand(NEW_KEYS), await there.offer(Role.REP))
    there.post.people.clear()
    there.world.post.people.clear()
    await there.world.bot.tick()
    heard = [*there.post.people, *there.world.post.people]
    told = {who for who, card in heard if card.lines[0].key == "notice.keys_changed"}
    assert told == {ADA, "ada-on-the-sandbox"}
    (card,) = (c for who, c in there.world.post.people if who == "ada-on-the-sandbox")
    assert [one.name for one in card.buttons] == ["unbind"]
    gone = await there.begin(caller("ada-on-the-sandbox"), "unbind")
    assert said(gone)[0] == "unbound.title"
    assert said(await there.begin(hand(NEW_KEYS), "cases", words=""))[0] == "refused.title"
    assert await there.pin() is None


async def test_with_the_same_keys_nobody_is_told_of_new_ones(there: Proving) -> None:
    there.world.clock.move(timedelta(days=1))
    await accept(there, hand(), await there.offer(Role.REP))
    await there.world.bot.tick()
    keys = [card.lines[0].key for _, card in there.post.people]
    assert "notice.keys_changed" not in keys


async def test_whose_roles_have_ended_may_come_back_with_other_keys(there: Proving) -> None:
    one = await there.member()
    assert one is not None
    there.world.clock.at = max(grant.ends for grant in one.grants)
    await there.world.bot.tick()
    assert await there.member() is None
    token = await there.offer(Role.ORGANISER)
    assert said(await accept(there, hand(NEW_KEYS), token))[0] == "accepted.title"
    assert await there.pin() == NEW_KEYS


# One more account -------------------------------------------------------------------------------


async def test_an_account_that_is_bound_by_a_code_is_known_by_its_keys(there: Proving) -> None:
    code = await code_for(there, hand(NEW_KEYS, BEA))
    assert said(await give(there, hand(), code))[0] == "linked.title"
    assert await there.pin(BEA) == NEW_KEYS
    assert said(await there.begin(hand(NEW_KEYS, BEA), "cases", words=""))[0] == "cases.title"
    for proof in (KEYS, ""):
        assert said(await there.begin(hand(proof, BEA), "cases", words="")) == CHANGED


async def test_a_device_that_proves_nothing_is_shown_no_code(there: Proving) -> None:
    for who in (ADA, BEA):
        reply = await there.begin(hand("", who), "setup", words="link")
        assert said(reply) == ["refused.title", UNVERIFIED]


async def test_a_code_is_taken_from_nobody_in_another_hand(there: Proving) -> None:
    code = await code_for(there, hand(KEYS, BEA))
    for proof in OTHERS.values():
        assert said(await there.begin(hand(proof), "bind")) == CHANGED
        assert said(await give(there, hand(proof), code))[-1] == CHANGED[1]
    assert await there.member(BEA) is None
    assert said(await give(there, hand(), code))[0] == "linked.title"


async def test_with_another_account_of_theirs_somebody_says_which_keys_are_theirs_now(
    there: Proving,
) -> None:
    await give(there, hand(), await code_for(there, caller("ada-on-the-sandbox")))
    code = await code_for(there, hand(NEW_KEYS))
    assert said(await there.begin(hand(NEW_KEYS), "cases", words="")) == CHANGED
    assert said(await give(there, caller("ada-on-the-sandbox"), code))[0] == "linked.title"
    assert await there.pin() == NEW_KEYS
    assert said(await there.begin(hand(NEW_KEYS), "cases", words=""))[0] == "cases.title"
    assert said(await there.begin(hand(KEYS), "cases", words="")) == CHANGED
    there.post.people.clear()
    await there.world.bot.tick()
    assert {card.lines[0].key for _, card in there.post.people} >= {"notice.keys_changed"}


async def test_keys_never_give_way_to_none(there: Proving) -> None:
    """Also where the platform says one day that it proves nothing any more."""
    await give(there, hand(), await code_for(there, caller("ada-on-the-sandbox")))
    there.world.clock.move(timedelta(days=1))
    silent = replace(hand(""), proves=False)
    assert said(await accept(there, silent, await there.offer(Role.REP))) == CHANGED
    code = await code_for(there, silent)
    assert said(await give(there, caller("ada-on-the-sandbox"), code))[-1] == CHANGED[1]
    assert await there.pin() == KEYS


async def test_somebody_elses_account_is_not_bound_by_new_keys(there: Proving) -> None:
    code = await code_for(there, hand(NEW_KEYS))
    assert said(await give(there, caller(REPS[0]), code))[-1] == "refused.someone_elses"
    assert await there.pin() == KEYS


# Places -----------------------------------------------------------------------------------------


def unclaimed(proof: str, who: str = ADA) -> Caller:
    return replace(hand(proof, who), space="!other:example.org", room="!general:example.org")


async def enter(there: Proving, who: Caller, code: str) -> Reply:
    return await there.world.bot.door.submit("claim", who, "", {"code": code})


async def test_a_moderators_code_drawn_in_another_hand_joins_nothing(there: Proving) -> None:
    code = await code_for(there, hand(NEW_KEYS))
    assert said(await enter(there, unclaimed(KEYS), code))[-1] == "refused.code_unknown"


@others
async def test_a_moderators_code_typed_in_another_hand_joins_nothing(
    there: Proving, proof: str
) -> None:
    code = await code_for(there, hand())
    refused = said(await enter(there, unclaimed(proof), code))[-1]
    assert refused == (CHANGED[1] if proof else UNVERIFIED)
    assert said(await enter(there, unclaimed(KEYS), code))[0] == "joined.title"


async def test_whoever_claims_a_community_is_known_by_their_keys(there: Proving) -> None:
    code = (await there.world.bot.founding.code(7)).code
    assert said(await enter(there, unclaimed("", BEA), code))[-1] == UNVERIFIED
    assert said(await enter(there, unclaimed(KEYS, BEA), code))[0] == "claimed.title"
    for proof, first in ((KEYS, "setup.title"), ("", "setup.title")):
        card = await there.begin(unclaimed(proof, BEA), "setup", words="")
        assert (said(card)[0], "setup_first" in names(card)) == (first, bool(proof))
    for proof in OTHERS.values():
        assert said(await there.begin(unclaimed(proof, BEA), "setup_first")) == CHANGED


async def test_the_only_moderator_comes_back_by_a_code_of_the_operators(there: Proving) -> None:
    """Nobody else could offer the role again. Everybody hears of it, and 72 hours pass."""
    bot = there.world.bot
    code = (await bot.founding.code(7)).code
    await enter(there, unclaimed(KEYS, BEA), code)
    mine = (await bot.communities.meet(unclaimed(KEYS, BEA))).community
    again = (await bot.founding.code(7, mine.id)).code
    lost = unclaimed(NEW_KEYS, BEA)
    assert said(await enter(there, unclaimed("", BEA), again))[-1] == UNVERIFIED
    assert said(await enter(there, lost, again))[0] != "refused.title"
    assert said(await there.begin(lost, "setup_first")) == CHANGED
    await there.world.bot.tick()
    await there.world.live(hours=73)
    offers = [c for who, c in there.post.people if who == BEA and c.title.key == "offered.title"]
    token = button(Reply((offers[-1],)), "accept").subject
    assert said(await accept(there, lost, token))[0] == "accepted.title"
    assert "setup_first" in names(await there.begin(lost, "setup", words=""))


# What is kept -----------------------------------------------------------------------------------


def on_disk(where: Where) -> bytes:
    files = [*where.data.rglob("*"), *where.keys.rglob("*.db*")]
    return b"".join(file.read_bytes() for file in files if file.is_file())


async def test_keys_lie_sealed_with_the_account_and_nowhere_else(there: Proving) -> None:
    await code_for(there, hand(NEW_KEYS, BEA))
    await accept(there, hand(NEW_KEYS, BEA), await there.offer(Role.REP, BEA, "Bea"))
    disk = on_disk(there.world.where)
    for one in (KEYS, NEW_KEYS):
        assert one.encode() not in disk
        assert one[:20].encode() not in disk
    assert KEYS not in repr(hand()) + repr(await there.member())


async def test_an_export_tells_no_keys_and_forgetting_leaves_none(where: Where) -> None:
    async with proving(where) as there:
        (id,) = await there.world.bot.communities.ids()
    assert KEYS not in json.dumps(await opened.export(where, id))
    gone = await opened.forget(where, id, lambda *_: None)
    assert gone["accounts"] == 7  # the six of the seed, and hers
    line = sqlite3.connect(where.data / "groundswell.db")
    try:
        assert line.execute("SELECT count(*) FROM accounts").fetchone() == (0,)
    finally:
        line.close()


async def test_every_community_knows_the_hand_it_was_shown(there: Proving) -> None:
    """In one the keys were made new; the other was not asked."""
    bot = there.world.bot
    await enter(there, unclaimed(NEW_KEYS), (await bot.founding.code(7)).code)
    assert "setup_first" in names(await there.begin(unclaimed(NEW_KEYS), "setup", words=""))
    assert said(await there.begin(hand(NEW_KEYS), "cases", words="")) == CHANGED
    assert said(await there.begin(hand(KEYS), "cases", words=""))[0] == "cases.title"
    served = await bot.communities.served_by(hand(KEYS))
    assert sorted(served.values()) == [False, True]


async def test_staff_are_told_on_both_platforms_whatever_was_proven(there: Proving) -> None:
    """Notices hold no word of a case: they go to the account, as ever."""
    acts = Acts(there.world)
    await acts.file("a-worker")
    await there.world.slot()
    assert ADA in {who for who, _ in there.post.people} | {who for who, _ in there.post.own_lists}
    assert (hand().platform, hand().space) == (PLATFORM, SPACE)
