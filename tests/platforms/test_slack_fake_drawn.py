"""What the town draws of modals, messages and homes: every word is there, and nobody's words are HTML."""

import html
import re
from typing import Any

import pytest

from tests.fakes.slack import words_of
from tests.fakes.slack.drawn import page, thing
from tests.fakes.slack_bolted import button, field, modal, section

Json = dict[str, Any]
HOSTILE = "<script>alert(1)</script> & 'quoted' \"twice\" אני 🙂"


def plain(words: str) -> Json:
    return {"type": "plain_text", "text": words}


def option(words: str) -> Json:
    return {"text": plain(words), "value": words, "description": plain(f"about {words}")}


def chooses(kind: str, **more: Any) -> Json:
    element = {"type": kind, "action_id": kind, "options": [option("pay"), option("hours")]} | more
    return {
        "type": "input",
        "block_id": kind,
        "label": plain(f"label of {kind}"),
        "element": element,
    }


FORM = modal(
    section(HOSTILE),
    field("story", initial_value="from the start", placeholder=plain("")),
    field("more", optional=True) | {"hint": plain("a hint")},
    chooses("radio_buttons"),
    chooses("checkboxes", initial_options=[option("hours")]),
    chooses("static_select", initial_option=option("pay")),
    {"type": "actions", "elements": [button("a", HOSTILE), button("b", "Other")]},
    close=plain("Not now"),
)
CARD = {
    "type": "message",
    "text": "never shown",
    "blocks": [
        {"type": "header", "text": plain("A header")},
        {"type": "section", "fields": [plain("a field"), plain("another")]},
        {"type": "section", "text": plain("beside"), "accessory": button("a", "Open")},
        {"type": "context", "elements": [plain("small print")]},
        {"type": "divider"},
        {
            "type": "image",
            "image_url": "https://example.org/a.png",
            "alt_text": "Bars",
            "title": plain("T"),
        },
    ],
}
HOME = {"type": "home", "blocks": [section("At home")]}


def read(drawn: str) -> str:
    """All that a page shows, as words."""
    return html.unescape(re.sub(r"<[^>]*>", "\n", drawn.partition("<body")[2] or drawn))


@pytest.mark.parametrize("one", [FORM, CARD, HOME], ids=lambda one: one["type"])
def test_every_word_is_drawn(one: Json) -> None:
    shown = read(thing(one))
    assert [words for words in words_of(one) if words not in shown] == []
    assert words_of(one)


def test_nobodys_words_become_html() -> None:
    assert "<script" not in page([("form", FORM)])
    drawn = thing(
        {"type": "message", "text": "&lt;script&gt; `<em>` *<u>* _<s>_ <https://x|&lt;p&gt;>"}
    )
    assert re.findall(r"<(script|em|u|s|p)>", drawn) == []
    assert "<script>" in read(drawn)


def test_mrkdwn_is_drawn_as_slack_draws_it() -> None:
    said = "*bold* _slanted_ `code` <https://example.org|a link> <!channel> a*b*c\n> quoted"
    drawn = thing({"type": "message", "text": said})
    for part in ("<b>bold</b>", "<i>slanted</i>", "<code>code</code>", ">a link</a>", "@channel"):
        assert part in drawn
    assert "<blockquote>quoted</blockquote>" in drawn
    assert "a*b*c" in drawn
    assert "*bold*" in thing({"type": "message", "text": "", "blocks": [section("*bold*")]})


def test_what_was_typed_and_what_was_refused_is_drawn() -> None:
    state = {
        "story": {"story": {"type": "plain_text_input", "value": "typed since"}},
        "radio_buttons": {
            "radio_buttons": {"type": "radio_buttons", "selected_option": option("hours")}
        },
    }
    typed = FORM | {"state": {"values": state}}
    drawn = page([("form", typed)], errors={"story": "Say more."})
    assert "typed since" in drawn
    assert "from the start" not in drawn
    assert "Say more." in drawn
    assert "choice one set'>hours" in drawn
    assert "choice set'>hours" in drawn


def test_a_page_is_light_or_dark_and_asks_nothing_of_a_network() -> None:
    light, dark = page([("card", CARD)]), page([("card", CARD)], dark=True)
    assert '<body class="dark"' not in light
    assert 'class="dark"' in dark
    assert "https://" not in light
    pictured = page([("card", CARD)], pictures={"https://example.org/a.png": b"\x89PNG"})
    assert "src='data:image/png;base64,iVBORw=='" in pictured
    sent = {"type": "message", "text": "x", "files": [{"id": "F1", "alt_txt": "Bars"}]}
    assert "data:image/png" in page([("file", sent)], pictures={"F1": b"\x89PNG"})
    assert "Bars" in page([("file", sent)])


def test_an_ephemeral_says_that_only_one_sees_it() -> None:
    assert "Only visible to you" in thing({"type": "message", "text": "x", "is_ephemeral": True})
    assert "Only visible to you" not in thing(CARD)
