"""Leak scan, first form: who wrote, what they wrote and what opens it lies nowhere.

Shows: after every journey so far (errors, refusals, a crowd, a crash), in a place of the community
and alone with the bot, no account, name, room, code, word, receipt or token stands in database, log,
key store, temporary files or dumps, nor in what the databases were asked, in any form that ``traces``
knows. Does not show: the process's memory, or whether the seals hold.
Control: each of nine traces, planted into a copy, is found; the copy without them is clean. Of
whoever is alone with the bot, one whose account is written down there is found.
"""

import asyncio
import base64
import hashlib
import http.client
import io
import signal
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest

from adapters.logs import AllowListLog
from adapters.sandbox.people import PERSONAS
from bot.domain.communities import Role
from bot.ports import Membership
from tests.fakes.acts import REPS, Acts
from tests.fakes.alone import NO_CODE, NOWHERE, WRONG_CODE, alone_life, apart
from tests.fakes.asked import asked
from tests.fakes.demo import FILED, Demo, Person, demo_in, field, receipt_in
from tests.fakes.lives import NEW_NAME, NEWCOMER, WORDS, asked_life, whole_life
from tests.fakes.world import KeptPost, folders, new_world
from tests.proofs.scale import scaled
from tests.proofs.traces import bytes_of, forms, hits, places_of

PEOPLE = {word for one in PERSONAS for word in (one.id, one.name)}
WORKERS = [one.id for one in PERSONAS if one.role is Role.WORKER]

#: Half of them as Discord writes them (a number of 18 digits), half as Matrix does.
ACCOUNTS = [
    f"2837465019{n:08}" if n % 2 else f"@planted-worker-{n}:matrix.example"
    for n in range(scaled(200, least=20))
]

ALONE = ACCOUNTS[::3]  #: of them, those who do all they do alone with the bot


def written(receipts: set[str]) -> set[str]:
    """Receipts as people write them down."""
    return receipts | {one.replace("-", "") for one in receipts}


# In this process, where every account is known --------------------------------------------------


async def test_nothing_of_a_worker_lies_anywhere_while_the_bot_lives_and_after(
    tmp_path: Path,
) -> None:
    root, told = tmp_path / "world", io.StringIO()
    where = folders(root)
    async with new_world(where, log=AllowListLog(told), mails=True) as world:
        acts = apart(Acts(world), ALONE)
        with asked() as heard:
            await whole_life(acts, ACCOUNTS)
            await asked_life(acts, ACCOUNTS[:30])
            await alone_life(acts, ACCOUNTS[1:])
            _break(where.data)  # what cannot be kept is a bug, and bugs are logged
            for one in (ALONE[0], ACCOUNTS[1]):
                await acts.press(one, await acts.preview(one, story=WORDS["story"]), "send")
        living = places_of(root, tmp_path / "living")
        world.clock.move(timedelta(days=70))
        await world.bot.tick()
    ended = places_of(root, tmp_path / "ended")
    log = {"log": told.getvalue().encode()}
    given = {"asked": bytes_of({value for _, values in heard for value in values})}

    planted = {*ACCOUNTS, *WORDS.values(), *acts.tokens, *written(acts.receipts), *PEOPLE}
    planted |= {NEWCOMER, NEW_NAME, *NOWHERE, NO_CODE, "".join(NO_CODE.split())}
    assert len(acts.receipts) > len(ACCOUNTS) // 2
    assert len(acts.tokens) > len(ACCOUNTS)
    assert any(name.endswith("-wal") for name in living)
    assert told.getvalue().count("bug") == 2
    mailed = Counter(whom for whom, _ in world.post.people if "example" in whom)
    assert set(mailed) == {WORDS["address"], WORDS["taken_out"]}
    assert mailed[WORDS["address"]] > mailed[WORDS["taken_out"]] > 1, "digests went out by e-mail"
    assert world.post.digests
    assert world.post.own_lists
    assert living["dump of data/groundswell.db"].count(b'INSERT INTO "digest_weeks"') > 1
    assert hits(planted | {WRONG_CODE}, living | log) == []
    assert hits(planted | {WRONG_CODE}, ended) == []
    assert hits(planted, given) == []
    assert hits([WRONG_CODE], given), "what may be a community's code is looked up"


def _break(data: Path) -> None:
    """From now on the database refuses every new row that waits, as one that is damaged does."""
    database = sqlite3.connect(data / "groundswell.db", timeout=10)
    refuse = "CREATE TRIGGER broken BEFORE INSERT ON waiting BEGIN SELECT RAISE(ABORT, 'no'); END"
    database.execute(refuse)
    database.commit()
    database.close()


# The real program -------------------------------------------------------------------------------


def test_the_real_program_leaves_nothing_of_a_worker_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temp = tmp_path / "town" / "temp"
    temp.mkdir(parents=True)
    for name in ("TMPDIR", "SQLITE_TMPDIR", "HOME"):
        monkeypatch.setenv(name, str(temp))
    town = tmp_path / "town"
    with demo_in(town, begin=subprocess.Popen) as demo:
        planted = _live(demo)
        _break(town / "demo" / "data")
        demo.person(WORKERS[3]).preview(story=WORDS["story"])
        demo.person(WORKERS[3]).press("send")
        assert b"bug" in demo.stderr.read_bytes()
        assert hits(planted, places_of(town, tmp_path / "living")) == []
        demo.stop(signal.SIGKILL)  # what a crash leaves
        assert hits(planted, places_of(town, tmp_path / "crashed")) == []
    with demo_in(town) as demo:
        demo.person(REPS[0]).say("/cases")
    assert hits(planted, places_of(town, tmp_path / "ended")) == []


def _live(demo: Demo) -> set[str]:
    """Journey 1 and what goes wrong beside it; gives all that must be found nowhere."""
    noor, marta, tomasz = (demo.person(one) for one in WORKERS[:3])
    rep, tokens = demo.person(REPS[0]), set()
    _go_wrong(demo, noor)

    preview = noor.preview(story=WORDS["story"])
    noor.press("send")
    receipt = receipt_in(noor.card)
    again = {"as": noor.id, "message": preview["id"], "button": _id(preview, "send")}
    assert demo.post("press", again).status == 200
    assert receipt_in(noor.card) == receipt
    withdrawn = _alone(marta)
    tomasz.preview(story=WORDS["story"])
    urgent = receipt_in(tomasz.press("send_urgent"))
    assert demo.crowd("grievances", 15) == {"done": 15, "refused": 0}

    demo.move(until="slot")
    rep.say("/cases")
    while WORDS["story"] not in str(rep.press("open")):
        demo.move(until="slot")
    rep.press("acknowledge")
    rep.press("ask")
    rep.submit(text=WORDS["ask"])
    demo.move(until="slot")
    noor.visit(receipt)
    noor.press("export")
    noor.press("message")
    noor.submit(text=WORDS["held"])
    noor.press("send")
    demo.move(until="slot")
    rep.press("resolve")
    rep.submit(outcome=WORDS["outcome"])
    demo.move(until="slot")
    noor.visit(receipt)

    for person in (noor, marta, tomasz):
        ids = [one["id"] for message in person.messages for one in message["buttons"]]
        tokens |= {id.partition(":")[2] for id in ids if len(id.partition(":")[2]) > 20}
    assert len(tokens) > 5
    receipts = written({receipt, withdrawn, urgent})
    rooms = {f"direct-{one}" for one in WORKERS}
    typed = {*WORDS.values(), NO_CODE, WRONG_CODE, "pfeffernuss@example.org"}
    return {*PEOPLE, *rooms, *typed, *tokens, *receipts, "crowd-"}


def _alone(marta: Person) -> str:
    """In her direct room: a wrong code, the right one, a case that is withdrawn; its receipt."""
    code = field(marta.say("/about"), "Community code")
    marta.say(f"/grievance {WORDS['ignored']}", marta.direct["id"])
    for wrong in (NO_CODE, WRONG_CODE):
        marta.errors({"code": wrong})
    marta.submit(code=code)
    marta.press("continue")
    marta.submit(**(FILED | {"story": WORDS["story"]}))
    receipt = receipt_in(marta.press("send"))
    marta.press("saved")
    marta.say("/receipt", marta.direct["id"])
    marta.submit(receipt=receipt)
    marta.press("withdraw")
    marta.press("confirm")
    return receipt


def _go_wrong(demo: Demo, noor: Person) -> None:
    """Requests that are refused, and some that are no requests at all."""
    room = noor.rooms[0]["id"]
    noor.say(f"/grievance {WORDS['ignored']}")
    noor.say(f"/no-such-command {WORDS['ignored']}")
    noor.say(WORDS["message"])
    noor.say("/receipt")
    assert noor.answer({"receipt": WORDS["ignored"]}).status == 422
    assert noor.answer({"receipt": {"odd": WORDS["ignored"]}}).status == 422
    noor.dismiss()
    unheard = {"as": WORDS["ignored"], "room": room, "text": WORDS["story"]}
    assert demo.post("say", unheard).status == 404
    assert demo.post("say", WORDS["story"].encode()).status == 400
    assert (
        demo.post("say", {"as": noor.id, "room": room, "text": WORDS["story"] * 9999}).status == 400
    )
    assert demo.ask("GET", f"/{noor.id}", None, {"Origin": f"http://{noor.id}"}).status == 403
    line = http.client.HTTPConnection(demo.host, demo.port, timeout=10)
    line.connect()
    line.sock.sendall(f"{WORDS['ignored']} {noor.id}\r\nbroken\x00 header\r\n\r\n".encode())
    assert line.sock.recv(100)  # an answer, and a library's warning
    line.close()


def _id(card: dict, name: str) -> str:
    return next(one["id"] for one in card["buttons"] if one["id"].startswith(f"{name}:"))


# The control ------------------------------------------------------------------------------------

PLANTED = "@planted-worker-7:matrix.example"
NUMBER = "283746501900000007"


def in_table(value: object) -> Callable[[Path], None]:
    def plant(root: Path) -> None:
        database = sqlite3.connect(root / "data" / "groundswell.db")
        database.execute("INSERT INTO installation VALUES ('planted', ?)", (value,))
        database.commit()
        database.close()

    return plant


def in_keys(value: bytes) -> Callable[[Path], None]:
    def plant(root: Path) -> None:
        database = sqlite3.connect(root / "keys" / "keys.db")
        database.execute("INSERT INTO drafts VALUES (?, ?, 0)", (bytes(16), value))
        database.commit()
        database.close()

    return plant


def in_file(name: str, content: bytes) -> Callable[[Path], None]:
    def plant(root: Path) -> None:
        (root / name).write_bytes(content)

    return plant


PLANTS = {
    "as it is, in a table": in_table(f"reporter {PLANTED}".encode()),
    "as a number, in a table": in_table(int(NUMBER)),
    "as eight bytes, in a table": in_table(b"\x07" + int(NUMBER).to_bytes(8, "little")),
    "in UTF-16, in a table": in_table(PLANTED.encode("utf-16-le")),
    "in hex, in the key store": in_keys(b"\x01" + PLANTED.encode().hex().upper().encode()),
    "in base64, in a file": in_file("temp.json", base64.b64encode(b"who " + PLANTED.encode())),
    "as half a sha256, in the log": in_file(
        "log", hashlib.sha256(PLANTED.encode()).hexdigest()[:20].encode()
    ),
    "as blake2b with its platform, in the key store": in_keys(
        hashlib.blake2b(f"sandbox|{PLANTED}".encode()).digest()
    ),
    "as a file's name": in_file(f"draft of {PLANTED}.tmp", b""),
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a world in which both accounts filed leaves behind."""
    root = tmp_path_factory.mktemp("finished")

    async def live() -> None:
        async with new_world(folders(root / "world")) as world:
            for account in (PLANTED, NUMBER):
                await Acts(world).file(account)
            await world.slot()

    asyncio.run(live())
    return root / "world"


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_trace_is_found(plant: str, finished: Path, tmp_path: Path) -> None:
    copy = copytree(finished, tmp_path / "copy")
    assert hits([PLANTED, NUMBER], places_of(copy, tmp_path / "clean")) == []
    PLANTS[plant](copy)
    planted = places_of(copy, tmp_path / "planted")
    assert hits([PLANTED, NUMBER], planted) != []
    assert hits(["@somebody-else-7:matrix.example"], planted) == []


@dataclass
class TellingPost(KeptPost):
    """What must not be: it writes down of whom it is asked whether they are a member, which they are
    only when they are alone with the bot."""

    file: Path = Path()

    async def membership(self, space: str, account: str) -> tuple[Membership, datetime | None]:
        with self.file.open("a") as lines:
            lines.write(f"{hashlib.sha256(account.encode()).hexdigest()}\n")
        return await super().membership(space, account)


async def test_whoever_is_alone_is_found_where_that_road_writes_them_down(tmp_path: Path) -> None:
    root = tmp_path / "world"
    async with new_world(folders(root), post=TellingPost(file=root / "asked for")) as world:
        acts = apart(Acts(world), [PLANTED])
        for account in (PLANTED, NUMBER):
            await acts.visit(account, await acts.file(account))
    found = hits([PLANTED, NUMBER], places_of(root, tmp_path / "scratch"))
    assert found == [f"{PLANTED} as sha256 of '{{}}', hex in asked for"]


def test_base64_is_recognised_at_every_offset() -> None:
    for offset in range(3):
        text = base64.b64encode(b"xyz"[:offset] + PLANTED.encode() + b"and so on")
        assert forms(PLANTED)[f"base64+{offset}"] in text


@pytest.mark.parametrize("platform", ["sandbox", "matrix", "slack", "discord"])
@pytest.mark.parametrize("beside", ["{0}|{1}", "{0}\0{1}", "account\0{0}\0{1}", "{1}"])
def test_a_hash_of_an_account_is_recognised_on_every_platform(platform: str, beside: str) -> None:
    account = "123456789012345678"
    digest = hashlib.sha256(beside.format(platform, account).encode()).digest()
    for kept in (digest[:8], digest.hex().encode(), base64.b64encode(digest)):
        assert hits([account], {"a row": b"some bytes" + kept + b"more"})
