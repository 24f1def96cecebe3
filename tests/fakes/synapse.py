"""A real Synapse from PyPI: one homeserver per test process, with new accounts for whoever asks.
Where a test needs a second one, they know nothing of each other.

It is no fake. SQLite in a folder of its own, loopback alone, no federation, no presence; nothing of
it outlives the tests. Where it cannot start the tests that need it are skipped with a loud
sentence; with ``CI=true`` that is a failure. Mark what uses it ``xdist_group("synapse")``.
"""

import base64
import hmac
import http.client
import json
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http import HTTPStatus
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.fakes.installed import free_port
from tests.fakes.postgres import missing

STARTS_WITHIN = 60
PASSWORD = "open sesame"
SHARED_SECRET = "of the tests"
#: So much that nobody meets a limit, but who is given one of their own.
_PLENTY = {"per_second": 10_000, "burst_count": 10_000}
_LIMITED = ("message", "registration", "admin_redaction", "room_creation", "key_requests")
_LIMITS = {f"rc_{name}": _PLENTY for name in _LIMITED}
_LIMITS |= {
    "rc_login": dict.fromkeys(("address", "account", "failed_attempts"), _PLENTY),
    "rc_joins": dict.fromkeys(("local", "remote"), _PLENTY),
    "rc_invites": dict.fromkeys(("per_room", "per_user", "per_issuer"), _PLENTY),
}


class Synapse:
    """A server at ``url``, whose people are ``@somebody:gw.test``, or of another ``name``."""

    def __init__(self, name: str = "gw.test") -> None:
        self.name = name
        self._folder = Path(tempfile.mkdtemp(prefix="gw-hs-"))
        self._port, self._numbers = free_port(), count(1)
        self.url = f"http://127.0.0.1:{self._port}"
        self._config = self._folder / "homeserver.yaml"
        self._config.write_text(json.dumps(self._settings()))  # JSON is YAML, too
        self._process: subprocess.Popen[bytes] | None = None
        self._mourner = _mourner(self._folder)
        try:
            self.come_back()
            self.warden = self._registered("warden", admin=True)["access_token"]
        except BaseException:
            self.end()
            raise

    def account(self, name: str = "somebody") -> str:
        """A new account's whole address; its password is PASSWORD."""
        return str(self._registered(f"{name}{next(self._numbers)}")["user_id"])

    def limit(self, user: str, per_second: int, burst: int) -> None:
        """How fast one account may write from now on: what a host may allow, or refuse."""
        body = {"messages_per_second": per_second, "burst_count": burst}
        self.ask("POST", f"/_synapse/admin/v1/users/{user}/override_ratelimit", body, self.warden)

    def revoke(self, user: str, device: str) -> None:
        """Delete a device, and with it its token, as its host can."""
        self.ask("DELETE", f"/_synapse/admin/v2/users/{user}/devices/{device}", token=self.warden)

    def go_away(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def come_back(self) -> None:
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "synapse.app.homeserver", "-c", str(self._config)],
                stdout=log,
                stderr=log,
                cwd=self._folder,
            )
        (self._folder / "pid").write_text(str(self._process.pid))
        patience = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < patience and self._process.poll() is None:
            try:
                self.ask("GET", "/health")
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise TimeoutError((self._folder / "log").read_text()[-500:])

    def said_by(self, user: str) -> list[tuple[str, str]]:
        """All messages of an account that are sealed: the room, and the transaction id they had."""
        return [(room, txn) for room, _, txn in self.events_by(user)]

    def events_by(self, user: str) -> list[tuple[str, str, str]]:
        """Likewise: the room, the id that the homeserver gave it, and that under which it was sent."""
        database = sqlite3.connect(f"file:{self._folder}/hs.db?mode=ro", uri=True, timeout=10)
        with closing(database):
            return database.execute(
                "SELECT events.room_id, event_id, txn_id FROM events"
                " LEFT JOIN event_txn_id_device_id USING (event_id)"
                " WHERE sender = ? AND type = 'm.room.encrypted'",
                (user,),
            ).fetchall()

    def cpu(self) -> float:
        """Seconds of CPU that it has used since it came (back). On Linux alone."""
        assert self._process is not None
        stat = Path(f"/proc/{self._process.pid}/schedstat").read_text()
        return int(stat.split()[0]) / 1e9

    def end(self) -> None:
        self.go_away()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._mourner.communicate()

    def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, token: str = ""
    ) -> Any:
        """One call from outside, its answer's JSON (or words). Raises AssertionError, OSError."""
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        headers = {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        try:
            data = None if body is None else json.dumps(body)
            line.request(method, quote(path, safe="/?=&"), data, headers)
            answer = line.getresponse()
            said = answer.read().decode()
        finally:
            line.close()
        assert answer.status == HTTPStatus.OK, (answer.status, said)
        return json.loads(said) if said[:1] in ("{", "[") else said

    def _registered(self, name: str, admin: bool = False) -> dict[str, Any]:
        """https://element-hq.github.io/synapse/latest/admin_api/register_api.html"""
        where = "/_synapse/admin/v1/register"
        nonce = self.ask("GET", where)["nonce"]
        words = "\0".join((nonce, name, PASSWORD, "admin" if admin else "notadmin"))
        mac = hmac.digest(SHARED_SECRET.encode(), words.encode(), "sha1").hex()
        body = {"nonce": nonce, "username": name, "password": PASSWORD, "admin": admin, "mac": mac}
        body["inhibit_login"] = not admin  # else they would have a device without keys
        answer: dict[str, Any] = self.ask("POST", where, body)
        return answer

    def _settings(self) -> dict[str, Any]:
        log = {"version": 1, "root": {"level": "ERROR"}, "disable_existing_loggers": False}
        (self._folder / "log.yaml").write_text(json.dumps(log))
        listener = {"port": self._port, "type": "http", "bind_addresses": ["127.0.0.1"]}
        seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        return _LIMITS | {
            "server_name": self.name,
            "public_baseurl": self.url + "/",
            "listeners": [listener | {"resources": [{"names": ["client"]}]}],
            "database": {"name": "sqlite3", "args": {"database": str(self._folder / "hs.db")}},
            "media_store_path": str(self._folder / "media"),
            "log_config": str(self._folder / "log.yaml"),
            "signing_key": f"ed25519 a_test {seed}",
            "registration_shared_secret": SHARED_SECRET,
            "macaroon_secret_key": secrets.token_hex(16),
            "form_secret": secrets.token_hex(16),
            "bcrypt_rounds": 4,
            "presence": {"enabled": False},
            "trusted_key_servers": [],
            "federation_domain_whitelist": [],
            "report_stats": False,
            # What no client that we look at asks for, and every event would be reckoned for.
            "stats": {"enabled": False},
            "enable_search": False,
        }


@pytest.fixture(scope="session")
def synapse(pytestconfig: pytest.Config) -> Iterator[Synapse]:
    """The homeserver of this test process."""
    with started(pytestconfig) as server:
        yield server


@contextmanager
def started(pytestconfig: pytest.Config, **more: str) -> Iterator[Synapse]:
    try:
        server = Synapse(**more)
    except Exception as problem:  # noqa: BLE001 whatever it is, it is told
        missing(f"Synapse does not start here: {problem}", pytestconfig)
    yield server
    server.end()


def _mourner(folder: Path) -> "subprocess.Popen[bytes]":
    """Waits until this process has ended, however it did, and takes away what it left."""
    takes_away = f"[ ! -f {folder}/pid ] || kill -9 $(cat {folder}/pid); rm -rf {folder}"
    return subprocess.Popen(
        ["sh", "-c", f"cat; [ ! -d {folder} ] || ({takes_away})"],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
