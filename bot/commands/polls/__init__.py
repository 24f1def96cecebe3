"""Polls: what workers answer, what organisers ask, and how both are shown.

answering.py   /pulse and the form of a poll
asking.py      /poll: new, pulse, list, close
results.py     /poll: results, export, comments
cards.py       the cards of a poll: open, and closed with its chart
words.py       questions, options and shares in words
"""
