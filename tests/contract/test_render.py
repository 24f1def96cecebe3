"""What every renderer promises: the platform's own shape, every form, and people's words as is.

The shapes are those of the sandbox's API as it is published; another platform's are its own.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.sandbox import render
from bot.chat import (
    Ask,
    Button,
    Card,
    Chart,
    ChartPanel,
    Field,
    Form,
    Option,
    Picture,
    Question,
    Tone,
    Voice,
    Weight,
    blank,
    line,
    with_errors,
)
from bot.texts import Speaker
from tests.fakes.world import PIXEL, World, caller

WORKER, REP = "noor-haddad", "ines-moreau"
ENGLISH = Speaker(Voice(), "/")

#: What people write and platforms love to change.
WORDS = [
    "<b>bold</b> & <script>alert(1)</script> &lt;",
    "*bold* _it_ ~no~ `code` > quote | [link](https://example.org) <!channel> <@U1> @everyone",
    "one\ntwo\n\n  three\ttab",
    "\u202eright-to-left\u202c שלום مرحبا",
    "{who} {0} %s %(n)d \\n $HOME",
    "e\u0301 é ß 👩🏽‍💻 \u200b zero width",
    "  room around it, and a line end\n ",
    "title.text",
    "",
]


def is_label(text: object) -> bool:
    """Words for people, not the key they are found by."""
    return (
        isinstance(text, str)
        and bool(text.strip())
        and not re.fullmatch(r"[a-z_]+(\.[a-z_0-9-]+)+", text)
    )


def check_card(shown: dict[str, Any]) -> None:
    assert shown.keys() == {"title", "text", "tone", "whisper", "fields", "buttons", "image"}
    assert is_label(shown["title"])
    assert isinstance(shown["text"], str)
    assert shown["tone"] in ("plain", "good", "warning")
    assert isinstance(shown["whisper"], bool)
    assert shown["image"] is None or shown["image"].keys() == {"url", "alt"}
    for field in shown["fields"]:
        assert field.keys() == {"label", "value"}
        assert is_label(field["label"])
        assert isinstance(field["value"], str)
    for button in shown["buttons"]:
        assert button.keys() == {"id", "label", "weight"}
        assert re.fullmatch(r"[a-z_]+(:.+)?", button["id"])
        assert is_label(button["label"])
        assert button["weight"] in ("primary", "plain", "danger")
    assert json.loads(json.dumps(shown)) == shown


def check_form(shown: dict[str, Any]) -> None:
    assert shown.keys() == {"id", "title", "note", "fields"}
    assert re.fullmatch(r"[a-z_]+(:.+)?", shown["id"])
    assert is_label(shown["title"])
    assert isinstance(shown["note"], str)
    assert 1 <= len(shown["fields"]) <= 5
    for field in shown["fields"]:
        assert field.keys() == {
            "id",
            "label",
            "kind",
            "value",
            "options",
            "required",
            "max_length",
        }
        assert is_label(field["label"])
        assert field["kind"] in ("text", "long_text", "choice", "choices", "number", "person")
        assert isinstance(field["required"], bool)
        assert field["max_length"] is None or field["max_length"] > 0
        assert bool(field["options"]) == (field["kind"] in ("choice", "choices", "person"))
        for option in field["options"]:
            assert option.keys() == {"value", "label"}
            assert isinstance(option["value"], str)
            assert is_label(option["label"])
    assert json.loads(json.dumps(shown)) == shown


def test_a_card_has_the_published_shape() -> None:
    slot = datetime(2026, 6, 3, 9, tzinfo=UTC)
    card = Card(
        line("slot.title", date=slot),
        (line("slot.words"), line("reps.slots")),
        (
            Field(line("about.operator"), "Harbour & Söhne"),
            Field(line("view.state"), line("state.waiting")),
        ),
        (Button("cases", weight=Weight.PRIMARY), Button("open", "K7M2PQ", Weight.DANGER)),
        Tone.GOOD,
    )
    shown = render.card(ENGLISH, card, whisper=True)
    check_card(shown)
    assert shown == {
        "title": shown["title"],
        "text": "Your own list: /cases\n"
        "Cases and answers cross at fixed slots, never when they were typed.",
        "tone": "good",
        "whisper": True,
        "fields": [
            {"label": "Run by", "value": "Harbour & Söhne"},
            {"label": shown["fields"][1]["label"], "value": "Waiting for its slot"},
        ],
        "buttons": [
            {"id": "cases", "label": shown["buttons"][0]["label"], "weight": "primary"},
            {"id": "open:K7M2PQ", "label": shown["buttons"][1]["label"], "weight": "danger"},
        ],
        "image": None,
    }
    assert "3 June" in shown["title"]
    assert "UTC" in shown["title"]


def test_a_card_of_a_title_alone_has_every_part() -> None:
    shown = render.card(ENGLISH, Card(line("refused.title")), whisper=False)
    assert shown == {
        "title": "Not done",
        "text": "",
        "tone": "plain",
        "whisper": False,
        "fields": [],
        "buttons": [],
        "image": None,
    }


def test_a_drawn_card_says_where_its_picture_is_and_what_it_says() -> None:
    card = Card(line("saved.title"), picture=Picture(PIXEL, "Yes: 68 %\nNo: 32 %"))
    shown = render.card(ENGLISH, card, whisper=False, picture="/pictures/x.png")
    check_card(shown)
    assert shown["image"] == {"url": "/pictures/x.png", "alt": "Yes: 68 %\nNo: 32 %"}


def test_a_card_without_a_picture_has_none_wherever_it_would_be() -> None:
    chart = Chart((ChartPanel("Shall we?"),), (line("slot.words"),))
    for card in (Card(line("saved.title")), Card(line("saved.title"), chart=chart)):
        assert render.card(ENGLISH, card, whisper=False, picture="/x.png")["image"] is None


QUESTIONS = (
    Question("receipt", Ask.TEXT, line("about.operator"), required=False, max_length=60),
    Question("story", Ask.LONG_TEXT, line("message.text"), required=True, max_length=3000),
    Question(
        "spread",
        Ask.CHOICE,
        line("grievance.spread"),
        required=True,
        options=(Option("me", line("spread.me")), Option("many", line("spread.many"))),
        value="many",
    ),
    Question(
        "exclude",
        Ask.CHOICES,
        line("grievance.exclude"),
        required=False,
        options=(Option("1", "Inês <b>"), Option("2", "Karim & Co")),
        value=("2",),
    ),
)


def test_a_form_has_the_published_shape() -> None:
    note = (line("slot.words"), line("reps.slots"))
    form = Form("grievance", "token", line("reply.title"), note, QUESTIONS)
    shown = render.form(ENGLISH, form)
    check_form(shown)
    assert shown["id"] == "grievance:token"
    assert shown["title"] == "Reply"
    assert shown["note"].splitlines()[0] == "Your own list: /cases"
    assert [
        (f["id"], f["kind"], f["value"], f["required"], f["max_length"]) for f in shown["fields"]
    ] == [
        ("receipt", "text", "", False, 60),
        ("story", "long_text", "", True, 3000),
        ("spread", "choice", "many", True, None),
        ("exclude", "choices", ["2"], False, None),
    ]
    assert shown["fields"][3]["options"] == [
        {"value": "1", "label": "Inês <b>"},
        {"value": "2", "label": "Karim & Co"},
    ]


def test_a_form_about_nothing_has_its_name_as_its_id() -> None:
    form = Form("receipt", "", line("reply.title"), (), QUESTIONS[:1])
    assert render.form(ENGLISH, form)["id"] == "receipt"


@pytest.mark.parametrize("words", WORDS)
def test_peoples_words_are_shown_as_they_are(words: str) -> None:
    card = Card(
        line("message.text"),
        (line("list", items=words), line("list", items=(words,))),
        (Field(line("message.text"), words),),
    )
    shown = render.card(ENGLISH, card, whisper=True)
    assert shown["fields"][0]["value"] == words
    assert shown["text"] == f"{words}\n{words}"


@pytest.mark.parametrize("words", WORDS)
def test_what_was_typed_comes_back_in_the_form_as_it_was(words: str) -> None:
    form = Form("grievance", "", line("reply.title"), (), QUESTIONS)
    wrong = {"story": line("refused.cannot_save")}
    back = with_errors(form, {"story": words, "receipt": words, "exclude": ["1"]}, wrong)
    fields = {field["id"]: field["value"] for field in render.form(ENGLISH, back)["fields"]}
    assert (fields["story"], fields["receipt"], fields["exclude"]) == (words, words, ["1"])
    (said,) = render.errors(ENGLISH, back).items()
    assert said[0] == "story"
    assert said[1].startswith("This could not be saved just now")


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("words", "words"),
        ("  <b>\n שלום ", "  <b>\n שלום "),
        (None, ""),
        (4, "4"),
        (-1.5, "-1.5"),
        (["a", "b"], ["a", "b"]),
        ([1, None], ["1", ""]),
        ([], []),
    ],
)
def test_answers_arrive_as_text_or_as_a_list_of_texts(sent: object, read: object) -> None:
    assert render.answers({"field": sent}) == {"field": read}


def test_an_answer_left_out_stays_out() -> None:
    assert render.answers({}) == {}


async def forms(world: World, who: str) -> Iterator[tuple[str, dict[str, Any]]]:
    here = await world.bot.communities.meet(caller(who))
    return (
        (command.name, render.form(ENGLISH, blank(command.form, here, command.name, "subject")))
        for command in world.bot.door.commands
        if command.form is not None
    )


@pytest.mark.parametrize("who", [WORKER, REP])
async def test_every_commands_form_renders(world: World, who: str) -> None:
    rendered = dict(await forms(world, who))
    for shown in rendered.values():
        check_form(shown)
    assert rendered.keys() >= {"grievance", "receipt", "message", "leave_out", "reply", "resolve"}


async def test_the_published_forms_have_the_published_fields(world: World) -> None:
    rendered = dict(await forms(world, REP))
    published = {
        "grievance": ["category", "spread", "impact", "story", "exclude"],
        "receipt": ["receipt"],
        "message": ["text"],
        "reply": ["text"],
        "note": ["text"],
        "ask": ["text"],
        "resolve": ["outcome"],
        "leave_out": ["exclude"],
        "hand_over": ["note"],
        "bring_in": ["note"],
        "away": ["from", "until"],
        "offer": ["from", "until"],
        "quiet_hours": ["from", "until", "zone"],
        "link": ["code"],
        "claim": ["code"],
        "community": ["code"],
        "staff": ["person", "name", "role"],
        "setup_first": ["name", "you", "language", "zone", "trust"],
        "setup_categories": ["ours", "own"],
        "setup_outside": ["body"],
        "setup_steps": ["on_duty", "named", "all_reps", "organisers"],
        "setup_slots": ["days", "hour"],
        "setup_figures": ["members", "floor"],
        "setup_kept": ["days"],
        "setup_words": ["rep", "organiser", "moderator"],
        "setup_pulse": ["bank", "every", "days", "comment"],
        "end_role": ["who"],
        "unlink": ["space"],
        "poll_new": ["question", "kind", "options", "days", "comment"],
        "pulse_new": ["bank", "every", "days", "start", "comment"],
        "poll_outcome": ["outcome"],
        "digest": ["day", "hour", "zone", "language", "addresses"],
    }
    assert {name: [f["id"] for f in form["fields"]] for name, form in rendered.items()} == published
    (spread, impact) = rendered["grievance"]["fields"][1:3]
    assert [option["value"] for option in spread["options"]] == ["me", "team", "many"]
    assert [option["value"] for option in impact["options"]] == ["1", "2", "3", "4", "5"]
    named = {option["label"] for option in rendered["grievance"]["fields"][4]["options"]}
    assert named == {"Ines Moreau", "Karim Benali", "Greta Holm", "Ruth Adeyemi"}


@pytest.mark.parametrize("who", [WORKER, REP])
async def test_whatever_a_command_answers_renders(world: World, who: str) -> None:
    answered = 0
    for command in world.bot.door.commands:
        for subject in ("", "no-such-subject"):
            reply = await world.bot.door.begin(command.name, caller(who), subject)
            for card in reply.cards:
                check_card(render.card(ENGLISH, card, whisper=True))
            if reply.form is not None:
                check_form(render.form(ENGLISH, reply.form))
            answered += bool(reply.cards or reply.form)
    assert answered == 2 * len(world.bot.door.commands)
