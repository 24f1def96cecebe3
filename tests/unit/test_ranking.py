"""Schulze's method gives what its author and others published, and treats all alike."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from bot.domain.polls.ranking import Matrix, Ranking, preferences, schulze, strengths


def rankings(ballots: str) -> list[Ranking]:
    """ "5 ACBED, 2 BACED" as so many rankings of places."""
    found = []
    for one in ballots.split(","):
        times, letters = one.split()
        found += [tuple(ord(letter) - ord("A") for letter in letters)] * int(times)
    return found


def order(ballots: str) -> str:
    """The order as "B > A=C"."""
    made = rankings(ballots)
    groups = schulze(made, len(made[0]))
    return " > ".join("=".join(chr(ord("A") + place) for place in group) for group in groups)


#: 45 voters: en.wikipedia.org/wiki/Schulze_method, "Example", and "Example 1" of Schulze's own page.
WIKIPEDIA = "5 ACBED, 5 ADECB, 8 BEDAC, 3 CABED, 7 CAEBD, 2 CBADE, 7 DCEBA, 8 EBADC"


def without_diagonal(matrix: Matrix) -> list[list[int]]:
    return [[n for b, n in enumerate(row) if a != b] for a, row in enumerate(matrix)]


def test_the_published_preferences_of_45_voters() -> None:
    assert without_diagonal(preferences(rankings(WIKIPEDIA), 5)) == [
        [20, 26, 30, 22],
        [25, 16, 33, 18],
        [19, 29, 17, 24],
        [15, 12, 28, 14],
        [23, 27, 21, 31],
    ]


def test_the_published_strengths_of_45_voters() -> None:
    assert without_diagonal(strengths(rankings(WIKIPEDIA), 5)) == [
        [28, 28, 30, 24],
        [25, 28, 33, 24],
        [25, 29, 29, 24],
        [25, 28, 28, 24],
        [25, 28, 28, 31],
    ]


@pytest.mark.parametrize(
    ("ballots", "published"),
    [
        (WIKIPEDIA, "E > A > C > B > D"),
        # Examples 2 and 3 of Schulze's own page (electowiki, "Schulze method", Examples).
        (
            "5 ACBD, 2 ACDB, 3 ADCB, 4 BACD, 3 CBDA, 3 CDBA, 1 DACB, 5 DBAC, 4 DCBA",
            "D > A > C > B",
        ),
        (
            "3 ABDEC, 5 ADEBC, 1 ADECB, 2 BADEC, 2 BDECA, 4 CABDE, 6 CBADE, 2 DBECA, 5 DECAB",
            "B > A > D > E > C",
        ),
        # Example 4: "B > C and D > A", and B and D are the potential winners; no more is settled.
        ("3 ABCD, 2 DABC, 2 DBCA, 2 CBDA", "B=D > A=C"),
        # Schulze, arXiv:1804.02973, section 3.1, example 1: "D > A > C > B".
        ("8 ACDB, 2 BADC, 4 CDBA, 4 DBAC, 3 DCBA", "D > A > C > B"),
    ],
)
def test_the_published_orders(ballots: str, published: str) -> None:
    assert order(ballots) == published


def test_a_circle_is_broken_at_its_weakest_link() -> None:
    """A beats B by 7 of 9, B beats C by 6, C beats A by 5: the last is given up."""
    assert order("4 ABC, 3 CAB, 2 BCA") == "A > B > C"


def test_a_circle_of_equal_links_leaves_all_level() -> None:
    assert order("1 ABC, 1 BCA, 1 CAB") == "A=B=C"


def test_who_is_liked_alike_stands_level() -> None:
    assert order("1 ABC, 1 BAC") == "A=B > C"
    assert order("1 CAB, 1 CBA") == "C > A=B"


def test_without_rankings_all_are_level() -> None:
    assert schulze([], 3) == ((0, 1, 2),)


many = some.integers(2, 6).flatmap(
    lambda n: some.lists(some.permutations(range(n)).map(tuple), min_size=1, max_size=15)
)


@given(many)
def test_every_option_is_in_the_order_once(given: list[Ranking]) -> None:
    groups = schulze(given, len(given[0]))
    assert sorted(place for group in groups for place in group) == sorted(given[0])


@given(some.permutations(range(5)).map(tuple), some.integers(1, 9))
def test_where_all_agree_theirs_is_the_order(given: Ranking, voters: int) -> None:
    assert schulze([given] * voters, 5) == tuple((place,) for place in given)


@given(many)
def test_whoever_beats_everyone_alone_comes_first(given: list[Ranking]) -> None:
    options = len(given[0])
    liked = preferences(given, options)
    beats_all = [
        a
        for a in range(options)
        if all(liked[a][b] > liked[b][a] for b in range(options) if b != a)
    ]
    assume(beats_all)
    assert schulze(given, options)[0] == tuple(beats_all)


@given(many, some.randoms(use_true_random=False))
def test_other_names_and_another_order_of_voters_change_nothing(
    given: list[Ranking], chance: object
) -> None:
    names, voters = list(range(len(given[0]))), given.copy()
    chance.shuffle(names)  # type: ignore[attr-defined]  # it is a Random
    chance.shuffle(voters)  # type: ignore[attr-defined]  # likewise
    renamed = [tuple(names[place] for place in one) for one in voters]
    expected = tuple(
        tuple(sorted(names[place] for place in group)) for group in schulze(given, len(names))
    )
    assert schulze(renamed, len(names)) == expected


@given(many)
def test_strengths_are_those_of_the_strongest_path_walked_one_by_one(given: list[Ranking]) -> None:
    """Against all paths tried out, which is slow and plain."""
    options = len(given[0])
    liked, strong = preferences(given, options), strengths(given, options)

    def walk(at: int, to: int, weakest: int, been: frozenset[int]) -> int:
        if at == to:
            return weakest
        steps = (b for b in range(options) if b not in been and liked[at][b] > liked[b][at])
        return max((walk(b, to, min(weakest, liked[at][b]), been | {b}) for b in steps), default=0)

    for a in range(options):
        for b in range(options):
            if a != b:
                assert strong[a][b] == walk(a, b, len(given) + 1, frozenset({a}))
