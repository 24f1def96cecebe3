"""The bank's questions can be asked everywhere, and their words fit where they are shown."""

import pytest

from bot.chat import Voice, line
from bot.domain.polls import BANK, QuestionKind
from bot.texts import LANGUAGES, Speaker, catalogue

#: Of each question: what its words are called, how long they may be, and of which kinds it has them.
LONGEST = {"": 100, ".short": 45, ".low": 30, ".high": 30, ".for": 120}
SCALE_ALONE = (".low", ".high")


def words(language: str, key: str) -> str:
    return Speaker(Voice(language, "UTC"), "/").say(line(key))


def test_there_are_25_so_that_they_fit_one_choice() -> None:
    assert len(BANK) == 25


def test_most_are_scales_some_are_yes_or_no_and_one_is_0_to_10() -> None:
    kinds = [one.kind for one in BANK.values()]
    assert set(kinds) == {QuestionKind.SCALE, QuestionKind.YES_NO, QuestionKind.NPS}
    assert kinds.count(QuestionKind.SCALE) > 12
    assert kinds.count(QuestionKind.NPS) == 1


@pytest.mark.parametrize("name", BANK)
def test_a_question_is_found_by_its_name_and_has_its_words_elsewhere(name: str) -> None:
    one = BANK[name]
    assert (one.bank, one.text, one.options, one.most) == (name, "", (), None)


def test_nobody_changes_the_bank() -> None:
    with pytest.raises(TypeError):
        BANK["one_more"] = BANK["stress"]  # type: ignore[index]  # which is to be refused


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", BANK)
def test_its_words_are_there_and_short_enough(name: str, language: str) -> None:
    for part, longest in LONGEST.items():
        key = f"bank.{name}{part}"
        there = catalogue(language).gettext(key) != key
        assert there == (part not in SCALE_ALONE or BANK[name].kind is QuestionKind.SCALE), key
        assert not there or len(words(language, key)) <= longest, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_questions_read_the_same(language: str) -> None:
    for part in ("", ".short"):
        assert len({words(language, f"bank.{name}{part}") for name in BANK}) == len(BANK)


@pytest.mark.parametrize("name", BANK)
def test_a_question_ends_as_one(name: str) -> None:
    assert words("en", f"bank.{name}").endswith("?")
    assert words("en", f"bank.{name}.for").endswith(".")
    assert not words("en", f"bank.{name}.short").endswith((".", "?"))
