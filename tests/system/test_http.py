# SPDX-License-Identifier: ISC
"""What feed readers ask for: the server as HTTP has it."""
import gzip
import json
import pathlib
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET

import pytest

import valid
from harness import BUILD, connected, wait_for
from samples import article, rss

# The codings of this build, by the libraries that the program names.
PROGRAM = (pathlib.Path(BUILD) / "sitrepd").read_bytes()
CODINGS = {"gzip"} | {name for name, library in (("br", b"libbrotlienc"), ("zstd", b"libzstd")) if library in PROGRAM}


def start(server, make_daemon, articles=None, config=""):
    server.set("/a", rss("Alpha & Sons <script>", articles or [article(n) for n in range(5)]))
    daemon = make_daemon(config, dict(a=server.url("/a"))).first_polls(state="ok")
    return daemon


def test_conditional_requests(server, make_daemon):
    daemon = start(server, make_daemon)
    for path in ("/feed.atom", "/feed.rss", "/feed.json", "/"):
        full = daemon.get(path)
        etag = full.headers["ETag"]
        assert full.status == 200 and etag.startswith('"') and full.headers["Last-Modified"]
        for headers in ({"If-None-Match": etag}, {"If-None-Match": '"other", W/%s' % etag},
                        {"If-Modified-Since": full.headers["Last-Modified"]}):
            same = daemon.get(path, headers=headers)
            assert same.status == 304 and same.body == b"" and same.headers["ETag"] == etag
        assert daemon.get(path, headers={"If-None-Match": '"other"'}).status == 200
        packed = daemon.get(path, headers={"Accept-Encoding": "gzip"})
        assert packed.headers["Content-Encoding"] == "gzip" and gzip.decompress(packed.body) == full.body
        assert packed.headers["ETag"] != etag and packed.headers["Vary"] == "Accept-Encoding"
        assert daemon.get(path, headers={"If-None-Match": packed.headers["ETag"]}).status == 304
        assert "Content-Encoding" not in daemon.get(path, headers={"Accept-Encoding": "gzip;q=0"}).headers
        head = daemon.get(path, method="HEAD")
        assert head.status == 200 and head.body == b"" and head.headers["Content-Length"] == str(len(full.body))
        assert head.headers["ETag"] == etag


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
@pytest.mark.parametrize("coding", ["br", "zstd", "gzip"])
def test_curl_unpacks_each_coding(server, make_daemon, coding):
    if coding not in CODINGS:
        pytest.skip("this build has no %s" % coding)
    daemon = start(server, make_daemon)
    for path in ("/feed.atom", "/feed.rss", "/feed.json"):
        plain = daemon.get(path)
        packed = subprocess.run(["curl", "-sS", "-i", "--compressed", "-H", "Accept-Encoding: " + coding, "--unix-socket", daemon.http_path, "http://localhost" + path], check=True, stdout=subprocess.PIPE)
        head, body = packed.stdout.split(b"\r\n\r\n", 1)
        assert b"\r\nContent-Encoding: " + coding.encode() in head
        assert body == plain.body
        length = int(head.split(b"\r\nContent-Length: ")[1].split(b"\r\n")[0])
        assert length < len(body) / 2


def test_etag_is_the_same_after_a_restart(server, make_daemon):
    daemon = start(server, make_daemon, config="base-url = https://news.example/")
    etag = daemon.get("/feed.atom").headers["ETag"]
    daemon.restart()
    assert daemon.get("/feed.atom").headers["ETag"] == etag


def test_max_age_follows_the_schedule(server, make_daemon):
    """A reader keeps a document until one of its feeds is polled, for half a minute at least and ten minutes at most."""
    for name in ("quick", "medium", "slow"):
        server.set("/a?" + name, rss("Alpha", [article(1)]))
    daemon = make_daemon("", {name: dict(url=server.url("/a?" + name), interval=interval) for name, interval in (("quick", "10s"), ("medium", "5m"), ("slow", "3h"))}).first_polls(state="ok")

    def max_age(name):
        return int(re.fullmatch("max-age=([0-9]+)", daemon.get(name).headers["Cache-Control"])[1])

    # a document that was made before the first poll ended is looked at again in ten seconds
    wait_for(lambda: max_age("/feed/slow.atom?before=9999999999999.1") == 600, "the schedule of the slow feed")
    assert max_age("/feed.atom") == max_age("/feed/quick.json") == 30
    assert 200 < max_age("/feed/medium.rss") <= 300
    assert max_age("/feed/slow.atom") == 600


def test_refusals(server, make_daemon):
    daemon = start(server, make_daemon)
    assert daemon.get("/feed.atom", method="POST").status == 405
    assert daemon.get("/feed.atom", method="DELETE").headers["Allow"] == "GET, HEAD, OPTIONS"
    for path in ("/nothing", "/feed.xml", "/metrics%00x", "/%zz", "/../etc/passwd", "/category/", "/output/none.atom"):
        assert daemon.get(path).status in (400, 404), path


def test_a_reader_gets_the_changes_alone(server, make_daemon):
    """RFC 3229: 226 with the entries that the reader's version did not have, as a valid feed."""
    articles = [article(n) for n in range(30)]
    daemon = start(server, make_daemon, articles, config="base-url = https://desk.example")
    aim = {"A-IM": "gzip, feed"}
    before = {form: daemon.get("/feed." + form) for form in valid.CHECKS}
    for form, first in before.items():
        tag = {"If-None-Match": first.headers["ETag"]}
        assert daemon.get("/feed." + form, headers=dict(aim, **tag)).status == 304
    server.set("/a", rss("Alpha & Sons <script>", articles[:29] + [article(40), article(41)] + [dict(articles[29], title="Another headline for the same")]))
    daemon.refresh("a")
    wait_for(lambda: "Another headline" in daemon.get("/feed.json").body.decode(), "the new headline")
    wanted = {article(40)["title"], article(41)["title"], "Another headline for the same"}
    for form, check in valid.CHECKS.items():
        address = "https://desk.example/feed." + form
        tag = {"If-None-Match": before[form].headers["ETag"]}
        whole, changes = daemon.get("/feed." + form, headers=tag), daemon.get("/feed." + form, headers=dict(aim, **tag))
        assert whole.status == 200 and len(check(whole.body, address)) == 32
        assert changes.status == 226 and changes.headers["IM"] == "feed" and "no-store" in changes.headers["Cache-Control"]
        assert {title for _, title, _ in check(changes.body, address)} == wanted
        assert changes.headers["ETag"] == whole.headers["ETag"] and len(changes.body) < len(whole.body) / 4
        packed = daemon.get("/feed." + form, headers=dict(aim, **tag, **{"Accept-Encoding": "gzip"}))
        assert packed.status == 226 and gzip.decompress(packed.body) == changes.body
        # the next time there is nothing
        assert daemon.get("/feed." + form, headers=dict(aim, **{"If-None-Match": packed.headers["ETag"]})).status == 304
        for other in ({"If-None-Match": '"unknown"'}, {"If-None-Match": before[form].headers["ETag"], "A-IM": "feed;q=0"}):
            assert daemon.get("/feed." + form, headers=dict(aim, **other)).status == 200


def test_errors_lead_home(server, make_daemon):
    daemon = start(server, make_daemon)
    page = daemon.get("/story/none", headers={"Accept": "text/html"})
    assert page.status == 404 and 'href="../"' in page.body.decode() and page.headers["Content-Type"].startswith("text/html")
    assert json.loads(daemon.get("/output/none.json").body) == dict(status=404, error="Nothing is here: the address is wrong, or the page is gone.", home="../")
    assert daemon.get("/nothing").body == b"404\n"
    assert daemon.get("/robots.txt").body == b"User-agent: *\nDisallow: /\n"


def test_scripts_of_other_origins(server, make_daemon):
    desk, other = {"Origin": "https://desk.example"}, {"Origin": "https://other.example"}
    name = "Access-Control-Allow-Origin"
    daemon = start(server, make_daemon)
    assert name not in daemon.get("/feed.json", headers=desk).headers
    daemon.stop()
    daemon = start(server, make_daemon, config="[http]\nallow-origin = https://desk.example, https://second.example")
    for path in ("/feed.atom", "/feed.json", "/opml"):
        assert daemon.get(path, headers=desk).headers[name] == "https://desk.example"
        assert name not in daemon.get(path, headers=other).headers and name not in daemon.get(path).headers
    asked = daemon.get("/feed.atom", method="OPTIONS", headers=dict(desk, **{"Access-Control-Request-Headers": "if-none-match"}))
    assert asked.status == 204 and asked.headers[name] == "https://desk.example" and "If-None-Match" in asked.headers["Access-Control-Allow-Headers"]
    for path in ("/", "/metrics", "/healthz"):
        assert name not in daemon.get(path, headers=desk).headers, path
    daemon.stop()
    daemon = start(server, make_daemon, config="[http]\nallow-origin = *")
    assert daemon.get("/feed.rss", headers=other).headers[name] == "*"


def test_garbage_on_the_port_hurts_nobody(server, make_daemon):
    daemon = start(server, make_daemon)
    for garbage in (b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 50000, b"\0" * 100000, b"GET"):
        with connected(daemon.http_path) as s:
            try:
                s.sendall(garbage)
            except OSError:
                pass  # refused before it was all said
    assert daemon.get("/feed.atom").status == 200


def test_everything_is_escaped(server, make_daemon):
    evil = article(1, title='<script>alert(1)</script> & "quotes" ]]> \u202e reversed',
                   text="<p onclick=\"x()\">Text ]]> &amp; <script>bad()</script><a href=\"javascript:x\">link</a> and a few "
                        "more words so that it counts.</p>")
    daemon = start(server, make_daemon, [evil])
    for path in ("/feed.atom", "/feed.rss"):
        body = daemon.get(path).body
        ET.fromstring(body)
        assert b"<script" not in body and b"onclick" not in body and b"javascript:" not in body
    page = daemon.get("/").body.decode()
    assert page.count("<script") == 1 and "reversed" in page and "\u202e" not in page
    assert daemon.get("/").headers["Content-Security-Policy"] == (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'")
    assert "default-src 'none'" in daemon.get("/feed.atom").headers["Content-Security-Policy"]


def test_metrics_and_health(server, make_daemon):
    daemon = start(server, make_daemon)
    assert daemon.get("/healthz").body.startswith(b"ok\n")
    metrics = daemon.get("/metrics").body.decode()
    values = dict(line.rsplit(" ", 1) for line in metrics.splitlines() if not line.startswith("#"))
    assert float(values["sitrepd_items"]) == 5 and float(values["sitrepd_items_new_total"]) == 5
    assert float(values['sitrepd_feed_up{feed="a"}']) == 1
    opml = ET.fromstring(daemon.get("/opml").body)
    assert opml.find(".//outline[@xmlUrl]").get("xmlUrl") == server.url("/a")


OPEN_METRICS = {"Accept": "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.1"}


def test_open_metrics(server, make_daemon):
    daemon = start(server, make_daemon, config='[alert "frigate"]\nmatch = frigate')
    server.set("/a", rss("Alpha", [article(9), article(1)]))
    daemon.refresh("a")
    old, new = daemon.get("/metrics"), daemon.get("/metrics", headers=OPEN_METRICS)
    assert old.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert new.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert daemon.get("/metrics", headers={"Accept": "application/openmetrics-text;q=0.3, text/plain"}).body[:60] == old.body[:60]
    text = new.body.decode()
    assert text.endswith("\n# EOF\n") and b"# EOF" not in old.body
    assert "# TYPE sitrepd_polls counter\n" in text and re.search("^sitrepd_polls_total 2$", text, re.M)
    assert "# UNIT process_cpu_seconds seconds\n" in text and "# TYPE sitrepd_build info\n" in text
    assert re.search(r'^sitrepd_alert_matches{alert="frigate"} [1-9]', text, re.M)
    assert re.search(r'^sitrepd_feeds{state="ok"} 1$', text, re.M)
    for name in ("poll_duration", "item_delay", "publish_delay", "commit_duration"):
        count = int(re.search(r"^sitrepd_%s_seconds_count (\d+)$" % name, text, re.M)[1])
        buckets = [int(n) for n in re.findall(r'^sitrepd_%s_seconds_bucket{le="[^"]+"} (\d+)$' % name, text, re.M)]
        assert count > 0 and buckets[-1] == count and buckets == sorted(buckets), name
    # a feed that never answered has no time of success; its former name still says 0
    server.set("/gone", "", status=404)
    daemon.write_config("", dict(a=server.url("/a"), b=server.url("/gone")))
    daemon.control(op="reload")
    wait_for(lambda: daemon.feeds()["b"]["state"] == "failing", "the first failure")
    text = daemon.get("/metrics", headers=OPEN_METRICS).body.decode()
    assert 'sitrepd_feed_last_success_seconds{feed="b"} 0' in text
    assert 'sitrepd_feed_last_success_timestamp_seconds{feed="b"}' not in text
    assert re.search(r'sitrepd_feed_last_success_timestamp_seconds{feed="a"} \d{10}', text)


def test_another_program_reads_open_metrics(server, make_daemon):
    parser = pytest.importorskip("prometheus_client.openmetrics.parser")
    daemon = start(server, make_daemon, config='[alert "ships"]\nmatch = frigate')
    text = daemon.get("/metrics", headers=OPEN_METRICS).body.decode()
    families = {family.name: family for family in parser.text_string_to_metric_families(text)}
    assert len(families) > 60 and families["sitrepd_poll_duration_seconds"].type == "histogram"
    assert families["sitrepd_feed_polls"].samples[0].value == 1


FULL_ENTRY = """<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/" xml:lang="nb">
<title>Fjord watch</title><id>tag:fjord.example</id><updated>2026-11-01T00:00:00Z</updated>
<author><name>The watch</name></author><rights>Ours &amp; theirs</rights>
<entry xml:lang="en-GB"><title>Frigate <![CDATA[&]]> crew</title><id>tag:fjord.example,2026:1</id>
<link href="http://fjord.example/1"/><updated>2026-11-02T00:00:00Z</updated>
<link rel="replies" type="text/html" href="http://fjord.example/1/talk"/>
<link rel="enclosure" href="http://fjord.example/1.mp3" type="audio/mpeg" length="1234"/>
<link rel="enclosure" href="http://fjord.example/1.pdf" type="application/pdf"/>
<author><name>Ann Bee</name><uri>http://fjord.example/ann</uri></author><author><name>Cid Dee</name><email>cid@fjord
.example</email></author>
<contributor><name>Eve Eff</name></contributor><category term="naval" scheme="http://fjord.example/topics" label="Naval"/>
<rights type="html">&lt;b&gt;Free&lt;/b&gt; to use</rights><media:thumbnail url="http://fjord.example/1.jpg" width="640"/>
<source><id>tag:wire.example</id><title>The wire</title><link href="http://wire.example/"/></source>
<content type="html">&lt;p&gt;The crew is home.&lt;/p&gt;</content></entry></feed>"""


def test_what_an_entry_says_reaches_every_format(server, make_daemon):
    server.set("/full", FULL_ENTRY, content_type="application/atom+xml")
    daemon = make_daemon("", dict(full=server.url("/full"))).first_polls(state="ok")
    a = "{http://www.w3.org/2005/Atom}"
    media = "{http://search.yahoo.com/mrss/}"
    dc = "{http://purl.org/dc/elements/1.1/}"

    entry = ET.fromstring(daemon.get("/feed.atom").body).find(a + "entry")
    links = {(link.get("rel"), link.get("href")) for link in entry.findall(a + "link")}
    assert entry.get("{http://www.w3.org/XML/1998/namespace}lang") == "en-GB"
    assert [x.findtext(a + "name") for x in entry.findall(a + "author")] == ["Ann Bee", "Cid Dee"]
    assert entry.findtext(a + "author/" + a + "uri") == "http://fjord.example/ann"
    assert entry.find(a + "author/" + a + "email") is None, "RFC 4287's schema has no room for a line break in it"
    assert entry.findtext(a + "contributor/" + a + "name") == "Eve Eff"
    assert entry.findtext(a + "rights") == "Free to use"
    assert entry.find(a + "category").attrib == dict(term="naval", scheme="http://fjord.example/topics", label="Naval")
    assert entry.find(media + "thumbnail").attrib == dict(url="http://fjord.example/1.jpg", width="640")
    assert {("replies", "http://fjord.example/1/talk"), ("via", "http://wire.example/"),
            ("enclosure", "http://fjord.example/1.mp3"), ("enclosure", "http://fjord.example/1.pdf")} <= links

    source = entry.find(a + "source")
    assert source.findtext(a + "id") == "tag:fjord.example" and source.findtext(a + "title") == "Fjord watch"
    assert source.findtext("%sauthor/%sname" % (a, a)) == "The watch" and source.findtext(a + "rights") == "Ours & theirs"

    item = ET.fromstring(daemon.get("/feed.rss").body).find("channel/item")
    assert [x.text for x in item.findall(dc + "creator")] == ["Ann Bee", "Cid Dee"]
    assert item.findtext(dc + "contributor") == "Eve Eff" and item.findtext(dc + "language") == "en-GB"
    assert item.findtext(dc + "rights") == "Free to use" and item.findtext("comments") == "http://fjord.example/1/talk"
    assert item.find("enclosure").attrib == dict(url="http://fjord.example/1.mp3", length="1234", type="audio/mpeg")
    assert item.find(media + "content").get("url") == "http://fjord.example/1.pdf"
    assert item.find(media + "thumbnail").get("url") == "http://fjord.example/1.jpg"
    assert item.findtext(dc + "source") == "http://wire.example/" and item.findtext("category") == "Naval"

    item = json.loads(daemon.get("/feed.json").body)["items"][0]
    assert [x["name"] for x in item["authors"]] == ["Ann Bee", "Cid Dee"] and item["language"] == "en-GB"
    assert item["image"] == "http://fjord.example/1.jpg" and item["tags"] == ["Naval"]
    assert [x["url"] for x in item["attachments"]] == ["http://fjord.example/1.mp3", "http://fjord.example/1.pdf"]
    extras = item["_sitrep"]
    assert extras["rights"] == "Free to use" and extras["comments"] == "http://fjord.example/1/talk"
    assert extras["via"] == "http://wire.example/" and extras["contributors"] == [{"name": "Eve Eff"}]
