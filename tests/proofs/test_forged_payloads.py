"""Forged payloads: who acts, and where, is taken from the parts a platform fills in, and from no other.

Shows: of everything that Slack and Discord bring (commands, shortcuts, buttons and forms, in rooms, in
modals, alone), each part is forged once, and put wherever it is not: the account, the place, since when
somebody is there and what they manage follow from the parts in the tables below alone, none of which a
hand can write; what it can (texts, ids of buttons and forms, answers) decides nothing about who it is.
On Matrix nothing is carried: whatever looks like a button's id is words. In the sandbox nobody presses
or sends what is not before them.
Does not show: that Slack's signature, Discord's own connection and Matrix's keys hold: that is tried in
``tests/platforms`` over servers (``test_slack_bad_input.py``, ``test_matrix_attacks.py``).
Controls: every part in a table does decide; a reader that believes a form's answers is noticed.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.incoming import come
from adapters.sandbox import town as sandbox
from adapters.sandbox.acts import Acts as SandboxActs
from adapters.slack.carried import Carried, Kind
from adapters.slack.incoming import acted, typed
from bot.chat import Caller
from tests.fakes.acts import Acts, button
from tests.fakes.discord.interactions import COMMAND, COMPONENT, SUBMIT, Interaction
from tests.fakes.discord.messages import Message, made
from tests.fakes.discord.town import Town as DiscordTown
from tests.fakes.lines import Room, talks_in
from tests.fakes.slack import payloads
from tests.fakes.slack.town import Town as SlackTown
from tests.fakes.world import World, folders, new_world
from tests.proofs.acting import changed, kept

Json = dict[str, Any]
Reads = Callable[[Json], Caller | None]
Steps = tuple[str | int, ...]

#: What is put in each part's place: another's account, another place, a role, what is no text, a list.
REP, ELSEWHERE = "U0REP", "T0ELSEWHERE"
META = Carried(Kind.FORM, "C0ELSEWHERE", ELSEWHERE).told()
FORGED = (
    REP,
    ELSEWHERE,
    "2020-01-01T00:00:00+00:00",
    "8",
    META,
    {"id": REP},
    [REP],
    True,
    11,
    None,
)
#: What is put beside what is there, wherever there is room.
GRAFTED = {
    **dict.fromkeys(("user_id", "account", "sender", "author", "username"), REP),
    **dict.fromkeys(("team_id", "guild_id", "space", "enterprise_id", "channel_id"), ELSEWHERE),
    **{"user": {"id": REP}, "member": {"user": {"id": REP}, "permissions": "8"}},
    **{"team": {"id": ELSEWHERE}, "enterprise": {"id": ELSEWHERE}, "channel": {"id": ELSEWHERE}},
    **{"roles": ["rep"], "role": "rep", "proof": "keys", "manages": True, "permissions": "8"},
    **{"joined_at": "2020-01-01T00:00:00+00:00", "private_metadata": META, "is_admin": True},
}


@dataclass(frozen=True)
class Brought:
    """A payload, how it is read, and its parts that decide: a path, and what of the caller it may
    change. ``none``: parts without which it is nothing that could be answered."""

    said: str
    payload: Json
    reads: Reads
    decides: dict[str, set[str]]


def who(caller: Caller | None) -> dict[str, Any]:
    """All of somebody that anything is decided by."""
    if caller is None:
        return {}
    names = ("account", "space", "room", "member_since", "manages", "proof", "proves", "via")
    return {name: getattr(caller, name) for name in names}


def parts(value: Any, at: Steps = ()) -> Iterator[Steps]:
    """Every part of a payload, great and small."""
    if at:
        yield at
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from parts(inner, (*at, key))


def put(payload: Json, at: Steps, forged: Any) -> Json:
    made = deepcopy(payload)
    where: Any = made
    for step in at[:-1]:
        where = where[step]
    where[at[-1]] = forged
    return made


def path(at: Steps) -> str:
    return ".".join("*" if isinstance(step, int) else step for step in at)


def forgeries(payload: Json) -> Iterator[tuple[Steps, Json]]:
    """Each part forged, and each thing grafted into every part that has parts, once."""
    for at in [(), *parts(payload)]:
        if at:
            yield from ((at, put(payload, at, forged)) for forged in FORGED)
        inside: Any = payload
        for step in at:
            inside = inside[step]
        if isinstance(inside, dict):
            for name, forged in GRAFTED.items():
                if name not in inside:
                    yield (*at, name), put(payload, (*at, name), forged)


def swayed(one: Brought) -> dict[str, set[str]]:
    """By which parts who acts is another than it was, and in what."""
    before, found = who(one.reads(one.payload)), dict[str, set[str]]()
    assert before["account"], one.said
    for at, forged in forgeries(one.payload):
        after = who(one.reads(forged))
        other = {name for name in before if after and after[name] != before[name]}
        if other:
            found.setdefault(path(at), set()).update(other)
    return found


# Slack --------------------------------------------------------------------------------------------

#: Slack fills these in, of whoever is logged in. ``private_metadata`` is ours: Slack keeps it with a
#: view, which only our token can make, and it names a place and a room, and nobody.
_USER = {"user": {"account"}, "user.id": {"account"}}
SLACK_TYPED = {"user_id": {"account"}, "team_id": {"space"}, "channel_id": {"room"}}
SLACK_MESSAGE = _USER | {"user.team_id": {"space"}, "channel": {"room"}, "channel.id": {"room"}}
SLACK_SHORTCUT = _USER | {"user.team_id": {"space"}, "channel": {"room"}}
SLACK_VIEW = _USER | {"view": {"room"}, "view.private_metadata": {"room", "space"}}
SLACK_VIEW |= {"channel": {"room"}}
#: What somebody can write at a client, or with one that they have changed.
SLACK_HANDS = ("text", "actions", "state", "message", "callback_id", "view.state", "view.blocks")


def slack() -> Iterator[Brought]:
    town = SlackTown(ack_within=3.0, ping_every=30.0, burst=1, record=False)
    space = town.workspace("T0HARBOUR")
    worker, room = space.user("worker"), space.channel("general")
    words = payloads.command(worker, room, "/cases", REP, "1.2", "http://127.0.0.1/")
    yield Brought("typed", words, lambda told: typed(told).caller, SLACK_TYPED)

    def reads(told: Json) -> Caller:
        return acted(told).caller

    shortcut = payloads.shortcut(worker, "grievance", "1.2")
    yield Brought("a shortcut", shortcut, reads, SLACK_SHORTCUT)
    pressed: Json = {"type": "button", "action_id": "acknowledge:7CKQ2M", "value": REP}
    blocks: Json = {"type": "actions", "block_id": "b", "elements": [pressed]}
    act = payloads.action(blocks, pressed, {}, town.now())
    message: Json = {"ts": "1.0", "type": "message", "user": "U0BOT", "blocks": [blocks]}
    on_card = payloads.action_in_message(worker, room, message, act, "1.2", "http://127.0.0.1/")
    yield Brought("a button on a message", on_card, reads, SLACK_MESSAGE)
    field: Json = {
        "type": "input",
        "block_id": "text",
        "label": {"type": "plain_text", "text": "t"},
    }
    field["element"] = {"type": "plain_text_input", "action_id": "text", "initial_value": REP}
    told = Carried(Kind.FORM, room.id, space.team).told()
    view: Json = {"type": "modal", "callback_id": "reply:7CKQ2M", "private_metadata": told}
    view |= {"title": {"type": "plain_text", "text": "t"}, "blocks": [field, blocks]}
    shown = town.screen(worker).open(view)
    yield Brought("a form", payloads.submission(worker, shown, "1.2"), reads, SLACK_VIEW)
    in_view = payloads.action_in_view(worker, shown, act, "1.2")
    yield Brought("a button in a modal", in_view, reads, SLACK_VIEW)


async def test_on_slack_who_acts_follows_from_what_slack_fills_in() -> None:
    for one in slack():
        assert swayed(one) == one.decides, one.said
        assert not [at for at in one.decides if at.startswith(SLACK_HANDS)]
        assert {part.partition(".")[0] for part in SLACK_HANDS} & set(one.payload), one.said


# Discord ------------------------------------------------------------------------------------------

#: Discord fills these in. What a client can be made to write lies in ``data`` and ``message``.
DISCORD_SERVER = {
    "guild_id": {"space"},
    "channel_id": {"room"},
    "member.user": {"account"},
    "member.user.id": {"account"},
    "member.joined_at": {"member_since"},
    "member.permissions": {"manages"},
}
DISCORD_ALONE = {"user": {"account"}, "user.id": {"account"}}


def discord() -> Iterator[Brought]:
    town = DiscordTown(within=3.0, beat=40.0, generous=1, record=False)
    guild, worker = town.guild("Harbour"), town.user("worker")
    room = guild.channel("general")
    guild.joins(worker)
    typed_: Json = {"id": "1", "name": "cases", "type": 1, "options": []}
    field: Json = {"type": 4, "id": 2, "custom_id": "text", "value": REP}
    sent: Json = {"custom_id": "reply:7CKQ2M", "components": [{"type": 18, "component": field}]}
    pressed: Json = {"custom_id": "acknowledge:7CKQ2M", "component_type": 2, "id": 3}
    places = (("in a server", room, DISCORD_SERVER), ("alone", town.direct(worker), DISCORD_ALONE))
    for where, at, decides in places:
        for kind, data in ((COMMAND, typed_), (COMPONENT, pressed), (SUBMIT, sent)):
            on = Message(at, made(town, at, {"flags": 64})) if kind != COMMAND else None
            screen = town.hand(worker, at).screen
            one = Interaction(town, kind, worker, at, screen, data, {"0": guild.id}, on, id="9")
            yield Brought(f"{kind} {where}", one.told(), reads_discord, decides)


def reads_discord(told: Json) -> Caller | None:
    found = come(told)
    return found.caller if found else None


async def test_on_discord_who_acts_follows_from_what_discord_fills_in() -> None:
    for one in discord():
        assert swayed(one) == one.decides, one.said
        assert not [at for at in one.decides if at.startswith(("data", "message"))]


def believing(reads: Reads, *at: str | int) -> Reads:
    """A reader that takes somebody's account from a part of the payload, where that is text."""

    def believes(told: Json) -> Caller | None:
        found, inside = reads(told), told
        for step in at:
            try:
                inside = inside[step]  # type: ignore[index]  # whatever was forged
            except (LookupError, TypeError):
                return found
        return replace(found, account=inside) if found and isinstance(inside, str) else found

    return believes


async def test_a_reader_that_believes_what_a_hand_wrote_is_noticed() -> None:
    (card,) = [one for one in slack() if one.said == "a button on a message"]
    (form,) = [one for one in slack() if one.said == "a form"]
    *_, sent = [one for one in discord() if "in a server" in one.said]
    for one, at in (
        (card, ("actions", 0, "value")),
        (form, ("view", "callback_id")),
        (sent, ("data", "components", 0, "component", "value")),
        (sent, ("message", "author", "id")),
    ):
        assert path(at) in swayed(replace(one, reads=believing(one.reads, *at))), at


# Matrix and the sandbox ---------------------------------------------------------------------------


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with new_world(folders(tmp_path / "world")) as made:
        yield made


async def number_and_token(world: World) -> tuple[str, str]:
    """A case that Ines may read and nobody else, and what leads its reporter to it."""
    acts = Acts(world)
    out = [await acts.staff(name) for name in ("Karim Benali", "Greta Holm", "Ruth Adeyemi")]
    receipt = await acts.file("marta-lindqvist", exclude=out)
    await world.slot()
    desk = await acts.desk("ines-moreau")
    view = await acts.visit("marta-lindqvist", receipt)
    return button(desk, "reply").subject, button(view, "withdraw").subject


@pytest.mark.parametrize("who", ["noor-haddad", "karim-benali", "ines-moreau"])
async def test_on_matrix_whatever_looks_like_a_button_s_id_is_words(
    who: str, world: World, tmp_path: Path
) -> None:
    """Also of what its person might do by a number that stands beside it."""
    number, token = await number_and_token(world)
    before = kept(tmp_path / "world")
    room = Room(talks_in(world), who)
    for name, subject in (("acknowledge", number), ("close", number), ("withdraw", token)):
        for typed_ in (f"{name}:{subject}", f"{name} {subject}", f"confirm:{name}:{subject}"):
            for prefix in ("", "!", "/"):
                said = await room.type(prefix + typed_)
                assert subject not in said
                assert said
    assert changed(before, kept(tmp_path / "world")) == set()


async def test_in_the_sandbox_nobody_presses_or_sends_what_is_not_before_them(
    world: World, tmp_path: Path
) -> None:
    town = sandbox.Town()
    acts = SandboxActs(town, world.bot.door)
    ines, noor = town.persona("ines-moreau"), town.persona("noor-haddad")
    number, _ = await number_and_token(world)
    general = town.rooms(ines)[0]
    await acts.say(ines, general, "/cases")
    (listed,) = town.messages(ines, general)
    await acts.press(ines, listed.id, f"open:{number}")
    desk = town.messages(ines, general)[-1]
    await acts.press(ines, desk.id, f"reply:{number}")
    form = town.dialog(ines)
    assert form
    await acts.say(noor, general, "/about")
    about = town.messages(noor, general)[-1]
    before = kept(tmp_path / "world")
    words = {"text": "Not mine to say."}
    for act, *forged in (
        (acts.press, noor, desk.id, f"acknowledge:{number}"),  # another's message
        (acts.press, noor, about.id, f"acknowledge:{number}"),  # no button of one's own
        (acts.press, ines, desk.id, "acknowledge:ANOTHER"),
        (acts.submit, noor, form.form.id, words),  # another's form
        (acts.submit, ines, "reply:ANOTHER", words),
    ):
        with pytest.raises(sandbox.NotThere):
            await act(*forged)
    with pytest.raises(sandbox.NotThere):
        town.room(noor, town.rooms(ines)[-1].id)
    assert changed(before, kept(tmp_path / "world")) == set()
