# SPDX-License-Identifier: ISC
"""The README's first five minutes, word by word, beside a running `make demo`: no network, a home of its own.

Only two things differ from what a reader types: `make run` is not typed, since the demonstration runs in its place, and its
port stands for that of `make run`.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.request

import pytest

from harness import BUILD, PATIENCE, TOP, free_port, wait_for

README = (TOP / "README.md").read_text()
# What `sitrep tail --event alert` notes before it begins.
ALERT_NOTE = 'sitrep: tail: the items of a feed\'s first poll ("backlog") raise no alert\n'


def section(title):
    return re.search(r"^## %s\n(.*?)(?=^## )" % re.escape(title), README, re.M | re.S)[1]


def commands(text):
    """The commands of the indented blocks of a list; a here-document belongs to the line that begins it."""
    found, end = [], None
    for line in text.splitlines():
        if not line.startswith(" " * 7):
            assert end is None, "a here-document without an end: %s" % found[-1]
            continue
        line = line[7:]
        if end is not None:
            found[-1] += line + "\n"
            end = None if line == end else end
        else:
            found.append(line + "\n")
            opened = re.search(r"<<'(\w+)'", line)
            end = opened[1] if opened else None
    return found


def heed_the_terminal():
    """Undoes an inherited SIG_IGN: jobs that a script starts with & ignore SIGINT, and so do their children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Newcomer:
    """A user with a checkout that is built, in whose first terminal `make demo` runs."""

    def __init__(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="sitrep-home-"))
        self.checkout = self.home / "sitrepd"
        self.checkout.mkdir()
        for folder in ("etc", "scripts"):
            shutil.copytree(TOP / folder, self.checkout / folder)
        (self.checkout / "build").symlink_to(BUILD)
        clean = {k: v for k, v in os.environ.items()
                 if k not in ("RUNTIME_DIRECTORY", "STATE_DIRECTORY", "XDG_RUNTIME_DIR", "XDG_STATE_HOME")}
        self.port = free_port()
        self.environment = dict(clean, HOME=str(self.home), B="build", DEMO_PORT=str(self.port), DEMO_PACE="1")
        self.screen = self.home / "screen"
        with open(self.screen, "wb") as out:
            self.demo = subprocess.Popen([sys.executable, "scripts/demo"], cwd=self.checkout, env=self.environment,
                                         stdin=subprocess.DEVNULL, stdout=out, stderr=out, preexec_fn=heed_the_terminal)

    def type(self, command):
        return subprocess.Popen(["bash", "-c", command], cwd=self.checkout, env=self.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                start_new_session=True, preexec_fn=heed_the_terminal)

    @staticmethod
    def interrupt(process):
        os.killpg(process.pid, signal.SIGINT)

    def screen_text(self):
        return self.screen.read_text(errors="replace")

    def close(self):
        self.demo.send_signal(signal.SIGINT)
        try:
            self.demo.wait(PATIENCE)
        finally:
            self.demo.kill()
            shutil.rmtree(self.home)


@pytest.fixture
def newcomer():
    if os.path.exists("/run/sitrepd/stream.sock"):
        pytest.skip("a daemon is installed on this machine")
    n = Newcomer()
    yield n
    n.close()


def finish(process, *_):
    """What a command says that ends by itself."""
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0 and err == "", err
    return out


def watch(process, wanted, interrupt):
    """What a command shows, that goes on until Ctrl-C, up to the line that was waited for."""
    timer = threading.Timer(PATIENCE, os.killpg, (process.pid, signal.SIGKILL))
    timer.start()
    said = ""
    for line in process.stdout:
        said += line
        if re.search(wanted, said):
            break
    timer.cancel()
    interrupt(process)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0 and err in ("", ALERT_NOTE), (said, err)
    return said


FIVE_MINUTES = [  # how the command begins, what it shows, and what that has
    ("build/sitrep status", finish, r"\d+\.\d+\.\d+"),
    ("build/sitrep feeds", finish, r"halden-gazette"),
    ("build/sitrep tail --since 0", watch, r"new +\w"),
    ("cat > etc/alerts.d/mine.conf", finish, r"^$"),
    ("build/sitrep reload", finish, r'alert "ships"|ships'),
    ("build/sitrep tail --event alert", watch, r"ALERT ships \(high\)"),
    ("build/sitrep tail --json --event alert", watch, r'(?m)^{"event":"alert".*"name":"ships"'),
]


def type_the_first_five_minutes(person):
    """Types all commands of that chapter, in its order, and then opens the alert's feed.

    person has type(command), interrupt(process), screen_text() of the demonstration, and the port of its pages."""
    chapter = section("Five minutes to a first alert")
    typed = commands(chapter)
    assert [c.startswith(e[0]) for c, e in zip(typed, FIVE_MINUTES)] == [True] * len(FIVE_MINUTES) == [True] * len(typed), typed
    wait_for(lambda: "Ctrl-C ends" in person.screen_text(), "the demonstration")
    for command, (_, show, wanted) in zip(typed, FIVE_MINUTES):
        said = show(person.type(command), wanted, person.interrupt)
        assert re.search(wanted, said), (command, said, person.screen_text()[-2000:])
    for address in set(re.findall(r"<http://127\.0\.0\.1:8484(/[\w/.]*)>", chapter)):
        with urllib.request.urlopen("http://127.0.0.1:%d%s" % (person.port, address), timeout=PATIENCE) as answer:
            assert re.search(r"<feed[\s\S]*</entry>" if address.endswith(".atom") else "<h1", answer.read().decode()), address


def test_the_first_five_minutes(newcomer):
    type_the_first_five_minutes(newcomer)


def test_the_demonstration_ends_with_its_terminal(newcomer):
    wait_for(lambda: re.search(r"new +\w", newcomer.screen_text()), "the first story")
    newcomer.demo.send_signal(signal.SIGINT)
    assert newcomer.demo.wait(PATIENCE) == 0
    assert not list((newcomer.home / ".local/state/sitrepd/demo").iterdir())


def test_files_that_the_readme_names_are_there():
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert "docs/river.png" in links and "CONTRIBUTING.md" in links
    assert [link for link in links if not (TOP / link).exists()] == []
