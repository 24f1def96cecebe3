"""How long an answer waits for its homeserver, and when it is given up."""

import pytest

from adapters.matrix import listening
from adapters.matrix.listening import again
from adapters.matrix.sending import answered
from adapters.matrix.wire import Away, Refusal
from bot.ports import InDoubt, Undelivered


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(listening, "LONGEST_PAUSE", 0.0)


class Says:
    """Something that is said in the end, after it went wrong so often."""

    def __init__(self, wrong: Exception, times: int) -> None:
        self.wrong, self.left = wrong, times

    async def __call__(self) -> str:
        self.left -= 1
        with answered(said=True):
            if self.left >= 0:
                raise self.wrong
        return "$said"


@pytest.mark.parametrize("doubtful", [True, False])
async def test_while_the_homeserver_is_away_nothing_is_given_up(doubtful: bool) -> None:
    assert await again(Says(Away(doubtful), 100)) == "$said"


@pytest.mark.parametrize(("status", "raised"), [(500, InDoubt), (429, Undelivered)])
async def test_one_that_answers_and_never_takes_it_holds_up_no_room_for_ever(
    status: int, raised: type[Exception]
) -> None:
    no = Refusal(status, {"retry_after_ms": 0})
    assert await again(Says(no, 2)) == "$said"
    with pytest.raises(raised):
        await again(Says(no, 3))
