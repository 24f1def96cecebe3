"""What every platform promises about saying something unasked: to the right people, as it is."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from adapters.sandbox import people
from adapters.sandbox import town as sandbox
from adapters.sandbox.town import Town
from bot.chat import Button, Card, Field, Tone, line
from bot.domain.communities import Community, CommunityId, Policy, Slots
from bot.ports import Post, Unreachable
from tests.contract.rows import new_id
from tests.fakes.world import KeptPost

HERE = Community(CommunityId("a" * 32), "Harbour", "HARBOUR1", "en", Slots(), (), Policy(), 30)
SPACE, BULLETIN, STAFF = people.SPACE, "general", "reps"
REP, OTHER_REP, WORKER = "ines-moreau", "karim-benali", "noor-haddad"
WORDS = ["First <b>&amp;</b> *words*\nin two lines\n ", "Second \u202eright-to-left\u202c שלום {x}"]


@dataclass
class Platform:
    """A post, and what its people and rooms heard of it."""

    post: Post
    alone: Callable[[str], list[str]]
    room: Callable[[str], list[str]]


def town() -> Platform:
    town = Town()

    def alone(who: str) -> list[str]:
        persona = town.persona(who)
        return [
            said
            for room in town.rooms(persona)
            for one in town.messages(persona, room)
            if one.body["whisper"]
            for said in words(one.body)
        ]

    def room(id: str) -> list[str]:
        persona = town.persona(REP)
        return [
            said
            for one in town.messages(persona, town.room(persona, id))
            if not one.body["whisper"]
            for said in words(one.body)
        ]

    def words(body: dict[str, list[dict[str, str]]]) -> list[str]:
        return [field["value"] for field in body["fields"]]

    return Platform(town, alone, room)


def kept() -> Platform:
    post = KeptPost()

    def words(card: Card) -> list[str]:
        return [field.value for field in card.fields if isinstance(field.value, str)]

    return Platform(
        post,
        lambda who: [said for to, card in post.people if to == who for said in words(card)],
        lambda room: [said for to, card in post.rooms if to == room for said in words(card)],
    )


@pytest.fixture(params=[town, kept])
def platform(request: pytest.FixtureRequest) -> Platform:
    made: Platform = request.param()
    return made


def card(words: str) -> Card:
    return Card(
        line("notice.title"),
        (line("notice.case_moved"),),
        (Field(line("message.text"), words),),
        (Button("cases"),),
        Tone.WARNING,
    )


async def test_what_is_said_to_a_person_reaches_them_alone_in_order_as_it_is(
    platform: Platform,
) -> None:
    for words in WORDS:
        await platform.post.to_person(REP, card(words), HERE, new_id())
    assert platform.alone(REP) == WORDS
    assert platform.alone(OTHER_REP) == platform.alone(WORKER) == []
    assert platform.room(BULLETIN) == platform.room(STAFF) == []


async def test_what_is_said_to_a_room_is_there_once_in_order_as_it_is(
    platform: Platform,
) -> None:
    for words in WORDS:
        await platform.post.to_room(SPACE, BULLETIN, card(words), HERE, new_id())
    assert platform.room(BULLETIN) == WORDS
    assert platform.room(STAFF) == []
    assert platform.alone(REP) == platform.alone(WORKER) == []


async def test_the_same_words_in_two_parcels_are_there_twice(platform: Platform) -> None:
    await platform.post.to_person(REP, card(WORDS[0]), HERE, new_id())
    await platform.post.to_person(REP, card(WORDS[0]), HERE, new_id())
    assert platform.alone(REP) == [WORDS[0]] * 2


async def test_one_parcel_said_twice_is_there_once(platform: Platform) -> None:
    """Where a platform says that it remembers, the postman relies on it."""
    assert platform.post.remembers
    for _ in range(3):
        await platform.post.to_person(REP, card(WORDS[0]), HERE, "1" * 32)
        await platform.post.to_room(SPACE, BULLETIN, card(WORDS[1]), HERE, "2" * 32)
    assert (platform.alone(REP), platform.room(BULLETIN)) == ([WORDS[0]], [WORDS[1]])


async def test_the_town_knows_as_many_parcels_of_a_room_as_it_keeps_messages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sandbox, "REMEMBERED", 2)
    platform, (first, second, third) = town(), [new_id() for _ in range(3)]
    for id in (first, second, third, third, second, first):
        await platform.post.to_room(SPACE, BULLETIN, card(id), HERE, id)
    assert platform.room(BULLETIN) == [third, first], "of the first one nothing was left"


async def test_who_could_not_be_reached_may_be_told_when_they_are_there() -> None:
    """A refusal is not remembered as said."""
    town = Town()
    with pytest.raises(Unreachable):
        await town.to_person("somebody-else", card(WORDS[0]), HERE, "1" * 32)
    await town.to_person(REP, card(WORDS[0]), HERE, "1" * 32)
    assert len(list(town.all_messages(town.persona(REP)))) == 1


def test_a_platform_says_whether_it_can_be_spoken_to(platform: Platform) -> None:
    assert platform.post.connected() is True


async def test_the_towns_notices_lie_in_the_direct_room_which_comes_last() -> None:
    town = Town()
    await town.to_person(REP, card(WORDS[0]), HERE, new_id())
    rep = town.persona(REP)
    *shared, direct = town.rooms(rep)
    assert {len(town.messages(rep, room)) for room in shared} == {0}
    assert len(town.messages(rep, direct)) == 1
    assert direct not in town.rooms(town.persona(OTHER_REP))


async def test_what_is_said_in_the_towns_staff_room_no_worker_sees() -> None:
    town = Town()
    await town.to_room(SPACE, STAFF, card(WORDS[0]), HERE, new_id())
    assert list(town.all_messages(town.persona(WORKER))) == []
    assert len(list(town.all_messages(town.persona(OTHER_REP)))) == 1


async def test_the_town_says_so_when_there_is_nobody_to_say_it_to() -> None:
    town = Town()
    with pytest.raises(Unreachable):
        await town.to_person("somebody-else", card(WORDS[0]), HERE, new_id())
    for space, room in ((SPACE, "no-such-room"), ("elsewhere", BULLETIN)):
        with pytest.raises(Unreachable):
            await town.to_room(space, room, card(WORDS[0]), HERE, new_id())
    for id in (REP, WORKER, OTHER_REP):
        assert list(town.all_messages(town.persona(id))) == []
