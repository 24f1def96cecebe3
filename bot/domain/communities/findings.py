"""Findings: what of a community somebody should put right, each with its own remedy in the texts.

Looks at the community alone. What its notices, its digest and the platforms tell besides is found
by whoever can see them. Of people, only how many hold a role.
"""

from datetime import datetime
from enum import StrEnum

from bot.domain.communities.community import Community
from bot.domain.communities.pending import has_second
from bot.domain.communities.places import RoomKind
from bot.domain.communities.staff import Role

FEWEST_REPS, FEWEST_MODERATORS = 2, 2


class Finding(StrEnum):
    """In the order in which they are told."""

    NAME = "name"  #: name, language and zone were not said
    TRUST = "trust"  #: nobody said who can read one of its spaces
    REPS = "reps"  #: fewer than two
    READING = "reading"  #: a rep has no account outside an employer's space
    MODERATORS = "moderators"  #: fewer than two
    SECOND = "second"  #: nobody could be the second moderator of a change
    DUTY = "duty"  #: nobody is on duty
    BULLETIN = "bulletin"  #: a space without a room for bulletins
    OUTSIDE = "outside"  #: no outside body
    MEMBERS = "members"  #: so few, or not said: no poll can open
    PULSE_MEMBERS = "pulse_members"  #: the first pulse cannot begin: so few members
    PULSE_ROOM = "pulse_room"  #: the first pulse cannot begin: no room for bulletins
    GONE = "gone"  #: the platform lets the bot into a space no more
    # What the community itself does not tell:
    DIGEST_PAUSED = "digest_paused"
    DIGEST_NOWHERE = "digest_nowhere"
    ROOM = "room"  #: a room the bot cannot write to
    PERMISSION = "permission"  #: something the platform does not let the bot do
    HIDDEN = "hidden"  #: a room for bulletins that not everybody can read
    OPEN = "open"  #: a room of staff's that everybody can read
    PARKED = "parked"  #: notices that were given up
    CLOCK = "clock"  #: the machine's clock is off


#: What need not be told beside the one that says it of the first pulse.
_SAYS_MORE = {Finding.PULSE_MEMBERS: Finding.MEMBERS, Finding.PULSE_ROOM: Finding.BULLETIN}
#: What keeps a community from being opened.
UNANSWERED = (Finding.NAME, Finding.TRUST, Finding.REPS, Finding.READING)


def found(community: Community, now: datetime, eligible: int) -> tuple[Finding, ...]:
    """All that is wrong with it. ``eligible``: the fewest members a poll needs."""
    moderators = community.with_role(Role.MODERATOR)
    wrong = _unanswered(community) | {
        Finding.MODERATORS: len(moderators) < FEWEST_MODERATORS,
        Finding.SECOND: len(moderators) >= FEWEST_MODERATORS and not has_second(community, now),
        Finding.DUTY: community.opened is not None and not community.on_duty(now),
        Finding.BULLETIN: any(
            RoomKind.BULLETIN not in one.rooms for one in community.spaces if one.gone is None
        ),
        Finding.OUTSIDE: not community.policy.outside_body,
        Finding.MEMBERS: community.members < eligible,
        Finding.GONE: any(one.gone is not None for one in community.spaces),
    }
    for one in pulse_lacks(community, eligible):  # it says what that one would, and more
        wrong |= {one: True, _SAYS_MORE[one]: False}
    return tuple(one for one in Finding if wrong.get(one))


def pulse_lacks(community: Community, eligible: int) -> tuple[Finding, ...]:
    """What keeps the first pulse, where one was chosen, from beginning."""
    if community.first_pulse is None:
        return ()
    rooms = any(RoomKind.BULLETIN in one.rooms and one.gone is None for one in community.spaces)
    wrong = {Finding.PULSE_MEMBERS: community.members < eligible, Finding.PULSE_ROOM: not rooms}
    return tuple(one for one in Finding if wrong.get(one))


def pulse_may_begin(community: Community, eligible: int) -> bool:
    """Whether one was chosen, and nothing keeps it from beginning now."""
    waits = community.opened is not None and community.first_pulse is not None
    return waits and not pulse_lacks(community, eligible)


def lacking(community: Community) -> tuple[Finding, ...]:
    """What keeps it from being opened."""
    return tuple(one for one, wrong in _unanswered(community).items() if wrong)


def _unanswered(community: Community) -> dict[Finding, bool]:
    reps = community.with_role(Role.REP)
    wrong = (
        not community.name,
        any(not one.answered for one in community.spaces),
        len(reps) < FEWEST_REPS,
        not all(community.told_at(one) for one in reps),
    )
    return dict(zip(UNANSWERED, wrong, strict=True))
