"""Shared power: in an open community nothing that protects people is changed by one hand alone.

Shows: over random histories of all settings forms, rooms, roles, joined places, digests and codes,
by everybody, with forged and old ids and with days off, whatever is kept of an open community changes
by one road alone: asked by a moderator (of digests an organiser), told in every bulletin room 72
hours before, seconded by another one who is seasoned and is it still, or offered by the operator
where there was no second one. What one person changes at once is on a list, and so is every field.
Does not show: two processes at once, PostgreSQL, who stands behind an account.
Controls: a bot in which one's own change can be seconded, one in which 72 hours are 71, one without
the notice, and one to which trust is harmless are found out.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.communities import (
    Community,
    Role,
    RoomKind,
    Staff,
    StaffId,
    pending,
    roles_at,
)
from bot.domain.communities.edits import Destined, Edit, Joined, Offered, Trusted
from bot.domain.communities.pending import Pending, is_seasoned
from bot.ports import Noted
from bot.services.communities import announcing, changing
from tests.fakes.world import folders, new_world
from tests.proofs.commons import HOME, SIDES, Hands, PlacedPost, Seen, commons, held, look
from tests.proofs.scale import scaled

HISTORIES, ACTS = 20, 60
SEED, FEW_ACTS = 1, 30  #: of the history in which a worse bot is found out
NOTICE, SEASON, OFFER = timedelta(hours=72), timedelta(days=30), timedelta(days=7)


@dataclass
class Asked:
    """What the proof itself saw of a change: when it was asked for, and its turn among the notices
    of its kind in each place that had a bulletin room then."""

    at: datetime
    operator: bool
    turns: dict[str, int]


@dataclass
class Witness:
    """Looks after every act, and explains what is otherwise."""

    post: PlacedPost
    asked: dict[str, Asked] = field(default_factory=dict)
    offers: list[tuple[str, Role, str, datetime]] = field(default_factory=list)
    turns: Counter[tuple[str, str]] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)

    def compare(self, before: Seen, after: Seen, now: datetime, act: str, who: str) -> None:
        me = before.whose(who)
        self._asks(before, after, now, act, me)
        self._seconds(before, after, now, act, me)
        expected = self._held(before, after, now)
        self._left(before, after)
        was, now_is = expected.shared(now), after.shared(now)
        otherwise = {
            name for name in was.keys() | now_is.keys() if was.get(name) != now_is.get(name)
        }
        for name in sorted(otherwise):
            told = (name, was.get(name), now_is.get(name))
            assert self._own(name, expected, after, now, act, who), f"{act} by {who}: {told}"
        assert after.community.floor >= before.community.floor, act

    def _asks(self, before: Seen, after: Seen, now: datetime, act: str, me: Staff | None) -> None:
        waiting = [one.edit.aim for one in after.pending.values() if one.waits]
        assert len(waiting) == len(set(waiting)), "two of one setting wait"
        for id in after.pending.keys() - before.pending.keys():
            change = after.pending[id]
            assert change.waits, "it held before anybody could see it"
            assert change.second is None
            if act == "claim":
                assert change.by == ""
                assert isinstance(change.edit, Offered)
                assert change.edit.role == Role.MODERATOR
                assert not _others(before, now), "there was a second moderator"
            else:
                asks = Role.ORGANISER if isinstance(change.edit, Destined) else Role.MODERATOR
                by = before.staff[change.by]
                assert asks in held(by, now), "who asked may not"
                assert (me is not None and by.id == me.id) or isinstance(change.edit, Joined)
            self._note(change, before, now, operator=act == "claim")

    def _note(self, change: Pending, before: Seen, now: datetime, *, operator: bool) -> None:
        turns = {}
        for place in before.community.spaces:
            if RoomKind.BULLETIN in place.rooms:
                told = (place.address, f"change.{change.edit.kind}")
                turns[place.address] = self.turns[told]
                self.turns[told] += 1
        self.asked[change.id] = Asked(now, operator, turns)
        self.seen["asked"] += 1

    def _seconds(
        self, before: Seen, after: Seen, now: datetime, act: str, me: Staff | None
    ) -> None:
        for id in after.pending.keys() & before.pending.keys():
            was, change = before.pending[id], after.pending[id]
            kept = was.edit if change.waits or not was.waits else was.edit.remembered()
            assert (kept, was.by) == (change.edit, change.by)
            assert was.waits or change.held == was.held
            if change.second not in (was.second, None):
                assert act == "second", act
                assert me is not None
                assert change.second == me.id
                assert change.second != change.by, "seconded by who asked"
                assert _seasoned(me, before, now)

    def _held(self, before: Seen, after: Seen, now: datetime) -> Seen:
        """What the changes that hold since then make of what was before."""
        current = tuple(
            replace(one, roles=roles_at(one.grants, now)) for one in before.staff.values()
        )
        community = replace(
            before.community,
            staff=tuple(one for one in current if one.roles),
            former=tuple(one for one in current if not one.roles),
        )
        expected = replace(before, community=community, staff={one.id: one for one in current})
        found = [one for one in after.pending.values() if not one.waits]
        new = [one for one in found if one.id in before.pending and before.pending[one.id].waits]
        assert {one.id for one in found} - {one.id for one in new} <= before.pending.keys()
        for change in sorted(new, key=lambda one: (before.pending[one.id].due, one.id)):
            self._may_hold(before, change, now)
            expected = self._made(expected, before.pending[change.id].edit, now)
            self.seen[f"held {change.edit.kind}"] += 1
        return expected

    def _may_hold(self, before: Seen, change: Pending, now: datetime) -> None:
        asked = self.asked[change.id]
        assert now - asked.at >= NOTICE, "too early"
        for place in before.community.spaces:
            if (turn := asked.turns.get(place.address)) is not None:
                kind = f"change.{change.edit.kind}"
                told = [
                    at for at_, what, at in self.post.placed if (at_, what) == (place.address, kind)
                ]
                assert len(told) > turn, f"never told in {place.name}: {kind}"
                assert now - told[turn] >= NOTICE, f"told too late in {place.name}: {kind}"
        if asked.operator:
            assert not _others(before, now), "there is a second moderator by now"
            return
        assert change.second is not None, "nobody seconded it"
        assert change.second != change.by, "seconded by who asked"
        assert _seasoned(before.staff[change.second], before, now), "its second is one no more"
        asks = Role.ORGANISER if isinstance(change.edit, Destined) else Role.MODERATOR
        assert asks in held(before.staff[change.by], now), "who asked may no more"

    def _made(self, before: Seen, edit: Edit, now: datetime) -> Seen:
        community = edit.applied(before.community, now)
        staff = before.staff | {one.id: one for one in community.staff}
        after = replace(before, community=community, staff=staff)
        if isinstance(edit, Destined):
            return replace(after, plan=replace(before.plan, addresses=edit.addresses))
        if isinstance(edit, Offered):
            self.offers.append((edit.address, Role(edit.role), edit.name, now))
        return after

    def _left(self, before: Seen, after: Seen) -> None:
        """Of a place that is gone nothing is waited for that was not told there."""
        kept = {one.address for one in after.community.spaces}
        for place in before.community.spaces:
            if place.address not in kept:
                for told in [one for one in self.turns if one[0] == place.address]:
                    self.turns[told] = sum(one[:2] == told for one in self.post.placed)

    def _own(self, name: str, before: Seen, after: Seen, now: datetime, act: str, who: str) -> bool:
        """Whether it is a person's own, done by that person: a role that was offered them by the
        road above and is accepted once, and their own accounts."""
        if name == "first_pulse":
            return self._begun(before, after, act)
        if not name.startswith("staff/"):
            return False
        _, id, what = name.split("/")
        one, person = after.staff.get(StaffId(id)), before.staff.get(StaffId(id))
        me = after.whose(who)
        if one is None or me is None or me.id != one.id:
            return False
        if what == "accounts" and person is not None and held(person, now):
            assert act in ("bind", "link", "press"), act
            return True
        return act == "answer" and self._accepted(what, person, one, now, who)

    def _begun(self, before: Seen, after: Seen, act: str) -> bool:
        """Whether the first pulse has begun by itself, as it was chosen, and is a setting no more."""
        self.seen["begun"] += 1
        return act == "tick" and before.community.members >= 10 and not after.community.first_pulse

    def _accepted(
        self, what: str, person: Staff | None, one: Staff, now: datetime, who: str
    ) -> bool:
        known = {grant.role: grant for grant in person.grants} if person else {}
        new = {grant.role for grant in one.grants if known.get(grant.role) != grant}
        offer = next(
            (o for o in self.offers if o[0] == who and {o[1]} == new and now < o[3] + OFFER), None
        )
        if what != "grants":  # of somebody who comes, or comes back, all is new
            fresh = person is None or not held(person, now)
            return fresh and len(new) == 1
        if offer is not None:
            self.offers.remove(offer)
            self.seen["accepted"] += 1
        return offer is not None


def _seasoned(one: Staff, seen: Seen, now: datetime) -> bool:
    opened = seen.community.opened
    assert opened is not None
    return any(
        grant.role is Role.MODERATOR
        and grant.begins <= now < grant.ends
        and (grant.begins <= opened or now - grant.begins >= SEASON)
        for grant in one.grants
    )


def _others(seen: Seen, now: datetime) -> bool:
    """Whether what one moderator asks for another could second."""
    there = [one for one in seen.staff.values() if Role.MODERATOR in held(one, now)]
    return len(there) > 1 and any(_seasoned(one, seen, now) for one in there)


async def lived(folder: Path, seed: int, acts: int, *, few: bool = False) -> Counter[str]:
    """One history; what was seen in it. Raises AssertionError where something is not explained."""
    post = PlacedPost()
    async with new_world(folders(folder), f"commons/{seed}", change=commons, post=post) as world:
        (id,) = await world.bot.communities.ids()
        chance = random.Random(seed)  # noqa: S311 a proof that can be replayed
        hands, witness = Hands(world, id, chance, few=few), Witness(post)
        before = await look(world, id)
        for _ in range(acts):
            act = await hands.act()
            before = await _looked(world, witness, before, act, hands.who.account)
            places = [one.address for one in before.community.spaces]
            hands.home = HOME if HOME in places else places[0]
            for wait in (timedelta(0), hands.wait()):
                world.clock.move(wait)
                if hands.chance.random() < 0.85:  # else nothing runs then
                    await world.bot.tick()
                    before = await _looked(world, witness, before, "tick", "")
        bugs = [facts for event, facts in world.log.lines if event is Noted.BUG]
        assert bugs == []
        return witness.seen


async def _looked(world: Any, witness: Witness, before: Seen, act: str, who: str) -> Seen:
    after = await look(world, before.community.id)
    witness.compare(before, after, world.clock.now(), act, who)
    return after


def test_every_field_stands_on_a_side() -> None:
    for kind, sides in SIDES.items():
        assert list(sides) == [one.name for one in fields(kind)], kind.__name__


async def test_no_one_hand_changes_what_protects_people(tmp_path: Path) -> None:
    seen = Counter[str]()
    for seed in range(scaled(HISTORIES, 2)):
        seen += await lived(tmp_path / f"{seed}", seed, ACTS)
    kinds = {name for name in seen if name.startswith("held ")}
    assert len(kinds) >= 4, kinds


# Controls ---------------------------------------------------------------------------------------------


def may_second_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def may(person: Staff, change: Pending, community: Community, now: datetime) -> bool:
        return change.waits and not change.agreed and is_seasoned(person, community, now)

    monkeypatch.setattr(changing, "may_second", may)


def an_hour_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pending, "NOTICE_LASTS", timedelta(hours=71))


def untold(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: object) -> None:
        pass

    monkeypatch.setattr(announcing.Announcing, "tell", nothing)


def trust_is_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Trusted, "harmless", lambda edit, before: True)


@pytest.mark.parametrize(
    ("worse", "found"),
    [
        (may_second_ones_own, "seconded by who asked"),
        (an_hour_short, "too early"),
        (untold, "never told"),
        (trust_is_harmless, "trust"),
    ],
)
async def test_control_a_bot_that_is_worse_is_found_out(
    worse: Callable[[pytest.MonkeyPatch], None],
    found: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worse(monkeypatch)
    with pytest.raises(AssertionError) as caught:
        await lived(tmp_path / "worse", SEED, FEW_ACTS, few=True)
    assert found in str(caught.value)


async def test_the_same_history_is_explained_of_the_bot_as_it_is(tmp_path: Path) -> None:
    seen = await lived(tmp_path / "as it is", SEED, FEW_ACTS, few=True)
    assert any(name.startswith("held") for name in seen)
