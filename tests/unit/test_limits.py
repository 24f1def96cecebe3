"""How much one account may do in a day: counted in memory, forgotten at midnight."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from bot.domain.privacy import Act
from bot.services.privacy.limits import Limits
from tests.fakes.world import CountedChance, HandClock

NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)
ACCOUNT, OTHER = "sandbox|noor-haddad", "sandbox|marta-lindqvist"


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOON)


@pytest.fixture
def limits(clock: HandClock) -> Limits:
    return Limits(clock, CountedChance())


@pytest.mark.parametrize(
    ("act", "allowed"), [(Act.GRIEVANCE, 3), (Act.URGENT, 1), (Act.MESSAGE, 5)]
)
def test_a_day_has_so_many_of_each(limits: Limits, act: Act, allowed: int) -> None:
    for n in range(1, allowed + 1):
        assert limits.may(act, ACCOUNT)
        assert limits.spend(act, ACCOUNT, f"thing-{n}") == n
    assert not limits.may(act, ACCOUNT)
    assert limits.spend(act, ACCOUNT, "one more") is None
    assert limits.spend(act, ACCOUNT, "and another") is None


def test_the_same_thing_twice_is_counted_once(limits: Limits) -> None:
    for _ in range(5):
        assert limits.spend(Act.GRIEVANCE, ACCOUNT, "thing") == 1
    assert limits.spend(Act.GRIEVANCE, ACCOUNT, "second") == 2
    assert limits.spend(Act.GRIEVANCE, ACCOUNT, "third") == 3
    assert limits.spend(Act.GRIEVANCE, ACCOUNT, "third") == 3  # sent again when all is spent


def test_accounts_and_acts_do_not_share_an_allowance(limits: Limits) -> None:
    assert limits.spend(Act.URGENT, ACCOUNT, "thing") == 1
    assert limits.spend(Act.URGENT, OTHER, "thing") == 1
    assert limits.spend(Act.GRIEVANCE, ACCOUNT, "thing") == 1
    assert not limits.may(Act.URGENT, ACCOUNT)
    assert limits.may(Act.GRIEVANCE, ACCOUNT)


def test_asking_spends_nothing(limits: Limits) -> None:
    for _ in range(20):
        assert limits.may(Act.URGENT, ACCOUNT)
    assert limits.spend(Act.URGENT, ACCOUNT, "thing") == 1


def test_at_midnight_everything_is_forgotten(limits: Limits, clock: HandClock) -> None:
    assert limits.spend(Act.URGENT, ACCOUNT, "thing") == 1
    clock.at = datetime(2026, 6, 3, 23, 59, 59, tzinfo=UTC)
    assert limits.spend(Act.URGENT, ACCOUNT, "other") is None
    clock.at = datetime(2026, 6, 4, tzinfo=UTC)
    assert limits.spend(Act.URGENT, ACCOUNT, "other") == 1


def test_no_account_stands_in_memory(limits: Limits) -> None:
    limits.spend(Act.GRIEVANCE, ACCOUNT, "thing")
    held = repr(vars(limits))
    assert "noor" not in held
    assert "sandbox" not in held
    assert "thing" not in held, "nor what was drawn for it"


def test_nor_does_a_community_nor_who_was_left_out_nor_when_beyond_an_hour(
    limits: Limits, clock: HandClock
) -> None:
    for n in range(3):
        limits.over_cap("harbour|ines,tomas", f"case {n}")
    held = repr(vars(limits))
    assert not any(word in held for word in ("harbour", "ines", "case"))
    assert len(limits._caps) == 1
    clock.move(timedelta(minutes=19))  # by then all three tokens are back
    limits.over_cap("other", "another case")
    (left,) = limits._caps.values()
    assert left.at == clock.now()


def test_two_days_and_two_processes_leave_unlike_marks(clock: HandClock) -> None:
    def marks(chance: CountedChance) -> str:
        made = Limits(clock, chance)
        made.spend(Act.GRIEVANCE, ACCOUNT, "thing")
        today = repr(vars(made)["_done"])
        clock.move(timedelta(days=1))
        made.spend(Act.GRIEVANCE, ACCOUNT, "thing")
        assert today != repr(vars(made)["_done"])
        clock.move(timedelta(days=-1))
        return today

    assert marks(CountedChance("one")) != marks(CountedChance("other"))


def test_a_community_s_cap_is_ten_an_hour_and_only_tells(limits: Limits, clock: HandClock) -> None:
    drawn = map(str, count())

    def over(many: int, whose: str = "harbour") -> list[bool]:
        return [limits.over_cap(whose, next(drawn)) for _ in range(many)]

    assert over(12) == [False] * 10 + [True] * 2
    assert over(1, "another community") == [False]
    clock.move(timedelta(minutes=6))
    assert over(2) == [False, True]
    clock.move(timedelta(hours=9))
    assert over(11) == [False] * 10 + [True]


def test_who_sends_the_same_again_takes_nothing_from_the_cap(limits: Limits) -> None:
    assert [limits.over_cap("harbour", "a case") for _ in range(30)] == [False] * 30
    others = [limits.over_cap("harbour", f"case {n}") for n in range(10)]
    assert others == [False] * 9 + [True]
    assert limits.over_cap("harbour", "case 9")  # and is told the same as before
    assert not limits.over_cap("harbour", "a case")
