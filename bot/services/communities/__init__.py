"""Communities: who is asking and where, staff and their roles, duty, and the watch over both.

known.py      a community as it is kept: who is in it, loaded once per revision
roles.py      a role is offered, accepted or declined
accounts.py   one more account, bound by a code
duty.py       what reps change about their own duty
watch.py      handovers and ends of roles, as their moments come
"""

from bot.services.communities.known import Communities

__all__ = ["Communities"]
