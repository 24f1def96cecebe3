"""Real processes of ``groundswell run`` on one installation, started and asked from outside."""

import http.client
import json
import re
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from adapters.chance import SystemChance
from adapters.vault import make_key_files

STARTS_WITHIN = 60
STOPS_WITHIN = 30


def free_port() -> int:
    """One that is free and stays so: below those that are given to whoever asks for any, as many
    other tests do in the meantime."""
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with socket.socket() as line, suppress(OSError):
            line.bind(("127.0.0.1", port))
            return port


def settings_in(
    folder: Path,
    database: str = "",
    key_store: str = "",
    platform: Sequence[str] = ("[sandbox]", "port = 0"),
) -> Path:
    """An installation's settings and key files: SQLite unless addresses are given, the sandbox
    unless another ``platform`` is."""
    make_key_files(folder / "keys", SystemChance())
    lines = ["[instance]", 'operator = "Harbour union"', "[keys]", 'dir = "keys"']
    lines += [f'url = "{key_store}"'] if key_store else []
    lines += ["[database]", f'url = "{database}"'] if database else []
    lines += platform
    file = folder / "groundswell.toml"
    file.write_text("\n".join(lines) + "\n")
    return file


def warnings_in(log: str) -> list[str]:
    """Without the scheduler's own, that a tick was not over when the next was due: that is how busy
    the machine is."""
    lines = [line for line in log.splitlines() if "warn" in line.lower()]
    return [line for line in lines if "kind=apscheduler.scheduler " not in line]


class Running:
    """One ``groundswell run``, with an operator's listener of its own. ``start``: ``Forked`` spares
    what it costs to load it."""

    def __init__(
        self,
        config: Path,
        *words: str,
        ops: int | None = None,
        start: "type[subprocess.Popen[str]]" = subprocess.Popen,
    ) -> None:
        self.ops = free_port() if ops is None else ops
        script = str(Path(sys.executable).with_name("groundswell"))
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
        environment["GROUNDSWELL_OPS__PORT"] = str(self.ops)
        self.process = start(
            [script, "run", "--config", str(config), *words],
            cwd=config.parent,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def address(self) -> str:
        """Its page, once it has started; empty when it could not."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def refusal(self) -> str:
        """The sentence of one that did not start."""
        said, wrong = self.process.communicate(timeout=STARTS_WITHIN)
        assert (self.process.returncode, said) == (2, ""), (said, wrong)
        return wrong.strip().splitlines()[-1]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Its exit code, and what it said on stderr."""
        with suppress(ProcessLookupError):
            self.process.send_signal(how)
        return self.ended()

    def ended(self) -> tuple[int, str]:
        """Likewise, of one that was told to stop already."""
        try:
            _, wrong = self.process.communicate(timeout=STOPS_WITHIN)
        finally:
            self.process.kill()
        return self.process.returncode, wrong

    def ask(self, path: str, port: int | None = None) -> tuple[int, str]:
        line = http.client.HTTPConnection("127.0.0.1", port or self.ops, timeout=30)
        try:
            line.request("GET", path)
            answer = line.getresponse()
            return answer.status, answer.read().decode()
        finally:
            line.close()

    def ready(self) -> dict[str, Any]:
        return json.loads(self.ask("/readyz")[1])

    def metrics(self) -> dict[str, float]:
        """Every line that is no comment: name and labels -> value."""
        said = self.ask("/metrics")[1]
        return {
            name: float(value) for name, value in re.findall(r"^([^#\s]\S*) (\S+)$", said, re.M)
        }
