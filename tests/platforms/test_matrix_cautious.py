"""Whoever's client excludes insecure devices can talk with us, in both directions."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.matrix.events import Trouble
from tests.fakes.cautious_client import cautious_on
from tests.fakes.matrix_bot import Ear, Known, Notes, listening
from tests.fakes.synapse import Synapse

pytestmark = pytest.mark.xdist_group("synapse")


@pytest.fixture
async def ear(synapse: Synapse, tmp_path: Path) -> AsyncIterator[Ear]:
    async with listening(Known(synapse.url, synapse.account("bot")), tmp_path, Notes()) as made:
        yield made


def notice(words: str) -> dict[str, str]:
    return {"msgtype": "m.notice", "body": words}


async def test_a_cautious_client_says_and_hears_what_it_should(
    synapse: Synapse, ear: Ear, pytestconfig: pytest.Config
) -> None:
    worker = synapse.account("worker")
    async with cautious_on(synapse, worker, ear.bot.user, pytestconfig) as client:
        await client.says("you are the first to know")
        (said,) = await ear.hears("you are the first to know")
        assert (said.room, said.sender, said.trouble) == (client.room, worker, None)
        assert len(said.proof) == 43
        await ear.sending.say(client.room, notice("I have heard you"), "1", to=worker)
        assert await client.tells() == {"heard": "I have heard you", "sealed": True}


async def test_without_our_signature_it_would_neither_say_nor_hear_anything(
    synapse: Synapse, tmp_path: Path, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: it is the signature that does it."""

    async def unsigned(*_: object) -> None:
        return None

    monkeypatch.setattr("adapters.matrix.session.introduce", unsigned)
    known, worker = Known(synapse.url, synapse.account("bot")), synapse.account("worker")
    async with (
        listening(known, tmp_path, Notes()) as ear,
        cautious_on(synapse, worker, ear.bot.user, pytestconfig) as client,
    ):
        await client.says("for signed devices alone")
        await ear.until(lambda: ear.said)
        assert [one.trouble for one in ear.said] == [Trouble.UNREADABLE]
        await ear.sending.say(client.room, notice("unsigned"), "1", to=worker)
        assert "cannot" in await client.tells()


async def test_when_we_have_lost_its_keys_the_word_after_our_answer_is_heard(
    synapse: Synapse, ear: Ear, pytestconfig: pytest.Config
) -> None:
    """As after a talk that was forgotten: the client goes on with what it had."""
    worker = synapse.account("worker")
    async with cautious_on(synapse, worker, ear.bot.user, pytestconfig) as client:
        await client.says("one")
        await ear.hears("one")
        await ear.bot.forget(client.room, worker)
        await client.says("two")
        await ear.until(lambda: len(ear.said) == 2)
        assert ear.said[1].trouble is Trouble.UNREADABLE
        await ear.sending.say(client.room, notice("once more, please"), "1", to=worker)
        assert await client.tells() == {"heard": "once more, please", "sealed": True}
        await client.says("two, once more")
        assert (await ear.hears("two, once more"))[-1].trouble is None
