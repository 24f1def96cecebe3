"""What only two processes behind one address can get wrong: the same thing taken by both. The journeys
themselves are run by two in test_on_slack.py."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.ports import Noted
from tests.fakes.acts import Acts
from tests.fakes.slack_week import FORM, RECEIPT, Town, words
from tests.journeys.asking import answers
from tests.journeys.over_slack import TWO, a_town


@pytest.fixture
async def town(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    async with a_town(request, tmp_path, TWO) as made:
        yield made
        assert made.wrong == []
        assert Noted.BUG not in {event for event, _ in made.world.log.lines}


async def test_the_same_payload_at_both_acts_once(town: Town) -> None:
    worker = town.person("worker")
    await worker.types("/grievance")
    await worker.submits()
    await worker.submits(**FORM)
    town.server.faults.twice = 1
    await worker.submits()
    again = await town.server.delivery.again()
    assert worker.receipt in str(again.body)
    assert set(RECEIPT.findall(str(again.body))) == {worker.receipt}
    await town.world.slot()
    cases = (await Acts(town.world).say("ines-moreau", "cases")).cards[0]
    assert [b.name for b in cases.buttons] == ["open"]


async def test_one_person_has_one_answer_wherever_it_is_given(town: Town) -> None:
    organiser, worker = town.person("organiser"), town.person("worker")
    await organiser.types("/poll", "new", town.organisers)
    poll = {"question": "Shall we?", "kind": "yes_no", "days": "2", "comment": "no"}
    await organiser.submits(**poll)
    await organiser.presses("confirm")
    await town.world.tick()
    assert sum("Shall we?" in words(m) for m in town.general.messages) == 1
    for answer in ("yes", "no", "no"):
        await worker.presses("answer", where="message")
        await worker.submits(q1=answer)
        await worker.hand.close()
    acts = Acts(town.world)
    for name in "abc":
        await answers(acts, name, q1="yes")
    await town.world.live(days=2, hours=1)
    (results,) = [m for m in town.general.messages if "Results of a poll" in words(m)]
    assert "withheld" in words(results), "four answered, and not six"
