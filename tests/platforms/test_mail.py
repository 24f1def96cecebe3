"""E-mail over real connections on this machine: what arrives, and what becomes of what does not."""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trustme
from pydantic import SecretStr

from adapters.mail.post import MailPost, mail_post
from adapters.mail.server import AWAY, FALSE, NO_STARTTLS, REFUSED, UNKNOWN, MailServer, Patience
from bot.chat import Button, Card, Field, Picture, line
from bot.domain.communities import Community, CommunityId, Policy, Slots
from bot.ports import InDoubt, Rejected, Undelivered, Unreachable
from bot.settings import CannotStart, Mail
from tests.fakes.installed import free_port
from tests.fakes.mailing import (
    BODY,
    END,
    GONE,
    GREETING,
    HANGS,
    OUR_CA,
    USUAL,
    Actor,
    acting,
    mailbox,
    shown,
)
from tests.fakes.world import PIXEL, HandClock

HERE = Community(CommunityId("a" * 32), "Harbour", "HARBOUR1", "en", Slots(), (), Policy(), 30)
REP, OTHER = "rep@example.org", "other.rep@example.net"
CARD = Card(
    line("staff.named", name="Jürgen", role="rep"),
    (line("notice.title"),),
    (Field("Words", "as they are\n.\n..\nFrom here"),),
    (Button("cases", "a-token"),),
    picture=Picture(PIXEL, "Yes: 55 to 60 %"),
)
ENOUGH = Patience()
#: For servers that hang: before they have all of it, then after.
SHORT = Patience(connect=0.8, until_handed_over=0.8, whole=2.0, goodbye=0.1)
LATE = Patience(whole=1.0, goodbye=0.1)
ID = "1" * 32
STARTTLS = b"250-mx\r\n250 STARTTLS"


def known(port: int, security: str = "none", **more: Any) -> Mail:
    given = {"host": "127.0.0.1", "port": port, "from": "bot@example.org", "tls": security}
    return Mail.model_validate(given | {"ca": "" if security == "none" else OUR_CA} | more)


def post(port: int, security: str = "none", patience: Patience = ENOUGH, **more: Any) -> MailPost:
    return MailPost(known(port, security, **more), HandClock(), patience)


async def say(one: MailPost, to: str = REP, id: str = ID, card: Card = CARD) -> None:
    await one.to_person(to, card, HERE, id)


# What arrives -------------------------------------------------------------------------------------


async def test_a_card_arrives_whole_in_text_in_html_and_with_its_picture() -> None:
    async with mailbox() as there:
        await say(post(there.port))
        (envelope,), (letter,) = there.taken, there.letters()
    assert (envelope.mail_from, envelope.rcpt_tos) == ("bot@example.org", [REP])
    assert letter["Subject"] == "Jürgen (rep)"
    assert (letter["From"], letter["To"]) == ("Harbour <bot@example.org>", REP)
    assert letter["Date"].datetime == HandClock().now()
    assert letter["Auto-Submitted"] == "auto-generated"
    text, related = letter.iter_parts()
    html, picture = related.iter_parts()
    kinds = [one.get_content_type() for one in letter.walk()]
    assert kinds == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    assert "as they are\n.\n..\nFrom here" in text.get_content()
    assert "as they are<br>.<br>..<br>From here" in html.get_content()
    assert picture.get_content() == PIXEL
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in html.get_content()
    assert picture.get_content_disposition() == "inline"


async def test_nothing_that_a_button_carries_is_in_a_letter() -> None:
    async with mailbox() as there:
        await say(post(there.port))
        letter = there.letters()[0]
    said = "".join(p.get_content() for p in letter.walk() if p.get_content_maintype() == "text")
    assert "Your cases" in said
    assert "a-token" not in said


async def test_a_parcel_said_twice_carries_one_message_id_and_another_parcel_another() -> None:
    async with mailbox() as there:
        for id in (ID, ID, "2" * 32):
            await say(post(there.port), id=id)
        first, again, other = (one["Message-ID"] for one in there.letters())
    assert first == again != other
    assert ID not in first


async def test_two_people_at_once_each_get_their_own_and_do_not_see_each_other() -> None:
    async with mailbox() as there:
        one = post(there.port)
        await asyncio.gather(say(one, REP), say(one, OTHER, "2" * 32))
        taken = {envelope.rcpt_tos[0]: bytes(envelope.content or b"") for envelope in there.taken}
    assert set(taken) == {REP, OTHER}
    assert all(len(envelope.rcpt_tos) == 1 for envelope in there.taken)
    assert OTHER.encode() not in taken[REP]
    assert REP.encode() not in taken[OTHER]


async def test_a_large_picture_arrives_to_the_last_byte() -> None:
    large = PIXEL + bytes(range(256)) * 12_000
    card = replace(CARD, picture=Picture(large, "large"))
    async with mailbox() as there:
        await say(post(there.port), card=card)
        *_, picture = there.letters()[0].walk()
    assert picture.get_content() == large


async def test_no_line_is_longer_than_mail_allows_and_none_is_beyond_ascii() -> None:
    words = "Überstundenausgleich" * 200 + " שלום" * 200 + "\u202ea <b>&amp; " * 60
    card = replace(
        CARD,
        title=line("staff.named", name=words, role="rep"),
        fields=(Field(words, words),),
    )
    async with acting() as actor:
        await say(post(actor.port), card=card)
    assert len(actor.letter) > 100
    assert max(len(one) for one in actor.letter) <= 78 + 2
    assert all(one.isascii() and one.endswith(b"\r\n") for one in actor.letter)


async def test_a_title_with_line_feeds_adds_no_header_and_no_command() -> None:
    evil = (
        "Hello\r\nBcc: all@example.org\r\n\r\n.\r\nMAIL FROM:<x@example.org>\n\x0b\x85\u2028Cc: y"
    )
    card = replace(CARD, title=line("staff.named", name=evil, role="rep\r\nX-Evil: 1"))
    async with mailbox() as there:
        await post(there.port).to_person(REP, card, replace(HERE, name="A\r\nBcc: b@c"), ID)
        (letter,) = there.letters()
    headers = "Subject From To Date Message-ID Auto-Submitted MIME-Version Content-Type"
    assert sorted(letter.keys()) == sorted(headers.split())
    assert letter["Subject"].startswith("Hello Bcc: all@example.org . MAIL FROM:<x@example.org>")
    assert letter["From"].addresses[0].addr_spec == "bot@example.org"
    assert len(letter["From"].addresses) == 1


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "nobody",
        "@example.org",
        "a@",
        "a b@example.org",
        "a@example.org, b@example.org",
        "a@example.org\r\nRCPT TO:<b@example.org>",
        "a@example.org>\r\nDATA",
        "a@example.org\x00",
        "A <a@example.org>",
        "<a@example.org>",
        '"a b"@example.org',
        "jürgen@example.org",
        "a@exa_mple.org",
        "a@-example.org",
        "a@example..org",
        f"{'a' * 65}@example.org",
        f"a@{'b' * 64}.org",
    ],
)
async def test_what_is_no_address_reaches_nobody_and_no_server_is_asked(typed: str) -> None:
    async with acting() as actor:
        with pytest.raises(Unreachable):
            await say(post(actor.port), typed)
    assert actor.lines == 0


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        (" rep@example.org ", REP),
        ("o'neill+gw@mx.example.org", "o'neill+gw@mx.example.org"),
        ("a..b@example.org", "a..b@example.org"),
        ("rep@bücher.example", "rep@xn--bcher-kva.example"),
        ("root@localhost", "root@localhost"),
    ],
)
async def test_an_address_is_taken_as_it_is(typed: str, taken: str) -> None:
    async with acting() as actor:
        await say(post(actor.port), typed)
    assert f"RCPT TO:<{taken}>".encode() in actor.heard


async def test_there_are_no_rooms_in_e_mail() -> None:
    with pytest.raises(Unreachable):
        await post(free_port()).to_room("space", "room", CARD, HERE, ID)
    assert MailPost.remembers == timedelta(0)


async def test_the_name_of_this_machine_is_not_told() -> None:
    async with acting() as actor:
        await say(post(actor.port))
    assert actor.heard[0] == b"EHLO example.org"


# What is tried again, what waits for somebody, what nobody knows --------------------------------------

AGAIN: dict[str, dict[str, bytes]] = {
    "greeting 421": {GREETING: b"421 too busy"},
    "greeting garbage": {GREETING: b"SSH-2.0-OpenSSH_9.9"},
    "greeting empty": {GREETING: b""},
    "greeting hangs": {GREETING: HANGS},
    "gone before the greeting": {GREETING: GONE},
    "EHLO 421": {"EHLO": b"421 later", "HELO": b"421 later"},
    "gone at EHLO": {"EHLO": GONE},
    "EHLO hangs": {"EHLO": HANGS},
    "MAIL 421": {"MAIL": b"421 closing"},
    "MAIL 451": {"MAIL": b"451 later"},
    "MAIL hangs": {"MAIL": HANGS},
    "gone at MAIL": {"MAIL": GONE},
    "RCPT 450": {"RCPT": b"450 greylisted"},
    "RCPT 421": {"RCPT": b"421 closing"},
    "RCPT garbage": {"RCPT": b"\xff\xfe what"},
    "RCPT hangs": {"RCPT": HANGS},
    "gone at RCPT": {"RCPT": GONE},
    "DATA 451": {"DATA": b"451 later"},
    "DATA 250": {"DATA": b"250 how do you mean"},
    "DATA hangs": {"DATA": HANGS},
    "gone at DATA": {"DATA": GONE},
    "451 at the end": {END: b"451 disk full"},
    "421 at the end": {END: b"421 closing"},
}

MENDED: dict[str, dict[str, bytes]] = {
    "greeting 554": {GREETING: b"554 no mail here"},
    "MAIL 550": {"MAIL": b"550 who are you"},
    "MAIL 530": {"MAIL": b"530 log in first"},
    "RCPT 550": {"RCPT": b"550 no such user"},
    "RCPT 553": {"RCPT": b"553-no\r\n553 such user"},
    "DATA 554": {"DATA": b"554 no valid recipients"},
    "552 at the end": {END: b"552 too large"},
    "554 at the end": {END: b"554 looks like spam"},
}

UNKNOWN_END: dict[str, dict[str, bytes]] = {
    # All of a short letter is on its way before anybody can see that the line was cut.
    "gone amid a short letter": {BODY: GONE},
    "gone after the final dot": {END: GONE},
    "hangs after the final dot": {END: HANGS},
    "garbage after the final dot": {END: b"well"},
    "an answer that is none": {END: b"354 go on"},
}


def patient_with(part: dict[str, bytes]) -> Patience:
    """No longer than it takes to see that it hangs."""
    if part.get(END) == HANGS:
        return LATE
    if part.get("QUIT") == HANGS:
        return replace(ENOUGH, goodbye=0.1)
    return SHORT if HANGS in part.values() else ENOUGH


async def became(part: dict[str, bytes]) -> tuple[Actor, MailPost, BaseException | None]:
    async with acting(**part) as actor:
        one = post(actor.port, patience=patient_with(part))
        try:
            await say(one)
        except (Undelivered, Rejected, InDoubt) as what:
            return actor, one, what
    return actor, one, None


@pytest.mark.parametrize("stage", AGAIN)
async def test_what_was_surely_not_taken_and_may_be_later_is_undelivered(stage: str) -> None:
    actor, _, what = await became(AGAIN[stage])
    assert type(what) is Undelivered
    assert (b"." in actor.heard) == (END in AGAIN[stage])


@pytest.mark.parametrize("stage", MENDED)
async def test_what_will_not_be_taken_as_things_stand_is_rejected(stage: str) -> None:
    _, _, what = await became(MENDED[stage])
    assert isinstance(what, Rejected)
    assert what.why == REFUSED


@pytest.mark.parametrize("stage", UNKNOWN_END)
async def test_what_was_handed_over_without_an_answer_is_in_doubt(stage: str) -> None:
    actor, one, what = await became(UNKNOWN_END[stage])
    assert type(what) is InDoubt
    assert (b"." in actor.heard) == (BODY not in UNKNOWN_END[stage])
    assert one.connected()


@pytest.mark.parametrize(
    "part",
    [{"QUIT": HANGS}, {"QUIT": GONE}, {"QUIT": b"500 never"}, {END: b"251 forwarded"}, {}],
)
async def test_what_was_taken_is_said_however_the_server_takes_leave(
    part: dict[str, bytes],
) -> None:
    actor, one, what = await became(part)
    assert what is None
    assert actor.lines == 1
    assert one.connected()


async def test_an_old_server_that_knows_only_helo_takes_letters() -> None:
    actor, _, what = await became({"EHLO": b"502 what?"})
    assert what is None
    assert actor.verbs()[:2] == ["EHLO", "HELO"]


async def test_a_refusal_of_one_address_keeps_nothing_from_another() -> None:
    async with mailbox() as there:
        there.refuses[OTHER] = "550 no such user"
        one = post(there.port)
        with pytest.raises(Rejected):
            await say(one, OTHER)
        await say(one, REP)
        assert [envelope.rcpt_tos for envelope in there.taken] == [[REP]]
        there.refuses["DATA"] = "554 looks like spam"
        with pytest.raises(Rejected):
            await say(one, REP)
        assert one.connected()
        assert len(there.taken) == 1


@pytest.mark.parametrize("how", [GONE, HANGS])
async def test_where_a_large_letter_ends_halfway_nothing_was_taken(how: bytes) -> None:
    """Its final dot was never written, so nobody needs to doubt."""
    card = replace(CARD, picture=Picture(PIXEL + bytes(8_000_000), "large"))
    async with acting(**{BODY: how}) as actor:
        with pytest.raises(Undelivered):
            await say(post(actor.port, patience=replace(SHORT, until_handed_over=2.5)), card=card)
    assert actor.heard[-1] == b"DATA"


async def test_whoever_was_given_up_gets_no_more_of_a_letter() -> None:
    """Closed in good order, the line would stay open until they had read what was on its way."""
    given_up, read = asyncio.Event(), asyncio.get_running_loop().create_future()

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        actor = Actor({})
        actor.wait_for_the_letter = given_up.wait
        with suppress(ConnectionError):
            await actor.play(reader, writer)
        read.set_result(sum(map(len, actor.letter)))

    server = await asyncio.start_server(play, "127.0.0.1", 0)
    card = replace(CARD, picture=Picture(PIXEL + bytes(12_000_000), "large"))
    one = post(server.sockets[0].getsockname()[1], patience=replace(SHORT, until_handed_over=2.5))
    with pytest.raises(Undelivered):
        await say(one, card=card)
    given_up.set()
    assert await asyncio.wait_for(read, 10) < 12_000_000
    server.close()
    await server.wait_closed()


async def test_nobody_at_the_door_is_undelivered_and_told_by_connected() -> None:
    one = post(free_port())
    assert one.connected()
    with pytest.raises(Undelivered):
        await say(one)
    assert not one.connected()


async def test_connected_tells_of_the_last_attempt() -> None:
    async with mailbox() as there:
        one = post(there.port)
        await say(one)
        assert one.connected()
    with pytest.raises(Undelivered):
        await say(one)
    assert not one.connected()


async def test_a_name_that_nobody_has_is_undelivered() -> None:
    one = MailPost(known(25, "starttls", host="nobody.invalid"), HandClock(), ENOUGH)
    with pytest.raises(Undelivered):
        await say(one)


def test_all_waiting_together_ends_before_the_postman_loses_patience() -> None:
    ours = Patience()
    assert ours.connect <= 10
    assert ours.connect < ours.until_handed_over < ours.whole
    assert ours.whole + ours.goodbye < 25
    assert ours.whole - ours.until_handed_over >= 10  # for the answer, in any case


async def test_whoever_is_cut_off_leaves_no_line_open() -> None:
    async with acting(MAIL=HANGS) as actor:
        task = asyncio.create_task(say(post(actor.port)))
        while b"MAIL FROM:<bot@example.org>" not in actor.heard:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


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


@pytest.mark.parametrize("password", ["wrong", "a pass wor"])
async def test_a_wrong_password_is_rejected_until_somebody_mends_it(password: str) -> None:
    async with mailbox(tls_context=shown("127.0.0.1"), auth_required=True) as there:
        one = post(there.port, "starttls", user="bot", password=password)
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
