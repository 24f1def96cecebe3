"""The employer's workspace on Slack: every body that leaves for it, decoded.

Shows: of a case that was filed there, and answered elsewhere, no word goes there but into the modal of
whoever typed it or holds its receipt; no case number, no notice to staff, no digest, no message at all
that depends on a case. Staff are refused there, in modals, too.
Does not show: what Slack keeps of what is typed there, which the label tells.
Control: in a neutral workspace the same words are found in staff's modals, and so are notices.
"""

from pathlib import Path

import pytest

from bot.domain.communities import Trust
from tests.fakes.acts import Acts
from tests.fakes.at_work import REP, WORDS, answered_elsewhere
from tests.fakes.slack import Body
from tests.fakes.slack_week import STORY, Town, town_on
from tests.journeys.over_slack import TWO, a_town, filed, looked

#: Where a reporter's own words may go, and what their receipt opens: the modal in their hands.
OWN = {"ack view_submission", "call views.update"}


def out(town: Town) -> list[Body]:
    """Everything that left for the workspace."""
    return [one for one in town.server.bodies if one.to == "town"]


def holding(town: Town, *words: str) -> list[Body]:
    return [one for one in out(town) if any(word in said for said in one.words for word in words)]


async def life(town: Town) -> set[str]:
    """A case from the form to the outcome; the numbers that staff speak of."""
    receipt = await filed(town)
    await town.world.slot()
    return await answered_elsewhere(town.world, lambda: looked(town, receipt))


async def staff_try(town: Town) -> list[str]:
    """All that staff can type, at work."""
    seen = []
    for name in ("rep", "organiser"):
        person = town.person(name)
        for command in ("/cases", "/duty", "/poll", "/digest"):
            if person.hand.view:
                await person.hand.close()
            seen.append(await person.types(command))
    return seen


@pytest.mark.parametrize("mode", ["socket", "http", TWO])
async def test_no_word_of_a_case_goes_there_but_to_whoever_holds_it(
    request: pytest.FixtureRequest, tmp_path: Path, mode: str
) -> None:
    async with a_town(request, tmp_path, mode, trust=Trust.EMPLOYER_OWNED) as town:
        numbers = await life(town)
        seen = await staff_try(town)
        told = holding(town, *WORDS)
        assert {one.kind for one in told} <= OWN
        assert {one.user for one in told if one.kind == "ack view_submission"} == {
            town.space.user("worker").id
        }
        assert numbers
        assert holding(town, *numbers) == []
        posts = [one for one in out(town) if one.kind == "call chat.postMessage"]
        direct = {town.space.user(name).id for name in ("rep", "organiser", "moderator")}
        assert not any(person in said for one in posts for said in one.words for person in direct)
        private = {town.reps.id, town.organisers.id}
        assert not any(room in said for one in posts for said in one.words for room in private)
        assert not any("Every case was answered" in said for one in out(town) for said in one.words)
        refused = [one for one in seen if "employer" in one.lower()]
        assert len(refused) == 5, "a rep's two, an organiser's three: they are sent elsewhere"


async def test_control_in_a_neutral_workspace_they_are_found(tmp_path: Path) -> None:
    async with town_on(tmp_path, "http") as town:
        await filed(town)
        await town.world.slot()
        cases, rep = await Acts(town.world).say(REP, "cases"), town.person("rep")
        numbers = [b.subject for card in cases.cards for b in card.buttons if b.name == "open"]
        await rep.types("/cases")
        await rep.presses("open")
        assert holding(town, *numbers)
        to_staff = [one for one in holding(town, STORY) if one.kind == "call views.update"]
        assert any(f"acknowledge:{numbers[0]}" in one.words for one in to_staff)
        await town.world.live(days=7)
        posts = [one for one in out(town) if one.kind == "call chat.postMessage"]
        assert any("needs you" in said for one in posts for said in one.words)
        assert any("Every case was answered" in said for one in posts for said in one.words)
