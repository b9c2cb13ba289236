# SPDX-License-Identifier: ISC
"""The search over all that is kept: found by a rule, kept in step, built anew, switched off."""
import json
import subprocess
from urllib.parse import quote

import pytest

from harness import BUILD, wait_for
from samples import article, rss

MISSILE = article(1, title="Missile lands in sea", text="<p>A missile fell into the sea off the coast on Monday, and nobody was hurt there.</p>")
FRIGATE = article(2, title="Frigate leaves harbour", text="<p>The frigate left for a long patrol of the northern waters this week, its crew said.</p>")
KOREAN = article(3, title="북한 미사일을 발사", text="<p>北朝鮮は弾道ミサイルを発射した。朝鲜半岛局势紧张。</p>")


@pytest.fixture
def daemon(server, make_daemon):
    server.set("/alpha", rss("Alpha", [MISSILE, FRIGATE], prefix="alpha"))
    server.set("/bravo", rss("Bravo", [MISSILE, KOREAN], prefix="bravo"))
    feeds = {o: dict(url=server.url("/" + o), publisher=o, categories=c) for o, c in (("alpha", "naval"), ("bravo", "asia"))}
    daemon = make_daemon("", feeds).start()
    wait_for(lambda: all(f["state"] == "ok" for f in daemon.feeds().values()), "the polls")
    wait_for(lambda: stories(daemon, "missile OR frigate OR 발사") == 3, "the index")
    return daemon


def search(daemon, *arguments, code=0):
    result = subprocess.run([BUILD / "sitrep", "search", "--state-dir", daemon.state, *arguments], capture_output=True, text=True)
    assert result.returncode == code, result.stderr
    return result.stdout if code == 0 else result.stderr


def answer(daemon, *arguments):
    """The stories, and the counts."""
    *found, last = [json.loads(line) for line in search(daemon, "--json", *arguments).splitlines()]
    return found, last["sum"]


def stories(daemon, rule):
    """How many stories there are; None without an index that is complete."""
    result = subprocess.run([BUILD / "sitrep", "search", "--json", "--state-dir", daemon.state, rule], capture_output=True, text=True)
    total = json.loads(result.stdout.splitlines()[-1])["sum"] if result.returncode == 0 else {"behind": 1}
    return None if total["behind"] else total["stories"]


def test_answers(daemon):
    found, total = answer(daemon, "missile*")
    assert [story["title"] for story in found] == ["Missile lands in sea"] and found[0]["sources"] == 2
    assert found[0]["found"][0] == "Missile" and "missile" in found[0]["found"] and total["stories"] == 1
    assert {facet["value"]: facet["stories"] for facet in total["categories"]} == {"naval": 1, "asia": 1}
    assert {facet["value"] for facet in total["feeds"]} == {"alpha", "bravo"}
    for rule in ("미사일", "北朝鮮", "朝鲜半岛", "ミサイル", '"弾道 ミサイル"'):
        assert [story["title"] for story in answer(daemon, rule)[0]] == ["북한 미사일을 발사"], rule
    assert len(answer(daemon, "missile sources>=2")[0]) == 1 and answer(daemon, "missile sources>=3")[0] == []
    assert len(answer(daemon, "category:naval")[0]) == 2 and len(answer(daemon, "feed:alpha NOT missile")[0]) == 1
    found = answer(daemon, "--by", "time", "--top", "1", "missile OR frigate")
    assert len(found[0]) == 1 and found[1]["stories"] == 2
    assert len(answer(daemon, "--since", "3650d", "missile")[0]) == 1  # the items are dated
    text = search(daemon, "frigate NEAR/3 harbour")
    assert "[Frigate] leaves [harbour]\n    The [frigate] left" in text and "\n1 story\n" in text, text
    text = search(daemon, "--top", "1", "missile OR frigate")
    assert "2 stories, the best 1 shown" in text, text


def test_mistakes(daemon):
    refused = search(daemon, "missile AND (", code=1)
    assert "at column 14" in refused and "^" in refused
    assert "is no duration" in search(daemon, "--since", "soon", "x", code=2)
    assert "from 1 to 200" in search(daemon, "--top", "0", "x", code=2)
    assert "expected best or time" in search(daemon, "--by", "luck", "x", code=2)


def test_removed_items_are_not_found(daemon, server):
    daemon.write_config("", {"bravo": dict(url=server.url("/bravo"), publisher="bravo")})
    daemon.run("reload")
    assert stories(daemon, "frigate") == 1
    daemon.run("forget", "--yes", "alpha")
    # at once, and also when the index has followed
    assert answer(daemon, "frigate")[0] == []
    wait_for(lambda: stories(daemon, "frigate") == 0, "the index to forget")
    assert stories(daemon, "missile") == 1


def test_an_update_is_found(daemon, server):
    changed = dict(FRIGATE, title="Frigate turns back", text="<p>The frigate turned back after an engine had failed in the northern waters.</p>")
    server.set("/alpha", rss("Alpha", [MISSILE, changed], prefix="alpha"))
    daemon.run("refresh", "alpha")
    wait_for(lambda: stories(daemon, "engine") == 1, "the new text")
    assert stories(daemon, "patrol") == 0


def test_the_index_is_built_anew(daemon):
    index = daemon.state / "search.db"
    # gone while the daemon runs
    index.unlink()
    wait_for(lambda: stories(daemon, "missile") == 1, "a new index")
    daemon.stop()
    # damaged while it does not
    index.write_bytes(b"no database" + index.read_bytes()[11:])
    refused = search(daemon, "missile", code=1)
    assert "damaged" in refused, refused
    daemon.start()
    wait_for(lambda: stories(daemon, "missile") == 1, "a new index")
    assert index.stat().st_mode & 0o777 == 0o600


def test_the_index_is_switched_off(daemon):
    daemon.stop()
    daemon.config_path.write_text(daemon.config_path.read_text() + "\n[search]\nindex = off\n")
    daemon.start()
    wait_for(lambda: not (daemon.state / "search.db").exists(), "the index to go")
    assert "there is no search index" in search(daemon, "missile", code=1)


def test_page(daemon):
    """Without a rule, with one, narrowed, with a mistake; the same stories as a feed."""
    assert "All that is kept can be searched" in daemon.get("/search").body.decode()
    page = daemon.get("/search?q=missile*+OR+frigate").body.decode()
    assert "<h2>2 stories in 180 days</h2>" in page and "<mark>Missile</mark> lands in sea" in page, page
    assert "1 to 2 of 2" in page and 'href="search?q=missile%2A%20OR%20frigate&amp;sort=new"' in page
    assert 'category=naval">naval <span class="num">2</span>' in page and 'feed=bravo">Bravo <span class="num">1</span>' in page
    page = daemon.get("/search?q=missile*+OR+frigate&sort=new&feed=bravo&category=asia&page=1").body.decode()
    assert "<h2>1 story in 180 days</h2>" in page and 'aria-current="true">Bravo' in page
    assert "No story of the 180 days" in daemon.get("/search?q=nothing").body.decode()
    for query, told in (("q=missile+AND+(", "at column 14"), ("q=x&sort=luck", "best or new"), ("q=x&month=May", "like 2026-11"),
                        ("q=x&page=0", "from 1 to 333"), ("q=/x/", "regular expressions"), ("colour=red", "is no parameter")):
        refused = daemon.get("/search?" + query)
        assert refused.status == 400 and told in refused.body.decode() and 'role="alert"' in refused.body.decode(), query
    hostile = daemon.get("/search?q=" + quote('"<script>alert(1)</script>"')).body.decode()
    assert "<script>alert" not in hostile and "&lt;script" in hostile
    for rule, count in (("missile* OR frigate", 2), ("발사", 1), ("missile sources>=2", 1)):
        feed = json.loads(daemon.get("/feed.json?q=" + quote(rule)).body)
        assert len(feed["items"]) == count, rule
    assert len(json.loads(daemon.get("/feed.json?q=frigate+OR+missile&feed=bravo").body)["items"]) == 1


def test_the_page_without_an_index(daemon):
    daemon.stop()
    daemon.config_path.write_text(daemon.config_path.read_text() + "\n[search]\nindex = off\n")
    daemon.start()
    assert "The search is switched off" in daemon.get("/search?q=missile").body.decode()
    # feeds search the newest stories themselves
    assert len(json.loads(daemon.get("/feed.json?q=missile").body)["items"]) == 1


def sitrep(daemon, *arguments, code=0):
    result = subprocess.run([BUILD / "sitrep", *arguments, "--state-dir", daemon.state], capture_output=True, text=True)
    assert result.returncode == code, result.stderr
    return result.stdout if code == 0 else result.stderr


def test_one_story(daemon):
    """By the id that the search tells, with its reports, for people and as JSON."""
    uid = answer(daemon, "missile")[0][0]["story"]
    text = sitrep(daemon, "story", uid)
    assert text.startswith("story %s: 2 outlets, 2 reports\n" % uid) and "Alpha\n" in text and "copy of the report of " in text, text
    story = json.loads(sitrep(daemon, "story", "--json", uid))
    assert story["title"] == "Missile lands in sea" and {item["feed"] for item in story["items"]} == {"alpha", "bravo"}
    assert [link["relation"] for link in story["links"]] == ["copy"]
    assert "no story has that id" in sitrep(daemon, "story", "nothing", code=1)


def test_the_stored_stories(daemon):
    """The newest of a time, or those of most outlets; the items of a file are grouped as before."""
    assert sitrep(daemon, "stories", "--since", "1h") == ""
    lines = [json.loads(line) for line in sitrep(daemon, "stories", "--json", "--since", "3650d", "--top").splitlines()]
    assert [line["sources"] for line in lines] == [2, 1, 1] and lines[0]["title"] == "Missile lands in sea"
    assert len(sitrep(daemon, "stories", "--since", "3650d", "--count", "2").splitlines()) == 4
    assert "Missile lands in sea" in sitrep(daemon, "stories", "--since", "3650d", "--top", "-n", "1")
    assert "without a file" in sitrep(daemon, "stories", "--top", "FILE", code=2)
    assert "is no duration" in sitrep(daemon, "stories", "--since", "x", code=2)
