"""``python -m bot`` is the same as ``groundswell``."""

from bot.cli import main

main()
