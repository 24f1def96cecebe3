"""Where the settings have mail, the bot has it and check asks for it; where not, nobody loads it."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from bot import checks
from bot.running import mailing
from bot.settings import CannotStart, Mail, Settings, at
from tests.fakes.forked import Forked
from tests.fakes.installed import Running, free_port, settings_in
from tests.fakes.mailing import acting
from tests.fakes.world import HandClock
from tests.house.tree import ROOT


def known(port: int, **more: str) -> Mail:
    given = {"host": "127.0.0.1", "port": port, "from": "bot@example.org", "tls": "none"}
    return Mail.model_validate(given | more)


async def said(mail: Mail | None, folder: Path) -> Mapping[str, str | None]:
    """What check says of the mail server, if anything."""
    found = checks.all_of(Settings(mail=mail), at(folder / "data", folder / "keys"))
    return {name: await look() for name, look in found if name == "mail server"}


def test_the_bot_mails_where_the_settings_say_so_and_nowhere_else() -> None:
    assert mailing(None, HandClock()) == {}
    (name, post), *rest = mailing(known(25), HandClock()).items()
    assert (name, rest, post.remembers, post.connected()) == ("mail", [], timedelta(0), True)


def test_without_the_extra_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adapters.mail.post", None)
    with pytest.raises(CannotStart, match=r"not installed: install groundswell\[mail\]"):
        mailing(known(25), HandClock())


async def test_check_asks_the_server_only_where_one_is_named(tmp_path: Path) -> None:
    assert await said(None, tmp_path) == {}
    async with acting() as actor:
        assert await said(known(actor.port), tmp_path) == {"mail server": None}
    assert actor.verbs() == ["QUIT"]


async def test_check_says_what_to_do_about_a_server_that_is_away(tmp_path: Path) -> None:
    told = (await said(known(free_port()), tmp_path))["mail server"]
    assert told is not None
    assert told.startswith("the mail server cannot be reached")
    assert "[mail] host, port and tls" in told


async def test_check_says_so_where_a_ca_cannot_be_read(tmp_path: Path) -> None:
    broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    told = (await said(known(25, tls="implicit", ca=broken), tmp_path))["mail server"]
    assert told is not None
    assert told.startswith("[mail] ca holds no certificate")


async def test_check_says_so_where_the_extra_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "adapters.mail.server", None)
    told = (await said(known(25), tmp_path))["mail server"]
    assert told == "adapters.mail.server is not installed: install groundswell[mail]."


def test_a_running_bot_has_it_beside_its_platforms(tmp_path: Path) -> None:
    config = settings_in(tmp_path)
    with config.open("a") as file:
        file.write(f'[mail]\nhost = "localhost"\nfrom = "bot@example.org"\nport = {free_port()}\n')
    bot = Running(config, start=Forked)
    try:
        assert bot.address()
        assert bot.ready()["platforms"] == {"sandbox": True, "mail": True}
    finally:
        assert bot.stop()[0] == 0


def test_nobody_loads_what_mail_needs_before_it_is_wanted() -> None:
    code = "import sys, bot.cli, bot.running, bot.checks; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert "bot.wiring" in loaded
    assert {"aiosmtplib", "css_inline", "jinja2", "adapters.mail"} & set(loaded) == set()
