"""Sentences are said in a zone that is named, in lists people read, with the platform's prefix."""

from datetime import UTC, datetime

import pytest

from bot.chat import Day, Voice, line
from bot.domain.communities import Words
from bot.texts import LANGUAGES, Speaker, catalogue, spoken

WEDNESDAY = datetime(2026, 6, 3, 9, tzinfo=UTC)


def english(zone: str = "UTC", prefix: str = "/") -> Speaker:
    return Speaker(Voice("en", zone), prefix)


@pytest.mark.parametrize(
    ("zone", "moment", "said"),
    [
        ("UTC", WEDNESDAY, "Wednesday 3 June, 09:00 (UTC)"),
        ("Europe/Berlin", WEDNESDAY, "Wednesday 3 June, 11:00 (Europe/Berlin)"),
        ("Asia/Kolkata", WEDNESDAY, "Wednesday 3 June, 14:30 (Asia/Kolkata)"),
        ("Pacific/Auckland", WEDNESDAY, "Wednesday 3 June, 21:00 (Pacific/Auckland)"),
        # The day is the community's, not UTC's; and winter is winter.
        (
            "America/New_York",
            datetime(2026, 1, 1, 2, 5, tzinfo=UTC),
            "Wednesday 31 December, 21:05 (America/New_York)",
        ),
    ],
)
def test_a_moment_is_said_on_the_community_s_clock_and_names_it(
    zone: str, moment: datetime, said: str
) -> None:
    assert english(zone).say(line("view.date", date=moment)) == said


def test_a_day_is_said_with_its_year_and_no_hour() -> None:
    newyear = datetime(2027, 1, 1, 2, tzinfo=UTC)
    assert english().say(line("view.date", date=Day(newyear))) == "1 January 2027"
    assert english("America/New_York").say(line("view.date", date=Day(newyear))) == (
        "31 December 2026"
    )


@pytest.mark.parametrize(
    ("items", "said"),
    [
        (("Ines",), "Ines"),
        (("Ines", "Karim"), "Ines and Karim"),
        (("Ines", "Karim", "Greta"), "Ines, Karim, and Greta"),
        (("Ines", line("role.rep")), "Ines and rep"),
        ((), ""),
    ],
)
def test_a_list_is_said_as_people_say_one(items: tuple[str, ...], said: str) -> None:
    assert english().say(line("list", items=items)) == said


@pytest.mark.parametrize(
    ("n", "said"),
    [
        (0, "Someone must acknowledge a case within 0 hours of its release."),
        (1, "Someone must acknowledge a case within 1 hour of its release."),
        (2, "Someone must acknowledge a case within 2 hours of its release."),
        (24, "Someone must acknowledge a case within 24 hours of its release."),
    ],
)
def test_one_is_said_otherwise_than_many(n: int, said: str) -> None:
    assert english().say(line("reps.promise", n=n)) == said


@pytest.mark.parametrize("prefix", ["/", "!"])
def test_commands_are_named_as_they_are_typed_here(prefix: str) -> None:
    said = english(prefix=prefix).say(line("saved.next"))
    assert said == f"To look at your case: {prefix}receipt."
    assert english(prefix=prefix).say(line("help.typed", name="about")) == f"{prefix}about"
    assert english(prefix=prefix).typed("cases") == f"{prefix}cases"


def test_a_line_may_stand_in_a_line() -> None:
    said = line("staff.named", name="Ines", role=line("role.rep"))
    assert english().say(line("said.reply", who=said)) == "Ines (rep) replied"


@pytest.mark.parametrize(
    "words",
    ["{/about} {date} {0} {}", "%s %(name)s", "{", "}", "{{}}", "*stars* <b>", "view.title", ""],
)
def test_people_s_words_are_never_a_pattern(words: str) -> None:
    assert english().say(words) == words
    named = line("staff.named", name=words, role="rep")
    assert english().say(named) == f"{words} (rep)"
    assert english().say(line("list", items=(words,))) == words


def test_a_fact_that_is_missing_is_a_bug_not_a_gap() -> None:
    with pytest.raises(KeyError):
        english().say(line("view.next.with_reps", date=WEDNESDAY))


def test_a_role_is_called_what_the_community_calls_it_wherever_it_stands() -> None:
    say = Speaker(Voice("en", "UTC", Words(rep="Vertrauensfrau")), "/").say
    assert say(line("role.rep")) == "Vertrauensfrau"
    assert say(line("staff.named", name="Ines", role=line("role.rep"))) == "Ines (Vertrauensfrau)"
    assert say(line("list", items=("Ines", line("role.rep")))) == "Ines and Vertrauensfrau"
    assert say(line("role.organiser")) == "organiser"


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("es", "es"),
        ("es-419", "es"),
        ("ES_mx.UTF-8", "es"),
        ("it-IT", "it"),
        ("en-GB", "en"),
        ("fr", "fr"),
        ("de-DE", "de"),
        ("", ""),
        ("tlh", ""),
        ("eng", ""),
        ("x-es", ""),
        ("e", ""),
        ("../../es", ""),
    ],
)
def test_a_locale_means_the_language_of_its_first_part(locale: str, language: str) -> None:
    assert spoken(locale) == language


def test_every_language_writes_dates_and_lists_in_its_own_way() -> None:
    said = line("list", items=("Ines", "Karim", line("view.date", date=WEDNESDAY)))
    assert Speaker(Voice("es", "Europe/Madrid"), "/").say(said) == (
        "Ines, Karim y miércoles 3 de junio, 11:00 (Europe/Madrid)"
    )
    assert Speaker(Voice("fr", "Europe/Paris"), "/").say(said) == (
        "Ines, Karim et mercredi 3 juin, 11:00 (Europe/Paris)"
    )
    assert Speaker(Voice("de", "Europe/Berlin"), "/").say(said) == (
        "Ines, Karim und Mittwoch, 3. Juni, 11:00 (Europe/Berlin)"
    )
    assert Speaker(Voice("it", "Europe/Rome"), "/").say(said) == (
        "Ines, Karim e mercoledì 3 giugno, 11:00 (Europe/Rome)"
    )


def test_every_language_has_a_catalogue_of_its_own() -> None:
    for language in LANGUAGES:
        assert catalogue(language).info()["language"] == language


def test_a_sentence_of_one_form_may_hold_a_number() -> None:
    said = Speaker(Voice(), "/").say(line("invalid.step_reaches_nobody", n=2))
    assert said.startswith("Step 2 reaches nobody.")
