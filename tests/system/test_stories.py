# SPDX-License-Identifier: ISC
"""`sitrep stories`: every relation a report can have, its switches, and what it says to input that is none."""
import json

from harness import sitrep
from test_story_edit import TALKS, VESSEL

WEEK = ("The coast guard counted {} vessels in the strait in the week to {}, and checked the papers of {} ships. It held {} of "
        "them in port for want of repairs. Patrols covered {} nautical miles. The figures are published every week and may be "
        "revised later as reports from the stations along the coast come in.")


def item(seq, source, title, content, guid=None, link=None, **more):
    return dict(seq=seq, time=1795428000 + 60 * seq, source=source, guid=guid or "%s-%d" % (source, seq),
                link=link or "https://%s/%d" % (source, seq), title=title, content=content, **more)


def run(text, *options):
    return sitrep("stories", *options, input=text)


def stories(items, *options):
    result = run("".join(json.dumps(i) + "\n" for i in items), *options)
    assert result.returncode == 0, result.stderr
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [a["seq"] for a in answers] == [i["seq"] for i in items]
    return answers


def told(answers):
    return [(a["relation"], a["story"], a.get("of")) for a in answers]


def test_every_relation():
    answers = stories([
        item(10, "www.alpha.example", "Shipyard hands over second patrol vessel", VESSEL),
        item(11, "bravo.example", "Talks on border posts", TALKS),
        # the same text in markup
        item(12, "bravo.example", "Shipyard hands over <b>second</b> patrol vessel", "<p>%s</p>" % VESSEL.replace(". ", ".</p><p>")),
        item(13, "charlie.example", "New patrol ship is early", "PORT CITY (Agency) - " + VESSEL.split(" at the ceremony")[0] + "."),
        # its guid, twice: nothing new, then another text
        item(14, "www.alpha.example", "Shipyard hands over second patrol vessel", VESSEL, guid="www.alpha.example-10"),
        item(15, "www.alpha.example", "Shipyard hands over vessel", TALKS + VESSEL, guid="www.alpha.example-10"),
        # another guid, the same text
        item(16, "bravo.example", "Talks on border posts", TALKS),
        # the same link, with a tracker and a similar text
        item(17, "delta.example", "Posts may open", TALKS.split(" An agreement")[0], link="https://bravo.example/11?utm_source=x"),
        # the same outlet under another host, nearly the same
        item(18, "news.alpha.example", "Shipyard hands over second patrol vessel", VESSEL + " More follows."),
        item(19, "echo.example", "Weather", "Rain and wind are expected in the north and on the coast on Wednesday night."),
    ])
    assert told(answers) == [
        ("new", 10, None), ("new", 11, None), ("copy", 10, 10), ("reprint", 10, 10), ("unchanged", 10, 10), ("update", 10, 10),
        ("unchanged", 11, 11), ("copy", 11, 11), ("update", 10, 10), ("new", 19, None)]
    assert answers[3]["score"] > 0.8 and "score" not in answers[2]


def test_a_link_alone_says_nothing():
    answers = stories([
        item(0, "alpha.example", "Talks on border posts", TALKS),
        item(1, "bravo.example", "Posts may open", "A date is near, and nobody says which.", link="https://alpha.example/0"),
        item(2, "alpha.example", "Rain", "Rain is expected on the whole coast tonight.", link="https://alpha.example/0"),
    ])
    assert told(answers) == [("new", 0, None), ("new", 1, None), ("new", 2, None)]


def test_old_words_are_news_in_another_outlet():
    later = item(1, "bravo.example", "Talks on border posts", TALKS)
    later["time"] += 15 * 24 * 3600
    answers = stories([item(0, "alpha.example", "Talks on border posts", TALKS), later])
    assert told(answers) == [("new", 0, None), ("related", 1, 0)] and answers[1]["score"] == 1


def test_few_words_are_news_each_time():
    answers = stories([item(n, "alpha.example", "Alarm", "All clear.") for n in range(3)])
    assert told(answers) == [("new", 0, None), ("related", 1, 0), ("related", 2, 1)]


def test_front_pages_and_short_texts_say_nothing():
    answers = stories([
        item(0, "alpha.example", "Daily update", "All the news", link="https://wire.example/"),
        item(1, "bravo.example", "Daily update", "All the news", link="https://wire.example/"),
        item(2, "bravo.example", "Nothing", "", guid="x"),
        dict(seq=3, time=1795428300, guid="y", link="https://charlie.example/3", title="Only a title", summary=None),
    ])
    assert [a["relation"] for a in answers] == ["new"] * 4


def test_switches():
    weeks = [item(0, "alpha.example", "Traffic", WEEK.format(312, "Sunday 4 January", 41, 3, 1150)),
             item(1, "bravo.example", "Traffic", WEEK.format(287, "Sunday 11 January", 38, 5, 1240))]
    assert [a["story"] for a in stories(weeks)] == [0, 1]
    assert [a["story"] for a in stories(weeks, "--no-guard")] == [0, 0]
    assert [a["story"] for a in stories(weeks, "--no-guard", "--no-near")] == [0, 1]
    why = stories(weeks, "--no-guard", "--why")[1]
    assert why["numbers"] < why["numbers_of"] and why["shared"] <= why["shared_of"] and why["title"] == 1

    notes = ["Orders rose", "A crane was sold", "Its engine passed", "The board proposes", "Apprentices met", "A slipway goes",
             "The chief retires", "Steel arrives", "A court ruled", "Customers praise"]
    company = TALKS.replace("border", "shipyard")
    releases = [item(i, "yard.example", n, n + " at the yard. " + company) for i, n in enumerate(notes)]
    releases.append(item(99, "paper.example", "A canteen closes", "The canteen is closed for a new floor. " + company))
    assert stories(releases)[-1]["story"] == 99
    assert stories(releases, "--no-boilerplate")[-1]["story"] != 99


def test_bad_input_is_named(tmp_path):
    good = json.dumps(item(0, "alpha.example", "Talks", TALKS)) + "\n"
    for bad in ("nonsense", "[1]", '{"seq":1}', '{"seq":-1,"time":1}', '{"seq":9223372036854775807,"time":1}', '{"seq":1.5,"time":1}',
                '{"seq":1,"time":1e30}', '{"seq":0,"time":1795428000,"guid":"again"}'):
        result = run(good + "\n" + bad + "\n")
        assert result.returncode == 1, bad
        assert len(result.stdout.splitlines()) == 1
        assert "line 3" in result.stderr, result.stderr
    result = run("", str(tmp_path / "none"))
    assert result.returncode == 1 and "none" in result.stderr
    assert run("", "--nonsense").returncode == 2
    assert run("", "a", "b").returncode == 2
    help_text = run("", "--help")
    assert help_text.returncode == 0 and "usage" in help_text.stdout
    (tmp_path / "file").write_text(good)
    assert run("", str(tmp_path / "file")).stdout == run(good).stdout


def test_input_that_cannot_be_read_is_told(tmp_path):
    """A line without an end is not read into memory for ever; reading it took all of it."""
    for path, reason in (("/dev/zero", "line 1: it is too large"), (tmp_path, "line 1: Is a directory")):
        result = sitrep("stories", str(path), timeout=60)
        assert result.returncode == 1 and result.stderr == "sitrep: stories: cannot read %s, %s\n" % (path, reason)
