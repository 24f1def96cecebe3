"""A town for the exclusion proof: random histories, lived in a world with or without hidden cases,
and the whole view of the one person whom the hidden cases leave out.

Chance is drawn anew with every act and picks people by who they are: so what is drawn in one case
does not depend on what was drawn in another.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from adapters.sandbox import render
from bot import ports
from bot.chat import About, Card, Command, Reply, Voice
from bot.domain.communities import Role
from bot.texts import Speaker
from tests.fakes.acts import Acts, names, shown
from tests.fakes.world import CountedChance, caller

NAMES = {
    "ines-moreau": "Ines Moreau",  # on duty, told first
    "karim-benali": "Karim Benali",
    "ruth-adeyemi": "Ruth Adeyemi",  # the organiser, told at the third step
    "greta-holm": "Greta Holm",
}
NUMBER = re.compile(
    r"(?:\b|(?<=\\n))[23456789CDFGHJKMNPQRTVWXY]{6}\b"
)  #: also on a line of its own
#: Of the audit chain, and what it follows from; in a digest in groups of eight.
HEAD = re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{8}(?: [0-9a-f]{8}){7})\b")
STAFF_DEEDS = (
    *("acknowledge", "reply", "ask", "note", "resolve", "close"),
    *("bring_in", "hand_over", "recuse", "mute"),
)
REPORTERS_DEEDS = ("message", "escalate", "exclude", "agree", "not_urgent", "withdraw", "delete")
DUTY_DEEDS = ("on", "off", "away", "offer", "take", "quiet_hours", "hand_over_all")
DAYS = {"slot": 0.0, "hours": 1.25, "late": 4.0}
FIELDS = {"resolve": "outcome", "bring_in": "note", "hand_over": "note"}
SPAN = {"from": "2026-06-04", "until": "2026-06-05 18:00"}
NIGHT = {"from": "17:00", "until": "08:30", "zone": "Europe/Lisbon"}


@dataclass
class TurnChance(ports.Chance):
    """Counted chance that starts anew with every act; ``shuffled`` looks at what the things are."""

    turn: str = "founding"
    drawn: dict[str, int] = field(default_factory=dict)

    def bytes(self, count: int) -> bytes:
        out = b""
        while len(out) < count:
            self.drawn[self.turn] = self.drawn.get(self.turn, 0) + 1
            out += hashlib.sha256(f"{self.turn}/{self.drawn[self.turn]}".encode()).digest()
        return out[:count]

    def shuffled(self, things: Sequence[ports.T]) -> list[ports.T]:
        return sorted(things, key=self._by_what_it_is)

    def _by_what_it_is(self, thing: object) -> bytes:
        what = getattr(thing, "id", thing)
        return hashlib.sha256(f"{self.turn}/{what!r}".encode()).digest()


@dataclass(frozen=True)
class Act:
    """One thing somebody does. ``case``: which; ``hidden`` ones never happen in the other world."""

    what: str
    case: str = ""
    who: str = ""

    @property
    def hidden(self) -> bool:
        return self.case.startswith("hidden")


LOOK = Act("look")


def history(seed: int, left_out: str) -> list[Act]:
    """A few weeks of a town: cases shown and hidden, all that can be done in them, and time."""
    chance = CountedChance(f"history {seed}")
    others = [one for one in NAMES if one != left_out]
    cases = ["shown 0", "hidden 0"]
    acts = [Act("file", "shown 0"), Act("file", "hidden 0"), Act("slot"), LOOK]
    kinds = ("file", "file", "said", "said", "staff", "staff", "staff", "staff", "own", "duty")
    for n in range(1, 15):
        what = chance.shuffled((*kinds, "newcomer", "off", "slot", "slot", "hours", "late"))[0]
        about, other = chance.shuffled(cases)[0], chance.shuffled(others)[0]
        if what == "file":
            kind = chance.shuffled(("shown", "hidden", "hidden urgent", "shown but to Greta"))[0]
            cases.append(f"{kind} {n}")
            acts.append(Act("file", cases[-1]))
        elif what == "said":
            acts.append(Act(chance.shuffled(REPORTERS_DEEDS)[0], about))
        elif what in ("staff", "own"):
            deed = chance.shuffled(STAFF_DEEDS)[0]
            acts.append(Act(deed, about, other if what == "staff" else left_out))
        elif what == "duty":
            acts.append(Act(f"duty {chance.shuffled(DUTY_DEEDS)[0]}", who=other))
        else:
            acts.append(Act(what))
        acts += [LOOK] if n % 5 == 0 else []
    return [*acts, Act("slot"), LOOK, Act("late"), LOOK, Act("late"), Act("slot"), LOOK]


def full_history(left_out: str) -> list[Act]:
    """All that can be done, at least once: also what chance brings too seldom, like consent asked
    and given, and a shift that changes hands."""
    one, two, *_ = (name for name in NAMES if name not in (left_out, "ruth-adeyemi"))
    return [
        *(Act("file", case) for case in ("shown 0", "hidden 0", "hidden urgent 1")),
        *(Act("not_urgent", "hidden urgent 1"), Act("slot"), LOOK, Act("newcomer")),
        *(Act("acknowledge", case, one) for case in ("hidden 0", "shown 0")),
        *(Act("bring_in", "hidden 0", one) for _ in range(3)),
        *(Act(f"duty {deed}", who=one) for deed in ("off", "on", "offer")),
        Act("duty take", who=two),
        *(Act("duty on", who=one), Act("duty off", who=one), Act("duty away", who=two)),
        *(Act("duty quiet_hours", who=one), LOOK, Act("slot"), LOOK),
        *(Act("agree", "hidden 0"), Act("slot"), LOOK, Act("hand_over", "hidden 0", one)),
        *(Act("duty hand_over_all", who=two), Act("recuse", "hidden 0", one), LOOK),
        *(Act("message", "hidden 0"), Act("slot"), LOOK, Act("late"), LOOK),
        *(Act("file", case) for case in ("hidden 2", "hidden 3", "shown 4")),
        *(Act("file", f"hidden {n}") for n in range(5, 9)),  # enough to show, if they counted
        *(Act("slot"), Act("escalate", "hidden 3"), Act("exclude", "hidden 3"), LOOK),
        *(Act(deed, "hidden 2", one) for deed in ("note", "ask", "reply", "mute", "resolve")),
        *(Act("slot"), LOOK, Act("close", "hidden 3", one), Act("withdraw", "hidden 3")),
        *(Act("delete", "hidden 2"), LOOK, Act("late"), LOOK, Act("off"), Act("late"), LOOK),
    ]


@dataclass
class Town:
    """One world in which a history happens, and all that ``me``, who is left out, sees of it.

    ``leave_out``: by which value hidden cases leave somebody out.
    """

    acts: Acts
    chance: TurnChance
    me: str
    leave_out: str
    greta: str
    receipts: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    seen: list[list[str]] = field(default_factory=list)
    done: set[str] = field(default_factory=set)

    async def happen(self, n: int, act: Act, *, hidden_too: bool) -> None:
        self.chance.turn = f"act {n}"
        if act.what in DAYS:
            await self._live(DAYS[act.what])
        elif act.what == "off":  # no process runs for a while
            self.acts.world.clock.move(timedelta(days=2))
            await self.acts.world.bot.tick()
        elif act.what == "look":
            await self._look(n)
        elif act.what == "newcomer":
            card = await self.acts.offered("amara-diallo", "Amara Diallo", Role.REP)
            await self.acts.press("amara-diallo", card, "accept")
        elif act.what.startswith("duty "):
            await self._duty(act.who, act.what.removeprefix("duty "))
        elif act.who:
            await self._staff(act)  # who finds nothing does nothing
        elif hidden_too or not act.hidden:
            await (self._file(act.case) if act.what == "file" else self._say(act))

    async def _live(self, days: float) -> None:
        if not days:
            dues = await self.acts.world.bot.communities.coming()
            slot = next(due.at for due in dues if due.what == "slot")
            days = (slot - self.acts.world.clock.at) / timedelta(days=1)
        await self.acts.world.live(days=days)

    # What reporters do ----------------------------------------------------------------------------

    async def _file(self, case: str) -> None:
        hidden = [self.leave_out] if case.startswith("hidden") else []
        exclude = hidden or ([self.greta] if "Greta" in case else [])
        how = "send_urgent" if "urgent" in case else "send"
        self.receipts[case] = await self.acts.file(
            f"worker of {case}", how, story=f"This is {case}: nobody ever sleeps.", exclude=exclude
        )
        await self.acts.world.bot.tick()

    async def _say(self, act: Act) -> None:
        if act.case not in self.receipts:
            return
        view = await self.acts.visit("reporter", self.receipts[act.case])
        if act.what not in names(view):
            return
        if act.what == "message":
            await self.acts.write("reporter", view, "It still happens, and every night.")
        elif act.what == "exclude":
            form = await self.acts.press("reporter", view, "exclude")
            await self.acts.fill("reporter", form, exclude=[self.greta])
        elif act.what in ("withdraw", "delete"):
            await self.acts.confirm("reporter", view, act.what)
        else:
            await self.acts.press("reporter", view, act.what)
        self.done.add(act.what)
        await self.acts.world.bot.tick()

    # What staff do --------------------------------------------------------------------------------

    async def _staff(self, act: Act) -> None:
        """Somebody looks through their list, and does something in the case if it is there."""
        for desk in await self._desks(act.who):
            if f"This is {act.case}:" not in shown(desk) or act.what not in names(desk):
                continue
            reply = await self.acts.press(act.who, desk, act.what)
            if act.what == "close":
                await self.acts.press(act.who, reply, "confirm")
            elif reply.form is not None:
                field_id = FIELDS.get(act.what, "text")
                await self.acts.fill(act.who, reply, **{field_id: "We have read it together."})
            self.done.add(act.what)
        await self.acts.world.bot.tick()

    async def _duty(self, who: str, deed: str) -> None:
        card = await self.acts.say(who, "duty")
        if deed not in names(card):
            return
        reply = await self.acts.press(who, card, deed)
        if reply.form is not None:
            await self.acts.fill(who, reply, **(NIGHT if deed == "quiet_hours" else SPAN))
        elif "confirm" in names(reply):
            await self.acts.press(who, reply, "confirm")
        self.done.add(deed)
        await self.acts.world.bot.tick()

    async def _desks(self, who: str) -> list[Reply]:
        """Every case on somebody's list, opened."""
        listed = await self.acts.say(who, "cases")
        return [await self._begin(who, "open", number) for number in numbers(listed)]

    # What the one who is left out sees ------------------------------------------------------------

    async def _look(self, n: int) -> None:
        """Everything is tried: lists, cases, other people's numbers, commands, rooms, post."""
        listed, desks = await self.acts.say(self.me, "cases"), await self._desks(self.me)
        for number, desk in zip(numbers(listed), desks, strict=True):
            self.labels[number] = re.findall(r"This is (.*?):", shown(desk))[0]
        self._saw(_parts(shown(listed)))
        self._saw(shown(desk) for desk in desks)
        self._saw([await self._rows(number) for number in self.labels])
        slipped = await self._overheard()
        for command in self.acts.world.bot.door.commands:
            self.chance.turn = f"look {n} at {command.name}"
            if command.about is About.CASE:
                self._saw({await self._tried(command, one) for one in slipped})
            elif command.name not in ("cases", "on", "off", "digest_pause"):  # seen; acts of others
                self._saw([await self._tried(command, "")])
        await self.acts.world.bot.tick()  # a test of the digest is said at once
        await self._heard()

    async def _heard(self) -> None:
        """All that was said so far to me and in every room: digests are passed on. Of my own lists
        the cases that had not been opened yet are opened, to see which they are."""
        post = self.acts.world.post
        for _, whom, card in post.weekly:
            for number in NUMBER.findall(_said(card)) if whom == self.me else ():
                if number not in self.labels:
                    desk = await self._begin(self.me, "open", number)
                    self.labels[number] = (re.findall(r"This is (.*?):", shown(desk)) or ["gone"])[
                        0
                    ]
        for whom in (self.me, "general", "reps", "organisers"):
            heard = (one for one in (*post.heard, *post.weekly) if one[1] == whom)
            self._saw(f"{whom}, {at}: {self._calm(card)}" for at, _, card in heard)

    def _calm(self, card: Card) -> str:
        """A card without random numbers; the lines of a field in an order that is not theirs."""
        said = json.loads(NUMBER.sub(self._label, _said(card)))
        for one in said["fields"]:
            one["value"] = "\n".join(sorted(one["value"].split("\n")))
        return json.dumps(said)

    async def _rows(self, number: str) -> str:
        """The panel's tables of a case that was on my list once, with how many rows each shows."""
        kept = await self.acts.world.bot.stored(caller(self.me), number)
        return f"{self.labels[number]}: {[(one.table, len(one.rows)) for one in kept]}"

    async def _overheard(self) -> list[str]:
        """Some numbers that are on other people's lists and not on mine: they let them slip."""
        mine = set(numbers(await self.acts.say(self.me, "cases")))
        others = [one for one in NAMES if one != self.me]
        slipped = {
            number for one in others for number in numbers(await self.acts.say(one, "cases"))
        }
        return sorted(slipped - mine - self.labels.keys())[:3] or ["CCCCCC"]

    async def _tried(self, command: Command, subject: str) -> str:
        """What comes of a command, its form filled in, its question confirmed, its rows looked at."""
        reply = await self._begin(self.me, command.name, subject)
        if command.name == "next":  # of cases due together, which one opens is drawn by lot
            none = await self._begin(self.me, "next", "ZZZZZZ")
            return f"next is as behind a case that never was: {shown(reply) == shown(none)}"
        said = [shown(reply)]
        if command.form is not None and command.about is About.CASE:
            answers = {FIELDS.get(command.name, "text"): "I know that you are there."}
            door = self.acts.world.bot.door
            said.append(shown(await door.submit(command.name, caller(self.me), subject, answers)))
        if command.about is About.CASE:
            asked = await self._begin(self.me, "confirm", f"{command.name}:{subject}")
            rows = await self.acts.world.bot.stored(caller(self.me), subject)
            said += [shown(asked), str(len(rows))]
        return " ".join(said).replace(subject, "some case") if subject else " ".join(said)

    async def _begin(self, who: str, name: str, subject: str) -> Reply:
        return await self.acts.world.bot.door.begin(name, caller(who), subject)

    def _saw(self, words: Iterable[str]) -> None:
        """Kept without the random numbers, and without the order that follows from them."""
        calm = (HEAD.sub("some head", one) for one in words)
        self.seen.append(sorted(NUMBER.sub(self._label, one) for one in calm))

    def _label(self, number: re.Match[str]) -> str:
        return self.labels.get(number[0], "some case")


def numbers(listed: Reply) -> list[str]:
    return [b.subject for card in listed.cards for b in card.buttons if b.name == "open"]


def _said(card: Card) -> str:
    return json.dumps(render.card(Speaker(Voice(), "/"), card, whisper=False))


def _parts(listed: str) -> list[str]:
    """A list in its parts: cases due together come in the order of their random numbers."""
    (card,), _, _ = json.loads(listed)
    parts = [*card.pop("fields"), *card.pop("buttons"), card]
    return [json.dumps(one).replace('"primary"', '"plain"') for one in parts]
