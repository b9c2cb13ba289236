# SPDX-License-Identifier: ISC
"""Items in the words of earlier ones, or at one link: the stream tells and alerts each that is news."""
from email.utils import formatdate


START = 1795428000
ALERT = '[alert "m"]\nmatch = alert OR sailors OR warning\n'
NOTICES = ["Convoy of tankers passes the northern channel before dawn on Monday",
           "Live firing closes all of the western range until noon",
           "Wreck lies uncharted beside the harbour mole and carries no light",
           "Buoy has drifted from its place off the cape in heavy weather",
           "Cable ship works south of the strait with restricted movement"]


def rss(items):
    parts = ["<item><title>%s</title><link>%s</link><guid isPermaLink=\"false\">%s</guid><pubDate>%s</pubDate>"
             "<description>%s</description></item>" % i for i in items]
    return ('<?xml version="1.0"?><rss version="2.0"><channel><title>F</title><link>http://f.example/</link>%s'
            "</channel></rss>" % "".join(parts))


def alarm(hour):
    return ("Air raid alert: Kyiv region", "https://alarm.example/%d" % hour, "alarm-%d" % hour,
            formatdate(START + hour * 3600), "Go to the nearest shelter.")


def photo(n):
    link = "https://photos.example/image/%d/sailors" % n
    return ("Sailors conduct flight operations", link, link, formatdate(START - n * 86400),
            "ARABIAN SEA - Sailors conduct flight operations aboard the carrier.")


def notice(n):
    return ("Warning %d" % (n * 37), "https://notices.example/warnings", "w-%d" % n, formatdate(START + n * 3600), NOTICES[n])


def test_each_is_told_and_alerts(server, make_daemon):
    server.set("/alarms", rss([alarm(10)]))
    server.set("/notices", rss([notice(0)]))
    feeds = {name: dict(url=server.url("/" + name), interval="1h") for name in ("alarms", "notices")}
    daemon = make_daemon(ALERT, feeds).first_polls()
    stream = daemon.stream(dict(since=daemon.stream().hello["cursor"], events=["new", "copy", "updated", "alert"]))
    for hours in ((12, 10), (14, 12, 10), (16,)):
        server.set("/alarms", rss([alarm(h) for h in hours]))
        daemon.refresh("alarms")
        assert [e["event"] for e in stream.read_events(2)] == ["new", "alert"]
    for n in range(1, 5):
        server.set("/notices", rss([notice(n)]))
        daemon.refresh("notices")
        assert [e["event"] for e in stream.read_events(2)] == ["new", "alert"]
    assert {name: f["items"] for name, f in daemon.feeds().items()} == dict(alarms=4, notices=5)
    # a moved site is none of that
    server.set("/alarms", rss([(t, l.replace("alarm.", "new."), g + "/", d, x) for t, l, g, d, x in [alarm(16)]]))
    daemon.refresh("alarms")
    assert daemon.feeds()["alarms"]["items"] == 4
    assert "items are now matched by" not in daemon.log()


def test_updates_of_a_counter_end(server, make_daemon):
    text = "The ministry said on Thursday that the second frigate had left the yard for sea trials. Views: %d"

    def write(n):
        server.set("/c", rss([("Frigate leaves (%d comments)" % n, "http://c.example/1", "c1", formatdate(START), text % (n * 7))]))

    write(0)
    daemon = make_daemon("", dict(c=dict(url=server.url("/c"), interval="1h"))).first_polls()
    etags = []
    for n in range(1, 10):
        write(n)
        daemon.refresh("c")
        etags.append(daemon.get("/feed.atom").headers["ETag"])
    assert len(set(etags[:5])) == 5 and len(set(etags[5:])) == 1 and etags[5] == etags[4]
    events = daemon.stream(dict(since="0", events=["new", "updated"])).read_events(6)
    assert [e["event"] for e in events] == ["new"] + ["updated"] * 5


def test_a_photo_series_has_all_its_photos(server, make_daemon):
    server.set("/photos", rss([photo(n) for n in range(3)]))
    daemon = make_daemon("", dict(photos=dict(url=server.url("/photos"), interval="1h"))).first_polls()
    assert daemon.feeds()["photos"]["items"] == 3
    assert daemon.get("/feed.atom").body.decode().count("</entry>") == 3
