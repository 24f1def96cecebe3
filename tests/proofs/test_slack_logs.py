"""What the log and every library's log hold after whole journeys on Slack, with all that can go wrong.

Shows: with every logger at DEBUG, over both ways in, through refusals, faults and bugs, no record holds
a word that a person wrote, an account, a token or a trigger.
Does not show: what the machine's own log keeps of the process.
Control: slack_sdk's and Bolt's own loggers, as they come, print all of it.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack_week import FORM, STORY, Town, town_on
from tests.journeys.over_slack import filed, looked

TYPED = "Bob Miller in the night shift"


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
    loud = [root, *map(logging.getLogger, ("slack_bolt", "slack_sdk"))]
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


def secrets_of(town: Town) -> list[str]:
    people = [user.id for user in town.space.users.values() if user.name in ("worker", "colleague")]
    return [STORY, TYPED, *people, town.space.bot_token, town.space.signing_secret]


async def journey(town: Town) -> None:
    """Somebody is heard, with a fault at every step."""
    faults, worker = town.server.faults, town.person("worker")
    await worker.types("/grievance", TYPED)
    await worker.hand.close()
    faults.error("views.open", "expired_trigger_id")
    await worker.hand.command("/grievance", channel=town.general)
    faults.error("views.update", "invalid_arguments")
    await worker.hand.command("/grievance", channel=town.general)
    await worker.hand.close()
    faults.cut("views.open")
    await worker.hand.command("/grievance", channel=town.general)
    faults.ratelimit("views.update", retry_after=1)
    faults.status("views.open", 500)
    await worker.hand.command("/grievance", channel=town.general)
    if worker.hand.view:
        await worker.hand.close()
    await heard_by_staff(town)
    await town.server.post_raw({"type": "block_actions", "actions": [], "words": STORY})
    await town.server.post_raw(f"payload={STORY}".encode())
    await town.server.post_raw({"type": "message", "text": STORY}, "event")


async def heard_by_staff(town: Town) -> None:
    """Words go out in answers to Slack, and in calls of ours."""
    worker, rep = town.person("worker"), town.person("rep")
    await worker.types("/grievance")
    await worker.submits()
    await worker.submits(**FORM)
    await worker.presses("edit")
    await worker.hand.close()
    await worker.hand.home()
    receipt = await filed(town)
    await town.world.slot()
    await rep.types("/cases")
    assert STORY in await rep.presses("open")
    await looked(town, receipt)


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_no_log_holds_a_word_or_an_account(tmp_path: Path, mode: str) -> None:
    with heard() as said:
        async with town_on(tmp_path, mode) as town:
            await _walk(town, mode)
        found = [(secret, one) for one in said for secret in secrets_of(town) if secret in one]
        assert found == []
        noted = str(town.world.log.lines)
        assert not any(secret in noted for secret in secrets_of(town))


async def _walk(town: Town, mode: str) -> None:
    if mode == "http":
        await journey(town)
        return
    await heard_by_staff(town)
    town.server.faults.error("views.update", "invalid_arguments")
    worker = town.person("worker")
    await worker.presses("message")


async def test_control_the_libraries_loggers_print_it_all(tmp_path: Path) -> None:
    async with town_on(tmp_path, "http") as town:
        with heard() as said:
            client = AsyncWebClient(token=town.space.bot_token, base_url=town.server.api_url)
            await client.api_call(
                "chat.postMessage", json={"channel": town.general.id, "text": STORY}
            )
        assert any(STORY in one for one in said)
