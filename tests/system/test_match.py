# SPDX-License-Identifier: ISC
"""A rule is tried, and a mistake in it shows its place."""
import json
import os
import subprocess

from harness import BUILD, on_terminal, wait_for
from samples import article, rss

WRONG = '[alert "wrong"]\nmatch = 北朝鮮 AND (missile OR icbm))\n'
SENTENCE = 'match: at column 26: found ")", expected a "(" before it, or nothing'
SHOWN = "    北朝鮮 AND (missile OR icbm))\n" + " " * 32 + "^\n"


def test_mistake_shows_its_place(make_daemon):
    """People see the rule with a mark under the place; a log and JSON have one line."""
    daemon = make_daemon(WRONG, {})
    mistake = "%s:2: %s\n" % (daemon.config_path, SENTENCE)
    for command in ([*daemon.command(), "--check"], [BUILD / "sitrep", "check", daemon.config_path]):
        check = subprocess.run(command, capture_output=True, text=True)
        assert check.returncode == 1 and check.stderr.startswith(mistake + SHOWN), check.stderr
    start = subprocess.run(daemon.command(), capture_output=True, text=True)
    assert start.returncode == 78 and mistake in start.stderr and "^" not in start.stderr, start.stderr
    status, seen = on_terminal(daemon.command(), streams=("stderr",))
    assert status == 78 and "cannot start" in seen and mistake + SHOWN in seen


def test_history(server, make_daemon):
    """What a rule would have raised: each story once, how often a day, which term did it; why not; as JSON."""
    missile = article(1, title="Missile lands in sea", text="<p>A missile fell into the sea off the coast on Monday, and nobody was hurt there.</p>")
    frigate = article(2, title="Frigate leaves harbour", text="<p>The frigate left for a long patrol of the northern waters this week, its crew said.</p>")
    for outlet in ("alpha", "bravo"):
        server.set("/" + outlet, rss(outlet, [missile] + [frigate] * (outlet == "alpha"), prefix=outlet))
    daemon = make_daemon("", {o: dict(url=server.url("/" + o), publisher=o) for o in ("alpha", "bravo")}).first_polls(state="ok")

    def history(*arguments, code=0):
        result = match("--state-dir", str(daemon.state), "--since", "1d", *arguments)
        assert result.returncode == code, result.stderr
        return result.stdout
    told = history("missile* OR frigate OR harbour")
    assert told.count("[Missile] lands in sea") == 1 and "[Frigate] leaves [harbour]" in told
    assert "2 stories in 3 items of 1d: 2.0 a day, most on 20" in told and "       1  missile*\n" in told, told
    assert "1 story in 3 items" in history("missile sources>=2") and "0 stories" in history("missile sources>=3")
    assert "1 story in" in history("frigate age>1h publisher:alpha") and "0 stories" in history("frigate age<1h")
    assert "    story: sources>=2: it has 1\n" in history("--explain", "frigate sources>=2")
    lines = [json.loads(line) for line in history("--json", "missile").splitlines()]
    assert lines[0]["title"] == "Missile lands in sea" and lines[0]["feed"] in ("alpha", "bravo") and lines[0]["terms"] == ["missile"]
    assert lines[1]["sum"]["stories"] == 1 and lines[1]["sum"]["items"] == 3
    assert lines[1]["sum"]["terms"] == [{"term": "missile", "stories": 1}]
    assert "is no duration" in match("x", "--since", "soon").stderr
    assert "takes no file" in match("x", "FILE", "--since", "1d").stderr
    nothing = match("x", "--since", "1d", "--state-dir", "/nowhere")
    assert nothing.returncode != 0 and "/nowhere" in nothing.stderr


def test_tail_shows_the_place_too(make_daemon):
    """A mistake in tail --match has its place, and so have lower-case operators."""
    daemon = make_daemon("", {}).start()
    wrong = daemon.run("tail", "--match", "北朝鮮 AND (missile OR icbm))", check=False)
    assert wrong.returncode == 1 and SENTENCE in wrong.stderr and wrong.stderr.endswith(SHOWN), wrong.stderr
    doubted = subprocess.Popen(["timeout", "10", str(BUILD / "sitrep"), "-c", str(daemon.config_path), "tail", "--match", "missile and icbm"],
                               stderr=subprocess.PIPE, text=True)
    lines = [doubted.stderr.readline() for _ in range(3)]
    doubted.terminate()
    doubted.communicate()
    assert lines == ['sitrep: tail: at column 9: "and" is a word here, the operator is AND\n', "    missile and icbm\n", "            ^\n"]


def test_mistake_of_a_reload_is_one_line(make_daemon):
    daemon = make_daemon("", {}).start()
    wait_for(daemon.is_up, "the start")
    daemon.config_path.write_text(WRONG + daemon.config_path.read_text())
    mistakes = [answer for answer in daemon.control(op="reload") if "mistakes" in answer]
    assert mistakes[0]["mistakes"] == ["%s:2: %s" % (daemon.config_path, SENTENCE)]


LINES = [dict(title="North Korea’s missile lands in the sea", content="A <missile> was fired " + "from the coast " * 20 + "and a missile fell",
              link="https://www.usni.org/1", source="Desk"),
         dict(title="北朝鮮のミサイル発射", link="https://outlet.example/2"),
         dict(title="Video game with a missile of North Korea", link="https://outlet.example/3")]


def match(*arguments, stdin=None, before=(), **options):
    return subprocess.run([str(BUILD / "sitrep"), *before, "match", *arguments], input=stdin, capture_output=True, text=True, **options)


def as_lines(items=LINES):
    return "".join(json.dumps(item) + "\n" for item in items)


def test_match_on_lines():
    result = match("missile korea NOT game", stdin="\n" + as_lines())
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "North [Korea’s] [missile] lands in the sea"
    assert lines[1].startswith("    A <[missile]> was fired from") and lines[1].endswith(" ...")
    assert lines[2].startswith("    ... ") and lines[2].endswith(" and a [missile] fell")
    assert lines[3:] == ["    terms: missile, korea", "    https://www.usni.org/1", "1 of 3 items match"]


def test_explain():
    result = match("--explain", "missile NEAR/3 (sea OR port) NOT game", "-", stdin=as_lines())
    assert result.returncode == 0, result.stderr
    assert [line for line in result.stdout.splitlines() if "https" not in line] == [
        "no match  North Korea’s [missile] lands in the [sea]",
        "    too far: missile NEAR/3 (sea OR port): 4 words apart",
        "no match  北朝鮮のミサイル発射",
        "    missing: missile",
        "    missing: sea or port",
        "no match  Video game with a [missile] of North Korea",
        "    missing: sea or port",
        "    there, under a NOT: game",
        "0 of 3 items match"]


def test_json():
    result = match("--json", "ミサイル OR words<3", stdin=as_lines())
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        dict(item=2, matches=True, title="北朝鮮のミサイル発射", link="https://outlet.example/2", terms=["ミサイル"], words=["ミサイル"], reasons=[])]
    result = match("--json", "--explain", "source:desk words<3", stdin=as_lines())
    assert [(o["item"], o["matches"], o["reasons"]) for o in map(json.loads, result.stdout.splitlines())] == [
        (1, False, ["length: words<3: 75 words"]), (2, False, ["missing: source:desk", "length: words<3: 10 words"]),
        (3, False, ["missing: source:desk", "length: words<3: 8 words"])]


def test_match_on_feeds(tmp_path):
    """RSS and a JSON feed, on one line too."""
    path = tmp_path / "feed.xml"
    path.write_text(rss("Desk of the sea", [article(1), article(2, title="A frigate sails")]))
    result = match("source:sea title:frigate*", str(path))
    assert "A [frigate] sails" in result.stdout and result.stdout.endswith("1 of 2 items match\n"), result.stdout
    feed = dict(version="https://jsonfeed.org/version/1.1", title="x", items=[dict(id="1", title="A frigate", content_text="sails")])
    assert match("frigate", stdin=json.dumps(feed)).stdout == "A [frigate]\n    terms: frigate\n1 of 1 items match\n"


def test_definitions_lists_and_feeds_of_a_configuration(make_daemon, tmp_path):
    daemon = make_daemon('[define "korean"]\nmatch = korea OR 北朝鮮\n',
                         dict(usni=dict(url="https://feed.example/", categories="naval", title="Navy Desk")))
    (daemon.config_path.parent / "watch.txt").write_text("missile = 20\nsea = 10\n")
    (tmp_path / "watch.txt").write_text("game\n")
    (tmp_path / "items").write_text(as_lines())
    def count(rule, *more, before=("-c", str(daemon.config_path))):
        result = match(*more, rule, "items", cwd=tmp_path, before=before)
        assert result.returncode == 0, result.stderr
        return result.stdout.splitlines()[-1]
    assert count("$korean") == "3 of 3 items match"
    assert count('list "watch.txt" >= 30') == "1 of 3 items match"
    assert count('list "watch.txt" >= 1', before=()) == "1 of 3 items match"
    assert count('source:navy category:naval feed:usni game', "--feed", "usni") == "1 of 3 items match"
    assert count("category:naval") == "0 of 3 items match"


def test_mistakes(tmp_path):
    result = match("a OR (b", stdin="")
    assert result.returncode == 1
    assert result.stderr.endswith(': at column 6: found "(", expected a ")" that closes it\n    a OR (b\n         ^\n'), result.stderr
    result = match("a $navy", stdin="")
    assert result.returncode == 1 and 'no [define "navy"]' in result.stderr and result.stderr.endswith("    a $navy\n      ^\n")
    result = match("a", stdin='{"title":"a"}\n{"title":\n')
    assert result.returncode == 1 and "-, line 2:" in result.stderr and result.stdout == "a\n"[:0] + "[a]\n    terms: a\n"
    result = match("a", str(tmp_path / "missing"))
    assert result.returncode == 1 and "cannot read" in result.stderr
    assert match().returncode == 2


def test_warnings(make_daemon):
    """Of a rule that may mean something else; of names of feeds only where the feeds are known."""
    rule = "missile and feed:nosuch"
    warning = 'sitrep: warning: match: at column 9: "and" is a word here, the operator is AND\n    %s\n            ^\n' % rule
    result = match(rule, stdin=as_lines())
    assert (result.returncode, result.stderr, result.stdout) == (0, warning, "0 of 3 items match\n")
    daemon = make_daemon("", dict(usni="https://feed.example/"))
    result = match(rule, stdin=as_lines(), before=("-c", str(daemon.config_path)))
    assert result.returncode == 0 and warning in result.stderr and "feed:nosuch names no feed" in result.stderr, result.stderr


def test_terminal_gets_bold_words_and_nothing_unsafe():
    hostile = dict(title="A missile \x1b[31m\u202e", link="https://x.example/\x1b[31m", content="missile \x01\x02\x07")
    environment = dict(os.environ, TERM="xterm")
    environment.pop("NO_COLOR", None)
    status, seen = on_terminal([str(BUILD / "sitrep"), "match", "missile"], streams=("stdout",), input=json.dumps(hostile).encode(), env=environment)
    assert status == 0 and "items match" in seen
    assert seen.startswith("A \x1b[1mmissile\x1b[0m [31m\n"), seen
    assert seen.count("\x1b") == 4 and not set(seen) & set("\x01\x02\x07"), seen
