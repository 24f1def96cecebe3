"""What nobody catches is told as a type and places, never in its own words: on whichever way it gets out."""

import subprocess
import sys
import textwrap

import pytest

from tests.fakes.forked import ROOT

WORD = "Zimtstern"  #: which somebody wrote, and an error carries
PLANT = """
import asyncio, gc, logging, sys, threading
from bot import cli

WORD = "Zim" + "tstern"

@cli.app.command("plant")
def plant():
{body}

sys.argv = ["groundswell", "plant"]
{main}
"""
WAYS = {
    "raised": "raise ValueError(WORD)",
    "raised with a note": """
        wrong = ValueError(WORD)
        wrong.add_note(WORD)
        raise wrong
    """,
    "raised from another": """
        try:
            raise KeyError(WORD)
        except KeyError:
            raise ValueError("else")
    """,
    "raised on the loop": """
        async def run():
            raise ValueError(WORD)
        asyncio.run(run())
    """,
    "in a thread": """
        def run():
            raise ValueError(WORD)
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    """,
    "when it is cleared away": """
        class Thing:
            def __del__(self):
                raise ValueError(WORD)
        Thing()
    """,
    "in a task that nobody asks": """
        async def wrong():
            raise ValueError(WORD)
        async def run():
            task = asyncio.create_task(wrong(), name=WORD)
            await asyncio.wait([task])
            del task
            gc.collect()
        asyncio.run(run())
    """,
    "in a callback": """
        def wrong(word):
            raise ValueError(word)
        async def run():
            asyncio.get_running_loop().call_soon(wrong, WORD)
            await asyncio.sleep(0)
        asyncio.run(run())
    """,
    "logged before there is a log": """
        try:
            raise ValueError(WORD)
        except ValueError:
            logging.getLogger("library").exception(WORD)
    """,
}


def told(body: str, main: str) -> str:
    code = PLANT.format(body=textwrap.indent(textwrap.dedent(body), "    "), main=main)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("body", WAYS.values(), ids=WAYS.keys())
def test_it_is_told_without_its_words(body: str) -> None:
    said = told(body, "cli.main()")
    assert WORD not in said
    assert "ValueError" in said
    assert "Traceback" not in said
    assert WORD in told(body, "cli.app()")  # the control: that it would have been


def test_it_ends_with_an_exit_code_and_says_where(tmp_path: object) -> None:
    code = PLANT.format(body="    raise ValueError(WORD)", main="cli.main()")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    first, *_, last = done.stderr.splitlines()
    assert first.endswith(": ValueError")
    assert last == "  <string>:9 in plant"
