"""Every command in every language fits every platform: titles, labels, options, ids and counts.

The figures are ``bot/limits.py``'s; what is measured is every form as it can be asked, and every
card and form that people were shown in a whole life of cases.
"""

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace

import pytest

from bot.chat import Button, Caller, Card, Command, Form, Here, Line, Reply, Voice, blank, line
from bot.commands.communities.staff import role_card
from bot.dispatch import LONGEST_SUBJECT
from bot.domain.communities import (
    LONGEST_LABEL,
    MOST_CATEGORIES,
    MOST_STAFF,
    Account,
    Community,
    Role,
    Space,
    Trust,
    Words,
)
from bot.domain.grievances.intake import LONGEST_TEXT
from bot.limits import PLATFORMS, Limits
from bot.services.communities.roles import LONGEST_NAME
from bot.texts import LANGUAGES, Speaker
from tests.fakes.acts import Acts
from tests.fakes.agreeing import many_asked_for
from tests.fakes.lives import asked_life, whole_life
from tests.fakes.world import World
from tests.unit.harbour import MONDAY, community, person

TOKEN = "a" * 26  #: 128 random bits in base32, as drafts and visits carry them
NUMBER = "7CKQ2M"
MOST_FIELDS, MOST_OPTIONS = 5, 25  #: of any form, whatever a platform could do
LONGEST_PREFIX = "/groundswell-"  #: what a workspace may have to put before every command

on_every_platform = pytest.mark.parametrize("platform", PLATFORMS)

#: Each as wide as a label may be, and no two the same.
LABELS = Words(*(f"{letter} {'W' * (LONGEST_LABEL - 2)}" for letter in "ABCD"))

Size = tuple[str, int, str]  #: a figure of ``Limits``, how much of it is taken, where


def speaker(language: str) -> Speaker:
    voice = Voice(language, "America/Argentina/ComodRivadavia", LABELS)
    return Speaker(voice, LONGEST_PREFIX)


def fullest() -> Community:
    """As many people as any step can reach, half of them not to be named; all the categories."""
    staff = tuple(
        person(f"Maria-Fernanda {n:02} Oliveira dos Santos", Role.REP, named=n % 2 == 0)
        for n in range(MOST_STAFF - 1)
    )
    return community(*staff, person("An Organiser", Role.ORGANISER, named=False))


def places() -> Iterator[Here]:
    for trust in Trust:
        for harbour in (community(), fullest()):
            space = Space("s" * 32, "sandbox", "harbour", "Harbour", trust)
            there = replace(harbour, spaces=(space,))
            caller = Caller("sandbox", "harbour", "noor")
            yield Here(caller, there, space, there.staff[0], MONDAY)


def forms(commands: tuple[Command, ...]) -> Iterator[Form]:
    for command in commands:
        if command.form is not None:
            for here in places():
                yield blank(command.form, here, command.name, TOKEN)


def form_sizes(say: Speaker, form: Form) -> Iterator[Size]:
    assert 1 <= len(form.questions) <= MOST_FIELDS, form.id
    yield "fields", len(form.questions), form.id
    yield "title", _said(say, form.title), form.id
    yield "note", len("\n".join(say.say(one) for one in form.note)), form.id
    yield "id", len(form.id), form.id
    for question in form.questions:
        where = f"{form.name}.{question.id}"
        assert (question.max_length or 0) <= LONGEST_TEXT, where
        assert len(question.options) <= MOST_OPTIONS, where
        assert len({one.value for one in question.options}) == len(question.options), where
        yield "label", _said(say, question.label), where
        yield "id", len(question.id), where
        yield "text", question.max_length or 0, where
        yield "options", len(question.options), where
        for option in question.options:
            yield "option", _said(say, option.label), where
            yield "id", len(option.value), where


def card_sizes(say: Speaker, card: Card) -> Iterator[Size]:
    where = card.title.key
    assert len({one.id for one in card.buttons}) == len(card.buttons), where
    yield "button", -(_said(say, card.title) // -2), where  # a title has two buttons' room
    yield "buttons", len(card.buttons), where
    for one in card.buttons:
        yield "button", _said(say, one.label), one.id
        yield "id", len(one.id), one.id
    yield "text", len("\n".join(say.say(one) for one in card.lines)), where
    for field in card.fields:
        yield "text", _said(say, field.label), where
        yield "text", len(say.say(field.value)), where


def _said(say: Speaker, one: Line | str) -> int:
    """How long it is; there must be something."""
    words = say.say(one)
    assert words, one
    return len(words)


def fits(limits: Limits, sizes: Iterable[Size]) -> None:
    for figure, size, where in sizes:
        assert size <= getattr(limits, figure), f"{figure} of {where}"


def fits_everywhere(sizes: Iterable[Size]) -> None:
    """On every platform; what is worded once is measured once."""
    measured = set(sizes)
    for limits in PLATFORMS.values():
        fits(limits, measured)


def fit_in_every_language(cards: Iterable[Card], forms: Iterable[Form] = ()) -> None:
    shown, asked = ({repr(one): one for one in some}.values() for some in (cards, forms))
    for language in LANGUAGES:
        say = speaker(language)
        fits_everywhere(size for one in shown for size in card_sizes(say, one))
        fits_everywhere(size for one in asked for size in form_sizes(say, one))


def test_every_form_fits(world: World) -> None:
    found = list(forms(world.bot.door.commands))
    assert {one.name for one in found} >= {"grievance", "receipt", "message", "resolve"}
    fit_in_every_language((), found)


@on_every_platform
def test_every_button_that_any_command_could_have_fits(world: World, platform: str) -> None:
    """With the longest thing it can be about, and asked once more on top of that."""
    for command in world.bot.door.commands:
        for subject in ("", TOKEN, NUMBER):
            button = Button(command.name, subject)
            again = Button("confirm", button.id)
            assert len(again.id) <= PLATFORMS[platform].id, again.id
            assert len(again.id) <= LONGEST_SUBJECT, "what a community's code is asked for is about"


def test_a_name_never_holds_what_parts_it_from_its_subject(world: World) -> None:
    for command in world.bot.door.commands:
        assert command.name.replace("_", "").isalpha(), command.name
        assert command.name == command.name.lower()
        assert len(command.name) <= 32, command.name  # as long as a typed command may be anywhere


def test_every_typed_command_has_a_summary_that_fits_a_list(world: World) -> None:
    """Discord shows 100 characters of a command's description."""
    for language in LANGUAGES:
        for command in world.bot.door.commands:
            if command.typed:
                summary = speaker(language).say(line(f"command.{command.name}"))
                assert 0 < len(summary) <= 100, (language, command.name)


async def _shown(world: World) -> list[Reply]:
    acts = Acts(world)
    workers = [f"worker-number-{n}" for n in range(12)]
    await whole_life(acts, workers)
    await asked_life(acts, workers)
    for who in ("ines-moreau", "ruth-adeyemi", *workers[:1]):
        for command in world.bot.door.commands:
            if command.typed:
                await acts.say(who, command.name, "words behind it")
    return acts.replies


async def test_all_that_anyone_was_shown_fits_every_platform(world: World) -> None:
    replies = await _shown(world)
    cards = [card for reply in replies for card in reply.cards]
    cards += [card for _, _, card in (*world.post.heard, *world.post.weekly)]
    asked = [reply.form for reply in replies if reply.form is not None]
    assert len(cards) > 100
    assert {one.name for one in asked} >= {
        *("grievance", "receipt", "message", "ask", "resolve", "pulse", "poll_new", "pulse_new")
    }
    fit_in_every_language(cards, asked)


async def test_a_work_list_of_many_cases_fits(world: World) -> None:
    acts = Acts(world)
    for n in range(30):
        await acts.file(f"worker-number-{n}")
    for _ in range(4):
        await world.slot()
    (card,) = (await acts.say("ines-moreau", "cases")).cards
    assert len(card.buttons) == 20
    fit_in_every_language([card])


async def test_a_full_card_of_duty_and_every_offer_of_a_role_fit(world: World) -> None:
    """As many shifts offered and days away as are listed, and more; a name as long as may be."""
    acts = Acts(world)
    for n in range(1, 9):
        for who, form in (("ines-moreau", "offer"), ("karim-benali", "away")):
            opened = await acts.say(who, "duty", form)
            day = f"2026-06-{n + 1:02}"
            await acts.fill(who, opened, **{"from": day, "until": day})
    here = await world.bot.communities.meet(Caller("sandbox", "harbour-town", "oskar-brandt"))
    cards = [*(await acts.say("karim-benali", "duty")).cards]
    assert len(cards[0].buttons) == 6 + 5 + 2 * 5
    for role in (Role.REP, Role.ORGANISER, Role.MODERATOR):
        account = Account("sandbox", f"new-{role.value}")
        offer = await world.bot.roles.offer(here.community, "Q" * LONGEST_NAME, role, for_=account)
        cards.append(role_card(offer))
        accepted = Reply((role_card(offer),))
        cards += (await acts.press(f"new-{role.value}", accepted, "accept")).cards
    cards += (await acts.say("one-more", "setup", "link")).cards
    cards += (await acts.say("oskar-brandt", "setup")).cards
    fit_in_every_language(cards)


async def test_set_up_and_its_changes_fit_however_many_wait(world: World) -> None:
    acts = Acts(world)
    await many_asked_for(world, "oskar-brandt")
    setup = await acts.say("leila-farouk", "setup")
    changes = await acts.press("leila-farouk", setup, "setup_changes")
    assert len(changes.cards[0].buttons) == 2 * 8 + 1
    fit_in_every_language((*setup.cards, *changes.cards))


def test_so_many_people_and_categories_fit_one_dialog() -> None:
    for limits in PLATFORMS.values():
        assert max(MOST_STAFF, MOST_CATEGORIES) <= min(limits.options, MOST_OPTIONS)


@on_every_platform
def test_a_limit_that_is_not_kept_is_noticed(world: World, platform: str) -> None:
    """The measure itself: with any figure set too low, some form does not fit."""
    found = list(forms(world.bot.door.commands))
    for figure in ("title", "label", "options", "option", "text", "id", "fields"):
        tight = replace(PLATFORMS[platform], **{figure: 2})
        with pytest.raises(AssertionError):
            for form in found:
                fits(tight, form_sizes(speaker("en"), form))
    assert {one.name for one in fields(Limits)} == {
        *("title", "label", "options", "option", "text", "id", "fields"),
        *("note", "button", "buttons"),
    }
