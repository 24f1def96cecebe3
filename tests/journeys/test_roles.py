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
    "This code does not work: it is mistyped, used, or its time is over. Ask whoever gave it to "
    "you for another one. For a new account of yours, /setup link shows one."
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
    acts: Acts,
    role: Role = Role.REP,
    name: str = NAME,
    ends: datetime | None = None,
    who: str | Caller = NEWCOMER,
) -> Reply:
    """A moderator offers a role; the card, as its person has it."""
    return Reply((role_card(await _offer(acts, role, name, ends, who)),))


async def _offer(
    acts: Acts,
    role: Role,
    name: str,
    ends: datetime | None = None,
    who: str | Caller = NEWCOMER,
) -> RoleOffer:
    here = await acts.world.bot.communities.meet(caller(MODERATOR))
    one = caller(who) if isinstance(who, str) else who
    account = Account.of(one.platform, one.account, one.space)
    return await acts.world.bot.roles.offer(here.community, name, role, ends, for_=account)


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
    assert "Would you take on this role: rep?" in said
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
        "From now on, until 1 June 2027, your role is: rep. You are told 14 days before its end.",
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
    there = Caller("slack", AT_WORK, "U0777")
    card = await offered(acts, Role.ORGANISER, who=there)
    reply = await pressed(acts, there, card, "accept")
    assert text(reply)[0] == "Welcome"
    assert (await member(acts)).accounts == (Account("slack", "U0777", AT_WORK),)
    opened = await pressed(acts, there, reply, "bind")
    assert opened.form is not None
    assert opened.form.id == "link"
    assert text(await acts.world.bot.door.begin("setup", there, words=""))[0] == "Set-up"
    assert "an employer may read" in " ".join(
        text(await acts.world.bot.door.begin("cases", there, words=""))
    )


async def test_a_role_is_accepted_once(acts: Acts) -> None:
    card = await offered(acts)
    await pressed(acts, NEWCOMER, card, "accept")
    held = ["Not done", "You hold this role already, until 1 June 2027."]
    assert text(await pressed(acts, NEWCOMER, card, "accept")) == held
    assert text(await pressed(acts, NEWCOMER, card, "accept/unnamed")) == held
    assert (await member(acts)).named
    assert text(await pressed(acts, ANOTHER, card, "accept")) == ["Not done", OVER]
    assert text(await pressed(acts, NEWCOMER, card, "decline")) == ["Not done", OVER]
    assert rows(acts.world, "staff") == 7


async def test_a_role_cannot_be_accepted_after_it_ended(acts: Acts) -> None:
    ends = acts.world.clock.now() + timedelta(days=3)
    card = await offered(acts, ends=ends)
    later = await offered(acts, name="Later", ends=ends, who=ANOTHER)
    await pressed(acts, NEWCOMER, card, "accept")
    acts.world.clock.at = ends
    await acts.world.bot.tick()
    over = ["Not done"]
    over += [
        "The role that was offered ended on 4 June 2026. Please ask a moderator for a new offer."
    ]
    assert text(await pressed(acts, NEWCOMER, card, "accept")) == over
    assert text(await pressed(acts, ANOTHER, later, "accept")) == over
    assert text(await acts.say(NEWCOMER, "cases"))[0] == "Not done"


async def test_an_offer_runs_out_after_seven_days(acts: Acts) -> None:
    early, late = await offered(acts), await offered(acts, name="Later", who=ANOTHER)
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


async def test_an_offer_is_worth_nothing_to_a_stranger_who_holds_it(acts: Acts) -> None:
    card = await offered(acts)
    for button in ("accept", "accept/unnamed", "decline"):
        for stranger in (ANOTHER, WORKER, Caller("slack", AT_WORK, NEWCOMER)):
            assert text(await pressed(acts, stranger, card, button)) == ["Not done", OVER]
    assert await member(acts) is None
    assert text(await pressed(acts, NEWCOMER, card, "accept"))[0] == "Welcome"


@pytest.mark.parametrize("first", [True, False])
async def test_who_keeps_their_name_out_with_one_role_keeps_it_out_with_two(
    acts: Acts, first: bool
) -> None:
    buttons = ("accept/unnamed", "accept") if first else ("accept", "accept/unnamed")
    for role, button in zip((Role.REP, Role.MODERATOR), buttons, strict=True):
        reply = await pressed(acts, NEWCOMER, await offered(acts, role), button)
    assert "but not where an employer may read" in " ".join(text(reply))
    assert not (await member(acts)).named


async def test_a_role_held_longer_is_named_as_was_said_last(acts: Acts) -> None:
    await pressed(acts, NEWCOMER, await offered(acts), "accept/unnamed")
    acts.world.clock.move(timedelta(days=1))
    await pressed(acts, NEWCOMER, await offered(acts), "accept")
    assert (await member(acts)).named


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
    card = await offered(acts, Role.MODERATOR, "Another name", who=ON_DUTY)
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
        card = await offered(acts, name=f"Rep {n:02}", who=f"account-{n:02}")
        assert text(await pressed(acts, f"account-{n:02}", card, "accept"))[0] == "Welcome"
    card = await offered(acts, name="One more")
    assert text(await pressed(acts, NEWCOMER, card, "accept"))[1].startswith("So many people")
    assert await member(acts, "One more") is None
    assert text(await acts.say(ON_DUTY, "cases"))[0] == "Your cases"
    moderator = await offered(acts, Role.MODERATOR, "A moderator")
    assert text(await pressed(acts, NEWCOMER, moderator, "accept"))[0] == "Welcome"


# Codes ------------------------------------------------------------------------------------------


def _whoever(who: str | Caller) -> Caller:
    return caller(who) if isinstance(who, str) else who


async def code_for(acts: Acts, new: str | Caller) -> str:
    """The code that a new account is shown."""
    card = await acts.world.bot.door.begin("setup", _whoever(new), words="link")
    assert text(card)[0] == "Add this account"
    return fields(card)["Code"]


async def give(acts: Acts, who: str | Caller, code: str) -> Reply:
    """The code, typed with an account that is known."""
    form = await acts.world.bot.door.begin("bind", _whoever(who))
    assert form.form is not None, text(form)
    assert form.form.id == "link"
    return await acts.world.bot.door.submit("link", _whoever(who), "", {"code": code})


async def told(acts: Acts) -> list[tuple[str, str]]:
    """(to whom, what) since the last time."""
    acts.world.post.people.clear()
    await acts.world.bot.tick()
    return [(who, text(Reply((card,)))[1]) for who, card in acts.world.post.people]


async def test_a_code_binds_one_more_account(acts: Acts) -> None:
    code = await code_for(acts, NEWCOMER)
    assert len(code.replace("-", "")) == 10
    assert names(await acts.say(REP, "duty"))[4:] == ["bind", "hand_over_all"]
    assert text(await give(acts, REP, f" {code.lower()} "))[0] == "Added"
    assert text(await acts.say(NEWCOMER, "cases"))[0] == "Your cases"
    one = await member(acts, "Karim Benali")
    assert set(one.accounts) == {Account("sandbox", REP), Account("sandbox", NEWCOMER)}
    assert NEWCOMER.encode() not in stored(acts.world)
    assert code.replace("-", "").encode() not in stored(acts.world)


async def test_nothing_of_an_account_that_drew_a_code_can_be_read_in_any_file(acts: Acts) -> None:
    before = rows(acts.world, "accounts")
    code = await code_for(acts, NEWCOMER)
    for secret in (NEWCOMER, code, code.replace("-", "")):
        assert secret.encode() not in stored(acts.world)
    assert rows(acts.world, "accounts") == before


async def test_a_code_read_by_somebody_else_is_worth_nothing(acts: Acts) -> None:
    code = await code_for(acts, NEWCOMER)
    for who in (ANOTHER, NEWCOMER):
        reply = await acts.world.bot.door.submit("link", caller(who), "", {"code": code})
        assert errors(reply)["code"].startswith("That is for staff of this community.")
        assert await _holder(acts, who) is None
        assert text(await acts.world.bot.door.begin("bind", caller(who)))[0] == "Not done"
    assert text(await give(acts, REP, code))[0] == "Added"
    assert (await _holder(acts, ANOTHER), await _holder(acts, NEWCOMER)) == (None, "Karim Benali")


async def test_an_account_of_an_employer_owned_space_can_be_bound_and_can_bind(acts: Acts) -> None:
    work = Caller("slack", AT_WORK, "U0999")
    assert text(await give(acts, REP, await code_for(acts, work)))[0] == "Added"
    one = await member(acts, "Karim Benali")
    assert Account("slack", "U0999", AT_WORK) in one.accounts
    assert text(await give(acts, work, await code_for(acts, NEWCOMER)))[0] == "Added"
    assert await _holder(acts, NEWCOMER) == "Karim Benali"
    ((who, _),) = {*await told(acts)}
    assert who == REP  # nobody is told anything where an employer may read


async def test_the_accounts_one_had_are_told_of_a_new_one_and_it_is_not(acts: Acts) -> None:
    await give(acts, REP, await code_for(acts, NEWCOMER))
    ((who, said),) = await told(acts)
    assert who == REP
    assert said.startswith("An account of yours was added on Monday 1 June, 07:30 (UTC). If that")
    await give(acts, NEWCOMER, await code_for(acts, ANOTHER))
    assert {who for who, _ in await told(acts)} == {REP, NEWCOMER}


async def test_a_notice_reaches_the_new_account_too(acts: Acts) -> None:
    await give(acts, ON_DUTY, await code_for(acts, NEWCOMER))
    await told(acts)
    acts.world.post.people.clear()
    await acts.file(WORKER)
    await acts.world.slot()
    assert {who for who, _ in acts.world.post.people} == {ON_DUTY, NEWCOMER}


async def test_wrong_used_and_expired_codes_are_told_the_same(acts: Acts) -> None:
    used, expired = await code_for(acts, NEWCOMER), await code_for(acts, ANOTHER)
    await give(acts, REP, used)
    acts.world.clock.move(timedelta(minutes=10))
    for code in ("23456-789CD", used, expired, "<script>", "💥"):
        reply = await give(acts, REP, code)
        assert errors(reply) == {"code": WRONG_CODE}
        assert typed(reply, "code") == code
    assert await _holder(acts, ANOTHER) is None


async def test_a_code_works_until_its_tenth_minute(acts: Acts) -> None:
    code = await code_for(acts, NEWCOMER)
    acts.world.clock.move(timedelta(minutes=10) - timedelta(seconds=1))
    assert text(await give(acts, REP, code))[0] == "Added"


@pytest.mark.parametrize("wrong", ["", "   ", "x" * 41, "2345\x078"])
async def test_what_is_no_code_at_all_is_told_so(acts: Acts, wrong: str) -> None:
    assert set(errors(await give(acts, REP, wrong))) == {"code"}


async def test_an_account_may_try_ten_codes_a_day(acts: Acts) -> None:
    for n in range(10):
        assert errors(await give(acts, REP, f"23456-789C{n % 8 + 2}{n}")) == {"code": WRONG_CODE}
    code = await code_for(acts, NEWCOMER)
    too_many = "Too many codes were tried from this account today. Please come back tomorrow."
    assert errors(await give(acts, REP, code)) == {"code": too_many}
    assert text(await give(acts, ON_DUTY, code))[0] == "Added"
    acts.world.clock.move(timedelta(days=1))
    assert text(await give(acts, REP, await code_for(acts, ANOTHER)))[0] == "Added"


async def test_an_account_of_another_member_of_staff_is_not_bound(acts: Acts) -> None:
    reply = await give(acts, REP, await code_for(acts, ON_DUTY))
    assert errors(reply) == {
        "code": "That account belongs to another member of staff already. Please use one that is "
        "yours alone."
    }
    assert await _holder(acts, ON_DUTY) == "Ines Moreau"


async def test_ones_own_account_is_bound_again_without_harm(acts: Acts) -> None:
    before = rows(acts.world, "accounts")
    assert text(await give(acts, REP, await code_for(acts, REP)))[0] == "Added"
    assert rows(acts.world, "accounts") == before
    assert await told(acts) == []


async def test_who_is_staff_no_more_binds_nothing(acts: Acts) -> None:
    ends = acts.world.clock.now() + timedelta(minutes=5)
    await pressed(acts, NEWCOMER, await offered(acts, ends=ends), "accept")
    code = await code_for(acts, ANOTHER)
    acts.world.clock.move(timedelta(minutes=5))
    reply = await acts.world.bot.door.submit("link", caller(NEWCOMER), "", {"code": code})
    assert errors(reply)["code"].startswith("That is for staff of this community.")
    assert await _holder(acts, ANOTHER) is None


async def test_all_accounts_but_the_one_it_is_pressed_with_are_removed(acts: Acts) -> None:
    assert "unbind" not in names(await acts.say(REP, "duty"))
    for new in (NEWCOMER, ANOTHER):
        await give(acts, REP, await code_for(acts, new))
    card = await acts.say(NEWCOMER, "duty")
    assert fields(card)["Accounts that act as you"] == "3"
    done = await acts.press(NEWCOMER, card, "unbind")
    assert text(done)[1] == (
        "2 other accounts were removed. Only the account you did this with acts as you now."
    )
    one = await member(acts, "Karim Benali")
    assert one.accounts == (Account("sandbox", NEWCOMER),)
    assert [await _holder(acts, who) for who in (REP, ANOTHER)] == [None, None]
    again = await acts.press(NEWCOMER, card, "unbind")
    assert text(again)[1] == "You have no other account here, so nothing was changed."
    assert await _holder(acts, ON_DUTY) == "Ines Moreau"
    assert text(await acts.world.bot.door.begin("unbind", caller(WORKER)))[0] == "Not done"


async def test_an_account_that_was_added_is_removed_from_the_notice_itself(acts: Acts) -> None:
    await give(acts, MODERATOR, await code_for(acts, NEWCOMER))
    await told(acts)
    ((who, card),) = acts.world.post.people
    assert (who, names(Reply((card,)))) == (MODERATOR, ["unbind"])
    done = await acts.press(MODERATOR, Reply((card,)), "unbind")
    assert text(done)[1].startswith("1 other account was removed.")
    assert await _holder(acts, NEWCOMER) is None


# Set-up -----------------------------------------------------------------------------------------


async def test_setup_offers_what_there_is_and_to_staff_without_duty(acts: Acts) -> None:
    for who, offered in ((MODERATOR, "bind"), ("ruth-adeyemi", "bind"), (REP, "bind")):
        reply = await acts.say(who, "setup")
        assert offered in names(reply)
        assert fields(reply)["Accounts that act as you"] == "1"
        form = await acts.press(who, reply, "bind")
        assert form.form is not None
        assert form.form.id == "link"
    await give(acts, MODERATOR, await code_for(acts, NEWCOMER))
    assert {"bind", "unbind"} <= set(names(await acts.say(MODERATOR, "setup")))
    assert names(await acts.say("ruth-adeyemi", "setup")) == ["bind", "claim"]
    nobody = await acts.say(WORKER, "setup")
    assert (text(nobody)[0], names(nobody)) == ("Set-up", ["claim"])
    link = await acts.say(WORKER, "setup", "link")
    assert set(fields(link)) == {"Code"}
    assert text(await acts.say(WORKER, "setup", "link please"))[-2:][0] == "Set-up"


async def test_setup_is_not_refused_where_an_employer_may_read(acts: Acts) -> None:
    there = Caller("slack", AT_WORK, "U1")
    await give(acts, MODERATOR, await code_for(acts, there))
    reply = await acts.world.bot.door.begin("setup", there, words="")
    assert text(reply)[0] == "Set-up of Harbour Tech Workers"


async def _holder(acts: Acts, account: str) -> str | None:
    here = await acts.world.bot.communities.meet(caller(account))
    return here.staff.name if here.staff else None
