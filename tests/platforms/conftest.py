"""Fixtures for all that talks with a real homeserver."""

from collections.abc import AsyncIterator

import pytest

from tests.fakes.matrix_bot import Known
from tests.fakes.matrix_host import Host, host_of
from tests.fakes.matrix_people import Crowd, crowd_on
from tests.fakes.synapse import Synapse


@pytest.fixture
async def crowd(synapse: Synapse) -> AsyncIterator[Crowd]:
    """People on it, whose clients are not ours."""
    async with crowd_on(synapse) as made:
        yield made


@pytest.fixture
async def host(synapse: Synapse) -> AsyncIterator[Host]:
    """Whoever stands between it and us."""
    async with host_of(synapse.url) as made:
        yield made


@pytest.fixture
def known(synapse: Synapse) -> Known:
    """A new account for the bot."""
    return Known(synapse.url, synapse.account("bot"))
