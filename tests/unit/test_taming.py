"""People's words on Matrix: what clients would make a link, a mention, a pill or a command is words."""

import html
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from adapters.matrix.taming import JOINER, Teller, as_html, tamed
from bot.chat import Rows, Voice, line

#: What Element's and other clients' linkifiers look for (linkify-matrix.ts; NSDataDetector).
LIVE = re.compile(
    r"@room\b|[@#][\w.=/-]+:[\w.-]+|\w+://|\b(?:mailto|matrix|tel|javascript|xmpp):\S|www\.\w"
    r"|[\w.+-]+@\w[\w-]*\.[a-z]|\b[\w-]+\.(?:org|com|net|io|de|example)\b|^\s*[!/]\w|![\w]+:\w",
    re.IGNORECASE | re.MULTILINE,
)
PINGS = [
    "@room",
    "wake up @room!",
    "@ines:example.org",
    "#general:example.org",
    "!abcdef:example.org",
    "https://matrix.to/#/@ines:example.org",
    "matrix:u/ines:example.org",
    "HTTPS://EXAMPLE.ORG/x?y=z#w",
    "www.example.org",
    "example.org",
    "see status.example.com, now",
    "mail someone@example.org",
    "mailto:someone@example.org",
    "javascript:alert(1)",
    "tel:+4930123456",
    "!ban everyone",
    "/kick me",
    "one line\n!second line",
    " !third",
    "[link](https://example.org)",
    "<a href='https://example.org'>here</a>",
    "@@room @room@room",
]


@pytest.mark.parametrize("words", PINGS)
def test_what_clients_bring_to_life_is_words(words: str) -> None:
    assert LIVE.search(words), "else this proves nothing"
    assert not LIVE.search(tamed(words))


@pytest.mark.parametrize("words", PINGS)
def test_to_the_eye_it_is_the_same(words: str) -> None:
    assert tamed(words).replace(JOINER, "") == words


@pytest.mark.parametrize(
    "words",
    [
        "At 10:30 we met. Then it was 3.5 hours, or 1/2 a day: no rest.",
        "Yes/no",
        "Europe/Berlin",
        "4: it does harm",
        "TF6JQD3-W3QY8ZN-YP2QNS2",
        "שלום مرحبا 👩🏽‍💻 é",
        "",
    ],
)
def test_what_nobody_would_bring_to_life_stays_as_it_is(words: str) -> None:
    assert tamed(words) == words


@given(some.text())
def test_any_words_are_tame_once_and_for_all_and_can_be_sent(words: str) -> None:
    tame = tamed(words)
    assert not re.search(r"@room|[@#]\w+:\w|[A-Za-z]://", tame)
    assert tamed(tame) == tame
    assert json.loads(json.dumps(tame)) == tame
    assert tame.encode().decode() == tame


@given(some.text())
def test_no_words_are_mark_up(words: str) -> None:
    shown = as_html(words)
    assert re.findall(r"<[^>]*>", shown) == ["<br>"] * words.count("\n")
    assert html.unescape(shown.replace("<br>", "\n")) == words or "&" in words


def test_words_are_tame_wherever_they_stand_in_a_sentence() -> None:
    teller = Teller(Voice(), "!")
    for said in (
        teller.say("@room"),
        teller.say(line("poll.asks", question="@room")),
        teller.say(line("list", items=("@room", line("poll.asks", question="@room")))),
        teller.say(Rows(("@room", line("talk.note", title="@room")))),
    ):
        assert "@room" not in said
        assert "room" in said


def test_our_own_commands_and_the_operator_s_links_stay_alive() -> None:
    teller = Teller(Voice(), "!", ("https://door.example", "https://page.example/#x"))
    assert "!receipt" in teller.say(line("poll.look_again"))
    assert "https://door.example" in teller.say(line("label.door", door="https://door.example"))
    assert teller.say("https://page.example/#x") == "https://page.example/#x"
    assert "https://door" not in teller.say("see https://door.example")
    assert "https:" not in teller.say(line("label.door", door="https://evil.example"))
