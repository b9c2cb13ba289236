# SPDX-License-Identifier: ISC
"""Fixtures of the system and browser tests: each test gets its own server and daemons, ended whatever happens."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "system"))

import manual  # noqa: E402
from harness import Daemon, FeedServer, Stream  # noqa: E402
from servers import Authority, RawServer  # noqa: E402


@pytest.fixture(autouse=True, scope="session")
def no_width_of_a_terminal():
    """readline, which pytest loads, may give commands the width of a terminal, unseen by os.environ: Debian 13's does."""
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)
        os.unsetenv(name)


@pytest.fixture(autouse=True, scope="session")
def every_line_of_the_stream_is_documented():
    """Whatever test reads a line: its event and its members are in sitrep-stream(7)."""
    events, objects = manual.lines_of_the_stream()
    read = Stream.read

    def read_documented(self):
        message = read(self)
        found = manual.undocumented(message, events, objects)
        assert not found, "sitrep-stream(7) lists no " + ", ".join(found)
        return message

    Stream.read = read_documented
    yield
    Stream.read = read


@pytest.fixture(autouse=True, scope="session")
def every_exit_status_is_documented():
    """Whatever test runs a command of sitrep: its exit status is in sitrep(1)."""
    known = {int(status) for status in manual.terms(manual.section("sitrep.1", "EXIT STATUS"))}
    run = Daemon.run

    def run_documented(self, *arguments, **options):
        result = run(self, *arguments, **options)
        assert result.returncode in known, "sitrep(1) lists no exit status %d" % result.returncode
        return result

    Daemon.run = run_documented
    yield
    Daemon.run = run


@pytest.fixture
def server():
    s = FeedServer()
    yield s
    s.close()


def maker(kind):
    """Gives a function that makes one of the kind; all are closed at the end."""
    made = []

    def make(*args, **options):
        made.append(kind(*args, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def make_daemon():
    """make_daemon(config, feeds) gives a daemon that is not started yet."""
    yield from maker(Daemon)


@pytest.fixture
def raw_server():
    """raw_server(...) gives a RawServer."""
    yield from maker(RawServer)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))
