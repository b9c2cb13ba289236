# SPDX-License-Identifier: ISC
"""Rules find words in every dress: in alerts, in outputs (also of what is stored), on the stream and under NOT."""
import json

from harness import wait_for
from samples import article, rss

TITLES = ["North Korea's missile lands in sea", "Taiwan’s ADIZ crossed by thirty jets", "Ukraine‘s drone hits a depot", "L'OTAN et l'armée",
          "Palais de l’Élysée", "Drone of nobody in particular", "북한이 미사일을 발사했다", "Ракета Королёва"]
RULES = {"korea": '"north korea" missile', "taiwan": "taiwan", "not-ukraine": "drone NOT ukraine", "otan": "otan armee", "lotan": "lotan",
         "accent": "elysee", "own-accent": "élysée", "hangul": "북한 미사일", "yo": "королева"}
FOUND = {"korea": {0}, "taiwan": {1}, "not-ukraine": {5}, "otan": {3}, "lotan": {3}, "accent": {4}, "own-accent": {4}, "hangul": {6}, "yo": {7}}


def articles():
    return [article(n, title="%s (%d)" % (title, n), text="<p>Filler number %d and nothing else, %s.</p>" % (n, "word%d " % n * 9))
            for n, title in enumerate(TITLES)]


def number(title):
    return int(title.rsplit("(", 1)[1][:-1])


def outputs(daemon):
    return {name: {number(i["title"]) for i in json.loads(daemon.get("/output/%s.json" % name).body)["items"]} for name in RULES}


def config(alerts=True):
    return "".join(('[alert "%s"]\nmatch = %s\n' % (name, rule) if alerts else "") + '[output "%s"]\nmatch = %s\n' % (name, rule)
                   for name, rule in RULES.items())


def test_alerts_outputs_and_stream(server, make_daemon):
    server.set("/a", rss("Desk", [article(99)]))
    daemon = make_daemon(config(), dict(a=server.url("/a"))).start()
    wait_for(lambda: daemon.feeds()["a"]["state"] == "ok", "the first poll")
    streams = {name: daemon.stream(dict(match=rule, events=["new"])) for name, rule in RULES.items()}
    alerts = daemon.stream(dict(events=["alert"]))
    server.set("/a", rss("Desk", [article(99)] + articles()))
    daemon.refresh("a")
    found = {name: set() for name in RULES}
    for _ in range(sum(len(numbers) for numbers in FOUND.values())):
        event = alerts.read_until("alert")
        found[event["alert"]["name"]].add(number(event["item"]["title"]))
    assert found == FOUND
    assert outputs(daemon) == FOUND
    for name, stream in streams.items():
        assert {number(stream.read_until("new")["item"]["title"]) for _ in FOUND[name]} == FOUND[name]


def test_what_is_stored(server, make_daemon):
    """A rule that comes with a reload finds the stored items in the same dresses."""
    server.set("/a", rss("Desk", articles()))
    daemon = make_daemon("", dict(a=server.url("/a"))).start()
    wait_for(lambda: daemon.feeds()["a"]["state"] == "ok", "the first poll")
    daemon.config_path.write_text(daemon.config_path.read_text() + "\n" + config(alerts=False))
    daemon.control(op="reload")
    wait_for(lambda: outputs(daemon) == FOUND, "the outputs of the stored items")
