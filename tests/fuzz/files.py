"""Settings files and the environment beside them: they are read, or refused in a sentence that names the
file and tells no secret.
"""

import os
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bot.settings import CannotStart, load, platforms, reading, where
from tests.fuzz.bending import Draw, bent, one_of, words
from tests.fuzz.feeding import Target
from tests.fuzz.hearing import Ear

HUSH = "hushquartz"  #: stands in the secrets; no sentence may hold it

WHOLE: dict[str, Any] = {
    "instance": {
        "name": "Us",
        "operator": "Me",
        "contact": "a@b.example",
        "language": "en",
        "data_dir": "data",
    },
    "database": {"url": "sqlite+aiosqlite:///data/x.db"},
    "keys": {"dir": "keys", "url": "postgresql+asyncpg://me@localhost/keys"},
    "http": {"host": "127.0.0.1", "port": 8080},
    "ops": {"host": "::1", "port": 8081},
    "sandbox": {"port": 8765},
    "slack": {
        "mode": "http",
        "bot_token": f"xoxb-{HUSH}",
        "signing_secret": HUSH,
        "api_url": "https://slack.com/api/",
        "command_prefix": "gs-",
    },
    "discord": {
        "token": f"a.b.{HUSH}",
        "application_id": "1100000000000000001",
        "api_url": "https://discord.com/api/v10",
        "gateway_url": "wss://gateway.discord.gg/",
        "guilds": ["1100000000000000001"],
        "shards": {"count": 2, "ids": [0, 1]},
    },
    "matrix": {
        "homeserver": "https://matrix.example.org",
        "user_id": "@us:example.org",
        "password": HUSH,
        "state_dir": "state",
        "command_prefix": "!",
        "accounts": {
            "other": {
                "homeserver": "http://[::1]:8008",
                "user_id": "@them:[::1]:8448",
                "access_token": HUSH,
            }
        },
    },
    "mail": {
        "host": "mail.example.org",
        "port": 465,
        "from": "bot@example.org",
        "tls": "implicit",
        "user": "us",
        "password": HUSH,
        "ca": "-----BEGIN CERTIFICATE-----",
    },
    "log": {"level": "info", "format": "json"},
}
LINES = (
    "[",
    "]",
    '"',
    "'''",
    "=",
    "\n[a.b]\n",
    "\x00",
    "\udc80",
    "[[x]]",
    "1979-05-27T07:32:00Z",
    "{",
)


class Folder:
    def __init__(self, folder: Path) -> None:
        self._file = folder / "groundswell.toml"
        (folder / "secret").write_text("word\n")

    def make(self, draw: Draw) -> Any:
        """(bytes of the file, environment)."""
        sections = {name: one for name, one in WHOLE.items() if draw(3)}
        text = _toml(bent(draw, sections, 3))
        for _ in range(draw(6) // 4):
            at = draw(len(text) + 1)
            text = text[:at] + one_of(draw, (*LINES, words(draw))) + text[at + draw(3) :]
        environment = {_name(draw): _valued(draw) for _ in range(draw(8) // 6)}
        return text.encode("utf-8", "surrogatepass" if draw(4) == 0 else "replace"), environment

    async def feed(self, one: Any) -> None:
        raw, environment = one
        self._file.write_bytes(raw)
        with patch.dict(os.environ, environment):
            try:
                found = load(self._file)
                where(found, self._file)
                platforms(found, self._file, None)
            except CannotStart as why:
                said = str(why)
                assert len(said) > 20, "no sentence"
                assert HUSH not in said, "a secret is told"
                assert _printable(said), "what is no text is told"


def _printable(said: str) -> bool:
    """Whether a terminal can show it."""
    try:
        said.encode()
    except UnicodeEncodeError:
        return False
    return "\x1b" not in said and "\0" not in said


def _name(draw: Draw) -> str:
    section = one_of(draw, list(WHOLE))
    key = one_of(draw, list(WHOLE[section]))
    name = f"GROUNDSWELL_{section}__{key}".upper()
    changed = (name, name, name + "_FILE", name + "__X", name.lower(), "GROUNDSWELL_", name + "__")
    return one_of(draw, changed)


def _valued(draw: Draw) -> str:
    told = one_of(draw, ("secret", "[1", '{"a": 1}', "8080", words(draw), "/dev/null", "/"))
    return told.replace("\0", "").encode("utf-8", "replace").decode()[:2000]


def _toml(value: Any, path: str = "") -> str:
    """Tables under their names, other values in a line; what is no table at the top is one line, too."""
    if not isinstance(value, dict):
        return f"x = {_line(value)}\n"
    plain = [f"{_key(key)} = {_line(one)}\n" for key, one in value.items() if not _table(one)]
    below = ""
    for key, one in value.items():
        if _table(one):
            name = f"{path}.{_key(key)}" if path else _key(key)
            below += f"[{name}]\n{_toml(one, name)}"
    return "".join(plain) + below


def _table(one: Any) -> bool:
    return isinstance(one, dict) and bool(one)


def _key(key: str) -> str:
    return key if key.isascii() and key.isidentifier() else _line(key)


def _line(one: Any) -> str:
    if isinstance(one, bool) or one is None:
        return str(one).lower() if one is not None else '""'
    if isinstance(one, list):
        return f"[{', '.join(_line(each) for each in one)}]"
    if isinstance(one, dict):
        pairs = ", ".join(f"{_key(key)} = {_line(each)}" for key, each in one.items())
        return f"{{{pairs}}}"
    if isinstance(one, str):
        plain = one.replace("\\", "\\\\").replace('"', '\\"')
        return (
            '"'
            + "".join(c if c.isprintable() else f"\\u{ord(c) & 0xFFFF:04x}" for c in plain)
            + '"'
        )
    return str(one)


@asynccontextmanager
async def opened(ear: Ear, folder: Path) -> AsyncIterator[Folder]:
    yield Folder(folder)


def plant() -> AbstractContextManager[Any]:
    """Whoever thinks that every file is text."""

    def _read_toml(file: Path) -> dict[str, Any]:
        try:
            return reading.tomllib.loads(file.read_text("utf-8"))
        except reading.tomllib.TOMLDecodeError:
            raise CannotStart(f"{file} is not valid TOML.") from None

    return patch.object(reading, "_read_toml", _read_toml)


FILES = Target("settings", opened, plant)
