"""Matrix: a bot in encrypted rooms, with nio.

talks.py     what comes of what is typed in a talk
talk.py      what one talk remembers, and for how long
commands.py  what people type for what they want
saying.py    what is to be said, message by message
render.py    cards and questions as messages; pure
taming.py    people's words, never more than words; pure
"""
