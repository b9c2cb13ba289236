# SPDX-License-Identifier: ISC
"""sitrepd as a guest: what a server sees of it, and how it takes what a server says.

The server here plays the points of the feed reader behaviour list; docs/feed-reader-behaviour.md says which test
proves which point, and the last test here that all of those exist.
"""
import calendar
import contextlib
import gzip
import re
import socket
import subprocess
import threading
import time
import zlib

import pytest

from harness import BUILD, PATIENCE, TOP, wait_for
from samples import article, rss
from servers import RawServer, answer, brotli_stored, missing, zstd_stored

MINUTE, HOUR = 60, 3600
CONTACT = "contact-url = https://desk.example.org/bot"


@pytest.fixture
def host():
    server = RawServer()
    yield server
    server.close()


def field(head, name):
    """The value of a request's field; None without it."""
    for line in head.split(b"\r\n")[1:]:
        if line.lower().startswith(name.lower().encode() + b":"):
            return line.split(b":", 1)[1].strip().decode()
    return None


def validators(head):
    return field(head, "If-None-Match"), field(head, "If-Modified-Since")


def feed(articles=1, etag=None, modified=None, headers=()):
    """A feed with validators, 304 included; as a good server has it."""
    said = [*(["ETag: " + etag] if etag else []), *(["Last-Modified: " + modified] if modified else []), *headers]
    full = answer(rss("Alpha", [article(n) for n in range(articles)]), "Content-Type: application/rss+xml", *said)
    unchanged = answer("", *said, status="304 Not Modified")

    def play(connection, head):
        asked = validators(head)
        fresh = asked[0] == etag if etag else modified and asked[1] == modified
        (unchanged if fresh else full)(connection)
    return play


def error(status, *headers):
    return answer("no", *headers, status=status)


def polls(daemon, name):
    return daemon.feeds()[name]["polls"]


def seconds_to_due(state):
    """From the poll to the next one."""
    last, due = (calendar.timegm(time.strptime(state[key], "%Y-%m-%dT%H:%M:%SZ")) for key in ("last_poll", "due"))
    return due - last


def read_until_done(peer):
    text = b""
    while b'"done"' not in text:
        piece = peer.recv(4096)
        assert piece, text
        text += piece


def poll_when_due(daemon):
    """Polls by the schedule, which alone lengthens a pause: a refresh by hand does not."""
    before = {name: f["polls"] for name, f in daemon.feeds().items()}
    with daemon.altered() as db:
        db.execute("UPDATE feed SET due = 1")
    wait_for(lambda: all(f["polls"] > before[name] for name, f in daemon.feeds().items()), "the polls that are due")


def first_poll(make_daemon, host, config="", **options):
    """A daemon with one feed, polled once."""
    daemon = make_daemon(config, dict(a=dict(url=host.url("/feed"), **options))).first_polls(polls=1)
    return daemon


# ---- conditional requests

@pytest.mark.parametrize("etag, modified", [('"one"', None), (None, "Tue, 10 Nov 2026 10:00:00 GMT"),
                                            ('W/"odd, \\one"', "not even a date")])
def test_validators_come_back_as_they_were(make_daemon, host, etag, modified):
    host.routes["/feed"] = feed(1, etag, modified)
    daemon = first_poll(make_daemon, host)
    daemon.refresh()
    daemon.refresh()
    assert [validators(head) for head in host.heads("/feed")] == [(None, None), (etag, modified), (etag, modified)]
    assert daemon.feeds()["a"]["not_modified"] == 2


def test_validators_outlive_errors_and_restarts(make_daemon, host):
    mine = '"kept"', "Tue, 10 Nov 2026 10:00:00 GMT"
    host.routes["/feed"] = feed(1, *mine)
    daemon = first_poll(make_daemon, host)
    for trouble in (error("500 Oops"), error("429 Too Many Requests"), error("404 Not Found", 'ETag: "error page"'),
                    answer(""), answer("<html><title>Down</title>", 'ETag: "maintenance"'), lambda connection, head: None,
                    answer("", status="304 Not Modified")):
        host.routes["/feed"] = trouble
        daemon.refresh()
        assert validators(host.heads("/feed")[-1]) == mine
    daemon.restart()
    daemon.refresh()
    daemon.reload(CONTACT, dict(a=dict(url=host.url("/feed"), categories="navy")))
    daemon.refresh()
    assert [validators(head) for head in host.heads("/feed")[1:]] == [mine] * (len(host.heads("/feed")) - 1)
    assert len(host.heads("/feed")) == 10


def test_validators_are_one_set(make_daemon, host):
    """A full answer replaces both, also by nothing; an ETag that is new beside an old date is kept."""
    modified = "Tue, 10 Nov 2026 10:00:00 GMT"
    host.routes["/feed"] = feed(1, '"one"', modified)
    daemon = first_poll(make_daemon, host)
    for articles, etag, date in ((2, '"two"', modified), (3, '"three"', None), (4, None, modified), (5, None, None), (6, None, None)):
        host.routes["/feed"] = feed(articles, etag, date)
        daemon.refresh()
    assert [validators(head) for head in host.heads("/feed")] == [
        (None, None), ('"one"', modified), ('"two"', modified), ('"three"', None), (None, modified), (None, None)]


def test_validators_of_a_304_are_the_next_ones(make_daemon, host):
    """What it brings replaces what there was, what it leaves out stays (RFC 9111, 4.3.4); over a restart as well."""
    modified = "Tue, 10 Nov 2026 10:00:00 GMT"
    host.routes["/feed"] = feed(1, '"one"', modified)
    daemon = first_poll(make_daemon, host)
    for said in (['ETag: W/"two"'], [], ["Last-Modified: later"], ['ETag: "three"', "Last-Modified: " + modified]):
        host.routes["/feed"] = answer("", *said, status="304 Not Modified")
        daemon.refresh()
    daemon.restart()
    daemon.refresh()
    assert [validators(head) for head in host.heads("/feed")] == [
        (None, None), ('"one"', modified), ('W/"two"', modified), ('W/"two"', modified), ('W/"two"', "later"),
        ('"three"', modified)]
    assert daemon.feeds()["a"]["not_modified"] == 5


def test_validators_are_not_made_up(make_daemon, host):
    """Neither from the feed's own dates nor from the Date field nor from the clock."""
    body = rss("Alpha", [article(1)]).replace("<item>", "<lastBuildDate>Tue, 10 Nov 2026 10:00:00 GMT</lastBuildDate><item>", 1)
    host.routes["/feed"] = answer(body, "Date: Tue, 10 Nov 2026 11:00:00 GMT", "Expires: Tue, 10 Nov 2026 11:00:01 GMT")
    daemon = first_poll(make_daemon, host)
    daemon.refresh()
    assert daemon.feeds()["a"]["state"] == "ok" and len(host.heads("/feed")) == 2
    assert [validators(head) for head in host.heads("/feed")] == [(None, None)] * 2


def test_validators_belong_to_their_url(make_daemon, host):
    host.routes["/feed"] = host.routes["/other"] = feed(1, '"one"')
    daemon = first_poll(make_daemon, host)
    daemon.reload("", dict(a=host.url("/other")))
    daemon.refresh()
    assert validators(host.heads("/other")[0]) == (None, None)


# ---- what the server says about when

@pytest.mark.parametrize("headers", [("Cache-Control: public, max-age=14400",), ("Retry-After: 14400",),
                                     ("Cache-Control: max-age=18000", "Age: 3600")])
def test_the_servers_hint_is_kept(make_daemon, host, headers):
    """On a full answer and on a 304, whatever interval the configuration wants; also on a bare 304 for what may be kept."""
    host.routes["/feed"] = feed(1, '"one"', headers=headers)
    daemon = first_poll(make_daemon, host, interval="1s")
    assert abs(seconds_to_due(daemon.feeds()["a"]) - 4 * HOUR) <= 2
    daemon.refresh("a")
    assert daemon.feeds()["a"]["not_modified"] == 1 and abs(seconds_to_due(daemon.feeds()["a"]) - 4 * HOUR) <= 2
    if "Retry-After" not in headers[0]:
        host.routes["/feed"] = answer("", 'ETag: "one"', status="304 Not Modified")
        daemon.refresh("a")
        assert daemon.feeds()["a"]["not_modified"] == 2 and abs(seconds_to_due(daemon.feeds()["a"]) - 4 * HOUR) <= 2
    asked = len(host.heads("/feed"))
    daemon.restart()
    daemon.run("reload")
    assert len(host.heads("/feed")) == asked


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_being_told_to_wait(make_daemon, host, status):
    """Kept for the feed, for its host, over a restart and against a person's wish."""
    host.routes["/feed"] = error(status, "Retry-After: 7200")
    host.routes["/neighbour"] = feed(1)
    daemon = first_poll(make_daemon, host, interval="1s")
    assert abs(seconds_to_due(daemon.feeds()["a"]) - 2 * HOUR) <= 2
    assert "asked for a pause (HTTP 429 or 503)" in daemon.run("refresh", "a", check=False).stderr
    daemon.reload("", dict(a=dict(url=host.url("/feed"), interval="1s"), b=dict(url=host.url("/neighbour"), interval="1s")))
    daemon.refresh("a")
    daemon.restart()
    daemon.refresh()
    assert len(host.heads("/feed")) == 1


def test_429_without_a_hint_slows_down(make_daemon, host):
    host.routes["/feed"] = error("429 Too Many Requests")
    daemon = first_poll(make_daemon, host)
    pauses = [seconds_to_due(daemon.feeds()["a"])]
    for _ in range(3):
        poll_when_due(daemon)
        pauses.append(seconds_to_due(daemon.feeds()["a"]))
    assert pauses[0] >= 4 * MINUTE
    assert all(later > 1.5 * sooner for sooner, later in zip(pauses, pauses[1:])), pauses


# ---- how often and what

def test_only_the_feed_is_asked_for(make_daemon, host):
    """Neither its items, nor images, nor enclosures, nor icons, nor robots.txt, however much it names them."""
    items = "".join('<item><title>%d</title><link>%s</link><enclosure url="%s" length="1" type="audio/mpeg"/><description>'
                    '&lt;img src="%s"&gt; text</description><comments>%s</comments></item>' %
                    (n, *(host.url("/%s/%d" % (kind, n)) for kind in ("post", "sound", "image", "talk"))) for n in range(20))
    host.routes["/feed"] = answer('<rss version="2.0"><channel><title>A</title><link>%s</link><image><url>%s</url></image>%s'
                                  "</channel></rss>" % (host.url("/"), host.url("/icon"), items))
    daemon = first_poll(make_daemon, host)
    assert daemon.feeds()["a"]["items"] == 20
    daemon.get("/")
    daemon.get("/feed.atom")
    daemon.refresh()
    assert [path for path, _ in host.requests] == ["/feed", "/feed"]


def test_adding_a_feed_is_one_request(make_daemon, host):
    host.routes["/feed"] = host.routes["/new"] = feed(1)
    daemon = first_poll(make_daemon, host)
    daemon.reload("", dict(a=host.url("/feed"), b=host.url("/new")))
    wait_for(lambda: daemon.feeds()["b"]["state"] == "ok", "the new feed")
    daemon.run("reload")
    daemon.run("reload")
    daemon.restart()
    assert [path for path, _ in host.requests] == ["/feed", "/new"]


def test_a_server_is_not_asked_for_many_things_at_once(make_daemon, host):
    under_way, most = [], []
    lock, go_on = threading.Lock(), threading.Event()

    def play(connection, head):
        with lock:
            under_way.append(connection)
            most.append(len(under_way))
        if len(most) > 2:
            go_on.set()
        go_on.wait(0.2)  # time for a third one to come, if one would
        with lock:
            under_way.remove(connection)
        feed(1)(connection, head)
    for n in range(8):
        host.routes["/%d" % n] = play
    make_daemon("[fetch]\nallow = 127.0.0.0/8", {"f%d" % n: host.url("/%d" % n) for n in range(8)}).first_polls(state="ok")
    assert max(most) == 2 and len(most) == 8


def test_refreshes_at_one_time_share_a_request(make_daemon, host):
    host.routes["/feed"] = feed(1, '"one"')
    daemon = first_poll(make_daemon, host)
    go_on = threading.Event()

    def slowly(connection, head):
        go_on.wait(PATIENCE)
        feed(1, '"one"')(connection, head)
    host.routes["/feed"] = slowly
    with contextlib.ExitStack() as stack:
        people = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(5)]
        for person in people:
            person.settimeout(PATIENCE)
            person.connect(str(daemon.control_path))
            person.sendall(b'{"op":"refresh","feed":"a"}\n')
        # the daemon takes its peers in turn: when a later one has been answered, all have been heard
        assert polls(daemon, "a") == polls(daemon, "a") == 1
        go_on.set()
        for person in people:
            read_until_done(person)
    # and what a person asks for is conditional like every poll
    assert [field(head, "If-None-Match") for head in host.heads("/feed")] == [None, '"one"']


# ---- requests

def test_requests_are_clean(make_daemon, host):
    """GET, the URL as it was configured, and no more fields than needed, whatever the server tries."""
    path = "/feed?b=2&a=1&&utm_source=x&q=%20%c3%a9+%2F&empty=&t=1"
    host.routes["/feed"] = answer(rss("A", [article(1)]), "Set-Cookie: id=1; Path=/; Max-Age=99999", "Set-Cookie: b=2",
                                  "Accept-CH: Sec-CH-UA", 'Alt-Svc: h3=":443"', "Refresh: 1; url=/other", 'ETag: "e"')
    host.routes["/from"] = answer("", "Location: /feed?to", "Set-Cookie: c=3", status="302 Found")
    daemon = make_daemon(CONTACT, dict(a=host.url(path), b=host.url("/from") + "#part")).first_polls(state="ok")
    daemon.refresh()
    heads = [head for _, head in host.requests]
    assert len(heads) == 6
    lines = [head.split(b"\r\n")[0].decode() for head in heads]
    assert sorted(lines) == sorted(["GET %s HTTP/1.1" % asked for asked in (path, "/from", "/feed?to")] * 2)
    # the cookie of a redirect goes along to its target, each time, and nowhere else
    assert sorted(filter(None, (field(head, "Cookie") for head in heads))) == ["c=3"] * 2
    assert all(field(head, "Cookie") == "c=3" for head in host.heads("/feed?to"))
    allowed = {"host", "user-agent", "accept", "accept-encoding", "if-none-match", "a-im"}
    for head in heads:
        names = [line.split(b":")[0].decode().lower() for line in head.split(b"\r\n")[1:] if line]
        assert set(names) <= allowed | ({"cookie"} if b"/feed?to" in head else set()) and len(names) == len(set(names)), names


def test_one_honest_user_agent(make_daemon, host):
    """Program, version, and a page of the operator's; the same for every feed, at every time, after every answer."""
    host.routes["/feed"] = error("403 Forbidden")
    host.routes["/other"] = feed(1)
    daemon = make_daemon(CONTACT, dict(a=host.url("/feed"), b=host.url("/other"))).first_polls(polls=1)
    daemon.refresh()
    daemon.restart()
    daemon.refresh()
    agents = {field(head, "User-Agent") for _, head in host.requests}
    version = subprocess.run([str(BUILD / "sitrepd"), "--version"], capture_output=True, text=True).stdout.split()[1]
    assert agents == {"sitrepd/%s (+https://desk.example.org/bot)" % version}
    assert re.fullmatch(r"\d+\.\d+\.\d+", version) and len(host.requests) == 6
    assert not re.search("mozilla|curl|libcurl|python|http/", agents.pop(), re.IGNORECASE)


def test_a_person_who_tries_an_address_says_where_to_turn_as_well(make_daemon, host):
    host.routes["/feed"] = feed(1)
    config = make_daemon(CONTACT, {}).config_path
    for command in ("parse", "discover"):
        subprocess.run([str(BUILD / "sitrep"), "-c", str(config), command, host.url("/feed")], check=True, capture_output=True)
    version = subprocess.run([str(BUILD / "sitrep"), "--version"], capture_output=True, text=True).stdout.split()[1]
    assert {field(head, "User-Agent") for head in host.heads("/feed")} == {"sitrep/%s (+https://desk.example.org/bot)" % version}
    assert len(host.heads("/feed")) == 2


def test_a_guest_without_an_address_is_told_so(make_daemon):
    daemon = make_daemon("", {}).start()
    assert "contact-url is not set" in daemon.log()
    daemon.reload(CONTACT, {})
    assert daemon.log().count("contact-url is not set") == 1


def test_another_name_is_as_honest(make_daemon, host):
    """An operator may choose it, for all feeds or one, but not without version and page, nor a browser's."""
    host.routes["/feed"] = host.routes["/other"] = feed(1)
    mine, theirs = "desk/2.1 (+https://desk.example.org/bot)", "desk-for-you/3 +http://desk.example.org/you"
    daemon = make_daemon("[fetch]\nallow = 127.0.0.0/8\nuser-agent = " + mine,
                         dict(a=host.url("/feed"), b={"url": host.url("/other"), "user-agent": theirs})).first_polls(polls=1)
    assert field(host.heads("/feed")[0], "User-Agent") == mine and field(host.heads("/other")[0], "User-Agent") == theirs
    dishonest = ("Mozilla/5.0 (X11) +https://desk.example.org/", "desk", "desk/1.0", "desk (+https://desk.example.org/)", "/1 http://x/",
                 "my desk/1.0 (+https://desk.example.org/)", "desk/v1 (+https://desk.example.org/)",
                 "desk/1.0 (+https://desk.example.org/) like mozilla/5.0")
    daemon.write_config("", {"f%d" % n: {"url": host.url("/%d" % n), "user-agent": text} for n, text in enumerate(dishonest)})
    check = daemon.check(1)
    assert check.stderr.count("expected NAME/VERSION") == len(dishonest), check.stderr
    # What may be a user and a password is not told.
    for page in ("desk.example.org", "mailto:desk@desk.example.org", "https:///bot"):
        daemon.write_config("contact-url = " + page, {})
        check = daemon.check(1)
        assert "contact-url = %s: expected an address" % page.split("@")[-1] in check.stderr, check.stderr


def test_credentials_come_from_files(make_daemon, host, tmp_path):
    for name, text in (("password", "pass:word\n"), ("bearer", "token"), ("headers", "# ours\nX-Key: sesame\nX-Desk: navy\n")):
        (tmp_path / name).write_text(text)
    for path in ("/basic", "/bearer", "/headers"):
        host.routes[path] = feed(1)
    feeds = dict(basic={"url": host.url("/basic"), "user": "anna", "password-file": tmp_path / "password"},
                 bearer={"url": host.url("/bearer"), "bearer-file": tmp_path / "bearer"},
                 headers={"url": host.url("/headers"), "header-file": tmp_path / "headers"})
    make_daemon("", feeds).first_polls(state="ok")
    assert field(host.heads("/basic")[0], "Authorization") == "Basic YW5uYTpwYXNzOndvcmQ="
    assert field(host.heads("/bearer")[0], "Authorization") == "Bearer token"
    assert field(host.heads("/headers")[0], "X-Key") == "sesame" and field(host.heads("/headers")[0], "X-Desk") == "navy"
    assert field(host.heads("/headers")[0], "Authorization") is None


def test_a_missing_secret_fails_its_feed_and_a_new_one_counts_at_once(make_daemon, host, tmp_path):
    for path in ("/basic", "/open"):
        host.routes[path] = feed(1)
    secret = tmp_path / "password"
    feeds = dict(basic={"url": host.url("/basic"), "user": "anna", "password-file": secret, "interval": "1s"}, open=host.url("/open"))
    daemon = make_daemon("", feeds).start()
    wait_for(lambda: daemon.feeds()["basic"]["state"] == "failing" and daemon.feeds()["open"]["state"] == "ok", "the first polls")
    state = daemon.feeds()["basic"]
    assert state["failure"] == "secret" and "cannot open %s" % secret in state["reason"]
    assert host.heads("/basic") == [] and "feed basic cannot be polled" in daemon.log()
    # base64 of anna:one and anna:two; neither needs a reload
    for text, expected in (("one", "YW5uYTpvbmU="), ("two", "YW5uYTp0d28=")):
        secret.with_suffix(".new").write_text(text)
        secret.with_suffix(".new").rename(secret)
        wait_for(lambda: host.heads("/basic") and field(host.heads("/basic")[-1], "Authorization") == "Basic " + expected, text)
    wait_for(lambda: daemon.feeds()["basic"]["state"] == "ok", "the end of the failure")
    secret.unlink()
    wait_for(lambda: daemon.feeds()["basic"].get("failure") == "secret", "the next failure")
    daemon.run("reload")  # does not refuse the others


def test_the_check_looks_at_files_of_sections(make_daemon, tmp_path):
    daemon = make_daemon("", {})
    daemon.config_path.write_text("[fetch]\nca-file = %s/none.pem\n[http]\nlisten = %s/none/http.sock\n" % (tmp_path, tmp_path))
    check = daemon.check(1)
    assert "%s:2: [fetch] ca-file: cannot open %s/none.pem" % (daemon.config_path, tmp_path) in check.stderr
    assert "%s:4: warning: [http] listen: there is no folder %s/none" % (daemon.config_path, tmp_path) in check.stderr


def test_a_relative_secret_is_a_credential_or_beside_its_configuration(make_daemon, host, tmp_path):
    """In an included file, so that neither the working folder nor that of the main file can be meant."""
    host.routes["/basic"] = feed(1)
    (tmp_path / "feeds.d").mkdir()
    included = tmp_path / "feeds.d/basic.conf"
    included.write_text('[feed "basic"]\nurl = %s\nuser = anna\npassword-file = secret\ninterval = 1s\n' % host.url("/basic"))
    daemon = make_daemon("", {})
    daemon.config_path.write_text("include = %s\n" % included + daemon.config_path.read_text())
    credentials = tmp_path / "credentials"
    daemon.environment["CREDENTIALS_DIRECTORY"] = str(credentials)
    check = daemon.check(1)
    assert "%s:4: feed basic: cannot open %s" % (included, included.with_name("secret")) in check.stderr, check.stderr
    included.with_name("secret").write_text("one")
    daemon.start()
    wait_for(lambda: host.heads("/basic") and field(host.heads("/basic")[-1], "Authorization") == "Basic YW5uYTpvbmU=", "one")
    credentials.mkdir()
    (credentials / "secret").write_text("two")
    wait_for(lambda: field(host.heads("/basic")[-1], "Authorization") == "Basic YW5uYTp0d28=", "two")


def test_passwords_in_addresses_stay_inside(make_daemon, host):
    """A user in a feed's URL goes to its server as a header, and nowhere else."""
    host.routes["/feed"] = feed(1)
    secret = host.url("/feed").replace("http://", "http://anna:sesame@")
    daemon = make_daemon("", dict(a=secret)).first_polls(state="ok")
    assert field(host.heads("/feed")[0], "Authorization") == "Basic YW5uYTpzZXNhbWU="
    stream = daemon.stream(dict(since="0"))
    shown = str(daemon.feeds()) + str(stream.read_until("new")) + daemon.run("feeds").stdout
    for path in ("/", "/feed.atom", "/feed.rss", "/feed.json", "/opml", "/metrics"):
        shown += daemon.get(path).body.decode()
    daemon.write_config("", dict(a=secret.replace("/feed", "/feed?2")))
    shown += daemon.run("reload").stdout
    assert host.url("/feed") in shown and "sesame" not in shown and "sesame" not in daemon.log()


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "identity"])
def test_compressed_answers_are_wanted_and_taken(make_daemon, host, tmp_path, coding):
    body = rss("Alpha", [article(1)]).encode()

    def play(connection, head):
        wanted = field(head, "Accept-Encoding")
        assert {"gzip", "deflate", "br", "zstd"} <= set(wanted.split(", "))
        packed = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli_stored, "zstd": zstd_stored, "identity": bytes}[coding]
        answer(packed(body), "Content-Encoding: " + coding)(connection)
    host.routes["/feed"] = play
    daemon = first_poll(make_daemon, host)
    assert daemon.feeds()["a"]["state"] == "ok" and daemon.feeds()["a"]["items"] == 1


# ---- addresses

def test_addresses_are_checked_when_they_are_configured(make_daemon):
    bad = ("news.example/feed", "ftp://news.example/feed", "feed://news.example/", "http://", "https:///feed", "http://a b/")
    daemon = make_daemon("", {"f%d" % n: url for n, url in enumerate(bad)})
    check = daemon.check(1)
    assert all("url = " + url in check.stderr for url in bad), check.stderr


def test_what_a_server_says_when_it_refuses_is_shown(host):
    """To whom tries an address; as plain text, cut, without anything that a terminal would obey."""
    page = ("<html><head><title>No</title><script>alert(1)</script></head><body><p>Feed readers, please write to"
            " <b>desk&#64;news.example</b>.</p>\x1b[31m\xff\x9b&#27;red" + "<i>x</i> " * 5000)
    host.routes["/feed"] = answer(page.encode("latin-1"), "Content-Type: text/html", status="403 Forbidden")
    host.routes["/silent"] = answer("", status="404 Not Found")
    for command in ("parse", "discover"):
        shown = subprocess.run([str(BUILD / "sitrep"), command, host.url("/feed")], capture_output=True, text=True)
        assert shown.returncode == 1
        assert "403 Forbidden; the server says: " in shown.stderr and "please write to desk@news.example" in shown.stderr
        assert "alert" not in shown.stderr and "\x1b" not in shown.stderr and "\x9b" not in shown.stderr
        assert len(shown.stderr) < 600
    silent = subprocess.run([str(BUILD / "sitrep"), "parse", host.url("/silent")], capture_output=True, text=True)
    assert silent.stderr == "sitrep: parse: 404 Not Found\n"


def test_nothing_is_guessed(make_daemon, host):
    """A page that names no feed is told as such, by the daemon and by discover; no other address is tried."""
    host.routes["/blog"] = answer("<!DOCTYPE html><title>Sea watch</title><p>no feed", "Content-Type: text/html")
    found = subprocess.run([str(BUILD / "sitrep"), "discover", host.url("/blog")], capture_output=True, text=True)
    assert found.returncode == 1 and "names no feed" in found.stderr
    make_daemon("", dict(a=host.url("/blog"), b=host.url("/missing"))).first_polls(polls=1)
    assert sorted(path for path, _ in host.requests) == ["/blog", "/blog", "/missing"]


def test_a_page_in_a_feeds_place_is_told_and_left_alone(make_daemon, host):
    """Also when it was a feed before: what was there stays, and it is asked more rarely."""
    host.routes["/feed"] = feed(3)
    daemon = first_poll(make_daemon, host)
    host.routes["/feed"] = answer("<!DOCTYPE html><title>Domain for sale</title>", "Content-Type: text/html")
    pauses = []
    for _ in range(3):
        poll_when_due(daemon)
        pauses.append(seconds_to_due(daemon.feeds()["a"]))
    state = daemon.feeds()["a"]
    assert state["failure"] == "not-a-feed" and "Domain for sale" in state["reason"] and state["items"] == 3
    assert pauses[0] < pauses[1] < pauses[2]


# ---- errors

ERRORS = {
    "400": error("400 Bad Request"), "401": error("401 Unauthorized"), "403": error("403 Forbidden"), "404": missing,
    "418": error("418 Teapot"), "500": error("500 Oops"), "502": error("502 Bad Gateway"), "503": error("503 Unavailable"),
    "599": error("599 Whatever"), "broken-off": lambda connection, head: None,
}


def test_every_error_backs_off(make_daemon, host):
    """Longer each time, up to a day or so, over restarts; one success and all is as before."""
    for name, behaviour in ERRORS.items():
        host.routes["/" + name] = behaviour
    feeds = {name: host.url("/" + name) for name in ERRORS}
    # a label of more than 63 octets is refused by the resolver before anybody is asked (RFC 1035, 2.3.4)
    feeds["no-name"] = "http://%s.invalid/" % ("a" * 64)
    feeds["no-connection"] = "http://127.0.0.1:1/"
    daemon = make_daemon("", feeds).first_polls(polls=1)
    pauses = [{name: seconds_to_due(f) for name, f in daemon.feeds().items()}]
    for _ in range(2):
        poll_when_due(daemon)
        pauses.append({name: seconds_to_due(f) for name, f in daemon.feeds().items()})
    daemon.restart()
    assert len(host.requests) == 3 * len(ERRORS)
    for _ in range(7):
        poll_when_due(daemon)
    pauses.append({name: seconds_to_due(f) for name, f in daemon.feeds().items()})
    for name in feeds:
        first, second, third, tenth = (p[name] for p in pauses)
        assert 4 * MINUTE <= first < second < third and 12 * HOUR <= tenth <= 30 * HOUR, (name, pauses)
    states = daemon.feeds()
    assert {states[name]["failure"] for name in ERRORS} == {"http", "protocol"}
    assert states["no-name"]["failure"] == "dns" and states["no-connection"]["failure"] == "connect"
    assert all(f["state"] == "failing" and f["reason"] and f["errors"] == 10 for f in states.values())
    table = daemon.run("feeds").stdout
    assert all(name in table for name in feeds) and "418" in table and "resolve" in table.lower()
    host.routes["/404"] = feed(1, "\"one\"")
    daemon.refresh("404")
    assert daemon.feeds()["404"]["state"] == "ok" and seconds_to_due(daemon.feeds()["404"]) < 12 * HOUR


def test_a_challenge_is_told_as_such(make_daemon, host):
    """What is for browsers no reader gets past; the table says whose it is, and it is asked more rarely."""
    host.routes["/feed"] = error("403 Forbidden", "CF-Mitigated: challenge", "Server: cloudflare")
    daemon = first_poll(make_daemon, host)
    first = seconds_to_due(daemon.feeds()["a"])
    poll_when_due(daemon)
    state = daemon.feeds()["a"]
    assert state["failure"] == "http" and "Cloudflare wants a browser here" in state["reason"]
    assert "Cloudflare wants a browser" in daemon.run("feeds").stdout
    assert first >= 20 * MINUTE and seconds_to_due(state) > 3 * first


def test_gone_is_told_and_believed(make_daemon, host):
    host.routes["/feed"] = feed(2)
    daemon = make_daemon("", dict(a=dict(url=host.url("/feed"), interval="250ms"))).start()
    stream = daemon.stream(dict(events=["feed"]))
    wait_for(lambda: daemon.feeds()["a"]["state"] == "ok", "the first poll")
    host.routes["/feed"] = error("410 Gone")
    assert stream.read_until("feed")["feed"]["state"] == "gone"
    state = daemon.feeds()["a"]
    assert state["state"] == "gone" and state["items"] == 2 and "due" not in state
    assert "feed is gone and will not be polled again" in daemon.log() and "gone" in daemon.run("feeds").stdout
    asked = len(host.requests)
    daemon.restart()
    daemon.run("reload")
    assert len(host.requests) == asked
    # until a person says so
    host.routes["/feed"] = feed(2)
    daemon.refresh("a")
    assert daemon.feeds()["a"]["state"] == "ok" and len(host.requests) == asked + 1


@pytest.mark.parametrize("status", [302, 303, 307])
def test_temporary_moves_are_followed_told_and_not_remembered(make_daemon, host, status):
    host.routes["/feed"] = answer("", "Location: /elsewhere", status="%d Elsewhere" % status)
    host.routes["/elsewhere"] = feed(1, '"one"')
    daemon = first_poll(make_daemon, host)
    for _ in range(3):
        daemon.refresh()
    assert daemon.feeds()["a"]["state"] == "ok" and "moved_to" not in daemon.feeds()["a"]
    assert [path for path, _ in host.requests] == ["/feed", "/elsewhere"] * 4
    assert validators(host.heads("/elsewhere")[-1]) == ('"one"', None)
    # told while it lasts, and once in the log
    assert daemon.feeds()["a"]["redirected_to"] == host.url("/elsewhere")
    assert "redirected to " + host.url("/elsewhere") in daemon.run("feeds").stdout
    host.routes["/feed"] = feed(1)
    daemon.refresh()
    assert "redirected_to" not in daemon.feeds()["a"]
    assert sum("redirected for now" in line for line in daemon.log().splitlines()) == 1
    assert sum("no longer redirected" in line for line in daemon.log().splitlines()) == 1


def test_a_feed_that_moved_may_move_on(make_daemon, host):
    """Its second address answers 308 as its first one did: believed as slowly, told as well, the first one left alone."""
    host.routes["/first"] = answer("", "Location: /second", status="301 Moved Permanently")
    host.routes["/second"] = feed(1, '"two"')
    daemon = make_daemon("", dict(a=host.url("/first"))).first_polls(state="ok")

    def a_day_later(what, count):
        with daemon.altered() as db:
            db.execute("UPDATE feed SET %s_since = %s_since - 86400000" % (what, what))
        for _ in range(count):
            daemon.refresh()
    a_day_later("moved", 2)
    assert daemon.feeds()["a"]["moved_to"] == host.url("/second")
    asked = len(host.heads("/first"))
    host.routes["/second"] = answer("", "Location: /third", status="308 Permanent Redirect")
    host.routes["/third"] = feed(2, '"three"')
    daemon.refresh()
    daemon.refresh()
    assert daemon.feeds()["a"]["moved_to"] == host.url("/second")
    a_day_later("onward", 1)
    assert daemon.feeds()["a"]["moved_to"] == host.url("/third")
    second = len(host.heads("/second"))
    daemon.refresh()
    assert len(host.heads("/second")) == second and len(host.heads("/first")) == asked
    assert validators(host.heads("/third")[-1]) == ('"three"', None)
    assert [line.split("url=")[1] for line in daemon.log().splitlines() if "feed has moved" in line] == [
        host.url("/second"), host.url("/third")]


def test_feeds_that_become_one_are_told(make_daemon, host):
    """Both moved for good to one address, or one to the other's; the third answer over a day makes it believed."""
    for name in ("navy", "army"):
        host.routes["/" + name] = answer("", "Location: /forces", status="301 Moved Permanently")
    host.routes["/forces"] = feed(1)
    daemon = make_daemon("", {name: host.url("/" + name) for name in ("navy", "army")}).first_polls(state="ok")
    with daemon.altered() as db:
        db.execute("UPDATE feed SET moved_count = 2, moved_since = moved_since - 2 * 86400000")
    stream = daemon.stream(dict(events=["feed"]))
    daemon.refresh()
    events = [event["feed"] for event in stream.read_events(2)]
    assert sorted(event["name"] for event in events) == ["army", "navy"]
    assert all(event["state"] == "moved" and event["url"] == host.url("/forces") for event in events)
    assert all(f["moved_to"] == host.url("/forces") for f in daemon.feeds().values())
    told = [line for line in daemon.log().splitlines() if "two feeds have the same address now" in line]
    assert len(told) == 1 and "navy" in told[0] and "army" in told[0]
    assert sum("feed has moved" in line for line in daemon.log().splitlines()) == 2


# ---- the table

def test_the_table_names_tests_that_exist():
    """docs/feed-reader-behaviour.md: all points of the list, each proved by tests there are, or said to be open."""
    rows = {}
    text = (TOP / "docs/feed-reader-behaviour.md").read_text()
    for line in text.splitlines():
        row = re.match(r"\| (\d{3}) \| (.+) \| (.+) \| (.+) \|$", line)
        if row:
            assert row.group(1) not in rows, row.group(1)
            rows[row.group(1)] = row.group(4)
    wanted = [*range(1, 5), *range(10, 17), *range(20, 25), *range(30, 38), 50, 51, *range(60, 67), 70, 71, *range(80, 91),
              *range(100, 107), *range(110, 121), *range(130, 138), 140, 141]
    assert sorted(rows) == ["%03d" % n for n in wanted]
    known = set()
    for path in (TOP / "tests").rglob("*_test.c"):
        tests = re.findall(r"^TEST(?:_WITH|_ON)?\((\w+)", path.read_text(), re.MULTILINE)
        known |= {"test_" + name for name in tests}
    for path in (TOP / "tests").rglob("test_*.py"):
        known |= set(re.findall(r"^def (test_\w+)\(", path.read_text(), re.MULTILINE))
    for number, proof in rows.items():
        names = re.findall(r"`(test_\w+)`", proof)
        assert names or proof == "open", (number, proof)
    # and in the other tables of the page
    named = set(re.findall(r"`(test_\w+)`", text))
    assert named <= known, named - known
