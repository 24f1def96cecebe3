"""/digest through the door: looked at, changed by two at once, refused where it must be."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.sandbox import people, render
from bot.chat import ENGLISH, Caller, Card, Line, Reply, Tone, Voice
from bot.domain.communities import Community, RoomKind, Space, Trust
from bot.ports import DigestRow, Noted
from bot.texts import Speaker
from tests.fakes.acts import Acts, button, names
from tests.fakes.agreeing import agreed, second
from tests.fakes.lives import ORGANISER
from tests.fakes.world import World, caller, folders, new_world
from tests.unit.test_digest_sending import at, counted, numbers, row, shelves

FIRST = datetime(2026, 6, 1, 9, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
ANSWERS = {"day": "friday", "hour": "17", "zone": "Europe/Paris", "language": "en", "addresses": ""}
SAY = Speaker(Voice(), "/")


def in_room(room: str, who: str = ORGANISER, space: str = people.SPACE) -> Caller:
    return Caller(people.PLATFORM, space, who, member_since=people.JOINED, room=room)


async def form_in(world: World, room: str = "", who: str = ORGANISER) -> Reply:
    return await world.bot.door.begin("digest", in_room(room, who), words="set")


async def sent_in(world: World, form: Reply, room: str = "", **changes: Any) -> Reply:
    assert form.form is not None
    answers = ANSWERS | changes
    who = in_room(room)
    return await world.bot.door.submit("digest", who, form.form.subject, answers)


async def set_in(world: World, room: str = "", **changes: Any) -> Reply:
    reply = await sent_in(world, await form_in(world, room), room, **changes)
    assert reply.taken, reply
    return reply


def errors(reply: Reply) -> dict[str, str]:
    assert reply.form is not None
    return {field: one.key for field, one in reply.form.errors.items()}


def values(reply: Reply) -> dict[str, object]:
    assert reply.form is not None
    return {one.id: one.value for one in reply.form.questions}


def keys(reply: Reply) -> list[str]:
    return [line.key for card in reply.cards for line in card.lines]


def field(card: Card, label: str) -> str:
    (found,) = (one.value for one in card.fields if one.label == Line(f"digest.{label}"))
    return SAY.say(found)


async def rooms(world: World) -> list[dict[RoomKind, str]]:
    here = await world.bot.communities.meet(caller(ORGANISER))
    spaces = sorted(here.community.spaces, key=lambda one: one.address)
    return [dict(space.rooms) for space in spaces]


def refusal(reply: Reply) -> list[str]:
    assert [card.title.key for card in reply.cards] == ["refused.title"]
    return keys(reply)


# Looking -----------------------------------------------------------------------------------------


async def test_it_says_when_and_where_the_next_one_comes(world: World) -> None:
    (card,) = (await world.type(ORGANISER, "digest")).cards
    assert card.lines == (Line("digest.next", {"date": FIRST}),)
    assert field(card, "when") == "Monday at 09:00 (UTC)"
    assert field(card, "rooms") == "The organisers’ room in Harbour Tech Workers"
    assert field(card, "by_mail") == "None."
    assert [b.name for b in card.buttons] == ["preview", "set", "pause", "test"]
    assert card.tone is Tone.PLAIN


async def test_each_button_is_the_word_that_can_be_typed(world: World) -> None:
    look = await world.type(ORGANISER, "digest")
    for word in ("preview", "set", "pause", "pause", "test"):
        pressed = await world.press(ORGANISER, look, word)
        typed = await world.type(ORGANISER, "digest", word)
        assert [one.title.key for one in pressed.cards] == [one.title.key for one in typed.cards]
        assert (pressed.form is None) is (typed.form is None) is (word != "set")


async def test_a_preview_has_the_digests_shape_and_counts_nothing(world: World) -> None:
    acts = Acts(world)
    for n in range(6):
        await acts.file(f"worker-{n}")
    await at(world, FIRST - timedelta(minutes=1))
    before = await row(world)
    note, card = (await world.type(ORGANISER, "digest", "preview")).cards
    assert note.title.key == "digest_preview.title"
    assert counted(card) == {f"digest.moved.{one}": "digest.counted" for one in FIGURES}
    assert card.lines[0].key == "digest.in_time.later"
    assert await row(world) == before
    assert world.post.digests == []
    (sent,) = await at(world, FIRST)
    assert [one.label for one in sent.fields] == [one.label for one in card.fields]
    assert numbers(sent) == numbers(card) == ("1", "1")
    assert counted(sent)["digest.moved.came"] == "5"


async def test_a_preview_is_said_in_the_digest_s_own_language_and_zone(world: World) -> None:
    await set_in(world, language="de", zone="Asia/Tokyo")
    reply = await world.type(ORGANISER, "digest", "preview")
    assert reply.voice == Voice("de", "Asia/Tokyo")
    card = render.card(Speaker(reply.voice, "/"), reply.cards[1], whisper=True)
    assert card["title"].endswith("5. Juni 2026")
    assert "Freitag, 5. Juni, 17:00 (Asia/Tokyo)" in card["text"]
    assert (await world.type(ORGANISER, "digest")).voice == ENGLISH


FIGURES = ("came", "taken", "climbed", "ended")


async def test_previews_do_not_differ_by_what_workers_do(world: World) -> None:
    acts = Acts(world)
    await at(world, FIRST)
    before = await world.type(ORGANISER, "digest", "preview")
    for n in range(6):
        await acts.file(f"worker-{n}", "send_urgent")
    assert await world.type(ORGANISER, "digest", "preview") == before


# Setting -----------------------------------------------------------------------------------------


async def test_the_form_is_filled_in_with_what_is_set(world: World) -> None:
    assert values(await form_in(world)) == {
        **{"day": "monday", "hour": "9", "zone": "UTC", "language": "en", "addresses": ""},
    }
    await set_in(world, addresses="a@example.org b@example.org", zone="  europe/paris ")
    assert values(await form_in(world)) == ANSWERS, "addresses wait"
    await agreed(world)
    assert values(await form_in(world)) == {
        **ANSWERS,
        "addresses": "a@example.org, b@example.org",
    }


async def test_what_was_set_is_shown_and_the_next_one_comes_then(world: World) -> None:
    await at(world, FIRST)
    (card,) = (await set_in(world)).cards
    friday = datetime(2026, 6, 12, 15, tzinfo=UTC)
    assert card.lines[:2] == (Line("digest.set"), Line("digest.next", {"date": friday}))
    assert field(card, "when") == "Friday at 17:00 (Europe/Paris)"
    assert (await row(world)).due == friday


BAD: list[tuple[dict[str, str | list[str]], str]] = [
    ({"zone": ""}, "zone"),
    ({"zone": "Mars/Olympus"}, "zone"),
    ({"zone": "Europe/Paris\x00"}, "zone"),
    ({"zone": "E" * 41}, "zone"),
    ({"zone": "../../etc/passwd"}, "zone"),
    ({"day": ""}, "day"),
    ({"day": "someday"}, "day"),
    ({"day": "0"}, "day"),
    ({"day": ["monday", "friday"]}, "day"),
    ({"hour": ""}, "hour"),
    ({"hour": "24"}, "hour"),
    ({"hour": "-1"}, "hour"),
    ({"hour": "09"}, "hour"),
    ({"hour": "9:30"}, "hour"),
    ({"language": ""}, "language"),
    ({"language": "tlh"}, "language"),
    ({"addresses": "nobody"}, "addresses"),
    ({"addresses": "a@example.org\nBcc: b@example.org"}, "addresses"),
    ({"addresses": ", ".join(f"{n}@example.org" for n in range(6))}, "addresses"),
    ({"addresses": "a" * 401}, "addresses"),
]


@pytest.mark.parametrize(("bad", "wrong"), BAD)
async def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_changed_or_lost(
    world: World, bad: dict[str, str | list[str]], wrong: str
) -> None:
    before = await row(world)
    reply = await sent_in(world, await form_in(world), **bad)
    assert not reply.taken
    assert set(errors(reply)) == {wrong}
    kept = values(reply)
    for name, typed in (ANSWERS | {"addresses": "", **bad}).items():
        if name != wrong:
            assert kept[name] == typed
    assert await row(world) == before


async def test_of_two_who_change_it_at_once_the_second_is_told_and_loses_nothing(
    world: World,
) -> None:
    mine, theirs = await form_in(world), await form_in(world)
    assert (await sent_in(world, theirs, hour="8")).taken
    reply = await sent_in(world, mine, addresses="ruth@example.org")
    assert not reply.taken
    assert list(errors(reply).values()) == ["refused.digest_changed"]
    assert values(reply) == ANSWERS | {"addresses": "ruth@example.org"}
    assert (await row(world)).plan.at.hour == 8
    again = await sent_in(world, await form_in(world), addresses="ruth@example.org")
    assert again.taken


async def test_a_pause_meanwhile_is_noticed_as_well(world: World) -> None:
    mine = await form_in(world)
    await world.type(ORGANISER, "digest", "pause")
    assert not (await sent_in(world, mine)).taken
    assert (await row(world)).due is None


async def test_a_digest_that_comes_meanwhile_is_no_change_of_anybodys(world: World) -> None:
    mine = await form_in(world)
    await at(world, FIRST)
    assert (await sent_in(world, mine)).taken
    assert (await row(world)).standing.serial == 1


async def test_every_change_is_in_the_audit_chain(world: World) -> None:
    file = world.where.database.removeprefix("sqlite+aiosqlite:///")

    def pages() -> int:
        with closing(sqlite3.connect(file)) as kept:
            return int(kept.execute("SELECT count(*) FROM audit_acts").fetchone()[0])

    before = pages()
    await set_in(world)
    await world.type(ORGANISER, "digest", "pause")
    assert pages() == before + 2
    await world.type(ORGANISER, "digest", "preview")
    assert pages() == before + 2


# The room ----------------------------------------------------------------------------------------


async def test_it_comes_to_the_room_it_is_set_in(world: World) -> None:
    await set_in(world, "reps", day="monday", hour="9", zone="UTC")
    await agreed(world)
    assert (await rooms(world))[0][RoomKind.ORGANISERS] == "reps"
    await at(world, FIRST + WEEK)
    assert [room for room, _ in world.post.digests] == ["organisers", "reps"]


async def test_said_to_the_bot_alone_the_room_stays(world: World) -> None:
    before = await rooms(world)
    await set_in(world)
    assert await rooms(world) == before


async def test_where_everybody_reads_it_the_room_stays_and_that_is_said(world: World) -> None:
    known = await rooms(world)
    reply = await sent_in(world, await form_in(world, "general"), "general")
    assert reply.taken
    assert [one.key for one in reply.cards[0].lines][:2] == ["digest.set", "digest.not_here"]
    assert await rooms(world) == known


async def test_day_hour_zone_and_language_change_at_once_and_where_it_comes_waits(
    world: World,
) -> None:
    before = await rooms(world)
    reply = await set_in(world, "reps", addresses="ruth@example.org")
    there = datetime(2026, 6, 4, 7, 30, tzinfo=UTC)
    assert reply.cards[0].lines[2] == Line("digest.elsewhere", {"date": there})
    kept = await row(world)
    assert (kept.plan.weekday, kept.plan.zone) == (4, "Europe/Paris")
    assert kept.sealed_addresses is None
    assert await rooms(world) == before
    await second(world)
    look = await world.type(ORGANISER, "digest")
    assert look.cards[0].lines[1] == Line("digest.elsewhere_agreed", {"date": there})
    assert (await rooms(world), (await row(world)).sealed_addresses) == (before, None)


async def test_everybody_and_the_moderators_are_told_before_it_comes_elsewhere(
    world: World,
) -> None:
    await set_in(world, addresses="ruth@example.org")
    await world.bot.tick()
    (said,) = (card for room, card in world.post.rooms if room == "general")
    assert "Where the digest comes" in SAY.say(said.lines[0])
    assert "ruth@example.org" not in str(world.post.rooms)
    asked = [who for who, card in world.post.people if card.lines[0].key == "notice.change_asks"]
    assert sorted(asked) == ["leila-farouk", "oskar-brandt"]
    card = await world.type("oskar-brandt", "setup", "withdraw")
    assert "ruth@example.org" in SAY.say(card.cards[0].lines[0])
    await agreed(world)
    assert (await row(world)).sealed_addresses is None


async def test_the_same_destination_is_asked_for_once_and_another_has_to_wait(
    world: World,
) -> None:
    await set_in(world, addresses="ruth@example.org")
    await set_in(world, addresses="ruth@example.org", hour="8")
    assert (await row(world)).plan.at.hour == 8
    reply = await sent_in(world, await form_in(world), addresses="else@example.org", hour="7")
    assert not reply.taken
    assert list(errors(reply).values()) == ["refused.digest_goes_elsewhere"]
    assert values(reply) == ANSWERS | {"addresses": "else@example.org", "hour": "7"}
    assert (await row(world)).plan.at.hour == 8, "nothing of it was taken"
    assert len((await world.bot.communities.meet(caller("x"))).pending) == 1


def two_places(trust: Trust = Trust.NEUTRAL) -> Callable[[Community], Community]:
    """One more space; everybody of staff is at home in the first."""

    def change(seeded: Community) -> Community:
        hall = {RoomKind.BULLETIN: "hall", RoomKind.STAFF: "hall-reps"}
        hall |= {RoomKind.ORGANISERS: "hall-organisers"}
        other = Space("b" * 32, people.PLATFORM, "hall-town", "Hall", trust, hall)
        return replace(seeded, spaces=(*seeded.spaces, other))

    return change


async def test_only_one_room_hears_it_once_it_was_set_in_one(tmp_path: Path) -> None:
    async with new_world(folders(tmp_path), change=two_places()) as world:
        form = await world.bot.door.begin(
            "digest", in_room("hall-reps", space="hall-town"), words="set"
        )
        assert form.form is not None
        who = in_room("hall-reps", space="hall-town")
        reply = await world.bot.door.submit("digest", who, form.form.subject, ANSWERS)
        assert reply.taken
        both = "The organisers’ room in Hall\nThe organisers’ room in Harbour Tech Workers"
        assert field(reply.cards[0], "rooms") == both
        await agreed(world)
        look = await world.type(ORGANISER, "digest")
        assert field(look.cards[0], "rooms") == "The organisers’ room in Hall"
        assert [one.get(RoomKind.ORGANISERS) for one in await rooms(world)] == ["hall-reps", None]
        assert [one[RoomKind.BULLETIN] for one in await rooms(world)] == ["hall", "general"]


async def test_where_an_employer_reads_nothing_of_it_is_said(tmp_path: Path) -> None:
    async with new_world(folders(tmp_path), change=two_places(Trust.EMPLOYER_OWNED)) as world:
        who = in_room("hall-organisers", space="hall-town")
        before = await row(world)
        for word in ("", "preview", "set", "pause", "test"):
            reply = await world.bot.door.begin("digest", who, words=word)
            assert refusal(reply) == ["refused.not_here"]
        reply = await world.bot.door.submit("digest", who, "1", ANSWERS)
        assert not reply.taken
        assert (await row(world), world.post.digests) == (before, [])
        (card,) = (await world.type(ORGANISER, "digest")).cards
        assert field(card, "rooms") == "The organisers’ room in Harbour Tech Workers"


# Pause and test ----------------------------------------------------------------------------------


async def test_a_pause_is_shown_and_ends_with_its_own_button(world: World) -> None:
    await at(world, FIRST)
    paused = await world.type(ORGANISER, "digest", "pause")
    assert keys(paused) == ["digest.now_paused", "digest.paused"]
    assert SAY.say(button(paused, "digest_resume").label) == "Let it come again"
    assert keys(await world.type(ORGANISER, "digest")) == ["digest.paused"]
    world.clock.move(2 * WEEK)
    resumed = await world.press(ORGANISER, paused, "digest_resume")
    assert keys(resumed) == ["digest.goes_on", "digest.next"]
    assert resumed.cards[0].lines[1].facts == {"date": FIRST + 3 * WEEK}
    assert SAY.say(button(resumed, "pause").label) == "Pause"


async def test_set_while_it_is_paused_it_stays_paused(world: World) -> None:
    await world.type(ORGANISER, "digest", "pause")
    assert "digest.paused" in keys(await set_in(world))
    assert (await row(world)).due is None


async def test_a_test_is_marked_and_moves_no_number(world: World) -> None:
    acts = Acts(world)
    for n in range(6):
        await acts.file(f"worker-{n}")
    await at(world, FIRST)
    before = await row(world)
    reply = await world.type(ORGANISER, "digest", "test")
    assert keys(reply) == ["digest.tested", "digest.next"]
    await world.bot.tick()
    (_, card) = world.post.digests[-1]
    assert card.title.key == "digest_card.test"
    assert card.lines[0].key == "digest.test.words"
    assert set(counted(card).values()) == {"digest.counted"}
    assert await row(world) == before
    assert len(world.post.own_lists) == 3  # reps get no test
    (sent,) = await at(world, FIRST + WEEK)
    assert numbers(sent) == ("2", "2")


async def test_a_test_that_would_reach_nobody_is_refused(tmp_path: Path) -> None:
    async with nowhere(tmp_path) as world:
        assert refusal(await world.type(ORGANISER, "digest", "test")) == ["refused.no_destination"]


@asynccontextmanager
async def nowhere(folder: Path) -> AsyncIterator[World]:
    def change(seeded: Community) -> Community:
        (space,) = seeded.spaces
        bare = {k: r for k, r in space.rooms.items() if k is not RoomKind.ORGANISERS}
        return replace(seeded, spaces=(replace(space, rooms=bare),))

    async with new_world(folders(folder), change=change) as world:
        yield world


async def test_what_reaches_nobody_is_said_until_there_is_a_room(tmp_path: Path) -> None:
    async with nowhere(tmp_path) as world:
        look = await world.type(ORGANISER, "digest")
        assert keys(look) == ["digest.next", "digest.nowhere"]
        assert look.cards[0].tone is Tone.WARNING
        set_ = await set_in(world, addresses="ruth@example.org")
        waits = ["digest.set", "digest.next", "digest.elsewhere", "digest.nowhere"]
        assert keys(set_) == waits
        await agreed(world)
        look = await world.type(ORGANISER, "digest")
        assert keys(look) == ["digest.next", "digest.nowhere", "digest.no_mail"]
        assert (await row(world)).nowhere
        assert keys(await set_in(world, "reps")) == [*waits, "digest.no_mail"]
        assert (await row(world)).nowhere, "until it holds"
        await agreed(world)
        assert keys(await world.type(ORGANISER, "digest")) == ["digest.next"]
        assert not (await row(world)).nowhere


# Who may -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["worker", "ines-moreau", "oskar-brandt"])
async def test_whoever_is_no_organiser_is_refused(world: World, who: str) -> None:
    before: DigestRow = await row(world)
    for word in ("", "preview", "set", "pause", "test"):
        assert refusal(await world.type(who, "digest", word)) == ["refused.not_allowed"]
    for name in ("digest_preview", "digest_set", "digest_pause", "digest_resume", "digest_test"):
        assert refusal(await world.bot.door.begin(name, caller(who))) == ["refused.not_allowed"]
    reply = await world.bot.door.submit("digest", caller(who), "", ANSWERS)
    assert not reply.taken
    assert await row(world) == before
    assert [facts for event, facts in world.log.lines if event is Noted.BUG] == []


async def test_buttons_of_a_digest_open_what_they_say(world: World) -> None:
    (card,) = await at(world, FIRST)
    assert names(Reply((card,))) == ["digest"]
    reply = await world.press(ORGANISER, Reply((card,)), "digest")
    assert [one.title.key for one in reply.cards] == ["digest.settings"]


# Nobody turns it away in silence ------------------------------------------------------------------


async def test_every_organiser_is_told_of_a_change_and_of_a_pause(world: World) -> None:
    await set_in(world)
    await world.type(ORGANISER, "digest", "pause")
    await world.bot.tick()
    told = [(who, card) for who, card in world.post.people if "digest_set" in card.title.key]
    assert [who for who, _ in told] == [ORGANISER, ORGANISER]
    said = ["\n".join(SAY.say(one) for one in card.lines) for _, card in told]
    assert f"{ANSWERS['hour']}:00" in said[0]
    assert "By e-mail it goes to" in said[0]
    assert "It is paused" in said[1]


async def test_a_test_is_an_act_of_staff(world: World) -> None:
    (id,) = await world.bot.communities.ids()
    async with shelves(world) as work:
        before = len(await work.audit.acts([id]))
    await world.type(ORGANISER, "digest", "test")
    async with shelves(world) as work:
        assert len(await work.audit.acts([id])) == before + 1
