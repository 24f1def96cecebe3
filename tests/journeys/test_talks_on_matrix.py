"""How the bot behaves in a place on Matrix: answers alone, believes no unsigned device, leaves when a
talk is over, and is set up by typing. Over a real homeserver, all of it encrypted.
"""

import pytest

from tests.fakes.acts import RECEIPT, STORY, Acts
from tests.fakes.agreeing import agreed
from tests.fakes.matrix_place import lets, made, welcomed
from tests.fakes.matrix_town import CODE, Town

pytestmark = [pytest.mark.xdist_group("synapse"), pytest.mark.asyncio(loop_scope="module")]

LEILA = "leila-farouk"  #: the other moderator, in the sandbox
TO_PREVIEW = ("1", "4", "2", "4", STORY, "skip")


async def test_a_command_in_a_shared_room_is_answered_alone_and_taken_away(town: Town) -> None:
    bystander, worker = town.talk("colleague", town.general), town.talk("worker")
    await bystander.reads()
    command = await worker.person.says(town.general, "!grievance")
    assert "Before you write" in await worker.comes()
    assert await bystander.hears() == "I have written to you alone."
    assert bystander.person.misses(town.general, command)
    assert "1 of 5" in await worker.says("1")
    await worker.lines(*TO_PREVIEW[1:], "cancel")
    assert await bystander.news() == ""


async def test_a_command_of_staff_in_a_shared_room_stays(town: Town) -> None:
    rep = town.talk("rep")
    command = await rep.person.says(town.reps, "!cases")
    assert "Your cases" in await rep.comes("Your cases")
    assert not rep.person.misses(town.reps, command)


async def test_staff_with_a_device_that_is_not_signed_are_refused(town: Town) -> None:
    """Nor do they read it: only the devices that their person signed do."""
    rep = town.people["rep"]
    town.people["stranger"] = stranger = await town.crowd.comes(user=rep.user)
    room = await stranger.talk_with(town.bot)
    await stranger.says(room, "!cases")
    await rep.hears("this session is not verified with them")
    await stranger.sync()
    assert [one.body for one in stranger.heard if one.sender == town.bot] == []
    await stranger.client.logout()


async def test_a_role_is_offered_and_accepted_in_a_talk_that_the_bot_opens(town: Town) -> None:
    moderator, cora = await town.begun("moderator"), town.talk("colleague")
    await cora.person.signs()
    await moderator.says("!setup staff")
    assert "Another moderator must agree" in await moderator.lines(
        cora.person.user, "Cora", "1", "send"
    )
    await agreed(town.world)
    await town.world.bot.tick()
    offered = await cora.comes()
    assert "Would you take on this role: rep?" in offered
    assert offered.endswith("C. Decline")
    assert "your role is: rep" in await cora.says("A")
    assert "Your cases" in await cora.says("!cases")


async def test_where_a_third_person_is_asked_in_nothing_is_answered_any_more(town: Town) -> None:
    worker, colleague = await town.begun("worker"), town.people["colleague"]
    await worker.lines("!grievance", CODE, *TO_PREVIEW)
    await worker.person.client.room_invite(worker.room, colleague.user)
    said = await worker.says("send")
    assert said.startswith("I answer only where nobody else can read")
    await worker.person.until(lambda: not worker.person.sees(worker.room, town.bot))
    assert not any(stays for said, stays in worker.all_said() if STORY in said)


async def test_half_an_hour_later_a_talk_of_a_worker_is_as_if_it_had_never_been(town: Town) -> None:
    rep, worker = await town.begun("rep"), await town.begun("worker")
    another = await town.begun("worker")
    await worker.lines("!grievance", CODE, *TO_PREVIEW)
    (receipt,) = set(RECEIPT.findall(await worker.says("send")))
    await town.world.live(minutes=29)
    await town.tidy()
    assert all([await one.is_open() for one in (rep, worker, another)])
    await town.world.live(minutes=1)
    await town.tidy()
    assert [await one.is_open() for one in (rep, worker, another)] == [True, False, False]
    secret = [stays for said, stays in worker.all_said() if receipt in said or STORY in said]
    assert len(secret) > 1
    assert not any(secret)
    assert "Your cases" in await rep.says("!cases")


async def test_a_restart_says_so(town: Town) -> None:
    worker = await town.begun("worker")
    await worker.lines("!grievance", CODE, *TO_PREVIEW)
    await town.restart()
    for typed in ("1", "send", "saved"):
        said = await worker.says(typed)
        assert "I was restarted" in said
        assert said.endswith("try it before you file again: !receipt")
    assert "Before you write" in await worker.says("!grievance")


STATUS = """Please note: Status

{many}

{finding}:
- Harbour on gw: {what}
- {remedy}

Answer with a number:
1. Set-up"""


async def test_status_names_what_is_left_wrong_until_it_is_put_right(town: Town) -> None:
    """In full: so it is read."""
    moderator, host, bot = await town.begun("moderator"), town.host, town.bot
    needs_power = STATUS.format(
        many="1 thing to put right.",
        finding="The platform does not let the bot do something",
        what="redact (remove messages sent by others): reps, organisers",
        remedy="Give it to the bot in the platform's settings.",
    )
    assert await moderator.says("!setup status") == needs_power
    await lets(host, town.organisers, bot, 50)
    await lets(host, town.reps, bot, 0, events_default=10)
    silent = STATUS.format(
        many="1 thing to put right.",
        finding="A room cannot be reached",
        what="the room of everybody with a role",
        remedy="Let the bot into it, or name another room with !setup.",
    )
    assert await moderator.says("setup status") == silent, "a bare word, too"
    await lets(host, town.reps, bot, 50)
    assert (await moderator.says("!setup status")).startswith("Status\n\nNothing is wrong.")
    assert "Answer with a number:\n1. First answers\n2. Offer a role" in await moderator.says("1")


async def test_a_change_is_agreed_to_and_withdrawn_by_a_word_and_everybody_is_told(
    town: Town,
) -> None:
    moderator, room = await town.begun("moderator"), town.talk("worker", town.general)
    acts = Acts(town.world)
    assert "No change waits." in await moderator.says("!setup approve")
    for name in ("Noor Haddad", "Jun Takahashi"):
        offer = await acts.say(LEILA, "setup", "staff")
        await acts.fill(LEILA, offer, person=name.lower(), name=name, role="rep")
        await town.world.bot.tick()
        assert "Somebody is offered a role. It holds on" in await room.hears("is asked for")
        assert "Look at it, and agree or withdraw it." in await moderator.hears("A change waits")
        if name == "Noor Haddad":
            withdrawn = await moderator.says("!setup withdraw")
            assert "offered a role: Noor Haddad: rep\n\nIt will not happen." in withdrawn
            await town.world.bot.tick()
            assert "It will not happen: Somebody is offered" in await room.hears("not happen")
    assert "unless a moderator withdraws it." in await moderator.says("!setup approve")
    waiting = await moderator.says("!setup approve")
    assert "- Asked for by Leila Farouk, agreed by Oskar Brandt." in waiting
    assert waiting.endswith("Answer with a number:\n1. Withdraw 1\n2. Set-up")
    assert (await moderator.says("1")).startswith("Withdrawn")


async def test_a_moderator_adds_an_account_by_the_code_that_it_is_shown(town: Town) -> None:
    moderator, worker = await town.begun("moderator"), await town.begun("worker")
    assert "That is for staff of this community." in await worker.lines("!setup status", CODE)
    town.people["elsewhere"] = new = await town.crowd.comes("elsewhere")
    await town.takes_in(new)
    elsewhere = town.talk("elsewhere")
    await elsewhere.opens()
    assert "Verify it first" in await elsewhere.lines("!setup link", CODE)
    await new.signs()
    said = await elsewhere.says("!setup link")
    assert 'choose "Add another account".' in said
    code = said.partition("Code: ")[2]
    await moderator.lines("!setup", "add another account")
    assert "This code does not work" in await moderator.says(code[::-1])
    assert "The account that was shown the code is yours now." in await moderator.says(code)
    await town.world.bot.tick()
    assert "An account of yours was added" in await moderator.hears("was added")
    assert "Set-up of Harbour Tech Workers" in await elsewhere.says("!setup")


async def test_a_moderator_sets_a_community_up_by_typing_where_they_talk(town: Town) -> None:
    """From a claim code to the opening, in a space of its own."""
    host = town.people["founder"] = await town.crowd.comes("founder")
    await host.signs()
    space = await made(host, "Dockside", [], space=True)
    quay = await made(host, "quay", [], parent=space)
    for room in (space, quay):
        await welcomed(host, room, town.bot)
    await host.says(quay, "!setup")
    founder = town.talk("founder")
    assert "The operator gave you a code" in await founder.comes()
    await founder.says((await town.world.bot.founding.code(7)).code)
    assert "Still missing: two reps" in await founder.says("1")
    await founder.lines("first answers", "Dock", "Olga", "keep", "Europe/Berlin", "3")
    assert "It holds from now on." in await founder.says("send")
    for name in ("ada", "bea"):
        rep = town.people[name] = await town.crowd.comes(name)
        await rep.signs()
        await host.says(quay, "!setup staff")
        await founder.hears("Who")
        assert "They are asked now." in await founder.lines(rep.user, name.title(), "1", "send")
        await town.world.bot.tick()
        asked = town.talk(name)
        await asked.comes()
        assert "your role is: rep" in await asked.says("A")
    await host.says(quay, "!setup")
    assert "All five are answered." in await founder.hears("Set-up of Dock")
    assert "Below is what workers here read" in await founder.says("look before opening")
    assert (await founder.says("open the community")).startswith("Open\n")
