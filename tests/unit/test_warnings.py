"""Each warning is given where it should be, and people who gave nothing away are left in peace."""

import importlib
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.communities.community import LANGUAGES
from bot.domain.errors import Invalid
from bot.domain.grievances import warnings as rules
from bot.domain.grievances.receipts import Receipt
from bot.domain.grievances.tongues import TONGUES
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
    "unit",
    [
        "a",
        "a.",
        "a-",
        "1 ",
        "1.",
        "@a",
        "a@a.",
        '"',
        "www.",
        "(1",
        "<@",
        "1:00 ",
        "é ",
        "1 de ",
        "hier ",
    ],
)
def test_no_text_makes_the_rules_slow(unit: str) -> None:
    text = (unit * 3000)[:3000]
    began = time.process_time()  # others on the machine do not count
    warnings(text, NAMES, "en")
    broken_links(text)
    assert time.process_time() - began < 2


# In every language that the bot speaks ----------------------------------------------------------

#: The same five sentences in each: what they say of a moment or of the only one.
ALIKE = {
    "en": [
        "I am the only woman in the team. Yesterday at 14:30 he shouted at me.",
        "On 3 June at 9 o'clock the door was locked.",
        "On Monday at 9 am nobody had come.",
        "I am alone on the late shift.",
        "As the only tester I see everything.",
    ],
    "fr": [
        "Je suis la seule femme de l’équipe. Hier à 14 h 30 il m’a crié dessus.",
        "Le 3 juin à 9 h la porte était fermée.",
        "Lundi à 9 heures personne n’était venu.",
        "Je suis seule pendant le service du soir.",
        "Comme le seul testeur, je vois tout.",
    ],
    "de": [
        "Ich bin die einzige Frau im Team. Gestern um 14:30 hat er mich angeschrien.",
        "Am 3. Juni um 9 Uhr war die Tür zu.",
        "Am Montag um 9 Uhr war keiner da.",
        "Ich bin allein in der Spätschicht.",
        "Als einziger Tester sehe ich alles.",
    ],
    "es": [
        "Soy la única mujer del equipo. Ayer a las 14:30 me gritó.",
        "El 3 de junio a las 9 la puerta estaba cerrada.",
        "El lunes a las nueve no había venido nadie.",
        "Estoy sola en el turno de tarde.",
        "Como el único que prueba, lo veo todo.",
    ],
    "it": [
        "Sono l'unica donna del gruppo. Ieri alle 14:30 mi ha urlato contro.",
        "Il 3 giugno alle 9 la porta era chiusa.",
        "Lunedì alle nove non era venuto nessuno.",
        "Sono da sola nel turno di sera.",
        "Come l’unico che prova, vedo tutto.",
    ],
}
SAID = [
    {Warned.MOMENT, Warned.ONLY},
    {Warned.MOMENT},
    {Warned.MOMENT},
    {Warned.ONLY},
    {Warned.ONLY},
]

ORDINARY = {
    "en": [
        "We are short of people and the work is too much for us. Every Monday at 9 the same plan is"
        " promised. Nobody may say that it is not enough, and only one of us was asked.",
        "The shift is 12 hours and there is only one break. In May 10 of us asked for more people."
        " They said that it was not in the plan.",
    ],
    "fr": [
        "Nous ne sommes pas assez et le travail est trop lourd pour les gens. Le lundi à 9 h on"
        " nous promet le même plan. Il y a une seule personne à l’accueil et pas de pause.",
        "La journée dure 12 heures avec une seule pause. Au mois de mai nous avons demandé du"
        " renfort. On nous a dit que ce n’est pas dans le plan.",
    ],
    "de": [
        "Wir haben nicht genug Leute, und die Arbeit ist für alle zu viel. Hier beginnt die Schicht"
        " um 6 Uhr, jeden Montag schon um 5 Uhr. Nur einer von uns war je gefragt worden.",
        "Hier fehlen die Pausen, und das rund um die Uhr. Im Mai haben wir um 10 Leute gebeten. Man"
        " hat uns damit allein gelassen.",
    ],
    "es": [
        "No somos suficientes y el trabajo es demasiado para las personas que se quedan. Los lunes"
        " a las 9 nos prometen el mismo plan. Solo hay una pausa y nadie pregunta.",
        "El turno es de 12 horas con una sola pausa. En mayo pedimos más gente. Trabajo solo por"
        " las mañanas y ya no puedo con todo lo que hay.",
        "A las tres semanas de la queja no había cambiado nada. Hoy ya no se habla de ello en la"
        " empresa. Por eso lo digo yo.",
    ],
    "it": [
        "Non siamo abbastanza e il lavoro è troppo per le persone che restano. Il lunedì alle 9 ci"
        " promettono lo stesso piano. C'è una sola pausa e nessuno chiede niente.",
        "Il turno è di 12 ore con una sola pausa. Prima delle 9 mai visto nessuno, e alle 9 mai un"
        " saluto. Sono solo stanco di chiedere le stesse cose.",
    ],
}
PORTUGUESE = [
    "Não somos suficientes e o trabalho é demais para as pessoas que ficam. O turno é muito longo,"
    " mas os chefes não perguntam nada.",
    "A empresa não paga as horas extra e o chefe diz que não há dinheiro para isso.",
]


def test_the_tables_are_of_the_languages_spoken() -> None:
    assert set(ALIKE) == set(ORDINARY) == set(LANGUAGES)
    assert {code for code, tongue in TONGUES.items() if all(tongue)} == set(LANGUAGES)


@pytest.mark.parametrize("community", LANGUAGES)
@pytest.mark.parametrize("spoken", LANGUAGES)
def test_the_same_is_told_in_every_language_and_community(spoken: str, community: str) -> None:
    told = [found(text, community) - {Warned.LANGUAGE} for text in ALIKE[spoken]]
    assert told == SAID


@pytest.mark.parametrize("community", LANGUAGES)
@pytest.mark.parametrize("spoken", LANGUAGES)
def test_an_ordinary_story_is_left_in_peace_but_for_its_language(
    spoken: str, community: str
) -> None:
    for text in ORDINARY[spoken]:
        assert found(text, community) == (set() if spoken == community else {Warned.LANGUAGE})


@pytest.mark.parametrize("text", PORTUGUESE)
def test_portuguese_is_taken_for_no_neighbour(text: str) -> None:
    assert all(found(text, community) == {Warned.LANGUAGE} for community in LANGUAGES)


@pytest.mark.parametrize(
    "text",
    [
        "avant-hier vers 9h15",
        "c’était hier, à midi",
        "Hier on m'a appelé à 14h",
        "le 1er août à neuf heures",
        "am 12. März gegen neun Uhr",
        "vorgestern 18.15",
        "am 1.Mai um 7 Uhr",
        "anoche a las 11",
        "el miércoles a las 10",
        "il 1° maggio alle ore 7",
        "stamattina verso le otto",
        "il 5 dicembre, ore 18",
        "L'8 MARZO ALLE 10",
        "on 3\n June at\n9 am",
        "yesterday at 10.10",
    ],
)
def test_moments_as_people_write_them(text: str) -> None:
    assert Warned.MOMENT in found(text)


def test_a_day_in_figures_is_not_its_own_time() -> None:
    assert found("since 03.06 nobody answers") == found("since 03.06.2026 none") == set()


PIECES = sorted({word for texts in ALIKE.values() for text in texts for word in text.split()})


@given(
    st.text() | st.lists(st.sampled_from(PIECES) | st.text(max_size=3)).map(" ".join),
    st.lists(st.text(max_size=9), max_size=3),
    st.sampled_from(LANGUAGES),
)
def test_no_text_breaks_the_rules(text: str, names: list[str], language: str) -> None:
    told = warnings(text, names, language)
    assert told == tuple(kind for kind in Warned if kind in told)
    assert told == warnings(text, names, language)


def steps(rule: Any) -> tuple[int, int]:
    """At one place of a text, at worst: steps of the search, and ways in which the rule fits."""
    cost, ways = 0, 1
    for kind, what in rule:
        match str(kind):
            case "BRANCH":
                branches = [steps(branch) for branch in what[1]]
                each, fits = sum(c for c, _ in branches), sum(w for _, w in branches)
            case "SUBPATTERN":
                each, fits = steps(what[3])
            case "MAX_REPEAT":
                least, most, inner = what
                assert most <= 6, "a repetition without end"
                each, fits = steps(inner)
                each *= sum(fits**n for n in range(most))
                fits = sum(fits**n for n in range(least, most + 1))
            case "ASSERT" | "ASSERT_NOT":
                each, fits = steps(what[1])[0], 1
            case _:
                each, fits = 1, 1
        cost, ways = cost + ways * each, ways * fits
    return cost, ways


def test_a_long_text_costs_its_length_and_no_more() -> None:
    """Counted, not timed: no place of a text, however long, costs more than a fixed sum.

    The sum is far above the truth, as if each letter fitted each branch at once; one repetition
    without end, or one within another, would pass every bound.
    """
    parser: Any = importlib.import_module("re._parser")
    spoken = [vars(rules)[name] for name in ("_DAY", "_TIME", "_ONLY")]
    counted = [steps(parser.parse(rule.pattern))[0] for rule in spoken]
    assert sum(counted) < 200_000, counted
    with pytest.raises(AssertionError, match="without end"):
        steps(parser.parse("a(b|c+)d"))


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
