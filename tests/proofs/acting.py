"""The authorisation table acted out in a world: what each hand tries, and what the table says of it.

Nothing here decides who may do what: that is read from the table alone.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.chat import Button, Caller, Command, Reply
from bot.domain.grievances import receipts
from tests.fakes.acts import shown
from tests.fakes.world import World
from tests.proofs.authorisation import (
    EVERYBODY,
    FILLED,
    GONE,
    IN_FIELD,
    LEADS,
    OTHER_KEYS,
    Act,
    Hand,
    Press,
    Row,
    Send,
)
from tests.proofs.crawler import filled
from tests.proofs.scale import SCALE
from tests.proofs.townspeople import Stage

Kept = dict[str, list[str]]
NO_COMMUNITY = "refused.no_community"  #: of a form that comes from outside of all communities
PRESSED, CONFIRMED, WORDED = "pressed", "confirmed", "worded"
NO_WORD = ("", "")
ANOTHER_RULE = "another rule"  #: than who somebody is


def kept(root: Path) -> Kept:
    """Every row of both databases."""
    found: Kept = {}
    for before, file in (("", "data/groundswell.db"), ("keys.", "keys/keys.db")):
        with closing(sqlite3.connect(root / file)) as database:
            names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (name,) in names.fetchall():
                rows = database.execute(f'SELECT * FROM "{name}"').fetchall()
                found[before + name] = sorted(map(repr, rows))
    return found


def changed(before: Kept, after: Kept) -> set[str]:
    """The tables with other rows."""
    return {name for name in before if before[name] != after[name]}


# What the table says ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Try:
    """A hand's try of a row's act. ``outside``: in a place of nobody's, what it is there. ``refusal``:
    the sentence it is refused by; where there is none, ``shows`` is what they are shown."""

    row: Row
    act: Act
    hand: Hand
    outside: bool = False
    refusal: str = ""
    shows: str = ""

    @property
    def said(self) -> str:
        how = "sent" if isinstance(self.act, Send) else "pressed"
        return f"{self.row.name} {how} about {self.act.about or 'nothing'}"

    @property
    def lacking(self) -> str:
        """The sentence that refuses it whatever it is about; empty where none does."""
        who = self.act.who or self.row.who
        if not who & self.hand.roles:
            return self.hand.told
        at_work = self.hand.place == "work" and not who & EVERYBODY and not self.row.at_work
        return "refused.not_here" if at_work else ""

    @property
    def gone(self) -> str:
        """What they are told of a thing that is not there."""
        about, roles = self.act.about, self.hand.roles
        if roles and about == "town's code" and self.hand.place in ("town", "work"):
            return self.act.shows  # a place that has its community asks for none
        if roles:
            return self.lacking or self.act.gone or GONE[about]
        asked = NO_COMMUNITY if isinstance(self.act, Send) else self.hand.told
        return GONE[about] if self.outside or about == "town's code" else asked


def tries(hand: Hand, row: Row) -> Iterator[Try]:
    """What a hand tries of the town's, with what the table says of it. At home in the other town
    that is what is about the town's things: the rest they do there. A member in a place of nobody's
    comes into the town by a token, and is anybody there."""
    outside = bool(row.outside) and hand.place == "nowhere"
    for act in row.outside if outside else row.acts:
        one = Try(row, act, hand, outside)
        if hand.roles and hand.place != "home":
            yield _of_member(one)
        elif hand.roles and act.about and not act.subject:
            yield replace(one, refusal=one.gone)
        elif not hand.roles and (hand.theirs or act.about not in LEADS):
            yield _of_nobody(one)


def _of_member(one: Try) -> Try:
    act = one.act
    if one.lacking:
        return replace(one, refusal=one.lacking)
    if act.personal and act.personal not in one.hand.has:
        return replace(one, refusal=act.not_theirs or GONE[act.about])
    if act.by and one.hand.said not in act.by:
        return replace(one, refusal=ANOTHER_RULE)
    return replace(one, shows=act.shows)


def _of_nobody(one: Try) -> Try:
    """Of somebody who is met in no community, but where a button that they hold leads."""
    act, has = one.act, one.hand.has
    if one.outside and (not act.whose or act.whose in has):
        return replace(one, shows=act.shows)
    if act.about not in LEADS or not act.held:
        return replace(one, refusal=one.gone)
    if act.held.startswith("refused."):
        return replace(one, refusal=act.held)
    return replace(one, shows=act.held)


# Doing it -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trying:
    """Somebody in a world, who tries what is ``town``'s; ``other`` is the other town."""

    world: World
    town: Stage
    other: Stage
    hand: Hand

    @property
    def at(self) -> Caller:
        """Whoever it is, where they are."""
        hand, place = self.hand, self.other if self.hand.place == "home" else self.town
        account = (self.other if hand.theirs else self.town).who(hand.who)
        caller = replace(place.at("", f"{place.word}-general"), account=account)
        if hand.said == OTHER_KEYS:
            return replace(caller, proof="other keys", proves=True)
        space, room = {
            "work": (place.works, caller.room),
            "nowhere": ("nowhere-at-all", "a-room"),
            "alone": ("", ""),
            "named": ("", ""),
        }.get(hand.place, (caller.space, caller.room))
        return replace(caller, space=space, room=room)

    async def come(self) -> None:
        """Alone with the bot some have named the town."""
        if self.hand.place == "named":
            given = {"code": self.town.code}
            await self.world.bot.door.submit("community", self.at, "about", given)

    def forged(self, one: Try) -> Iterator[tuple[str, str]]:
        """What must be refused: about which thing, and by which sentence. A thing of the town's, if
        it is not theirs, one of its kind that never was, and one of the other town's."""
        about, hand = one.act.about, self.hand
        if one.refusal and one.refusal != ANOTHER_RULE:
            yield self.thing(about), one.refusal
        if about:
            yield never(about, self.thing(about)), one.gone
        led = about in LEADS and hand.place in ("alone", "named")
        enough = one.lacking and SCALE < 1  # nothing of it is looked at
        if about and not enough and hand.roles and hand.place != "home" and not led:
            yield self.other.things.get(about, ""), one.gone

    async def do(self, one: Try, thing: str | None = None, way: str = "") -> Reply:
        """It, about ``thing``, of the town unless told; ``way``: the usual one unless told."""
        door, act, name = self.world.bot.door, one.act, one.row.name
        thing = self.thing(act.about) if thing is None else thing
        subject = act.subject if act.subject or act.about in IN_FIELD else thing
        way = way or (CONFIRMED if self.command(name).sure else PRESSED)
        if isinstance(act, Send):
            return await door.submit(name, self.at, subject, self._answers(one, thing))
        if way == CONFIRMED:
            return await door.begin("confirm", self.at, Button(name, subject).id)
        if way == PRESSED:
            return await door.begin(name, self.at, subject)
        typed, word = self._word(name)
        if not subject:
            return await door.begin(typed, self.at, words=word)
        return await door.begin(word, self.at, f"{typed}.{subject}")

    def ways(self, one: Try) -> list[str]:
        """All by which it can be tried: pressed, or confirmed at once, or by a word behind a typed
        command. Of who is alone with the bot nobody asks where they are a member for what no button
        confirms: of a poll, that is told before the rest."""
        if isinstance(one.act, Send):
            return [PRESSED]
        unseen = self.hand.place == "alone" and one.act.about == "open poll"
        found = [PRESSED] if unseen else [PRESSED, CONFIRMED]
        return [*found, WORDED] if self._word(one.row.name) != NO_WORD else found

    def _word(self, name: str) -> tuple[str, str]:
        """Behind which typed command which word means it."""
        commands = self.world.bot.door.commands
        found = (
            (one.name, word) for one in commands for word, it in one.words.items() if it == name
        )
        return next(found, NO_WORD)

    def thing(self, about: str) -> str:
        """What a button about such a thing of the town's carries."""
        return self.town.things.get(self.hand.case if about == "case" else about, "")

    def asks_again(self, one: Try) -> bool:
        """Whether it is asked once more, whatever it is about."""
        sure = isinstance(one.act, Press) and self.command(one.row.name).sure
        return bool(sure and self.hand.roles and not one.lacking)

    def command(self, name: str) -> Command:
        return next(each for each in self.world.bot.door.commands if each.name == name)

    def _answers(self, one: Try, thing: str) -> dict[str, Any]:
        command = self.command(one.row.name)
        answers = filled(command.outside if one.outside and command.outside else command)
        things = (self.other if self.hand.place == "home" else self.town).things
        for field, value in FILLED.get(one.row.name, {}).items():
            many = isinstance(value, list)
            said = [each.format_map(things) for each in ([value] if not many else value)]  # type: ignore[union-attr, list-item]  # as many says
            answers[field] = said if many else said[0]
        return answers | ({IN_FIELD[one.act.about]: thing} if one.act.about in IN_FIELD else {})


def never(thing: str, value: str) -> str:
    """The like of it that never was."""
    if thing == "receipt":
        return receipts.drawn(b"\x07" * receipts.RANDOM_BYTES)
    return f"{'0' * 32}/rep" if thing == "held role" else value[::-1]


def said(reply: Reply) -> str:
    """What a reply is: the sentence that refuses, the form that is asked, or the card's title."""
    if reply.form is not None:
        wrong = [line.key for line in reply.form.errors.values()]
        return "+".join(wrong) if wrong else f"?{reply.form.name}"
    if not reply.cards:
        return "nothing"
    card = reply.cards[0]
    return card.lines[0].key if card.title.key == "refused.title" else card.title.key


def seen(reply: Reply, thing: str) -> str:
    """All that was shown, but for the name of what was asked about."""
    return shown(reply).replace(thing, "it") if thing else shown(reply)
