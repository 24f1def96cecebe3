"""Whole journeys by typed lines, as on Matrix: no form, no button, a person and what they read."""

import re
from dataclasses import replace

import pytest

from adapters.matrix.talks import Talks
from bot.chat import Caller, Voice
from bot.domain.grievances.receipts import RECEIPT
from bot.settings import Where
from tests.fakes.acts import STORY, Acts
from tests.fakes.lines import Room, here, talks_in, told_to
from tests.fakes.world import World, caller, new_world
from tests.journeys.asking import many, opened
from tests.journeys.reading import ORGANISER, REP

NOOR, INES = "noor-haddad", "ines-moreau"
TO_PREVIEW = ("1", "4", "2", "4", STORY)


@pytest.fixture
def talks(world: World) -> Talks:
    return talks_in(world)


async def asked(talks: Talks, who: str, command: str) -> Room:
    """Somebody's direct room, after a command that they typed where everybody is."""
    room = Room(talks, who)
    await room.type(command, here(who))
    return room


async def previewed(talks: Talks, *more: str) -> Room:
    room = await asked(talks, NOOR, "!grievance")
    await room.lines(*TO_PREVIEW, *(more or ("skip",)))
    return room


async def filed(talks: Talks) -> tuple[Room, str]:
    room = await previewed(talks)
    (receipt,) = set(RECEIPT.findall(await room.type("send")))
    return room, receipt


# Journey 1 --------------------------------------------------------------------------------------


async def test_a_worker_is_heard_line_by_line(world: World, talks: Talks) -> None:
    noor, receipt = await filed(talks)
    assert "The receipt is yours now" in await noor.type("saved")

    await world.slot()
    ines = Room(talks, INES)
    told_to(world, ines)
    assert "You can type !cases." in ines.sight
    assert "1 case." in await ines.type("!cases")
    assert STORY in await ines.type("1")
    assert "You took this case." in await ines.type("acknowledge")
    await ines.lines("2", "How often?")
    assert "Your question is kept." in await ines.type("send")

    await world.slot()
    noor = await asked(talks, NOOR, "!receipt")
    assert "asked: How often?" in await noor.type(receipt.lower().replace("-", " "))
    await noor.lines("1", "Every night.")
    assert "Readers see your message on" in await noor.type("send")

    await world.slot()
    await ines.lines("!cases", "1")
    assert "Every night." in ines.sight
    await ines.lines("resolve with an outcome", "You said, we did.", "send")

    await world.slot()
    noor = await asked(talks, NOOR, "!receipt")
    assert "You said, we did." in await noor.type(receipt)


async def test_what_was_begun_can_be_changed_at_the_preview(talks: Talks) -> None:
    noor = await previewed(talks, "2 4")
    assert "Readers: Greta Holm (rep) and Karim Benali (rep)." in noor.sight
    assert "5. Whom to leave out: Ines Moreau and Ruth Adeyemi" in await noor.type("edit")
    await noor.lines("5", "2", "4", "Somebody is on call every single night.")
    said = await noor.type("done")
    assert "Readers: Greta Holm (rep), Karim Benali (rep), and Ruth Adeyemi" in said
    assert "Somebody is on call every single night." in said
    assert STORY not in "".join(noor.by_the_bot), "what it showed before has changed, and went"


async def test_a_worker_changes_their_mind_and_nothing_was_sent(world: World, talks: Talks) -> None:
    noor = await previewed(talks)
    assert "Nothing was sent." in await noor.type("2")
    noor = await asked(talks, NOOR, "!grievance")
    await noor.lines("1", "4", "2")
    assert await noor.type("cancel") == (
        "Cancelled. Nothing was sent.\n\nAnswer with a number:\n1. Continue\n2. Somewhere safer"
    )
    await world.slot()
    assert "Nothing waits for you." in await Room(talks, INES).type("cases")


async def test_a_story_that_cannot_be_taken_is_all_that_is_asked_again(talks: Talks) -> None:
    noor = await asked(talks, NOOR, "!grievance")
    said = await noor.lines("1", "4", "2", "4", f"{STORY}\x07", "2")
    assert "There are invisible control characters in it." in said
    assert "4 of 5: What happened?" in said
    said = await noor.type(STORY)
    assert "Readers: Greta Holm (rep), Karim Benali (rep), and Ruth Adeyemi" in said
    assert "On-call" in said


async def test_a_mistyped_receipt_is_asked_for_again(talks: Talks) -> None:
    _, receipt = await filed(talks)
    noor = await asked(talks, NOOR, "!receipt")
    last = "A" if receipt[-1] != "A" else "B"
    assert "One of the characters is wrong." in await noor.type(receipt[:-1] + last)
    assert "That does not look like a receipt." in await noor.type("keep it")
    assert "State: Waiting for its slot" in await noor.type(receipt)


async def test_somebody_without_a_receipt_loses_nothing(talks: Talks) -> None:
    noor = await asked(talks, NOOR, "!receipt")
    assert "receipt" in await noor.type("skip")


async def test_alone_with_the_bot_the_community_s_code_comes_first(talks: Talks) -> None:
    noor = Room(talks, NOOR)
    assert "Which community?" in await noor.type("grievance")
    assert "Before you write" in await noor.type("testcode")
    assert "1 of 5: What is it about?" in await noor.type("1")


# The receipt ------------------------------------------------------------------------------------


async def test_a_receipt_stays_however_often_it_is_sent_for_and_goes_when_it_is_saved(
    talks: Talks,
) -> None:
    noor, receipt = await filed(talks)
    assert "This message goes after half an hour." in noor.sight
    for typed in ("send", "1", "1"):
        await noor.type(typed)
        assert receipt in noor.sight
    await noor.type("saved")
    assert receipt not in noor.sight
    assert STORY not in "".join(noor.by_the_bot)


@pytest.mark.parametrize("word", ["saved", "Saved.", "I have saved it"])
async def test_a_receipt_is_saved_in_words(talks: Talks, word: str) -> None:
    noor, receipt = await filed(talks)
    await noor.type(word)
    assert receipt not in noor.sight


async def test_after_half_an_hour_receipt_and_preview_go(world: World, talks: Talks) -> None:
    noor, receipt = await filed(talks)
    await world.live(minutes=29)
    assert talks.over() == []
    await world.live(minutes=1)
    (over,) = talks.over()
    assert (over.room, over.stays) == (noor.id, False)
    for event in over.redact:
        del noor.messages[event]
    assert receipt not in noor.sight
    assert STORY not in "".join(noor.by_the_bot)
    assert talks.over() == []


async def test_a_restart_in_the_middle_says_so_and_points_to_the_receipt(
    world: World, talks: Talks
) -> None:
    noor = await previewed(talks)
    noor.talks = talks_in(world)
    for typed in ("1", "send", "saved", "keep"):
        said = await noor.type(typed)
        assert said.startswith("I no longer know what this belongs to")
        assert said.endswith("try it before you file again: !receipt")
    said = await noor.type("And that was the worst of it, says Karim.")
    assert "none of it is kept" in said
    assert "Karim" not in said


# Polls ------------------------------------------------------------------------------------------


async def test_every_kind_of_question_is_answered_by_typing(world: World, talks: Talks) -> None:
    acts = Acts(world)
    kinds = {
        ("yes_no", ""): "1",
        ("nps", ""): "0",
        ("scale", "bad\ngood"): "5",
        ("single", "Monday\nTuesday"): "tuesday",
        ("multiple", "Monday\nTuesday\nFriday\n2"): "1 3",
        ("ranked", "Monday\nTuesday\nFriday"): "3 1 2",
    }
    for (kind, options), answer in kinds.items():
        await opened(acts, kind, options, comment="yes")
        noor = await asked(talks, NOOR, "!pulse")
        said = await noor.lines(answer, "I like it.")
        assert "Is it right like this?" in said, (kind, said)
        said = await noor.type("send")
        assert said.startswith("Your answer is kept"), (kind, said)
        assert "I like it." not in "".join(noor.by_the_bot[-1:])
        listed = await acts.say(ORGANISER, "poll", "close")
        await acts.confirm(ORGANISER, listed, "close_poll")


async def test_what_fits_no_question_is_asked_again(world: World, talks: Talks) -> None:
    acts = Acts(world)
    await opened(acts, "multiple", "Monday\nTuesday\nFriday\n2")
    noor = await asked(talks, NOOR, "!pulse")
    assert "At most 2 can be chosen." in await noor.type("1 2 3")
    assert (await noor.type("1 2")).startswith("Your answer is kept")


async def test_a_comment_that_points_to_somebody_is_held_back_with_the_reason(
    world: World, talks: Talks
) -> None:
    await opened(Acts(world), comment="yes")
    noor = await asked(talks, NOOR, "!pulse")
    said = await noor.lines("1", "Write to me at someone@example.org", "send")
    assert "mail" in said
    assert "2 of 2" in said
    assert "“keep” leaves it as it is." in said
    assert (await noor.type("keep")).startswith("Your answer is kept")


async def test_an_answer_may_be_changed_until_the_close(world: World, talks: Talks) -> None:
    acts = Acts(world)
    await opened(acts)
    await many(acts, ["yes"] * 9)
    noor = await asked(talks, NOOR, "!pulse")
    assert (await noor.lines("1", "1", "2")).startswith("Your answer is kept")
    await world.live(days=8)
    (results,) = [card for _, card in world.post.rooms if card.title.key == "results.title"]
    (said,) = talks.shared(results, Voice(), "@bot:example.org")
    assert said.words is not None
    assert "https://matrix.to/#/@bot:example.org" in said.words.plain


# Staff ------------------------------------------------------------------------------------------


async def test_an_organiser_asks_everyone_by_typing(world: World, talks: Talks) -> None:
    ruth = await asked(talks, ORGANISER, "!poll new")
    said = await ruth.lines("Shall we ask for rest days?", "1", "Yes\nNo\nLater", "7", "no")
    assert "Look at it once more" in said
    assert "yes: Open the poll" in said
    assert "The poll is open" in await ruth.type("yes")


async def test_duty_is_set_by_typing(talks: Talks) -> None:
    ines = await asked(talks, INES, "!duty")
    said = await ines.lines("quiet hours", "22:00", "07:00", "Europe/Nowhere", "send")
    assert "There is no such time zone." in said
    assert "3 of 3" in said
    assert "22:00" in await ines.type("Europe/Berlin")


async def test_a_rep_goes_on_to_the_next_case(world: World, talks: Talks) -> None:
    acts = Acts(world)
    for n in range(3):
        await acts.file(f"worker-number-{n}", story=f"The story of number {n}, told at length.")
    await world.slot()
    karim = await asked(talks, REP, "!cases")
    stories = {await karim.type("2"), await karim.type("next case")}
    assert len(stories) == 2


async def test_a_refusal_says_why_and_is_marked_in_words(talks: Talks) -> None:
    noor = await asked(talks, NOOR, "!cases")
    assert noor.by_the_bot[0].startswith("Please note: ")


async def test_german_is_spoken_where_the_community_does(where: Where) -> None:
    async with new_world(where, change=lambda one: replace(one, language="de")) as world:
        noor = await asked(talks_in(world), NOOR, "!grievance")
        said = await noor.lines("1", "4", "zurück")
        assert "Deine Antwort bisher: Rufbereitschaft" in said
        said = await noor.lines("behalten", "2", "4", STORY, "weiter", "Senden", "gesichert")
        assert "!receipt" in said
        assert STORY not in "".join(noor.by_the_bot)


async def test_every_word_of_a_whole_journey_is_in_the_catalogues(talks: Talks) -> None:
    noor, _ = await filed(talks)
    assert not re.search(r"\b(dialogue|talk|button|grievance)\.[a-z_]+", noor.sight)


# Setting up -------------------------------------------------------------------------------------

DOCK = "dockside-works"


def at_the_dock(who: str) -> Caller:
    return replace(caller(who), space=DOCK, room="dockside-general", place="Dockside Works")


async def in_the_dock(room: str, alone: Caller) -> Caller:
    return replace(at_the_dock(alone.account), once=alone.once)


async def test_a_moderator_sets_a_community_up_from_nothing_by_typing(world: World) -> None:
    talks = Talks(world.bot.door, world.clock, in_the_dock)
    there = at_the_dock("oskar-brandt")
    oskar = Room(talks, "oskar-brandt")
    await oskar.type("!setup", there)
    await oskar.type((await world.bot.founding.code(7)).code)
    assert "Still missing: two reps" in await oskar.type("1")
    said = await oskar.lines("first answers", "Dock", "Oskar", "keep", "Europe/Berlin", "3")
    assert "4. Time zone, such as Europe/Berlin: Europe/Berlin" in said
    await oskar.type("send")
    for rep in ("ines", "karim"):
        await oskar.type("!setup staff", there)
        assert "That is no address" in await oskar.type(rep)
        said = await oskar.lines(f"@{rep}:example.org", rep.title(), "1", "send")
        assert "They are asked now." in said
        await world.bot.tick()
        asked = Room(talks, f"@{rep}:example.org")
        told_to(world, asked)
        assert "Answer with a letter:\nA. Accept" in asked.sight
        assert "role" in await asked.type("A")
    assert "All five are answered." in await oskar.type("!setup", there)
    assert "Before you open\n" in await oskar.type("look before opening")
    assert (await oskar.type("open the community")).startswith("Open\n")
    noor = Room(talks, NOOR)
    assert "Before you write" in await noor.type("!grievance", at_the_dock(NOOR))
