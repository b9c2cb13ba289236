# SPDX-License-Identifier: ISC
"""A newcomer on a fresh Debian with git, make and sudo, who types what the README has: how long is it to the first story?

The newcomer is an ordinary user, and nothing else is installed.  Only Debian's packages come over the network: the first story
is one of `make demo`, and `make run`, whose feeds are outside, is typed last and without a network.  The port of `make demo`
is a free one, since a container without systemd shares the network of this machine.  The times are printed and compared with
nothing; packages that were fetched before are taken from BUILD/roots."""
import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time

import pytest

from harness import TOP, wait_for

sys.path.insert(0, str(TOP / "tests/systemd"))

from programs import copy_sources  # noqa: E402
from root import COMMAND_PATIENCE, ENVIRONMENT, new_root, prepared, why_not  # noqa: E402
from test_readme import README, finish, free_port, type_the_first_five_minutes  # noqa: E402

USER = "newcomer"
HOME = "/home/" + USER
CHECKOUT = HOME + "/sitrepd"


def add_user(root):
    root.apt_install("git", "make", "sudo", "ca-certificates")
    root.run("useradd", "--create-home", "--shell", "/bin/bash", USER)
    root.write("/etc/sudoers.d/" + USER, USER + " ALL=(ALL) NOPASSWD: ALL\n", mode=0o440)


def check_out(root):
    """The files of this checkout, as `git clone` would bring them."""
    copy_sources(root.file(CHECKOUT))
    root.run("chown", "-R", "%s:" % USER, CHECKOUT)


class Newcomer:
    """A user in an entered root folder, in whose first terminal a command runs."""

    def __init__(self, root, command):
        self.root = root
        self.port = free_port()
        self.lines = []  # (seconds since the command was typed, line)
        self.begin = time.monotonic()
        self.first = self.type(command, stderr=subprocess.STDOUT)
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.first.stdout:
            self.lines.append((time.monotonic() - self.begin, line))

    def type(self, command, stderr=subprocess.PIPE):
        become = ["setpriv", "--reuid", USER, "--regid", USER, "--init-groups", "env", "-C", CHECKOUT, "HOME=" + HOME, "USER=" + USER,
                  "DEMO_PORT=%d" % self.port]
        return subprocess.Popen(self.root.command(*become, "bash", "-c", command), env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=stderr, text=True, start_new_session=True)

    @staticmethod
    def interrupt(process):
        """Ctrl-C for the command, not for nsenter, which tells how it ended."""
        with open("/proc/%d/task/%d/children" % (process.pid, process.pid)) as children:
            os.kill(int(children.read()), signal.SIGINT)

    def screen_text(self):
        return "".join(line for _, line in self.lines)

    def seconds_to(self, wanted):
        """When the first line came that has this; the command may not end before."""
        def find():
            ended = self.first.poll()
            found = next((seconds for seconds, line in list(self.lines) if re.search(wanted, line)), None)
            assert found or ended is None, "the command ended with %d:\n%s" % (ended, self.screen_text()[-3000:])
            return found

        return wait_for(find, "a line with %s after:\n%s" % (wanted, self.screen_text()[-3000:]), COMMAND_PATIENCE)


@contextlib.contextmanager
def entered(root, command, *options):
    root.enter(*options)
    try:
        newcomer = Newcomer(root, command)
        yield newcomer
    finally:
        root.shut_down()
    newcomer.reader.join()


@pytest.mark.parametrize("release", os.environ.get("RELEASES", "bookworm").split())
def test_from_nothing_to_the_first_alert(release, capsys):
    if why_not():
        pytest.skip(why_not())
    assert re.search(r"with `git` and `make`", README) and re.search(r"^No network at hand\? `make demo` in place of `make run`", README, re.M)
    with new_root(prepared(release, "newcomer", add_user)) as root:
        check_out(root)
        with entered(root, "make demo") as newcomer:
            packages = newcomer.seconds_to(r"^  CC ")
            built = newcomer.seconds_to(r"^Open http")
            story = newcomer.seconds_to(r"new +\w")
            with capsys.disabled():
                print("\n%s: the first story is seen after %.0f s: packages %.0f s, build %.0f s, start and polls %.1f s" % (
                    release, story, packages, built - packages, story - built))
            type_the_first_five_minutes(newcomer)
        with entered(root, "make run", "--private-network") as newcomer:
            newcomer.seconds_to(r"sitrep tail")
            assert re.search(r"feeds +\d+", finish(newcomer.type("build/sitrep status")))
            assert "uk-mod" in finish(newcomer.type("build/sitrep feeds"))
