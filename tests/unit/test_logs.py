"""The log is an allow-list: what is not named has no way in, and libraries say only where."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from adapters.logs import AllowListLog, quiet_libraries
from bot.ports import Noted

SECRET = "my manager is called Sam Smith"


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(out: io.StringIO) -> AllowListLog:
    return AllowListLog(out, "json")


@pytest.fixture
def libraries(log: AllowListLog) -> Iterator[None]:
    """Libraries quieted for one test; the loggers as they were afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    known = {
        name: (one.level, one.disabled)
        for name, one in logging.Logger.manager.loggerDict.items()
        if isinstance(one, logging.Logger)
    }
    quiet_libraries(log)
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, one in logging.Logger.manager.loggerDict.items():
        if isinstance(one, logging.Logger):
            before, one.disabled = known.get(name, (logging.NOTSET, False))
            one.setLevel(before)


def lines(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(one) for one in out.getvalue().splitlines()]


def test_an_event_is_a_line_with_its_facts(log: AllowListLog, out: io.StringIO) -> None:
    log.note(Noted.SLOT, period="2026-06-03T09:00:00+00:00")
    (line,) = lines(out)
    stamp = str(line.pop("timestamp"))
    assert line == {"event": "slot", "level": "info", "period": "2026-06-03T09:00:00+00:00"}
    assert len(stamp) == len("2026-06-03T09:00Z")  # to the minute


@pytest.mark.parametrize(
    "fact", ["words", "account", "error", "message", "exc_info", "user", "case"]
)
def test_a_fact_that_is_not_on_the_list_is_refused(
    log: AllowListLog, out: io.StringIO, fact: str
) -> None:
    with pytest.raises(ValueError, match="allow-list") as refused:
        log.note(Noted.BUG, **{fact: SECRET})
    assert SECRET not in str(refused.value)
    assert out.getvalue() == ""


@pytest.mark.parametrize(
    ("level", "heard"),
    [
        ("info", ["slot", "warned", "undelivered", "bug", "parked"]),
        ("warning", ["warned", "undelivered", "bug", "parked"]),
        ("error", ["bug", "parked"]),
    ],
)
def test_the_level_that_was_chosen_is_heeded(
    out: io.StringIO, level: str, heard: list[str]
) -> None:
    log = AllowListLog(out, "json", level)
    for event in (Noted.SLOT, Noted.WARNED, Noted.UNDELIVERED, Noted.BUG, Noted.PARKED):
        log.note(event)
    assert [line["event"] for line in lines(out)] == heard


def test_on_a_console_it_is_one_plain_line(out: io.StringIO) -> None:
    AllowListLog(out).note(Noted.BUG, kind="RuntimeError", place="cases.py:7")
    (line,) = out.getvalue().splitlines()
    assert "bug" in line
    assert "kind=RuntimeError" in line
    assert "\x1b" not in line


@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("name", ["aiohttp.server", "sqlalchemy.engine", "of.nobody", "asyncio"])
def test_a_library_s_warning_says_only_where(out: io.StringIO, name: str) -> None:
    try:
        raise RuntimeError(SECRET)
    except RuntimeError:
        logging.getLogger(name).exception("words: %s", SECRET, extra={"account": "noor-haddad"})
    (line,) = lines(out)
    assert (line["event"], line["kind"]) == ("warned", name)
    assert str(line["place"]).startswith("test_logs:")
    for word in ("Sam", "words", "noor", "RuntimeError"):
        assert word not in out.getvalue()


@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("name", ["aiohttp", "sqlalchemy", "slack_bolt", "discord", "of.nobody"])
def test_libraries_are_not_heard_below_a_warning(out: io.StringIO, name: str) -> None:
    logging.getLogger(name).info("words: %s", SECRET)
    logging.getLogger(name).debug("words: %s", SECRET)
    logging.getLogger("aiohttp.access").error("GET /api/state?as=%s", "noor-haddad")
    assert out.getvalue() == ""


@pytest.mark.usefixtures("libraries")
def test_what_a_worker_s_message_makes_a_library_warn_of_is_no_line(out: io.StringIO) -> None:
    """Its moment would be theirs."""
    logging.getLogger("nio.crypto.log").warning("Error decrypting megolm event: %s", SECRET)
    logging.getLogger("nio.crypto.log").error("Failed to parse Olm message payload: %s", SECRET)
    logging.getLogger("discord.http").warning("We are being rate limited. POST %s", SECRET)
    logging.getLogger("slack_bolt.AsyncApp").warning("Unhandled request: %s", SECRET)
    logging.getLogger("slack_sdk.web.async_base_client").error("Failed to send: %s", SECRET)
    assert out.getvalue() == ""


def test_a_library_that_was_loud_before_is_quiet_after(
    log: AllowListLog, out: io.StringIO, libraries: None
) -> None:
    """Whatever the environment or the library itself has set up."""
    logging.getLogger("sqlalchemy").setLevel(logging.DEBUG)
    logging.getLogger().addHandler(logging.StreamHandler(out))
    quiet_libraries(log)
    logging.getLogger("sqlalchemy").info("SELECT %s", SECRET)
    logging.getLogger("sqlalchemy").warning("SELECT %s", SECRET)
    assert SECRET not in out.getvalue()
    assert [line["event"] for line in lines(out)] == ["warned"]
