"""Two towns in which there is one of each thing that people can act on, and all who might try.

``Stage.things`` has what a button about each kind of thing carries, and a little more that forms
are filled in with. Both towns live the same two days; then their clock stands still.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from adapters.sandbox import people
from bot.chat import Reply
from bot.domain.communities import (
    Account,
    Community,
    Grant,
    Role,
    Rota,
    Space,
    Staff,
    StaffId,
    Trust,
)
from bot.settings import at
from tests.fakes.acts import button, receipt_in, shown
from tests.fakes.world import MONDAY, CountedChance, new_world
from tests.proofs.towns import VOTERS, Frozen, Living, Town, Towns

OURS, THEIRS = "zimtstern", "quitte"
LONG = timedelta(days=900)
#: Staff besides those of an ordinary town: their role, from when and until when.
MORE_STAFF = {
    "nils": (Role.REP, -LONG, LONG),
    "vera": (Role.REP, timedelta(hours=25, minutes=30), LONG),
    "emil": (Role.REP, -LONG, timedelta(hours=49, minutes=35)),
    "mina": (Role.MODERATOR, timedelta(hours=1), LONG),
}


@dataclass
class Stage(Town):
    """A town with more kinds of staff, a place at work, and one of each thing, by its kind."""

    things: dict[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        return f"{self.word.upper()[:4]}CODE"

    @property
    def works(self) -> str:
        return f"{self.word}-works"

    def staff_id(self, name: str) -> str:
        """Of one of the staff."""
        return self.things[f"id of {name}"]

    def community(self) -> Community:
        made, chance = super().community(), CountedChance(f"{self.word} and others")
        more = [self._one_more(name, StaffId(chance.bytes(16).hex())) for name in MORE_STAFF]
        id = chance.bytes(16).hex()
        works = Space(id, people.PLATFORM, self.works, "Works", Trust.EMPLOYER_OWNED)
        staff = (*made.staff, *more)
        self.things |= {f"id of {one.name.rpartition(' ')[2]}": one.id for one in staff}
        self.things["place"] = id
        rota = Rota((staff[0].id, staff[1].id))
        return replace(made, staff=staff, spaces=(*made.spaces, works), rota=rota)

    def _one_more(self, name: str, id: StaffId) -> Staff:
        role, begins, ends = MORE_STAFF[name]
        grant = Grant(role, MONDAY + begins, MONDAY + ends)
        roles = frozenset({role}) if grant.holds(MONDAY) else frozenset[Role]()
        accounts = (Account(people.PLATFORM, self.who(name)),)
        return Staff(id, self.name(name), roles, True, accounts, grants=(grant,))


@dataclass
class Players(Living):
    """A town's people, as they come to have all that can be acted on."""

    town: Stage
    receipts: dict[str, str] = field(default_factory=dict)

    async def monday(self) -> None:
        """Before the slot: a case that nobody takes, one that a single rep reads, polls."""
        others = ("karim", "greta", "nils", "emil", "both", "ruth")
        self.receipts = {
            "climbed": await self.filed("w1"),
            "asked": await self.filed("w2", *others),
        }
        await self._polls()

    async def _polls(self) -> None:
        opened = await self.press("ruth", await self.poll("1", "yes"), "confirm")
        self.town.things["closed poll"] = button(opened, "close_poll").subject
        for n in range(VOTERS):
            comment = f"Evenings are long, says number {n}"
            await self.fill(f"w{n}", await self.say(f"w{n}", "pulse"), q1="yes", comment=comment)
        form = await self.say("ruth", "poll", "pulse")
        planned = {"every": "weekly", "days": "3", "start": "2026-07-01", "comment": "no"}
        made = await self.fill("ruth", form, bank=["stay"], **planned)
        self.town.things["pulse"] = button(made, "close_poll").subject

    async def tuesday(self) -> None:
        """The case that most is about is filed, without one of the reps."""
        self.receipts["case"] = await self.filed("w0", "greta")

    async def later(self) -> None:
        """A rep who has come since is asked for, where one reads alone."""
        desk = await self.desk("ines", "asked")
        await self.write("ines", desk, "bring_in", "note")

    async def wednesday(self) -> None:
        """After the slot: who steps out does, and all that lasts for half an hour begins."""
        things = self.town.things
        for name in ("case", "climbed"):
            desk = await self.desk("ines", name)
            things[name] = button(desk, "reply").subject
        await self.press("nils", await self.desk("nils", "case"), "recuse")
        await self._taken()
        await self._rota()
        await self._drafts()
        await self._visits()
        opened = await self.press("ruth", await self.poll("7", "yes"), "confirm")
        things["open poll"] = button(opened, "close_poll").subject
        things["poll draft"] = button(await self.poll("5", "no"), "confirm").subject[
            len("open_poll:") :
        ]
        await self._settings()

    async def _taken(self) -> None:
        """Something to hand over: a case that came at once."""
        self.receipts["urgent"] = await self.file("w5", "send_urgent")
        listed = await self.say("ines", "cases")
        await self.press("ines", await self.press("ines", listed, "open"), "acknowledge")

    async def _rota(self) -> None:
        shift = {"from": "2026-06-30", "until": "2026-07-02"}
        duty = await self.say("ines", "duty")
        offered = await self.fill("ines", await self.press("ines", duty, "offer"), **shift)
        away = {"from": "2026-08-06", "until": "2026-08-08"}
        gone = await self.fill("ines", await self.press("ines", duty, "away"), **away)
        self.town.things["shift"] = button(offered, "take").subject
        self.town.things["days away"] = next(
            one.subject for card in gone.cards for one in card.buttons if one.name == "on"
        )

    async def _drafts(self) -> None:
        things = self.town.things
        things["preview"] = button(await self.preview("w3"), "send").subject
        sent = await self.press("w4", await self.preview("w4"), "send")
        things["filed"] = button(sent, "saved").subject

    async def _visits(self) -> None:
        things, receipts = self.town.things, self.receipts
        view = await self.visit("w0", receipts["case"])
        things["visit"] = button(view, "message").subject
        things["asked visit"] = button(await self.visit("w2", receipts["asked"]), "agree").subject
        urgent = await self.visit("w5", receipts["urgent"])
        things["urgent visit"] = button(urgent, "not_urgent").subject
        form = await self.press("w0", view, "message")
        assert form.form is not None
        things["message"] = form.form.subject
        form = await self.press("w0", view, "message")
        held = await self.fill("w0", form, text="Write to me@home.example, please.")
        things["held message"] = button(held, "send").subject
        things["receipt"] = receipts["case"]

    async def _settings(self) -> None:
        town, things, bot = self.town, self.town.things, self.world.bot
        form = await self.say("oskar", "setup", "staff")
        somebody = {"person": town.who("w11"), "name": "Somebody else", "role": "rep"}
        waits = await self.fill("oskar", form, **somebody)
        things["change"] = button(waits, "withdraw").subject.partition(".")[2]
        form = await self.say("oskar", "setup", "staff")
        assert form.form is not None
        things["revision"] = form.form.subject
        form = await self.press("ruth", await self.say("ruth", "digest"), "set")
        assert form.form is not None
        things["digest"] = form.form.subject
        here = await bot.meeting.meet(town.at("oskar"))
        account = Account(people.PLATFORM, town.who("w7"))
        offer = await bot.roles.offer(here.community, town.name("offer"), Role.REP, for_=account)
        things["offer"] = offer.token
        drawn = await self.begin(town.at("w8"), "link")
        things["account code"] = str(drawn.cards[0].fields[0].value)
        drawn = await self.begin(town.at("oskar"), "link")
        things["moderator's code"] = str(drawn.cards[0].fields[0].value)
        things["operator's code"] = (await bot.founding.code(7, here.community.id)).code
        things["first code"] = (await bot.founding.code(7)).code
        things["town's code"] = town.code
        things["held role"] = f"{town.staff_id('karim')}/rep"

    # How it is done ---------------------------------------------------------------------------

    async def filed(self, who: str, *without: str) -> str:
        form = await self.press(who, await self.say(who, "grievance"), "continue")
        answers = {"category": "hours", "spread": "team", "impact": "4"}
        story = f"Told by {who}: the pager never stops and nobody sleeps."
        out = [self.town.staff_id(one) for one in without]
        preview = await self.fill(who, form, story=story, exclude=out, **answers)
        return receipt_in(await self.press(who, preview, "send"))

    async def desk(self, rep: str, name: str) -> Reply:
        """The case of this name, opened by a rep."""
        teller = {"climbed": "w1", "asked": "w2", "case": "w0"}[name]
        for one in (await self.say(rep, "cases")).cards[0].buttons:
            desk = await self.begin(self.town.at(rep), "open", one.subject)
            if f"Told by {teller}:" in shown(desk):
                return desk
        raise LookupError(name)


async def staged(root: Path) -> Frozen:
    """The world as it stands once both towns have everything."""
    post, towns = Towns(), [Stage(OURS, 471), Stage(THEIRS, 30)]
    async with new_world(
        at(root / "data", root / "keys"), post=post, change=lambda _: towns[0].community()
    ) as world:
        await world.bot.communities.found(towns[1].community())
        players = [Players(world, town) for town in towns]
        for one in players:
            await one.monday()
        await world.live(hours=25)  # Tuesday, 08:30
        for one in players:
            await one.tuesday()
        await world.live(hours=1)
        for one in players:
            await one.later()
        await world.live(hours=23, minutes=40)  # Wednesday, 09:10, after its slot
        for one in players:
            await one.wednesday()
        await world.bot.tick()
        when = world.clock.now()
    return Frozen(root, when, {town.word: town for town in towns})
