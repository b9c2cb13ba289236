# SPDX-License-Identifier: ISC
"""Where the command line looks for a daemon, what it says when there is none, and what the daemon says at its start."""
import grp
import os
import pathlib
import pty
import re
import select
import shlex
import shutil
import subprocess
import tempfile

import pytest

from harness import BUILD, PATIENCE, Daemon, listening, wait_for
from samples import article, rss

SITREP = str(BUILD / "sitrep")
OF_PLACES = ("RUNTIME_DIRECTORY", "STATE_DIRECTORY", "XDG_RUNTIME_DIR", "XDG_STATE_HOME")


def environment(home, **more):
    """A user's who has nothing but a home."""
    clean = {k: v for k, v in os.environ.items() if k not in OF_PLACES}
    return dict(clean, HOME=str(home), **{k: str(v) for k, v in more.items()})


def sitrep(*arguments, env, **options):
    return subprocess.run([SITREP, *arguments], env=env, capture_output=True, text=True, timeout=PATIENCE, **options)


@pytest.fixture
def home():
    """A home whose path is short, since a socket's may have 107 bytes."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sitrep-home-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def daemon_in(server):
    """Starts a daemon with its sockets in a folder."""
    started = []

    def start(folder):
        folder.mkdir(parents=True)
        server.set("/feed", rss("Harbour Post", [article(1, "Frigate returns")]))
        started.append(Daemon("", {"harbour": server.url("/feed")}, folder=folder).start())
        return started[-1]

    yield start
    for daemon in started:
        daemon.close()


@pytest.fixture
def no_service():
    if os.path.exists("/run/sitrepd/stream.sock"):
        pytest.skip("a daemon is installed on this machine")


@pytest.mark.parametrize("folder", [".local/state/sitrepd", ".local/state/sitrepd/demo"])
def test_the_daemons_of_make_are_found(daemon_in, home, no_service, folder):
    daemon_in(home / folder)
    status = sitrep("status", env=environment(home))
    assert status.returncode == 0, status.stderr
    assert "harbour" in sitrep("feeds", env=environment(home)).stdout


@pytest.mark.parametrize("variable, below", [("XDG_RUNTIME_DIR", "sitrepd"), ("XDG_STATE_HOME", "sitrepd"),
                                             ("RUNTIME_DIRECTORY", ""), ("STATE_DIRECTORY", "")])
def test_folders_of_the_environment_are_looked_in(daemon_in, home, no_service, variable, below):
    daemon_in(home / "x" / below)
    status = sitrep("status", env=environment(home, **{variable: home / "x"}))
    assert status.returncode == 0, status.stderr


def test_it_says_where_it_looked(home, no_service):
    result = sitrep("feeds", env=environment(home, XDG_RUNTIME_DIR=home / "run"))
    assert result.returncode == 1
    assert result.stderr.startswith("sitrep: feeds: no daemon is running, start it with \"systemctl start sitrepd\" or "
                                    "\"make run\"; looked at /run/sitrepd/control.sock (no socket), ")
    for folder in ("run/sitrepd", ".local/state/sitrepd", ".local/state/sitrepd/demo"):
        assert "%s/%s/control.sock (no socket)" % (home, folder) in result.stderr
    # One that was killed leaves its socket.
    alone = sitrep("--socket", str(home / "s"), "tail", env=environment(home))
    assert alone.returncode == 1
    assert alone.stderr == "sitrep: tail: cannot connect to the daemon at %s/s (no socket); is it running?\n" % home


def test_a_killed_daemon_is_told_from_none(daemon_in, home, no_service):
    daemon = daemon_in(home / ".local/state/sitrepd")
    daemon.kill()
    result = sitrep("feeds", env=environment(home))
    assert "%s (no daemon listens)" % daemon.control_path in result.stderr


def test_a_person_who_waits_is_told(tmp_path):
    """A socket unit takes connections also for a service that does not come up."""
    person, terminal = pty.openpty()
    with listening(tmp_path / "deaf.sock"):
        with subprocess.Popen([SITREP, "--socket", str(tmp_path / "deaf.sock"), "status"], stdout=subprocess.DEVNULL, stderr=terminal) as waiting:
            wait_for(lambda: select.select([person], [], [], 0)[0], "a word")
            assert "systemctl status sitrepd" in os.read(person, 4096).decode()
            waiting.terminate()
    os.close(terminal)
    os.close(person)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_a_missing_permission_is_told(daemon_in, home, no_service):
    home.chmod(0o755)
    for parent in home.parents:
        if parent.stat().st_mode & 0o001 == 0:
            pytest.skip("nobody may not enter %s" % parent)
    daemon = daemon_in(home / "run/sitrepd")
    assert daemon.control_path.stat().st_mode & 0o777 == 0o600
    client = home / "sitrep"
    client.write_bytes((BUILD / "sitrep").read_bytes())
    client.chmod(0o755)
    result = subprocess.run([client, "status"], env=environment(home, XDG_RUNTIME_DIR=home / "run"), user=65534,
                            cwd="/", capture_output=True, text=True, timeout=PATIENCE)
    assert result.returncode == 1
    assert result.stderr == "sitrep: status: not permitted to talk to the daemon; become root; looked at %s\n" % (
        ", ".join("%s (%s)" % (path, why) for path, why in (
            ("/run/sitrepd/control.sock", "no socket"), (daemon.control_path, "no permission"),
            (home / ".local/state/sitrepd/control.sock", "no socket"),
            (home / ".local/state/sitrepd/demo/control.sock", "no socket"), ("/var/lib/sitrepd/control.sock", "no socket"))))
    # A socket for a group: the group is named.
    daemon.control_path.chmod(0o660)
    os.chown(daemon.control_path, 0, grp.getgrnam("daemon").gr_gid)
    result = subprocess.run([client, "status"], env=environment(home, XDG_RUNTIME_DIR=home / "run"), user=65534, group=65534,
                            extra_groups=[], cwd="/", capture_output=True, text=True, timeout=PATIENCE)
    assert "join the group daemon (usermod -aG daemon USER, then log in again)" in result.stderr


@pytest.mark.parametrize("command", ["tail", "status", "feeds", "parse", "check"])
def test_a_named_configuration_must_be_there(daemon_in, home, no_service, command):
    # Also beside a daemon that would answer.
    daemon_in(home / ".local/state/sitrepd")
    for path, reason in ((home / "missing.conf", "No such file or directory"), (home, "Is a directory")):
        result = sitrep("-c", str(path), command, env=environment(home), stdin=subprocess.DEVNULL)
        assert result.returncode == 1 and result.stdout == ""
        assert result.stderr == "sitrep: cannot read the configuration %s: %s\n" % (path, reason)


def test_a_named_configuration_names_its_daemon(daemon_in, home, no_service):
    daemon_in(home / ".local/state/sitrepd")
    other = home / "other.conf"
    other.write_text("[stream]\npath = %s/other.sock\n[feed \"a\"]\nurl = http://127.0.0.1:9/\n" % home)
    result = sitrep("-c", str(other), "tail", env=environment(home))
    assert result.returncode == 1
    assert result.stderr == "sitrep: tail: cannot connect to the daemon at %s/other.sock (no socket); is it running?\n" % home


def test_the_other_socket_is_told(daemon_in, home, no_service):
    """Its lines are no answers: one of each was shown as a status that is empty."""
    daemon = daemon_in(home / "run")
    result = sitrep("--socket", str(daemon.stream_path), "status", env=environment(home))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "sitrep: status: %s is the stream of sitrepd, not its control socket\n" % daemon.stream_path


def next_steps(daemon):
    wait_for(lambda: daemon.log().count("try next") >= 3, "three lines to try next")
    return re.findall(r'try next command="([^"]+)"', daemon.log())


@pytest.mark.parametrize("folder, has_socket", [(".local/state/sitrepd", False), ("elsewhere", True)])
def test_the_daemon_says_what_to_try_next(server, home, no_service, folder, has_socket):
    (home / folder).mkdir(parents=True)
    server.set("/feed", rss("Harbour Post", [article(1, "Frigate returns")]))
    daemon = Daemon("", {"harbour": server.url("/feed")}, folder=home / folder)
    # It was started by the user who will type the commands.
    daemon.environment = dict(HOME=str(home), RUNTIME_DIRECTORY=str(daemon.folder), XDG_STATE_HOME="", XDG_RUNTIME_DIR="")
    daemon.start()
    try:
        tail, feeds = next_steps(daemon)
        # The pair is a field of the journal as well, SITREP_FEED, by which a feed's lines are found.
        assert not re.search(r"feed=(?!harbour)", daemon.log())
        assert re.search(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+ notice  serving page=http\S+ atom=http\S+/feed\.atom$",
                         daemon.log(), re.MULTILINE)
        for command in (tail, feeds):
            assert command.startswith(SITREP + " ") and ("--socket" in command) == has_socket, command
        page = re.search(r"try next page=(\S+)", daemon.log())[1]
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", page)
        wait_for(lambda: daemon.feeds()["harbour"]["items"] == 1, "the feed")
        said = subprocess.run(shlex.split(feeds), env=environment(home), capture_output=True, text=True, timeout=PATIENCE)
        assert said.returncode == 0 and "harbour" in said.stdout, said.stderr
        follower = subprocess.Popen([*shlex.split(tail), "--since", "0"], env=environment(home), stdout=subprocess.PIPE, text=True)
        try:
            assert "Frigate returns" in follower.stdout.readline()
        finally:
            follower.terminate()
            assert follower.wait(PATIENCE) == 0
            follower.stdout.close()
    finally:
        daemon.close()
