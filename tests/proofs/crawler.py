"""A crawler: one person of a town who presses, types and sends all that was ever shown in another.

What is tried follows from the commands themselves; ``PLAUSIBLE`` says what a form is filled in
with. A command that has no place in the crawl is told by ``misfits``.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from adapters.sandbox import people
from bot.chat import About, Answers, Ask, Caller, Command, Reply, about
from bot.domain.communities import Role
from tests.fakes.acts import shown
from tests.fakes.world import World
from tests.proofs.scale import SCALE, scaled
from tests.proofs.towns import BOTH_REP, BOTH_WORKER, Town

#: What each field is filled in with; of text what is asked for, so that it is taken.
PLAUSIBLE: Mapping[str, str | list[str]] = {
    **{"category": "hours", "spread": "team", "impact": "3", "story": "The pager never stops."},
    **{"exclude": [], "receipt": "", "text": "We have read it.", "note": "Please help with it."},
    **{"outcome": "It was written down.", "from": "2026-09-01", "until": "2026-09-03"},
    **{"code": "", "zone": "UTC", "name": "Somebody", "you": "Somebody", "language": "en"},
    **{"trust": "neutral", "person": "quitte-w1", "role": "rep", "ours": ["pay"], "own": ""},
    **{"body": "A law centre", "on_duty": "24", "named": [], "all_reps": "48", "organisers": "0"},
    **{"days": "3", "hour": "9", "members": "30", "floor": "5", "rep": "", "organiser": ""},
    **{"moderator": "", "q1": "yes", "question": "Shall we?", "kind": "yes_no", "options": ""},
    **{"comment": "no", "bank": ["stay"], "every": "weekly", "start": "", "day": "monday"},
    **{"addresses": "", "who": "", "space": ""},
}
#: Of these forms a field that is called like another form's means another thing.
ELSEWISE: Mapping[str, dict[str, str | list[str]]] = {
    "setup_slots": {"days": ["monday", "friday"]},
    "setup_kept": {"days": "45"},
    "quiet_hours": {"from": "21:00", "until": "06:00"},
    "pulse": {"comment": ""},
}
TYPED_IN = {"receipt": "receipt", "link": "code", "claim": "code", "community": "code"}
#: What no button of an ordinary life carries, and whose subject is tried all the same.
RARELY_SHOWN = {"agree", "community", "look", "withdraw_change", "setup_pulse"}


@dataclass(frozen=True)
class Crawler:
    """Somebody of the town, and where they act. ``number``: among them all; ``names``: whether they
    must say which town; ``whole``: whether they try all of their role however small the scale."""

    who: str
    at: Caller
    role: Role = Role.WORKER
    names: bool = False
    whole: bool = False
    number: int = 0

    @property
    def is_nobodys(self) -> bool:
        return self.who == "stranger"

    def tries(self, command: Command | None, place: int) -> bool:
        """Whether it is theirs to try: of what others of their kind try, too, each a part."""
        able = command is None or bool(command.roles & {self.role, Role.WORKER})
        if self.whole and command is not None and self.role in command.roles:
            return True
        share = 5 if able else 20
        return (place + self.number) % max(1, round(share / (10 * SCALE))) == 0


def crawlers(town: Town) -> list[Crawler]:
    """Each role in the town's place and alone with the bot; whoever is in both; a stranger."""
    room = f"{town.word}-bulletin"
    whose = {"w9": Role.WORKER, "karim": Role.REP, "ruth": Role.ORGANISER, "leila": Role.MODERATOR}
    there = [Crawler(who, town.at(who, room), role, whole=True) for who, role in whose.items()]
    both = [
        Crawler(BOTH_REP, town.at(BOTH_REP), Role.REP),
        Crawler(BOTH_WORKER, town.at(BOTH_WORKER)),
    ]
    alone = [
        Crawler(f"{one.who}, alone", replace(one.at, space="", room=""), one.role) for one in there
    ]
    alone[0] = replace(alone[0], names=True)
    stranger = Caller(people.PLATFORM, "nowhere-at-all", "nobody-here", room="a-room")
    every = [*there, *both, *alone, Crawler("stranger", stranger)]
    return [replace(one, number=number) for number, one in enumerate(every)]


@dataclass(frozen=True)
class Act:
    """One thing that is tried. ``words``: typed behind a command; ``answers``: a form's."""

    name: str
    subject: str = ""
    words: str | None = None
    answers: Answers | None = None

    @property
    def typed(self) -> str:
        return repr(self)

    def is_by_token(self, commands: Mapping[str, Command]) -> bool:
        """Whether it is for whoever holds the button, members or not: a reporter's way back."""
        whole = (self.name, self.subject) if self.name != "confirm" else about(self.subject)
        command = commands.get(whole[0])
        return bool(whole[1]) and command is not None and command.for_strangers


@dataclass(frozen=True)
class Tried:
    """An act and what came of it."""

    who: str
    act: Act
    reply: Reply
    panel: int = 0  #: rows that the panel of what is stored showed


def acts(
    commands: Collection[Command],
    theirs: Town,
    own: Town,
    one_: Crawler,
    only: Collection[str] = (),
) -> Iterator[Act]:
    """What a crawler tries of a town's that is not theirs. ``only``: with these commands alone, all
    of them."""
    kinds, known, turn = _one_of_each(theirs), {one.name: one for one in commands}, one_.number
    every = enumerate(dict.fromkeys([*known, *theirs.seen]))
    tried = [one for at, one in every if (one in only if only else one_.tries(known.get(one), at))]
    forms = [known[one] for one in tried if one in known and (known[one].form or known[one].asks)]
    for form in forms:  # first, while there is a try left
        for secret in _meant(theirs, form.name):
            subject = "reps" if form.name == "community" else ""
            yield Act(form.name, subject, answers={TYPED_IN[form.name]: secret})
    for at, name in enumerate(tried):
        subjects = theirs.seen.get(name, [])[-scaled(20, 1) :]
        if not subjects or SCALE >= 1:
            yield Act(name)
        subjects += [kinds[(at + turn + n) % len(kinds)] for n in range(scaled(10, 1))]
        for subject in dict.fromkeys(subjects):
            yield Act(name, subject)
            if name in known and known[name].sure:
                yield Act("confirm", f"{name}:{subject}")
    for at, form in enumerate(forms):
        given = filled(form)
        for subject in (theirs.seen.get(form.name) or kinds)[-scaled(10, 1) :]:
            yield Act(form.name, subject, answers=given)
        mine = (own.seen.get(form.name) or [""])[-1]
        for n in range(scaled(10, 1)):
            secret = kinds[(at + turn + n) % len(kinds)]
            yield Act(form.name, mine, answers=given | dict.fromkeys(_texts(form), secret))
    for at, command in enumerate(one for one in commands if one.typed and one.name in tried):
        yield Act(command.name, words=kinds[(at + turn) % len(kinds)])


def _one_of_each(town: Town) -> list[str]:
    """The newest subject of each kind of button, and all else that can be typed."""
    names = ("send", "edit", "message", "export", "open_poll", "accept", "open", "results", "take")
    newest = [town.seen[one][-1] for one in (*names, "on", "approve", "setup_outside")]
    pulse = town.seen["close_poll"]
    return [*newest, *pulse[-2:], *town.receipts[-2:], *town.codes, *town.ids[:3]]


def _meant(town: Town, form: str) -> list[str]:
    if form not in TYPED_IN:
        return []
    return town.receipts if form == "receipt" else town.codes


def filled(command: Command) -> dict[str, Any]:
    """What its form is filled in with; of a poll's its first question."""
    names = [one.name for one in fields(command.form)] if command.form else ["q1", "comment"]
    given = {one.rstrip("_"): PLAUSIBLE[one.rstrip("_")] for one in names}
    return given | ELSEWISE.get(command.name, {})


def _texts(command: Command) -> list[str]:
    """The fields in which anything can be typed."""
    if command.form is None:
        return ["comment"]
    written = (Ask.TEXT, Ask.LONG_TEXT, Ask.PERSON)
    return [
        one.name.rstrip("_")
        for one in fields(command.form)
        if any(getattr(asked, "ask", None) in written for asked in one.metadata.values())
    ]


def misfits(commands: Collection[Command], theirs: Town) -> list[str]:
    """What has no place in a crawl: a field nobody knows how to fill in, a subject never seen."""
    found = []
    for one in commands:
        if one.form is not None:
            names = {field.name.rstrip("_") for field in fields(one.form)}
            found += [f"{one.name}.{name}" for name in sorted(names - PLAUSIBLE.keys())]
        if one.about is not About.NOTHING and not theirs.seen.get(one.name):
            found += [one.name] if one.name not in RARELY_SHOWN else []
    return found


async def crawl(world: World, theirs: Town, own: Town, only: Collection[str] = ()) -> list[Tried]:
    """All that every crawler of a town was shown when they tried what is another's. ``only``: with
    these commands alone, and one crawler of each role."""
    found, door = [], world.bot.door
    known = {command.name: command for command in door.commands}
    for one in crawlers(own):
        if only and not (one.whole or one.names):
            continue
        if one.names:
            await door.submit("community", one.at, "about", {"code": own.code})
        for act in acts(door.commands, theirs, own, one, only):
            if one.is_nobodys and act.name == "link" and theirs.joins in act.typed:
                continue  # whoever holds a moderator's code joins a place for them: it is one's own
            if not one.at.space.startswith(own.word) and act.is_by_token(known):
                continue  # as with a receipt: it is the case of whoever holds it
            if act.answers is not None:
                reply = await door.submit(act.name, one.at, act.subject, act.answers)
            else:
                reply = await door.begin(act.name, one.at, act.subject, words=act.words)
            found.append(Tried(one.who, act, reply))
        for subject in _one_of_each(theirs)[one.number % (n := max(1, round(0.4 / SCALE))) :: n]:
            panel = await world.bot.stored(one.at, subject)
            found.append(Tried(one.who, Act("the panel", subject), Reply(), len(panel)))
    return found


def _without(said: str, written: Collection[str]) -> str:
    """What was shown, but for what was written, in part or whole, by whoever crawls."""
    for text in sorted(written, key=len, reverse=True):
        said = said.replace(text, "") if len(text) > 3 else said
    return said


def betrayed(tried: Collection[Tried], theirs: Town) -> list[str]:
    """Where anything of the other town was shown. What was typed is its crawler's own; what they
    wrote in a text is theirs from then on."""
    told = (theirs.word, f" {theirs.members} ")
    secrets, written, found = theirs.secrets, set[str](), []
    for one in tried:
        said, typed = shown(one.reply), one.act.typed
        written |= {text for text in (one.act.answers or {}).values() if isinstance(text, str)}
        words = [word for word in told if word in said.lower() and word not in typed.lower()]
        words += [secret for secret in secrets if secret in said and secret not in typed]
        if words:
            said = _without(said, written)
            words = [word for word in words if word in said or word in said.lower()]
        if words or one.panel:
            found.append(f"{one.who}: {one.act} -> {words} {said[:300]}")
    return found
