"""Polls in SQL.

shelf.py     polls and waves, from the opening to the close
ballots.py   sealed ballots, while a poll is open
casting.py   how they come there
pulses.py    the schedules of waves
rows.py      between rows and dataclasses
"""

from storage.polls.casting import casting
from storage.polls.shelf import SqlPolls

__all__ = ["SqlPolls", "casting"]
