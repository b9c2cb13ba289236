# SPDX-License-Identifier: ISC
"""Conditions on the story: an alert, an output and a subscription that wait for another publisher."""
import json

from harness import wait_for
from samples import article, rss

OUTLETS = ["anchor", "bollard", "cleat"]


def outputs(daemon, name):
    return [i["title"] for i in json.loads(daemon.get("/output/%s.json" % name).body)["items"]]


def test_a_third_publisher(server, make_daemon):
    one = article(1, title="Frigates in the strait", text="<p>Two frigates sailed through the strait early on Monday, the navy said.</p>")
    other = article(2, title="Something else")
    feeds = {}
    for outlet in OUTLETS:
        server.set("/" + outlet, rss(outlet, [other], prefix=outlet))
        feeds[outlet] = dict(url=server.url("/" + outlet), publisher=outlet)
    daemon = make_daemon('[alert "strait"]\nmatch = frigates AND sources>=3\npriority = high\n'
                         '[output "many"]\nmatch = sources>=3 NOT something\n'
                         '[output "young"]\nmatch = frigates age<1h\n'
                         '[output "urgent"]\nmatch = strait priority>=high\n', feeds).first_polls(state="ok")
    everything = daemon.stream(dict(events=["new", "copy", "alert"]))
    second = daemon.stream(dict(events=["copy"], match="frigates sources=2 age<1h"))
    for n, outlet in enumerate(OUTLETS):
        server.set("/" + outlet, rss(outlet, [other, one], prefix=outlet))
        daemon.refresh(outlet)
        everything.read_until("copy" if n > 0 else "new")
        if n == 0:
            wait_for(lambda: outputs(daemon, "young") == [one["title"]], "the story is young")
        if n < 2:
            assert outputs(daemon, "many") == []
        if n == 1:
            assert second.read_until("copy")["item"]["feed"] == "bollard"
            daemon.restart()
            everything = daemon.stream(dict(events=["new", "copy", "alert"]))
    alert = everything.read_until("alert")
    assert alert["alert"]["name"] == "strait" and alert["alert"]["terms"] == ["frigates"]
    assert alert["story"]["sources"] == 3
    wait_for(lambda: outputs(daemon, "many") == [one["title"]], "the third publisher's report")
    wait_for(lambda: outputs(daemon, "urgent") == [one["title"]], "the alert's priority")
