"""A chat platform in a browser page on this machine: for a first look, demos and tests.

people.py   the personas, and the community they belong to
town.py     rooms and messages, in memory alone
acts.py     what a persona does: say, press, submit; and the crowd
render.py   cards and forms as the page's JSON; pure
app.py      the JSON over HTTP, loopback only
hands.py    people act by name, for the story
script.py   what they say in it, and how they vote
story.py    what has happened before you come
telling.py  how far that is told
"""
