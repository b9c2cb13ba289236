# SPDX-License-Identifier: ISC
"""The installed service on a real systemd: one machine for all tests of this file, booted from a root folder of Debian."""
import base64
import contextlib
import http.client
import os
import re
import subprocess
import threading
import time

import pytest

from harness import BUILD, TOP, FeedServer, wait_for
from programs import copy_sources, is_own, runtime, tools
from root import BUILD_PATIENCE, CannotBoot, new_root, why_not
from samples import article, rss

RELEASES = os.environ.get("RELEASES", "bookworm").split()
SERVICE = "sitrepd.service"
STREAM, CONTROL, HTTP = SOCKETS = ("sitrepd-stream.socket", "sitrepd-control.socket", "sitrepd-http.socket")
UNITS = (SERVICE, *SOCKETS)
CONF = "/etc/sitrepd/sitrepd.conf"
CONFIG = """contact-url = https://example.org/
[fetch]
allow = 127.0.0.0/8
per-host = 32
[feed "a"]
url = %s
"""
PATIENCE = 30


def install(root):
    """make install, of programs that were built for the release."""
    goal = ["make", "-s", "install", "prefix=/usr", "DEPS=no"]
    if is_own(root.release):
        subprocess.run([*goal, "DESTDIR=%s" % root.file("/"), "B=%s" % BUILD], cwd=TOP, check=True, stdout=subprocess.DEVNULL)
        return
    if not root.file("/src").exists():
        copy_sources(root.file("/src"))
    root.run("make", "-s", "-C", "/src", "-j%d" % os.cpu_count(), "DEPS=no", "prefix=/usr", "all", timeout=BUILD_PATIENCE)
    root.run(*goal, "-C", "/src")


class Machine:
    """A booted root folder in which sitrepd is installed, and a feed server in it."""

    def __init__(self, root, server):
        self.root = root
        self.server = server
        self.run = root.run
        self.write = root.write

    def ask(self, *command, **options):
        return self.run(*command, check=False, **options)

    def configure(self, more=""):
        self.write(CONF, CONFIG % self.server.url("/a") + more)

    def drop_in(self, unit, text):
        self.write("/etc/systemd/system/%s.d/test.conf" % unit, text)
        self.run("systemctl", "daemon-reload")

    def property(self, name, unit=SERVICE):
        return self.run("systemctl", "show", "--property=" + name, "--value", unit).stdout.strip()

    def states(self, *units):
        return self.ask("systemctl", "is-active", *(units or UNITS)).stdout.split()

    def wait_for_states(self, *states):
        try:
            wait_for(lambda: self.states() == list(states), "units to be %s" % (states,), PATIENCE)
        except AssertionError as error:
            told = self.run("journalctl", "-b", "-n", "60").stdout
            raise AssertionError("%s, they are %s:\n%s" % (error, self.states(), told)) from None

    def mark(self):
        """From here on journal() reads.  By time, since --after-cursor leaves out the first line that matches."""
        self.since = "--since=@%.6f" % time.time()

    def journal(self, *options):
        self.run("journalctl", "--sync")
        return self.run("journalctl", self.since, "-o", "cat", "-u", SERVICE, *options).stdout

    def get(self, path, port=8484):
        with self.root.network():
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            connection.connect()
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def access(self, path):
        return self.run("stat", "-c", "%U %G %a", path).stdout.strip()


@pytest.fixture(scope="module", params=RELEASES)
def booted(request):
    if why_not():
        pytest.skip(why_not())
    with new_root(runtime(request.param) if is_own(request.param) else tools(request.param)) as root:
        install(root)
        try:
            root.boot()
        except CannotBoot as error:
            pytest.skip(str(error))
        with root.network():
            server = FeedServer()
        server.set("/a", rss("A", [article(1), article(2)]))
        try:
            root.run("systemd-sysusers")
            root.run("useradd", "outsider")
            root.run("useradd", "-G", "sitrepd", "member")
            root.run("groupadd", "readers")
            root.run("useradd", "-G", "readers", "reader")
            yield Machine(root, server)
        finally:
            server.close()


@pytest.fixture
def machine(booted):
    """Nothing runs, nothing is enabled, no drop-in is there, the configuration is good."""
    booted.ask("systemctl", "-q", "disable", "--now", *UNITS)
    booted.ask("systemctl", "reset-failed", *UNITS)
    booted.ask("find", "/etc/systemd/system", "-name", "sitrepd*.d", "-prune", "-exec", "rm", "-r", "{}", ";")
    booted.run("systemctl", "daemon-reload")
    booted.ask("rm", "-r", "/run/sitrepd")
    booted.configure()
    booted.mark()
    return booted


def enable(machine, *units):
    for unit in units:
        machine.run("systemctl", "-q", "enable", "--now", unit)


def test_one_command_starts_all(machine):
    enable(machine, SERVICE)
    assert machine.states(SERVICE, STREAM, CONTROL) == ["active"] * 3 and machine.states(HTTP) == ["inactive"]
    assert machine.property("NotifyAccess") == "main"  # READY has come, else the start would wait
    for name in ("stream", "control"):
        assert machine.access("/run/sitrepd/%s.sock" % name) == "sitrepd sitrepd 660"
    assert machine.get("/healthz")[0] == 200
    assert machine.journal("-p", "warning") == ""
    told = machine.run("systemd-analyze", "security", "--no-pager", SERVICE).stdout
    assert float(re.search(r"Overall exposure level for %s: ([\d.]+)" % SERVICE, told)[1]) <= 1.2


@pytest.mark.parametrize("order", [UNITS, UNITS[::-1], (STREAM, SERVICE, HTTP, CONTROL)])
def test_units_start_in_any_order_and_stay(machine, order):
    for unit in order:
        machine.run("systemctl", "-q", "enable", "--now", unit)
        assert machine.states(unit) == ["active"]
    # A socket that is handed over starts the service behind it.
    machine.wait_for_states(*["active"] * 4)
    before = machine.property("MainPID")
    for unit in order:
        machine.run("systemctl", "start", unit)
    machine.run("systemctl", "daemon-reload")
    assert machine.property("MainPID") == before  # a second start changes nothing
    assert machine.get("/healthz")[0] == 200
    assert machine.run("sitrep", "status").returncode == 0


def crash(machine):
    """Returns in the pause before the restart."""
    restarts = machine.property("NRestarts")
    machine.run("systemctl", "kill", "--signal=SEGV", "--kill-whom=main", SERVICE)
    wait_for(lambda: machine.property("NRestarts") == restarts and machine.states(SERVICE) == ["deactivating"],
             "the pause before the restart", PATIENCE)


@pytest.mark.parametrize("when", ["while it runs", "after a crash"])
def test_stop_is_for_good_and_quick(machine, when):
    enable(machine, HTTP, SERVICE)
    ended = threading.Event()
    tries = []

    def connect():
        while not ended.is_set():
            tries.append(machine.ask("sitrep", "status").returncode)

    client = threading.Thread(target=connect)
    client.start()
    try:
        if when == "after a crash":
            crash(machine)
        begun = time.monotonic()
        machine.property("MainPID")
        slowness = max(0, time.monotonic() - begun - 0.1)  # of a question to systemd: none, unless the machine has other work
        begun = time.monotonic()
        machine.run("systemctl", "stop", SERVICE)
        took = time.monotonic() - begun
        stopped = len(tries)
        wait_for(lambda: len(tries) > stopped + 5, "five more connections", PATIENCE)
        machine.wait_for_states("failed" if when == "after a crash" else "inactive", *["inactive"] * 3)
    finally:
        ended.set()
        client.join()
    assert took < 2 + 10 * slowness, "stopping took %.1f s, a question %.1f s more than usual" % (took, slowness)
    assert tries[-1] != 0
    machine.run("systemctl", "start", SERVICE)
    assert machine.states() == ["active"] * 4  # with the socket that is enabled


@contextlib.contextmanager
def visitors(machine):
    """Clients that ask all the time, and the answers and errors they get."""
    ended = threading.Event()
    answers, errors = [], []

    def ask():
        while not ended.is_set():
            try:
                answers.append(machine.get("/feed.atom")[0])
            except (OSError, http.client.HTTPException) as error:
                errors.append(error)

    clients = [threading.Thread(target=ask) for _ in range(4)]
    for client in clients:
        client.start()
    try:
        yield answers, errors
    finally:
        ended.set()
        for client in clients:
            client.join()


@pytest.mark.parametrize("how", ["restart", "upgrade"])
def test_a_restart_loses_no_request(machine, how):
    enable(machine, HTTP, SERVICE)
    with visitors(machine) as (answers, lost):
        for _ in range(3):
            asked, before = len(answers), machine.property("MainPID")
            if how == "upgrade":
                install(machine.root)
                machine.server.set("/a", rss("A", [article(1), article(2), article(3)]))
                # The daemon whose files were replaced still polls and parses.
                assert machine.run("sitrep", "refresh", "a").returncode == 0
                machine.run("systemctl", "daemon-reload")
            machine.run("systemctl", "restart", SERVICE)
            assert machine.property("MainPID") != before
            wait_for(lambda: len(answers) > asked + 20, "more answers", PATIENCE)
    assert lost == [] and set(answers) == {200}


def test_a_crash_refuses_no_connection(machine):
    """The requests that the daemon has when it dies end with it; whoever comes later waits for the next daemon."""
    enable(machine, HTTP, SERVICE)
    with visitors(machine) as (answers, lost):
        for count in (1, 2):
            crash(machine)
            assert machine.states(*SOCKETS) == ["active"] * 3
            assert machine.run("sitrep", "status").returncode == 0  # after a while
            asked = len(answers)
            wait_for(lambda: len(answers) > asked + 20, "more answers", PATIENCE)
            assert machine.property("NRestarts") == str(count)
    assert [error for error in lost if isinstance(error, ConnectionRefusedError)] == [] and set(answers) == {200}
    machine.run("systemctl", "stop", SERVICE)
    machine.wait_for_states(*["inactive"] * 4)


@pytest.mark.parametrize("order", [UNITS, UNITS[::-1], (STREAM, SERVICE, HTTP, CONTROL)])
def test_all_units_are_restarted_by_one_command(machine, order):
    enable(machine, HTTP, SERVICE)
    for _ in range(3):
        before = machine.property("MainPID")
        told = machine.ask("systemctl", "restart", *order)
        assert told.returncode == 0, told.stderr + machine.journal()
        assert machine.states() == ["active"] * 4
        assert machine.property("MainPID") != before
        assert machine.get("/healthz")[0] == 200


def test_sockets_are_restarted_while_the_service_starts(machine):
    """What one command for all comes to when the machine is busy."""
    machine.drop_in(SERVICE, "[Service]\nExecStart=\nExecStart=/bin/sh -c 'sleep 2; exec sitrepd --config %s'\n" % CONF)
    enable(machine, HTTP, SERVICE)
    machine.run("systemctl", "restart", "--no-block", SERVICE)
    wait_for(lambda: machine.property("SubState") == "start", "the start", PATIENCE)
    assert machine.ask("systemctl", "restart", *SOCKETS).returncode == 0
    machine.wait_for_states(*["active"] * 4)
    assert machine.get("/healthz")[0] == 200


def follows(machine, user):
    """Whether a line of the stream comes."""
    return "A" in machine.run("sh", "-c", "timeout 20 sitrep tail --since 0 | head -n 1", user=user).stdout


def test_each_socket_starts_the_service(machine):
    for socket, ask in ((HTTP, lambda: machine.get("/healthz")[0] == 200),
                        (CONTROL, lambda: machine.run("sitrep", "status").returncode == 0),
                        (STREAM, lambda: follows(machine, "root"))):
        machine.run("systemctl", "start", socket)
        assert machine.states(SERVICE) == ["inactive"]
        assert ask(), socket
        assert machine.states(SERVICE) == ["active"]
        machine.run("systemctl", "stop", SERVICE)


def test_links_have_the_inherited_address(machine):
    machine.drop_in(HTTP, "[Socket]\nListenStream=\nListenStream=127.0.0.1:8090\n")
    enable(machine, HTTP, SERVICE)
    wait_for(lambda: "<entry>" in machine.get("/feed.atom", 8090)[1], "the first items", PATIENCE)
    status, feed = machine.get("/feed.atom", 8090)
    assert 'href="http://127.0.0.1:8090/feed.atom" rel="self"' in feed or 'rel="self" href="http://127.0.0.1:8090/feed.atom"' in feed
    assert ":8484" not in feed


def may_use(machine, user):
    return [follows(machine, user), machine.ask("sitrep", "status", user=user).returncode == 0]


def test_groups_and_outsiders(machine):
    enable(machine, SERVICE)
    assert may_use(machine, "member") == [True, True]
    assert may_use(machine, "outsider") == [False, False]
    assert may_use(machine, "reader") == [False, False]
    machine.drop_in(STREAM, "[Socket]\nSocketGroup=readers\n")
    machine.drop_in(CONTROL, "[Socket]\nSocketGroup=readers\nSocketMode=0666\n")
    machine.run("systemctl", "restart", STREAM, CONTROL)
    expected = ["sitrepd readers 660", "sitrepd readers 666"]

    def access():
        return [machine.access("/run/sitrepd/%s.sock" % name) for name in ("stream", "control")]

    machine.wait_for_states("active", "active", "active", "inactive")
    assert access() == expected
    machine.run("systemctl", "reload", SERVICE)  # the service itself may give commands
    machine.run("systemctl", "restart", SERVICE)
    assert access() == expected
    assert may_use(machine, "reader") == [True, True]
    assert may_use(machine, "outsider") == [False, True]


def test_groups_stay_after_a_reboot(machine):
    machine.drop_in(STREAM, "[Socket]\nSocketGroup=readers\n")
    enable(machine, SERVICE)
    machine.server.close()
    machine.root.reboot()
    with machine.root.network():
        machine.server.__init__()
    machine.server.set("/a", rss("A", [article(1), article(2)]))
    assert "ordering cycle" not in machine.run("journalctl", "-b").stdout
    machine.wait_for_states("active", "active", "active", "inactive")
    assert machine.access("/run/sitrepd/stream.sock") == "sitrepd readers 660"
    assert machine.access("/run/sitrepd/control.sock") == "sitrepd sitrepd 660"
    assert may_use(machine, "reader") == [True, False]


def test_the_watchdog_restarts_a_daemon_that_hangs(machine):
    machine.drop_in(SERVICE, "[Service]\nWatchdogSec=1\n")
    enable(machine, SERVICE)
    before = machine.property("MainPID")
    machine.run("systemctl", "kill", "--signal=STOP", "--kill-whom=main", SERVICE)
    wait_for(lambda: machine.property("NRestarts") == "1" and machine.states(SERVICE) == ["active"], "a restart", PATIENCE)
    assert machine.property("MainPID") not in ("0", before)
    assert "watchdog" in machine.journal()
    assert machine.run("sitrep", "status").returncode == 0


def errors(machine):
    return machine.journal("-p", "err")


def test_a_mistake_in_the_configuration_ends_the_service(machine):
    enable(machine, HTTP)
    machine.write(CONF, "nonsense = yes\n")
    assert machine.ask("systemctl", "enable", "--now", SERVICE).returncode != 0
    assert machine.property("ExecMainStatus") == "78" and machine.states(SERVICE) == ["failed"]
    assert "%s:1: unknown option nonsense" % CONF in errors(machine)
    machine.wait_for_states("failed", "inactive", "inactive", "inactive")
    machine.ask("sitrep", "status")  # a client starts nothing
    assert machine.states() == ["failed", "inactive", "inactive", "inactive"] and machine.property("NRestarts") == "0"
    assert errors(machine).count("unknown option") == 1
    machine.configure()
    machine.run("systemctl", "start", SERVICE)
    assert machine.states() == ["active"] * 4


def test_a_reload_that_is_refused_fails(machine):
    enable(machine, SERVICE)
    before = machine.property("MainPID")
    machine.configure("[output \"x\"]\nmatch = feed:a\n")
    machine.run("systemctl", "reload", SERVICE)
    assert machine.run("sitrep", "reload").returncode == 0
    machine.configure("nonsense = yes\n")
    assert machine.ask("systemctl", "reload", SERVICE).returncode != 0
    assert "unknown option nonsense" in errors(machine) and "reload failed" in errors(machine)
    assert machine.states(SERVICE) == ["active"] and machine.property("MainPID") == before
    machine.configure()
    machine.run("systemctl", "reload", SERVICE)


def check(machine, *options):
    return machine.ask("sitrepd", "--check", *options)


def test_groups_of_the_configuration(machine):
    """They are for a daemon that makes its sockets itself."""
    machine.configure("[stream]\ngroup = sitrepd\n[control]\ngroup = sitrepd\nmode = 0660\n")
    machine.run("systemctl", "mask", STREAM, CONTROL)
    try:
        machine.run("systemctl", "start", SERVICE)
        assert machine.access("/run/sitrepd/control.sock") == "sitrepd sitrepd 660"
        assert may_use(machine, "member") == [True, True]
        assert check(machine, "--as-service").returncode == 0
        machine.configure("[control]\ngroup = readers\n")
        assert machine.ask("systemctl", "restart", SERVICE).returncode != 0
        assert machine.property("ExecMainStatus") == "78"
        assert "systemctl edit sitrepd-control.socket" in errors(machine)
    finally:
        machine.run("systemctl", "unmask", STREAM, CONTROL)
    told = check(machine, "--as-service")
    assert told.returncode == 1 and "SocketGroup=readers" in told.stderr
    assert "systemctl edit sitrepd-control.socket" in told.stderr
    machine.configure("[stream]\ngroup = nobody-has-this\n")
    assert "there is no group nobody-has-this" in check(machine, "--as-service").stderr
    # With the socket units they are not used, and the daemon says so.
    machine.run("systemctl", "start", SERVICE)
    assert "group is not used" in machine.journal("-p", "warning")


def test_the_check_sees_what_the_service_sees(machine):
    machine.write("/home/secret", "hunter2\n", 0o644)
    machine.write("/etc/sitrepd/secret", "hunter2\n", 0o600)
    machine.write("/root/password", "hunter2\n", 0o600)
    assert check(machine, "--as-service").returncode == 0
    for path in ("/home/secret", "/etc/sitrepd/secret"):
        machine.configure("password-file = %s\nuser = me\n" % path)
        assert check(machine).returncode == 0  # root sees it
        told = check(machine, "--as-service")
        assert told.returncode == 1 and "feed a: cannot open %s" % path in told.stderr
    machine.configure("password-file = feed.password\nuser = me\n")
    assert check(machine).returncode == 1
    assert check(machine, "--as-service").returncode == 1
    machine.drop_in(SERVICE, "[Service]\nLoadCredential=feed.password:/root/password\n")
    told = check(machine, "--as-service")
    assert told.returncode == 0 and "good for sitrepd.service" in told.stdout, told.stderr
    told = check(machine, "--as-service", "--state-dir", "/root")
    assert told.returncode == 1 and "/root" in told.stderr
    told = machine.ask("sitrepd", "--check", "--as-service", user="outsider")
    assert told.returncode != 0


def test_credentials_of_the_unit_are_those_of_the_polls(machine):
    """A new one counts from the restart on, as sitrepd(8) says; a file of ours counts at the next poll."""
    def authorizations():
        return [headers.get("Authorization") for path, headers in machine.server.requests if path == "/a"]

    def is_asked_with(password):
        machine.run("sitrep", "refresh", "a")
        assert authorizations()[-1] == "Basic " + base64.b64encode(b"anna:" + password).decode()

    machine.write("/root/password", "one\n", 0o600)
    machine.configure("user = anna\npassword-file = feed.password\n")
    machine.drop_in(SERVICE, "[Service]\nLoadCredential=feed.password:/root/password\n")
    enable(machine, SERVICE)
    is_asked_with(b"one")
    machine.write("/root/password", "two\n", 0o600)
    machine.run("systemctl", "restart", SERVICE)
    is_asked_with(b"two")
    machine.drop_in(SERVICE, "")
    machine.write("/etc/sitrepd/feed.password", "three\n", 0o644)
    machine.run("systemctl", "restart", SERVICE)
    is_asked_with(b"three")
    machine.write("/etc/sitrepd/feed.password", "four\n", 0o644)
    is_asked_with(b"four")
