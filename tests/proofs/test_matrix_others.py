"""What everybody else hears on Matrix of whoever talks with the bot: in shared rooms, and in their own talks.

Shows: over a real homeserver, in an employer's place, by each message that the clients of all who are there
decrypt, kept as it was said: while somebody files without one rep, is asked, answers and reads the outcome,
nobody else hears a word, a receipt, a name or an account of theirs, and no shared room a case number, a
notice to staff or a digest. (Staff are told in talks with the bot alone, which are in no place.) At
SCALE=1 also: the rep who is left out hears, for twelve days, what they hear where there is no case.
Does not show: what the homeserver keeps and sees; other histories than this one. Control: the worker's own
client hears all of it; at SCALE=1, in a neutral place the organisers' room hears the digest, and a rep who
is not left out hears of the case.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.domain.communities import Trust
from tests.fakes.acts import STORY, Acts
from tests.fakes.matrix_people import Person, crowd_on
from tests.fakes.matrix_town import Town, town_on
from tests.fakes.synapse import Synapse
from tests.journeys.test_on_matrix import (
    LEAVES_INES_OUT,
    LEAVES_NOBODY_OUT,
    SURVEILLANCE,
    filed,
    looked,
)
from tests.proofs.scale import SCALE

pytestmark = pytest.mark.xdist_group("synapse")

REP = "karim-benali"  #: who works on it in the sandbox
#: The number of a town's bot, and of what Matrix calls its rooms.
RANDOM = re.compile(r"@bot\d+|![\w-]+(:[\w.]+)?")
ASKED, ANSWERED, OUTCOME = "How often is that, roughly?", "Every night but one.", "Two more people."


def heard(town: Town, who: Person, *rooms: str) -> list[str]:
    """All that the bot ever said to them, or in these rooms."""
    told = zip(who.heard, who.rooms, strict=True)
    return [one.body for one, at in told if one.sender == town.bot and (not rooms or at in rooms)]


async def life(town: Town, leaves_out: str) -> set[str]:
    """A case from the form to the outcome; what its reporter could be found by, and its number. With
    no ``leaves_out`` the same days without a case."""
    acts, days = Acts(town.world), town.world
    if not leaves_out:
        for _ in range(3):
            await days.slot()
        await days.live(days=7)
        return set()
    receipt = await filed(town, SURVEILLANCE, leaves_out)
    await days.slot()
    cases = await acts.say(REP, "cases")
    (number,) = {b.subject for card in cases.cards for b in card.buttons if b.name == "open"}
    desk = await acts.press(REP, cases, "open")
    await acts.press(REP, desk, "acknowledge")
    await acts.fill(REP, await acts.press(REP, desk, "ask"), text=ASKED)
    await days.slot()
    talk, view = await looked(town, receipt)
    (message,) = (one[0] for one in view.splitlines() if one.endswith(". Add a message"))
    await talk.lines(message, ANSWERED)
    await days.slot()
    desk = await acts.press(REP, await acts.say(REP, "cases"), "open")
    await acts.fill(REP, await acts.press(REP, desk, "resolve"), outcome=OUTCOME)
    await days.live(days=7)
    await looked(town, receipt)
    worker = town.people["worker"].user
    name = worker[1:].partition(":")[0]
    return {worker, name, receipt, number, STORY, ANSWERED, ASKED, OUTCOME}


@asynccontextmanager
async def lived(
    synapse: Synapse, folder: Path, trust: Trust, leaves_out: str
) -> AsyncIterator[tuple[Town, set[str]]]:
    """The town after that, and the marks."""
    async with crowd_on(synapse) as crowd, town_on(crowd, folder, trust=trust) as town:
        rep = await town.begun("rep")
        await rep.says("!cases")
        marks = await life(town, leaves_out)
        await rep.says("!cases")
        for person in town.people.values():
            await person.sync()
            await person.sync()
        yield town, marks
        assert town.wrong == []


def found(marks: set[str], said: list[str]) -> set[str]:
    every = "\n".join(said)
    return {one for one in marks if one in every}


def of_rep(town: Town) -> list[str]:
    """Without the numbers that homeserver and town have of their own."""
    return sorted(RANDOM.sub("", one) for one in heard(town, town.people["rep"]))


NOTICED = {"needs you", "Every case was answered"}


async def test_nobody_else_hears_of_whoever_talks_with_the_bot(
    synapse: Synapse, tmp_path: Path
) -> None:
    at_work = Trust.EMPLOYER_OWNED
    async with lived(synapse, tmp_path / "with", at_work, LEAVES_INES_OUT) as (town, marks):
        others = [one for name, one in town.people.items() if name != "worker"]
        for one in others:
            assert heard(town, one)
            assert found(marks, heard(town, one)) == set()
            assert found(NOTICED, heard(town, one, *town.rooms)) == set()
        theirs = found(marks, heard(town, town.people["worker"]))
        assert len(theirs) == 5, "the control: four texts and the receipt"
        rep = of_rep(town)
    if SCALE < 1:
        return
    async with lived(synapse, tmp_path / "without", at_work, "") as (town, _):
        assert of_rep(town) == rep
    async with lived(synapse, tmp_path / "neutral", Trust.NEUTRAL, LEAVES_NOBODY_OUT) as (town, _):
        assert of_rep(town) != rep, "the controls"
        assert found(NOTICED, heard(town, town.people["rep"])) == {"needs you"}
        assert found(NOTICED, heard(town, town.people["organiser"], town.organisers)) == {
            "Every case was answered"
        }
