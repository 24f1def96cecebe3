"""Whoever is left out reads, on Slack, what they would read if there were no case.

Shows: over a week in which a case is filed without a rep, climbs, is taken and resolved by another,
all that leaves for that rep's Slack (lists, counts, notices, the slot's rooms, the bulletin, the
digest, whatever they type) is the same, word by word, as in a week without it.
Does not show: what the others tell them; random histories, which are in test_exclusion.py.
Control: were the rep not left out, the weeks would differ.
"""

import re
from pathlib import Path

import pytest

from tests.fakes.acts import Acts
from tests.fakes.slack_week import Town, town_on
from tests.journeys.over_slack import MODES, filed, option

REP, OTHER = "Ines Moreau", "karim-benali"
#: The audit chain's head, what a message is marked with, and Slack's ids.
RANDOM = re.compile(r"\b([0-9a-f]{8,}|[A-Z][0-9A-F]{11})\b")
TYPED = ("/cases", "/duty", "/reps", "/about", "/help", "/receipt", "/grievance", "/pulse")


async def reads(town: Town) -> list[str]:
    """All that the rep finds now, wherever they look."""
    rep, seen = town.person("rep"), []
    for command in TYPED:
        seen.append(await rep.types(command))
        await rep.hand.close(everything=True)
    return seen


async def week(folder: Path, mode: str, *, files: bool, without: str = REP) -> list[str]:
    """All that the rep reads in it, with a case or without one."""
    async with town_on(folder, mode) as town:
        acts, rep = Acts(town.world), town.person("rep")
        town.organisers.members.add(rep.hand._user.id)  # they read the digest, too
        if files:
            await filed(town, category="surveillance", exclude=[await option(town, without)])
        seen = await reads(town)
        for number in range(4):
            await town.world.slot()
            await town.world.live(hours=25)
            seen += await reads(town)
            if files and number == 1:
                opened = await acts.press(OTHER, await acts.say(OTHER, "cases"), "open")
                await acts.press(OTHER, opened, "acknowledge")
            if files and number == 2:
                opened = await acts.press(OTHER, await acts.say(OTHER, "cases"), "open")
                await acts.fill(OTHER, await acts.press(OTHER, opened, "resolve"), outcome="Done.")
        theirs = {one.id for one in (town.general, town.reps, town.organisers)} | {
            rep.hand._user.id
        }
        posts = [one.words for one in town.server.bodies if one.kind == "call chat.postMessage"]
        told = sorted(" ".join(said) for said in posts if theirs & set(said))
        assert told
        return [RANDOM.sub("", one) for one in (*seen, *rep.heard(), *told)]


@pytest.mark.parametrize("mode", MODES)
async def test_their_week_is_the_same_as_without_the_case(tmp_path: Path, mode: str) -> None:
    without = await week(tmp_path / "without", mode, files=False)
    assert await week(tmp_path / "with", mode, files=True) == without
    control = await week(tmp_path / "control", mode, files=True, without="Greta Holm")
    assert control != without, "were they not left out"
    assert any("Surveillance" in one for one in control)
