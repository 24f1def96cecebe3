"""The start of the program is not slowed down by a collector that has nothing to collect."""

import gc

import pytest

from bot.starting import loading


def test_the_collector_rests_while_a_program_is_loaded_and_never_looks_at_what_was_loaded() -> None:
    before = gc.get_freeze_count()
    with loading() as loaded:
        assert not gc.isenabled()
        made = [[one] for one in range(1000)]
        loaded()
        assert gc.isenabled()
        assert gc.get_freeze_count() > before + len(made)


def test_a_program_that_cannot_start_leaves_it_at_work() -> None:
    before = gc.get_freeze_count()
    with pytest.raises(KeyError), loading():
        raise KeyError
    assert gc.isenabled()
    assert gc.get_freeze_count() == before
