"""The start of the program is not slowed down by a collector that has nothing to collect."""

import gc

import pytest

from bot.starting import loading


def looked_at(one: object) -> bool:
    """Whether the collector looks at this: asked of the thing itself, since the count of what is
    frozen goes down with whatever of it dies meanwhile."""
    return any(other is one for other in gc.get_objects())


def test_the_collector_rests_while_a_program_is_loaded_and_never_looks_at_what_was_loaded() -> None:
    with loading() as loaded:
        assert not gc.isenabled()
        made = [[one] for one in range(1000)]
        assert looked_at(made)
        loaded()
        assert gc.isenabled()
        assert not looked_at(made)
        assert not looked_at(made[-1])
        later = [made]
    assert looked_at(later)


def test_a_program_that_cannot_start_leaves_it_at_work() -> None:
    made = [object]
    with pytest.raises(KeyError), loading():
        raise KeyError
    assert gc.isenabled()
    assert looked_at(made)
