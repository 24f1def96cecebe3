"""What people can do about the community itself: look at it, serve in it.

about.py   /reps, /about and /help
duty.py    /duty: the rota, and what a rep changes about it
staff.py   a role that was offered, one more account, /setup
"""
