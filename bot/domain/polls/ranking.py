"""Ranking: one order out of many, by Schulze's method, as Debian and Wikimedia count.

M. Schulze, "The Schulze Method of Voting", arXiv:1804.02973, sections 2.2 and 2.3.1. Written out
here because no well-kept library does this alone: votelib and pref-voting bring very much more.
"""

from collections.abc import Sequence

Ranking = tuple[int, ...]  #: all places, the most liked first
Matrix = list[list[int]]


def schulze(
    rankings: Sequence[Ranking], options: int, *, closer_than: int = 0
) -> tuple[tuple[int, ...], ...]:
    """All places from the most liked to the least, those level together. ``rankings`` are complete.

    ``closer_than``: where so few votes or fewer decide between two options they count as level:
    else the order of many would turn on one, and tell it.

    The method gives a strict partial order. Groups are made of it from the top: first those whom
    nothing beats (Schulze's "potential winners"), then those whom nothing beats among the rest.
    """
    strong = strengths(rankings, options, closer_than)
    order, left = [], set(range(options))
    while left:
        best = {a for a in left if all(strong[a][b] >= strong[b][a] for b in left)}
        order.append(tuple(sorted(best)))
        left -= best
    return tuple(order)


def strengths(rankings: Sequence[Ranking], options: int, closer_than: int = 0) -> Matrix:
    """``[a][b]``: how strong the strongest path from ``a`` to ``b`` is, by the number of those who
    prefer each winner on it ("winning votes"); by Floyd and Warshall's algorithm."""
    liked = preferences(rankings, options)
    strong = [
        [n if n - liked[b][a] > closer_than else 0 for b, n in enumerate(row)]
        for a, row in enumerate(liked)
    ]
    for via in range(options):
        for a in range(options):
            for b in range(options):
                if len({a, b, via}) == 3:
                    strong[a][b] = max(strong[a][b], min(strong[a][via], strong[via][b]))
    return strong


def preferences(rankings: Sequence[Ranking], options: int) -> Matrix:
    """``[a][b]``: how many like ``a`` better than ``b``."""
    liked = [[0] * options for _ in range(options)]
    for ranking in rankings:
        for at, better in enumerate(ranking):
            for worse in ranking[at + 1 :]:
                liked[better][worse] += 1
    return liked
