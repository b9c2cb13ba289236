# SPDX-License-Identifier: ISC
"""A real Alertmanager gets alerts from sitrep tail: they arrive, are updated in place, change their severity, and resolve."""
import http.client
import json
import os
import shutil
import subprocess

import pytest
from harness import BUILD, PATIENCE, wait_for
from test_alerts import post, start

CONFIG = "route:\n  receiver: nobody\n  group_wait: 1s\nreceivers:\n- name: nobody\n"


class Alertmanager:
    """Debian's, on loopback, with a port of its own and no cluster."""

    def __init__(self, folder):
        (folder / "alertmanager.yml").write_text(CONFIG)
        self.log = folder / "alertmanager.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                ["prometheus-alertmanager", "--config.file=%s" % (folder / "alertmanager.yml"), "--storage.path=%s" % (folder / "data"),
                 "--web.listen-address=127.0.0.1:0", "--cluster.listen-address="], stdout=log, stderr=subprocess.STDOUT,
                env=dict(os.environ, NO_PROXY="*"))
        self.port = wait_for(self.listening, "Alertmanager")

    def listening(self):
        """The port, which the kernel chose: that of the process's only listening socket."""
        assert self.process.poll() is None, self.log.read_text()
        inodes = set()
        for fd in os.listdir("/proc/%d/fd" % self.process.pid):
            try:
                inodes.add(os.readlink("/proc/%d/fd/%s" % (self.process.pid, fd)))
            except OSError:
                continue
        for table in ("tcp", "tcp6"):
            with open("/proc/net/" + table) as lines:
                for line in list(lines)[1:]:
                    fields = line.split()
                    if fields[3] == "0A" and "socket:[%s]" % fields[9] in inodes:
                        return int(fields[1].rsplit(":", 1)[1], 16)
        return None

    def ask(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, body
            return json.loads(body)
        finally:
            connection.close()

    def active(self):
        return self.ask("/api/v2/alerts?active=true&silenced=false&inhibited=false")

    def close(self):
        self.process.terminate()
        self.process.wait(PATIENCE)


@pytest.fixture
def alertmanager(tmp_path):
    if shutil.which("prometheus-alertmanager") is None:
        pytest.skip("prometheus-alertmanager is not installed")
    manager = Alertmanager(tmp_path)
    yield manager
    manager.close()


def test_an_alert_is_raised_revised_escalated_and_resolved(server, make_daemon, alertmanager):
    daemon, stream, _ = start(server, make_daemon, "priority = high\nrevise-after = 0s\nclose-after = 8s\nescalate = 3 publishers in 1h\n")
    url = "http://127.0.0.1:%d/api/v2/alerts" % alertmanager.port
    tail = subprocess.Popen([str(BUILD / "sitrep"), "-c", str(daemon.config_path), "tail", "--format", "alertmanager", "--webhook", url,
                             "--since", "oldest"], stderr=subprocess.PIPE, text=True)
    try:
        post(server, "a", 3)
        raised, = wait_for(alertmanager.active, "the alert")
        alert = stream.read_until("alert")["alert"]
        assert raised["labels"] == dict(alertname="ships", severity="high", alert_id=alert["id"], job="sitrepd",
                                        instance=raised["labels"]["instance"])
        assert raised["annotations"]["title"] == "Squadron leaves Halden for drills" and raised["annotations"]["sources"] == "1"
        assert raised["status"]["state"] == "active" and raised["generatorURL"] == "http://a.example/1"
        # another publisher: the same alert, with other annotations
        post(server, "b", 3)
        wait_for(lambda: [a["annotations"]["sources"] for a in alertmanager.active()] == ["2"], "the revision")
        revised, = alertmanager.active()
        assert revised["fingerprint"] == raised["fingerprint"] and revised["startsAt"] == raised["startsAt"]
        # the severity is a label, so the urgent alert is another one, and the former one is over
        post(server, "c", 3)
        wait_for(lambda: [a["labels"]["severity"] for a in alertmanager.active()] == ["urgent"], "the urgent alert alone")
        # without news the daemon closes it
        wait_for(lambda: alertmanager.active() == [], "the end of the alert")
        assert stream.read_until("alert")["alert"]["id"] == alert["id"]
    finally:
        tail.terminate()
        _, told = tail.communicate(timeout=PATIENCE)
    assert tail.returncode == 0 and "warning" not in told, told
