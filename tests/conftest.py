# SPDX-License-Identifier: ISC
"""Fixtures of the system and browser tests: each test gets its own server and daemons, ended whatever happens."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "system"))

from harness import Daemon, FeedServer  # noqa: E402


@pytest.fixture
def server():
    s = FeedServer()
    yield s
    s.close()


@pytest.fixture
def make_daemon():
    """make_daemon(config, feeds) gives a daemon that is not started yet."""
    made = []

    def make(*args, **options):
        made.append(Daemon(*args, **options))
        return made[-1]

    yield make
    for d in made:
        d.close()
