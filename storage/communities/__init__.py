"""Communities, their spaces and their staff, in SQL.

shelf.py   what is asked and written
asked.py   what is asked all the time, built once
rows.py    between rows and dataclasses
"""

from storage.communities.shelf import SqlCommunities

__all__ = ["SqlCommunities"]
