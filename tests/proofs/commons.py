"""A community whose settings many hands reach for, and what is compared of it before and after.

Every field of what is kept stands on one side: what only the road of rule 12 may change, what one
person may change at once, and what nobody can. Nothing here asks the domain what is harmless.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from adapters.sandbox import people
from bot.chat import Ask, Caller, Form, Reply
from bot.domain.communities import (
    Account,
    Community,
    CommunityId,
    FirstPulse,
    Role,
    RoomKind,
    Space,
    Staff,
    StaffId,
    Trust,
)
from bot.domain.communities.pending import Pending
from bot.domain.digests import Plan
from bot.ports import Notice
from bot.services.digests.files import DigestFiles
from tests.fakes.agreeing import ADA, MODERATORS, lately
from tests.fakes.world import KeptPost, World

HOME, WORKS, ELSEWHERE = people.SPACE, "dockside-works", ("crane-street", "pier-nine")
OSKAR, LEILA, RUTH = *MODERATORS, "ruth-adeyemi"
STAFF = (OSKAR, LEILA, ADA, RUTH, "ines-moreau", "karim-benali", "greta-holm")
OTHERS = ("noor-haddad", "zed-nobody", "eve-nobody")
ROOMS = ("general", "reps", "organisers", "square", "")

# Every field there is, by its side --------------------------------------------------------------------

SHARED, OWN, NEVER, REST = "by two", "by one, at once", "by nobody", "shown elsewhere"
#: What of each is compared; ``REST`` is made of the others, or is compared under its own name.
SIDES: Mapping[type, Mapping[str, str]] = {
    Community: {
        "id": NEVER,
        "name": SHARED,
        "code": NEVER,
        "language": OWN,
        "slots": SHARED,
        "categories": SHARED,
        "policy": SHARED,
        "members": SHARED,
        "staff": REST,
        "spaces": REST,
        "rota": SHARED,
        "changes": OWN,  # reps', of their own duty
        "former": REST,
        "opened": NEVER,
        "floor": OWN,  # upwards
        "words": SHARED,
        "retention": SHARED,
        "first_pulse": SHARED,
    },
    Space: {
        "id": NEVER,
        "platform": NEVER,
        "address": NEVER,
        "name": NEVER,
        "trust": SHARED,
        "rooms": SHARED,
        "answered": SHARED,
        "gone": OWN,  # the platform's
        "via": SHARED,
    },
    Staff: {
        "id": NEVER,
        "name": SHARED,
        "roles": REST,  # of the grants
        "named": OWN,
        "accounts": SHARED,
        "hours": OWN,
        "days_off": OWN,
        "grants": SHARED,
    },
    Plan: {
        "weekday": OWN,
        "at": OWN,
        "zone": OWN,
        "language": OWN,
        "addresses": SHARED,
    },
}


@dataclass(frozen=True)
class Seen:
    """All that is kept of a community at a moment."""

    community: Community
    staff: Mapping[StaffId, Staff]
    plan: Plan
    pending: Mapping[str, Pending]

    def shared(self, now: datetime) -> dict[str, Any]:
        """What may change by two alone, and what may not at all, by name. Of roles those that hold:
        that one ends on its date is nobody's act, and what is kept of it goes."""
        found: dict[str, Any] = _sided(self.community, "")
        for space in self.community.spaces:
            found |= _sided(space, f"space/{space.id}/")
        for id, one in self.staff.items():
            holding = tuple(sorted((g.role, g.begins, g.ends) for g in one.grants if g.holds(now)))
            if holding:
                accounts = frozenset(one.accounts)
                found |= _sided(one, f"staff/{id}/") | {f"staff/{id}/grants": holding}
                found[f"staff/{id}/accounts"] = accounts
        rota = self.community.rota
        reps = {id for id, one in self.staff.items() if Role.REP in held(one, now)}
        found["rota"] = (rota.zone, rota.weekday, rota.at, reps.intersection(rota.order))
        return found | _sided(self.plan, "digest/")

    def whose(self, account: str) -> Staff | None:
        """Whose account it is, on the one platform there is."""
        mine = Account(people.PLATFORM, account)
        return next((one for one in self.staff.values() if mine in one.accounts), None)


def held(one: Staff, now: datetime) -> set[Role]:
    """The roles that hold at a moment."""
    return {grant.role for grant in one.grants if grant.begins <= now < grant.ends}


def _sided(one: Any, where: str) -> dict[str, Any]:
    sides = SIDES[type(one)]
    names = [name for name, side in sides.items() if side in (SHARED, NEVER)]
    return {f"{where}{name}": getattr(one, name) for name in names}


# The town ---------------------------------------------------------------------------------------------


@dataclass
class PlacedPost(KeptPost):
    """Keeps of what is said in rooms the place and the sentence, too: (place, its key, when)."""

    placed: list[tuple[str, str, datetime]] = field(default_factory=list)

    async def to_room(self, space: str, room: str, card: Any, community: Any, id: str) -> None:
        if id not in self.ids and card.lines[0].key == f"notice.{Notice.CHANGE_WAITS}":
            self.placed.append((space, card.lines[0].facts["what"].key, self.clock.now()))
        await super().to_room(space, room, card, community, id)


def commons(seeded: Community) -> Community:
    """The seeded community as it is lately, with a second place, and a first pulse that could not
    begin among so few."""
    open_ = lately(seeded)
    rooms = {RoomKind.BULLETIN: "canteen"}
    works = Space("f" * 32, people.PLATFORM, WORKS, "Dockside", Trust.EMPLOYER_OWNED, rooms)
    first = FirstPulse(("stay",), "weekly", 3, comment=False)
    return replace(open_, spaces=(*open_.spaces, works), members=5, first_pulse=first)


async def look(world: World, id: CommunityId) -> Seen:
    """What is kept, whichever of its places are left."""
    stranger = Caller(people.PLATFORM, "nowhere", "nobody-at-all")
    nowhere = Space("", people.PLATFORM, "nowhere", "", Trust.NEUTRAL)
    communities = world.bot.communities
    here = communities.here(await communities.look(id), stranger, nowhere)
    return Seen(
        here.community,
        {one.id: one for one in (*here.community.staff, *here.community.former)},
        await _plan(world, here.community),
        {one.id: one for one in here.pending},
    )


async def _plan(world: World, community: Community) -> Plan:
    async with world.bot.communities._open_work() as work:
        row = await work.digests.get(community.id)
    shelf = world.bot.communities
    return await DigestFiles(shelf._seals, shelf._vault, world.log).plan(row)


# Hands ------------------------------------------------------------------------------------------------

FORMS = (
    "setup_first",
    "staff",
    "end_role",
    "setup_categories",
    "setup_outside",
    "setup_steps",
    "setup_slots",
    "setup_figures",
    "setup_kept",
    "setup_pulse",
    "setup_words",
    "unlink",
)
FEW = ("setup_outside", "setup_words", "setup_first")
PRESSED = ("open_community", "setup_test", "unbind", "digest_pause", "digest_resume", "pause")


@dataclass
class Hands:
    """Random acts of everybody, through the door alone. ``who``: whoever acted last; ``few``: two
    moderators alone, one of whom asks for something, and then either seconds it."""

    world: World
    id: CommunityId
    chance: random.Random
    who: Caller = field(default_factory=lambda: Caller(people.PLATFORM, HOME, "nobody"))
    known: list[str] = field(default_factory=lambda: ["", "0" * 32, "a" * 26])  # ids and tokens
    codes: list[str] = field(default_factory=list)
    claims: list[str] = field(default_factory=list)
    few: bool = False
    home: str = HOME  #: where most of it is said
    turn: int = -1

    async def act(self) -> str:
        """One act of somebody; its name."""
        acts = [
            (30, self.fill),
            (6, self.room),
            (34, self.second),
            (3, self.withdraw),
            (10, self.answer),
            (4, self.link),
            (3, self.bind),
            (9, self.digest),
            (4, self.claim),
            (3, self.press),
        ]
        act = self.chance.choices([one for _, one in acts], [weight for weight, _ in acts])[0]
        if self.few:
            self.turn += 1
            act = self.second if self.turn % 2 else self.fill
        await act()
        return act.__name__

    def caller(self, *likely: str, space: str = "", room: str | None = None) -> Caller:
        """Somebody, most often of ``likely``."""
        pick = self.chance.choice
        odd = not likely or self.chance.random() > 0.85
        who = pick((*STAFF, *OTHERS)) if odd else pick(likely)
        who = pick((OSKAR, LEILA)) if self.few else who
        space = space or (self.home if self.few or self.chance.random() < 0.85 else WORKS)
        room = pick(ROOMS) if room is None else room
        manages = pick((None, None, None, True, False))
        self.who = Caller(
            people.PLATFORM, space, who, room=room, member_since=people.JOINED, manages=manages
        )
        return self.who

    async def fill(self) -> None:
        """A settings form, as it is shown or as nobody was shown it."""
        who, name = self.caller(OSKAR, LEILA, ADA), self.chance.choice(FEW if self.few else FORMS)
        shown = await self.world.bot.door.begin(name, who)
        if shown.form is None:
            await self.world.bot.door.submit(name, who, self.chance.choice(self.known), {})
            return
        self.known.append(shown.form.subject)
        forged = self.chance.random() < 0.2
        subject = self.chance.choice(self.known) if forged else shown.form.subject
        await self._submit(name, who, subject, self._answers(shown.form))

    async def _submit(self, name: str, who: Caller, subject: str, answers: Any) -> Reply:
        return await self.world.bot.door.submit(name, who, subject, answers)

    def _answers(self, form: Form) -> dict[str, Any]:
        """Some of what is asked is left as it is."""
        found = {}
        for asked in form.questions:
            options = [one.value for one in asked.options]
            value: Any = asked.value
            if asked.ask is Ask.PERSON:
                value = self.chance.choice((*STAFF, *OTHERS))
            elif self.chance.random() < 0.5 or not value:
                if asked.ask is Ask.CHOICE:
                    value = self.chance.choice(options) if options else ""
                elif asked.ask is Ask.CHOICES:
                    most = min(4, len(options))
                    value = self.chance.sample(options, self.chance.randint(0, most))
                elif asked.ask is Ask.NUMBER:
                    value = str(self.chance.choice((0, 1, 5, 6, 8, 12, 24, 40, 48, 72)))
                elif asked.id == "zone":
                    value = self.chance.choice(("UTC", "Europe/Berlin", "America/New_York"))
                elif asked.id == "addresses":
                    value = self.chance.choice(("", "a@example.org", "b@example.org"))
                else:
                    value = self.chance.choice(("", "Docks", "Crane", "Pier", "Harbour"))
            found[asked.id] = list(value) if isinstance(value, tuple) else value
        return found

    async def room(self) -> None:
        kinds = [one.value for one in RoomKind]
        kind = self.chance.choice((*kinds, *kinds, "nothing", ""))
        await self.world.bot.door.begin("room", self.caller(OSKAR, LEILA, ADA), kind)

    async def second(self) -> None:
        await self._about("approve", self.caller(LEILA, LEILA, OSKAR, ADA))

    async def withdraw(self) -> None:
        await self._about("withdraw_change", self.caller(OSKAR, LEILA, ADA))

    async def _about(self, name: str, who: Caller) -> None:
        waiting = [
            one.id for one in (await look(self.world, self.id)).pending.values() if one.waits
        ]
        ids = waiting * 9 + self.known[-9:]
        self.known += [one for one in waiting if one not in self.known]
        await self.world.bot.door.begin(name, who, self.chance.choice(ids))

    async def answer(self) -> None:
        """An offer of a role, accepted or declined by whoever it is for, or anybody."""
        offers = [
            (who, button)
            for who, card in self.world.post.people
            for button in card.buttons
            if button.name in ("accept", "accept", "decline")
        ]
        if offers:
            whose, button = self.chance.choice(offers[-9:])
            if button.name == "decline" and self.chance.random() < 0.7:
                return
            who = self.caller(whose, space=HOME)
            await self.world.bot.door.begin(button.name, who, button.subject)

    async def link(self) -> None:
        """A moderator's code, or another, typed in a place that is nobody's."""
        await self._draw(self.caller(OSKAR, LEILA, ADA))
        where = self.chance.choice(ELSEWHERE)
        who = self.caller(OSKAR, LEILA, ADA, "eve-nobody", space=where, room="hall")
        await self._submit("link", who, "", {"code": self.chance.choice(self.codes)})

    async def bind(self) -> None:
        await self._draw(self.caller("zed-nobody", "ines-moreau", OSKAR))
        code = self.chance.choice(self.codes[-2:])
        await self._submit("link", self.caller(*STAFF), "", {"code": code})

    async def _draw(self, who: Caller) -> None:
        shown = await self.world.bot.door.begin("setup", who, words="link")
        for card in shown.cards:
            self.codes += [str(one.value) for one in card.fields if one.label.key == "code.code"]  # type: ignore[union-attr]  # a label is a line
        self.codes = self.codes or ["23456-789CD"]

    async def digest(self) -> None:
        who = self.caller(RUTH, RUTH, OSKAR)
        shown = await self.world.bot.door.begin("digest", who, words="set")
        subject = shown.form.subject if shown.form else self.chance.choice(self.known)
        answers = self._answers(shown.form) if shown.form else {"addresses": "eve@example.org"}
        await self._submit("digest", who, subject, answers)

    async def claim(self) -> None:
        """The operator's code, for this community or a new one."""
        whose = self.id if self.chance.random() < 0.9 else None
        code = await self.world.bot.founding.code(3, whose)
        self.claims.append(code.code)
        typed = self.chance.choice(self.claims[-2:])
        await self._submit("claim", self.caller(*OTHERS), "", {"code": typed})

    async def press(self) -> None:
        name = self.chance.choice(PRESSED)
        await self.world.bot.door.begin(name, self.caller(*STAFF))

    def wait(self) -> timedelta:
        """How long nothing is done; mostly until about when something is due."""
        if self.few:
            return timedelta(hours=self.chance.choice((1, 71)))
        far = self.chance.choices((0, 1, 20, 71, 72, 100, 24 * 15), (30, 20, 20, 9, 9, 9, 3))[0]
        return timedelta(hours=far, minutes=self.chance.choice((0, 0, 1, 59)))
