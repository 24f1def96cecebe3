"""A storm, of invitations or of answers to answers, is let through so far and no further."""

import pytest

from adapters.matrix.pace import ANSWERS, INVITES, Most, Pace


class Watch:
    now = 0.0

    def elapsed(self) -> float:
        return self.now


@pytest.mark.parametrize("most", [INVITES, ANSWERS])
def test_one_person_s_storm_stops_at_that_person(most: Most) -> None:
    pace = Pace(most, Watch().elapsed, b"key")
    assert [pace.accepts("@a:gw.test") for _ in range(100)].count(True) == most.from_one
    assert pace.accepts("@b:gw.test")


def test_where_many_answer_nobody_pays_for_others() -> None:
    pace = Pace(ANSWERS, Watch().elapsed, b"key")
    assert all(pace.accepts(f"@{n}:gw.test") for n in range(10_000))


@pytest.mark.parametrize("most", [INVITES, Most(2, 9, 1.0)])
def test_a_storm_of_many_stops_as_well(most: Most) -> None:
    pace = Pace(most, Watch().elapsed, b"key")
    assert sum(pace.accepts(f"@{n}:gw.test") for n in range(1000)) == most.from_all


def test_after_a_while_everybody_may_again() -> None:
    watch = Watch()
    pace = Pace(INVITES, watch.elapsed, b"key")
    for _ in range(INVITES.from_one):
        pace.accepts("@a:gw.test")
    watch.now = INVITES.within - 1
    assert not pace.accepts("@a:gw.test")
    watch.now = INVITES.within
    assert pace.accepts("@a:gw.test")


def test_a_quick_typist_is_never_too_quick() -> None:
    watch = Watch()
    pace = Pace(ANSWERS, watch.elapsed, b"key")
    for _ in range(500):
        watch.now += 2.0
        assert pace.accepts("@a:gw.test")


def test_after_a_while_nothing_is_left_of_anybody() -> None:
    watch = Watch()
    pace = Pace(INVITES, watch.elapsed, b"key")
    for n in range(20):
        pace.accepts(f"@{n}:gw.test")
    watch.now = INVITES.within
    pace.accepts("@last:gw.test")
    assert [len(one) for one in vars(pace).values() if hasattr(one, "__len__")] == [3, 1, 1]


def test_who_it_was_cannot_be_read_from_its_memory() -> None:
    pace = Pace(INVITES, Watch().elapsed, b"key")
    pace.accepts("@a:gw.test")
    assert "@a:gw.test" not in str(vars(pace))
