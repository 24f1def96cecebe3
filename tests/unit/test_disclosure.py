"""What is shown of many answers never points to a few, whatever was answered (privacy rule 6)."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from bot.domain.polls import Ballot, Question, QuestionKind, counted
from bot.domain.privacy import (
    LEAST_ELIGIBLE,
    PRIVACY_FLOOR,
    Counted,
    Result,
    Share,
    Shares,
    Shown,
    comments_shown,
    disclosed,
)

MANY = 10_000


def shown(one: Counted, floor: int = 5) -> Shares:
    (only,) = disclosed([one], floor=floor, eligible=MANY).questions
    return only


def single(*cells: int) -> Shares:
    return shown(Counted(cells, sum(cells)))


def multiple(answers: int, *cells: int) -> Shares:
    return shown(Counted(cells, answers))


def nps(*cells: int) -> Shares:
    return shown(Counted(cells, sum(cells), groups=(7, 2, 2), nps=True))


def scale(*cells: int) -> Shares:
    return shown(Counted(cells, sum(cells), groups=(2, 1, 2)))


def points(shares: Shares) -> list[int | None]:
    """The cells as single figures; None where hidden."""
    assert all(cell is None or cell.low == cell.high for cell in shares.cells)
    return [cell and cell.low for cell in shares.cells]


def bands(shares: Shares) -> list[int | None]:
    """Where each quarter begins."""
    assert all(cell and cell.high == cell.low + 25 for cell in shares.cells)
    return [cell and cell.low for cell in shares.cells]


WITHHELD = Shares(Shown.WITHHELD)


def majority(*places: int, groups: bool = False) -> Shares:
    return Shares(Shown.MAJORITY, majority=places, groups=groups)


# The floor --------------------------------------------------------------------------------------


def test_the_floor_is_five_and_ten_must_be_able_to_answer() -> None:
    assert (PRIVACY_FLOOR, LEAST_ELIGIBLE) == (5, 10)


@pytest.mark.parametrize("cells", [(0, 0), (4, 0), (2, 2), (1, 3), (0, 1)])
def test_of_four_answers_nothing_is_shown_not_even_a_majority(cells: tuple[int, ...]) -> None:
    assert single(*cells) == WITHHELD
    assert nps(*cells, *(0,) * 9) == WITHHELD
    assert shown(Counted(cells, sum(cells), order=((0,), (1,)))) == WITHHELD


def test_a_community_may_raise_the_floor() -> None:
    cells = Counted((8, 8, 7), 23)
    assert shown(cells, floor=24) == WITHHELD
    assert shown(cells, floor=23).shown is Shown.SHARES


def test_a_lower_floor_is_a_bug() -> None:
    with pytest.raises(ValueError, match="floor"):
        disclosed([Counted((9, 9), 18)], floor=4, eligible=MANY)


# Nearly all -------------------------------------------------------------------------------------


@pytest.mark.parametrize("cells", [(5, 0), (4, 1), (3, 2), (30, 0), (29, 1), (28, 2), (500, 2)])
def test_what_all_but_two_chose_is_a_clear_majority_and_no_more(cells: tuple[int, ...]) -> None:
    assert single(*cells) == majority(0)
    assert single(*reversed(cells)) == majority(1)


def test_with_three_others_it_is_a_share() -> None:
    assert points(single(27, 3)) == [90, 10]
    assert bands(single(4, 3)) == [50, 25]


def test_two_others_may_be_of_two_minds() -> None:
    assert single(0, 28, 1, 1) == majority(1)


def test_of_multiple_each_option_that_nearly_all_chose_is_named() -> None:
    assert multiple(12, 12, 6, 10, 9) == majority(0, 2)
    assert multiple(40, 1, 20, 38) == majority(2)


def test_ranked_is_judged_on_first_preferences_and_then_shows_only_the_winner() -> None:
    found = shown(Counted((1, 28, 1), 30, order=((1,), (0,), (2,))))
    assert found == majority(1)


# Quarters and points ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "begins"),
    [
        ((3, 3), [50, 50]),  # a boundary belongs to the higher quarter
        ((3, 9), [25, 75]),
        ((2, 3, 1), [25, 50, 0]),
        ((0, 4, 4), [0, 50, 50]),
        ((10, 9), [50, 25]),
        ((16, 3), [75, 0]),
    ],
)
def test_below_twenty_answers_shares_are_quarters(
    cells: tuple[int, ...], begins: list[int]
) -> None:
    assert bands(single(*cells)) == begins


def test_all_of_them_are_in_the_last_quarter() -> None:
    assert disclosed([Counted((12, 12), 24)], floor=5, eligible=24).turnout == Share(75, 100)


@pytest.mark.parametrize(
    ("cells", "rounded"),
    [
        ((10, 10), [50, 50]),
        ((13, 7), [65, 35]),
        ((21, 19), [55, 50]),  # 52.5 and 47.5: a half goes up
        ((33, 67), [35, 65]),
        ((3, 397), [0, 100]),  # three of four hundred are less than a point
        ((4, 5, 4, 4, 4), [20, 25, 20, 20, 20]),
    ],
)
def test_from_twenty_answers_shares_are_rounded_to_five_points(
    cells: tuple[int, ...], rounded: list[int]
) -> None:
    assert points(single(*cells)) == rounded


# Small cells ------------------------------------------------------------------------------------


@pytest.mark.parametrize("few", [0, 1, 2])
def test_a_cell_of_two_or_fewer_is_hidden_and_the_next_smallest_with_it(few: int) -> None:
    assert points(single(20, 12, few, 8)) == [50, 30, None, None]
    assert points(single(few, 14, 8)) == [None, 65 if few < 1 else 60, None]


def test_of_equal_ones_the_first_goes_along() -> None:
    assert points(single(10, 10, 0)) == [None, 50, None]


def test_hidden_cells_hide_each_other_when_they_hold_three_together() -> None:
    assert points(single(10, 8, 2, 1)) == [50, 40, None, None]


@pytest.mark.parametrize("few", [(1, 1), (1, 0), (0, 0), (2, 0)])
def test_hidden_cells_that_hold_two_or_fewer_take_another_one_along(few: tuple[int, int]) -> None:
    """Whoever is the one person in them would know that the other one is empty."""
    found = single(11, 10, *few)
    assert found.cells[0] is not None
    assert found.cells[1:] == (None, None, None)


def test_where_every_cell_is_small_nothing_is_shown() -> None:
    scattered = Shares(Shown.SCATTERED)
    assert single(*(1,) * 20) == scattered
    assert single(*(2,) * 10) == scattered
    assert multiple(40, 2, 1, 0) == scattered


def test_of_multiple_a_small_cell_takes_one_along_too() -> None:
    """Everybody chose something, and most may have chosen one thing."""
    assert points(multiple(30, 20, 2, 3, 27)) == [65, None, None, 90]
    assert points(multiple(20, 12, 7, 1)) == points(single(12, 7, 1)) == [60, None, None]


# A scale ----------------------------------------------------------------------------------------


def test_a_scale_with_a_small_step_is_shown_in_three_groups() -> None:
    found = scale(2, 6, 5, 8, 4)
    assert (points(found), found.groups) == ([30, 20, 50], True)


def test_a_scale_without_a_small_step_keeps_its_five() -> None:
    found = scale(3, 6, 5, 8, 4)
    assert (points(found), found.groups) == ([10, 25, 20, 30, 15], False)


def test_below_twenty_a_scale_keeps_its_five_quarters() -> None:
    found = scale(1, 6, 5, 4, 0)
    assert (bands(found), found.groups) == ([0, 25, 25, 25, 0], False)


def test_a_small_group_of_a_scale_takes_the_next_one_along() -> None:
    found = scale(1, 1, 8, 9, 9)
    assert (points(found), found.groups) == ([None, None, 65], True)


def test_nearly_all_at_one_end_of_a_scale_is_a_majority() -> None:
    assert scale(1, 0, 1, 12, 14) == majority(2, groups=True)
    assert scale(0, 0, 0, 14, 14) == majority(2, groups=True)


# 0-10 -------------------------------------------------------------------------------------------


def test_0_to_10_is_in_three_groups_below_fifty_answers() -> None:
    found = nps(0, 0, 0, 3, 0, 2, 5, 10, 5, 10, 5)
    assert (points(found), found.groups, found.score) == ([25, 40, 40], True, 15)


def test_below_twenty_they_are_quarters_without_a_score() -> None:
    found = nps(1, 0, 0, 1, 0, 1, 1, 4, 0, 5, 0)
    assert (bands(found), found.groups, found.score) == ([25, 25, 25], True, None)


def test_from_fifty_the_steps_are_shown_where_each_holds_three() -> None:
    found = nps(3, 3, 3, 3, 3, 3, 3, 6, 6, 9, 9)
    assert (points(found), found.groups) == ([5] * 5 + [5, 5, 10, 10, 20, 20], False)
    assert found.score == -5  # 18 of 51 less 21 of 51, as the groups would be shown: 35 less 40


def test_of_forty_nine_the_steps_are_not_shown_however_many_each_holds() -> None:
    assert nps(3, 3, 3, 3, 3, 3, 3, 6, 6, 8, 8).groups
    assert not nps(3, 3, 3, 3, 3, 3, 3, 6, 6, 8, 9).groups


def test_a_single_small_step_brings_the_groups_back() -> None:
    found = nps(2, 3, 3, 3, 3, 3, 3, 6, 6, 9, 10)
    assert (points(found), found.groups) == ([40, 25, 35], True)
    assert found.score == -5


def test_a_group_that_is_hidden_leaves_no_score() -> None:
    found = nps(2, 0, 0, 0, 0, 0, 0, 10, 0, 20, 0)
    assert (points(found), found.score) == ([None, None, 65], None)


@pytest.mark.parametrize("answers", [5, 19, 20, 49, 50, 200])
def test_nearly_all_in_one_group_is_a_majority_at_any_size(answers: int) -> None:
    cells = [0] * 11
    cells[9], cells[10], cells[0] = answers // 2, answers - answers // 2 - 2, 2
    assert nps(*cells) == majority(2, groups=True)


# Ranked -----------------------------------------------------------------------------------------


def test_below_twenty_only_the_first_place_is_shown() -> None:
    order = ((2,), (0, 1))
    assert shown(Counted((6, 6, 7), 19, order=order)).order == ((2,),)
    assert shown(Counted((6, 6, 8), 20, order=order)).order == order


@given(
    some.integers(2, 6).flatmap(
        lambda n: some.tuples(
            some.permutations(range(n)), some.lists(some.permutations(range(n)), max_size=2)
        )
    ),
    some.integers(3, 30),
)
def test_rankings_of_which_all_but_two_are_alike_are_a_majority_already(
    given: tuple[list[int], list[list[int]]], alike: int
) -> None:
    """They share their first preference, so no rule of its own is needed for them."""
    same, others = tuple(given[0]), [tuple(one) for one in given[1]]
    assume(alike + len(others) >= PRIVACY_FLOOR)
    question = Question(QuestionKind.RANKED, "?", tuple(map(str, same)))
    ballots = [Ballot((one,)) for one in [same] * alike + others]
    (counts,) = counted([question], ballots)
    assert shown(counts) == majority(same[0])
    assert same[0] in counts.order[0]


# Turnout and comments ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "eligible", "low"),
    [(24, 200, 0), (24, 96, 25), (24, 48, 50), (24, 26, 75), (24, 24, 75), (24, 20, 75)],
)
def test_turnout_is_a_quarter_and_more_than_all_are_all(
    answers: int, eligible: int, low: int
) -> None:
    result = disclosed([Counted((8, 8, 8), answers)], floor=5, eligible=eligible)
    assert result.turnout == Share(low, low + 25)


def test_below_twenty_answers_turnout_is_withheld_for_it_would_tell_exact_counts() -> None:
    """Of ten people, two options at 50-75 % and a turnout of 50-75 % can be 3 and 3 alone."""
    result = disclosed([Counted((3, 3), 6)], floor=5, eligible=10)
    assert (bands(result.questions[0]), result.turnout) == ([50, 50], None)
    counts = [Counted((8, 8, 8), 24), Counted((10, 9), 19)]
    assert disclosed(counts, floor=5, eligible=30).turnout is None


@pytest.mark.parametrize("other", [(24, 0, 0), (2, 1, 0)])
def test_turnout_is_withheld_whenever_one_distribution_is(other: tuple[int, ...]) -> None:
    counts = [Counted((8, 8, 8), 24), Counted(other, sum(other))]
    result = disclosed(counts, floor=5, eligible=30)
    assert result.turnout is None
    assert [one.shown is Shown.SHARES for one in result.questions] == [True, False]


def test_twenty_answers_are_enough_for_turnout_and_score_and_nineteen_are_not() -> None:
    def of(answers: int) -> tuple[bool, bool]:
        kept = Counted((*[0] * 6, 5, 3, 3, 3, answers - 14), answers, groups=(7, 2, 2), nps=True)
        result = disclosed([kept], floor=5, eligible=40)
        return result.turnout is not None, result.questions[0].score is not None

    assert of(19) == (False, False)
    assert of(20) == (True, True)


def test_a_poll_without_questions_shows_nothing() -> None:
    assert disclosed([], floor=5, eligible=30) == Result(None, ())


def test_comments_are_shown_from_five_in_ten_answers() -> None:
    said = [f"comment {n}" for n in range(5)]
    assert comments_shown(said, 10) == tuple(said)
    assert comments_shown(said, 9) == ()
    assert comments_shown(said[1:], 10) == ()


def test_an_empty_comment_is_none() -> None:
    assert comments_shown(["a", "b", "c", "d", "", " \n"], 30) == ()
    assert comments_shown(["a", "b", "", "c", "d", "e"], 30) == ("a", "b", "c", "d", "e")


def test_a_raised_floor_counts_for_comments_too() -> None:
    said = [f"comment {n}" for n in range(8)]
    assert comments_shown(said, 14, floor=15) == ()
    assert comments_shown(said, 15, floor=15) == tuple(said)


# Always -----------------------------------------------------------------------------------------

cells = some.lists(some.integers(0, 40), min_size=2, max_size=12).map(tuple)
parts = some.one_of(
    cells.map(lambda found: Counted(found, sum(found))),
    some.lists(some.integers(0, 60), min_size=11, max_size=11).map(
        lambda found: Counted(tuple(found), sum(found), groups=(7, 2, 2), nps=True)
    ),
    some.lists(some.integers(0, 40), min_size=5, max_size=5).map(
        lambda found: Counted(tuple(found), sum(found), groups=(2, 1, 2))
    ),
)
several = some.tuples(cells, some.integers(0, 40)).map(
    lambda drawn: Counted(drawn[0], max(drawn[0]) + drawn[1])
)
counts = parts | several


@given(counts, some.integers(5, 30))
def test_below_the_floor_nothing_is_ever_shown(one: Counted, floor: int) -> None:
    if one.answers < floor:
        assert shown(one, floor) == WITHHELD
        assert disclosed([one], floor=floor, eligible=MANY).turnout is None


@given(counts, some.integers(5, 30), some.integers(5, 30))
def test_a_higher_floor_never_shows_more(one: Counted, floor: int, other: int) -> None:
    low, high = sorted((floor, other))
    assert shown(one, high) in (shown(one, low), WITHHELD)


@given(counts)
def test_never_exactly_one_is_hidden_nor_few_people_in_all_that_are(one: Counted) -> None:
    found = shown(one)
    assert sum(cell is None for cell in found.cells) != 1
    if None in found.cells and not found.groups:
        hidden = (n for n, cell in zip(one.cells, found.cells, strict=True) if cell is None)
        assert sum(hidden) > 2


@given(counts)
def test_shares_show_at_least_one_figure_and_nothing_else_shows_any(one: Counted) -> None:
    found = shown(one)
    assert any(found.cells) == (found.shown is Shown.SHARES)
    assert bool(found.majority) == (found.shown is Shown.MAJORITY)
    if found.shown is not Shown.SHARES:
        assert (found.cells, found.order, found.score) == ((), (), None)


@given(counts)
def test_figures_are_quarters_below_twenty_and_fives_from_there(one: Counted) -> None:
    width, step = (25, 25) if one.answers < 20 else (0, 5)
    for cell in shown(one).cells:
        if cell is not None:
            assert (cell.high - cell.low, cell.low % step) == (width, 0)
            assert 0 <= cell.low <= cell.high <= 100


@given(counts)
def test_no_cell_of_two_or_fewer_is_shown_from_twenty_answers(one: Counted) -> None:
    found = shown(one)
    if one.answers >= 20 and found.shown is Shown.SHARES:
        held = one.cells
        if found.groups:
            first, second, _ = one.groups
            parts_ = (held[:first], held[first : first + second], held[first + second :])
            held = tuple(map(sum, parts_))
        for cell, n in zip(found.cells, held, strict=True):
            assert cell is None or n > 2


@given(some.integers(5, 300), some.integers(2, 6), some.data())
def test_worlds_next_to_unanimity_look_the_same(
    answers: int, n: int, data: some.DataObject
) -> None:
    """Nobody learns from the result whether there was one other voice, or two, or none."""
    place = data.draw(some.integers(0, n - 1))
    others = data.draw(some.lists(some.integers(0, n - 1), max_size=2))
    world = [0] * n
    world[place] = answers - len(others)
    for other in others:
        world[other] += 1
    unanimous = [0] * n
    unanimous[place] = answers
    one, two = (
        disclosed([Counted(tuple(held), answers)], floor=5, eligible=MANY)
        for held in (world, unanimous)
    )
    assert one == two


@given(counts, some.randoms(use_true_random=False))
def test_other_names_for_the_options_change_no_figure(one: Counted, chance: object) -> None:
    """The figures move with their options; of equal counts it is one figure whoever is hidden."""
    assume(not one.groups)  # steps have their order
    names = list(range(len(one.cells)))
    chance.shuffle(names)  # type: ignore[attr-defined]  # it is a Random
    renamed = Counted(tuple(one.cells[name] for name in names), one.answers)
    here, there = shown(one), shown(renamed)
    assert here.shown is there.shown
    assert sorted(names[place] for place in there.majority) == list(here.majority)
    assert sorted(map(repr, here.cells)) == sorted(map(repr, there.cells))
    if len(set(one.cells)) == len(one.cells) and here.cells:
        assert there.cells == tuple(here.cells[name] for name in names)


@given(parts)
def test_a_score_is_made_of_the_groups_as_they_are_or_would_be_shown(one: Counted) -> None:
    found = shown(one)
    if found.score is None:
        return
    assert one.nps
    assert one.answers >= 20
    against, promoting = sum(one.cells[:7]), sum(one.cells[9:])
    assert min(against, promoting) > 2
    (low, _, high) = points(single(against, sum(one.cells[7:9]), promoting))
    assert low is not None
    assert high is not None
    assert found.score == high - low
    if found.groups:
        assert points(found)[2::-2] == [high, low]


@given(counts, some.integers(10, 500))
def test_turnout_is_shown_with_shares_alone_and_as_a_quarter(one: Counted, eligible: int) -> None:
    result = disclosed([one], floor=5, eligible=eligible)
    enough = one.answers >= 20 and result.questions[0].shown is Shown.SHARES
    assert (result.turnout is not None) == enough
    if result.turnout is not None:
        assert result.turnout.low in (0, 25, 50, 75)
        assert result.turnout.high == result.turnout.low + 25
