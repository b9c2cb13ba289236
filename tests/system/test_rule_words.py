# SPDX-License-Identifier: ISC
"""Rules find words in every dress: in alerts, in outputs (also of what is stored), on the stream and under NOT."""
import json

from harness import wait_for
from samples import article, rss

TITLES = ["North Korea's missile lands in sea", "Taiwan’s ADIZ crossed by thirty jets", "Ukraine‘s drone hits a depot", "L'OTAN et l'armée",
          "Palais de l’Élysée", "Drone of nobody in particular", "북한이 미사일을 발사했다", "Ракета Королёва"]
RULES = {"korea": '"north korea" missile', "taiwan": "taiwan", "not-ukraine": "drone NOT ukraine", "otan": "otan armee", "lotan": "lotan",
         "accent": "elysee", "own-accent": "élysée", "hangul": "북한 미사일", "yo": "королева",
         "near": "missile NEAR/3 sea", "onear": "sea ONEAR/3 missile", "regex": r"/ADIZ crossed by (\w+) jets/", "link": 'link:"outlet example 3"',
         "source": "source:desk drone", "publisher": "publisher:outlet.example drone NOT ukraine", "summary": 'summary:"filler number 4"',
         "length": "words<5 drone OR words>5 jets"}
FOUND = {"korea": {0}, "taiwan": {1}, "not-ukraine": {5}, "otan": {3}, "lotan": {3}, "accent": {4}, "own-accent": {4}, "hangul": {6}, "yo": {7},
         "near": {0}, "onear": set(), "regex": {1}, "link": {3}, "source": {2, 5}, "publisher": {5}, "summary": {4}, "length": {1}}


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
    daemon = make_daemon(config(), dict(a=server.set("/a", rss("Desk", [article(99)])))).first_polls(state="ok")
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


def test_a_configured_publisher(server, make_daemon):
    """The configured publisher is what publisher: finds, in place of the host; what is stored is found as well."""
    server.set("/a", rss("Desk", articles()))
    output = "".join('[output "%s"]\nmatch = drone publisher:%s\n' % pair for pair in
                     (("house", '"harbour house"'), ("begin", "harb*"), ("host", "outlet.example")))
    daemon = make_daemon(output, dict(a=dict(url=server.url("/a"), publisher="Harbour House"))).start()
    stream = daemon.stream(dict(since="0", match='drone publisher:"Harbour House"', events=["new"]))
    def found(name):
        return {number(i["title"]) for i in json.loads(daemon.get("/output/%s.json" % name).body)["items"]}
    wait_for(lambda: found("house") == {2, 5}, "the drones")
    assert found("begin") == {2, 5} and found("host") == set()
    assert {number(stream.read_until("new")["item"]["title"]) for _ in range(2)} == {2, 5}
    with daemon.config_path.open("a") as config:
        config.write('[output "later"]\nmatch = drone publisher:"harbour house"\n')
    daemon.run("reload")
    wait_for(lambda: found("later") == {2, 5}, "the stored drones")


def test_what_is_stored(server, make_daemon):
    """A rule that comes with a reload finds the stored items in the same dresses."""
    daemon = make_daemon("", dict(a=server.set("/a", rss("Desk", articles())))).first_polls(state="ok")
    daemon.config_path.write_text(daemon.config_path.read_text() + "\n" + config(alerts=False))
    daemon.control(op="reload")
    wait_for(lambda: outputs(daemon) == FOUND, "the outputs of the stored items")


def test_definitions_and_lists(server, make_daemon):
    """$name and list "file" stand for their text; a list's file that changes is taken up by a reload."""
    server.set("/a", rss("Desk", articles()))
    daemon = make_daemon('[define "korean"]\nmatch = korea OR 북한\n[define "strike"]\nmatch = $korean OR drone\n'
                         '[output "strike"]\nmatch = $strike NOT ukraine\n[output "list"]\nmatch = list "watch.txt" >= 30\n',
                         dict(a=server.url("/a")))
    watch = daemon.config_path.parent / "watch.txt"
    watch.write_text("# words = weights\nmissile = 20\nlands in sea = 10\nadiz = 30\n")
    daemon.start()

    def found(name):
        return {number(i["title"]) for i in json.loads(daemon.get("/output/%s.json" % name).body)["items"]}

    wait_for(lambda: found("strike") == {0, 5, 6} and found("list") == {0, 1}, "the outputs")
    watch.write_text("adiz = 20\nmissile = 20\n북한 = 30\n")
    changes = daemon.control(op="reload")
    assert "output list uses a definition or list that has changed" in json.dumps(changes), changes
    wait_for(lambda: found("list") == {6}, "the output of the changed list")
    watch.write_text("adiz = much\n")
    refused = daemon.control(op="reload")
    assert 'list \\"watch.txt\\": line 1' in json.dumps(refused), refused
    assert found("list") == {6}
