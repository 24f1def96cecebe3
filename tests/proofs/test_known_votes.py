"""Known votes: what somebody can work out of one poll's results who knows how some others voted.

Shows: for every possible poll of up to 60 answers to two or three options, whoever knows the number
of answers, and nobody's vote or one, can say of nobody how they voted, also where all agree; no
hidden cell can be reckoned from the rest, but for 10 polls of 12,915; below five answers nothing is
shown. Over 10,000 polls the share of voters determined by m known votes is measured and told.
Does not show: several questions of one poll taken together; guesses that are only likely.
Control: with a live counter everybody's vote is determined, with one from five answers on most.
"""

import random
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import pytest

from bot.domain.privacy import PRIVACY_FLOOR, Counted, Result, Share, Shares, Shown, disclosed
from tests.proofs.figures import tell
from tests.proofs.scale import scaled

POLLS = scaled(10_000, least=1000)
OPTIONS = (2, 3)
MOST = 60
KNOWN = ("0", "1", "2", "4", "8", "n/2", "n-2", "n-1")
Counts = tuple[int, ...]


def shown(counts: Counts, eligible: int = MOST, floor: int = PRIVACY_FLOOR) -> Result:
    return disclosed([Counted(counts, sum(counts))], floor=floor, eligible=eligible)


def all_counts(options: int, answers: int) -> Iterator[Counts]:
    if options == 1:
        yield (answers,)
        return
    for first in range(answers + 1):
        yield from ((first, *rest) for rest in all_counts(options - 1, answers - first))


@cache
def behind(options: int) -> dict[Shares, dict[int, list[Counts]]]:
    """Every table that can ever be shown -> number of answers -> all counts that lead to it."""
    found: dict[Shares, dict[int, list[Counts]]] = defaultdict(lambda: defaultdict(list))
    for answers in range(PRIVACY_FLOOR, MOST + 1):
        for counts in all_counts(options, answers):
            found[shown(counts).questions[0]][answers].append(counts)
    return found


def possible(them: Sequence[Counts], known: Counts) -> set[int]:
    """How somebody else may have voted, when these counts are possible and those votes known."""
    found = set[int]()
    for counts in them:
        if all(n >= m for n, m in zip(counts, known, strict=True)):
            found |= {at for at, n in enumerate(counts) if n > known[at]}
            if len(found) == len(known):
                break
    return found


def one_vote(options: int, at: int | None) -> Counts:
    return tuple(int(one == at) for one in range(options))


@pytest.mark.parametrize("options", OPTIONS)
def test_whoever_knows_no_vote_or_one_can_say_of_nobody_how_they_voted(options: int) -> None:
    tried = 0
    for by_answers in behind(options).values():
        for them in by_answers.values():
            assert len(possible(them, one_vote(options, None))) > 1
            for at in {at for counts in them for at, n in enumerate(counts) if n}:
                assert len(possible(them, one_vote(options, at))) > 1
            tried += len(them)
    unanimous = shown((MOST, *[0] * (options - 1))).questions[0]
    assert unanimous.shown is Shown.MAJORITY
    assert tried == sum(len(list(all_counts(options, n))) for n in range(PRIVACY_FLOOR, MOST + 1))


def test_no_hidden_cell_can_be_reckoned_from_the_rest() -> None:
    """But for two level ahead of two answers: that the cell hidden along is the smaller one tells
    it then, to whoever knows the number of answers."""
    reckoned, hidden = list[Counts](), 0
    for table, by_answers in behind(3).items():
        cells = [at for at, cell in enumerate(table.cells) if cell is None]
        for them in by_answers.values() if cells else ():
            hidden += len(them)
            if any(len({counts[at] for counts in them}) == 1 for at in cells):
                reckoned += them
    assert all(counts == (counts[0], counts[0], 2) for counts in reckoned)
    assert len(reckoned) < hidden / 1000


def test_of_fewer_than_five_answers_nothing_is_shown() -> None:
    for options in OPTIONS:
        for answers in range(5):
            for counts in all_counts(options, answers):
                for eligible in range(10, MOST):
                    found = shown(counts, eligible)
                    assert found == Result(None, (Shares(Shown.WITHHELD),))


# What m known votes are worth -------------------------------------------------------------------


@dataclass(frozen=True)
class Poll:
    """``votes``: one person's each, in the order in which they came; the target's and the others'
    in the order in which they become known."""

    options: int
    eligible: int
    votes: tuple[int, ...]
    target: int
    others: tuple[int, ...]

    def counts(self, which: Sequence[int]) -> Counts:
        votes = [self.votes[one] for one in which]
        return tuple(votes.count(at) for at in range(self.options))

    def candidates(self, *, number_known: bool) -> list[Counts]:
        """All counts that fit what is shown."""
        n = len(self.votes)
        result = shown(self.counts(range(n)), self.eligible)
        by_answers = behind(self.options)[result.questions[0]]
        fits = [n] if number_known else [one for one in by_answers if self._fits(one, result)]
        return [counts for one in fits for counts in by_answers[one]]

    def needed(self, *, number_known: bool) -> int:
        """The fewest known votes by which the target's is determined; all and one more: never."""
        them = self.candidates(number_known=number_known)

        def told(known: int) -> bool:
            return len(possible(them, self.counts(self.others[:known]))) < 2

        return bisect_left(range(len(self.votes)), True, key=told)

    def told_apart(self, known: int, releases: Sequence[int]) -> bool:
        """Whether exact counts after so many answers each would tell the target's vote."""
        begins = max((one for one in releases if one <= self.target), default=0)
        ends = min(one for one in releases if one > self.target)
        open_ = set(range(begins, ends)) - set(self.others[:known])
        return len({self.votes[one] for one in open_}) == 1

    def _fits(self, answers: int, result: Result) -> bool:
        if result.turnout is None:
            return answers <= self.eligible
        low = min(min(answers, self.eligible) * 4 // self.eligible, 3) * 25
        return result.turnout == Share(low, low + 25)


def drawn(dice: random.Random) -> Poll:
    options, n = dice.choice(OPTIONS), dice.randint(5, MOST)
    liked = [dice.gammavariate(0.7, 1) + 1e-9 for _ in range(options)]
    people = dice.sample(range(n), n)
    votes = tuple(dice.choices(range(options), liked, k=n))
    return Poll(options, dice.randint(max(n, 10), MOST), votes, people[0], tuple(people[1:]))


def known_in(name: str, n: int) -> int | None:
    """How many that is of ``n`` answers; None where there are not so many others."""
    many = {"n/2": n // 2, "n-2": n - 2, "n-1": n - 1}.get(name) or int(name)
    return many if many < n else None


def curve(polls: Sequence[Poll], needed: Sequence[int]) -> list[float]:
    found = []
    for name in KNOWN:
        told = [
            fewest <= many
            for poll, fewest in zip(polls, needed, strict=True)
            if (many := known_in(name, len(poll.votes))) is not None
        ]
        found.append(sum(told) / len(told))
    return found


def test_what_known_votes_are_worth_is_measured(request: pytest.FixtureRequest) -> None:
    dice = random.Random(60)  # noqa: S311 whose votes, and which are known
    polls = [drawn(dice) for _ in range(POLLS)]
    assert any(len(set(poll.votes)) == 1 for poll in polls), "some are unanimous"
    tell(request, f"known votes, {POLLS} polls: {'':24}{''.join(f'{one:>7}' for one in KNOWN)}")
    curves = []
    for number_known in (False, True):
        found = curve(polls, [one.needed(number_known=number_known) for one in polls])
        name = "number of answers known" if number_known else "number of answers not known"
        tell(request, _told(f"determined, {name}", found))
        assert found[:2] == [0, 0]
        curves.append(found)
    assert all(less <= more for less, more in zip(*curves, strict=True))

    lasts = {len(poll.votes): (5, len(poll.votes)) for poll in polls}
    releases = {
        "live counter": lambda n: range(1, n + 1),
        "live from five answers on": lambda n: range(5, n + 1),
        "at five answers and at the close": lambda n: lasts[n],
    }
    controls = {name: _apart(polls, of) for name, of in releases.items()}
    for name, found in controls.items():
        tell(request, _told(name, found))
    assert controls["live counter"] == [1.0] * len(KNOWN)
    assert controls["live from five answers on"][0] > 0.7
    assert controls["at five answers and at the close"][0] > 0.1


def _apart(polls, of) -> list[float]:
    found = []
    for name in KNOWN:
        told = [
            poll.told_apart(many, of(len(poll.votes)))
            for poll in polls
            if (many := known_in(name, len(poll.votes))) is not None
        ]
        found.append(sum(told) / len(told))
    return found


def _told(name: str, found: Sequence[float]) -> str:
    return f"  {name:<40}" + "".join(f"{one:7.1%}" for one in found)
