# SPDX-License-Identifier: ISC
"""What `sitrep` shows on a terminal: golden screens in screens/, and what it says when its output cannot be written.

The daemon here is a socket with fixed answers. SCREENS=write makes the screens anew; they are looked at before they are
kept.
"""
import datetime
import json
import os
import pathlib
import re
import subprocess
import time
import unicodedata

import pytest

from harness import BUILD, PATIENCE, on_terminal
from servers import DaemonSockets

SITREP = str(BUILD / "sitrep")
SCREENS = pathlib.Path(__file__).parent / "screens"
ZONE, HOURS = "JST-9", 9
COMMANDS = {"feeds": ["feeds"], "status": ["status"], "tail": ["tail", "--since", "0"]}
# In place of a time that depends on now, as wide.
THEN = "2026-11-23 19:52:35 JST"


def rfc3339(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class FixedDaemon(DaemonSockets):
    """Answers as the daemon does, always the same; ages of the sample, such as -150, are seconds from now."""

    def __init__(self, folder):
        now = time.time()
        text = re.sub(r'(?<=["\s])[+-]\d+(?=")', lambda age: rfc3339(now + int(age[0])), (SCREENS / "sample.json").read_text())
        self.sample = json.loads(text)
        self.folder = folder
        super().__init__(folder)

    def talk(self, peer, name):
        with peer, peer.makefile("rwb") as lines:
            if name == "stream":
                lines.write(b'{"event":"hello","protocol":1,"cursor":"0"}\n')
                lines.flush()
            for line in lines:
                for answer in self.answers(json.loads(line)):
                    lines.write(json.dumps(answer).encode() + b"\n")
                lines.flush()

    def answers(self, request):
        if request["op"] == "subscribe":
            return [dict(event="subscribed", since="0"), *self.sample["events"]]
        if request["op"] == "refresh":
            return [dict(progress=dict(feed="harbour-post", result="ok", new=2, left=0)), dict(done=True)]
        if request["op"] == "explain":
            return [dict(explain=["It is next asked at 2026-11-23T10:52:35Z."]), dict(done=True)]
        return [{request["op"]: self.sample[request["op"]]}, dict(done=True)]

    def environment(self, **more):
        clean = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR", "LC_ALL")}
        return dict(clean, RUNTIME_DIRECTORY=str(self.folder), TZ=ZONE, LC_ALL="C.UTF-8", TERM="xterm", **more)


@pytest.fixture
def fixed(tmp_path):
    daemon = FixedDaemon(tmp_path)
    yield daemon
    daemon.close()


def shown(command, columns, env, last=None):
    """What the command writes on a terminal of so many columns; last: what it writes last, after which it is ended."""
    status, text = on_terminal([SITREP, *command], last and last.encode(), columns, ("stdout",), env=env)
    assert status == 0, text
    return text


def width(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def fix_times(screen, sample):
    """The times of the status depend on now."""
    status = sample["status"]
    for told in (status["started"], status["newest"]["time"], status["database"]["checked"], status["health"]["notes"][0]["text"][-20:]):
        utc = datetime.datetime.strptime(told, "%Y-%m-%dT%H:%M:%SZ")
        screen = screen.replace((utc + datetime.timedelta(hours=HOURS)).strftime("%Y-%m-%d %H:%M:%S JST"), THEN)
    return screen


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("name", COMMANDS)
def test_screens(fixed, name, columns):
    last = "are no longer kept\r\n" if name == "tail" else None
    screen = fix_times(shown(COMMANDS[name], columns, fixed.environment(NO_COLOR="1"), last), fixed.sample)
    for line in screen.splitlines():
        assert width(line) <= columns or line.strip().startswith("http://"), (width(line), line)
        assert not any(unicodedata.category(c) in ("Cc", "Cf") for c in line), repr(line)
    golden = SCREENS / ("%s-%d.txt" % (name, columns))
    if os.environ.get("SCREENS") == "write":
        golden.write_text(screen)
    assert screen == golden.read_text()


@pytest.mark.parametrize("columns", [*range(60, 132), 200, 500])
def test_the_table_fits_any_width(fixed, columns):
    lines = shown(["feeds"], columns, fixed.environment(NO_COLOR="1")).splitlines()
    assert len([line for line in lines if not line.startswith(("…", "  "))]) == 1 + 5, lines
    assert all(width(line) <= columns for line in lines), lines
    # The failing feeds come first, then the others as the daemon has them.
    assert [line.split()[0][:5] for line in lines[1:6]] == ["minis", "old-w", "harbo", "海軍ニュース"[:5], "a-nam"]
    # All columns are shown or named.
    for head in ("FEED", "STATE", "POLLED", "NEWEST", "TWO WEEKS", "A DAY", "NEXT", "DELAY", "POLLS", "304", "BYTES", "ITEMS", "WHY"):
        assert re.search(r"(^|[ ,])%s([ ,]|$)" % head.replace(" ", r"\s+"), " ".join([lines[0], *lines[6:]])), (head, lines)


def test_colour_is_for_terminals(fixed):
    table = shown(["feeds"], 80, fixed.environment())
    for state, colour in (("failing", 31), ("gone", 35), ("ok", 32), ("new", 33)):
        assert "\x1b[%dm%s\x1b[0m" % (colour, state) in table
    for quiet in (dict(NO_COLOR="1"), dict(TERM="dumb")):
        assert "\x1b" not in shown(["feeds"], 80, dict(fixed.environment(), **quiet))
    piped = subprocess.run([SITREP, "feeds"], env=fixed.environment(), capture_output=True, text=True, timeout=PATIENCE)
    assert "\x1b" not in piped.stdout and "…" not in piped.stdout
    assert "a-name-as-long-as-a-name-may-be-which-is-sixty-four-characters-xx" in piped.stdout
    assert "asks to wait until 2026-11-23 19:52:35 JST" in piped.stdout
    # As watch(1) has it.
    columns = subprocess.run([SITREP, "feeds"], env=fixed.environment(COLUMNS="70"), capture_output=True, text=True, timeout=PATIENCE)
    assert max(map(width, columns.stdout.splitlines())) <= 70


def test_numbers_of_json_are_short(fixed):
    lines = subprocess.run([SITREP, "feeds", "--json"], env=fixed.environment(), capture_output=True, text=True, timeout=PATIENCE).stdout
    assert '"posts_per_day":12.3457,' in lines and '"posts_per_day":0.31,' in lines and '"bytes":1234567890,' in lines
    assert json.loads(lines.splitlines()[0])["due"].endswith("Z")


@pytest.mark.parametrize("command", ["--help", "--version", "--sample-config", "--help-config", "--check"])
def test_an_output_of_sitrepd_that_cannot_be_written(command, tmp_path):
    config = tmp_path / "sitrepd.conf"
    config.write_text("[feed \"a\"]\nurl = https://example.org/feed\n")
    with open("/dev/full", "w") as full:
        result = subprocess.run([BUILD / "sitrepd", "-c", str(config), command], stdout=full, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
    assert (result.returncode, result.stderr) == (1, "sitrepd: cannot write the output: No space left on device\n")


@pytest.mark.parametrize("command", [["feeds"], ["feeds", "--json"], ["status"], ["status", "--json"], ["explain", "x"], ["refresh"],
                                     ["tail"], ["tail", "--json"], ["help"], ["help", "feeds"], ["--version"]])
def test_an_output_that_cannot_be_written(fixed, command, tmp_path):
    state = tmp_path / "cursor"
    if command[0] == "tail":
        command = [*command, "--since", "0", "--state", str(state)]
    with open("/dev/full", "w") as full:
        result = subprocess.run([SITREP, *command], env=fixed.environment(), stdout=full, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
    assert result.returncode == 1
    notes = r"(Not shown: 2 with .*\n)?"
    assert re.fullmatch(notes + r"sitrep: cannot write the output: No space left on device; make room and run the command again\n",
                        result.stderr), result.stderr
    # An event that was not written is not passed over the next time.
    assert not state.exists()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, b"x" * 4096)
    except BlockingIOError:
        pass
    with open(writer, "w") as full, open(reader):
        result = subprocess.run([SITREP, *command], env=fixed.environment(), stdout=full, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
        assert result.returncode == 1
        assert "cannot write the output: the pipe is full and non-blocking" in result.stderr
