"""Whoever is left out reads, on Discord, what they would read if there were no case.

Shows: over a week in which a case is filed without a rep, climbs, is taken and resolved by another,
all that stood on that rep's Discord at any moment (lists, counts, notices, the slot's rooms, the bulletin,
the digest, whatever they type) is the same, word by word, as in a week without it.
Does not show: what the others tell them; random histories, which are in test_exclusion.py.
Control: were the rep not left out, the weeks would differ.
"""

import re
from pathlib import Path

import pytest

from tests.fakes.acts import Acts
from tests.fakes.discord import words_of
from tests.fakes.discord_week import FORM, Town, read, town_on
from tests.journeys.test_on_discord import options

pytestmark = pytest.mark.xdist_group("discord")

REP, OTHER = "Ines Moreau", "karim-benali"
#: The audit chain's head.
RANDOM = re.compile(r"\b[0-9a-f]{8,}\b")
TYPED = ("cases", "duty", "reps", "about", "help", "receipt", "grievance", "pulse")


async def reads(town: Town) -> list[str]:
    """All that the rep finds now, wherever they look."""
    rep, seen = town.person("rep"), []
    for command in TYPED:
        seen.append(await rep.types(command))
        rep.hand.screen.modal = None
    return seen


async def files(town: Town, without: str) -> None:
    worker = town.person("worker")
    await worker.types("grievance")
    await worker.presses("continue")
    left_out = options(worker, "exclude")[without]
    await worker.submits(**FORM | {"category": "surveillance", "exclude": [left_out]})
    await worker.presses("send")
    await worker.presses("saved")


async def week(folder: Path, *, case: bool, without: str = REP) -> list[str]:
    """All that the rep reads in it, with a case or without one."""
    async with town_on(folder) as town:
        acts, rep = Acts(town.world), town.person("rep").hand.user
        town.organisers.overwrites[rep.id] = town.reps.overwrites[
            rep.id
        ]  # they read the digest, too
        if case:
            await files(town, without)
        seen = await reads(town)
        for number in range(4):
            await town.world.slot()
            await town.world.live(hours=25)
            seen += await reads(town)
            if case and number == 1:
                opened = await acts.press(OTHER, await acts.say(OTHER, "cases"), "open")
                await acts.press(OTHER, opened, "acknowledge")
            if case and number == 2:
                opened = await acts.press(OTHER, await acts.say(OTHER, "cases"), "open")
                await acts.fill(OTHER, await acts.press(OTHER, opened, "resolve"), outcome="Done.")
        theirs = {town.general.id, town.reps.id, town.organisers.id, town.server.direct(rep).id}
        told = sorted(
            f"{moment.what} {read(said)}"
            for moment in town.server.moments
            if moment.channel in theirs and moment.to in ("", rep.id)
            for said in words_of(moment.told["components"])
        )
        assert len(told) > 50
        return [RANDOM.sub("", one) for one in (*seen, *told)]


async def test_their_week_is_the_same_as_without_the_case(tmp_path: Path) -> None:
    without = await week(tmp_path / "without", case=False)
    assert await week(tmp_path / "with", case=True) == without
    control = await week(tmp_path / "control", case=True, without="Greta Holm")
    assert control != without, "were they not left out"
    assert any("Surveillance" in one for one in control)
