# SPDX-License-Identifier: ISC
"""sitrep tail --exec, --webhook, --format, -n: what another program gets, also when it fails half the time and when tail is
killed in the middle."""
import base64
import hashlib
import hmac
import json
import os
import re
import subprocess
import time

import pytest
from harness import BUILD, PATIENCE, LoopbackServer, listening, on_terminal, wait_for
from samples import article, rss

SITREP = str(BUILD / "sitrep")
STORIES = 30
ALERT = '[alert "ships"]\nmatch = frigates OR flotilla\npriority = high\n[poll]\nalert-backlog = 3650d\n'


class Receiver(LoopbackServer):
    """A webhook on loopback. status(n, headers, body) gives the status of the n-th request; None: it hangs up without one."""

    def __init__(self, status=lambda n, headers, body: 200):
        self.taken = []  # bodies that were answered with 200, or would have been
        self.status = status
        super().__init__()

    def answer(self, handler):
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        with self.lock:
            self.requests.append((handler.path, dict(handler.headers.items()), body))
            status = self.status(len(self.requests), handler.headers, body)
            if status in (None, 200):
                self.taken.append(body)
        if status is None:
            handler.close_connection = True
        else:
            self.send(handler, status, {"Location": "/elsewhere"}, b"\x1b[m")

    def events(self):
        with self.lock:
            return [json.loads(body) for body in self.taken]


@pytest.fixture
def receiver():
    r = Receiver()
    yield r
    r.close()


@pytest.fixture
def daemon(make_daemon, server):
    """STORIES stories, each with two events: the report of one outlet and its copy by another."""
    articles = [article(n, text="<p>Report %d: the squadron left port %d for drill %d with %d allied navies, the ministry said.</p>" % (
        n, n * 7, n * 11, n * 13)) for n in range(STORIES)]
    server.set("/one", rss("One", articles))
    server.set("/two", rss("Two", articles, prefix="two"))
    d = make_daemon(feeds={"one": server.url("/one")}).first_polls(items=STORIES)
    d.reload("", {"one": server.url("/one"), "two": server.url("/two")})
    wait_for(lambda: d.feeds().get("two", {}).get("items") == STORIES, "the second feed")
    return d


def tail(daemon, *arguments, **options):
    return subprocess.Popen([SITREP, "--socket", str(daemon.stream_path), "tail", *map(str, arguments)],
                            stderr=subprocess.PIPE, text=True, **options)


def end(process):
    process.terminate()
    _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, told
    return told


def log_of(daemon):
    """Each event of items: its cursor and its story."""
    stream = daemon.stream(dict(since="oldest"))
    found = {}
    while len(found) < 2 * STORIES:
        event = stream.read()
        if "item" in event:
            found[event["cursor"]] = event["story"]["id"]
    return found


def assert_complete(events, log):
    """Each event of the log has arrived, and those of one story for the first time in their order."""
    arrived = {}
    for event in events:
        if "item" in event:
            arrived.setdefault(event["cursor"], len(arrived))
    assert set(arrived) == set(log)
    for story in set(log.values()):
        cursors = sorted((c for c in log if log[c] == story), key=int)
        assert cursors == sorted(cursors, key=arrived.get), story


def test_a_webhook_that_fails_half_the_time_loses_nothing(daemon, receiver, tmp_path):
    """It refuses, hangs up, or takes an event and does not say so; and tail is killed again and again meanwhile."""
    log, state, seen = log_of(daemon), tmp_path / "state", {}
    assert len(set(log.values())) > STORIES / 2

    def answer(n, headers, body):
        first = seen.setdefault(headers["webhook-id"], n) == n
        failure = hashlib.sha256(body).digest()[0] % 6
        return [500, 503, None][failure] if first and failure < 3 else 200

    receiver.status = answer
    process = tail(daemon, "--webhook", receiver.url(), "--jobs", 8, "--state", state, "--since", "oldest")
    for count in (5, 15, 30):
        wait_for(lambda: len(receiver.requests) >= count, "%d requests" % count)
        process.kill()
        process.communicate()
        process = tail(daemon, "--webhook", receiver.url(), "--jobs", 8, "--state", state, "--since", "oldest")
    last = max(log, key=int)
    wait_for(lambda: int(state.read_text().split()[0]) >= int(last), "the cursor behind the last event", 3 * PATIENCE)
    told = end(process)
    assert_complete(receiver.events(), log)
    assert "\x1b" not in told and "trying again in 1s" in told
    assert any(n > 1 for n in map([h["webhook-id"] for _, h, _ in receiver.requests].count, seen))


def test_the_cursor_waits_for_the_oldest_event(daemon, receiver, tmp_path):
    log, state = log_of(daemon), tmp_path / "state"
    first = min(log, key=int)
    receiver.status = lambda n, headers, body: 500 if json.loads(body).get("cursor") == first else 200
    process = tail(daemon, "--webhook", receiver.url(), "--jobs", 4, "--state", state, "--since", "oldest")
    # the copy of its story waits too
    others = {c for c in log if log[c] != log[first]}
    wait_for(lambda: others <= {e["cursor"] for e in receiver.events()}, "all other stories")
    assert int(state.read_text().split()[0]) < int(first)
    assert {c for c in log if log[c] == log[first]} & {e["cursor"] for e in receiver.events()} == set()
    receiver.status = lambda n, headers, body: 200
    wait_for(lambda: int(state.read_text().split()[0]) >= int(max(log, key=int)), "the cursor", 2 * PATIENCE)
    end(process)
    assert_complete(receiver.events(), log)


def verify(headers, body, key):
    text = b"%s.%s.%s" % (headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body)
    return headers["webhook-signature"] == "v1," + base64.b64encode(hmac.digest(key, text, "sha256")).decode()


@pytest.mark.parametrize("secret, key", [("a long secret\n", b"a long secret"), ("whsec_" + base64.b64encode(b"\0bytes\xff").decode(), b"\0bytes\xff")])
def test_posts_are_signed(daemon, receiver, tmp_path, secret, key):
    (tmp_path / "secret").write_text(secret)
    (tmp_path / "headers").write_text("Authorization: Bearer token\n")
    process = tail(daemon, "--webhook", receiver.url("/hook?a=1"), "--secret-file", tmp_path / "secret", "--header-file", tmp_path / "headers",
                   "--since", "oldest")
    wait_for(lambda: len(receiver.requests) > 2, "three posts")
    end(process)
    path, headers, body = receiver.requests[0]
    assert path == "/hook?a=1" and headers["Content-Type"] == "application/json" and headers["Authorization"] == "Bearer token"
    assert verify(headers, body, key) and not verify(headers, body + b" ", key) and not verify(headers, body, b"other")
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 600
    assert headers["webhook-id"].endswith("-" + json.loads(body)["cursor"]) and headers["User-Agent"].startswith("sitrep/")


def test_answers_that_refuse_and_that_redirect(daemon, receiver, tmp_path):
    """400 refuses an event for good; a redirect is not followed, and is tried again."""
    log, state = log_of(daemon), tmp_path / "state"
    refused = min(log, key=int)
    receiver.status = lambda n, headers, body: 400 if json.loads(body)["cursor"] == refused else 302 if n == 3 else 200
    process = tail(daemon, "--webhook", receiver.url(), "--state", state, "--since", "oldest", "--event", "new", "--event", "copy")
    wait_for(lambda: state.exists() and int(state.read_text().split()[0]) >= int(max(log, key=int)), "the cursor", 2 * PATIENCE)
    told = end(process)
    assert [line for line in told.splitlines() if "not tried again" in line] == [
        "sitrep: tail: new %s: the webhook answers 400: [m; it is not tried again" % refused]
    assert told.count("answers 302") == 1 and {path for path, _, _ in receiver.requests} == {"/"}
    assert {e["cursor"] for e in receiver.events()} == set(log) - {refused}


def test_a_command_that_fails_loses_nothing(daemon, tmp_path):
    """It fails at first for a third of the events; tail and the commands are killed in the middle."""
    log, state, out = log_of(daemon), tmp_path / "state", tmp_path / "out"
    script = tmp_path / "take"
    script.write_text("""#!/bin/sh
line=$(cat)
cursor=$(printf %%s "$line" | sed 's/.*"cursor":"\\([0-9]*\\)".*/\\1/')
if [ $((cursor %% 3)) = 0 ] && mkdir %s/failed.$cursor 2>/dev/null; then exit 1; fi
printf '%%s\\n' "$line" >>%s
""" % (tmp_path, out))
    script.chmod(0o755)
    out.touch()
    arguments = ("--exec", script, "--jobs", 4, "--state", state, "--since", "oldest", "-e", "new", "-e", "copy")
    process = tail(daemon, *arguments)
    for count in (3, 12, 25):
        wait_for(lambda: len(out.read_text().splitlines()) >= count, "%d events" % count)
        process.kill()
        process.communicate()
        process = tail(daemon, *arguments)
    wait_for(lambda: int(state.read_text().split()[0]) >= int(max(log, key=int)), "the cursor", 3 * PATIENCE)
    end(process)
    assert_complete([json.loads(line) for line in out.read_text().splitlines()], log)


def test_commands_that_refuse_read_nothing_or_take_their_time(daemon, tmp_path):
    """Status 65 refuses for good; input that is not read holds nobody up; the end waits for a command that runs."""
    log, state = log_of(daemon), tmp_path / "state"
    process = tail(daemon, "--exec", "exit 65", "--jobs", 8, "--state", state, "--since", "oldest", "-e", "new", "-e", "copy")
    wait_for(lambda: state.exists() and int(state.read_text().split()[0]) >= int(max(log, key=int)), "the cursor")
    told = end(process)
    assert told.count("the command ended with status 65; it is not tried again") == 2 * STORIES
    began, done = tmp_path / "began", tmp_path / "done"
    process = tail(daemon, "--exec", "touch %s; while [ ! -e %s.go ]; do sleep 0.05; done; touch %s" % (began, began, done), "--since", "oldest")
    wait_for(began.exists, "the first command")
    process.terminate()
    (tmp_path / "began.go").touch()
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 0 and done.exists()
    process = tail(daemon, "--exec", "kill -9 $$", "--since", "oldest")
    assert "the command was ended by signal 9; trying again in 1s" in process.stderr.readline()
    end(process)


def test_a_state_of_another_database_is_told(daemon, receiver, tmp_path):
    log, state = log_of(daemon), tmp_path / "state"
    state.write_text("%d 0123456789abcdef\n" % (int(max(log, key=int)) - 1))
    process = tail(daemon, "--webhook", receiver.url(), "--jobs", 8, "--state", state)
    wait_for(lambda: int(state.read_text().split()[0]) >= int(max(log, key=int)) and "0123456789abcdef" not in state.read_text(), "the cursor")
    assert "another database now, so all events that it keeps follow" in end(process)
    assert_complete(receiver.events(), log)


def test_the_daemon_may_go_and_come(daemon, receiver, tmp_path, server):
    state = tmp_path / "state"
    process = tail(daemon, "--webhook", receiver.url(), "--state", state, "--event", "new", "--event", "copy")
    wait_for(state.exists, "the place where it begins")
    daemon.kill()
    server.set("/one", rss("One", [article(99, "The flotilla sails")]))
    daemon.start()
    daemon.refresh()
    wait_for(lambda: [e["item"]["title"] for e in receiver.events()] == ["The flotilla sails"], "the event after the restart")
    end(process)


# ---- forms

@pytest.fixture
def alerts(make_daemon, server):
    server.set("/a", rss("Gazette & Sons", [article(1, "Frigates \"leave\" {Halden} 100%"), article(2, "The flotilla sails"), article(3, "Nothing")]))
    d = make_daemon(ALERT, dict(a=server.url("/a"))).first_polls(items=3)
    return d


def printed(daemon, *arguments, lines=1):
    process = tail(daemon, *arguments, stdout=subprocess.PIPE)
    found = [process.stdout.readline() for _ in range(lines)]
    end(process)
    return found


def test_templates(alerts):
    second, first = printed(alerts, "--since", "oldest", "--event", "alert", "--format",
                            r"{alert}\t{priority}: {title} {url} [{terms}] {sources} {{title} {}\\", lines=2)
    assert first == "ships\thigh: Frigates \"leave\" {Halden} 100% http://outlet.example/1 [frigates] 1 {title} {}\\\n"
    assert second.startswith("ships\thigh: The flotilla sails ")
    body = printed(alerts, "--since", "oldest", "--event", "alert", "--format", '{"text":"{title:json} from {source:json}","u":"?q={title:uri}"}', lines=2)[1]
    assert json.loads(body) == dict(text='Frigates "leave" {Halden} 100% from Gazette & Sons', u="?q=Frigates%20%22leave%22%20%7BHalden%7D%20100%25")
    path, = printed(alerts, "--since", "oldest", "--event", "alert", "--format", "{item.feed} {alert.name} {story.reports} {item.nothing}.")
    assert path == "a ships 1 .\n"


@pytest.mark.parametrize("template, told", [
    ("{titel}", "at column 1: there is no {titel}, did you mean {title}?\n"), ("é {title:xml}", "at column 9: found :xml, expected :json or :uri\n"),
    ("a\\b", "at column 2: expected \\n, \\t or \\\\\n"), ("jsn", "at column 1: there is no form \"jsn\", did you mean json?\n")])
def test_a_wrong_template_shows_its_place(template, told):
    result = subprocess.run([SITREP, "tail", "--format", template], capture_output=True, text=True)
    assert result.returncode == 2 and result.stderr.startswith("sitrep: tail: --format: " + told), result.stderr
    mark = result.stderr.splitlines()[-1]
    assert mark.strip() == "^" and len(mark) == 4 + int(re.search(r"column (\d+)", told)[1])


def test_a_wrong_rule_shows_its_place(alerts):
    result = alerts.run("tail", "--match", "ship AND (carrier", check=False)
    lines = result.stderr.splitlines()
    assert result.returncode == 1 and "at column 10" in lines[0]
    assert lines[1] == "    ship AND (carrier" and lines[2] == " " * 13 + "^"


@pytest.mark.parametrize("arguments", [["--exec", "a", "--webhook", "http://a/"], ["--jobs", "2"], ["--jobs", "0", "--exec", "a"], ["--secret-file", "a"],
                                       ["--format", "ntfy"], ["--webhook", "ftp://a/"], ["-n", "x"], ["-n", "1", "--since", "1h"], ["--state", ""], ["--format", ""], ["--exec", ""],
                                       ["--webhook", "http://"], ["--webhook", "http://a/b c"]])
def test_options_that_do_not_go_together(arguments):
    result = subprocess.run([SITREP, "tail", *arguments], capture_output=True, text=True)
    assert result.returncode == 2 and "usage: sitrep tail" in result.stderr


def test_alertmanager_gets_its_own_form(alerts, receiver):
    process = tail(alerts, "--format", "alertmanager", "--webhook", receiver.url("/api/v2/alerts"), "--since", "oldest")
    wait_for(lambda: len(receiver.requests) == 2, "two alerts")
    end(process)
    path, headers, body = receiver.requests[1]
    alert, = json.loads(body)
    assert path == "/api/v2/alerts" and headers["Content-Type"] == "application/json"
    # as the schema postableAlert of Alertmanager's API has it: labels and annotations are strings
    assert set(alert) <= {"labels", "annotations", "startsAt", "endsAt", "generatorURL"}
    assert all(isinstance(v, str) and v for part in ("labels", "annotations") for v in alert[part].values())
    assert all(re.fullmatch(r"[a-zA-Z_]\w*", name) for part in ("labels", "annotations") for name in alert[part])
    assert alert["labels"]["alertname"] == "ships" and alert["labels"]["severity"] == "high"
    assert alert["annotations"]["title"] == 'Frigates "leave" {Halden} 100%' and alert["generatorURL"] == "http://outlet.example/1"
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", alert[when]) for when in ("startsAt", "endsAt"))
    assert alert["startsAt"] < alert["endsAt"]
    assert alert["labels"]["alert_id"] != json.loads(receiver.requests[0][2])[0]["labels"]["alert_id"]


def ntfy_refuses(path, body):
    """Why ntfy would refuse the request, by its documentation ("Publish as JSON", "Limitations"): None when it takes it."""
    if len(body) > 2 * 4096:
        return "the body is over twice the limit of a message"
    message = json.loads(body)
    types = dict(topic=str, message=str, title=str, tags=list, priority=int, click=str, sequence_id=str)
    if path != "/" or set(message) - set(types) or any(type(value) is not types[key] for key, value in message.items()):
        return "a wrong path, member or type"
    if not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", message["topic"]) or not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", message.get("sequence_id", "x")):
        return "a wrong topic or sequence"
    if len(message["message"].encode()) > 4096 or not 1 <= message.get("priority", 3) <= 5 or not all(isinstance(t, str) for t in message.get("tags", [])):
        return "a wrong message, priority or tag"
    if "click" in message and not re.match(r"https?://", message["click"]):
        return "a wrong address"
    return None


def to_ntfy(tmp_path, receiver, events):
    """What is posted of these events of a stream."""
    path = tmp_path / "stream.sock"
    with listening(path) as listener:
        process = subprocess.Popen([SITREP, "--socket", str(path), "tail", "--format", "ntfy", "--webhook", receiver.url("/my-topic")])
        connection, _ = listener.accept()
        greeting = [dict(event="hello", instance="0123456789abcdef"), dict(event="subscribed", since="0")]
        connection.sendall("".join(json.dumps(e) + "\n" for e in greeting + events).encode())
        wait_for(lambda: len(receiver.requests) == len(events), "the messages")
        process.terminate()
        assert process.wait(PATIENCE) == 0
        connection.close()
    assert [why for why in (ntfy_refuses(path, body) for path, _, body in receiver.requests) if why] == []
    return receiver.events()


def alert_event(cursor, item, **alert):
    return dict(event="alert", cursor=str(cursor), time="2026-11-27T10:00:00Z", item=item, story=dict(id="s" + alert["id"], sources=alert.pop("sources", 1)),
                alert=dict(name="ships", priority="urgent", terms=["frigates"], revision=cursor, **alert))


def test_ntfy_updates_its_message(tmp_path, receiver):
    """Events about one alert have one sequence, those about another one another."""
    item = dict(id="1", title="Frigates leave", source="Gazette", link="http://outlet.example/1", summary="They left.")
    events = [alert_event(cursor, item, id=alert, sources=sources, state=state) for cursor, (alert, sources, state) in
              enumerate([("7", 1, "open"), ("8", 1, "open"), ("7", 3, "open"), ("7", 3, "closed")], 1)]
    messages = to_ntfy(tmp_path, receiver, events)
    assert all(m["topic"] == "my-topic" and m["priority"] == 5 and m["tags"] == ["ships"] and m["click"] == item["link"] for m in messages)
    by_sequence = {}
    for m in messages:
        by_sequence.setdefault(m["sequence_id"], []).append(m)
    assert sorted(map(len, by_sequence.values())) == [1, 3]
    three = max(by_sequence.values(), key=len)
    assert [m["title"] for m in three] == ["Frigates leave", "Frigates leave", "closed: Frigates leave"]
    assert three[0]["message"] == "Gazette (ships)\nThey left." and three[1]["message"].startswith("Gazette and 2 more (ships)")


@pytest.mark.parametrize("text", ["word ", '"', "\\", "\U00020000", "\u00e9", "\ufb01"])
def test_ntfy_takes_messages_of_any_text_and_length(tmp_path, receiver, text):
    """A quotation mark takes two bytes in JSON; ntfy refuses a request that is too long, and the alert would be lost."""
    item = dict(id="1", title=text * 2000, source=text * 100, link="http://outlet.example/" + "x" * 7000, summary=text * 20000)
    digest = dict(total=500, alerts=[dict(name="ships", title=text * 60) for _ in range(500)])
    messages = to_ntfy(tmp_path, receiver, [alert_event(1, item, id="7", state="open"),
                                            dict(event="digest", cursor="2", time="2026-11-27T10:00:00Z", digest=digest)])
    assert text.strip() in messages[0]["title"] and text.strip() in messages[0]["message"] and "ships" in messages[1]["message"]


@pytest.mark.parametrize("topic", ["t" * 65, "a.b", "caf%C3%A9"])
def test_a_wrong_topic_is_told_at_once(topic):
    result = subprocess.run([SITREP, "tail", "--format", "ntfy", "--webhook", "https://ntfy.sh/" + topic], capture_output=True, text=True)
    assert result.returncode == 1 and "64 letters" in result.stderr, result.stderr


# ---- for people

@pytest.mark.parametrize("count", [0, 1, 3, 1000])
def test_the_last_events(daemon, count, server, tmp_path):
    log = sorted(map(int, log_of(daemon)))
    process = tail(daemon, "-n", count, "--state", tmp_path / "state", "--json", "-e", "new", "-e", "copy", stdout=subprocess.PIPE)
    wanted = log[-count:] if count else []
    assert [int(json.loads(process.stdout.readline())["cursor"]) for _ in wanted] == wanted
    if count < 2:  # and then what is new
        wait_for((tmp_path / "state").exists, "the place where it begins")
        server.set("/one", rss("One", [article(99, "The flotilla sails")]))
        daemon.refresh("one")
        assert json.loads(process.stdout.readline())["item"]["title"] == "The flotilla sails"
    end(process)


def shown(daemon, *arguments, until, **environment):
    env = dict(os.environ, TERM="xterm", LC_ALL="C.UTF-8", **environment)
    status, text = on_terminal([SITREP, "--socket", str(daemon.stream_path), "tail", *arguments], until, columns=100, env=env)
    assert status == 0
    return text


def test_words_are_marked_on_a_terminal(alerts):
    screen = shown(alerts, "--since", "oldest", "--event", "alert", until=b"outlet.example/1")  # the later one
    assert '\x1b[1mFrigates\x1b[0m "leave"' in screen and "\x1b[1;31mALERT ships (high)\x1b[0m" in screen
    assert re.search(r"(now|\d+ (s|min) ago) +\x1b", screen)
    screen = shown(alerts, "--since", "oldest", "--event", "new", "--match", "flotilla", until=b"outlet.example/2")
    assert "The \x1b[1mflotilla\x1b[0m sails" in screen
    plain = shown(alerts, "--since", "oldest", "--event", "alert", until=b"outlet.example/1", NO_COLOR="1")
    assert "\x1b" not in plain


def test_a_quiet_day_is_told(alerts):
    screen = shown(alerts, "--event", "alert", until=b"listening since")
    assert re.search(r"sitrep: tail: nothing yet, listening since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \w+\n", screen + "\n")
