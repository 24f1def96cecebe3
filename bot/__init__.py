"""Groundswell's core: what a community of workers can do, on any chat.

    domain/     nouns and their rules      pure: nothing here waits, sends or saves
    services/   verbs                      one public method = one transaction
    commands/   what people can do         one definition for every platform
    texts/      every sentence we say      one folder per language

The core imports no platform SDK and no SQL; only ``wiring`` knows every room.
"""

VERSION = "0.1.0"
