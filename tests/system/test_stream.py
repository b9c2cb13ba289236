# SPDX-License-Identifier: ISC
"""The stream as sitrep-stream(7) has it."""
import json
import socket
import subprocess

from harness import BUILD, PATIENCE, wait_for
from samples import article, rss


def start(server, make_daemon, count=5, config=""):
    server.set("/a", rss("Alpha", [article(n) for n in range(count)]))
    daemon = make_daemon(config, dict(a=dict(url=server.url("/a"), categories="sea"))).start()
    wait_for(lambda: daemon.feeds()["a"]["items"] == count, "the first poll")
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
    stream.close()


def test_since_and_filters(server, make_daemon):
    daemon = start(server, make_daemon)
    stream = daemon.stream(dict(since="2"))
    assert [e["cursor"] for e in stream.read_events(3)] == ["3", "4", "5"]
    # a line re-scopes the same connection
    stream.send(dict(op="subscribe", since="0", match="number AND 3 NOT title:\"number 4\""))
    assert stream.read_until("subscribed")["since"] == "0"
    assert stream.read_events(1)[0]["item"]["title"] == article(3)["title"]
    for scope in (dict(feeds=["b"]), dict(categories=["air"]), dict(events=["alert"])):
        stream.send(dict(op="subscribe", since="0", **scope))
        stream.read_until("subscribed")
    stream.send(dict(op="subscribe", since="0", feeds=["a"], categories=["SEA"], events=["new"]))
    stream.read_until("subscribed")
    assert [e["cursor"] for e in stream.read_events(5)] == ["1", "2", "3", "4", "5"]
    stream.close()


def test_mistakes_are_named(server, make_daemon):
    daemon = start(server, make_daemon)
    stream = daemon.stream()
    for line, word in ((b"nonsense\n", "JSON"), (b"{}\n", "op"), (b'{"op":"dance"}\n', "op"),
                       (b'{"op":"subscribe","since":"x"}\n', "since"), (b'{"op":"subscribe","match":"(a"}\n', "match"),
                       (b'{"op":"subscribe","events":["old"]}\n', "old"), (b'{"op":"subscribe","feeds":7}\n', "feeds")):
        stream.socket.sendall(line)
        answer = stream.read()
        assert answer["event"] == "error" and word in answer["reason"]
    stream.close()


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
    stream.close()


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
    eager.close()


def test_gap(server, make_daemon):
    daemon = start(server, make_daemon, count=20)
    daemon.stop()
    subprocess.run(["sqlite3", str(daemon.state / "sitrepd.db"), "DELETE FROM event WHERE cursor <= 12"], check=True)
    daemon.start()
    stream = daemon.stream(dict(since="3"))
    assert stream.hello["oldest"] == "13"
    assert stream.read() == {"event": "gap", "from": "3", "to": "12"}
    assert [e["cursor"] for e in stream.read_events(8)] == [str(n) for n in range(13, 21)]
    stream.close()


def test_plain_socat_sees_the_news(server, make_daemon):
    daemon = start(server, make_daemon)
    with subprocess.Popen(["socat", "-u", "UNIX-CONNECT:%s" % daemon.stream_path, "-"], stdout=subprocess.PIPE) as socat:
        assert json.loads(socat.stdout.readline())["event"] == "hello"
        server.set("/a", rss("Alpha", [article(9)]))
        daemon.refresh("a")
        assert json.loads(socat.stdout.readline())["event"] == "new"
        socat.terminate()


def test_tail_keeps_its_cursor(server, make_daemon, tmp_path):
    daemon = start(server, make_daemon)
    state = tmp_path / "cursor"

    def tail(count, *arguments):
        command = BUILD / "sitrep"
        with subprocess.Popen([str(command), "-c", str(daemon.config_path), "tail", "--json", "--state", str(state), *arguments],
                              stdout=subprocess.PIPE) as process:
            lines = [json.loads(process.stdout.readline()) for _ in range(count)]
            wait_for(lambda: state.exists() and state.read_text().strip() == lines[-1]["cursor"], "the cursor to be kept")
            process.terminate()
            assert process.wait() == 0
        return lines

    assert [e["cursor"] for e in tail(5, "--since", "0")] == ["1", "2", "3", "4", "5"]
    server.set("/a", rss("Alpha", [article(n) for n in (7, 8)]))
    daemon.refresh("a")
    assert [e["cursor"] for e in tail(2)] == ["6", "7"]


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
    events = (dict(event="hello"), dict(event="later" + odd, cursor="1", item=item), dict(event="heartbeat", cursor="1"),
              {"event": "gap", "from": "1" + odd, "to": "2" + odd}, dict(event="gap"),
              dict(event="alert", cursor="3", item=item, alert=dict(name="a" + odd, priority="p" + odd)),
              dict(event="feed", cursor="4", feed=dict(name="n" + odd, state="s" + odd, reason="r" + odd)),
              dict(event="error", reason="enough" + odd))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        with subprocess.Popen([str(BUILD / "sitrep"), "--socket", str(path), "tail"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as process:
            connection, _ = listening.accept()
            connection.sendall("".join(json.dumps(e) + "\n" for e in events).encode())
            printed, said = process.communicate(timeout=PATIENCE)
            connection.close()
    assert process.returncode == 1 and "enough" in said and not set(said) & set(odd[0] + odd[5:])
    assert not set(printed) & set(odd[0] + odd[5:])
    assert "missed: events 1[31m to 2[31m are no longer kept" in printed and "later" not in printed
    assert printed.count("a ship") == 1 and "ALERT a" in printed and "feed     n" in printed


def test_a_sentence_that_quotes_is_harmless_to_a_terminal(server, make_daemon):
    daemon = make_daemon(feeds={}).start()
    result = daemon.run("explain", "\x1b[31mred\u202e\x9b", check=False)
    assert result.returncode == 1 and "red" in result.stderr
    assert not set(result.stderr) & set("\x1b\u202e\x9b")


def test_the_first_poll_of_a_feed_is_no_flood(server, make_daemon):
    """Hundreds of items come in, join the stories that are there, and call nobody."""
    old = [article(n) for n in range(400)]
    server.set("/a", rss("A", old[:1]))
    daemon = make_daemon("[alert \"sea\"]\nmatch = sea", dict(a=server.url("/a"))).start()
    wait_for(lambda: daemon.feeds()["a"]["polls"] == 1, "the first poll")
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
