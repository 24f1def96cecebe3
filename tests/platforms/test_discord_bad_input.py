"""What should not come over Discord, and does: each answered with a sentence, nothing kept, nothing
lost, and the process lives on."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from bot.chat import Card, line
from bot.domain.communities import Community
from bot.ports import Noted, Undelivered, Unreachable
from bot.services.communities.findings import Findings
from tests.contract.test_render_discord import NASTY
from tests.fakes.discord import permissions
from tests.fakes.discord.components import inner
from tests.fakes.discord.screen import Shown
from tests.fakes.discord_week import FORM, STORY, WAITS, Town, town_on
from tests.journeys.test_on_discord import filed, looked
from tests.proofs.test_discord_faults import kept

pytestmark = [pytest.mark.xdist_group("discord"), pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with town_on(tmp_path_factory.mktemp("town"), within=1.5) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def town(one_town: Town) -> AsyncIterator[Town]:
    one_town.tomorrow()
    yield one_town
    assert one_town.wrong == []
    assert one_town.server.pinged == [], "nobody was called"
    assert Noted.BUG not in {event for event, _ in one_town.world.log.lines}


async def community(town: Town) -> Community:
    (id,) = await town.world.bot.communities.ids()
    async with town.platform._open_work() as work:
        return await town.world.bot.communities.load(work, id)


# The gateway ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        3,
        "x",
        {},
        {"type": 2},
        {"type": 2, "id": "1", "token": "t", "data": None, "user": {"id": "1"}},
        {"type": 2, "id": "2", "token": "t", "data": {"name": 3}, "user": {"id": "1"}},
        {"type": 3, "id": "3", "token": "t", "data": {"custom_id": "x"}, "user": []},
        {"type": 5, "id": "4", "token": "t", "data": {"components": 1}, "member": {"user": 2}},
        {"type": 99, "id": "5", "token": "t", "data": {"custom_id": "send:x"}},
        {"type": [], "id": "6", "token": "t"},
    ],
    ids=str,
)
async def test_an_interaction_that_is_none_is_passed_over(town: Town, payload: Any) -> None:
    before = len(town.server.calls)
    town.server.gateway.tell(town.guild, "INTERACTION_CREATE", payload, needs=0)
    worker = town.person("worker")
    assert "Run by" in await worker.types("about")
    assert len(town.server.calls) == before + 1, "the connection stayed"


@pytest.mark.parametrize("event", ["GUILD_CREATE", "GUILD_DELETE", "CHANNEL_UPDATE", "RESUMED"])
async def test_an_event_without_what_it_must_have_ends_nothing(town: Town, event: str) -> None:
    joined = len(town.server.gateway.joined)
    town.server.gateway.tell(town.guild, event, {"nonsense": True}, needs=0)
    assert "Run by" in await town.person("worker").types("about")
    assert len(town.server.gateway.joined) == joined


async def test_after_what_is_not_even_json_the_bot_is_back_by_itself(town: Town) -> None:
    town.server.faults.broken = 1
    town.server.gateway.tell(town.guild, "CHANNEL_UPDATE", town.general.told(), needs=0)
    worker = town.person("worker")
    for _ in range(50):
        seen = await worker.hand.types("about", town.general)
        if not seen.trouble:
            break
    assert "Run by" in worker.sees
    assert town.platform.post.connected()


# Forms ----------------------------------------------------------------------------------------------


def older(shown: Shown | None, version: int = 2) -> None:
    """A modal that another version of us opened."""
    assert shown
    for number, one in enumerate(shown.data["components"]):
        one["id"] = version * 1000 + number + 1


async def test_a_form_of_an_older_version_gives_its_person_their_words_back(town: Town) -> None:
    worker = town.person("worker")
    await worker.types("grievance")
    await worker.presses("continue")
    older(worker.hand.screen.modal)
    said = await worker.submits(**FORM)
    assert "older than my last change" in said
    assert STORY in said


async def test_a_form_that_is_handed_in_twice_files_once(town: Town) -> None:
    worker = town.person("worker")
    await worker.types("grievance")
    await worker.presses("continue")
    before = kept(town)
    seen = await worker.hand.submits(FORM, twice=True)
    assert not seen.trouble
    assert STORY in worker.sees
    await worker.presses("send")
    receipt = worker.receipt
    await worker.presses("show_again")
    assert worker.receipt == receipt
    assert kept(town) == before + 1


async def test_two_people_with_the_same_form_open_each_hand_in_their_own_words(town: Town) -> None:
    one, other = town.person("worker"), town.person("colleague")
    for who in (one, other):
        await who.types("grievance")
        await who.presses("continue")
    assert one.hand.modal
    assert other.hand.modal
    assert one.hand.modal["custom_id"] == other.hand.modal["custom_id"], "of nobody's name"
    assert "The first of two" in await one.submits(**FORM | {"story": "The first of two stories."})
    assert "The second of two" in await other.submits(**FORM | {"story": "The second of two."})


async def test_a_draft_s_button_in_another_s_hand_shows_no_more_than_its_token_does(
    town: Town,
) -> None:
    """Discord would refuse it: the button is on a message that the other cannot see."""
    worker, other = town.person("worker"), town.person("colleague")
    await worker.types("grievance")
    await worker.presses("continue")
    await worker.submits(**FORM)
    with pytest.raises(AssertionError):
        await other.presses("send")
    assert other.hand.whispers == []


@pytest.mark.parametrize("written", NASTY, ids=range(len(NASTY)))
async def test_the_worst_that_people_write_is_shown_as_it_is(town: Town, written: str) -> None:
    said = (written if len(written.strip()) >= 20 else f"{written} is what I saw at work")[:3000]
    worker = town.person("worker")
    await worker.types("grievance")
    await worker.presses("continue")
    await worker.submits(**FORM | {"story": said})
    pages = [worker.sees]
    while turn := next((one for one in ids(worker) if one.startswith(f"page:{len(pages)}:")), ""):
        pages.append(await worker.presses(turn))
        assert "Send it" in pages[-1]
    shown = "".join(squeezed(one) for one in pages)
    assert squeezed(said) in shown
    await worker.presses("edit")
    assert worker.hand.modal
    assert value(worker.hand.modal, "story") == said.strip()


async def test_a_preview_whose_pages_went_with_the_process_is_made_again_from_its_draft(
    town: Town,
) -> None:
    worker = town.person("worker")
    await worker.types("grievance")
    await worker.presses("continue")
    await worker.submits(**FORM | {"story": "*" * 3000})
    await town.restart()
    await worker.presses("Next page")
    assert worker.hand.modal
    assert value(worker.hand.modal, "story") == "*" * 3000
    assert "This is exactly what readers will see" in await worker.submits()


def squeezed(text: str) -> str:
    """Its words, without the buttons below and the room between."""
    for button in ("Next page", "Page before", "Send as urgent", "Cancel", "Edit", "Send it"):
        text = text.removesuffix(button).rstrip("\n")
    return "".join(text.split())


def ids(person: Any) -> list[str]:
    last = inner_of(person.hand.whispers[-1])
    return [one["custom_id"] for one in last if "custom_id" in one]


def value(modal: dict[str, Any], id: str) -> str:
    found = (one["component"] for one in modal["components"] if "component" in one)
    return next(str(one.get("value", "")) for one in found if one["custom_id"] == id)


async def test_three_thousand_characters_in_every_field_are_taken_or_told(town: Town) -> None:
    worker = town.person("worker")
    await worker.types("grievance")
    await worker.presses("continue")
    story = "*" * 3000
    shown = await worker.submits(**FORM | {"story": story})
    assert "Send it" in shown
    receipt = await sent(town, worker)
    await town.world.slot()
    reader = await looked(town, receipt)
    assert "Your case" in reader.sees


async def sent(town: Town, worker: Any) -> str:
    await worker.presses("send")
    return str(worker.receipt)


async def test_what_a_client_lets_through_all_the_same_gets_a_sentence(town: Town) -> None:
    worker = town.person("worker")
    await worker.types("grievance")
    await worker.presses("continue")
    top = worker.hand.screen.modal
    assert top
    for one in top.fields:
        one |= {"required": False, "min_values": 0} | (
            {"max_length": 4000} if one["type"] == 4 else {}
        )
    said = await worker.submits(story="x" * 3001)
    assert "3,000" in said or "3000" in said
    assert said.count("Please choose") + said.count("hoose one") >= 3, said
    await worker.presses("again")
    assert worker.hand.modal
    assert value(worker.hand.modal, "story") == "x" * 3001


# Buttons --------------------------------------------------------------------------------------------


async def test_a_button_of_a_case_that_is_deleted_is_refused_in_a_sentence(town: Town) -> None:
    receipt = await filed(town)
    await town.world.slot()
    first, second = await looked(town, receipt), town.person("colleague")
    await second.types("receipt")
    await second.submits(receipt=receipt)
    await second.presses("message")
    await first.presses("delete")
    await first.presses("confirm")
    await town.world.slot()
    assert "Nothing more was stored" in await second.submits(text="Are you there?")


@pytest.mark.parametrize(
    "id", ["unmask:everybody", "send", "send:x", "page:x:y", "again:", ":", "x" * 100]
)
async def test_a_button_that_is_none_is_refused_in_a_sentence(town: Town, id: str) -> None:
    worker = town.person("worker")
    await worker.types("grievance")
    (message,) = [one for one in worker.hand.all(town.general) if one.to]
    (button, *_) = [one for one in inner_of(message.data) if one["type"] == 2]
    button["custom_id"] = id
    seen = await worker.hand.presses(button["label"])
    assert not seen.trouble
    assert "Not done" in worker.sees or "receipt" in worker.sees.lower()


def inner_of(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [*inner(data["components"])]


async def test_a_command_that_is_none_is_refused_in_a_sentence(town: Town) -> None:
    worker = town.person("worker")
    (about,) = [one for one in town.server.commands.values() if one["name"] == "about"]
    about["name"] = "dance"
    try:
        assert "/help" in await worker.types("dance")
    finally:
        about["name"] = "about"


# Where ----------------------------------------------------------------------------------------------


async def test_in_a_talk_that_is_in_no_server_the_community_is_asked_for(town: Town) -> None:
    user = town.server.user("traveller", installed=True)
    for at in (town.server.between(user, town.server.user("friend")), town.server.direct(user)):
        hand = town.server.hand(user, at)
        seen = await hand.types("grievance")
        assert seen.modal
        assert seen.modal["custom_id"].startswith("community:grievance")
        code = (await community(town)).code
        await hand.submits(code=code)
        assert "Your name is not kept" in hand.sees
        await hand.presses("continue")
        assert not (await hand.submits(FORM)).trouble
        assert STORY in hand.sees
        town.world.clock.move(timedelta(hours=1))


async def test_a_command_of_staff_s_is_not_even_offered_in_a_talk_with_others(town: Town) -> None:
    user, friend = town.server.user("traveller", installed=True), town.server.user("friend")
    hand = town.server.hand(user, town.server.between(user, friend))
    assert "cases" not in {one["name"] for one in hand.offered()}
    data = {"id": "1", "name": "cases", "type": 1, "options": []}
    seen = await hand._does(2, data, {"1": user.id})
    assert not seen.trouble
    assert seen.modal, "the core answers, whatever a client offers"
    assert seen.modal["title"] == "Which community?"


async def test_staff_work_in_the_talk_with_the_bot_alone_whoever_owns_the_server(
    town: Town,
) -> None:
    """With the app in their own account; whoever has them put out of the server changes nothing."""
    user = town.person("rep").hand.user
    there = town.guild.members.pop(user.id)
    user.installed = True
    hand = town.server.hand(user, town.server.direct(user))
    await hand.types("cases")
    assert "Your own list" in hand.sees or "case" in hand.sees
    assert "Not done" not in hand.sees
    user.installed, town.guild.members[user.id] = False, there


async def test_a_case_that_was_deleted_is_on_no_page_any_more(town: Town) -> None:
    worker, rep = town.person("worker"), town.person("rep")
    await worker.types("grievance")
    await worker.presses("continue")
    await worker.submits(**FORM | {"story": f"{'&*_' * 900} the end of it"})
    while turn := next((one for one in ids(worker) if one.startswith("page:1:")), ""):
        await worker.presses(turn)
    await worker.presses("Send as urgent")
    if any(one.startswith("confirm") for one in ids(worker)):
        await worker.presses("confirm")
    receipt = worker.receipt
    await rep.types("cases")
    turns: list[str] = []
    for one in [one for one in ids(rep) if one.startswith("open:")]:
        await rep.types("cases")
        await rep.presses(one)
        turns += [turn for turn in ids(rep) if turn.startswith("page:1:")]
    assert turns
    await worker.types("receipt")
    await worker.submits(receipt=receipt)
    await worker.presses("delete")
    await worker.presses("confirm")
    for turn in turns:
        assert "the end of it" not in await rep.presses(turn)


async def test_an_account_that_joined_yesterday_does_not_count_in_a_poll(town: Town) -> None:
    organiser, worker, new = (town.person(one) for one in ("organiser", "worker", "newcomer"))
    town.guild.members[new.hand.user.id].since = town.world.clock.at - timedelta(days=1)
    await organiser.types("poll", "new", town.organisers)
    poll = {"question": "Shall we ask for tea?", "kind": "yes_no", "days": "2", "comment": "no"}
    await organiser.submits(**poll)
    await organiser.presses("confirm")
    await town.world.bot.tick()
    await worker.hand.until(lambda: town.general.messages, WAITS)
    for person, says in ((worker, "Your answer is kept"), (new, "14 days")):
        person.hand.goes(town.general)
        await person.presses("answer")
        assert says in (await person.submits(q1="yes") if person.hand.modal else person.sees)


async def test_a_room_without_permission_is_told_to_set_up_and_to_the_postman(town: Town) -> None:
    post, here = town.platform.post, await community(town)
    rooms = (town.general.id, town.reps.id)
    card = Card(line("slot.words"))
    town.general.deny(town.guild.everyone, permissions.SEND)
    bot = town.guild.roles[town.guild.members[town.server.bot.id].roles[0]]
    town.general.deny(bot, permissions.SEND)
    await settled(town, rooms, (town.general.id,))
    with pytest.raises(Unreachable):
        await post.to_room(town.guild.id, town.general.id, card, here, "1" * 32)
    for who in (town.guild.everyone, bot):
        town.general.allow(who, permissions.SEND)
        town.general.deny(who, permissions.ATTACH_FILES)
    await settled(town, rooms, ("Attach Files: #general",))
    for who in (town.guild.everyone, bot):
        town.general.allow(who, permissions.ATTACH_FILES)
    await settled(town, rooms, ())


async def settled(town: Town, rooms: tuple[str, ...], lacks: tuple[str, ...]) -> None:
    """The gateway tells of it a little later."""
    async with asyncio.timeout(WAITS):
        while await town.platform.post.lacks(town.guild.id, rooms) != lacks:
            await asyncio.sleep(0.01)


async def test_a_room_that_is_hidden_or_open_to_all_against_its_purpose_is_found(
    town: Town,
) -> None:
    ours = town.world.bot
    findings = Findings(ours.communities._open_work, ours.posts, town.world.clock, mails=False)

    async def found() -> set[str]:
        wrong = await findings._of_platforms(await community(town))
        return {f"{one.finding.value} {one.room}" for one in wrong}

    async def comes_to(what: set[str]) -> None:
        async with asyncio.timeout(WAITS):
            while await found() != what:
                await asyncio.sleep(0.01)

    rooms = (await community(town)).spaces[-1].rooms
    assert set(rooms) == {"bulletin", "staff", "organisers"}
    await comes_to(set())
    bot = town.guild.roles[town.guild.members[town.server.bot.id].roles[0]]
    town.general.allow(bot, permissions.VIEW)
    town.general.deny(town.guild.everyone, permissions.VIEW)
    town.organisers.allow(town.guild.everyone, permissions.VIEW)
    await comes_to({"hidden bulletin", "open organisers"})
    town.general.allow(town.guild.everyone, permissions.VIEW)
    town.organisers.deny(town.guild.everyone, permissions.VIEW)
    await comes_to(set())


async def test_a_server_that_put_us_out_is_told_to_moderators_and_nothing_is_said_there(
    town: Town,
) -> None:
    here, post = await community(town), town.platform.post
    town.server.removes_bot(town.guild)
    async with asyncio.timeout(WAITS):
        while (await community(town)).spaces[-1].gone is None:
            await asyncio.sleep(0.01)
    with pytest.raises(Unreachable):
        await post.to_room(town.guild.id, town.general.id, Card(line("slot.words")), here, "2" * 32)
    there = town.person("rep").hand.user
    for now in (here, await community(town)):  # also before the community knows that we are out
        with pytest.raises(Undelivered):
            await post.to_person(there.id, Card(line("slot.words")), now, "3" * 32)
    assert await post.lacks(town.guild.id, (town.general.id,)) == (town.general.id,)
    town.server.user("worker").installed = True
    worker = town.person("worker")
    assert "Your name is not kept" in await worker.types("grievance") or worker.hand.modal
    town.server.adds_bot(town.guild, 1024 + 2048 + 32768)
    async with asyncio.timeout(WAITS):
        while (await community(town)).spaces[-1].gone is not None:
            await asyncio.sleep(0.01)
