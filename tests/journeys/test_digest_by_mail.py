"""The digest by e-mail: half a year of it over a real SMTP server that refuses, waits and hangs up,
from a real process that is killed in between. What the server took outlives both.
"""

import asyncio
import re
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from bot.ports import Figure
from tests.fakes.demo import Demo
from tests.fakes.forked import Forked, ran
from tests.fakes.installed import Running, free_port, settings_in
from tests.fakes.mailing import END, GONE, Mailbox, acting, mailbox

RUTH, OSKAR = "ruth-adeyemi", "oskar-brandt"
WHERE = "organisers@example.org"
SERIAL = re.compile(r"This is week (\d+) of (\d+)\.")
WEEKS = 26
#: In which week the server does what, the first time it is asked.
TROUBLES = {
    3: "451 4.2.1 not now",
    7: "421 4.3.2 closing",
    11: "cut",
    15: "waits",
    19: "550 5.7.1 refused",
}
KILLED_AFTER = (2, 5, 8, 13, 19, 20, 24)


@dataclass
class Moody(Mailbox):
    """Makes trouble once whenever it is told to."""

    trouble: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - so it is called
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        trouble = self.trouble.pop() if self.trouble else ""
        if trouble == "cut":
            assert server.transport is not None
            server.transport.abort()
            return "250 OK"
        if trouble == "waits":
            await asyncio.sleep(1)
        elif trouble:
            return trouble
        return await super().handle_RCPT(server, session, envelope, address, options)


class Installed(Demo):
    """``groundswell run`` with the sandbox's page, and e-mail to a server on this machine."""

    def __init__(self, folder: Path, mail: int) -> None:
        super().__init__(folder)
        self.config, self.ops = settings_in(folder), free_port()
        with self.config.open("a") as file:
            file.write('[mail]\nhost = "127.0.0.1"\ntls = "none"\n')
            file.write(f'port = {mail}\nfrom = "bot@example.org"\n')

    def start(self) -> None:
        self.running = Running(self.config, ops=self.ops, start=Forked)
        self.process = self.running.process
        self.address = self.running.address()
        self.host, port = self.address.removeprefix("http://").rstrip("/").split(":")
        self.port = int(port)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=30)

    def figures(self) -> dict[str, int]:
        """What somebody should look at."""
        told = self.running.ready()
        return {one.value: told[one.value] for one in Figure}

    def check(self) -> tuple[int, str]:
        """What ``groundswell check`` says beside it."""
        script = Path(sys.executable).with_name("groundswell")
        done = ran(script, "check", "--config", self.config, cwd=self.folder)
        return done.returncode, done.stdout + done.stderr

    def mails_to(self, *addresses: str) -> None:
        """As an organiser sets it in their room, and a moderator agrees; three days later it holds."""
        ruth = self.person(RUTH)
        ruth.say("/digest set", "organisers")
        ruth.submit(
            day="monday", hour="9", zone="UTC", language="en", addresses=", ".join(addresses)
        )
        self.move(advance="PT1M")
        self.person(OSKAR).say("/setup approve")
        self.move(advance="P3D")


async def numbers(kept: Mailbox) -> list[int]:
    found = []
    for one in kept.letters():
        body = one.get_body(("plain",))
        assert body is not None
        ((serial, weeks),) = SERIAL.findall(" ".join(body.get_content().split()))
        assert serial == weeks
        found.append(int(serial))
    return found


async def test_half_a_year_by_mail_without_gap_or_double(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.fakes.mailing.Mailbox", Moody)
    async with mailbox() as kept:
        assert isinstance(kept, Moody)
        bot = Installed(tmp_path, kept.port)
        await asyncio.to_thread(bot.start)
        try:
            await asyncio.to_thread(bot.mails_to, WHERE)
            for week in range(1, WEEKS + 1):
                kept.trouble = [TROUBLES[week]] if week in TROUBLES else []
                await asyncio.to_thread(bot.move, until="digest")
                await asyncio.to_thread(bot.move, advance="PT20M")
                if week == 19:
                    assert (await asyncio.to_thread(bot.figures))["parked"] == 1, "it bounced"
                    code, said = await asyncio.to_thread(bot.check)
                    assert code != 0
                    assert "parked" in said
                if week in KILLED_AFTER:
                    await asyncio.to_thread(bot.kill)
                    await asyncio.to_thread(bot.start)
                    await asyncio.to_thread(bot.move, advance="PT20M")
            assert await asyncio.to_thread(bot.figures) == dict.fromkeys(
                (one.value for one in Figure), 0
            )
        finally:
            with suppress(ProcessLookupError):
                await asyncio.to_thread(bot.running.stop)
        first, *others = await numbers(kept)
        assert first in (1, 2), "the first digest may have come before it goes by mail"
        assert others == list(range(first + 1, first + WEEKS))
        assert {one["To"] for one in kept.letters()} == {WHERE}
        assert len({one["Message-ID"] for one in kept.letters()}) == WEEKS


async def test_a_line_cut_after_the_letter_leaves_a_doubt_that_is_shown_and_no_double(
    tmp_path: Path,
) -> None:
    async with acting(**{END: GONE}) as actor:
        bot = Installed(tmp_path, actor.port)
        await asyncio.to_thread(bot.start)
        try:
            await asyncio.to_thread(bot.mails_to, WHERE)
            await asyncio.to_thread(bot.move, until="digest")
            await asyncio.to_thread(bot.move, advance="P2D")
            assert (await asyncio.to_thread(bot.figures))["in_doubt"] == 1
        finally:
            await asyncio.to_thread(bot.running.stop)
        assert actor.verbs().count("DATA") == 1
