# SPDX-License-Identifier: ISC
"""The service manager's side: readiness, watchdog, reload, inherited sockets."""
import http.client
import os
import re
import signal
import socket
import subprocess

from harness import PATIENCE, wait_for
from samples import article, rss


class Manager:
    """Listens where a service manager would."""

    def __init__(self, folder):
        self.path = str(folder / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(PATIENCE)

    def wait(self, word):
        return self.wait_for(lambda message: word in message.splitlines())

    def wait_for(self, wanted):
        while True:
            message = self.socket.recv(4096).decode()
            if wanted(message):
                return message


def test_notifications(server, make_daemon, tmp_path, monkeypatch):
    manager = Manager(tmp_path)
    monkeypatch.setenv("NOTIFY_SOCKET", manager.path)
    monkeypatch.setenv("WATCHDOG_USEC", "400000")
    daemon = make_daemon("", dict(a=server.set("/a", rss("A", [article(1)])), missing=server.url("/missing"))).start(wait=False)
    manager.wait("READY=1")
    assert daemon.get("/healthz").status == 200  # ready means ready
    manager.wait("WATCHDOG=1")
    daemon.process.send_signal(signal.SIGHUP)
    assert "MONOTONIC_USEC=" in manager.wait("RELOADING=1")
    manager.wait("READY=1")
    manager.wait("WATCHDOG=1")
    manager.wait_for(re.compile(r"^STATUS=2 feeds, 1 failing, newest (now|\d+ s ago)$").match)
    daemon.process.send_signal(signal.SIGTERM)
    manager.wait("STOPPING=1")
    daemon.stop()


def test_inherited_sockets(server, make_daemon, tmp_path):
    daemon = make_daemon("", dict(a=server.set("/a", rss("A", [article(1)]))))
    web = socket.create_server(("127.0.0.1", 0))
    stream = socket.socket(socket.AF_UNIX)
    stream.bind(str(tmp_path / "given.sock"))
    stream.listen()

    def become_service():
        for number, s in enumerate((web, stream), 3):
            os.dup2(s.fileno(), number + 100)
        for number in (3, 4):
            os.dup2(number + 100, number)
            os.close(number + 100)

    # LISTEN_PID must be the daemon's own, which only the shell that becomes it knows.
    with open(daemon.log_path, "ab") as log:
        daemon.process = subprocess.Popen(
            ["sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh", *daemon.command()], stdout=log, stderr=log, preexec_fn=become_service,
            close_fds=False, env=dict(os.environ, LISTEN_FDS="2", LISTEN_FDNAMES="http:stream", RUNTIME_DIRECTORY=str(daemon.folder)))

    def answers():
        assert daemon.process.poll() is None, daemon.log()
        connection = http.client.HTTPConnection("127.0.0.1", web.getsockname()[1], timeout=PATIENCE)
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200

    assert wait_for(answers, "the inherited HTTP socket")
    daemon.stream_path = tmp_path / "given.sock"
    live = daemon.stream(dict(since="0"))
    assert live.read_until("new")["item"]["feed"] == "a"
    assert not daemon.http_path.exists()  # what is inherited stands in for what is configured
    daemon.stop()
    assert (tmp_path / "given.sock").exists()  # and is not ours to remove


def test_an_accepted_connection_is_answered_at_the_end(make_daemon):
    daemon = make_daemon("", {}).start()
    with socket.socket(socket.AF_UNIX) as late, socket.socket(socket.AF_UNIX) as idle:
        for client in (late, idle):
            client.settimeout(PATIENCE)
            client.connect(str(daemon.http_path))
        daemon.get("/healthz")  # the others were accepted before it
        daemon.process.send_signal(signal.SIGTERM)
        wait_for(lambda: "ending" in daemon.log(), "the end")
        late.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert late.recv(4096).startswith(b"HTTP/1.1 200")
        assert idle.recv(4096) == b""  # nobody waits for it for long
    daemon.stop()


def test_state_directory_of_the_service(server, make_daemon, tmp_path, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    daemon = make_daemon("", {})
    daemon.command = lambda: command_without_state(daemon)
    daemon.start()
    assert (tmp_path / "state/sitrepd.db").exists()


def command_without_state(daemon):
    return [part for part in type(daemon).command(daemon) if part not in ("--state-dir", str(daemon.state))]
