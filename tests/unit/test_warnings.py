"""Each warning is given where it should be, and people who gave nothing away are left in peace."""

import time

import pytest

from bot.domain.errors import Invalid
from bot.domain.grievances.receipts import Receipt
from bot.domain.grievances.warnings import (
    Warned,
    broken_links,
    has_link,
    refuse_own_receipt,
    refuse_tracking_link,
    warnings,
)

NAMES = ("Ines Moreau", "Łukasz Zieliński", "Søren O'Neill", "Jo Wu", "Renée Müller-Weiß")


def found(text: str, language: str = "en") -> set[Warned]:
    return set(warnings(text, NAMES, language))


GIVEN = {
    Warned.EMAIL: [
        "write to someone@example.org",
        "first.last+tag@mail.example.co.uk",
        "SOMEONE@EXAMPLE.ORG",
    ],
    Warned.PHONE: [
        "call me: +49 151 23456789",
        "my number is (030) 123-4567",
        "079 123 45 67, any time",
        "+1-202-555-0143",
    ],
    Warned.LINK: [
        "it is at https://intranet.example/page?id=4",
        "see http://x.y",
        "look at www.example.museum",
        "on example.com you see it",
    ],
    Warned.MENTION: ["ask @ines.moreau", "ping <@U12345>", "in <#C123|general>", "<!channel> said"],
    Warned.NUMBER: [
        "it is in OPS-1234",
        "see #482",
        "my badge is 20417",
        "the case number 4711081500",
    ],
    Warned.MOMENT: [
        "on 3 June at 14:30 he shouted",
        "on Monday at 9 am",
        "yesterday at 5 o'clock",
        "on 03.06.2026, 18:15",
        "2026-06-03 14:30 in the lift",
        "It was June 4, 2026 at 10:30.",
        "on the 2nd of December at 7pm",
    ],
    Warned.ONLY: [
        "I am the only developer in Lisbon",
        "I'm the only one on nights",
        "I’m the only parent here",
        "as the only tester I see it",
        "being the only woman on the team",
        "the only man in the room",
    ],
    Warned.QUOTE: ['he wrote "' + "we all know how this goes " * 4 + '" to us'],
    Warned.NAME: [
        "Ines said so",
        "INES MOREAU said so",
        "moreau's team",
        "Inès said so",
        "Lukasz was there",
        "łukasz was there",
        "Zielinski knows",
        "Soren knows",
        "it was O'Neill",
        "Renee knows",
        "Mueller no, but Müller yes",
        "ask Weiss",
    ],
    Warned.LANGUAGE: [
        "Wir haben nicht genug Leute und die Arbeit ist für alle zu viel geworden",
        "Nous ne sommes pas assez et le travail est trop lourd pour les gens qui restent",
        "No somos suficientes y el trabajo es demasiado para las personas que se quedan",
    ],
}


@pytest.mark.parametrize(
    ("kind", "text"),
    [(kind, text) for kind, texts in GIVEN.items() for text in texts],
    ids=lambda one: str(one)[:40],
)
def test_what_points_at_a_person_is_told(kind: Warned, text: str) -> None:
    assert kind in found(text)


def test_every_kind_of_warning_is_tried() -> None:
    assert set(GIVEN) == set(Warned)


INNOCENT = [
    "The pager goes off most nights and nobody gets the next morning off.",
    "Planning runs into the evening, so whoever has children is left out of it.",
    "We were promised a raise three times, and three times it was put off.",
    "They read our chats, e.g. the private ones, i.e. all of them.",
    "We are on call 24/7, often at 3 am, and it never ends.",
    "There is only one toilet for forty of us.",
    "I am not asking for much, only for a chair.",
    "Ten of us do the work of 25 people; in 2024 we were 40.",
    "We took 10 decisions, and by 6 pm they were all undone.",
    "In 5 marketing calls, each until 19:30, nobody asked us.",
    "Lunch costs 4.50 now, it was 3.20 before.",
    "The rate went from 3.5 % to 4 %.",
    'He said "no", and after that nobody in the room said anything at all for the rest of the day, '
    'until she said "fine".',
    "They call it “unlimited holiday”; nobody takes any.",
    "We meet at 10:30 every day, and every day it takes two hours.",
    "On Mondays nobody answers.",
    "The build takes an hour, the review a week.",
    "My manager reads what I type. What should change: that.",
    "Jo-jo effect: first a hiring rush, then a freeze.",
    "I work for a woman who listens; the others do not.",
    "Our team shares one licence: 8 - 10 people on 1 seat.",
    "",
    "ok",
    "¯\\_(ツ)_/¯",
    "Feierabend? Hier nie.",  # too short to tell a language
]


@pytest.mark.parametrize("text", INNOCENT, ids=lambda text: text[:40])
def test_innocent_text_is_left_in_peace(text: str) -> None:
    assert found(text) == set()


def test_a_name_of_two_letters_is_no_name_but_its_other_half_is() -> None:
    assert warnings("Jo is a nickname, wu a sound", ["Jo Wu"], "en") == ()
    assert warnings("ask Jo Mendez", ["Jo Mendez"], "en") == (Warned.NAME,)


def test_names_are_whole_words() -> None:
    assert found("The business lines are down") == set()  # "ines" within a word


def test_an_address_of_mail_is_not_also_a_link_or_a_mention() -> None:
    assert found("write to someone@example.org") == {Warned.EMAIL}


def test_a_date_alone_and_a_time_alone_say_little() -> None:
    assert found("since 3 June nobody answers") == set()
    assert found("it starts at 14:30 each day") == set()


def test_a_date_is_not_a_phone_number() -> None:
    assert Warned.PHONE not in found("from 03.06.2026 on, and on 2026-06-03 again")


@pytest.mark.parametrize(("length", "told"), [(80, False), (81, True)])
@pytest.mark.parametrize("marks", ['""', "“”", "„“", "«»"])
def test_a_quote_is_long_from_81_characters_on(length: int, told: bool, marks: str) -> None:
    opens, closes = marks
    text = f"She wrote {opens}{'x' * length}{closes} there"
    assert (Warned.QUOTE in found(text)) is told


def test_the_language_of_the_community_is_never_told() -> None:
    german = GIVEN[Warned.LANGUAGE][0]
    assert found(german, "de") == set()
    assert found(german, "de_CH") == set()
    english = "We are not enough and the work is too much for the people that stay"
    assert found(english, "en") == set()
    assert found(english, "de") == {Warned.LANGUAGE}


def test_two_languages_in_one_text_are_told_of_neither() -> None:
    text = (
        "The shift is at night and it was too much for me; "
        "die Schicht ist in der Nacht und es ist zu viel für mich"
    )
    assert found(text, "en") == found(text, "de") == set()


def test_warnings_come_in_one_order_each_once() -> None:
    text = "Mail a@example.org and b@example.org, ask Ines, call 030 1234 5678, I am the only one"
    told = warnings(text, NAMES, "en")
    assert told == (Warned.EMAIL, Warned.PHONE, Warned.ONLY, Warned.NAME)


@pytest.mark.parametrize(
    "unit", ["a", "a.", "a-", "1 ", "1.", "@a", "a@a.", '"', "www.", "(1", "<@", "1:00 ", "é "]
)
def test_no_text_makes_the_rules_slow(unit: str) -> None:
    text = (unit * 3000)[:3000]
    began = time.process_time()  # others on the machine do not count
    warnings(text, NAMES, "en")
    broken_links(text)
    assert time.process_time() - began < 2


# Words that carry more than they should ---------------------------------------------------------

OWN = Receipt("0000000-0000000-0000000")


def test_a_text_may_not_carry_its_own_receipt() -> None:
    with pytest.raises(Invalid) as refused:
        refuse_own_receipt("story", "mine is 0000000 0000000 0000000", OWN)
    assert (refused.value.field, refused.value.reason) == ("story", "invalid.own_receipt")
    refuse_own_receipt("story", "mine is none of your business", OWN)


@pytest.mark.parametrize(
    "text",
    [
        "see https://example.org/form?who=17",
        "see example.org/?a",
        "see www.example.org/page#you",
        "see https://example.org/a/b?x=1&y=2 and answer",
    ],
)
def test_staff_may_not_send_an_address_that_could_tell_who_opens_it(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        refuse_tracking_link("text", text)
    assert (refused.value.field, refused.value.reason) == ("text", "invalid.tracking_link")


@pytest.mark.parametrize(
    "text",
    [
        "see https://example.org/form",
        "Did you read example.org?",
        "Have you seen https://example.org/form? Or not yet?",
        "Which floor? Which room #4?",
        "We met at 10.30. Is that right?",
    ],
)
def test_staff_may_ask_questions_and_name_plain_addresses(text: str) -> None:
    refuse_tracking_link("text", text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see https://example.org/a.", "see https:// example[.]org/a[.]"),
        ("see www.example.org", "see www[.]example[.]org"),
        ("see docs.example.co.uk/x", "see docs[.]example[.]co[.]uk/x"),
        ("No address here. None at all.", "No address here. None at all."),
    ],
)
def test_addresses_of_staff_reach_the_reporter_broken(text: str, shown: str) -> None:
    assert broken_links(text) == shown
    assert has_link(text) == (text != shown)
