"""Alone with the bot: a community is named by its code, and its platform says who is a member."""

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.sandbox import people
from bot.chat import Caller, Reply
from bot.domain.communities import Community, Role, Space, Trust
from bot.ports import Membership
from bot.settings import Where
from tests.fakes.acts import STORY, Acts, button, names, receipt_in
from tests.fakes.world import new_world
from tests.journeys.asking import opened
from tests.journeys.reading import REP, WORKER, errors, fields, text

UNSEEN = (
    "Nobody can tell here whether you are a member, and a poll counts members alone. Answer it in "
    "one of the community's places."
)
NOT_SEEN = "Membership not seen: it was filed where the platform cannot tell"
OTHER = "other-town"
ALONE = Caller(people.PLATFORM, "", WORKER)


async def named(acts: Acts, command: str, code: str = "TESTCODE") -> Reply:
    """The command, behind the question in which community it is meant."""
    door = acts.world.bot.door
    form = (await door.begin(command, ALONE, words="")).form
    assert form is not None
    assert form.name == "community"
    return await door.submit(form.name, ALONE, form.subject, {"code": code})


async def filed(acts: Acts) -> tuple[Reply, str]:
    """The preview, and the receipt."""
    door = acts.world.bot.door
    await named(acts, "grievance")
    form = (await door.begin("continue", ALONE)).form
    assert form is not None
    answers = {"category": "on_call", "spread": "team", "impact": "4", "story": STORY}
    preview = await door.submit(form.name, ALONE, form.subject, answers)
    sent = await door.begin("send", ALONE, button(preview, "send").subject)
    return preview, receipt_in(sent)


async def other_town(acts: Acts, trust: Trust = Trust.NEUTRAL) -> None:
    """The community has one place more."""
    bot = acts.world.bot
    space = Space("f" * 32, people.PLATFORM, OTHER, "Other Town", trust)
    (id,) = await bot.communities.ids()
    async with bot.communities._open_work() as work:
        await work.communities.keep_space(bot.communities.space_row(id, space))


def told(acts: Acts, membership: Membership) -> None:
    acts.world.post.members[people.SPACE, WORKER] = (membership, None)


async def test_a_case_says_that_nobody_saw_its_reporter_to_be_a_member(acts: Acts) -> None:
    told(acts, Membership.CANNOT_TELL)
    preview, receipt = await filed(acts)
    assert fields(preview)["Member"] == NOT_SEEN
    assert fields(await acts.visit(WORKER, receipt))["Member"] == NOT_SEEN
    await acts.world.slot()
    assert fields(await acts.desk(REP))["Member"] == NOT_SEEN


async def test_of_a_member_nothing_is_said(acts: Acts) -> None:
    preview, _ = await filed(acts)
    assert "Member" not in fields(preview)
    await acts.world.slot()
    assert "Member" not in fields(await acts.desk(REP))


async def test_to_a_stranger_the_code_is_unknown(acts: Acts) -> None:
    told(acts, Membership.STRANGER)
    assert errors(await named(acts, "about")) == errors(await named(acts, "about", "NOSUCHCO"))
    assert (await acts.world.bot.door.begin("about", ALONE)).form is not None  # still asked


@pytest.mark.parametrize("membership", [Membership.CANNOT_TELL, Membership.MEMBER])
async def test_a_poll_is_answered_alone_by_whoever_is_seen_to_be_a_member(
    acts: Acts, membership: Membership
) -> None:
    opened_now = await opened(acts)
    poll = button(opened_now, "close_poll").subject
    acts.world.post.members[people.SPACE, WORKER] = (membership, people.JOINED)
    form, door = await named(acts, "pulse"), acts.world.bot.door
    if membership is Membership.MEMBER:
        assert form.form is not None
        taken = await door.submit("pulse", ALONE, form.form.subject, {"q1": "yes"})
        assert "answer" in names(taken)
        return
    assert text(form) == ["Not done", UNSEEN]
    assert text(await door.begin("answer", ALONE, poll)) == ["Not done", UNSEEN]
    sent = await door.submit("pulse", ALONE, poll, {"q1": "yes"})
    assert errors(sent) == {"q1": UNSEEN}


@pytest.mark.parametrize("membership", list(Membership))
async def test_staff_answer_a_poll_alone_as_the_members_that_they_are(
    acts: Acts, membership: Membership
) -> None:
    """Nobody asks them for the code, so it is looked at all the same."""
    await opened(acts)
    acts.world.post.members[people.SPACE, REP] = (membership, people.JOINED)
    door, alone = acts.world.bot.door, replace(ALONE, account=REP)
    reply = await door.begin("pulse", alone, words="")
    if membership is not Membership.MEMBER:
        assert text(reply) == ["Not done", UNSEEN]
        return
    assert reply.form is not None
    taken = await door.submit("pulse", alone, reply.form.subject, {"q1": "yes"})
    assert "answer" in names(taken)


@pytest.mark.parametrize("in_the_other", [False, True])
async def test_how_long_somebody_is_in_another_place_counts_for_no_poll(
    acts: Acts, in_the_other: bool
) -> None:
    """The poll was asked before the other place was one of the community's."""
    await opened(acts)
    await other_town(acts)
    members, new = acts.world.post.members, acts.world.clock.now() - timedelta(days=1)
    members[people.SPACE, WORKER] = (Membership.MEMBER, new if in_the_other else people.JOINED)
    members[OTHER, WORKER] = (Membership.MEMBER, people.JOINED if in_the_other else new)
    asked = await named(acts, "pulse")
    assert ("refused.new_member" in str(asked)) is in_the_other
    assert (asked.form is not None) is not in_the_other


@pytest.mark.parametrize("trust", list(Trust))
@pytest.mark.parametrize("membership", [Membership.CANNOT_TELL, Membership.MEMBER])
async def test_who_would_not_be_named_at_work_is_named_alone_to_whoever_was_seen(
    where: Where, trust: Trust, membership: Membership
) -> None:
    def unnamed(seeded: Community) -> Community:
        staff = tuple(replace(one, named=False) for one in seeded.staff)
        spaces = tuple(replace(one, trust=trust) for one in seeded.spaces)
        return replace(seeded, staff=staff, spaces=spaces)

    async with new_world(where, change=unnamed) as world:
        acts = Acts(world)
        told(acts, membership)
        preview, _ = await filed(acts)
        form = (await world.bot.door.begin("continue", ALONE)).form
        reps = await world.bot.door.begin("reps", ALONE)
        seen = membership is Membership.MEMBER and trust is not Trust.EMPLOYER_OWNED
        for said in (reps, preview, form):
            assert ("Karim" in repr(said)) is seen, said


async def test_staff_who_serve_it_from_elsewhere_may_name_it_too(acts: Acts) -> None:
    """A rep's private account is in none of its spaces, and serves two communities."""
    acts.world.post.members[people.SPACE, REP] = (Membership.STRANGER, None)
    door, alone = acts.world.bot.door, Caller(people.PLATFORM, "elsewhere", REP, room="a-room")
    form = (await door.begin("about", alone, words="")).form
    assert form is not None
    said = await door.submit(form.name, alone, form.subject, {"code": "TESTCODE"})
    assert fields(said)["Community code"] == "TESTCODE"


async def test_a_draft_leads_back_to_where_it_was_begun(acts: Acts) -> None:
    """Also where this process has forgotten which community was named."""
    preview, receipt = await filed(acts)
    door = acts.world.bot.door
    view = await acts.visit(WORKER, receipt)
    acts.world.bot.meeting._named.clear()
    assert receipt == receipt_in(
        await door.begin("show_again", ALONE, button(preview, "send").subject)
    )
    asked = await door.begin("withdraw", ALONE, button(view, "withdraw").subject)
    done = await door.begin("confirm", ALONE, button(asked, "confirm").subject)
    assert "view.title" in [card.title.key for card in done.cards]
    told(acts, Membership.STRANGER)
    again = await door.begin("show_again", ALONE, button(preview, "send").subject)
    assert receipt == receipt_in(again)


async def dismissed(acts: Acts) -> Reply:
    """The view of a case whose reporter was thrown out since; they named the community anew."""
    _, receipt = await filed(acts)
    acts.world.bot.meeting._named.clear()
    told(acts, Membership.STRANGER)
    form = (await named(acts, "receipt")).form
    assert form is not None
    assert form.name == "receipt"
    return await acts.world.bot.door.submit("receipt", ALONE, "", {"receipt": receipt})


@pytest.mark.parametrize("restarted", [False, True])
async def test_whoever_was_thrown_out_reaches_their_case(acts: Acts, restarted: bool) -> None:
    view, door = await dismissed(acts), acts.world.bot.door
    if restarted:
        acts.world.bot.meeting._named.clear()
    form = (await door.begin("message", ALONE, button(view, "message").subject)).form
    assert form is not None
    held = await door.submit("message", ALONE, form.subject, {"text": "Write to noor@example.org"})
    assert "edit" in names(held)
    edited = await door.begin("edit", ALONE, button(held, "edit").subject)
    assert edited.form is not None
    sent = await door.begin("send", ALONE, button(held, "send").subject)
    assert "noor@example.org" in str(sent)
    asked = await door.begin("withdraw", ALONE, button(sent, "withdraw").subject)
    done = await door.begin("confirm", ALONE, button(asked, "confirm").subject)
    assert "view.title" in [card.title.key for card in done.cards]


@pytest.mark.parametrize("command", ["grievance", "pulse", "about", "reps", "help"])
async def test_whoever_was_thrown_out_does_nothing_else(acts: Acts, command: str) -> None:
    view, door = await dismissed(acts), acts.world.bot.door
    for subject in ("", button(view, "message").subject):
        form = (await door.begin(command, ALONE, subject)).form
        assert form is not None
        assert form.name == "community"
    assert errors(await named(acts, command)) == errors(await named(acts, command, "NOSUCHCO"))


@pytest.mark.parametrize("how", ["send", "send_urgent", "edit"])
async def test_whoever_was_thrown_out_files_nothing_new(acts: Acts, how: str) -> None:
    door = acts.world.bot.door
    await named(acts, "grievance")
    form = (await door.begin("continue", ALONE)).form
    assert form is not None
    answers = {"category": "on_call", "spread": "team", "impact": "4", "story": STORY}
    preview = await door.submit("grievance", ALONE, form.subject, answers)
    acts.world.bot.meeting._named.clear()
    told(acts, Membership.STRANGER)
    said = await door.begin(how, ALONE, button(preview, how).subject)
    assert "receipt_card.title" not in str(said)
    assert said.form is None or said.form.name == "community"


@pytest.mark.parametrize(
    ("how", "title"), [("accept", "accepted.title"), ("decline", "declined.title")]
)
async def test_a_role_is_offered_to_whoever_is_in_none_of_its_places(
    acts: Acts, how: str, title: str
) -> None:
    acts.world.post.members[people.SPACE, WORKER] = (Membership.STRANGER, None)
    offer = await acts.offered(WORKER, "Noor", Role.REP)
    done = await acts.world.bot.door.begin(how, ALONE, button(offer, how).subject)
    assert [card.title.key for card in done.cards] == [title]


@pytest.mark.parametrize(
    ("platform", "space", "room", "owned"),
    [
        ("slack", "T-WORK", "", True),
        ("slack", "T-WORK", "C1", True),
        ("discord", "", "", False),
        ("discord", "guild", "", False),
        ("discord", "guild", "a-room", True),
        ("matrix", "", "", False),
    ],
)
async def test_alone_inside_a_workspace_of_others_the_worst_is_meant(
    acts: Acts, platform: str, space: str, room: str, owned: bool
) -> None:
    """No platform here tells who is a member: they name it and are let in."""
    there = Caller(platform, space, "somebody", room=room)
    here = await acts.world.bot.meeting.name(there, "TESTCODE")
    assert here.employer_owned is owned
