"""Where the database fails one hand that makes calm slots happen, that is told in its own name."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from bot import ports
from bot.domain.errors import CannotSave
from bot.services.grievances.calm import HANDS, CalmSlots, SlotLog
from tests.fakes.world import KeptLog

NOBODY: Any = None  #: is spoken to before anything is held


async def test_a_database_that_is_away_is_no_group_of_errors() -> None:
    asked = []

    @asynccontextmanager
    async def away() -> AsyncIterator[ports.Work]:
        asked.append(1)
        raise CannotSave
        yield NOBODY

    calm = CalmSlots(away, NOBODY, NOBODY, SlotLog(KeptLog()))
    with pytest.raises(CannotSave):
        await calm.due(datetime(2026, 6, 1, tzinfo=UTC))
    assert len(asked) == HANDS, "each hand tried by itself"
