"""A role is offered, accepted or declined; one more account is bound by a code; /setup."""

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.chat import Caller, Reply
from bot.commands.communities.staff import role_card
from bot.domain.communities import Account, Community, Role, Space, Trust
from bot.domain.errors import Invalid
from bot.services.communities.roles import RoleOffer
from bot.settings import Where
from tests.fakes.acts import Acts, names
from tests.fakes.world import World, caller, new_world
from tests.journeys.reading import ON_DUTY, REP, WORKER, errors, fields, text, typed

MODERATOR, NEWCOMER, ANOTHER = "oskar-brandt", "quincy-newcomer-77", "somebody-else-42"
NAME = "Quentin Zauberwald"
AT_WORK, ELSEWHERE = "work-space", "another-guild"

OVER = (
    "This offer is over: it ran out, was declined, or somebody accepted it. Please ask a "
    "moderator for a new one."
)
WRONG_CODE = (
    "This code does not work: it is mistyped, used, or older than ten minutes. Ask for a new one "
    "with your other account."
)


@pytest.fixture
async def acts(where: Where) -> AsyncIterator[Acts]:
    """The seeded community, which has a space that its employer owns, too."""

    def wider(seeded: Community) -> Community:
        work = Space("f" * 32, "slack", AT_WORK, "At work", Trust.EMPLOYER_OWNED)
        return replace(seeded, spaces=(*seeded.spaces, work))

    async with new_world(where, change=wider) as world:
        yield Acts(world)


async def offered(
    acts: Acts, role: Role = Role.REP, name: str = NAME, ends: datetime | None = None
) -> Reply:
    """A moderator offers a role; the card, as its person has it."""
    return Reply((role_card(await _offer(acts, role, name, ends)),))


async def _offer(acts: Acts, role: Role, name: str, ends: datetime | None = None) -> RoleOffer:
    here = await acts.world.bot.communities.meet(caller(MODERATOR))
    return await acts.world.bot.roles.offer(here, name, role, ends)


async def pressed(acts: Acts, who: str | Caller, card: Reply, label: str) -> Reply:
    """A button of the card, by the end of its id where there are two of a name."""
    buttons = [b for one in card.cards for b in one.buttons]
    button = next(
        b
        for b in buttons
        if b.id.startswith(label.split("/")[0])
        and (b.id.endswith(".unnamed") == label.endswith("/unnamed"))
    )
    whoever = caller(who) if isinstance(who, str) else who
    return await acts.world.bot.door.begin(button.name, whoever, button.subject)


async def community(acts: Acts) -> Community:
    return (await acts.world.bot.communities.meet(caller("anyone"))).community


async def member(acts: Acts, name: str = NAME) -> object:
    return next((one for one in (await community(acts)).staff if one.name == name), None)


def stored(world: World) -> bytes:
    """All that lies on the disk."""
    files = [*world.where.data.rglob("*"), *world.where.keys.rglob("*.db*")]
    return b"".join(file.read_bytes() for file in files if file.is_file())


def rows(world: World, table: str) -> int:
    line = sqlite3.connect(world.where.data / "groundswell.db")
    try:
        return int(line.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
    finally:
        line.close()


# The card ---------------------------------------------------------------------------------------


async def test_the_card_says_what_until_when_and_where_the_name_is_shown(acts: Acts) -> None:
    card = await offered(acts)
    said = " ".join(text(card))
    assert "Would you serve as rep?" in said
    assert "It would last until 1 June 2027." in said
    assert "Your name is shown to everyone in the community's places" in said
    assert "In places an employer may read it is shown only if you agree" in said
    assert fields(card) == {"Your name, as it would be shown": NAME}
    assert names(card) == ["accept", "accept", "decline"]


@pytest.mark.parametrize("role", [Role.REP, Role.ORGANISER, Role.MODERATOR])
async def test_every_role_is_explained(acts: Acts, role: Role) -> None:
    assert len(text(await offered(acts, role))) == 7


async def test_nothing_of_who_has_not_accepted_can_be_read_in_any_file(acts: Acts) -> None:
    before = rows(acts.world, "staff"), rows(acts.world, "accounts")
    card = await offered(acts)
    assert (rows(acts.world, "staff"), rows(acts.world, "accounts")) == before
    token = card.cards[0].buttons[0].subject
    for secret in (NAME, NEWCOMER, token):
        assert secret.encode() not in stored(acts.world)
    await pressed(acts, NEWCOMER, card, "decline")
    assert NAME.encode() not in stored(acts.world)
    assert (rows(acts.world, "staff"), rows(acts.world, "accounts")) == before


@pytest.mark.parametrize(
    ("name", "role", "days", "field", "reason"),
    [
        ("", Role.REP, 30, "name", "invalid.empty"),
        ("  ", Role.REP, 30, "name", "invalid.empty"),
        ("Q\x07", Role.REP, 30, "name", "invalid.control_characters"),
        ("Q" * 61, Role.REP, 30, "name", "invalid.too_long"),
        (NAME, Role.WORKER, 30, "role", "invalid.not_an_option"),
        (NAME, Role.REP, 0, "ends", "invalid.past"),
        (NAME, Role.REP, -30, "ends", "invalid.past"),
        (NAME, Role.REP, 366, "ends", "invalid.role_too_long"),
    ],
)
async def test_an_offer_that_cannot_be_is_refused(
    acts: Acts, name: str, role: Role, days: int, field: str, reason: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await _offer(acts, role, name, acts.world.clock.now() + timedelta(days=days))
    assert (refused.value.field, refused.value.reason) == (field, reason)


# Accept and decline -----------------------------------------------------------------------------


async def test_the_role_begins_with_the_accept_and_lasts_a_year(acts: Acts) -> None:
    card = await offered(acts)
    assert text(await acts.say(NEWCOMER, "cases"))[0] == "Not done"
    acts.world.clock.move(timedelta(days=2))
    reply = await pressed(acts, NEWCOMER, card, "accept")
    assert text(reply)[:3] == [
        "Welcome",
        "You are rep from now on, until 1 June 2027. You are told 14 days before.",
        "Your name is shown in all the community's places.",
    ]
    assert text(await acts.say(NEWCOMER, "cases")) == ["Your cases", "Nothing waits for you."]
    one = await member(acts)
    (grant,) = one.grants
    assert grant.begins == acts.world.clock.now()
    assert grant.ends == grant.begins + timedelta(days=363)
    assert one.accounts == (Account("sandbox", NEWCOMER),)
    assert f"{NAME} (rep)" in fields(await acts.say(WORKER, "reps"))["Reps"]
    assert NAME.encode() not in stored(acts.world)
    assert NEWCOMER.encode() not in stored(acts.world)


async def test_a_name_can_be_kept_out_of_employer_owned_spaces(acts: Acts) -> None:
    card = await offered(acts)
    reply = await pressed(acts, NEWCOMER, card, "accept/unnamed")
    assert "but not where an employer may read" in " ".join(text(reply))
    assert not (await member(acts)).named
    at_work = await acts.world.bot.door.begin("reps", Caller("slack", AT_WORK, "U9"), words="")
    assert NAME not in fields(at_work)["Reps"]
    assert NAME in fields(await acts.say(WORKER, "reps"))["Reps"]


async def test_a_role_can_be_accepted_in_an_employer_owned_space(acts: Acts) -> None:
    card = await offered(acts, Role.ORGANISER)
    there = Caller("slack", AT_WORK, "U0777")
    reply = await pressed(acts, there, card, "accept")
    assert text(reply)[0] == "Welcome"
    assert (await member(acts)).accounts == (Account("slack", "U0777", AT_WORK),)
    assert text(await pressed(acts, there, reply, "bind"))[0] == "Add another account"
    assert "an employer may read" in " ".join(
        text(await acts.world.bot.door.begin("cases", there, words=""))
    )


async def test_a_role_is_accepted_once(acts: Acts) -> None:
    card = await offered(acts)
    await pressed(acts, NEWCOMER, card, "accept")
    held = ["Not done", "You hold this role already, until Tuesday 1 June, 07:30 (UTC)."]
    assert text(await pressed(acts, NEWCOMER, card, "accept")) == held
    assert text(await pressed(acts, NEWCOMER, card, "accept/unnamed")) == held
    assert (await member(acts)).named
    assert text(await pressed(acts, ANOTHER, card, "accept")) == ["Not done", OVER]
    assert text(await pressed(acts, NEWCOMER, card, "decline")) == ["Not done", OVER]
    assert rows(acts.world, "staff") == 7


async def test_a_role_cannot_be_accepted_after_it_ended(acts: Acts) -> None:
    ends = acts.world.clock.now() + timedelta(days=3)
    card, later = await offered(acts, ends=ends), await offered(acts, name="Later", ends=ends)
    await pressed(acts, NEWCOMER, card, "accept")
    acts.world.clock.at = ends
    await acts.world.bot.tick()
    over = ["Not done"]
    over += [
        "The role that was offered ended on Thursday 4 June, 07:30 (UTC). Please ask a moderator "
        "for a new offer."
    ]
    assert text(await pressed(acts, NEWCOMER, card, "accept")) == over
    assert text(await pressed(acts, ANOTHER, later, "accept")) == over
    assert text(await acts.say(NEWCOMER, "cases"))[0] == "Not done"


async def test_an_offer_runs_out_after_seven_days(acts: Acts) -> None:
    early, late = await offered(acts), await offered(acts, name="Later")
    acts.world.clock.move(timedelta(days=7) - timedelta(minutes=1))
    await acts.world.bot.tick()
    assert text(await pressed(acts, NEWCOMER, early, "accept"))[0] == "Welcome"
    acts.world.clock.move(timedelta(minutes=1))
    for button in ("accept", "decline"):
        assert text(await pressed(acts, ANOTHER, late, button)) == ["Not done", OVER]
    acts.world.clock.move(timedelta(minutes=31))
    await acts.world.bot.tick()
    line = sqlite3.connect(acts.world.where.keys / "keys.db")
    assert line.execute("SELECT count(*) FROM drafts").fetchone() == (0,)
    line.close()


async def test_a_declined_offer_is_forgotten(acts: Acts) -> None:
    card = await offered(acts)
    reply = await pressed(acts, NEWCOMER, card, "decline")
    assert text(reply) == ["Declined", "The offer is forgotten. Nothing about you was kept."]
    assert reply.takes_away
    for button in ("accept", "accept/unnamed", "decline"):
        assert text(await pressed(acts, NEWCOMER, card, button)) == ["Not done", OVER]


@pytest.mark.parametrize("forged", ["", "x", "a" * 26, "../..", "a" * 26 + ".unnamed"])
async def test_a_forged_offer_opens_nothing(acts: Acts, forged: str) -> None:
    for name in ("accept", "decline"):
        reply = await acts.world.bot.door.begin(name, caller(NEWCOMER), forged)
        assert text(reply) == ["Not done", OVER]


async def test_another_community_s_space_takes_no_offer(acts: Acts) -> None:
    from adapters.sandbox import people

    world = acts.world
    new = people.community(lambda: world.chance.bytes(16).hex(), "OTHER234", world.clock.now())
    space = replace(new.spaces[0], address=ELSEWHERE)
    await world.bot.communities.found(replace(new, spaces=(space,)))
    card = await offered(acts)
    there = Caller("sandbox", ELSEWHERE, NEWCOMER)
    assert text(await pressed(acts, there, card, "accept")) == ["Not done", OVER]
    assert text(await pressed(acts, NEWCOMER, card, "accept"))[0] == "Welcome"


async def test_a_member_of_staff_takes_a_second_role_with_the_same_account(acts: Acts) -> None:
    before = rows(acts.world, "staff")
    card = await offered(acts, Role.MODERATOR, "Another name")
    await pressed(acts, ON_DUTY, card, "accept")
    one = await member(acts, "Ines Moreau")
    assert one.roles == {Role.REP, Role.MODERATOR}
    assert rows(acts.world, "staff") == before
    assert await member(acts, "Another name") is None


async def test_a_role_is_held_longer_with_a_new_offer(acts: Acts) -> None:
    start = acts.world.clock.now()
    short = await offered(acts, ends=start + timedelta(days=30))
    await pressed(acts, NEWCOMER, short, "accept")
    acts.world.clock.move(timedelta(days=20))
    shorter = await offered(acts, ends=start + timedelta(days=25))
    assert "You hold this role already" in text(await pressed(acts, NEWCOMER, shorter, "accept"))[1]
    longer = await offered(acts)
    await pressed(acts, NEWCOMER, longer, "accept")
    (grant,) = (await member(acts)).grants
    assert (grant.begins, grant.ends) == (start, start + timedelta(days=385))


async def test_a_twenty_sixth_reader_does_not_fit(acts: Acts) -> None:
    for n in range(21):  # beside three reps and an organiser
        card = await offered(acts, name=f"Rep {n:02}")
        assert text(await pressed(acts, f"account-{n:02}", card, "accept"))[0] == "Welcome"
    card = await offered(acts, name="One more")
    assert text(await pressed(acts, NEWCOMER, card, "accept"))[1].startswith("So many people")
    assert await member(acts, "One more") is None
    assert text(await acts.say(ON_DUTY, "cases"))[0] == "Your cases"
    moderator = await offered(acts, Role.MODERATOR, "A moderator")
    assert text(await pressed(acts, NEWCOMER, moderator, "accept"))[0] == "Welcome"


# Codes ------------------------------------------------------------------------------------------


async def code_of(acts: Acts, who: str) -> str:
    card = await acts.press(who, await acts.say(who, "duty"), "bind")
    return fields(card)["Code"]


async def give(acts: Acts, who: str | Caller, code: str) -> Reply:
    whoever = caller(who) if isinstance(who, str) else who
    form = await acts.world.bot.door.begin("setup", whoever, words="link")
    assert form.form is not None, text(form)
    return await acts.world.bot.door.submit("link", whoever, "", {"code": code})


async def test_a_code_binds_one_more_account(acts: Acts) -> None:
    code = await code_of(acts, REP)
    assert len(code.replace("-", "")) == 10
    assert text(await give(acts, NEWCOMER, f" {code.lower()} "))[0] == "Added"
    assert text(await acts.say(NEWCOMER, "cases"))[0] == "Your cases"
    one = await member(acts, "Karim Benali")
    assert set(one.accounts) == {Account("sandbox", REP), Account("sandbox", NEWCOMER)}
    assert NEWCOMER.encode() not in stored(acts.world)
    assert code.replace("-", "").encode() not in stored(acts.world)


async def test_an_account_of_an_employer_owned_space_can_be_bound_there(acts: Acts) -> None:
    code = await code_of(acts, REP)
    assert text(await give(acts, Caller("slack", AT_WORK, "U0999"), code))[0] == "Added"
    one = await member(acts, "Karim Benali")
    assert Account("slack", "U0999", AT_WORK) in one.accounts


async def test_a_notice_reaches_the_new_account_too(acts: Acts) -> None:
    await give(acts, NEWCOMER, await code_of(acts, ON_DUTY))
    await acts.file(WORKER)
    await acts.world.slot()
    assert {who for who, _ in acts.world.post.people} == {ON_DUTY, NEWCOMER}


async def test_wrong_used_and_expired_codes_are_told_the_same(acts: Acts) -> None:
    used, expired = await code_of(acts, REP), await code_of(acts, REP)
    await give(acts, NEWCOMER, used)
    acts.world.clock.move(timedelta(minutes=10))
    for code in ("23456-789CD", used, expired, "<script>", "💥"):
        reply = await give(acts, ANOTHER, code)
        assert errors(reply) == {"code": WRONG_CODE}
        assert typed(reply, "code") == code
    assert await _holder(acts, ANOTHER) is None


async def test_a_code_works_until_its_tenth_minute(acts: Acts) -> None:
    code = await code_of(acts, REP)
    acts.world.clock.move(timedelta(minutes=10) - timedelta(seconds=1))
    assert text(await give(acts, NEWCOMER, code))[0] == "Added"


@pytest.mark.parametrize("wrong", ["", "   ", "x" * 41, "2345\x078"])
async def test_what_is_no_code_at_all_is_told_so(acts: Acts, wrong: str) -> None:
    assert set(errors(await give(acts, ANOTHER, wrong))) == {"code"}


async def test_an_account_may_try_ten_codes_a_day(acts: Acts) -> None:
    for n in range(10):
        assert errors(await give(acts, ANOTHER, f"23456-789C{n % 8 + 2}{n}")) == {
            "code": WRONG_CODE
        }
    code = await code_of(acts, REP)
    too_many = "Too many codes were tried from this account today. Please come back tomorrow."
    assert errors(await give(acts, ANOTHER, code)) == {"code": too_many}
    assert text(await give(acts, NEWCOMER, code))[0] == "Added"
    acts.world.clock.move(timedelta(days=1))
    assert text(await give(acts, ANOTHER, await code_of(acts, REP)))[0] == "Added"


async def test_an_account_of_another_member_of_staff_is_not_bound(acts: Acts) -> None:
    reply = await give(acts, ON_DUTY, await code_of(acts, REP))
    assert errors(reply) == {
        "code": "This account belongs to another member of staff already. Please use one that is "
        "yours alone."
    }
    assert await _holder(acts, ON_DUTY) == "Ines Moreau"


async def test_ones_own_account_is_bound_again_without_harm(acts: Acts) -> None:
    before = rows(acts.world, "accounts")
    assert text(await give(acts, REP, await code_of(acts, REP)))[0] == "Added"
    assert rows(acts.world, "accounts") == before


async def test_a_code_of_someone_whose_role_ended_meanwhile_does_not_work(acts: Acts) -> None:
    ends = acts.world.clock.now() + timedelta(minutes=5)
    await pressed(acts, NEWCOMER, await offered(acts, ends=ends), "accept")
    code = await code_of(acts, NEWCOMER)
    acts.world.clock.move(timedelta(minutes=5))
    assert errors(await give(acts, ANOTHER, code)) == {"code": WRONG_CODE}


async def test_a_worker_is_shown_no_code(acts: Acts) -> None:
    reply = await acts.world.bot.door.begin("bind", caller(WORKER))
    assert text(reply)[0] == "Not done"


# Set-up -----------------------------------------------------------------------------------------


async def test_setup_offers_what_there_is_and_to_moderators_alone(acts: Acts) -> None:
    reply = await acts.say(MODERATOR, "setup")
    assert names(reply) == ["link", "bind"]
    form = await acts.press(MODERATOR, reply, "link")
    assert form.form is not None
    assert form.form.id == "link"
    for who in (WORKER, REP):
        assert text(await acts.say(who, "setup"))[0] == "Not done"
    link = await acts.say(WORKER, "setup", "link")
    assert link.form is not None
    assert text(await acts.say(WORKER, "setup", "link please"))[-2:][0] == "Not done"


async def test_setup_is_not_refused_where_an_employer_may_read(acts: Acts) -> None:
    await give(acts, Caller("slack", AT_WORK, "U1"), await code_by(acts, MODERATOR))
    there = Caller("slack", AT_WORK, "U1")
    reply = await acts.world.bot.door.begin("setup", there, words="")
    assert text(reply)[0] == "Set-up"


async def code_by(acts: Acts, who: str) -> str:
    return fields(await acts.press(who, await acts.say(who, "setup"), "bind"))["Code"]


async def _holder(acts: Acts, account: str) -> str | None:
    here = await acts.world.bot.communities.meet(caller(account))
    return here.staff.name if here.staff else None
