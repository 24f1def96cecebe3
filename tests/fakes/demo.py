"""The real program in a process of its own, as somebody starts it, and people who use it.

``Demo`` starts ``groundswell demo``, reads its address from the first line it says, and speaks
JSON to it like any outside tool; a ``Person`` says, presses and submits. Nothing reaches inside
the process: files are read from outside, what it said on stderr is kept in a file.
"""

import http.client
import json
import queue
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from adapters.sandbox.time import CLOCK
from bot.domain.grievances.receipts import RECEIPT
from tests.fakes.forked import Forked

STARTS_WITHIN = 60.0
TOLD_WITHIN = 120.0  #: the story, on a machine that does much else
ANSWERS_WITHIN = 30.0  #: seconds: what the API promises of a POST
STOPS_WITHIN = 20.0

STORY = "The pager goes off most nights and nobody gets the next morning off."
FILED = {"category": "on_call", "spread": "team", "impact": "4", "story": STORY}

Json = Any


class NotDone(AssertionError):
    """The sandbox answered with an error where a test's person expected none."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Json:
        return json.loads(self.body)

    @property
    def sentence(self) -> str:
        """The one sentence of a refusal."""
        assert set(self.json) == {"error"}, self.json
        said: str = self.json["error"]
        return said


class Demo:
    """One ``groundswell demo``. ``folder`` outlives it: start another on the same to go on.
    ``begin``: what starts it; ``subprocess.Popen`` loads it anew."""

    def __init__(
        self, folder: Path, *, empty: bool = True, begin: type[subprocess.Popen] = Forked
    ) -> None:
        self.folder, self._empty, self._begin = folder, empty, begin
        self.stderr = folder / "stderr.txt"

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.folder / "demo").exists():
            _begins_on_a_tuesday(self.folder / "demo" / "data")
        words = [str(Path(sys.executable).with_name("groundswell")), "demo", "--port", "0"]
        words += ["--data", str(self.folder / "demo"), "--no-browser"]
        words += ["--empty"] if self._empty else []
        with self.stderr.open("ab") as heard:
            self.process = self._begin(words, stdout=subprocess.PIPE, stderr=heard)
        assert self.process.stdout is not None
        hurry = threading.Timer(STARTS_WITHIN, self.process.kill)
        hurry.start()
        self.address = self.process.stdout.readline().decode().strip()
        hurry.cancel()
        parts = urlsplit(self.address)
        if not parts.hostname or not parts.port:
            self.stop()
            raise AssertionError(f"it did not start: {self.stderr.read_text()}")
        self.host, self.port = parts.hostname, parts.port

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop it and say its exit code."""
        self.process.send_signal(how)
        try:
            return self.process.wait(STOPS_WITHIN)
        finally:
            self.process.kill()
            self.process.wait()
            if self.process.stdout is not None:
                self.process.stdout.close()

    def until_told(self) -> None:
        """Wait for the end of the story: whatever shows the town answers after it."""
        line = http.client.HTTPConnection(self.host, self.port, timeout=TOLD_WITHIN)
        line.request("GET", "/api/state?as=noor-haddad")
        assert line.getresponse().read()
        line.close()

    # The wire -----------------------------------------------------------------------------------

    def ask(
        self,
        method: str,
        path: str,
        body: Json | bytes = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request. ``body``: bytes as they are, anything else as JSON."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        line = http.client.HTTPConnection(self.host, self.port, timeout=ANSWERS_WITHIN)
        try:
            line.request(
                method, path, data, {"Content-Type": "application/json", **(headers or {})}
            )
            answer = line.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            line.close()

    def get(self, path: str, who: str | None = None, **headers: str) -> Answer:
        return self.ask("GET", path if who is None else f"{path}?as={quote(who)}", None, headers)

    def post(self, act: str, body: Json | bytes = None, **headers: str) -> Answer:
        return self.ask("POST", f"/api/{act}", body, headers)

    @contextmanager
    def events(self, who: str) -> Iterator["Events"]:
        """The stream of what changes for one persona."""
        line = http.client.HTTPConnection(self.host, self.port, timeout=ANSWERS_WITHIN)
        line.request("GET", f"/api/events?as={quote(who)}")
        answer = line.getresponse()
        socket_ = line.sock
        try:
            yield Events(answer)
        finally:
            if socket_ is not None:
                socket_.shutdown(socket.SHUT_RDWR)  # the listener's read ends
            line.close()

    # What anyone may do -------------------------------------------------------------------------

    def person(self, id: str) -> "Person":
        return Person(self, id)

    def move(self, **how: str) -> str:
        """Move the clock: ``until`` a kind of moment, or ``advance`` by a duration."""
        now: str = _taken(self.post("clock", how)).json["now"]
        return now

    def crowd(self, act: str, count: int) -> Json:
        return _taken(self.post("crowd", {"act": act, "count": count})).json

    def due(self) -> dict[str, str]:
        """The next moment of each kind."""
        state = _taken(self.get("/api/state", "noor-haddad")).json
        return {one["what"]: one["at"] for one in state["due"]}

    # What lies on the disk ----------------------------------------------------------------------

    def rows(self) -> dict[str, int]:
        """How many rows each table of both databases holds, read from outside."""
        counts: dict[str, int] = {}
        for file in sorted(self.folder.glob("demo/*/*.db")):
            line = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)
            try:
                names = line.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                for (name,) in sorted(names):
                    found = line.execute(f'SELECT count(*) FROM "{name}"').fetchone()
                    counts[f"{file.stem}.{name}"] = found[0]
            finally:
                line.close()
        return counts

    def files_with(self, words: str) -> list[Path]:
        """Every file under the folder, what the process said included, that holds ``words``."""
        forms = [words.encode(), words.encode("utf-16-le"), words.encode("utf-16-be")]
        kept = (file for file in self.folder.rglob("*") if file.is_file())
        return [file for file in kept if any(form in file.read_bytes() for form in forms)]


class Events:
    """A stream of server-sent events, heard as they come."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.headers = answer.headers
        self._heard: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._listen, args=(answer,), daemon=True).start()

    def next(self, within: float) -> bool:
        """Whether an event came, or comes within so many seconds; comments do not count."""
        try:
            self._heard.get(timeout=within)
        except queue.Empty:
            return False
        return True

    def _listen(self, answer: http.client.HTTPResponse) -> None:
        with suppress(OSError, ValueError, AttributeError, http.client.HTTPException):
            while line := answer.readline():
                if line.startswith(b"data:"):
                    self._heard.put(line.decode())


class Person:
    """A persona of the sandbox, as an outside tool plays one."""

    def __init__(self, demo: Demo, id: str) -> None:
        self.demo, self.id = demo, id
        self._at: str | None = None  # the room of the last act; the first at the beginning

    @property
    def state(self) -> Json:
        return _taken(self.demo.get("/api/state", self.id)).json

    @property
    def rooms(self) -> list[Json]:
        found: list[Json] = self.state["rooms"]
        return found

    @property
    def room(self) -> Json:
        """The room this person is in."""
        rooms = self.rooms
        return next((room for room in rooms if room["id"] == self._at), rooms[0])

    @property
    def direct(self) -> Json:
        return self.rooms[-1]

    @property
    def messages(self) -> list[Json]:
        """What this person sees in the room they are in, oldest first."""
        found: list[Json] = self.room["messages"]
        return found

    @property
    def card(self) -> Json:
        """The newest thing in the room this person is in."""
        return self.messages[-1]

    @property
    def form(self) -> Json:
        return self.state["form"]

    def say(self, text: str, room: str | None = None) -> Json:
        """Say something, in the first room unless told; gives the newest card there, if any."""
        self._at = room or self.rooms[0]["id"]
        _taken(self.demo.post("say", {"as": self.id, "room": self._at, "text": text}))
        return self.card if self.messages else None

    def press(self, name: str) -> Json:
        """Press the newest button of that name; gives the newest card."""
        message, button = self.button(name)
        body = {"as": self.id, "message": message, "button": button}
        _taken(self.demo.post("press", body))
        return self.card if self.messages else None

    def button(self, name: str) -> tuple[str, str]:
        """The newest message here with a button of that name, and the button's whole id."""
        for message in reversed(self.messages):
            for one in message["buttons"]:
                if one["id"].partition(":")[0] == name:
                    return message["id"], one["id"]
        raise NotDone(f"{self.id} sees no button {name}")

    def answer(self, answers: Json) -> Answer:
        """Submit the open form, whatever comes of it."""
        body = {"as": self.id, "form": self.form["id"], "answers": answers}
        return self.demo.post("submit", body)

    def submit(self, **answers: Json) -> Json:
        """Submit the open form; gives the newest card."""
        assert _taken(self.answer(answers)).json == {"ok": True}
        return self.card if self.messages else None

    def errors(self, answers: Json) -> dict[str, str]:
        """Submit the open form, which must be refused; gives the sentences by field."""
        refused = self.answer(answers)
        assert refused.status == 422, (refused.status, refused.body)
        assert set(refused.json) == {"errors"}
        found: dict[str, str] = refused.json["errors"]
        return found

    def dismiss(self) -> None:
        _taken(self.demo.post("dismiss", {"as": self.id, "form": self.form["id"]}))

    def preview(self, **changes: Json) -> Json:
        """Fill in a grievance as far as its preview."""
        self.say("/grievance")
        self.press("continue")
        return self.submit(**(FILED | changes))

    def file(self, **changes: Json) -> str:
        """File a grievance and give its receipt, noted down and taken off the screen."""
        self.preview(**changes)
        receipt = receipt_in(self.press("send"))
        self.press("saved")
        return receipt

    def visit(self, receipt: str) -> Json:
        """Come back with a receipt."""
        self.say("/receipt")
        return self.submit(receipt=receipt)


def receipt_in(card: Json) -> str:
    found = RECEIPT.findall(json.dumps(card))
    assert len(set(found)) == 1, found
    only: str = found[0]
    return only


def field(card: Json, label: str) -> str:
    """The value of the field of that label."""
    (value,) = [one["value"] for one in card["fields"] if one["label"] == label]
    return str(value)


def values(card: Json) -> list[str]:
    return [one["value"] for one in card["fields"]]


def buttons(card: Json) -> list[str]:
    """The buttons' names, without what they are about."""
    return [one["id"].partition(":")[0] for one in card["buttons"]]


def _begins_on_a_tuesday(data: Path) -> None:
    """At ten: a slot comes on the next day, and on whatever day a test is run no digest, no change of
    who is on duty comes with it."""
    now = datetime.now(UTC)
    tomorrow = now.replace(hour=10, minute=0) + timedelta(days=1)  # it goes no way back
    tuesday = tomorrow + timedelta(days=(1 - tomorrow.weekday()) % 7)
    data.mkdir(parents=True)
    (data / CLOCK).write_text(json.dumps({"offset_seconds": (tuesday - now).total_seconds()}))


@contextmanager
def demo_in(
    folder: Path, *, empty: bool = True, begin: type[subprocess.Popen] = Forked
) -> Iterator[Demo]:
    """A demo that runs for as long as the block lasts."""
    demo = Demo(folder, empty=empty, begin=begin)
    demo.start()
    try:
        yield demo
    finally:
        if demo.process.poll() is None:
            demo.stop()


def _taken(answer: Answer) -> Answer:
    if answer.status != 200:
        raise NotDone(f"{answer.status}: {answer.body.decode(errors='replace')[:500]}")
    return answer
