"""What the Discord renderer promises: Discord takes every message and every modal, words stay words,
and nobody is called.

What is made here is taken by the Discord of the tests, which knows the documented limits.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.discord import forms, render
from adapters.discord.carried import VERSION, Pressed, pressed
from adapters.discord.render import Shown
from adapters.discord.words import escaped, pieces
from bot.chat import (
    Ask,
    Button,
    Card,
    Field,
    Form,
    Option,
    Picture,
    Question,
    Reply,
    Rows,
    Tone,
    Voice,
    Weight,
    blank,
    line,
    with_errors,
)
from bot.domain.grievances.receipts import RECEIPT
from bot.texts import LANGUAGES, Speaker
from tests.contract.test_render import QUESTIONS, WORDS
from tests.fakes.discord.components import check_components, inner
from tests.fakes.discord.mentions import words_of
from tests.fakes.discord.modals import check_modal
from tests.fakes.discord_week import read
from tests.fakes.world import PIXEL, World, caller

ENGLISH = render.speaker_of(Voice())
REP = "ines-moreau"
OWN = "0123456-789ABCD-EFGHJKM"
#: The worst that people write.
NASTY = [
    "<@1> <@&2> <#3> <:a:4> <t:5> </help:6> @everyone @here **bold** __u__ ~~no~~ ||spoiler||",
    "# Title\n## Less\n-# small\n- one\n* two\n+ three\n1. four\n  2. five\n> quote\n>>> all\n```py\nx\n```",
    "[a link](https://evil.example) <https://evil.example> https://evil.example/?who=noor",
    "*" * 3000,
    "\\" * 2999 + "n",
    "- " * 1500,
    "👩🏽‍💻" * 200,
    "\u202eright-to-left\u202c שלום مرحبا",
    "\\# not a title \\*nor bold\\* \\\\ and a way C:\\temp\\new",
    *WORDS,
]

Json = dict[str, Any]


def whisper(reply: Reply, speaker: Speaker = ENGLISH, **more: Any) -> Json:
    """A whisper, as Discord takes it."""
    return taken(render.whisper(speaker, reply, lambda: ("kept", "look:t"), **more), ephemeral=True)


def taken(shown: Shown, *, ephemeral: bool = False) -> Json:
    names = {one["filename"] for one in shown.body["attachments"]}
    assert bool(names) == (shown.picture is not None)
    check_components(shown.body["components"], v2=True, files=frozenset(names))
    assert shown.body["flags"] == (1 << 15) + (1 << 6) * ephemeral
    assert shown.body["allowed_mentions"] == {"parse": []}
    return shown.body


def posted(card: Card, speaker: Speaker = ENGLISH) -> list[Json]:
    return [taken(one) for one in render.messages(speaker, card)]


def modal(reply: Reply, speaker: Speaker = ENGLISH) -> Json:
    made = render.modal(speaker, reply)
    assert made is not None, reply.form
    check_modal(made)
    return made


def texts(shown: Json) -> str:
    return "\n".join(read(one) for one in words_of(shown["components"]))


def buttons(shown: Json) -> list[str]:
    return [one["custom_id"] for one in inner(shown["components"]) if one["type"] == 2]


def fields(shown: Json) -> dict[str, Json]:
    found = (one["component"] for one in shown["components"] if one["type"] == 18)
    return {one["custom_id"]: one for one in found}


# Cards ----------------------------------------------------------------------------------------------


def test_a_card_is_a_whisper_with_its_buttons_below() -> None:
    card = Card(
        line("view.title"),
        (line("slot.words"), line("reps.slots")),
        (Field(line("view.state"), line("state.waiting")),),
        (Button("message", "token", Weight.PRIMARY), Button("delete", "token", Weight.DANGER)),
        Tone.WARNING,
    )
    (box,) = whisper(Reply((card,)))["components"]
    words, row = box["components"]
    assert box["accent_color"]
    assert words["content"].startswith("### ⚠️ Your case\n\nYour own list: /cases\n\nCases and")
    assert words["content"].endswith("**State**\nWaiting for its slot")
    assert [(one["custom_id"], one["style"]) for one in row["components"]] == [
        ("message:token", 1),
        ("delete:token", 4),
    ]


def test_what_is_public_for_others_is_a_whisper_here_too() -> None:
    """A public answer would carry the name of who asked."""
    assert whisper(Reply((Card(line("saved.title")),), public=True))["flags"] & 1 << 6


def test_a_receipt_stands_by_itself_to_be_copied() -> None:
    card = Card(line("receipt_card.title"), fields=(Field(line("receipt_card.receipt"), OWN),))
    (said,) = [one for one in words_of(whisper(Reply((card,)))["components"]) if OWN in one]
    assert f"```\n{OWN}\n```" in said
    assert RECEIPT.fullmatch(OWN)


@pytest.mark.parametrize("words", NASTY, ids=range(len(NASTY)))
def test_peoples_words_read_as_they_were_typed_and_call_nobody(words: str) -> None:
    card = Card(
        line("message.text"),
        (line("list", items=words),),
        (Field(line("message.text"), words), Field(words[:200] or "-", words)),
    )
    for shown in (*posted(card), *every_page(Reply((card,)))):
        for one in words_of(shown["components"]):
            assert not re.search(r"(?<!\\)(?:\\\\)*<[@#:t/]", one), one
    said = "".join("".join(texts(one).split()) for one in posted(card))
    assert said.count("".join(words.split()) or "–") >= 2


def every_page(reply: Reply) -> Iterator[Json]:
    page = 0
    while True:
        shown = whisper(reply, page=page)
        yield shown
        if f"page:{page + 1}:kept:look:t" not in buttons(shown):
            return
        page += 1
        assert page < 60


@pytest.mark.parametrize("mark", list("\\`*_~|<>[]@"))
def test_every_mark_of_discord_s_is_told_as_itself(mark: str) -> None:
    assert escaped(f"a{mark}b") == f"a\\{mark}b"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("# a", "\\# a"),
        ("- a\n  - b", "\\- a\n  \\- b"),
        ("10. a", "10\\. a"),
        ("a-b #c 1.5 C++", "a-b #c 1.5 C++"),
        ("https://a.b", "https\\://a.b"),
        ("at 9:30", "at 9:30"),
    ],
)
def test_what_means_something_at_the_beginning_of_a_line_does_not(typed: str, told: str) -> None:
    assert escaped(typed) == told


@pytest.mark.parametrize("words", NASTY, ids=range(len(NASTY)))
def test_long_words_are_cut_where_no_mark_is_cut_in_two(words: str) -> None:
    for most in (20, 100):
        some = [*pieces(words, most)]
        assert all(0 < len(one) <= most for one in some)
        assert "".join("".join(map(read, some)).split()) == "".join(words.split())


def long_talk(entries: int) -> Card:
    parts = tuple(Field(line("message.text"), f"{n}. " + "&" * 2990) for n in range(entries))
    return Card(
        line("view.title"), fields=parts, buttons=(Button("message", "t"), Button("exclude", "t"))
    )


def test_a_long_talk_goes_over_pages_that_are_turned_by_buttons() -> None:
    seen = set[str]()
    pages = [*every_page(Reply((long_talk(8),)))]
    for number, shown in enumerate(pages):
        seen |= set(re.findall(r"^(\d+)\. &", texts(shown), re.MULTILINE))
        assert {"message:t", "exclude:t"} <= set(buttons(shown))
        assert (f"page:{number - 1}:kept:look:t" in buttons(shown)) == (number > 0)
    assert seen == {f"{n}" for n in range(8)}


def test_a_long_card_is_several_messages_with_its_buttons_on_the_last() -> None:
    said = posted(long_talk(5))
    assert [bool(buttons(one)) for one in said] == [*[False] * (len(said) - 1), True]
    assert len(said) > 3


def test_several_cards_share_a_message_and_no_button_is_there_twice() -> None:
    cards = tuple(Card(line("saved.title"), buttons=(Button("cases"),)) for _ in range(3))
    shown = whisper(Reply(cards))
    assert len(shown["components"]) == 3
    assert buttons(shown) == ["cases"]


def test_as_many_buttons_as_a_card_may_have_fit() -> None:
    cards = tuple(
        Card(line("saved.title"), buttons=tuple(Button("open", f"{card}{n}") for n in range(25)))
        for card in range(3)
    )
    pages = [*every_page(Reply(cards))]
    found = {one for shown in pages for one in buttons(shown) if one.startswith("open")}
    assert len(found) == 75


def test_several_lines_of_one_field_stay_one_below_the_other() -> None:
    rows = Rows((line("slot.words"), line("reps.slots")))
    card = Card(line("view.title"), fields=(Field(line("view.state"), rows),))
    assert re.search(r"State\nYour own list.*\nCases and", texts(whisper(Reply((card,)))))


def test_a_chart_goes_along_as_a_picture_with_words_that_say_the_same() -> None:
    drawn = Card(line("results.title"), picture=Picture(PIXEL, "Yes: 68 %\nNo: 32 %"))
    (shown,) = render.messages(ENGLISH, drawn)
    taken(shown)
    assert shown.picture
    assert shown.picture.png == PIXEL
    (gallery,) = [one for one in inner(shown.body["components"]) if one["type"] == 12]
    assert gallery["items"][0]["media"]["url"] == "attachment://chart.png"
    assert "Yes: 68 %\nNo: 32 %" in texts(shown.body)


# Forms ----------------------------------------------------------------------------------------------


def test_a_form_s_ids_are_the_published_ones() -> None:
    form = Form("grievance", "token", line("reply.title"), (line("slot.words"),), QUESTIONS)
    shown = modal(Reply(form=form))
    assert (shown["custom_id"], shown["title"]) == ("grievance:token", "Reply")
    assert "Your own list: /cases" in texts(shown)
    asked = fields(shown)
    assert [*asked] == [one.id for one in QUESTIONS]
    assert [one["required"] for one in asked.values()] == [one.required for one in QUESTIONS]
    chosen = [one["value"] for one in asked["spread"]["options"] if one.get("default")]
    assert chosen == ["many"]
    assert [one["value"] for one in asked["exclude"]["options"] if one.get("default")] == ["2"]


KINDS = (
    Question("person", Ask.PERSON, line("message.text"), required=True, value="123456"),
    Question("days", Ask.NUMBER, line("message.text"), required=True, value="3"),
    Question("words", Ask.LONG_TEXT, line("message.text"), required=True, max_length=3000),
    Question(
        "many",
        Ask.CHOICES,
        line("message.text"),
        required=False,
        options=tuple(Option(f"{n}", f"Person {n}") for n in range(25)),
        value=("3", "24"),
    ),
    Question(
        "one",
        Ask.CHOICE,
        line("message.text"),
        required=True,
        options=tuple(Option(f"{n}", f"Person {n}") for n in range(25)),
    ),
)


def test_every_kind_of_question_has_a_field_of_discord_s() -> None:
    asked = fields(modal(Reply(form=Form("staff", "", line("reply.title"), (), KINDS))))
    assert [one["type"] for one in asked.values()] == [5, 4, 4, 3, 3]
    assert asked["many"]["max_values"], asked["many"]["min_values"] == (25, 0)
    assert (asked["one"]["max_values"], asked["one"]["min_values"]) == (1, 1)
    assert asked["words"]["max_length"] == 3000


def test_where_all_five_fields_are_taken_what_is_to_be_read_stands_below_the_labels() -> None:
    note = (line("grievance.above"), line("exclude.note"))
    shown = modal(Reply(form=Form("grievance", "", line("reply.title"), note, KINDS)))
    below = [one.get("description", "") for one in shown["components"]]
    assert below[0] == ENGLISH.say(note[0])
    assert " ".join(one for one in below[1:] if one) == ENGLISH.say(note[1])
    assert below[1] == ""


def test_what_does_not_fit_a_modal_stands_before_it() -> None:
    note = tuple(line("setup_kept.above") for _ in range(3))
    form = Form("staff", "", line("reply.title"), note, KINDS)
    assert render.modal(ENGLISH, Reply(form=form)) is None
    before = whisper(render.to_open(Reply(form=form), "kept"))
    assert ENGLISH.say(note[0]) in texts(before)
    assert pressed(buttons(before)[0]) == Pressed("staff", "kept")


@pytest.mark.parametrize("words", NASTY, ids=range(len(NASTY)))
def test_what_was_typed_comes_back_in_the_form_as_it_was(words: str) -> None:
    form = Form("grievance", "", line("reply.title"), (), QUESTIONS)
    wrong = {"story": line("refused.cannot_save")}
    back = Reply(form=with_errors(form, {"story": words, "exclude": ["1"]}, wrong))
    shown = modal(back)
    assert fields(shown)["story"].get("value", "") == words
    (told,) = [one for one in shown["components"] if "⚠️" in one.get("description", "")]
    assert told["component"]["custom_id"] == "story"
    before = whisper(render.to_open(back, "kept"))
    assert "This could not be saved just now" in texts(before)
    assert words not in texts(before) or not words.strip()


def test_an_answer_that_is_too_long_stays_whole_to_be_made_shorter() -> None:
    form = Form("message", "", line("reply.title"), (), QUESTIONS[1:2])
    back = with_errors(form, {"story": "x" * 3500}, {"story": line("refused.cannot_save")})
    assert fields(modal(Reply(form=back)))["story"]["value"] == "x" * 3500


@pytest.mark.parametrize(
    ("id", "means"),
    [
        ("send:token", Pressed("send:token")),
        ("again:kept:grievance:t", Pressed("grievance:t", "kept")),
        ("again::about", Pressed("about")),
        ("page:12:kept:look:t", Pressed("look:t", "kept", 12)),
        ("page:x:y", Pressed("", "y")),
        ("page:99999:k:a", Pressed("a", "k")),
        ("page", Pressed("")),
    ],
)
def test_what_a_button_carries_is_read_whatever_it_is(id: str, means: Pressed) -> None:
    assert pressed(id) == means


def submitted(*some: Json) -> list[Json]:
    return [{"type": 18, "id": VERSION * 1000 + n, "component": one} for n, one in enumerate(some)]


def test_answers_arrive_as_text_or_as_a_list_of_texts() -> None:
    shown = submitted(
        {"type": 4, "custom_id": "story", "value": " words \n"},
        {"type": 4, "custom_id": "empty", "value": None},
        {"type": 3, "custom_id": "spread", "values": ["me"]},
        {"type": 3, "custom_id": "none", "values": []},
        {"type": 3, "custom_id": "exclude", "values": ["1", "2"]},
        {"type": 5, "custom_id": "person", "values": ["123"]},
        {"type": 21, "custom_id": "radio", "value": "x"},
    )
    assert forms.answers([{"type": 10, "id": 1}, *shown]) == {
        "story": " words \n",
        "empty": "",
        "spread": "me",
        "none": "",
        "exclude": ["1", "2"],
        "person": "123",
        "radio": "x",
    }


@pytest.mark.parametrize(
    "shown", [None, {}, "x", 3, [None], [{"component": 3}], [{"components": [1]}]]
)
def test_what_is_no_form_holds_no_answers(shown: object) -> None:
    assert forms.answers(shown) == {}


@pytest.mark.parametrize("number", [VERSION * 1000 + 1000, VERSION * 1000 + 1999, -1])
def test_a_form_of_another_version_is_known_as_such(number: object) -> None:
    today = submitted({"type": 4, "custom_id": "a", "value": "b"})
    assert forms.of_today(today)
    assert not forms.of_today([*today, {"type": 18, "id": number}])


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_form_fits_one_modal_in_every_language(world: World, language: str) -> None:
    here = await world.bot.communities.meet(caller(REP))
    speaker, names = render.speaker_of(Voice(language)), set[str]()
    for command in world.bot.door.commands:
        if command.form is not None:
            modal(Reply(form=blank(command.form, here, command.name, "a" * 26)), speaker)
            names.add(command.name)
    assert names >= {"grievance", "receipt", "message", "leave_out", "reply", "staff", "poll_new"}


def shown_whole(reply: Reply) -> None:
    """Discord takes a reply, whatever it is: its form opens at once, or from what stands before it."""
    speaker = render.speaker_of(reply.voice)
    if reply.form and (not reply.taken or render.modal(speaker, reply) is None):
        whisper(render.to_open(reply, "k" * 12), speaker)
        reply = render.bare(reply)
    if reply.form:
        modal(reply, speaker)
    else:
        whisper(reply, speaker)
