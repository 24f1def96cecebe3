"""How the mail server is known to be the right one, and we to it; and what check says of it."""

import ssl
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trustme
from pydantic import SecretStr

from adapters.mail.post import mail_post
from adapters.mail.server import AWAY, FALSE, NO_STARTTLS, REFUSED, UNKNOWN, MailServer
from bot.ports import Rejected, Undelivered
from bot.settings import CannotStart
from tests.fakes.mailing import (
    GONE,
    GREETING,
    HANGS,
    USUAL,
    acting,
    mailbox,
    shown,
)
from tests.fakes.world import HandClock
from tests.platforms.test_mail import STARTTLS, known, patient_with, post, say

# TLS ----------------------------------------------------------------------------------------------

SECRETS = ("MAIL", "RCPT", "DATA", "AUTH")


async def test_over_starttls_all_but_the_greeting_is_sealed() -> None:
    async with mailbox(tls_context=shown("127.0.0.1"), require_starttls=True) as there:
        await say(post(there.port, "starttls"))
        assert len(there.letters()) == 1
        assert there.sessions[0].ssl is not None


async def test_over_tls_from_the_start_it_is_taken() -> None:
    async with mailbox(implicit=shown("127.0.0.1")) as there:
        await say(post(there.port, "implicit"))
        assert len(there.letters()) == 1


@pytest.mark.parametrize(
    "ehlo", [USUAL["EHLO"], b"250 mx", b"502 what?", b"250-mx\r\n250 XSTARTTLS", b"250 STARTTLS"]
)
async def test_where_tls_is_wanted_and_not_offered_nothing_goes_in_plain(ehlo: bytes) -> None:
    async with acting(EHLO=ehlo) as actor:
        one = post(actor.port, "starttls")
        with pytest.raises(Rejected) as no:
            await say(one)
    assert no.value.why in (NO_STARTTLS, REFUSED)
    assert not set(SECRETS) & set(actor.verbs())
    assert not one.connected()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"454 not just now", Undelivered),
        (b"500 never", Rejected),
        (b"\x00\x01garbage", Undelivered),
        (b"220 go on\r\n250 in plain, please", Undelivered),
        (b"220 go on\r\n\x16\x03\x01\x00\x05garbage", Undelivered),
        (GONE, Undelivered),
        (HANGS, Undelivered),
    ],
)
async def test_a_server_that_lies_about_tls_gets_nothing_in_plain(
    answer: bytes, kind: type[Exception]
) -> None:
    async with acting(EHLO=STARTTLS, STARTTLS=answer) as actor:
        patience = patient_with({"STARTTLS": answer})
        one = post(actor.port, "starttls", patience, user="bot", password="a pass word")
        with pytest.raises(kind):
            await say(one)
    assert "STARTTLS" in actor.verbs()
    assert not set(SECRETS) & set(actor.verbs())
    assert not any(b"bot@example.org" in one or b"pass" in one for one in actor.heard)
    assert not one.connected()


async def test_a_server_that_speaks_plainly_where_tls_should_begin_gets_nothing() -> None:
    async with acting() as actor:
        with pytest.raises(Undelivered):
            await say(post(actor.port, "implicit"))
    assert not set(SECRETS) & set(actor.verbs())


PAST = datetime(2020, 1, 1, tzinfo=UTC)
FALSE_ONES = {
    "another name": lambda: shown("mail.example.org"),
    "another CA": lambda: shown("127.0.0.1", ca=trustme.CA()),
    "over": lambda: shown("127.0.0.1", not_before=PAST, not_after=PAST + timedelta(days=9)),
}


@pytest.mark.parametrize("false", FALSE_ONES)
@pytest.mark.parametrize("security", ["starttls", "implicit"])
async def test_a_certificate_that_does_not_hold_is_rejected(security: str, false: str) -> None:
    context = FALSE_ONES[false]()
    how: dict[str, Any] = {"implicit" if security == "implicit" else "tls_context": context}
    async with mailbox(**how) as there:
        one = post(there.port, security)
        with pytest.raises(Rejected) as no:
            await say(one)
        assert there.taken == there.sessions == []
    assert no.value.why == FALSE
    assert not one.connected()


async def test_without_a_ca_of_its_own_a_private_certificate_does_not_hold() -> None:
    async with mailbox(tls_context=shown("127.0.0.1")) as there:
        with pytest.raises(Rejected) as no:
            await say(post(there.port, "starttls", ca=""))
    assert no.value.why == FALSE


def test_a_ca_that_is_none_is_told_at_the_start() -> None:
    broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    with pytest.raises(CannotStart, match=r"\[mail\] ca holds no certificate"):
        mail_post(known(25, "implicit", ca=broken), HandClock())


# Logging in -----------------------------------------------------------------------------------------


async def test_with_username_and_password_it_is_let_in() -> None:
    async with mailbox(tls_context=shown("127.0.0.1"), auth_required=True) as there:
        await say(post(there.port, "starttls", user="bot", password="a pass word"))
        assert there.sessions[0].authenticated


async def test_a_wrong_password_is_rejected_until_somebody_mends_it() -> None:
    async with mailbox(tls_context=shown("127.0.0.1"), auth_required=True) as there:
        one = post(there.port, "starttls", user="bot", password="wrong")
        with pytest.raises(Rejected) as no:
            await say(one)
        assert there.taken == []
    assert no.value.why == UNKNOWN
    assert not one.connected()


AUTH = b"250-mx\r\n250 AUTH PLAIN"


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ({"EHLO": b"250 mx"}, Rejected),
        ({"EHLO": b"250-mx\r\n250 AUTH GSSAPI"}, Rejected),
        ({"EHLO": AUTH, "AUTH": b"535 no"}, Rejected),
        ({"EHLO": AUTH, "AUTH": b"454 not just now"}, Undelivered),
        ({"EHLO": AUTH, "AUTH": GONE}, Undelivered),
        ({"EHLO": AUTH, "AUTH": HANGS}, Undelivered),
        ({"EHLO": b"250-mx\r\n250 AUTH CRAM-MD5", "AUTH": b"334 a"}, Undelivered),
    ],
)
async def test_a_log_in_that_fails_is_mended_or_tried_again(
    part: dict[str, bytes], kind: type[Exception]
) -> None:
    async with acting(**part) as actor:
        with pytest.raises(kind):
            patience = patient_with(part)
            await say(post(actor.port, patience=patience, user="bot", password="a pass word"))
    assert "MAIL" not in actor.verbs()


def test_the_password_is_in_nothing_that_is_shown() -> None:
    one = known(25, "implicit", user="bot", password="a pass word")
    assert one.password == SecretStr("a pass word")
    assert "a pass word" not in repr(one) + str(one)
    assert "CERTIFICATE" not in repr(one)


# What check says ------------------------------------------------------------------------------------


async def test_a_server_that_takes_us_is_no_trouble_and_gets_nothing() -> None:
    async with mailbox(tls_context=shown("127.0.0.1"), auth_required=True) as there:
        one = known(there.port, "starttls", user="bot", password="a pass word")
        assert await MailServer(one).trouble() is None
        assert there.taken == []
    async with acting() as actor:
        assert await MailServer(known(actor.port)).trouble() is None
    assert actor.verbs() == ["QUIT"]


@pytest.mark.parametrize(
    ("security", "part", "said"),
    [
        ("none", {GREETING: HANGS}, AWAY),
        ("none", {GREETING: b"421 busy"}, AWAY),
        ("none", {GREETING: b"554 never"}, REFUSED),
        ("starttls", {}, NO_STARTTLS),
        ("implicit", {}, AWAY),
    ],
)
async def test_each_trouble_is_told_with_its_remedy(
    security: str, part: dict[str, bytes], said: str
) -> None:
    async with acting(**part) as actor:
        assert await MailServer(known(actor.port, security), patient_with(part)).trouble() == said


async def test_no_trouble_is_told_in_the_servers_own_words() -> None:
    """They could be anybody's, and go to a terminal."""
    async with acting(**{GREETING: b"554 \x1b[2Jpay at https://evil.example"}) as actor:
        said = await MailServer(known(actor.port)).trouble()
    assert said is not None
    assert "evil" not in said


def test_the_context_asks_for_a_certificate_and_its_name() -> None:
    context = MailServer(known(25, "implicit", ca=""))._tls
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
