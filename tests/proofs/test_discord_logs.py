"""What the log and every library's log hold after all six journeys on Discord, with all that can go wrong.

Shows: with every logger at DEBUG, through refusals, faults, payloads that are none, a bug of ours and a
database that is away, no record and no line holds a word that a person wrote, an account, a receipt, or
what Discord calls an act of theirs.
Does not show: what the machine's own log keeps of the process.
Control: discord.py's own loggers, as they come, print all of it.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from adapters.discord import acts
from adapters.discord.taming import loggers
from bot.domain.communities import Trust
from bot.ports import Noted
from tests.fakes.discord.parts import inner
from tests.fakes.discord_week import FORM, RECEIPT, STORY, Person, Town, town_on
from tests.journeys import digesting
from tests.journeys import test_on_discord as stories
from tests.journeys.test_employer_on_discord import lives_at_work
from tests.journeys.test_on_discord import filed

CALLBACK = "POST /interactions/{interaction}/{token}/callback"
SAID = "POST /channels/{channel}/messages"
pytestmark = pytest.mark.xdist_group("discord")


class Everything(logging.Handler):
    """All that anybody says, words and tracebacks."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(logging.Formatter("%(name)s %(message)s").format(record))


@contextmanager
def heard() -> Iterator[list[str]]:
    everything, root = Everything(), logging.getLogger()
    loud = [root, *loggers()]
    before = [one.level for one in loud]
    root.addHandler(everything)
    for one in loud:
        one.setLevel(logging.DEBUG)
    try:
        yield everything.said
    finally:
        root.removeHandler(everything)
        for one, level in zip(loud, before, strict=True):
            one.setLevel(level)


async def journeys(town: Town) -> None:
    """All but the fourth, which is lived where an employer reads."""
    for story in (
        stories.test_a_worker_is_heard,
        stories.test_nobody_answers_and_the_case_climbs,
        stories.test_whoever_is_left_out_never_learns_of_it,
        stories.test_a_pulse_is_answered_in_a_form_and_its_next_wave_shows_the_trend,
    ):
        await town.monday()
        await story(town)
    await town.monday()
    await digesting.comes_once_whatever_becomes_of_the_process(digesting.OnDiscord(town))


async def troubles(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody is heard, with a fault at every step."""
    faults, worker = town.server.faults, town.person("worker")
    await worker.types("grievance")
    await worker.presses("continue")
    town.server.interactions.within, waits = 0.3, town.server.interactions.within
    faults.cut(CALLBACK)
    await worker.submits(**FORM)
    faults.error(CALLBACK, 404, 10062)
    await worker.hand.presses("edit")
    faults.error(CALLBACK, 400, 50035)
    await worker.hand.presses("edit")
    town.server.interactions.within = waits
    town.server.gateway.tell(town.guild, "INTERACTION_CREATE", {"data": STORY}, needs=0)
    town.server.gateway.tell(town.guild, "GUILD_CREATE", {"name": STORY}, needs=0)
    await filed(town)
    faults.lost(SAID)
    await town.world.slot()
    faults.error(SAID, 400, 50035)
    await town.world.live(minutes=1)
    await ours(town, monkeypatch)
    await town.server.gateway.drop()
    await town.server.until(lambda: town.server.gateway.resumed)


async def ours(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks on our side, with the words in hand."""
    worker = town.person("colleague")
    for wrong in (RuntimeError(STORY), OperationalError(STORY, {"story": STORY}, Exception(STORY))):
        await worker.types("grievance")
        await worker.presses("continue")

        def breaks(*of: Any, error: Exception = wrong, **more: Any) -> Any:
            raise error

        with monkeypatch.context() as broken:
            broken.setattr(acts.Acts, "_asked", breaks)
            assert "broke" in await worker.submits(**FORM)


def secrets(town: Town) -> set[str]:
    """All that people wrote and are called, and what Discord calls each of their acts."""
    found = {town.server.token, STORY, *(one.id for one in town.server.users.values())}
    for act in town.server.interactions.by_id.values():
        found |= {act.id, act.token}
        typed = (one.get("value") for one in inner(act.data.get("components", ())))
        found |= {one for one in typed if isinstance(one, str) and " " in one}
    for body in town.server.bodies:
        found |= set(RECEIPT.findall(body.raw.decode("utf-8", "replace")))
    return found - {town.server.bot.id}


def found(secrets: set[str], said: list[str]) -> list[str]:
    every = "\n".join(said)
    return sorted(one for one in secrets if one in every)


async def test_no_log_holds_a_word_or_an_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with heard() as said:
        async with town_on(tmp_path / "town") as town:
            await journeys(town)
            await troubles(town, monkeypatch)
        async with town_on(tmp_path / "work", trust=Trust.EMPLOYER_OWNED) as work:
            await lives_at_work(work)
    noted = [json.dumps([str(one) for one in town.world.log.lines + work.world.log.lines])]
    events = [event for event, _ in town.world.log.lines]
    assert (events.count(Noted.BUG), events.count(Noted.PARKED)) == (3, 1), "all of it went wrong"
    assert len(secrets(town)) > 100
    for one in (town, work):
        assert found(secrets(one), said + noted) == []


async def test_control_the_library_s_loggers_print_it_all(tmp_path: Path) -> None:
    async with town_on(tmp_path) as town:
        for one in loggers():
            one.disabled = False
        with heard() as said:
            worker: Person = town.person("worker")
            await worker.types("grievance")
            await worker.presses("continue")
            await worker.submits(**FORM)
        for one in loggers():
            one.disabled = True
    acts = town.server.interactions.by_id.values()
    printed = {STORY, worker.hand.user.id, *(one.id for one in acts), *(one.token for one in acts)}
    assert printed <= set(found(secrets(town), said))
