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
from tests.fakes.at_work import REP, WORDS
from tests.fakes.discord_week import STORY, Town, town_on
from tests.journeys.test_employer_on_discord import holding, lives_at_work
from tests.journeys.test_on_discord import filed

pytestmark = pytest.mark.xdist_group("discord")

ANSWER, CHANGED = (
    "POST /interactions/{interaction}/{token}/callback",
    "PATCH /webhooks/{application}/{token}/messages/{message}",
)
SAID = "POST /channels/{channel}/messages"


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
        number = await lives_at_work(town)
        workers = len(town.server.calls)
        seen = await staff_try(town)
        calls, staffs = town.server.calls, town.server.calls[workers:]
        assert {one.route for one in holding(calls, *WORDS)} <= {ANSWER, CHANGED}
        assert holding(staffs, *WORDS) == []
        assert holding(calls, number) == []
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
