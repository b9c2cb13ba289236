# SPDX-License-Identifier: ISC
"""sitrep top on a terminal: what a terminal emulator shows, at three widths, against golden screens in screens/.

The daemon is a socket with fixed answers. SCREENS=write makes the screens anew; they are looked at before they are kept.
"""
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import time

import pytest
from harness import BUILD, PATIENCE
from servers import DaemonSockets

pyte = pytest.importorskip("pyte", reason="Debian's package python3-pyte has it")

SITREP = str(BUILD / "sitrep")
SCREENS = pathlib.Path(__file__).parent / "screens"
ROWS = 24
HOSTILE = "\x1b[2J\x1b]0;x\x07\u202eTwo\nlines\r and \x9b31m a bell\x07, e\u0301\u0301\u0301 and \U0001F468\u200d\U0001F469\u200d\U0001F467 \u3000\ufeff"


def rfc3339(age_s):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - age_s))


def report(cursor, age_s, kind, story, title, source, sources, **more):
    item = dict(id="i%d" % cursor, title=title, source=source, link="http://%s.example/%d" % (source.split()[0].lower(), cursor))
    return dict(event=kind, cursor=str(cursor), time=rfc3339(age_s), item=item,
                story=dict(id=story, title=title, sources=sources, reports=sources, page="http://127.0.0.1:8484/story/" + story), **more)


class TopDaemon(DaemonSockets):
    """Greets, subscribes and tells its events; answers status and feeds."""

    def __init__(self, folder):
        self.events = [
            report(1, 20030, "new", "s1", "Frigate returns to Halden after five months away, with one engine and a crew that was promised leave",
                   "Harbour Post", 1),
            report(2, 5430, "new", "s2", "海軍のフリゲート艦が五か月ぶりに帰港、乗組員は休暇を約束されていたが機関は一基しか動かなかった", "海軍ニュース", 1),
            report(3, 2730, "copy", "s1", "Frigate returns to Halden after five months away, with one engine and a crew that was promised leave",
                   "Old Wire", 2),
            report(4, 930, "copy", "s1", "Frigate returns to Halden after five months away, with one engine and a crew that was promised leave",
                   "Gazette", 3),
            report(5, 630, "new", "s3", HOSTILE, "Hostile \x1b[31mWire", 1),
            report(6, 330, "alert", "s1", "Frigate returns to Halden", "Gazette", 3,
                   alert=dict(name="ships", priority="urgent", terms=["frigate"], id="1", revision=1, state="open")),
            report(7, 150, "alert", "s2", "海軍のフリゲート艦", "海軍ニュース", 1,
                   alert=dict(name="navy " + HOSTILE, priority="normal", terms=["x"], id="2", revision=1, state="open")),
        ]
        self.status = dict(uptime_s=273600, paused=False, health=dict(status="ok"), feeds=dict(configured=5, ok=3, failing=1),
                           database=dict(bytes=48211345))
        self.feeds = [
            dict(name="harbour-post", state="ok", why="its rhythm", posts_per_day=12.3, recent=[0, 3, 8, 12, 9, 0, 1, 14, 12, 11, 7, 2, 0, 5],
                 last_poll=rfc3339(150), last_new=rfc3339(12700), errors=0),
            dict(name="海軍ニュース-アジア太平洋版", state="ok", why="its rhythm", posts_per_day=0.3, recent=[0] * 14, last_poll=rfc3339(9000)),
            dict(name="ministry", state="failing", reason="503 Service Unavailable" + HOSTILE, posts_per_day=2.0, recent=[1] * 14,
                 last_poll=rfc3339(5470), last_new=rfc3339(200000), errors=4)]
        self.peers = []
        super().__init__(folder)

    def talk(self, peer, name):
        if name == "stream":
            self.peers.append(peer)
        try:
            self.answer(peer, name)
        except OSError:
            pass  # the command has ended

    def answer(self, peer, name):
        if name == "stream":
            self.send(peer, [dict(event="hello", instance="0123456789abcdef")])
        for line in peer.makefile("rb"):
            request = json.loads(line)
            if request["op"] == "subscribe":
                self.send(peer, [dict(event="subscribed", since="0"), *self.events])
            else:
                answer = dict(status=self.status) if request["op"] == "status" else dict(feeds=self.feeds)
                self.send(peer, [answer, dict(done=True)])

    @staticmethod
    def send(peer, lines):
        peer.sendall("".join(json.dumps(line) + "\n" for line in lines).encode())


class Terminal:
    """A terminal emulator on which the command runs."""

    def __init__(self, folder, columns=80, rows=ROWS, **environment):
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.fd, inside = pty.openpty()
        self.size(columns, rows)
        clean = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR", "LC_ALL")}
        self.process = subprocess.Popen([SITREP, "top"], stdin=inside, stdout=inside,
                                        stderr=subprocess.PIPE, start_new_session=True,
                                        env=dict(clean, RUNTIME_DIRECTORY=str(folder), LC_ALL="C.UTF-8", TERM="xterm-256color", TZ="UTC", **environment))
        os.close(inside)

    def size(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns, rows):
        self.screen.resize(rows, columns)
        self.size(columns, rows)
        self.process.send_signal(signal.SIGWINCH)

    def lines(self):
        return [line.rstrip() for line in self.screen.display]

    def text(self):
        return "\n".join(self.lines())

    def wait(self, condition, what):
        """Feeds the emulator until the condition holds."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, "waited in vain for %s:\n%s" % (what, self.text())
            if select.select([self.fd], [], [], 0.1)[0]:
                data = os.read(self.fd, 65536)
                self.raw += data
                self.stream.feed(data)

    def shows(self, pattern):
        self.wait(lambda: re.search(pattern, self.text()), pattern)

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def end(self):
        self.type("q")
        try:
            assert self.process.wait(PATIENCE) == 0, self.process.stderr.read()
        finally:
            self.kill()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        os.close(self.fd)


@pytest.fixture
def daemon(tmp_path):
    d = TopDaemon(tmp_path)
    yield d
    d.close()


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_screens(daemon, tmp_path, columns):
    terminal = Terminal(tmp_path, columns)
    golden = SCREENS / ("top-%d.txt" % columns)
    rule = "\n" + "=" * columns + "\n"
    shown = []
    expected = [] if os.environ.get("SCREENS") == "write" else golden.read_text()[:-1].split(rule)

    def plain():
        """The screen; its bars stand for halves of hours and minutes of the clock."""
        return re.sub(r"[▁▂▃▄▅▆▇█]{12,}", lambda bars: "~" * len(bars[0]), terminal.text())

    for keys, pattern in (("", r"[34] reports in the last hour"), ("2", r"alerts   Tab"), ("3", r"failing ministry"), ("1\r", r"3 sources, 3 reports"), ("qh", r"HELP")):
        terminal.type(keys)
        terminal.shows(pattern)
        terminal.shows(r"feeds: 5, 3 ok, 1 failing")
        if expected:
            terminal.wait(lambda: plain() == expected[len(shown)], "the screen of %s" % golden)
        shown.append(plain())
    terminal.type("h")
    terminal.end()
    if os.environ.get("SCREENS") == "write":
        golden.write_text(rule.join(shown) + "\n")


def test_hostile_titles_do_not_break_the_screen(daemon, tmp_path):
    """Only ncurses' own sequences come, and each row begins where it should."""
    terminal = Terminal(tmp_path, 100)
    terminal.wait(lambda: terminal.lines()[-1].startswith("stories by sources"), "the last line")
    head = next(i for i, line in enumerate(terminal.lines()) if line.startswith("SRC"))
    rows = terminal.lines()[head + 1:head + 4]
    assert [row.split()[0] for row in rows] == ["3", "1", "1"] and terminal.lines()[-1].startswith("stories by sources")
    assert not any(piece in terminal.raw for piece in (b"\x1b[2J\x1b]0", b"\x1b]0;", b"\x07", b"\xe2\x80\xae", b"\xc2\x9b"))
    terminal.end()


def test_keys(daemon, tmp_path):
    terminal = Terminal(tmp_path, 100)
    terminal.wait(lambda: terminal.lines()[4].lstrip().startswith("3"), "the story of three sources first")
    terminal.type("oo")  # by time: the newest report first
    terminal.wait(lambda: "stories by time" in terminal.text() and "Two lines" in terminal.lines()[4], "the newest first")
    terminal.type("/frig\r")
    terminal.shows(r'with "frig"')
    terminal.wait(lambda: "Frigate" in terminal.lines()[4] and terminal.lines()[5] == "", "one row")
    terminal.type("/nothing")
    terminal.shows(r"nothing matches the filter")
    terminal.type("\x1b")
    terminal.wait(lambda: "with" not in terminal.lines()[-1] and "Two lines" in terminal.lines()[4], "all rows")
    terminal.type("j\x1bOB\r")  # the third row
    terminal.shows(r"q back")
    terminal.type("q")
    terminal.shows(r"q quit")
    terminal.type("\t\t")
    terminal.shows(r"failing ministry")
    terminal.end()


def test_it_follows_and_resizes(daemon, tmp_path):
    terminal = Terminal(tmp_path, 80)
    terminal.shows(r"Two lines")
    daemon.send(daemon.peers[-1], [report(8, 0, "new", "s9", "The flotilla sails", "Gazette", 1)])
    terminal.shows(r"The flotilla sails")
    for columns, rows in ((120, 40), (60, 12), (20, 6), (200, 50)):
        terminal.resize(columns, rows)
        terminal.wait(lambda: terminal.lines()[-1].startswith("stories by"), "the foot")
    terminal.shows(r"The flotilla sails")
    terminal.end()


def test_the_daemon_may_go_and_come(daemon, tmp_path):
    terminal = Terminal(tmp_path, 80)
    terminal.shows(r"Two lines")
    daemon.peers[-1].shutdown(socket.SHUT_RDWR)
    terminal.shows(r"the daemon closed the connection")
    terminal.wait(lambda: "closed" not in terminal.text() and "reports in the last hour" in terminal.text(), "the stream again")
    terminal.end()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_leave_the_terminal_as_it_was(daemon, tmp_path, number):
    terminal = Terminal(tmp_path, 80)
    before = termios.tcgetattr(terminal.fd)
    terminal.shows(r"Two lines")
    terminal.process.send_signal(number)
    assert terminal.process.wait(PATIENCE) == 0
    assert termios.tcgetattr(terminal.fd)[3] & termios.ECHO and before is not None
    terminal.kill()


def test_it_ends_with_its_terminal(daemon, tmp_path):
    terminal = Terminal(tmp_path, 80)
    terminal.shows(r"Two lines")
    os.close(terminal.fd)
    assert terminal.process.wait(PATIENCE) is not None
    terminal.process.stderr.close()


def test_without_a_terminal_it_says_so(daemon, tmp_path):
    environment = dict(os.environ, RUNTIME_DIRECTORY=str(tmp_path), TERM="xterm")
    result = subprocess.run([SITREP, "top"], stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment)
    assert (result.returncode, result.stdout) == (1, "") and "there is no terminal; tail and feeds print" in result.stderr
