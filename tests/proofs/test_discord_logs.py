"""What the log and every library's log hold after whole journeys on Discord, with all that can go wrong.

Shows: with every logger at DEBUG, through refusals, faults and payloads that are none, no record holds a
word that a person wrote, an account or a token.
Control: discord.py's own loggers, as they come, print all of it.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.discord.taming import loggers
from tests.fakes.discord_week import FORM, STORY, Person, Town, town_on
from tests.journeys.test_on_discord import filed, looked

CALLBACK = "POST /interactions/{interaction}/{token}/callback"
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


async def journey(town: Town) -> list[str]:
    """Somebody is heard, with a fault at every step; what must not be found."""
    faults, worker, rep = town.server.faults, town.person("worker"), town.person("rep")
    await worker.types("grievance")
    await worker.presses("continue")
    faults.cut(CALLBACK)
    await worker.submits(**FORM)
    faults.error(CALLBACK, 404, 10062)
    await worker.hand.presses("edit")
    faults.error(CALLBACK, 400, 50035)
    await worker.hand.presses("edit")
    town.server.gateway.tell(town.guild, "INTERACTION_CREATE", {"data": STORY}, needs=0)
    town.server.gateway.tell(town.guild, "GUILD_CREATE", {"name": STORY}, needs=0)
    receipt = await filed(town)
    await town.world.slot()
    await rep.types("cases")
    assert STORY in await rep.presses("open")
    await looked(town, receipt)
    await town.server.gateway.drop()
    await town.server.until(lambda: town.server.gateway.resumed)
    return [STORY, receipt, worker.hand.user.id, rep.hand.user.id, town.server.token]


async def test_no_log_holds_a_word_or_an_account(tmp_path: Path) -> None:
    async with town_on(tmp_path, within=0.6) as town:
        with heard() as said:
            secrets = await journey(town)
        noted = str(town.world.log.lines)
    assert not [(secret, one) for one in said for secret in secrets if secret in one]
    assert not any(secret in noted for secret in secrets)


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
    for secret in (STORY, worker.hand.user.id):
        assert any(secret in one for one in said)
