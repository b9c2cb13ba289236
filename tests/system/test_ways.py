# SPDX-License-Identifier: ISC
"""The ways to a server: proxies, certificates, address families; and which addresses are not gone to."""
import socket
import subprocess

import pytest

from harness import PATIENCE, wait_for
from samples import article, rss
from servers import Authority, HttpProxy, RawServer, SocksProxy, answer

NOTHING_ALLOWED = "[fetch]\nper-host = 32"


@pytest.fixture
def closing():
    """closing(thing) is closed at the end."""
    things = []

    def add(thing):
        things.append(thing)
        return thing
    yield add
    for thing in things:
        thing.close()


def polled(daemon, *names):
    """The states of the feeds, once each has been polled."""
    wait_for(lambda: all(daemon.feeds()[name]["state"] != "new" for name in names), "the polls of %s" % (names,))
    states = daemon.feeds()
    return [states[name] for name in names]


def feed_server(closing, context=None, address="127.0.0.1"):
    server = closing(RawServer(context=context, address=address))
    server.routes["/feed"] = answer(rss("Alpha", [article(1)]), "Content-Type: application/rss+xml")
    return server


# ---- proxies

def test_http_proxy(make_daemon, closing, authority):
    plain, tls = feed_server(closing), feed_server(closing, authority.context("behind", names="DNS:secret.example"))
    proxy = closing(HttpProxy({"news.example": ("127.0.0.1", plain.port), "secret.example": ("127.0.0.1", tls.port)}))
    feeds = dict(plain="http://news.example/feed",
                 tls={"url": "https://secret.example/feed", "ca-file": authority.cert},
                 inside="http://10.0.0.1/feed", local="http://localhost/feed")
    # the proxy itself may stand where no feed may
    daemon = make_daemon("[fetch]\nproxy = " + proxy.url(""), feeds).start()
    plain_state, tls_state, inside, local = polled(daemon, "plain", "tls", "inside", "local")
    assert plain_state["state"] == tls_state["state"] == "ok"
    assert sorted(proxy.asked) == [("CONNECT", "secret.example:443"), ("GET", "http://news.example/feed")]
    assert inside["failure"] == local["failure"] == "forbidden"


@pytest.mark.parametrize("scheme", ["socks5h", "socks5"])
def test_socks_proxy(make_daemon, closing, authority, scheme):
    """Names go to the proxy as names in both spellings: what was resolved here would go past the guard."""
    plain, tls = feed_server(closing), feed_server(closing, authority.context("behind-" + scheme, names="DNS:secret.example"))
    direct = feed_server(closing)
    proxy = closing(SocksProxy({"news.example": ("127.0.0.1", plain.port), "secret.example": ("127.0.0.1", tls.port)}))
    way = "%s://127.0.0.1:%d" % (scheme, proxy.port)
    feeds = dict(plain=dict(url="http://news.example/feed", proxy=way),
                 tls={"url": "https://secret.example/feed", "ca-file": authority.cert, "proxy": way},
                 inside=dict(url="http://192.168.7.7/feed", proxy=way), direct=direct.url("/feed"))
    daemon = make_daemon("", feeds).start()
    plain_state, tls_state, inside, _ = polled(daemon, "plain", "tls", "inside", "direct")
    assert plain_state["state"] == tls_state["state"] == "ok", (plain_state, tls_state)
    assert sorted(proxy.asked) == [("name", "news.example", 80), ("name", "secret.example", 443)]
    assert inside["failure"] == "forbidden"
    assert daemon.feeds()["direct"]["state"] == "ok" and direct.accepted == 1


def test_a_proxy_that_is_away_is_the_proxys_failure(make_daemon):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        way = "http://127.0.0.1:%d" % bound.getsockname()[1]
        daemon = make_daemon("", dict(a=dict(url="http://news.example/feed", proxy=way))).start()
        state, = polled(daemon, "a")
    assert state["failure"] == "connect" and "refused" in state["reason"]


def test_a_proxy_that_is_none_is_a_mistake(make_daemon):
    for way in ("127.0.0.1:9050", "ftp://127.0.0.1", "socks5h://", "http://a b"):
        daemon = make_daemon("", dict(a=dict(url="http://news.example/feed", proxy=way))).start(wait=False)
        assert daemon.process.wait(timeout=PATIENCE) == 78
        daemon.process = None
        assert "expected http://, https://, socks5h:// or socks4a://" in daemon.log(), daemon.log()


# ---- certificates

def test_an_authority_of_the_feeds_own(make_daemon, closing, authority):
    server = feed_server(closing, authority.context("own"))
    feeds = {"known": {"url": server.url("/feed"), "ca-file": authority.cert}, "unknown": server.url("/feed?2")}
    known, unknown = polled(make_daemon("", feeds).start(), "known", "unknown")
    assert known["state"] == "ok"
    assert unknown["failure"] == "tls" and "issuer" in unknown["reason"]
    # the one that knows must not have opened a connection for the one that does not
    assert len(server.requests) == 1


def test_the_systems_authorities_stay_trusted(make_daemon, closing, authority, tmp_path):
    """A feed with authorities of its own may still lie, or be redirected to, where the system's are enough."""
    system = Authority(tmp_path, "system")
    folder = tmp_path / "certs"
    folder.mkdir()
    (folder / "system.pem").write_bytes(system.cert.read_bytes())
    subprocess.run(["openssl", "rehash", str(folder)], check=True)
    within = ["unshare", "--map-root-user", "--mount", "sh", "-c", 'mount --bind "$0" /etc/ssl/certs && exec "$@"', str(folder)]
    if subprocess.run([*within, "true"], capture_output=True).returncode != 0:
        pytest.skip("nothing may be mounted here")
    public = feed_server(closing, system.context("public"))
    private = closing(RawServer(context=authority.context("private")))
    private.routes["/feed"] = answer("", "Location: " + public.url("/feed?3"), status="302 Found")
    feeds = {"public": {"url": public.url("/feed"), "ca-file": authority.cert},
             "both": {"url": private.url("/feed"), "ca-file": authority.cert}}
    daemon = make_daemon("", feeds)
    command = daemon.command()
    daemon.command = lambda: [*within, *command]
    states = polled(daemon.start(), *feeds)
    assert [state["state"] for state in states] == ["ok", "ok"], states
    # an operator who names authorities for all feeds has done with the system's
    daemon = make_daemon("[fetch]\nallow = 127.0.0.0/8\nca-file = %s" % authority.cert, feeds)
    strict = daemon.command()
    daemon.command = lambda: [*within, *strict]
    assert [state["failure"] for state in polled(daemon.start(), *feeds)] == ["tls", "tls"]
    assert len(private.requests) == 2


def test_an_authority_for_all_feeds(make_daemon, closing, authority):
    server = feed_server(closing, authority.context("all"))
    config = "[fetch]\nallow = 127.0.0.0/8\nca-file = %s" % authority.cert
    state, = polled(make_daemon(config, dict(a=server.url("/feed"))).start(), "a")
    assert state["state"] == "ok"


def test_client_certificate(make_daemon, closing, authority, tmp_path):
    guarded = feed_server(closing, authority.context("guarded", clients=True))
    cert, key = authority.issue("client")
    both = tmp_path / "both.pem"
    both.write_bytes(cert.read_bytes() + key.read_bytes())
    feeds = {"two-files": {"url": guarded.url("/feed"), "client-cert": cert, "client-key": key},
             "one-file": {"url": guarded.url("/feed?2"), "client-cert": both},
             "none": {"url": guarded.url("/feed?3")}}
    for options in feeds.values():
        options["ca-file"] = authority.cert
    two_files, one_file, none = polled(make_daemon("", feeds).start(), *feeds)
    assert two_files["state"] == one_file["state"] == "ok", (two_files, one_file)
    assert none["state"] == "failing" and none["failure"] in ("tls", "protocol")
    assert len(guarded.requests) == 2


def test_client_certificate_stays_with_its_host(make_daemon, closing, authority):
    """A server that sends it elsewhere does not make the daemon show itself there."""
    other = feed_server(closing, authority.context("other", clients=True))
    first = closing(RawServer(context=authority.context("first", clients=True)))
    first.routes["/feed"] = answer("", "Location: https://localhost:%d/feed" % other.port, status="302 Found")
    cert, key = authority.issue("traveller")
    feeds = {"a": {"url": first.url("/feed"), "client-cert": cert, "client-key": key, "ca-file": authority.cert}}
    state, = polled(make_daemon("", feeds).start(), "a")
    assert len(first.requests) == 1 and state["state"] == "failing" and other.requests == []


def test_wrong_certificates_are_mistakes_for_the_check_and_fail_their_feed(make_daemon, authority, tmp_path):
    cert, key = authority.issue("mine")
    other_key = authority.issue("theirs")[1]
    text = tmp_path / "text.pem"
    text.write_text("no certificate")
    large = tmp_path / "large.pem"
    large.write_bytes(cert.read_bytes() + b"\n" * (600 << 10))
    cases = [({"client-cert": cert, "client-key": other_key}, "does not belong to the certificate"),
             ({"client-cert": text, "client-key": key}, "holds no certificate"),
             ({"client-cert": cert}, "holds no key"),
             ({"client-key": key}, "client-key without client-cert"),
             ({"ca-file": text}, "holds no certificate"),
             ({"ca-file": tmp_path / "missing.pem"}, "cannot open"),
             ({"ca-file": large}, "is larger than 512K")]
    feeds = {"f%d" % n: dict(url="https://news.example/%d" % n, **options) for n, (options, _) in enumerate(cases)}
    daemon = make_daemon("", feeds)
    check = daemon.check(1)
    for n, (_, words) in enumerate(cases):
        assert any("feed f%d: " % n in line and words in line for line in check.stderr.splitlines()), (words, check.stderr)
    # A key without its certificate is a mistake of the configuration alone.
    daemon.start(wait=False)
    assert daemon.process.wait(timeout=PATIENCE) == 78
    daemon.process = None
    cases.pop(3)
    feeds = {"f%d" % n: dict(url="https://news.example/%d" % n, **options) for n, (options, _) in enumerate(cases)}
    daemon.write_config("", feeds)
    daemon.start()
    for state, (_, words) in zip(polled(daemon, *feeds), cases):
        assert state["failure"] == "secret" and words in state["reason"], state


# ---- addresses

def test_redirects_down_to_http(make_daemon, closing, authority):
    plain = feed_server(closing)
    tls = closing(RawServer(context=authority.context("down")))
    tls.routes["/feed"] = answer("", "Location: " + plain.url("/feed"), status="302 Found")
    feeds = {"strict": {"url": tls.url("/feed")}, "lenient": {"url": tls.url("/feed?2"), "allow-downgrade": "yes"}}
    for options in feeds.values():
        options["ca-file"] = authority.cert
    strict, lenient = polled(make_daemon("", feeds).start(), "strict", "lenient")
    assert strict["failure"] == "redirect" and "redirect from https down to http://" in strict["reason"]
    assert lenient["state"] == "ok" and len(plain.requests) == 1


def test_what_is_allowed_to_one_feed_is_not_to_another(make_daemon, closing):
    server = feed_server(closing)
    feeds = dict(closed=server.url("/feed"), listed={"url": server.url("/feed?2"), "allow": "10.0.0.0/8, 127.0.0.0/8"},
                 elsewhere={"url": server.url("/feed?3"), "allow": "10.0.0.0/8"},
                 private={"url": server.url("/feed?4"), "allow-private": "yes"})
    daemon = make_daemon(NOTHING_ALLOWED, feeds).start()
    closed, listed, elsewhere, private = polled(daemon, *feeds)
    assert closed["failure"] == elsewhere["failure"] == "forbidden" and "127.0.0.1 is a loopback address" in closed["reason"]
    assert listed["state"] == private["state"] == "ok"
    assert len(server.requests) == 2


def test_private_is_not_whatever_is_special(make_daemon, closing):
    """Machines in clouds get their secrets at addresses that allow-private must not open, at once or by a redirect."""
    secrets = ("169.254.169.254", "100.100.100.200", "[fd00:ec2::254]", "[fd00:c1::a9fe:a9fe]", "[fe80::1]", "[64:ff9b:1::a9fe:a9fe]")
    lure = closing(RawServer())
    feeds = {}
    for n, host in enumerate(secrets):
        lure.routes["/%d" % n] = answer("", "Location: http://%s/" % host, status="302 Found")
        feeds["direct%d" % n] = {"url": "http://%s/" % host, "allow-private": "yes"}
        feeds["lured%d" % n] = {"url": lure.url("/%d" % n), "allow-private": "yes"}
    daemon = make_daemon(NOTHING_ALLOWED, feeds).start()
    for state in polled(daemon, *feeds):
        assert state["failure"] == "forbidden" and "not allowed by [fetch] allow" in state["reason"], state
    assert len(lure.requests) == len(secrets)


@pytest.mark.parametrize("listens", ["127.0.0.1", "*"])
def test_the_daemon_does_not_poll_itself(make_daemon, closing, listens):
    """Its own output would come in as news for ever."""
    with socket.socket(socket.AF_INET6) as free:
        free.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        free.bind(("::", 0))
        port = free.getsockname()[1]
    hosts = ["127.0.0.1", "0.0.0.0", "[::ffff:127.0.0.1]"] + (["[::1]", "127.3.2.1"] if listens == "*" else [])
    feeds = {"f%d" % n: {"url": "http://%s:%d/feed.atom" % (host, port), "allow-private": "yes"} for n, host in enumerate(hosts)}
    lure = closing(RawServer())
    lure.routes["/feed"] = answer("", "Location: http://127.0.0.1:%d/feed.atom" % port, status="301 Moved Permanently")
    feeds["lured"] = lure.url("/feed")
    daemon = make_daemon("[fetch]\nallow = 0.0.0.0/0, ::/0\nper-host = 32", feeds)
    daemon.config_path.write_text(daemon.config_path.read_text().replace("127.0.0.1:0", "%s:%d" % (listens, port)))
    daemon.start()
    for state in polled(daemon, *feeds):
        assert state["failure"] == "forbidden" and "where this daemon itself listens" in state["reason"], state


def test_a_feed_over_ipv6(make_daemon, closing):
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    server = feed_server(closing, address="::1")
    state, = polled(make_daemon("[fetch]\nallow = ::1/128", dict(a=server.url("/feed"))).start(), "a")
    assert state["state"] == "ok"


def test_timeout_of_one_feed(make_daemon, closing):
    server = closing(RawServer())
    waiting = []
    server.routes["/feed"] = lambda connection, head: waiting.append(connection.recv(1))
    feeds = dict(a=dict(url=server.url("/feed"), timeout="700ms"))
    state, = polled(make_daemon("[fetch]\nallow = 127.0.0.0/8\ntimeout = 1h", feeds).start(), "a")
    assert state["failure"] == "timeout" and state["reason"] == "no answer within 700ms"
