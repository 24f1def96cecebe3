"""Kill: what was acknowledged is there, and there once, whenever the power goes.

Shows: 20 SIGKILLs (8 in CI) of the real program around ``send``, before and after the commit, lose no receipt
that was shown and keep no filing twice; no receipt is said before the commit. Does not show: power
lost under the disk's own cache; several processes on one database. Control: histories in which a
shown receipt opens nothing, or one filing is there twice, are caught.
"""

import http.client
import re
import signal
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.chance import SystemChance
from adapters.clock import SystemClock
from adapters.sandbox.people import PERSONAS, PLATFORM
from adapters.vault import FileVault, read_key_files
from bot.domain.communities import Role
from bot.settings import Where, at
from bot.wiring import Bot, groundswell
from tests.fakes.acts import Acts, receipt_in, shown
from tests.fakes.demo import RECEIPT, STORY, Demo, Person, demo_in
from tests.fakes.demo import receipt_in as receipt_on
from tests.fakes.world import US, KeptLog, KeptPost, World, caller
from tests.proofs.scale import scaled

KILLS = scaled(20, least=8)
WORKERS = [one.id for one in PERSONAS if one.role is Role.WORKER]


@dataclass(frozen=True)
class Kill:
    """One filing and what was left of it. ``receipt``: what was shown before the kill, if it was.

    ``opened``: whether that receipt opened a case after the restart; ``rows``: how many cases of
    this filing were kept then; ``again``, ``rows_again``: the receipt and the cases after pressing
    ``send`` once more; ``opened_again``: whether that receipt opens its case.
    """

    receipt: str | None
    opened: bool
    rows: int
    again: str | None
    rows_again: int
    opened_again: bool


def faults(kill: Kill) -> list[str]:
    """What must never be."""
    found = []
    if kill.receipt and not kill.opened:
        found.append("a receipt was shown and opens nothing")
    if kill.receipt and kill.rows != 1:
        found.append("a receipt was shown and there is not exactly one case")
    if kill.rows > 1 or kill.rows_again > 1:
        found.append("one filing was kept twice")
    if kill.again is None or kill.rows_again != 1 or not kill.opened_again:
        found.append("pressing send again did not end in one case that its receipt opens")
    if kill.receipt and kill.again != kill.receipt:
        found.append("pressing send again gave another receipt")
    return found


R, OTHER = "0000000-0000000-0000000", "1111111-1111111-1111111"


@pytest.mark.parametrize(
    "planted",
    [
        Kill(R, opened=False, rows=0, again=R, rows_again=1, opened_again=True),
        Kill(R, opened=True, rows=2, again=R, rows_again=2, opened_again=True),
        Kill(None, opened=False, rows=2, again=R, rows_again=2, opened_again=True),
        Kill(None, opened=False, rows=1, again=R, rows_again=2, opened_again=True),
        Kill(None, opened=False, rows=0, again=None, rows_again=0, opened_again=False),
        Kill(R, opened=True, rows=1, again=OTHER, rows_again=1, opened_again=True),
        Kill(None, opened=False, rows=0, again=R, rows_again=1, opened_again=False),
    ],
)
def test_a_planted_fault_is_caught(planted: Kill) -> None:
    assert faults(planted) != []


def test_what_should_be_is_no_fault() -> None:
    kept = Kill(R, opened=True, rows=1, again=R, rows_again=1, opened_again=True)
    lost = Kill(None, opened=False, rows=0, again=R, rows_again=1, opened_again=True)
    assert faults(kept) == faults(lost) == []


# The real program -------------------------------------------------------------------------------


@dataclass
class Filing:
    """One press of ``send`` that was cut off: the draft's token, and what was shown of it."""

    who: str
    token: str
    receipt: str | None = None
    opened: bool = False
    rows: int = 0


async def test_nothing_acknowledged_is_lost_and_nothing_kept_twice(tmp_path: Path) -> None:
    town = tmp_path / "town"
    where = at(town / "demo" / "data", town / "demo" / "keys")
    filings: list[Filing] = []
    takes = 0.0
    for n in range(KILLS):
        with demo_in(town) as demo:
            if filings:
                await _look(demo, where, filings[-1])
            else:
                takes = _time_of_sending(demo.person(WORKERS[0]))
            filings.append(_cut_off(demo, WORKERS[n % len(WORKERS)], n, takes))
    with demo_in(town) as demo:
        await _look(demo, where, filings[-1])

    before = _cases(where)
    kills = []
    async with _bot_on(where) as bot:
        for filing in filings:
            kills.append(await _again(bot, where, filing))
    assert [(kill, faults(kill)) for kill in kills if faults(kill)] == []
    assert {kill.rows for kill in kills} == {0, 1}, "kills before and after the commit"
    assert any(kill.receipt for kill in kills)
    assert before == 1 + sum(filing.rows for filing in filings)
    assert _cases(where) == 1 + KILLS, "the one that was timed, and each of the filings once"


def _time_of_sending(person: Person) -> float:
    """How long one ``send`` takes on this machine, so that the kills spread around it."""
    person.preview()
    began = time.perf_counter()
    person.press("send")
    return time.perf_counter() - began


def _cut_off(demo: Demo, who: str, n: int, takes: float) -> Filing:
    """Press ``send`` and kill the program: at once, when the receipt is seen, or in between."""
    person = demo.person(who)
    preview = person.preview()
    (button,) = [b["id"] for b in preview["buttons"] if b["id"].startswith("send:")]
    filing = Filing(who, button.partition(":")[2])
    seen, pressed = threading.Event(), threading.Event()

    def press() -> None:
        pressed.set()
        try:
            demo.post("press", {"as": who, "message": preview["id"], "button": button})
            filing.receipt = receipt_on(person.card)
        except (OSError, http.client.HTTPException, ValueError, AssertionError):
            return  # killed before the answer, or in the middle of it
        seen.set()

    pressing = threading.Thread(target=press)
    pressing.start()
    pressed.wait()
    if n == KILLS - 1:
        assert seen.wait(30)
    elif n:
        time.sleep(takes * 1.2 * n / KILLS)
    demo.stop(signal.SIGKILL)
    pressing.join()
    return filing


async def _look(demo: Demo, where: Where, filing: Filing) -> None:
    """After the restart: how often the filing is kept, and whether a shown receipt opens it."""
    filing.rows = _cases(where, await _lookups(where, filing))
    if filing.receipt:
        demo.person(filing.who).say("/receipt")
        answer = demo.person(filing.who).answer({"receipt": filing.receipt})
        filing.opened = answer.status == 200 and STORY in str(demo.person(filing.who).card)


async def _again(bot: Bot, where: Where, filing: Filing) -> Kill:
    """Press ``send`` once more, on a bot of our own over the same folders."""
    reply = await bot.door.begin("send", caller(filing.who), filing.token)
    found = RECEIPT.findall(shown(reply))
    again = found[0] if found else None
    rows = _cases(where, _found_by(_vault(where), again)) if again else 0
    opened = False
    if again:
        form = await bot.door.submit("receipt", caller("anyone"), "", {"receipt": again})
        opened = form.form is None
    return Kill(filing.receipt, filing.opened, filing.rows, again, rows, opened)


def _bot_on(where: Where):
    posts = {PLATFORM: KeptPost()}
    return groundswell(
        where, US, posts, SystemClock(), SystemChance(), KeptLog(), room_delay=timedelta(0)
    )


def _vault(where: Where) -> FileVault:
    return FileVault(read_key_files(where.keys), SystemChance())


async def _lookups(where: Where, filing: Filing) -> list[bytes]:
    """By what the filing's case is found: its draft, which only its token opens, knows."""
    vault = _vault(where)
    id, key = vault.draft(filing.token)
    with closing(_read_only(where.keys / "keys.db")) as database:
        (sealed,) = database.execute("SELECT sealed FROM drafts WHERE id = ?", (id,)).fetchone()
    words = vault.open(key, f"drafts.sealed/{id.hex()}", sealed).decode()
    (receipt,) = re.findall(RECEIPT, words)
    assert filing.receipt in (None, receipt)
    return _found_by(vault, receipt)


def _found_by(vault: FileVault, receipt: str) -> list[bytes]:
    """By what a case is found, while it waits and once it is released."""
    return [*vault.waiting_lookups(receipt), *vault.lookups(receipt)]


def _cases(where: Where, lookups: list[bytes] | None = None) -> int:
    """How many cases are kept, waiting or released: all, or those of one receipt."""
    count = 0
    with closing(_read_only(where.data / "groundswell.db")) as database:
        for table in ("waiting", "cases"):
            for (lookup,) in database.execute(f"SELECT lookup FROM {table}"):
                count += lookup is not None and (lookups is None or lookup in lookups)
    return count


def _read_only(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)


# In this process --------------------------------------------------------------------------------


@pytest.mark.parametrize("button", ["send", "send_urgent"])
async def test_when_the_receipt_is_said_the_case_is_committed(world: World, button: str) -> None:
    acts = Acts(world)
    preview = await acts.preview("worker")
    reply = await acts.press("worker", preview, button)
    # No other turn of the loop lies between the answer and this look from outside.
    assert _cases(world.where, _found_by(_vault(world.where), receipt_in(reply))) == 1


@pytest.mark.parametrize("table", ["waiting", "cases"])
async def test_no_receipt_is_said_for_what_cannot_be_kept(world: World, table: str) -> None:
    acts = Acts(world)
    preview = await acts.preview("worker")
    with closing(sqlite3.connect(world.where.data / "groundswell.db", timeout=10)) as database:
        refuse = (
            f"CREATE TRIGGER broken BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, ''); END"
        )
        database.execute(refuse)
        button = "send" if table == "waiting" else "send_urgent"
        reply = await acts.press("worker", preview, button)
        assert RECEIPT.findall(shown(reply)) == []
        assert _cases(world.where) == 0
        database.execute("DROP TRIGGER broken")
    receipt = receipt_in(await acts.press("worker", preview, "send"))
    assert _cases(world.where, _found_by(_vault(world.where), receipt)) == 1
