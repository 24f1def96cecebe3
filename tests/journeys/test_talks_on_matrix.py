"""How the bot behaves in a place on Matrix: answers alone, believes no unsigned device, leaves when a
talk is over, and is set up by typing. Over a real homeserver, all of it encrypted.
"""

import pytest

from tests.fakes.acts import RECEIPT, STORY
from tests.fakes.agreeing import agreed
from tests.fakes.matrix_place import made, welcomed
from tests.fakes.matrix_town import CODE, Town

pytestmark = [pytest.mark.xdist_group("synapse"), pytest.mark.asyncio(loop_scope="module")]

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
    assert "Your cases" in await rep.comes()
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
