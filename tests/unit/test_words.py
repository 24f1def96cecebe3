"""What a community calls its roles: letters and spaces, short, one for each, or none at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.chat import Voice, line
from bot.domain.communities import LONGEST_LABEL, Role, Words, read_words
from bot.domain.errors import Invalid
from bot.texts import LANGUAGES, Speaker
from tests.house.test_texts import texts

labels = some.text(some.characters(categories=("L", "Zs")), max_size=LONGEST_LABEL * 2)


def refused(typed: dict[Role, str]) -> tuple[str, str]:
    """The field and the sentence."""
    with pytest.raises(Invalid) as why:
        read_words(typed)
    return why.value.field, why.value.reason


def read_or_refused(typed: dict[Role, str]) -> Words | Invalid:
    try:
        return read_words(typed)
    except Invalid as why:
        return why


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("steward", "steward"),
        ("  shop   steward ", "shop steward"),
        ("Vertrauensfrau", "Vertrauensfrau"),
        ("de\u0301le\u0301gue\u0301e", "déléguée"),
        ("代表", "代表"),
        ("представитель", "представитель"),
        ("ｒｅｐ", "rep"),
        ("a" * LONGEST_LABEL, "a" * LONGEST_LABEL),
        ("", ""),
        ("   ", ""),
    ],
)
def test_a_label_is_kept_as_it_reads(typed: str, label: str) -> None:
    assert read_words({Role.REP: typed}) == Words(rep=label)


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "rep 2",
            "rep²",
            "rep!",
            "*rep*",
            "<b>rep",
            "`rep`",
            "@everyone",
            "rep_",
            "{rep}",
            "/rep",
        ),
        *("example.org", "rep\nrep", "rep\trep", "rep\x07", "\u202eper", "re\u200bp"),
        *("\u3164", "rep\u115f", "\uffa0", "🙂", "r\u0336ep", "re\u00adp", "rep\u2028"),
    ],
)
def test_nothing_but_letters_and_spaces_is_a_label(typed: str) -> None:
    assert refused({Role.REP: typed}) == ("rep", "invalid.label")


def test_a_label_that_is_too_long_is_told_how_long_it_is() -> None:
    with pytest.raises(Invalid) as why:
        read_words({Role.ORGANISER: "a" * (LONGEST_LABEL + 1)})
    assert (why.value.field, why.value.reason) == ("organiser", "invalid.too_long")
    assert why.value.facts == {"most": LONGEST_LABEL, "now": LONGEST_LABEL + 1}


@pytest.mark.parametrize("second", ["Steward", "STEWARD", " steward ", "ｓteward"])
def test_no_two_roles_are_called_the_same(second: str) -> None:
    typed = {Role.REP: "steward", Role.ORGANISER: second}
    assert refused(typed) == ("organiser", "invalid.label_twice")


def test_any_number_of_roles_may_keep_their_own_word() -> None:
    assert read_words(dict.fromkeys(Role, "")) == Words() == read_words({})
    assert Words().named() == {}
    words = read_words({Role.WORKER: "colleague", Role.MODERATOR: "host"})
    assert words.named() == {Role.WORKER: "colleague", Role.MODERATOR: "host"}


@given(typed=some.dictionaries(some.sampled_from(Role), labels | some.text(max_size=30)))
def test_whatever_is_typed_is_refused_for_its_field_or_said_as_it_reads(
    typed: dict[Role, str],
) -> None:
    words = read_or_refused(typed)
    if isinstance(words, Invalid):
        assert words.field in {role.value for role in typed}
        assert words.reason in texts("en")
        return
    assert read_words(words.named()) == words
    for language in LANGUAGES:
        say = Speaker(Voice(language, "UTC", words), "/").say
        for role, label in words.named().items():
            assert 0 < len(label) <= LONGEST_LABEL
            assert label.replace(" ", "").isalpha()
            assert say(line(f"role.{role.value}")) == label
