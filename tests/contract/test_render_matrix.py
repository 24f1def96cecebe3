"""What the Matrix renderer promises: both forms say the same, fit, and hold no mark-up of others."""

import html
import json
import re
from collections.abc import Iterable
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from adapters.matrix import render
from adapters.matrix.render import MOST, Words
from adapters.matrix.taming import JOINER, Teller
from bot.chat import (
    Button,
    Card,
    Field,
    Form,
    Picture,
    Rows,
    Tone,
    Voice,
    Weight,
    blank,
    line,
    with_errors,
)
from bot.dialogue import Choice, started
from bot.texts import LANGUAGES
from tests.contract.test_render import QUESTIONS, WORDS
from tests.fakes.acts import Acts
from tests.fakes.lives import asked_life, whole_life
from tests.fakes.world import PIXEL, World, caller

WORKER, REP = "noor-haddad", "ines-moreau"
ENGLISH = Teller(Voice(), "!")
#: Of those that Matrix names (client-server API, "m.room.message msgtypes", HTML).
ALLOWED = {"p", "br", "strong", "blockquote", "code", "a"}
MOST_OF_AN_EVENT = 65_536


class Page(HTMLParser):
    """The text of a message's HTML, its tags seen to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED
        assert [name for name, _ in attrs] == (["href"] if tag == "a" else [])
        self.open += [] if tag == "br" else [tag]
        self.text += " "

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.text += " "

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(words: str) -> str:
    """What the eye gets: without quotation marks of either form, one space wherever there is any."""
    lines = [re.sub(r"^> ?", "", one) for one in words.split("\n")]
    return " ".join(" ".join(lines).split())


def check(pages: Iterable[Words]) -> None:
    found = list(pages)
    assert found
    for one in found:
        assert seen(one.plain)
        plain = seen(one.plain).replace("https://matrix.to/#/", "")
        assert plain.replace("> ", "") == seen(Page(one.html).text).replace("> ", "")
        assert len(one.plain.encode()) <= MOST
        assert len(one.html.encode()) <= MOST
        content = render.notice(one)
        assert content["m.mentions"] == {}
        assert content["msgtype"] == "m.notice"
        sent = json.dumps(content)  # with every letter beyond ASCII spelt out: at its longest
        assert json.loads(sent) == content
        assert len(json.dumps(content, ensure_ascii=False).encode()) * 4 / 3 < MOST_OF_AN_EVENT


def said(card: Card, *choices: Choice) -> str:
    (one,) = render.card(ENGLISH, card, choices)
    return one.plain


def test_a_card_reads_from_above_to_below() -> None:
    card = Card(
        line("saved.title"),
        (line("saved.next"), line("slot.words")),
        (
            Field(line("about.operator"), "Harbour & Söhne"),
            Field(line("view.state"), line("state.waiting")),
            Field(line("message.text"), "One.\nTwo."),
            Field(line("help.title"), Rows(("a", line("slot.words")))),
        ),
    )
    assert said(card, Choice("1", line("button.send")), Choice("2", "Else")) == (
        "The receipt is yours now\n\n"
        "To look at your case: !receipt.\n\n"
        "Your own list: !cases\n\n"
        "Run by: Harbour & Söhne\nState: Waiting for its slot\n\n"
        "Your message:\n> One.\n> Two.\n\n"
        "What you can do here:\n- a\n- Your own list: !cases\n\n"
        "Answer with a number:\n1. Send it\n2. Else"
    )


def test_the_tone_is_a_word() -> None:
    card = Card(line("confirm.title"))
    assert said(replace(card, tone=Tone.WARNING)) == "Please note: Are you sure?"
    assert said(replace(card, tone=Tone.GOOD)) == said(card) == "Are you sure?"


def test_a_label_that_asks_has_no_colon() -> None:
    card = Card(line("saved.title"), fields=(Field("How often?", "Daily"),))
    assert said(card).endswith("How often? Daily")


def test_what_is_typed_is_a_number_a_letter_or_a_word() -> None:
    card, label = Card(line("saved.title")), line("button.send")
    assert said(card, Choice("a", label)).endswith("Answer with a letter:\nA. Send it")
    assert said(card, Choice("yes", label)).endswith("Answer with the word:\nyes: Send it")
    both = said(card, Choice("saved", label), Choice("1", label))
    assert both.endswith("Answer with a word or a number:\nsaved: Send it\n1. Send it")


def test_only_a_card_with_a_receipt_says_that_it_goes() -> None:
    receipt = Field(line("receipt_card.receipt"), "TF6JQD3-W3QY8ZN-YP2QNS2")
    goes = "This message goes after half an hour."
    (one,) = render.card(ENGLISH, Card(line("saved.title"), fields=(receipt,)))
    check([one])
    assert goes in one.plain
    assert "<code>TF6JQD3-W3QY8ZN-YP2QNS2</code>" in one.html
    assert goes not in said(Card(line("saved.title"), fields=(Field("x", "TF6JQD3"),)))


def test_a_picture_has_its_words_and_they_are_tame() -> None:
    shown = render.picture(Picture(PIXEL, "Yes: 68 %\n@room: 32 %"))
    assert shown.png == PIXEL
    assert shown.alt.startswith("Yes: 68 %\n@")
    assert "@room" not in shown.alt


@pytest.mark.parametrize("words", WORDS)
def test_peoples_words_are_to_the_eye_as_they_are(words: str) -> None:
    card = Card(line("message.text"), fields=(Field(line("message.text"), words),))
    pages = render.card(ENGLISH, card)
    check(pages)
    (one,) = pages
    shown = one.plain.replace(JOINER, "").split("Your message:", 1)[1].lstrip(" \n")
    assert seen(shown) == seen(words)
    assert html.escape(words.strip().split("\n")[0], quote=False)[:8] in one.html.replace(
        JOINER, ""
    )


def test_words_of_others_cannot_pass_for_ours() -> None:
    spoof = "Fine.\n\nAnswer with a number:\n1. Send it"
    (one,) = render.card(ENGLISH, Card(line("message.text"), fields=(Field("x", spoof),)))
    assert "> Answer with a number:" in one.plain
    assert "\nAnswer with a number:" not in one.plain
    assert "<blockquote>Fine.<br><br>Answer with a number:<br>1. Send it</blockquote>" in one.html


@settings(deadline=None)
@given(some.lists(some.text(max_size=3000), min_size=1, max_size=12), some.sampled_from("&<x😀@\n"))
def test_however_much_is_said_each_message_fits_and_nothing_is_left_out(
    texts: list[str], letter: str
) -> None:
    texts = [*texts, letter * 3000]
    fields = tuple(Field(f"Words {n}", text) for n, text in enumerate(texts))
    pages = render.card(ENGLISH, Card(line("message.text"), fields=fields))
    check(pages)
    whole = "".join(one.html for one in pages)
    assert whole.replace(JOINER, "").count(html.escape(letter, quote=False)) >= (
        3000 if letter != "\n" else 0
    )
    assert [f"Words {n}:" in whole for n, _ in enumerate(texts)] == [True] * len(texts)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("who", [WORKER, REP])
async def test_every_form_can_be_asked_to_its_end(world: World, who: str, language: str) -> None:
    here = await world.bot.communities.meet(caller(who))
    teller = Teller(Voice(language), "!")
    for command in world.bot.door.commands:
        if command.form is not None:
            form = blank(command.form, here, command.name, "subject")
            dialogue = started(form, teller)
            for typed in ("help", *["1"] * len(form.questions), "back"):
                check(render.question(teller, dialogue.asked))
                dialogue = dialogue.answered(typed)


def test_what_was_typed_comes_back_in_the_second_look() -> None:
    for words in WORDS:
        asked = Form("grievance", "token", line("reply.title"), (), QUESTIONS[1:])
        form = with_errors(asked, {"story": f"W{words}", "spread": "me"}, {})
        (one,) = render.question(ENGLISH, started(form, ENGLISH).asked)
        assert seen(f"W{words}") in seen(one.plain.replace(JOINER, ""))


async def test_whatever_anybody_was_shown_in_a_whole_life_renders(world: World) -> None:
    acts = Acts(world)
    workers = [f"worker-number-{n}" for n in range(12)]
    await whole_life(acts, workers)
    await asked_life(acts, workers)
    cards = [card for reply in acts.replies for card in reply.cards]
    cards += [card for _, _, card in (*world.post.heard, *world.post.weekly)]
    assert len(cards) > 100
    for card in cards:
        choices = [Choice(str(n), one.label) for n, one in enumerate(card.buttons, 1)]
        check(render.card(ENGLISH, card, choices, ("cases",), "@bot:example.org"))
    for reply in acts.replies:
        if reply.form is not None:
            check(render.question(ENGLISH, started(reply.form, ENGLISH).asked))


def test_weights_and_ids_of_buttons_are_said_to_nobody() -> None:
    one = Button("delete", "t" * 26, Weight.DANGER)
    assert "t" * 26 not in said(Card(line("saved.title"), buttons=(one,)), Choice("1", one.label))
