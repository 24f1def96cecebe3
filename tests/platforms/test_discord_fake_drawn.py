"""What the town draws of modals and messages: every word is there, and nobody's words are HTML."""

import html
import re
from typing import Any

import pytest

from tests.fakes.discord import words_of
from tests.fakes.discord.drawn import page, thing

Json = dict[str, Any]
HOSTILE = "<script>alert(1)</script> & 'quoted' \"twice\" אני 🙂"


def option(words: str, **more: Any) -> Json:
    return {"label": words, "value": words, "description": f"about {words}"} | more


def label(kind: int, **more: Any) -> Json:
    inside = {"type": kind, "custom_id": f"c{kind}"} | more
    return {"type": 18, "label": f"label {kind}", "description": "a hint", "component": inside}


def button(words: str, style: int = 1, **more: Any) -> Json:
    return {"type": 2, "style": style, "label": words, "custom_id": words} | more


FORM: Json = {
    "title": HOSTILE[:45],
    "custom_id": "form",
    "components": [
        {"type": 10, "content": HOSTILE},
        label(4, style=2, value="from the start"),
        label(21, options=[option("pay"), option("hours")]),
        label(22, options=[option("hours", default=True)]),
        label(3, options=[option("pay", default=True)], required=False),
        label(23),
    ],
}
LINK = {"type": 2, "style": 5, "label": "Read", "url": "https://example.org/a"}
CARD: Json = {
    "content": "",
    "flags": 1 << 15,
    "attachments": [{"id": "7", "filename": "a.png", "description": "Bars, in words"}],
    "components": [
        {"type": 10, "content": "# A header"},
        {
            "type": 17,
            "accent_color": 0x5865F2,
            "components": [
                {
                    "type": 9,
                    "components": [{"type": 10, "content": "beside"}],
                    "accessory": button("Open"),
                },
                {"type": 14, "spacing": 2},
                {"type": 12, "items": [{"media": {"url": "attachment://a.png"}}]},
            ],
        },
        {"type": 1, "components": [button(HOSTILE, 4), button("No", 2, disabled=True), LINK]},
        {"type": 1, "components": [{"type": 3, "custom_id": "s", "options": [option("pay")]}]},
    ],
}


def read(drawn: str) -> str:
    """All that a page shows, as words."""
    return html.unescape(re.sub(r"<[^>]*>", "\n", drawn.partition("<body")[2] or drawn))


@pytest.mark.parametrize("one", [FORM, CARD], ids=["modal", "message"])
def test_every_word_is_drawn(one: Json) -> None:
    shown, words = read(thing(one)), [one.get("title", ""), *words_of(one["components"])]
    assert [said for said in words if said.removeprefix("# ") not in shown] == []
    assert len(words) > 5


def test_nobodys_words_become_html() -> None:
    assert "<script" not in page([("form", FORM), ("card", CARD), (HOSTILE, CARD)])
    said = "<script> `<em>` **<u>** _<s>_ [<p>](https://x) \\<b> <@<i>>\n```\n<pre-->\n```"
    drawn = thing({"content": said})
    assert re.findall(r"<(script|em|u|s|p|b|i)>", drawn.replace("<p>", "", 1)) == ["b", "i"]
    assert "<script>" in read(drawn)
    assert "<pre-->" in read(drawn)


def test_markdown_is_drawn_as_discord_draws_it() -> None:
    said = (
        "**bold** *slanted* _too_ __under__ ~~gone~~ `code *x*` [a link](https://example.org) <@5>\n"
        "## smaller\n-# small print\n- a point\n> quoted\n\\*as it is\\* a_b_c"
    )
    drawn = thing({"content": said})
    for part in (
        "<b>bold</b>",
        "<i>slanted</i>",
        "<i>too</i>",
        "<u>under</u>",
        "<s>gone</s>",
        "<code>code *x*</code>",
        ">a link</a>",
        "@5</span>",
        "<h2>smaller</h2>",
        "<small>small print</small>",
        "<li>a point</li>",
        "<blockquote>quoted</blockquote>",
        "*as it is* a_b_c",
    ):
        assert part in drawn, part


def test_what_was_typed_and_what_was_refused_is_drawn() -> None:
    typed = FORM | {"typed": {"c4": "typed since", "c21": "hours", "c23": True}}
    drawn = page([("form", typed)], errors={"c4": "Say more."})
    assert "typed since" in drawn
    assert "from the start" not in drawn
    assert "Say more." in drawn
    assert "choice one set'>hours" in drawn
    assert "choice set'>hours" in drawn
    assert "choice set'></span>" in drawn


def test_what_must_be_answered_has_a_star() -> None:
    assert thing(FORM).count("<em>*</em>") == 3


def test_a_page_is_light_or_dark_and_asks_nothing_of_a_network() -> None:
    light, dark = page([("card", CARD)]), page([("card", CARD)], dark=True, narrow=True)
    assert '<body class="dark"' not in light
    assert '<body class="dark"' in dark
    assert 'class="narrow"' in dark
    assert "https://" not in light
    assert "Bars, in words" in light
    for key in ("a.png", "7"):
        pictured = page([("card", CARD)], pictures={key: b"\x89PNG"})
        assert "src='data:image/png;base64,iVBORw==' alt='Bars, in words'" in pictured


def test_an_ephemeral_says_that_only_one_sees_it_and_an_open_answer_who_asked() -> None:
    asked = {"name": "poll", "user": {"username": "ada"}}
    whisper = thing({"content": "x", "flags": 64, "interaction_metadata": asked})
    assert "Only you can see this" in whisper
    assert "<b>ada</b> used <b>/poll</b>" in whisper
    assert "Only you can see this" not in thing(CARD)
    assert "is thinking" in thing({"content": "", "flags": 64 | 128})
