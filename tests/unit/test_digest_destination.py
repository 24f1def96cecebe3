"""Where a digest goes: rooms that may hear it, and addresses; where there is none, nowhere."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from adapters.sandbox import people
from bot import opened
from bot.domain.communities import Community, RoomKind, Space, Trust
from bot.domain.communities.findings import Finding
from bot.domain.communities.pending import NOTICE_LASTS
from bot.domain.digests import WEEK
from bot.ports import MAIL, Figure
from bot.services.communities.findings import Wrong
from bot.wiring import Bot, groundswell
from tests.fakes.acts import Acts, shown
from tests.fakes.agreeing import agreed, second
from tests.fakes.lives import ORGANISER
from tests.fakes.world import US, KeptPost, World, folders, new_world
from tests.unit.test_digest_sending import FIRST, HOUR, REPS, at, figures, row, set_

# Where it goes -----------------------------------------------------------------------------------

NOWHERE = "The digest reaches nobody"
Change = Callable[[Community], Community]


def in_rooms(trust: Trust = Trust.NEUTRAL, *kinds: RoomKind) -> Change:
    """Besides the space where everybody is, one more with these rooms; organisers have none else."""

    def change(seeded: Community) -> Community:
        (space,) = seeded.spaces
        rooms = {kind: kind.value for kind in kinds}
        other = Space("b" * 32, people.PLATFORM, "works", "The works", trust, rooms)
        bare = {k: r for k, r in space.rooms.items() if k is not RoomKind.ORGANISERS}
        return replace(seeded, spaces=(replace(space, rooms=bare), other))

    return change


async def test_one_that_reaches_nobody_is_made_and_shown_as_unreachable(tmp_path: Path) -> None:
    async with new_world(folders(tmp_path), change=in_rooms()) as world:
        assert await at(world, FIRST) == []
        assert await figures(world) == {Figure.UNREACHABLE: 1}
        assert (await row(world)).standing.serial == 1
        assert sorted(who for who, _ in world.post.own_lists) == REPS
        await world.type(ORGANISER, "digest", "pause")
        assert await figures(world) == {}


async def test_an_address_is_no_place_where_no_mail_is_sent(tmp_path: Path) -> None:
    async with new_world(folders(tmp_path), change=in_rooms()) as world:
        await set_(world, addresses="ruth@example.org")
        await at(world, FIRST)
        assert await figures(world) == {Figure.UNREACHABLE: 1}


async def test_what_status_and_check_say_of_addresses_is_what_sending_knows(tmp_path: Path) -> None:
    async with new_world(folders(tmp_path), change=in_rooms()) as world:
        await set_(world, addresses="ruth@example.org")
        await agreed(world)
        assert NOWHERE in shown(await Acts(world).say("oskar-brandt", "setup", "status"))
        for mails in (False, True):
            ((_, wrong),) = await opened.wrong(world.where, mails=mails)
            assert (Wrong(Finding.DIGEST_NOWHERE) in (wrong or ())) is not mails


async def test_it_is_never_said_where_an_employer_reads(tmp_path: Path) -> None:
    owned = in_rooms(Trust.EMPLOYER_OWNED, RoomKind.ORGANISERS, RoomKind.STAFF)
    async with new_world(folders(tmp_path), change=owned) as world:
        assert await at(world, FIRST) == await at(world, FIRST + WEEK) == []
        assert (await figures(world))[Figure.UNREACHABLE] == 1


async def test_two_rooms_hear_it_each_once(tmp_path: Path) -> None:
    def change(seeded: Community) -> Community:
        (_, other) = in_rooms(Trust.NEUTRAL, RoomKind.ORGANISERS)(seeded).spaces
        return replace(seeded, spaces=(*seeded.spaces, other))

    async with new_world(folders(tmp_path), change=change) as world:
        assert len(await at(world, FIRST)) == 2
        assert sorted(room for room, _ in world.post.digests) == ["organisers", "organisers"]


@asynccontextmanager
async def mailing(world: World) -> AsyncIterator[tuple[Bot, KeptPost]]:
    """The same installation, with somewhere to send mail."""
    mail = KeptPost(clock=world.clock)
    posts = {people.PLATFORM: world.post, MAIL: mail}
    parts = (world.where, US, posts, world.clock, world.chance, world.log)
    async with groundswell(*parts, room_delay=timedelta(0), charts=world.charts) as bot:
        yield bot, mail


async def test_by_mail_it_goes_to_each_address_and_none_that_was_taken_out_meanwhile(
    world: World,
) -> None:
    async with mailing(world) as (bot, mail):
        world.bot = bot
        await set_(world, addresses="a@example.org, b@example.org")
        await agreed(world)
        world.clock.at = FIRST + WEEK + HOUR - NOTICE_LASTS
        await set_(world, addresses="b@example.org")
        await second(world)
        world.clock.at = FIRST + WEEK
        await bot.heartbeat.tick()
        world.clock.move(HOUR)
        await bot.heartbeat.tick()
        await bot.postman.drain()
        assert [to for to, _ in mail.people] == ["b@example.org"]
        (card,) = (card for _, card in mail.people)
        assert card == world.post.digests[-1][1]


async def test_addresses_are_kept_sealed(world: World) -> None:
    file = Path(world.where.database.removeprefix("sqlite+aiosqlite:///"))
    await set_(world, addresses="ruth@example.org")
    held = b"".join(one.read_bytes() for one in file.parent.glob("*"))
    assert b"ruth@example.org" not in held, "nor while it waits"
    await agreed(world)
    kept = await row(world)
    assert kept.plan.addresses == ()
    assert kept.sealed_addresses
    held = b"".join(one.read_bytes() for one in file.parent.glob("*"))
    assert b"ruth@example.org" not in held
    await set_(world, addresses="")
    await agreed(world)
    assert (await row(world)).sealed_addresses is None
