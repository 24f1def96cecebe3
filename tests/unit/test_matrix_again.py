"""How long an answer waits for its homeserver, and when it is given up."""

import pytest

from adapters.matrix import listening
from adapters.matrix.listening import again, patiently
from adapters.matrix.sending import answered
from adapters.matrix.wire import Away, Refusal
from bot.ports import InDoubt, Undelivered


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "PAUSES", (0.0, 0.0))
    for name in ("FIRST_PAUSE", "LONGEST_PAUSE"):
        monkeypatch.setattr(listening, name, 0.0)


class Asks:
    """Something that is told in the end, after it went wrong so often."""

    def __init__(self, wrong: Exception, times: int) -> None:
        self.wrong, self.left = wrong, times

    async def __call__(self) -> str:
        self.left -= 1
        if self.left >= 0:
            raise self.wrong
        return "told"


class Says:
    """Likewise something that is said."""

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


@pytest.mark.parametrize("wrong", [Away(doubtful=True), Refusal(429, {"retry_after_ms": 0})])
async def test_what_must_be_known_is_asked_until_the_homeserver_is_back(wrong: Exception) -> None:
    assert await patiently(Asks(wrong, 100)) == "told"


async def test_what_a_homeserver_never_tells_holds_up_no_room_for_ever() -> None:
    assert await patiently(Asks(Refusal(500, {}), 2)) == "told"
    with pytest.raises(Refusal):
        await patiently(Asks(Refusal(500, {}), 3))
    with pytest.raises(Refusal):
        await patiently(Asks(Refusal(404, {}), 1))
