"""The employer's server on Discord: every body that leaves for it, decoded.

Shows: of a case that was filed there, and answered elsewhere, no word goes there but into the whispers
and forms of whoever typed it or holds its receipt; no case number, no notice to staff, no digest, no
message at all that depends on a case. Staff are refused there. (Somebody's talk with the bot is in no
server: there staff are told that a case needs them, without a word of it.)
Does not show: what Discord keeps of what is typed there, which the label tells.
Control: in a neutral server the same words are found in staff's whispers, and so are notices.
"""

from pathlib import Path

import pytest

from bot.domain.communities import Trust
from tests.fakes.acts import Acts
from tests.fakes.discord import Call
from tests.fakes.discord.record import strings
from tests.fakes.discord_week import STORY, Town, town_on
from tests.journeys.test_on_discord import filed, looked

pytestmark = pytest.mark.xdist_group("discord")

ASKED, ANSWERED, OUTCOME = "How often is that, roughly?", "Every night but one.", "Two more people."
WORDS = (STORY, ASKED, ANSWERED, OUTCOME)
REP = "ines-moreau"
ANSWER, CHANGED = (
    "POST /interactions/{interaction}/{token}/callback",
    "PATCH /webhooks/{application}/{token}/messages/@original",
)
SAID = "POST /channels/{channel}/messages"


def words_of(call: Call) -> list[str]:
    """Without the marks that keep Discord from reading words as more than words."""
    return [one.replace("\\", "") for one in strings(call.body)]


def holding(calls: list[Call], *words: str) -> list[Call]:
    return [one for one in calls if any(word in said for said in words_of(one) for word in words)]


async def life(town: Town) -> set[str]:
    """A case from the form to the outcome: the worker at work, the rep in the sandbox; the numbers
    that staff speak of."""
    acts = Acts(town.world)
    receipt = await filed(town)
    await town.world.slot()
    cases = await acts.say(REP, "cases")
    numbers = {b.subject for card in cases.cards for b in card.buttons if b.name == "open"}
    opened = await acts.press(REP, cases, "open")
    await acts.fill(REP, await acts.press(REP, opened, "ask"), text=ASKED)
    await town.world.slot()
    worker = await looked(town, receipt)
    assert ASKED in worker.sees
    await worker.presses("message")
    await worker.submits(text=ANSWERED)
    await town.world.slot()
    opened = await acts.press(REP, await acts.say(REP, "cases"), "open")
    await acts.fill(REP, await acts.press(REP, opened, "resolve"), outcome=OUTCOME)
    await town.world.live(days=7)
    worker = await looked(town, receipt)
    assert OUTCOME in worker.sees
    return numbers


async def staff_try(town: Town) -> list[str]:
    """All that staff can type, at work."""
    seen = []
    for name in ("rep", "organiser"):
        for command in ("cases", "duty", "poll", "digest"):
            person = town.person(name)
            seen.append(await person.types(command))
            person.hand.screen.modal = None
    return seen


async def test_no_word_of_a_case_goes_there_but_to_whoever_holds_it(tmp_path: Path) -> None:
    async with town_on(tmp_path, trust=Trust.EMPLOYER_OWNED) as town:
        numbers = await life(town)
        workers = len(town.server.calls)
        seen = await staff_try(town)
        calls, staffs = town.server.calls, town.server.calls[workers:]
        assert {one.route for one in holding(calls, *WORDS)} <= {ANSWER, CHANGED}
        assert holding(staffs, *WORDS) == []
        assert numbers
        assert holding(calls, *numbers) == []
        said = [one for one in calls if one.route == SAID]
        there = [one for one in said if any(room in one.path for room in town.guild.channels)]
        assert there, "the bulletin"
        assert all(town.general.id in one.path for one in there)
        assert holding(there, "needs you", "Your own list") == []
        assert holding(calls, "Every case was answered") == []
        refused = [one for one in seen if "employer" in one.lower()]
        assert len(refused) == 5, "a rep's two, an organiser's three: they are sent elsewhere"
        assert all(
            message.to for room in town.server.channels.values() for message in room.whispers
        )
        everywhere = [m for room in town.server.channels.values() for m in room.messages]
        assert not any(word in str(m.data) for m in everywhere for word in WORDS)


async def test_control_in_a_neutral_server_they_are_found(tmp_path: Path) -> None:
    async with town_on(tmp_path) as town:
        await filed(town)
        await town.world.slot()
        cases, rep = await Acts(town.world).say(REP, "cases"), town.person("rep")
        numbers = [b.subject for card in cases.cards for b in card.buttons if b.name == "open"]
        before = len(town.server.calls)
        await rep.types("cases")
        await rep.presses("open")
        calls = town.server.calls
        assert holding(calls, *numbers)
        assert {one.route for one in holding(calls[before:], STORY)} == {ANSWER}
        await town.world.live(days=7)
        said = [one for one in town.server.calls if one.route == SAID]
        assert holding(said, "needs you")
        there = [one for one in said if any(room in one.path for room in town.guild.channels)]
        assert holding(there, "Every case was answered")
