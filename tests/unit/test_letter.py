"""A Card as a letter: everything is said, as it is, in both forms, and nothing is to be opened."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from typing import cast

import pytest
from aiosmtplib.email import parse_address
from hypothesis import given
from hypothesis import strategies as st

from adapters.mail.letter import SUBJECT, WIDTH, letter, mailbox
from bot.chat import Button, Card, Field, Picture, Rows, Tone, line
from bot.domain.communities import Community, CommunityId, Policy, Slots, Words
from tests.fakes.world import PIXEL

HERE = Community(CommunityId("a" * 32), "Harbour", "HARBOUR1", "en", Slots(), (), Policy(), 30)
SENT = datetime(2026, 3, 30, 9, tzinfo=UTC)
LONG = "Überstundenausgleichsregelungsvereinbarung" * 5
MARKUP = '<b>bold</b> &amp; <script>x()</script> "q" \'q\' {{ 7*7 }} {% raw %} <a href="https://x">'


def titled(words: str) -> Card:
    return Card(line("staff.named", name=words, role="rep"))


def sent(card: Card, *, community: Community = HERE, id: str = "1" * 32) -> EmailMessage:
    """The letter as whoever gets it reads it: written down, and read again."""
    made = letter(card, community, sender="bot@example.org", to="rep@example.org", id=id, sent=SENT)
    return cast(EmailMessage, message_from_bytes(made.as_bytes(), policy=default))


def text(card: Card) -> str:
    return _part(sent(card), "plain")


def page(card: Card) -> str:
    return _part(sent(card), "html")


def _part(one: EmailMessage, kind: str) -> str:
    body = one.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


class Page(HTMLParser):
    """What a page shows, and what it is made of."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.shown, self.tags, self.attributes, self._style = "", [], [], False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self._style = tag in ("style", "title")
        self.shown += "\n" if tag == "br" else ""

    def handle_endtag(self, tag: str) -> None:
        self._style = False

    def handle_data(self, data: str) -> None:
        self.shown += "" if self._style else data


FULL = Card(
    line("staff.named", name="Ines", role="rep"),
    (line("notice.title"), line("duty.title")),
    (
        Field("One", "a value"),
        Field("Many", Rows(("first row", "second row", line("role.rep")))),
    ),
    (Button("cases", "SECRET-TOKEN"), Button("duty", said=line("role.organiser"))),
    tone=Tone.WARNING,
    picture=Picture(PIXEL, "Yes: 55 to 60 %\nNo: not shown"),
)


# Both forms -----------------------------------------------------------------------------------------


def test_all_of_a_card_is_said_in_both_forms_in_its_order() -> None:
    said = ["Ines (rep)", "For you alone", "One", "a value", "Many", "first row", "second row"]
    said += ["rep", "In your chat you can", "Your cases", "organiser", "put your"]
    for form in (text(FULL), Page(page(FULL)).shown):
        places = [form.index(one, 0) for one in said if one != "rep"]
        assert places == sorted(places), form


def test_the_pictures_words_are_in_both() -> None:
    assert "Yes: 55 to 60 %\nNo: not shown" in text(FULL)
    alts = [
        value for tag, name, value in Page(page(FULL)).attributes if (tag, name) == ("img", "alt")
    ]
    assert alts == ["Yes: 55 to 60 %\nNo: not shown"]


def test_without_picture_and_buttons_nothing_is_left_of_them() -> None:
    bare = Card(line("notice.title"))
    assert [one.get_content_type() for one in sent(bare).walk()][1:] == ["text/plain", "text/html"]
    for form in (text(bare), page(bare)):
        assert "In your chat" not in form
        assert "<img" not in form
        assert "picture shows" not in form


def test_nothing_in_a_letter_can_be_opened_or_fetched() -> None:
    addresses = "https://example.org/x?y=1 www.example.org someone@example.org tel:+4930123"
    card = Card(
        line("staff.named", name=addresses, role="x"),
        fields=(Field(addresses, addresses),),
        buttons=(Button("cases", "https://example.org"),),
        picture=Picture(PIXEL, addresses),
    )
    found = Page(page(card))
    assert {"a", "link", "script", "form", "iframe", "object", "base"} & set(found.tags) == set()
    openers = {"href", "src", "action", "background", "srcset", "cite"}
    assert [value[:4] for _, name, value in found.attributes if name in openers] == ["cid:"]
    assert "url(" not in page(card)
    assert "@import" not in page(card)
    assert found.shown.count(addresses) == 3
    assert text(card).count("https://example.org/x?y=1") >= 3


def test_what_buttons_carry_is_in_no_part_of_it() -> None:
    assert b"SECRET-TOKEN" not in sent(FULL).as_bytes()
    assert "SECRET-TOKEN" not in text(FULL) + page(FULL)


@pytest.mark.parametrize(
    "words", [MARKUP, LONG, "x " * 1500, "שלום " * 600, "\u202eevil", "a\n\n b"]
)
def test_peoples_words_are_shown_as_they_are(words: str) -> None:
    card = Card(
        line("staff.named", name=words, role=words),
        (line("staff.named", name=words, role="r"),),
        (Field(words, words), Field("Rows", Rows((words, words)))),
        (Button("x", said=line("staff.named", name=words, role="b")),),
        picture=Picture(PIXEL, words),
    )
    plain = Page(page(FULL))
    found = Page(page(card))
    assert {"b", "script", "a"} & set(found.tags) == set()
    assert set(found.tags) <= {*plain.tags, "br"}
    assert found.shown.count(words) >= 6
    squeezed = "".join(words.split())
    assert "".join(text(card).replace("*", "").split()).count(squeezed.replace("*", "")) >= 7


def test_what_no_letter_can_hold_is_shown_as_a_gap() -> None:
    words = "a\x00b\x07c\x0bd\x85e\u2028f\ud800g\x7fh"
    card = Card(titled(words).title, fields=(Field(words, words),), picture=Picture(PIXEL, words))
    gaps = re.sub(r"[^a-h]", "\ufffd", words)
    assert text(card).count(gaps) == 4
    assert Page(page(card)).shown.count(gaps) == 3
    assert f'alt="{gaps}"' in page(card)


def test_lines_end_as_they_end_wherever_they_were_typed() -> None:
    assert "a\nb\nc\n\td" in text(Card(titled("x").title, fields=(Field("x", "a\r\nb\rc\n\td"),)))


@given(st.text(max_size=400))
def test_whatever_is_typed_a_letter_comes_of_it(words: str) -> None:
    card = Card(
        line("staff.named", name=words, role=words),
        fields=(Field(words, words), Field(words, Rows((words, "second")))),
        picture=Picture(PIXEL, words),
    )
    one = sent(card)
    assert len(one.keys()) == 8
    assert one.as_bytes().isascii()
    assert [part.get_content_type() for part in one.walk()] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    assert not one.defects


# Headers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "end", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\x00"]
)
def test_no_title_and_no_name_can_begin_a_header(end: str) -> None:
    evil = f"Hello{end}Bcc: all@example.org{end}{end}body"
    named = Community(HERE.id, evil, "HARBOUR1", "en", Slots(), (), Policy(), 30)
    one = sent(titled(evil), community=named)
    assert one["Bcc"] is None
    assert len(one.keys()) == 8
    assert one["Subject"].startswith("Hello")
    assert "all@example.org" in one["Subject"]
    assert [a.addr_spec for a in one["From"].addresses] == ["bot@example.org"]


def test_a_subject_beyond_ascii_and_of_any_length_is_read_as_it_was() -> None:
    assert sent(titled("Überstunden שלום 🙂"))["Subject"] == "Überstunden שלום 🙂 (rep)"
    long = sent(titled("wörter " * 500))["Subject"]
    assert len(long) <= SUBJECT
    assert long.endswith("…")


@pytest.mark.parametrize(
    "name", ['A "quoted" name', "Harbour, Tech; <x@y.z>", "Hafen Süd", "a\\b", ""]
)
def test_a_communitys_name_is_only_a_name(name: str) -> None:
    named = Community(HERE.id, name, "HARBOUR1", "en", Slots(), (), Policy(), 30)
    (found,) = sent(FULL, community=named)["From"].addresses
    assert (found.display_name, found.addr_spec) == (name, "bot@example.org")


def test_the_same_parcel_gives_the_same_letter_to_the_byte() -> None:
    assert sent(FULL).as_bytes() == sent(FULL).as_bytes()
    assert sent(FULL)["Message-ID"] != sent(FULL, id="2" * 32)["Message-ID"]
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.org>", sent(FULL)["Message-ID"])


# Plain text -----------------------------------------------------------------------------------------


def test_plain_text_reads_well_by_itself() -> None:
    words = (
        "Whoever is on call on Sundays gets the next morning off, says the company since May. " * 2
    )
    card = Card(
        line("staff.named", name="The week", role="23 to 29 March"),
        (line("notice.title"),),
        (Field("What came of it", words), Field("On duty", Rows(("Ines Moreau", words)))),
        (Button("cases"),),
    )
    assert text(card) == (
        "The week (23 to 29 March)\n"
        "=========================\n"
        "\n"
        "For you alone\n"
        "\n"
        "What came of it\n"
        "---------------\n"
        "Whoever is on call on Sundays gets the next morning off, says the\n"
        "company since May. Whoever is on call on Sundays gets the next morning\n"
        "off, says the company since May.\n"
        "\n"
        "On duty\n"
        "-------\n"
        "* Ines Moreau\n"
        "* Whoever is on call on Sundays gets the next morning off, says the\n"
        "  company since May. Whoever is on call on Sundays gets the next morning\n"
        "  off, says the company since May.\n"
        "\n"
        "In your chat you can\n"
        "--------------------\n"
        "* Your cases\n"
        "\n"
        "-- \n"
        "This was sent to you because an organiser of Harbour put your address\n"
        "here. Ask them to take it out again. Nobody reads answers to it.\n"
    )


def test_lines_are_short_and_addresses_whole() -> None:
    address = "https://intranet.example.org/policies/2026/on-call?ref=" + "a-b" * 40
    said = text(Card(line("notice.title"), fields=(Field("x", f"{'word ' * 40}{address} end"),)))
    assert address in said.splitlines()
    assert all(len(one) <= WIDTH for one in said.splitlines() if one != address)


def test_what_fits_keeps_its_spaces() -> None:
    assert "a  b\n    c" in text(Card(line("notice.title"), fields=(Field("x", "a  b\n    c"),)))


# HTML -----------------------------------------------------------------------------------------------


def test_styles_are_in_the_elements_and_only_dark_and_narrow_in_the_head() -> None:
    html = page(FULL)
    kept = re.findall(r"<style>(.*?)</style>", html, re.S)
    assert len(kept) == 1
    outside = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*\s*\}", "", kept[0])
    assert outside.strip() == ""
    assert "prefers-color-scheme: dark" in kept[0]
    assert "max-width: 480px" in kept[0]
    assert re.search(r'<h1[^>]* style="[^"]*font-size: 24px', html)


def test_every_rule_of_the_head_wins_over_what_is_in_the_elements() -> None:
    (kept,) = re.findall(r"<style>(.*?)</style>", page(FULL), re.S)
    rules = [one for block in re.findall(r"\{([^{}]*)\}", kept) for one in block.split(";")]
    assert len(rules) > 15
    assert all(one.strip().endswith("!important") for one in rules if one.strip())


def test_a_warning_looks_like_one() -> None:
    assert 'class="sheet warning"' in page(FULL)
    assert "#d99a26" in page(FULL)


def test_a_screen_reader_hears_no_tables_and_the_language() -> None:
    found = Page(page(FULL))
    assert ("html", "lang", "en") in found.attributes
    tables = found.tags.count("table")
    assert found.attributes.count(("table", "role", "presentation")) == tables > 0
    assert found.tags.count("h1") == 1


def test_a_letter_speaks_as_the_community_does() -> None:
    words = Words(rep="Vertrauensfrau")
    there = replace(HERE, language="de", slots=Slots("Europe/Berlin"), words=words)
    card = Card(
        line("slot.title", date=SENT), (line("staff.named", name="Ines", role=line("role.rep")),)
    )
    found = sent(card, community=there)
    assert found["Subject"] == "Zustellung: Montag, 30. März, 11:00 (Europe/Berlin)"
    assert "Ines (Vertrauensfrau)" in _part(found, "plain")
    assert ("html", "lang", "de") in Page(_part(found, "html")).attributes


def test_words_of_each_direction_stand_in_their_own() -> None:
    found = Page(page(Card(line("notice.title"), fields=(Field("שלום", Rows(("שלום", "hello"))),))))
    holding = {tag for tag, name, value in found.attributes if (name, value) == ("dir", "auto")}
    assert {"h1", "h2", "td"} <= holding


# Addresses ------------------------------------------------------------------------------------------

LOCAL = st.text("abcZ019.!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=64)


@given(LOCAL, st.from_regex(r"[a-z0-9]{1,9}(\.[a-z0-9]{1,9}){0,3}", fullmatch=True))
def test_what_is_taken_for_an_address_is_one_to_the_library_too(local: str, domain: str) -> None:
    found = mailbox(f"{local}@{domain}")
    assert found == f"{local}@{domain}"
    assert parse_address(found) == found


@given(st.text(max_size=80))
def test_whatever_is_typed_for_an_address_holds_no_command(typed: str) -> None:
    for one in (mailbox(typed), mailbox(f"{typed}@example.org"), mailbox(f"a@{typed}")):
        assert one is None or re.fullmatch(r"[!-;=?-~]+@[A-Za-z0-9.-]+", one)
