"""An author of cases of their own reads digests and guesses in which weeks somebody else's case came.

They know how often that happens, reckon with every way it can have been, and look back over all that
they were shown: nobody can guess better from the same digests. Of the bot this uses ``flowed`` alone.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from math import exp, factorial, log

from bot.domain.privacy import flowed

WEEKS = 26
MEAN = log(2)  #: others' cases a week, so that none come in every other week
CHANCES = [exp(-MEAN) * MEAN**n / factorial(n) for n in range(8)]
Channel = Callable[[int, int], tuple[int, int]]
States = Mapping[int, float]
Author = Callable[[States], int]  #: how many they file, by what they believe of the remainder


def as_told(carried: int, came: int) -> tuple[int, int]:
    """(what is shown, what is carried on)."""
    flow = flowed(carried, came)
    return flow.shown, flow.carried


def DROPPED(carried: int, came: int) -> tuple[int, int]:  # noqa: N802 as the table beside it
    return flowed(0, came).shown, 0


def LIVE(carried: int, came: int) -> tuple[int, int]:  # noqa: N802 likewise
    return came, 0


def _always(own: int) -> Author:
    return lambda believed: own


def _fills_up(believed: States) -> int:
    """So many that one more case shows."""
    return 4 - max(believed, key=lambda carried: believed[carried])


AUTHORS: Mapping[str, Author] = {f"{own} own a week": _always(own) for own in range(5)} | {
    "as many as the remainder lacks": _fills_up
}


def measured(author: Author, channel: Channel, times: int) -> tuple[float, float]:
    """In which part of the weeks they guess right, and in which they are sure."""
    right = sure = 0
    for seed in range(times):
        dice = random.Random(seed)  # noqa: S311 who files when
        came = dice.choices(range(len(CHANCES)), CHANCES, k=WEEKS)
        for n, chance in zip(came, _chances(author, channel, came), strict=True):
            right += (chance > 0.5) == (n > 0)
            sure += min(chance, 1 - chance) < 1e-9
    return right / times / WEEKS, sure / times / WEEKS


def _chances(author: Author, channel: Channel, came: Sequence[int]) -> list[float]:
    """Of each week how likely it is, after all of them, that somebody else's case came."""
    carried, forward, weeks = 0, [{0: 1.0}], list[tuple[int, int]]()
    for n in came:
        own = author(forward[-1])
        shown, carried = channel(carried, own + n)
        weeks.append((own, shown))
        after = defaultdict[int, float](float)
        for before, _, then, weight in _ways(channel, own, shown, forward[-1]):
            after[then] += forward[-1][before] * weight
        forward.append(_whole(after))
    found, backward = list[float](), defaultdict[int, float](lambda: 1.0)
    for (own, shown), believed in reversed(list(zip(weeks, forward, strict=False))):
        ways = list(_ways(channel, own, shown, believed))
        weights = [believed[before] * weight * backward[then] for before, _, then, weight in ways]
        somebody = sum(w for w, (_, n, _, _) in zip(weights, ways, strict=True) if n)
        found.append(somebody / sum(weights))
        earlier = defaultdict[int, float](float)
        for before, _, then, weight in ways:
            earlier[before] += weight * backward[then]
        backward = defaultdict(float, _whole(earlier))
    return found[::-1]


def _ways(
    channel: Channel, own: int, shown: int, believed: States
) -> list[tuple[int, int, int, float]]:
    """(what was carried, how many others came, what is carried then, how likely those come)."""
    return [
        (before, n, then, weight)
        for before in believed
        for n, weight in enumerate(CHANCES)
        for seen, then in [channel(before, own + n)]
        if seen == shown
    ]


def _whole(parts: Mapping[int, float]) -> dict[int, float]:
    total = sum(parts.values())
    return {state: part / total for state, part in parts.items()}
