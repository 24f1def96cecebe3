"""Matrix: a bot in encrypted rooms, with nio.

talks.py    what one talk remembers, and what comes of what is typed in it
render.py   cards and questions as messages; pure
taming.py   people's words, so that no client makes more of them than words; pure
"""
