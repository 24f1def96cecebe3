"""Communities: who is asking and where, staff and their roles, duty, and the watch over both.

known.py      communities as they are kept: who is asking, a new one, what comes next
remembered.py each as it was loaded, once per revision
homes.py      where accounts of staff serve
rows.py       how staff, accounts and changes that wait are sealed
places.py     what a platform tells of its places: put out of one, back in it
meeting.py    in which community somebody acts, also alone with the bot
founding.py   a community begins with a code, and is opened
changing.py   what moderators change, at once or by the road of two
announcing.py who hears of such a change
findings.py   what is wrong with a community
rehearsal.py  a test message
codes.py      codes that people type
roles.py      a role is offered, accepted or declined
accounts.py   one more account, bound by a code
duty.py       what reps change about their own duty
watch.py      handovers and ends of roles, as their moments come
forsaken.py   one that was taken out of all its places is forgotten after thirty days
"""

from bot.services.communities.known import Communities

__all__ = ["Communities"]
