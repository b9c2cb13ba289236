# SPDX-License-Identifier: ISC
"""The files in examples/ work as they are: web servers in front, Prometheus, Grafana, alerts on the desktop and on a phone."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import types
import urllib.parse
import urllib.request

import pytest
from harness import BUILD, PATIENCE, TOP, LoopbackServer, ask_http, wait_for
from samples import article, rss
from test_websub import Hub, with_links

EXAMPLES = TOP / "examples"
PREFIX = "/defense"
BASE = "http://news.example.org" + PREFIX
ALERT = '[alert "ships"]\nmatch = frigates\npriority = high\n[poll]\nalert-backlog = 3650d\n'


def need(program, package):
    path = shutil.which(program)
    if path is None:
        pytest.skip("%s is not installed: Debian's package %s has it" % (program, package))
    return path


# ---- web servers

def nginx(folder, listener, daemon):
    text = (EXAMPLES / "nginx.conf").read_text()
    assert text.count("listen 80;") == 1 and text.count("127.0.0.1:8484") == 1
    text = text.replace("listen 80;", "listen unix:%s;" % listener).replace("127.0.0.1:8484", "unix:%s" % daemon.http_path)
    config = folder / "nginx.conf"
    paths = "".join("%s_temp_path %s/t;" % (kind, folder) for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.geteuid() == 0 else ""
    config.write_text("daemon off; %s pid %s/pid; error_log %s/error.log; events {} http { access_log off; %s %s }" % (
        user, folder, folder, paths, text))
    return [need("nginx", "nginx-light"), "-p", str(folder), "-e", "%s/error.log" % folder, "-c", str(config)]


def caddy(folder, listener, daemon):
    text = (EXAMPLES / "Caddyfile").read_text()
    assert text.count("\nnews.example.org {") == 1 and text.count("127.0.0.1:8484") == 1
    text = text.replace("\nnews.example.org {", "\nhttp://news.example.org {\n\tbind unix/%s" % listener)
    config = folder / "Caddyfile"
    config.write_text("{\n\tadmin off\n}\n" + text.replace("127.0.0.1:8484", "unix/%s" % daemon.http_path))
    return [need("caddy", "caddy"), "run", "--adapter", "caddyfile", "--config", str(config)]


class HubBehindProxy(Hub):
    """A hub that calls the address that the daemon gave it, by way of the web server."""

    def path(self, request=None):
        callback = (request or self.requests[-1])["hub.callback"]
        assert callback.startswith(BASE + "/websub/")
        return urllib.parse.urlsplit(callback).path

    def call(self, path, method="GET", body=None, headers=None):
        return super().call(path, method, body, dict(headers or {}, Host="news.example.org"))


@pytest.fixture
def hub():
    h = HubBehindProxy()
    yield h
    h.close()


@pytest.fixture(params=[nginx, caddy])
def front(request, tmp_path, make_daemon, server, hub):
    """The example in front of a daemon with one feed that names a hub: a function that asks it, and the daemon."""
    listener = tmp_path / "front.sock"
    server.set("/a", with_links(rss("Gazette", [article(1)]), hub.url("/hub"), server.url("/a")))
    daemon = make_daemon("base-url = %s/\n[poll]\nmin = 1s" % BASE, dict(a=server.url("/a")))
    hub.daemon = types.SimpleNamespace(http_path=listener)
    command = request.param(tmp_path, listener, daemon)
    log = open(tmp_path / "front.log", "w+")
    process = subprocess.Popen(command, stdout=log, stderr=log, env=dict(os.environ, HOME=str(tmp_path)))

    def is_listening():
        assert process.poll() is None, (tmp_path / "front.log").read_text()
        with socket.socket(socket.AF_UNIX) as s:
            return s.connect_ex(str(listener)) == 0

    def ask(path, method="GET", headers=None):
        answer = ask_http(listener, path, method, headers, host="news.example.org")
        answer.text = answer.body.decode()
        return answer

    try:
        wait_for(is_listening, "the web server")
        daemon.first_polls(state="ok")
        yield ask, daemon
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
        log.close()


def test_behind_a_web_server(front, hub, server):
    ask, daemon = front
    feed = ask(PREFIX + "/feed.atom")
    assert feed.status == 200
    links = re.findall(r'href="(http://news\.example\.org/[^"]*)"', feed.text)
    assert BASE + "/feed.atom" in links and BASE + "/" in links
    story = next(link for link in re.findall(r"http://news\.example\.org/[\w/.-]*", feed.text) if "/story/" in link)
    assert ask(urllib.parse.urlsplit(story).path).status == 200
    page = ask(PREFIX + "/")
    assert page.status == 200 and "Gazette" in page.text
    for link in set(re.findall(r'(?:href|src)="(/[^"]*)"', page.text)):
        assert link.startswith(PREFIX + "/"), link
    assert ask(PREFIX + "/feed.atom", headers={"If-None-Match": feed.headers["ETag"]}).status == 304
    assert ask(PREFIX + "/feed.atom", "HEAD").status == 200
    # a Unix socket is not this machine's loopback to either of them
    assert ask(PREFIX + "/metrics").status == 403
    # a hub verifies the subscription and pushes
    wait_for(lambda: hub.verified, "the hub's verification")
    news = with_links(rss("Gazette", [article(2), article(1)]), hub.url("/hub"), server.url("/a"))
    assert hub.push(news) // 100 == 2
    wait_for(lambda: daemon.feeds()["a"]["items"] == 2, "the pushed item")
    assert hub.push(news, secret="guessed") // 100 == 2  # a hub is not told that its signature is wrong
    assert ask(PREFIX + "/websub/guessed").status == 404


# ---- monitoring

def metrics_in(text):
    return set(re.findall(r"\bsitrepd_\w+", text))


def dashboard():
    return json.loads((EXAMPLES / "grafana-dashboard.json").read_text())


def test_metrics_of_the_examples_exist(make_daemon, server):
    daemon = make_daemon(feeds=dict(a=server.set("/a", rss("Gazette", [article(1)])))).first_polls(state="ok")
    there = set(re.findall(r"^(\w+)[{ ]", daemon.get("/metrics").body.decode(), re.M))
    for name in ("grafana-dashboard.json", "prometheus-alerts.yml", "prometheus-alerts-test.yml"):
        named = metrics_in((EXAMPLES / name).read_text())
        assert named and named <= there, (name, named - there)
    assert len(dashboard()["panels"]) > 10


def test_prometheus_understands_the_examples(tmp_path):
    promtool = need("promtool", "prometheus")
    expressions = [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]]
    rules = [dict(record="x:%d" % i, expr=e.replace("$__rate_interval", "5m").replace("$instance", ".*"))
             for i, e in enumerate(expressions)]
    panels = tmp_path / "panels.yml"
    panels.write_text(json.dumps(dict(groups=[dict(name="panels", rules=rules)])))
    for arguments in (("check", "config", "prometheus.yml"), ("check", "rules", "prometheus-alerts.yml"),
                      ("test", "rules", "prometheus-alerts-test.yml"), ("check", "rules", str(panels))):
        result = subprocess.run([promtool, *arguments], cwd=EXAMPLES, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr


def test_prometheus_takes_the_examples(tmp_path, make_daemon, server):
    """A real Prometheus scrapes the daemon, loads the alert rules, and answers every panel of the dashboard."""
    prometheus = need("prometheus", "prometheus")
    server.set("/a", rss("Gazette", [article(1)]))
    daemon = make_daemon('[alert "ships"]\nmatch = frigate', dict(a=server.url("/a"), b=server.url("/none"))).start()
    wait_for(lambda: all(f["state"] != "new" for f in daemon.feeds().values()), "the first polls")
    server.set("/a", rss("Gazette", [article(2), article(1)]))
    daemon.refresh("a")
    target = re.search(r"page=http://(127\.0\.0\.1:\d+)", daemon.log())[1]
    config = (EXAMPLES / "prometheus.yml").read_text().replace("127.0.0.1:8484", target).replace("30s", "1s")
    (tmp_path / "prometheus.yml").write_text(config)
    (tmp_path / "prometheus-alerts.yml").write_text((EXAMPLES / "prometheus-alerts.yml").read_text())
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        address = "127.0.0.1:%d" % s.getsockname()[1]
    process = subprocess.Popen([prometheus, "--config.file=%s/prometheus.yml" % tmp_path, "--storage.tsdb.path=%s/data" % tmp_path,
                                "--web.listen-address=" + address], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ask(path, **parameters):
        try:
            with urllib.request.urlopen("http://%s/api/v1/%s?%s" % (address, path, urllib.parse.urlencode(parameters)), timeout=PATIENCE) as answer:
                return json.load(answer)["data"]
        except (OSError, http.client.HTTPException):
            return None

    try:
        wait_for(lambda: (ask("query", query='count_over_time(up{job="sitrepd"}[1m]) > 2') or {}).get("result"), "three scrapes", 60)
        assert [t["health"] for t in ask("targets")["activeTargets"]] == ["up"]
        rules = wait_for(lambda: [r for g in ask("rules")["groups"] for r in g["rules"]], "the rules")
        wait_for(lambda: all(r["health"] == "ok" for r in ask("rules")["groups"][0]["rules"]), "the rules to be evaluated", 90)
        assert len(rules) >= 8
        for panel in dashboard()["panels"]:
            for at in panel["targets"]:
                expression = at["expr"].replace("$__rate_interval", "10s").replace("$instance", ".*")
                assert ask("query", query=expression) is not None, expression
        assert ask("query", query="sitrepd_feed_up")["result"]
        assert ask("query", query="sitrepd_commit_duration_seconds_bucket")["result"]
        types = {m["type"] for m in sum(ask("metadata").values(), [])}
        assert {"counter", "gauge", "histogram"} <= types
    finally:
        process.terminate()
        process.wait(PATIENCE)


# ---- alerts elsewhere

class Ntfy(LoopbackServer):
    """Keeps what is posted; answers with status."""

    status = 200

    def answer(self, handler):
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        self.requests.append((handler.path, json.loads(body), handler.headers["Authorization"]))
        self.send(handler, self.status, {}, b"")


@pytest.fixture
def ntfy():
    stub = Ntfy()
    yield stub
    stub.close()


@pytest.fixture
def alerts(tmp_path, make_daemon, server):
    """A daemon with one alert; start() runs the command of a unit beside it."""
    server.set("/a", rss("Gazette", [article(1, title="Frigates <b>leave</b> & return")]))
    daemon = make_daemon(ALERT, dict(a=server.url("/a"))).start()
    daemon.refresh("a")
    programs, state = tmp_path / "bin", tmp_path / "state"
    programs.mkdir()
    state.mkdir()
    started = []

    def start(unit, **environment):
        # all alerts, also those of before: a cursor of 0
        (state / unit).mkdir()
        (state / unit / "cursor").write_text("0\n")
        line = re.search(r"^ExecStart=/usr/bin/sitrep (.*)$", (EXAMPLES / (unit + ".service")).read_text(), re.M)[1]
        line = line.replace("%S", str(state)).replace("%h/.local/bin", str(EXAMPLES))
        started.append(subprocess.Popen(
            ["sh", "-c", 'exec "$0" -c "$1" %s' % line, str(BUILD / "sitrep"), str(daemon.config_path)], stderr=subprocess.PIPE, text=True,
            env=dict(os.environ, PATH="%s:%s" % (programs, os.environ["PATH"]), **environment)))
        return state / unit / "cursor"

    yield daemon, programs, state, start
    for process in started:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def script(path, text):
    path.write_text("#!/bin/sh\n%s\n" % text)
    path.chmod(0o755)


def cursor_in(path):
    return int(path.read_text().split()[0])


def test_alerts_are_posted_to_ntfy(alerts, ntfy, server, tmp_path):
    daemon, _, _, start = alerts
    (tmp_path / "headers").write_text("Authorization: Bearer secret\n")
    ntfy.status = 403
    cursor = start("sitrep-ntfy", NTFY_URL=ntfy.url("/topic"), NTFY_OPTIONS="--header-file %s" % (tmp_path / "headers"))
    # refused: the alert waits, and is not lost
    wait_for(lambda: ntfy.requests, "the first attempt")
    assert cursor_in(cursor) < cursor_of_alert(daemon)
    ntfy.status = 200
    wait_for(lambda: cursor_in(cursor) >= cursor_of_alert(daemon), "the cursor behind the first alert")
    path, post, authorization = ntfy.requests[-1]
    assert path == "/" and authorization == "Bearer secret"
    assert post["topic"] == "topic" and post["title"] == "Frigates leave & return" and post["priority"] == 4
    assert "Gazette" in post["message"] and post["click"].startswith("http") and post["tags"] == ["ships"]
    server.set("/a", rss("Gazette", [article(2, title="Frigates at sea"), article(1)]))
    daemon.refresh("a")
    wait_for(lambda: ntfy.requests[-1][1]["title"] == "Frigates at sea", "the second alert")
    assert ntfy.requests[-1][1]["sequence_id"] != post["sequence_id"]


def cursor_of_alert(daemon):
    stream = daemon.stream(dict(since="oldest", events=["alert"]))
    cursor = int(stream.read_until("alert")["cursor"])
    return cursor


def test_alerts_are_shown_on_the_desktop(alerts):
    need("jq", "jq")
    daemon, programs, state, start = alerts
    shown = state / "shown"
    script(programs / "notify-send", "printf '%%s\\n' \"$@\" >%s.new && mv %s.new %s" % (shown, shown, shown))
    start("sitrep-desktop")
    wait_for(shown.exists, "the notification")
    lines = shown.read_text().splitlines()
    assert lines[:3] == ["--app-name=sitrepd", "--urgency=normal", "--"]
    assert lines[3] == "ships: Frigates leave & return"
    assert "Gazette" in lines[4] and lines[5].startswith("http")


@pytest.mark.parametrize("unit", ["sitrep-desktop.service", "sitrep-ntfy.service"])
def test_user_units_are_understood(unit, tmp_path):
    home = tmp_path / "home"
    (home / ".local/bin").mkdir(parents=True)
    for path in EXAMPLES.iterdir():
        if path.suffix == "":
            shutil.copy(path, home / ".local/bin")
    (tmp_path / unit).write_text((EXAMPLES / unit).read_text().replace("/usr/bin/sitrep ", "%s " % (BUILD / "sitrep")))
    result = subprocess.run(["systemd-analyze", "--user", "verify", "--man=no", str(tmp_path / unit)], capture_output=True, text=True,
                            env=dict(os.environ, HOME=str(home), XDG_RUNTIME_DIR=str(tmp_path)))
    said = [line for line in result.stderr.splitlines() if unit in line]
    assert result.returncode == 0 and said == [], result.stderr
