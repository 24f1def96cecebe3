"""The employer's space: whoever reads all that comes there reads no word of a case.

Shows: of a whole life of cases, in which everybody types and presses at work all that they do (staff
at home, too), no word, no comment, no case number comes to the employer's place in any encoding: no
post, no reply; but to a reporter what they typed themselves, and what their receipt opens. Staff are
refused there, and no notice goes to an account or a room of theirs at work.
Does not show: what the platform itself keeps of what is typed there, which the label tells.
Control: with the same place neutral the words are found; so are notices, where trust is not asked
for before a room or an account is told, and words, where the door does not ask for it.
"""

import json
from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from adapters.sandbox import render
from bot import letters
from bot.chat import Answers, Caller, Card, Form, Here, Reply, Voice
from bot.dispatch import Door
from bot.domain.communities import Account, Community, Role, RoomKind, Space, Trust
from bot.services import notices
from bot.services.digests import sending
from bot.texts import Speaker
from tests.fakes.acts import REPS, STAFF, Acts, shown
from tests.fakes.lives import ELSEWHERE, NEWCOMER, ORGANISER, WORDS, asked_life, whole_life
from tests.fakes.world import KeptPost, World, caller, folders, new_world
from tests.proofs.scale import SCALE
from tests.proofs.traces import forms

WORK, PLATFORM = "T-at-work", "slack"
ROOMS = {RoomKind.BULLETIN: "C-all", RoomKind.STAFF: "C-reps", RoomKind.ORGANISERS: "C-org"}
VOTERS = tuple(f"voter-{n}" for n in range(10))  #: at home they may comment
ON_BOTH_SIDES = frozenset({*STAFF, *VOTERS, ELSEWHERE, NEWCOMER})
MODERATOR = "oskar-brandt"
TYPED = ("story", "text", "comment", "note", "outcome")  #: where people's own words go
ENGLISH = Speaker(Voice(), "/")
WORKERS = tuple(f"worker-{n}" for n in range(8))
#: What a reporter may be shown there, of their own and of what their receipt opens.
OWN_FORMS = ("grievance", "message", "pulse")
OWN_CARDS = ("preview.title", "view.title", "held_back.title", "export.title")
#: What staff say in a case to its reporter.
TO_THE_REPORTER = ("ask", "reply", "outcome", "consent")
#: Done at home alone: it works at work, too, and would not work twice.
ONCE = ("unbind", "link")


def mark(who: str) -> str:
    """A word that this person puts behind all that they type."""
    return "Marke" + "".join(chr(ord("a") + ord(one) % 26) for one in who)


def _marked(id: str, answer: str | list[str], who: str) -> str | list[str]:
    planted = id in TYPED and isinstance(answer, str) and answer.startswith(tuple(ALL.values()))
    return f"{answer} {mark(who)}" if planted else answer


def at_work(caller: Caller) -> Caller:
    return replace(caller, platform=PLATFORM, space=WORK, room=ROOMS[RoomKind.BULLETIN])


@dataclass
class BothPlaces:
    """The door, at which everybody knocks at work: workers there alone, staff there first.

    ``heard``: all that was answered at work, to whom and about what; ``refused``: what each command
    of staff came to there; ``numbers``: of cases, as staff read them at home.
    """

    door: Door
    heard: list[tuple[str, str, Reply]] = field(default_factory=list)
    refused: list[tuple[str, list[str]]] = field(default_factory=list)
    numbers: set[str] = field(default_factory=set)
    known: dict[str, set[str]] = field(default_factory=dict)

    async def begin(
        self, name: str, caller: Caller, subject: str = "", *, words: str | None = None
    ) -> Reply:
        self.known.setdefault(name, set()).add(subject)
        there = None
        if name not in ONCE:
            there = await self.door.begin(name, at_work(caller), subject, words=words)
            self.hear(name, caller.account, subject, there)
        if there is not None and caller.account not in ON_BOTH_SIDES:
            return there
        return self._at_home(await self.door.begin(name, caller, subject, words=words))

    async def submit(self, name: str, caller: Caller, subject: str, answers: Answers) -> Reply:
        who = caller.account
        marked = {id: _marked(id, one, who) for id, one in answers.items()}
        there = None
        if name not in ONCE:
            there = await self.door.submit(name, at_work(caller), subject, marked)
            self.hear(name, who, subject, there)
        if there is not None and who not in ON_BOTH_SIDES:
            return there
        return self._at_home(await self.door.submit(name, caller, subject, marked))

    def hear(self, name: str, who: str, subject: str, reply: Reply) -> None:
        self.heard.append((who, subject, reply))
        command = next((one for one in self.door.commands if one.name == name), None)
        if command and command.for_staff and not command.anywhere and who in STAFF:
            self.refused.append((name, [line.key for c in reply.cards for line in c.lines]))

    def _at_home(self, reply: Reply) -> Reply:
        """Case numbers are what staff's buttons are about."""
        self.numbers |= {b.subject for c in reply.cards for b in c.buttons if b.name == "open"}
        return reply

    def __getattr__(self, name: str) -> Any:
        return getattr(self.door, name)


def joined(trust: Trust, seeded: Community) -> Community:
    """The seeded community with one more space, in which all staff have an account, too."""
    space = Space("e" * 32, PLATFORM, WORK, "Works", trust, ROOMS)
    staff = tuple(
        replace(one, accounts=(*one.accounts, Account(PLATFORM, one.accounts[0].address, WORK)))
        for one in seeded.staff
    )
    return replace(seeded, spaces=(*seeded.spaces, space), staff=staff)


@dataclass
class WorkPost(KeptPost):
    """Keeps what goes to work, with where it went."""

    went: list[tuple[str, Card]] = field(default_factory=list)

    async def to_person(self, address: str, card: Card, community: Community, id: str) -> None:
        self.went.append((address, card))

    async def to_room(
        self, space: str, room: str, card: Card, community: Community, id: str
    ) -> None:
        assert space == WORK
        self.went.append((room, card))


@dataclass
class Place:
    """What somebody who reads along at work has after a life."""

    door: BothPlaces
    post: WorkPost
    world: World


@asynccontextmanager
async def place(root: Path, trust: Trust = Trust.EMPLOYER_OWNED) -> Any:
    post = WorkPost()
    many = {PLATFORM: post}
    change = partial(joined, trust)
    async with new_world(folders(root), change=change, posts=many, mails=True) as world:
        post.clock = world.clock
        door = BothPlaces(world.bot.door)
        world.bot = replace(world.bot, door=door)
        yield Place(door, post, world)


# What is looked for, and where it is allowed -------------------------------------------------------


def stem(words: str) -> str:
    """The word of a planted sentence that stands nowhere else."""
    return "".join(one if one.isalnum() else " " for one in words).split()[0]


ALL = {name: stem(words) for name, words in WORDS.items() if name not in ("declined",)}


def encoded(word: str) -> set[bytes]:
    """A word as it may lie in a body: plain, escaped, in base64 and more."""
    found = {one for name, one in forms(word).items() if " of " not in name}
    return found | {json.dumps(word)[1:-1].encode(), word.encode("utf-16").hex().encode()}


def body(part: Card | Form) -> bytes:
    """As the sandbox's page gets it, in both ways of writing JSON."""
    told = (
        render.card(ENGLISH, part, whisper=True)
        if isinstance(part, Card)
        else [render.form(ENGLISH, part), render.errors(ENGLISH, part)]
    )
    return f"{json.dumps(told, ensure_ascii=False)}\n{json.dumps(told)}".encode()


def told_at_work(there: Place) -> Iterator[tuple[str, bytes, bool]]:
    """Every body that went to work: for whom ("" for everybody), without what they pressed a button
    about, and whether it is a reporter's own form, preview or view."""
    for _, card in there.post.went:
        yield "", body(card), False
    for who, subject, reply in there.door.heard:
        worker, sent = who not in ON_BOTH_SIDES, subject.encode() or b"\0"
        for card in reply.cards:
            yield who, body(card).replace(sent, b""), worker and card.title.key in OWN_CARDS
        if reply.form is not None:
            own = worker and reply.form.name in OWN_FORMS
            yield who, body(reply.form).replace(sent, b""), own


def found_at_work(there: Place) -> list[str]:
    """Every word that somebody may read there who may not."""
    everybody = {*there.door.numbers, *(mark(one) for one in (*WORKERS, *ON_BOTH_SIDES))}
    wanted = {word: encoded(word) for word in {*ALL.values(), *everybody}}
    theirs = {ALL[one] for one in TO_THE_REPORTER} | {mark(one) for one in ON_BOTH_SIDES}
    typed = {ALL[one] for one in ("story", "message", "held", "late", "again", "comment", "wrong")}
    found = set()
    for who, words, own in told_at_work(there):
        allowed = {mark(who), *theirs, *typed} if own else set()
        for word, ways in wanted.items():
            if word not in allowed and any(one in words for one in ways):
                found.add(f"{word} for {who or 'everybody'}: {words[:60].decode()}")
    return sorted(found)


# The proof ------------------------------------------------------------------------------------------


async def test_no_word_of_a_case_comes_to_the_employers_place(tmp_path: Path) -> None:
    async with place(tmp_path) as there:
        acts = Acts(there.world)
        await whole_life(acts, WORKERS)
        await comments(acts)
        if SCALE >= 1:
            await asked_life(acts, VOTERS)
        await everything_pressed(there)
    assert len(there.door.numbers) > 7
    assert len(there.door.heard) > 500
    assert found_at_work(there) == []
    assert {room for room, _ in there.post.went} == {"C-all"}
    assert len({name for name, _ in there.door.refused}) > 30
    assert {said[-1] for _, said in there.door.refused} == {
        "refused.not_here",
        "refused.not_allowed",  # another role's
    }


async def everything_pressed(there: Place) -> None:
    """Every command and button, about what was seen last and about a case: by everybody, or at a
    small scale by whoever may and by a worker."""
    case, door, known = max(there.door.numbers), there.door, there.door.known
    everybody = {Role.REP: REPS[0], Role.ORGANISER: ORGANISER, Role.MODERATOR: MODERATOR}
    everybody |= {Role.WORKER: WORKERS[0]}
    for command in door.commands:
        role = next(one for one in everybody if one in command.roles)
        people_ = everybody.values() if SCALE >= 1 else {everybody[role], WORKERS[0]}
        for who, subject in product(people_, {case, *sorted(known.get(command.name, ()))[-1:]}):
            if command.name not in ONCE:
                there_ = at_work(caller(who))
                reply = await door.door.begin(command.name, there_, subject)
                door.hear(command.name, who, subject, reply)
                if command.run is not None:
                    answered = await door.door.submit(command.name, there_, subject, {})
                    door.hear(command.name, who, subject, answered)


async def one_case(acts: Acts) -> None:
    """From its filing to its outcome."""
    world, ines = acts.world, REPS[0]
    receipt = await acts.file(WORKERS[0], story=WORDS["story"])
    await world.slot()
    desk = await acts.desk_of(ines, stem(WORDS["story"]))
    await acts.press(ines, desk, "acknowledge")
    await acts.fill(ines, await acts.press(ines, desk, "note"), text=WORDS["note"])
    await acts.fill(ines, await acts.press(ines, desk, "reply"), text=WORDS["reply"])
    await world.slot()
    await acts.write(WORKERS[0], await acts.visit(WORKERS[0], receipt), WORDS["message"])
    await world.slot()
    await acts.fill(ines, await acts.press(ines, desk, "resolve"), outcome=WORDS["outcome"])


async def comments(acts: Acts) -> None:
    """A poll with comments, until they are read."""
    form = await acts.say(ORGANISER, "poll", "new")
    asked = {"question": "How are the evenings?", "kind": "yes_no", "options": "", "days": "1"}
    preview = await acts.fill(ORGANISER, form, **asked, comment="yes")
    await acts.press(ORGANISER, preview, "confirm")
    for who in VOTERS:
        await acts.fill(who, await acts.say(who, "pulse"), q1="no", comment=WORDS["comment"])
    await acts.world.live(days=1, hours=1)
    results = await acts.press(ORGANISER, await acts.say(ORGANISER, "poll", "results"), "results")
    read = await acts.press(ORGANISER, results, "comments")
    assert ALL["comment"] in shown(read)


# The control ------------------------------------------------------------------------------------


async def test_the_same_life_where_trust_is_neutral_is_read(tmp_path: Path) -> None:
    async with place(tmp_path, Trust.NEUTRAL) as there:
        await one_case(Acts(there.world))
        await comments(Acts(there.world))
    found = " ".join(found_at_work(there))
    for name in ("story", "message", "reply", "note", "comment"):
        assert ALL[name] in found
    assert {room for room, _ in there.post.went} > {"C-all", "C-reps", "C-org"}


async def test_who_does_not_ask_for_trust_before_they_tell_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (notices, sending, letters):
        monkeypatch.setattr(module, "may_be_told", lambda space, room: room in space.rooms)
    monkeypatch.setattr(Community, "told_at", lambda self, person: person.accounts)
    async with place(tmp_path) as there:
        await one_case(Acts(there.world))
        await there.world.live(days=3)
    went = {room for room, _ in there.post.went}
    assert went >= {"C-reps", "C-org"}, "rooms"
    assert went & set(STAFF), "accounts"


async def test_a_door_that_does_not_ask_for_trust_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Here, "employer_owned", property(lambda self: False))
    async with place(tmp_path) as there:
        await one_case(Acts(there.world))
    assert ALL["note"] in " ".join(found_at_work(there))
