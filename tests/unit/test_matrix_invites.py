"""A storm of invitations is let through so far and no further."""

from adapters.matrix.invites import FROM_ALL, FROM_ONE, WITHIN, Invites


class Watch:
    now = 0.0

    def elapsed(self) -> float:
        return self.now


def test_one_person_s_storm_stops_at_that_person() -> None:
    invites = Invites(Watch().elapsed, b"key")
    assert [invites.accepts("@a:gw.test") for _ in range(100)].count(True) == FROM_ONE
    assert invites.accepts("@b:gw.test")


def test_a_storm_of_many_stops_as_well() -> None:
    invites = Invites(Watch().elapsed, b"key")
    assert sum(invites.accepts(f"@{n}:gw.test") for n in range(1000)) == FROM_ALL


def test_after_a_while_everybody_may_again() -> None:
    watch = Watch()
    invites = Invites(watch.elapsed, b"key")
    for _ in range(FROM_ONE):
        invites.accepts("@a:gw.test")
    watch.now = WITHIN - 1
    assert not invites.accepts("@a:gw.test")
    watch.now = WITHIN
    assert invites.accepts("@a:gw.test")


def test_who_asked_cannot_be_read_from_its_memory() -> None:
    invites = Invites(Watch().elapsed, b"key")
    invites.accepts("@a:gw.test")
    assert "@a:gw.test" not in str(vars(invites))
