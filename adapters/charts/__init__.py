"""Charts as pictures, drawn with matplotlib in a process of their own.

``process`` is the bot's side and imports no matplotlib; all other modules are imported in the
child alone (``python -m adapters.charts``).
"""
