# SPDX-License-Identifier: ISC
"""The stream as sitrep-stream(7) has it."""
import json
import os
import re
import signal
import socket
import subprocess

import pytest

from harness import BUILD, PATIENCE, connected, listening, wait_for
from samples import article, rss


def start(server, make_daemon, count=5, config=""):
    server.set("/a", rss("Alpha", [article(n) for n in range(count)]))
    daemon = make_daemon(config, dict(a=dict(url=server.url("/a"), categories="sea"))).first_polls(items=count)
    return daemon


def test_live_at_connect(server, make_daemon):
    daemon = start(server, make_daemon)
    stream = daemon.stream()
    assert stream.hello["protocol"] == 1 and stream.hello["cursor"] == "5" and stream.hello["oldest"] == "1"
    server.set("/a", rss("Alpha", [article(9)]))
    daemon.refresh("a")
    event = stream.read_events(1)[0]
    assert event["event"] == "new" and event["cursor"] == "6"
    item = event["item"]
    assert item["title"] == article(9)["title"] and item["link"] == article(9)["link"]
    assert item["feed"] == "a" and item["source"] == "Alpha" and item["categories"] == ["sea"]
    assert item["published"] == article(9)["date"] and item["id"] and item["first_seen"] and "frigate" in item["summary"]


def test_text_and_page(server, make_daemon):
    text = "<p>%s</p>" % ("the <b>frigate</b> sailed " * 200)
    server.set("/a", rss("Alpha", [article(1, text=text), article(2, text=text * 40)]))
    daemon = make_daemon(feeds=dict(a=server.url("/a"))).first_polls(items=2)
    stream = daemon.stream(dict(since="oldest", full=True))
    assert stream.subscribed["full"] is True
    events = {e["item"]["title"]: e for e in stream.read_events(2)}
    whole, large = events[article(1)["title"]], events[article(2)["title"]]
    assert whole["item"]["html"].count("<b>frigate</b>") == 200 and whole["item"]["text"].count("the frigate sailed") == 200
    # what does not fit the line is cut, and never in the middle of a tag
    assert "html" not in large["item"] and 90 * 1024 < len(large["item"]["text"]) <= 96 * 1024
    page = whole["story"]["page"]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/story/" + whole["story"]["id"], page)
    assert daemon.get(page[page.index("/story/"):]).status == 200
    stream.send(dict(op="subscribe", since="oldest"))
    stream.read_until("subscribed")
    assert not {"text", "html"} & set(stream.read_events(1)[0]["item"])


def test_since_and_filters(server, make_daemon):
    daemon = start(server, make_daemon)
    stream = daemon.stream(dict(since="2"))
    assert [e["cursor"] for e in stream.read_events(3)] == ["3", "4", "5"]
    # a line re-scopes the same connection
    stream.send(dict(op="subscribe", since="0", match="number AND 3 NOT title:\"number 4\""))
    assert stream.read_until("subscribed")["since"] == "0"
    assert stream.read_events(1)[0]["item"]["title"] == article(3)["title"]
    for scope in (dict(feeds=[]), dict(categories=["air"]), dict(events=["alert"])):
        stream.send(dict(op="subscribe", since="0", **scope))
        stream.read_until("subscribed")
    stream.send(dict(op="subscribe", since="0", feeds=["a"], categories=["SEA"], events=["new"]))
    stream.read_until("subscribed")
    assert [e["cursor"] for e in stream.read_events(5)] == ["1", "2", "3", "4", "5"]


def test_terms_and_their_places(server, make_daemon):
    """In alerts, and for a subscription with a rule: where the terms stand in the texts of the line itself."""
    server.set("/a", rss("Alpha", [article(1)]))
    daemon = make_daemon("[alert \"sea\"]\nmatch = frigate AND \"naval base\"", dict(a=server.url("/a"))).first_polls(items=1)
    plain, ruled = daemon.stream({}), daemon.stream(dict(match="squadron AND halden", full=True))
    server.set("/a", rss("Alpha", [article(2, title="A frigate & its \U0001F6A2: naval base")]))
    daemon.refresh("a")

    def found(event, member):
        text = event["item"][member]
        return {m["term"]: [text[a:b] for a, b in m.get(member, [])] for m in event["matched"]}
    new, alert = sorted(plain.read_events(2), key=lambda e: e["event"] != "new")
    assert "matched" not in new
    assert found(alert, "title") == {"frigate": ["frigate"], "naval base": ["naval base"]}
    assert found(alert, "summary") == {"frigate": ["frigate"], "naval base": ["naval base"]}
    new, alert = sorted(ruled.read_events(2), key=lambda e: e["event"] != "new")
    assert found(new, "text") == {"squadron": ["squadron"], "halden": ["Halden"]}
    assert list(found(alert, "text")) == ["frigate", "naval base", "squadron", "halden"]


def test_mistakes_are_named(server, make_daemon):
    daemon = start(server, make_daemon)
    stream = daemon.stream()
    for line, word in ((b"nonsense\n", "JSON"), (b"{}\n", "op"), (b'{"op":"dance"}\n', "op"),
                       (b'{"op":"subscribe","since":"x"}\n', "since"), (b'{"op":"subscribe","match":"(a"}\n', "match"),
                       (b'{"op":"subscribe","events":["old"]}\n', "old"), (b'{"op":"subscribe","feeds":7}\n', "feeds"),
                       (b'{"op":"subscribe","feeds":["b"]}\n', 'feed "b"'), (b'{"op":"subscribe","event":["new"]}\n', "events")):
        stream.socket.sendall(line)
        answer = stream.read()
        assert answer["event"] == "error" and word in answer["reason"]


def test_a_line_without_end_is_cut_off(server, make_daemon):
    daemon = start(server, make_daemon)
    stream = daemon.stream()
    try:
        while True:
            stream.socket.sendall(b"x" * 65536)
    except OSError:
        pass
    stream.close()
    assert daemon.get("/healthz").status == 200


def test_heartbeat(server, make_daemon):
    daemon = start(server, make_daemon, config="[stream]\nheartbeat = 1s")
    stream = daemon.stream()
    assert stream.read() == dict(event="heartbeat", cursor="5")


def test_a_subscriber_that_does_not_read_costs_others_nothing(server, make_daemon):
    daemon = start(server, make_daemon)
    lazy = socket.socket(socket.AF_UNIX)
    lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    lazy.settimeout(PATIENCE)
    lazy.connect(str(daemon.stream_path))
    lazy.sendall(b'{"op":"subscribe","since":"0"}\n')
    eager = daemon.stream(dict(since="0", events=["new"]))
    total = 5
    for round_ in range(20):
        first = 100 + round_ * 50
        server.set("/a", rss("Alpha", [article(n, text="<p>%s</p>" % ("word%d " % n * 100)) for n in range(first, first + 50)]))
        daemon.refresh("a")
        total += 50
    assert [int(e["cursor"]) for e in eager.read_events(total)] == list(range(1, total + 1))
    # and the lazy one, once it reads, gets all of it in order
    cursors = []
    for line in lazy.makefile("rb"):
        message = json.loads(line)
        if message["event"] == "new":
            cursors.append(int(message["cursor"]))
            if len(cursors) == total:
                break
    assert cursors == list(range(1, total + 1))
    lazy.close()


def test_gap(server, make_daemon):
    daemon = start(server, make_daemon, count=20)
    with daemon.altered() as db:
        db.execute("DELETE FROM event WHERE cursor <= 12")
    stream = daemon.stream(dict(since="3"))
    assert stream.hello["oldest"] == "13"
    assert stream.read() == {"event": "gap", "from": "3", "to": "12"}
    assert [e["cursor"] for e in stream.read_events(8)] == [str(n) for n in range(13, 21)]


def test_plain_socat_sees_the_news(server, make_daemon):
    daemon = start(server, make_daemon)
    with subprocess.Popen(["socat", "-u", "UNIX-CONNECT:%s" % daemon.stream_path, "-"], stdout=subprocess.PIPE) as socat:
        assert json.loads(socat.stdout.readline())["event"] == "hello"
        server.set("/a", rss("Alpha", [article(9)]))
        daemon.refresh("a")
        assert json.loads(socat.stdout.readline())["event"] == "new"
        socat.terminate()


def test_tail_ends_with_its_reader(server, make_daemon):
    """`sitrep tail | head -n 1` does not wait for a second line."""
    daemon = start(server, make_daemon)
    done = subprocess.run(["bash", "-o", "pipefail", "-c", '"$0" --socket "$1" tail --since 0 | head -n 1', str(BUILD / "sitrep"),
                           str(daemon.stream_path)], capture_output=True, text=True, timeout=PATIENCE)
    assert done.stdout.count("\n") == 1 and done.stderr == ""
    assert done.returncode == 128 + signal.SIGPIPE


def test_a_filter_that_is_piped_in(server, make_daemon):
    """`echo ... | socat`: the request is all that the client ever sends, and its answer comes."""
    daemon = start(server, make_daemon)
    since = dict(op="poll", since="1h", match="number AND 3", events=["new"])
    done = subprocess.run(["socat", "-t", str(PATIENCE), "-", "UNIX-CONNECT:%s" % daemon.stream_path],
                          input=json.dumps(since) + "\n", capture_output=True, text=True, timeout=PATIENCE, check=True)
    hello, subscribed, event, end = [json.loads(line) for line in done.stdout.splitlines()]
    assert hello["event"] == "hello" and end == dict(event="heartbeat", cursor="5")
    assert subscribed == dict(event="subscribed", since="0", id="1", events=["new"], match="number AND 3")
    assert event["item"]["title"] == article(3)["title"]


def test_the_last_line_needs_no_end(server, make_daemon):
    """As printf and echo -n write it: the end of the sending side ends the line."""
    daemon = start(server, make_daemon)
    for request, last in ((b'{"op":"poll","since":"3"}', "heartbeat"), (b'{"op":"poll","since":"3"', "error")):
        with connected(daemon.stream_path) as client:
            client.sendall(request)
            client.shutdown(socket.SHUT_WR)
            lines = client.makefile("rb")
            told = []
            while not told or told[-1] not in ("heartbeat", "error"):
                told.append(json.loads(lines.readline())["event"])
        assert told[-1] == last
        assert last == "error" or told == ["hello", "subscribed", "new", "new", "heartbeat"]


def test_a_cursor_that_is_not_of_this_log(server, make_daemon):
    """The reason says which of the two it is."""
    daemon = start(server, make_daemon)
    stream = daemon.stream()
    for op in ("subscribe", "poll"):
        for members, word in ((dict(since="2", instance="another"), "another database"), (dict(since="9"), "beyond the newest event"),
                              (dict(since="9", instance=stream.hello["instance"]), "beyond the newest event")):
            client = daemon.stream()
            client.send(dict(op=op, **members))
            reset = client.read_until("reset")
            assert word in reset["reason"] and '"since":"oldest"' in reset["reason"]
            assert client.read_until("subscribed")["since"] == "5"
            assert op == "subscribe" or client.read_until("heartbeat")["cursor"] == "5"
            client.close()


def test_a_category_that_no_feed_has_is_told(server, make_daemon):
    """Items may bring it, so it is no mistake; tail tells it, and does not wait in silence."""
    server.set("/a", rss("A", [article(1)]))
    daemon = make_daemon(feeds={"a": dict(url=server.url("/a"), categories="naval")}).start()
    daemon.refresh("a")
    wait_for(lambda: daemon.feeds()["a"]["polls"] > 0, "the first poll")
    note = 'no feed has the category "weather": only items that bring it themselves are taken'
    assert daemon.stream(dict(categories=["naval", "weather"])).subscribed["notes"] == [note]
    assert "notes" not in daemon.stream(dict(categories=["NAVAL"])).subscribed
    with subprocess.Popen([str(BUILD / "sitrep"), "-c", str(daemon.config_path), "tail", "--category", "weather"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as tail:
        told = tail.stderr.readline()
        tail.terminate()
    assert note in told, told


def test_notes_for_who_asks_for_alerts(server, make_daemon):
    daemon = start(server, make_daemon)
    for members in (dict(events=["alert"]), dict(events=["alert", "muted", "digest"], since="0"), dict(events=["alert"], match="frigate")):
        assert any("raise no alert" in note for note in daemon.stream(members).subscribed["notes"])
    for members in ({}, dict(events=["new", "alert"]), dict(events=["silence"])):
        assert "notes" not in daemon.stream(members).subscribed
    # names in a rule are looked up as those of the members are, and a rule may name what comes later
    notes = daemon.stream(dict(match='frigate AND (feed:b OR feed:a OR feed:b* OR category:see OR category:sea)')).subscribed["notes"]
    assert notes == ["at column 14: feed:b names no feed", "at column 34: feed:b* names no feed",
                     "at column 45: category:see is no feed's category"]


def test_one_more_than_fit_is_told(server, make_daemon):
    daemon = start(server, make_daemon, config="[stream]\nconnections = 2")
    first, second = daemon.stream(), daemon.stream()
    for _ in range(3):
        with connected(daemon.stream_path) as third:
            answer = third.makefile("rb").read()
        assert answer.count(b"\n") == 1 and json.loads(answer)["event"] == "error"
        assert "2 clients are the most" in json.loads(answer)["reason"] and "connections" in json.loads(answer)["reason"]
    refused = daemon.run("tail", check=False)
    assert refused.returncode != 0 and "2 clients are the most" in refused.stderr
    assert daemon.log().count("connections in [stream]") == 1
    second.close()
    wait_for(lambda: can_subscribe(daemon), "room for another client")
    first.close()


def can_subscribe(daemon):
    try:
        daemon.stream({}).close()
    except (AssertionError, OSError):
        return False
    return True


def test_users_that_may_subscribe(server, make_daemon):
    """By user or by group; without the right there is a sentence and no event."""
    server.set("/a", rss("Alpha", [article(1)]))
    feeds = dict(a=server.url("/a"))
    allowed = ("allow-uid = %d" % os.getuid(), "allow-uid = 54321\nallow-gid = %d" % os.getgid())
    for options in allowed:
        stream = make_daemon("[stream]\n" + options, feeds).start().stream()
        assert stream.hello["event"] == "hello"
    daemon = make_daemon("[stream]\nallow-uid = 54321", feeds).start()
    with connected(daemon.stream_path) as refused:
        lines = refused.makefile().readlines()
    assert len(lines) == 1 and "allow-uid" in json.loads(lines[0])["reason"]
    assert "refused by allow-uid" in daemon.log() and "uid=%d" % os.getuid() in daemon.log()


def test_users_that_the_kernel_does_not_show(make_daemon):
    """As under PrivateUsers=yes: every other user is 65534, so the list would refuse everybody for ever."""
    daemon = make_daemon("[stream]\nallow-uid = 54321", {})
    if subprocess.run(["unshare", "--user", "--map-root-user", "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("no user namespaces here")
    result = subprocess.run(["unshare", "--user", "--map-root-user", *daemon.command()], check=False, capture_output=True,
                            text=True, timeout=PATIENCE)
    assert result.returncode != 0 and "allow-uid: the kernel shows 54321" in result.stderr
    daemon.write_config("[stream]\nallow-uid = no-such-user", {})
    result = subprocess.run(daemon.command(), check=False, capture_output=True, text=True, timeout=PATIENCE)
    assert result.returncode != 0 and 'no-such-user is not known' in result.stderr


def test_tail_keeps_its_cursor(server, make_daemon, tmp_path):
    daemon = start(server, make_daemon)
    state = tmp_path / "cursor"
    stream = daemon.stream()
    instance = stream.hello["instance"]

    def tail(count, *arguments):
        command = BUILD / "sitrep"
        with subprocess.Popen([str(command), "-c", str(daemon.config_path), "tail", "--json", "--state", str(state), *arguments],
                              stdout=subprocess.PIPE) as process:
            lines = [json.loads(process.stdout.readline()) for _ in range(count)]
            wait_for(lambda: state.exists() and state.read_text().split() == [lines[-1]["cursor"], instance], "the cursor to be kept")
            process.terminate()
            assert process.wait() == 0
        return lines

    assert [e["cursor"] for e in tail(5, "--since", "0")] == ["1", "2", "3", "4", "5"]
    server.set("/a", rss("Alpha", [article(n) for n in (7, 8)]))
    daemon.refresh("a")
    assert [e["cursor"] for e in tail(2)] == ["6", "7"]
    # a file of 0.1.0 has no instance
    state.write_text("5\n")
    assert [e["cursor"] for e in tail(2)] == ["6", "7"]
    # the cursor of another database is not taken for one of this: all that is kept comes
    state.write_text("5 0123456789abcdef\n")
    assert [e["cursor"] for e in tail(7)] == [str(n) for n in range(1, 8)]
    state.write_text("800\n")
    assert [e["cursor"] for e in tail(7)] == [str(n) for n in range(1, 8)]
    state.unlink()
    assert [e["cursor"] for e in tail(7, "--since", "1h")] == [str(n) for n in range(1, 8)]


def test_tail_tells_what_a_person_should_know(server, make_daemon):
    daemon = start(server, make_daemon)
    result = daemon.run("tail", "--since", "800", check=False)
    assert result.returncode == 1 and "another database" in result.stderr and "--since oldest" in result.stderr
    with subprocess.Popen([str(BUILD / "sitrep"), "-c", str(daemon.config_path), "tail", "--since", "0", "--event", "alert"],
                          stderr=subprocess.PIPE, text=True) as process:
        assert "first poll" in process.stderr.readline()
        process.terminate()


def test_tail_takes_no_other_file_for_its_cursor(server, make_daemon, tmp_path):
    daemon = make_daemon(feeds={}).start()
    state = tmp_path / "cursor"
    # the last one would be another number if it were cut
    for content in (b"not a cursor\n", b"12\n13\n", b"12\x00", b"-5", b"1" * 31 + b"2" * 9, b"7\n" * 100):
        state.write_bytes(content)
        result = daemon.run("tail", "--state", str(state), check=False)
        assert result.returncode == 1 and "does not hold a cursor" in result.stderr, content
        assert state.read_bytes() == content


def test_tail_prints_plain_lines_and_no_events_that_it_does_not_know(tmp_path):
    path = tmp_path / "stream.sock"
    odd = "\x1b[31m\x7f\u202e\x9b"
    item = dict(title="a ship" + odd, source="s" + odd, link="https://e.example/" + odd)
    events = (dict(event="hello"), dict(event="subscribed", since="0"), dict(event="later" + odd, cursor="1", item=item), dict(event="heartbeat", cursor="1"),
              {"event": "gap", "from": "1" + odd, "to": "2" + odd}, dict(event="gap"),
              dict(event="alert", cursor="3", item=item, alert=dict(name="a" + odd, priority="p" + odd)),
              dict(event="feed", cursor="4", feed=dict(name="n" + odd, state="s" + odd, reason="r" + odd)),
              dict(event="error", reason="enough" + odd))
    with listening(path) as listener:
        with subprocess.Popen([str(BUILD / "sitrep"), "--socket", str(path), "tail"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as process:
            connection, _ = listener.accept()
            connection.sendall("".join(json.dumps(e) + "\n" for e in events).encode())
            printed, said = process.communicate(timeout=PATIENCE)
            connection.close()
    assert process.returncode == 1 and "enough" in said and not set(said) & set(odd[0] + odd[5:])
    assert not set(printed) & set(odd[0] + odd[5:])
    assert "missed: events 1[31m to 2[31m are no longer kept" in printed and "later" not in printed
    assert printed.count("a ship") == 1 and "ALERT a" in printed and "feed     n" in printed


def test_closed_standard_files_are_not_sockets(server, make_daemon):
    """What is printed or logged goes nowhere then, and not to the other end of a connection that has the number."""
    daemon = start(server, make_daemon)
    closed = subprocess.run(["sh", "-c", 'exec "$0" "$@" >&-', str(BUILD / "sitrep"), "-c", str(daemon.config_path), "tail", "--since", "oldest"],
                            capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert closed.returncode == 1 and closed.stderr == "sitrep: cannot write the output: Bad file descriptor\n"
    daemon.stop()
    program = daemon.command()
    daemon.command = lambda: ["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-', *program]
    daemon.start()
    assert {os.readlink("/proc/%d/fd/%d" % (daemon.process.pid, n)) for n in range(3)} == {"/dev/null"}


def test_a_state_that_is_no_file_stays(server, make_daemon, tmp_path):
    daemon = start(server, make_daemon)
    os.mkfifo(tmp_path / "pipe")
    refused = daemon.run("tail", "--since", "oldest", "--state", str(tmp_path / "pipe"), check=False)
    assert refused.returncode == 1 and refused.stdout == "" and "no file that can hold a cursor" in refused.stderr
    assert (tmp_path / "pipe").is_fifo()


def test_a_sentence_that_quotes_is_harmless_to_a_terminal(server, make_daemon):
    daemon = make_daemon(feeds={}).start()
    result = daemon.run("explain", "\x1b[31mred\u202e\x9b", check=False)
    assert result.returncode == 1 and "red" in result.stderr
    assert not set(result.stderr) & set("\x1b\u202e\x9b")


def test_the_first_poll_of_a_feed_is_no_flood(server, make_daemon):
    """Hundreds of items come in, join the stories that are there, and call nobody."""
    old = [article(n) for n in range(400)]
    daemon = make_daemon("[alert \"sea\"]\nmatch = sea", dict(a=server.set("/a", rss("A", old[:1])))).first_polls(polls=1)
    first = json.loads(daemon.get("/feed.json").body)["items"][0]
    server.set("/b", rss("B", [dict(a, link="http://b.example/%d" % a["n"]) for a in old], "b"))
    daemon.write_config("[alert \"sea\"]\nmatch = sea", dict(a=server.url("/a"), b=server.url("/b")))
    stream = daemon.stream(dict(since="0", events=["new", "copy", "alert"]))
    daemon.control(op="reload")
    wait_for(lambda: daemon.feeds()["b"]["items"] == 400, "the backlog")
    seen = daemon.stream(dict(since="0", events=["new", "copy", "alert"])).read_events(401)
    assert {e["event"] for e in seen[1:]} <= {"new", "copy"} and all(e["backlog"] for e in seen[1:])
    copies = [e for e in seen if e["event"] == "copy"]
    assert [e["story"]["id"] for e in copies] == [first["id"].removeprefix("urn:uuid:")]
    assert copies[0]["story"]["sources"] == 2
    server.set("/b", rss("B", [article(500)], "b"))
    daemon.refresh("b")
    told = stream.read_events(403)[401:]
    assert {e["event"] for e in told} == {"new", "alert"} and not any(e.get("backlog") for e in told)
