"""Leak scan over Matrix: what a worker's account, devices, rooms and events are called lies nowhere.

Shows: over a real homeserver, through filing, its receipt, a visit, a poll, refusals, what cannot be
read, somebody else who comes in, leaving, two rooms, a deleted device, a command in a shared room and
a restart in the middle, nothing but nio's own store holds any id of whoever talks, and that one only
keys and rooms; half an hour after, neither files nor databases nor what they were asked nor log nor
temp nor the adapter's own structures do. Does not show: what the homeserver keeps; what a coroutine
that waits, or a library, has in memory; whoever talks in an encrypted shared room, for eight days.
Control: while they talk the scan finds their keys in the store; where nothing is purged, it still
does afterwards; and what is planted is found.
"""

import base64
import io
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.logs import AllowListLog, quiet_libraries
from adapters.matrix import listening
from adapters.matrix.ciphers import Ciphers
from adapters.matrix.wire import Away, Wire
from tests.fakes.acts import RECEIPT, STORY, Acts
from tests.fakes.asked import asked
from tests.fakes.matrix_people import Crowd, Person, crowd_on
from tests.fakes.matrix_talk import Talk
from tests.fakes.matrix_town import CODE, Town, settled, town_on
from tests.fakes.synapse import Synapse
from tests.proofs.scale import scaled
from tests.proofs.traces import bytes_of, hits, places_of
from tests.proofs.walking import held

pytestmark = pytest.mark.xdist_group("synapse")

TO_LABEL = ("!grievance", CODE)
TO_PREVIEW = (*TO_LABEL, "1", "4", "2", "4", STORY, "skip")
STORE = "matrix/main.db"


@dataclass
class Planted:
    """A worker in the town. ``rooms``: where they talked; ``marks``: by what they could be found."""

    town: Town
    crowd: Crowd
    person: Person
    device: str
    keys: tuple[str, ...]
    rooms: list[str] = field(default_factory=list)
    others: set[str] = field(default_factory=set)

    async def talk(self) -> Talk:
        talk = self.town.talk(self.person)
        await talk.opens()
        self.rooms.append(talk.room)
        return talk

    async def talk_in(self, room: str) -> Talk:
        await self.person.client.join(room)
        await self.person.until(lambda: room in self.person.client.rooms)
        self.rooms.append(room)
        return self.town.talk(self.person, room)

    @property
    def name(self) -> str:
        return self.person.user[1:].partition(":")[0]

    @property
    def marks(self) -> set[str]:
        sessions = {
            one.id
            for one in self.person.client.olm.inbound_group_store
            if one.room_id in self.rooms
        }
        raw = {_raw(one).hex() for one in (*self.keys, *sessions)}
        events = {one for room in self.rooms for one in self._events(room)}
        return {*self.called, *sessions, *raw, *self.rooms, *events, *self.others}

    @property
    def called(self) -> set[str]:
        """They and their device."""
        names = {self.person.user, self.name, f"Called {self.name}", self.device, *self.keys}
        return names | {_raw(one).hex() for one in self.keys}

    @property
    def raw(self) -> set[bytes]:
        """Their keys as they are."""
        return set(map(_raw, self.keys))

    def _events(self, room: str) -> list[str]:
        """Of their own: what stands there from anybody."""
        path = f"/_matrix/client/v3/rooms/{room}/messages?dir=b&limit=500"
        said = self.town.synapse.ask("GET", path, token=self.person.client.access_token)
        return [one["event_id"] for one in said["chunk"]]


def _raw(key: str) -> bytes:
    return base64.b64decode(key + "=" * (-len(key) % 4))


Life = Callable[[Planted], Awaitable[object]]


# What they do -----------------------------------------------------------------------------------


async def files_and_withdraws(one: Planted) -> None:
    talk = await one.talk()
    await talk.says("!grievance with words behind")
    await talk.lines("NOSUCHCD", CODE, *TO_PREVIEW[2:])
    (receipt,) = set(RECEIPT.findall(await talk.says("send")))
    one.others.add(receipt)
    await talk.lines("saved", "!receipt", "not one", "ABCDEFG-ABCDEFG-ABCDEFG")
    await talk.lines(receipt, "withdraw")
    assert "Withdrawn" in await talk.says("yes")


async def answers_a_poll(one: Planted) -> None:
    talk = await one.talk()
    await talk.lines("!pulse", CODE, "1")
    assert "kept" in (await talk.lines("!pulse", "2")).lower()


async def is_refused(one: Planted) -> None:
    talk = await one.talk()
    for wrong in ("!fire everyone", "x" * 20_000, "!cases", "99", "!setup"):
        await talk.says(wrong)
    content = {"msgtype": "m.text", "body": "said openly"}
    path = f"/_matrix/client/v3/rooms/{talk.room}/send/m.room.message/open"
    one.town.synapse.ask("PUT", path, content, one.person.client.access_token)
    assert "came unencrypted" in await talk.hears()


async def is_joined_by_another(one: Planted) -> None:
    talk = await one.talk()
    await talk.lines(*TO_PREVIEW)
    third = await one.crowd.comes("planted-lauscher")
    one.others |= {third.user, third.client.device_id}
    await one.person.client.room_invite(talk.room, third.user)
    await third.client.join(talk.room)
    await third.until(lambda: talk.room in third.client.rooms)
    await one.person.until(lambda: third.user in one.person.client.rooms[talk.room].users)
    assert "nobody else can read" in await talk.says("send")
    await one.person.says(talk.room, "and is anybody there?")


async def leaves(one: Planted) -> None:
    talk = await one.talk()
    await talk.lines(*TO_PREVIEW, "send")
    await one.person.client.room_leave(talk.room)


async def has_two_rooms(one: Planted) -> None:
    first = await one.talk()
    await first.lines(*TO_LABEL)
    second = await one.talk()
    await one.person.says(second.room, "!reps")
    await one.person.sync()


async def loses_their_device(one: Planted) -> None:
    talk = await one.talk()
    await talk.lines(*TO_PREVIEW)
    one.town.synapse.revoke(one.person.user, one.device)


async def types_where_everybody_is(one: Planted) -> None:
    await one.town.takes_in(one.person, one.town.general)
    await one.person.says(one.town.general, "!grievance about my boss")
    await one.person.until(lambda: one.person.client.invited_rooms)
    (room,) = one.person.client.invited_rooms
    talk = await one.talk_in(room)
    await talk.lines("!grievance", CODE)


async def never_comes(one: Planted) -> None:
    await one.town.takes_in(one.person, one.town.general)
    await one.person.says(one.town.general, "!receipt")
    await one.person.until(lambda: one.person.client.invited_rooms)
    one.others |= set(one.person.client.invited_rooms)


async def asks_into_a_room_of_three(one: Planted) -> None:
    """In which we do not stay."""
    other = one.town.people["worker"].user
    room = await one.person.room_with(one.town.bot, other)
    await one.person.until(lambda: not one.person.sees(room, one.town.bot))
    one.rooms.append(room)


LIVES: tuple[Life, ...] = (
    files_and_withdraws,
    answers_a_poll,
    is_refused,
    is_joined_by_another,
    leaves,
    has_two_rooms,
    types_where_everybody_is,
    never_comes,
    asks_into_a_room_of_three,
)


# The proof --------------------------------------------------------------------------------------


@pytest.fixture
async def told() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
async def crowd(synapse: Synapse) -> AsyncIterator[Crowd]:
    async with crowd_on(synapse) as made:
        yield made


@pytest.fixture
async def town(
    synapse: Synapse,
    crowd: Crowd,
    tmp_path: Path,
    told: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Town]:
    root = tmp_path / "town"
    (root / "temp").mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(root / "temp"))
    log = AllowListLog(told)
    quiet_libraries(log)
    async with town_on(crowd, root, begins=settled(), log=log) as made:
        yield made
        assert made.wrong == []


async def planted(town: Town, crowd: Crowd, name: str) -> Planted:
    person = await crowd.comes(f"planted-{name}")
    keys = tuple(person.client.olm.account.identity_keys.values())
    one = Planted(town, crowd, person, person.client.device_id, keys)
    await person.client.set_displayname(f"Called {one.name}")
    await town.takes_in(person)
    return one


async def silent(town: Town) -> None:
    """Nobody says anything for half an hour, and as long again."""
    for _ in range(2):
        town.world.clock.move(timedelta(minutes=31))
        await town.tidy()
    await town.world.bot.tick()


async def test_nothing_of_whoever_talked_lies_anywhere_when_their_talk_has_ended(
    town: Town, crowd: Crowd, told: io.StringIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "town"
    await _poll(town)
    with asked() as heard:
        people = await _restarted(town, crowd)
        for n in range(scaled(5 * len(LIVES), least=len(LIVES))):
            people.append(await planted(town, crowd, "zwiebelkuchen"))
            await LIVES[n % len(LIVES)](people[-1])
        marks = set().union(*(one.marks for one in people))
        living = places_of(root, tmp_path / "living")
        lost = await planted(town, crowd, "streuselkuchen")
        await loses_their_device(lost)
        marks |= {*lost.called, *lost.rooms}
        await _in_vain(town, monkeypatch)
        await silent(town)
    people.append(lost)
    ended = places_of(root, tmp_path / "ended")
    log = {"log": told.getvalue().encode()}
    given = {"asked": bytes_of({value for _, values in heard for value in values})}
    raw = set().union(*(one.raw for one in people))

    in_store = {name: content for name, content in living.items() if STORE in name}
    elsewhere = {name: content for name, content in living.items() if STORE not in name}
    assert hits(marks, elsewhere) == []
    assert hits({one.person.user for one in people} | {one.name for one in people}, in_store) == []
    for control in (people[1].keys[0], *people[1].rooms):
        assert hits([control], in_store), "while they talk it is there"
    assert hits(marks, ended | log) == []
    assert [place for place, content in ended.items() if any(one in content for one in raw)] == []
    assert hits(marks, given) == []
    walked = {"memory": bytes_of(held([town.platform, town.account(), town.world.bot]))}
    assert hits({town.bot, town.general}, walked), "the control of the walk"
    assert hits(marks - _known_there(people), walked) == []
    assert "bug" not in told.getvalue()

    # The control: where nothing is purged, it is found.
    kept = await planted(town, crowd, "apfelmus")
    monkeypatch.setattr(Ciphers, "forget", lambda *_: None)
    await (await kept.talk()).says("!reps")
    await silent(town)
    assert hits([kept.keys[0], *kept.rooms], places_of(root, tmp_path / "kept"))
    walked = {"memory": bytes_of(held([town.platform, town.account()]))}
    assert hits([kept.keys[0], *kept.rooms], walked)


async def _restarted(town: Town, crowd: Crowd) -> list[Planted]:
    """Somebody who talks when the adapter stops, and goes before it is there again."""
    goes = await planted(town, crowd, "pflaumenmus")
    talk = await goes.talk()
    await talk.lines(*TO_PREVIEW)
    async with town.away():
        await goes.person.client.room_leave(talk.room)
    return [goes]


def _known_there(people: list[Planted]) -> set[str]:
    """What the process knows of whoever is in an encrypted shared room, talk or no talk."""
    there = [one for one in people if one.town.general in one.person.client.rooms]
    return {mark for one in there for mark in one.called}


async def _in_vain(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Talks end while the homeserver is away."""

    async def away(*_: object, **__: object) -> None:
        raise Away(doubtful=False)

    with monkeypatch.context() as patched:
        patched.setattr(Wire, "call", away)
        patched.setattr(listening, "PAUSES", ())
        town.world.clock.move(timedelta(minutes=31))
        await town.tidy()


async def _poll(town: Town) -> None:
    acts = Acts(town.world)
    form = await acts.say("ruth-adeyemi", "poll", "new")
    asks = {
        "question": "Do we stay?",
        "kind": "yes_no",
        "options": "",
        "days": "7",
        "comment": "no",
    }
    preview = await acts.fill("ruth-adeyemi", form, **asks)
    await acts.press("ruth-adeyemi", preview, "confirm")
    await town.world.bot.tick()
