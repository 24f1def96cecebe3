"""Authorisation: every command, button and form does its work for whom it is for, and for nobody else.

Shows: by each hand of the table (members, reps with and without a part in the case, organisers,
moderators, in the town, at work, alone with the bot; of another town, here and at home; strangers)
and for each row: whoever may is shown what the row says and exactly its tables change; everybody else
reads the sentence that the table names, no row of either database changes and nothing is said to
anyone. What never was, what is another town's and what is not theirs are told the same, word by word.
Does not show: what platforms are believed of who acts (``test_forged_payloads.py``); how long it takes.
Controls: with each role's check left out every row of staff turns red; so do those of a case's
readers, of an offer's account, of another's days away, of the second moderator, of work, of another
hand, of a poll and of a draft; an act that does nothing is noticed, and a command without a row.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.chat import Caller, Command, Draft, Here, Reply, long_text
from bot.domain.communities import CommunityId, Role
from bot.domain.communities.duty import Desk, Edit
from bot.domain.polls import Poll, PollId
from bot.services.cases import desk
from bot.services.cases.desk import Cases
from bot.services.communities import changing
from bot.services.communities.roles import OFFER, Roles
from bot.services.privacy.drafts import Drafts, Facts
from storage.polls.shelf import SqlPolls
from tests.fakes.world import KeptLog
from tests.proofs.acting import CONFIRMED, Try, Trying, changed, kept, said, seen, tries
from tests.proofs.authorisation import (
    EVERYBODY,
    GONE,
    HANDS,
    IN_FIELD,
    OTHER_KEYS,
    REPS,
    ROWS,
    Act,
    Hand,
    Press,
    Row,
    Send,
)
from tests.proofs.scale import SCALE
from tests.proofs.towns import Frozen, thawed
from tests.proofs.townspeople import OURS, THEIRS, Stage, staged

pytestmark = pytest.mark.xdist_group("authorisation")

by_every_hand = pytest.mark.parametrize("hand", HANDS, ids=lambda hand: hand.said)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Frozen:
    return asyncio.run(staged(tmp_path_factory.mktemp("stage") / "both"))


def of(both: Frozen) -> tuple[Stage, Stage]:
    """The one whose things are tried, and the other."""
    ours, theirs = both.towns[OURS], both.towns[THEIRS]
    assert isinstance(ours, Stage)
    assert isinstance(theirs, Stage)
    return ours, theirs


# Whoever may --------------------------------------------------------------------------------------


async def misdone(both: Frozen, root: Path, one: Try) -> list[str]:
    """Where an act that is somebody's does not do just what its row says. In a world of its own."""
    async with thawed(both, root) as world:
        trying = Trying(world, *of(both), one.hand)
        await trying.come()
        before = kept(root)
        told = said(await trying.do(one))
        after, other = kept(root), trying.other.id
        found = changed(before, after)
    must, may = set(one.act.keeps.split()), set(one.act.may.split())
    theirs = [row for name in found for row in set(before[name]) ^ set(after[name]) if other in row]
    assert not theirs, one.said
    right = told in one.shows.split() and must <= found <= must | may
    return [] if right else [f"{one.said}: {told}, {sorted(found)}"]


def able() -> Iterator[Try]:
    """Each act that changes anything, by the first hand that may; by the others a part of them."""
    tried, turn = set[Act](), 0
    for row in ROWS:
        for hand in HANDS:
            for one in tries(hand, row):
                if one.refusal or one.act.only_shows:
                    continue
                turn += 1
                if one.act not in tried or turn % round(3 / SCALE) == 0 or SCALE >= 1:
                    yield one
                tried.add(one.act)


async def test_whoever_may_does_just_what_the_row_says(both: Frozen, tmp_path: Path) -> None:
    wrong: list[str] = []
    for n, one in enumerate(able()):
        wrong += [f"{one.hand.said}: {it}" for it in await misdone(both, tmp_path / str(n), one)]
    assert not wrong, "\n".join(wrong)


# Everybody else -----------------------------------------------------------------------------------


async def misheard(trying: Trying, rows: Collection[Row]) -> list[str]:
    """Where what only shows is not shown to whoever may see it, or where somebody is not refused as
    the table says."""
    wrong = []
    for row in rows:
        for one in tries(trying.hand, row):
            if not one.refusal and one.act.only_shows:
                told = said(await trying.do(one))
                wrong += [] if told in one.shows.split() else [f"{one.said}: {told}"]
            wrong += await _refused(trying, one)
    return wrong


async def _refused(trying: Trying, one: Try) -> list[str]:
    wrong, told = [], dict[tuple[str, str], str]()
    for n, (thing, refusal) in enumerate(trying.forged(one)):
        again = trying.asks_again(one)
        for way in trying.ways(one)[: 1 if n and SCALE < 1 and not again else None]:
            reply = await trying.do(one, thing, way)
            want = "confirm.title" if again and way != CONFIRMED else refusal
            if said(reply) != want:
                wrong.append(f"{one.said}, {thing}, {way}: {said(reply)}, not {want}")
            if told.setdefault((want, way), seen(reply, thing)) != seen(reply, thing):
                wrong.append(f"{one.said}, {thing}, {way}: told in other words")
    return wrong


#: Who tries everything, however small the scale; the others what somebody may have no part in, and of
#: the rest a part.
WHOLE = {
    "a rep",
    "an organiser",
    "a moderator",
    "a worker",
    "the other town's moderator, come here",
}


def tried_by(hand: Hand) -> list[Row]:
    number = HANDS.index(hand)
    return [
        row
        for n, row in enumerate(ROWS)
        if SCALE >= 1
        or hand.said in WHOLE
        or any(act.personal for act in row.acts)
        or (n + number) % 3 == 0
    ]


@by_every_hand
async def test_everybody_else_is_refused(hand: Hand, both: Frozen, tmp_path: Path) -> None:
    root = tmp_path / "world"
    async with thawed(both, root) as world:
        trying = Trying(world, *of(both), hand)
        await trying.come()
        before = kept(root)
        wrong = await misheard(trying, tried_by(hand))
        assert world.post.said == []
        assert not wrong, "\n".join(wrong)
        assert changed(before, kept(root)) == set()


@pytest.mark.parametrize("broken", ["\0", "\ud800", "\x1b[2J"], ids=repr)
async def test_what_no_id_can_have_in_it_is_as_one_that_never_was(
    broken: str, both: Frozen, tmp_path: Path
) -> None:
    """Such a name is no bug of ours: nobody writes into the log by it, or breaks a database's driver."""
    root, wrong, seen_ = tmp_path / "world", list[str](), set[Act]()
    async with thawed(both, root) as world:
        before = kept(root)
        for hand in HANDS[:4]:
            trying = Trying(world, *of(both), hand)
            for one in (one for row in ROWS for one in tries(hand, row)):
                if (
                    not one.act.about
                    or one.act.about in IN_FIELD
                    or one.lacking
                    or one.act in seen_
                ):
                    continue
                seen_.add(one.act)
                for way in trying.ways(one)[:2]:
                    told = said(await trying.do(one, broken + trying.thing(one.act.about), way))
                    wrong += [] if told in (one.gone, "confirm.title") else [f"{one.said}: {told}"]
        assert isinstance(world.log, KeptLog)
        assert world.log.lines == []
        assert changed(before, kept(root)) == set()
    assert not wrong, "\n".join(wrong)


async def test_only_what_is_typed_can_be_typed(both: Frozen, tmp_path: Path) -> None:
    """Whoever types the name of a button is told that there is no such command, whatever follows."""
    root, wrong = tmp_path / "world", list[str]()
    async with thawed(both, root) as world:
        trying, before = Trying(world, *of(both), HANDS[0]), kept(root)
        for command in world.bot.door.commands:
            if not command.typed:
                reply = await world.bot.door.begin(command.name, trying.at, words="")
                wrong += [] if said(reply) == "refused.unknown_command" else [command.name]
        assert changed(before, kept(root)) == set()
    assert wrong == []


@pytest.mark.parametrize("thing", ["case", "visit"])
async def test_the_panel_of_what_is_stored_shows_a_case_to_those_whose_it_is(
    thing: str, both: Frozen, tmp_path: Path
) -> None:
    async with thawed(both, tmp_path / "world") as world:
        for hand in HANDS:
            trying = Trying(world, *of(both), hand)
            stranger = hand.place == "home" or (hand.theirs and not hand.roles)
            holds = thing in hand.has or (thing == "visit" and not stranger)
            shown = await world.bot.stored(trying.at, trying.thing(thing))
            assert bool(shown) == holds, hand.said


# Before the community is open ---------------------------------------------------------------------

NOT_OPEN = "UPDATE communities SET settings = json_set(settings, '$.opened', NULL)"


async def test_before_it_is_open_only_what_sets_it_up_works(both: Frozen, tmp_path: Path) -> None:
    root, wrong = tmp_path / "world", list[str]()
    async with thawed(both, root):
        pass
    with closing(sqlite3.connect(root / "data/groundswell.db")) as database, database:
        database.execute(NOT_OPEN)
    async with thawed(replace(both, root=root), tmp_path / "early") as world:
        for hand in HANDS[:4]:
            trying = Trying(world, *of(both), hand)
            for one in (one for row in ROWS for one in tries(hand, row) if not one.lacking):
                early = said(await trying.do(one)) != "refused.not_open_yet"
                wrong += [] if early == one.row.early else [f"{hand.said}: {one.said}"]
    assert not wrong, "\n".join(wrong)


# A row for everything -----------------------------------------------------------------------------


def misfits(commands: Collection[Command], rows: Collection[Row] = ROWS) -> list[str]:
    """What can be typed, pressed or sent and has no row, and what has a row and cannot be."""
    ways = {
        (one.name, way)
        for command in commands
        for one in (command, command.outside)
        if one is not None
        for way, able in ((Press, one.opens or one.form or one.asks), (Send, one.run))
        if able
    }
    rowed = {(row.name, type(act)) for row in rows for act in (*row.acts, *row.outside)}
    parted = {one.name for one in commands if one.outside} ^ {
        one.name for one in rows if one.outside
    }
    unnamed = {one.name for one in commands} ^ {one.name for one in rows}
    return sorted([f"{name} {way.__name__}" for name, way in ways ^ rowed] + [*(unnamed | parted)])


async def test_every_command_button_and_form_has_a_row(both: Frozen, tmp_path: Path) -> None:
    async with thawed(both, tmp_path / "world") as world:
        commands = world.bot.door.commands
    assert misfits(commands) == []
    assert len({row.name for row in ROWS}) == len(ROWS)
    words = {word: name for one in commands for word, name in one.words.items()}
    buttons = set(of(both)[0].seen)  # all that anybody was shown while the town came to be
    assert buttons | set(words.values()) <= {row.name for row in ROWS} | set(words)


def test_every_thing_is_there_and_has_its_sentence(both: Frozen) -> None:
    about = {act.about for row in ROWS for act in (*row.acts, *row.outside)} - {""}
    assert about == set(GONE)
    for town in of(both):
        assert about <= set(town.things)


def test_a_command_without_a_row_and_a_row_without_a_command_are_noticed() -> None:
    @dataclass(frozen=True)
    class NewForm:
        words: str = long_text()

    async def run(*_: Any) -> Reply:
        return Reply()

    def there(*rows: Row) -> list[Command]:
        return [
            Command(
                row.name,
                opens=run if any(isinstance(act, Press) for act in row.acts) else None,
                run=run if any(isinstance(act, Send) for act in row.acts) else None,
            )
            for row in rows
        ]

    known = [row for row in ROWS if not row.outside]
    assert misfits(there(*known), known) == []
    pressed, sent = Command("new_button", opens=run), Command("new_form", form=NewForm, run=run)
    assert misfits([*there(*known), pressed, sent], known) == [
        *("new_button", "new_button Press", "new_form", "new_form Press", "new_form Send")
    ]
    assert misfits(there(*known[1:]), known) == ["grievance", "grievance Press", "grievance Send"]
    formless = [replace(one, run=None) if one.name == "reply" else one for one in there(*known)]
    assert misfits(formless, known) == ["reply Send"]


# Controls: a check is left out --------------------------------------------------------------------

HAND = {hand.said: hand for hand in HANDS}
STAFFS = {row.name for row in ROWS if not row.who & EVERYBODY}
#: Who these are for is asked a second time, in the service, with the same sentence.
ASKED_TWICE = {
    *("approve", "withdraw_change", "room", "setup_test", "unbind"),
    *("digest_pause", "digest_resume"),
}
OF_A_CASE = {row.name for row in ROWS for act in row.acts if act.about == "case"}


def no_roles(patch: pytest.MonkeyPatch, trying: Trying) -> None:
    for name, command in trying.world.bot.door._commands.items():
        patch.setitem(
            trying.world.bot.door._commands, name, replace(command, roles=frozenset(Role))
        )


def no_work(patch: pytest.MonkeyPatch, trying: Trying) -> None:
    for name, command in trying.world.bot.door._commands.items():
        patch.setitem(trying.world.bot.door._commands, name, replace(command, anywhere=True))


def no_readers(patch: pytest.MonkeyPatch, trying: Trying) -> None:
    patch.setattr(desk, "is_for", lambda *_: True)


def no_hand(patch: pytest.MonkeyPatch, trying: Trying) -> None:
    patch.setattr(Caller, "is_hand_of", lambda *_: True)


def no_second(patch: pytest.MonkeyPatch, trying: Trying) -> None:
    patch.setattr(changing, "may_second", lambda *_: True)


def no_addressee(patch: pytest.MonkeyPatch, trying: Trying) -> None:
    async def opened(self: Roles, here: Here, token: str) -> Facts:
        return await self._drafts.open(OFFER, here.community.id, token)

    patch.setattr(Roles, "_open", opened)


def no_owner(patch: pytest.MonkeyPatch, trying: Trying) -> None:
    patch.setattr(Desk, "back", lambda self, away: Edit(frozenset({away})))


def no_community(patch: pytest.MonkeyPatch, trying: Trying) -> None:
    """Of polls and drafts."""
    ours, get, look = CommunityId(trying.other.id), SqlPolls.get, Drafts.look

    async def any_poll(self: SqlPolls, id: PollId) -> Poll | None:
        return (found := await get(self, id)) and replace(found, community=ours)

    async def any_draft(self: Drafts, token: str) -> Draft | None:
        return (found := await look(self, token)) and replace(found, community=ours)

    patch.setattr(SqlPolls, "get", any_poll)
    patch.setattr(Drafts, "look", any_draft)


Worse = Callable[[pytest.MonkeyPatch, Trying], None]
#: What is left out, by whom that is tried, and the rows that must turn red.
CONTROLS: tuple[tuple[Worse, tuple[str, ...], set[str]], ...] = (
    (no_roles, ("a worker", "an organiser", "a moderator"), STAFFS - ASKED_TWICE),
    (no_work, ("a rep, at work",), {r.name for r in ROWS if REPS & r.who and not r.at_work}),
    (no_readers, ("a rep who was left out", "a rep since after the filing"), OF_A_CASE),
    (no_hand, (OTHER_KEYS,), {r.name for r in ROWS if REPS & r.who}),
    (no_second, ("the moderator who asked", "a moderator since this week"), {"approve"}),
    (no_addressee, ("a worker",), {"accept", "decline"}),
    (no_owner, ("another rep",), {"on"}),
    (no_community, ("the other town's organiser, at home",), {"results", "comments", "open_poll"}),
)


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control[0].__name__)
async def test_where_a_check_is_left_out_its_rows_turn_red(
    control: tuple[Worse, tuple[str, ...], set[str]], both: Frozen, tmp_path: Path
) -> None:
    worse, hands, rows = control
    red = set[str]()
    for hand in hands:
        async with thawed(both, tmp_path / hand) as world:
            trying = Trying(world, *of(both), HAND[hand])
            with pytest.MonkeyPatch.context() as patch:
                worse(patch, trying)
                found = await misheard(trying, [row for row in ROWS if row.name in rows])
        red |= {one.split()[0] for one in found}
    assert red == rows


async def test_an_act_that_does_nothing_is_noticed(
    both: Frozen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = [row for row in ROWS if row.name == "acknowledge"]
    (one,) = tries(HAND["a rep"], row)
    assert await misdone(both, tmp_path / "as it is", one) == []
    monkeypatch.setattr(Cases, "acknowledge", Cases.look)
    assert await misdone(both, tmp_path / "idle", one) != []
