"""How the bot remembers: SQLite for one process, PostgreSQL for many.

Tables and SQL live here and nowhere else. ``tables`` is the whole of what is ever written down.
"""
