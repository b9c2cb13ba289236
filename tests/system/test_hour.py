# SPDX-License-Identifier: ISC
"""tests/corpus/hour.py on small data: it passes on what the daemon does, and fails when an item, an event, a row, a poll
or an entry is missing, told twice or another."""
import copy
import csv
import gzip
import json
import pathlib
import random
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "corpus"))

import hour  # noqa: E402
import hour_count  # noqa: E402

SAMPLES = {"rss2.xml": "rss2.0", "atom10.xml": "atom", "jsonfeed.json": "json"}
OUTLETS = 5
DAY_S = 24 * 3600


def sentence(draw, count):
    return " ".join("".join(draw.choice("bdfgklmnprstvz") + draw.choice("aeiou") for _ in range(3)) for _ in range(count))


def stream(seed, count):
    """Items of OUTLETS outlets; each seventh is the last one's text in the next outlet."""
    draw, items = random.Random(seed), []
    for n in range(count):
        outlet = "outlet-%s%d.example" % (seed, n % OUTLETS)
        text = items[-1]["content"] if n % 7 == 6 else "\n\n".join(sentence(draw, 40) + "." for _ in range(2))
        items.append(dict(seq=n, time=1767225600 + n * DAY_S // 8, source=outlet, guid="%s-%d" % (seed, n),
                          link="https://%s/%d" % (outlet, n), title=sentence(draw, 7), content=text))
    return items


def write_stream(path, items):
    path.parent.mkdir(parents=True)
    with gzip.open(path, "wt") as f:
        f.writelines(json.dumps(item) + "\n" for item in items)


def run(folder):
    """What a run of some seconds saw, and the labels of its stream."""
    (folder / "corpus").mkdir()
    for name in SAMPLES:
        (folder / "corpus" / name).write_bytes((TESTS / "samples" / name).read_bytes())
    with open(folder / "corpus/MANIFEST.tsv", "w", newline="") as f:
        rows = csv.writer(f, delimiter="\t")
        rows.writerow(("path", "format"))
        rows.writerows(SAMPLES.items())
    full = stream("a", 150)
    write_stream(folder / "fulltext/stream.jsonl.gz", full)
    write_stream(folder / "headlines/stream.jsonl.gz", stream("b", 100))
    labels = folder / "fulltext/labels.tsv"
    labels.write_text("".join("%d\t%d\tx\n" % (n, n - 1 if n % 7 == 6 else n) for n in range(len(full))))
    return hour.Hour(folder, folder, minutes=0.2, interval=1).run(), labels


def lose_everywhere(record):
    event = record["events"].pop(9)
    record["ledger"] = [e for e in record["ledger"] if e[0] != int(event["cursor"])]
    record["items"] = [i for i in record["items"] if i[1] != event["item"]["id"]]


def lose_updates(record):
    record["events"] = [e for e in record["events"] if e["event"] != "updated"]
    record["ledger"] = [e for e in record["ledger"] if e[1] != "updated"]


def tell_an_update_twice(record):
    cursor = int(record["events"][-1]["cursor"]) + 1
    update = next(e for e in record["events"] if e["event"] == "updated")
    record["events"].append(dict(update, cursor=str(cursor)))
    record["ledger"].append(hour_count.brief(record["events"][-1]))


def place_a_copy_wrongly(record):
    new = [e for e in record["events"] if e["event"] == "new"]
    event = next(e for e in record["events"] if e["event"] == "copy")
    event["copy"]["of"] = next(e["item"]["id"] for e in new if e["item"]["title"] != event["item"]["title"] and
                               e["story"]["id"] != event["story"]["id"])


def put(place, **values):
    """place(record) is a dict in which these are changed."""
    return lambda record: place(record).update(values)


CHANGES = {
    "an item is lost": lose_everywhere,
    "an event is lost": lambda record: record["events"].pop(9),
    "an event is told twice": lambda record: record["events"].insert(10, record["events"][9]),
    "an event is told to the late alone": lambda record: record["ledger"].pop(9),
    "a row is lost": lambda record: record["items"].pop(9),
    "updates are lost": lose_updates,
    "an update is told twice": tell_an_update_twice,
    "a copy is of another story": place_a_copy_wrongly,
    "a title is another": put(lambda record: record["events"][9]["item"], title="Another title"),
    "an entry is lost": lambda record: record["merged"]["/feed"]["rss"].pop(3),
    "a report is lost": lambda record: record["merged"]["/feed"]["json"][3]["_sitrep"]["reports"].clear(),
    "polls are lost": lambda record: record["asked"].update(f001=record["asked"]["f001"] + 2),
    "a metric is another": put(lambda record: record["metrics"], sitrepd_items=1),
}


def test_the_count_agrees_and_would_tell_of_each_difference(tmp_path):
    record, labels = run(tmp_path)
    assert hour_count.judge(record, labels) == []
    assert {e["event"] for e in record["events"]} == {"new", "copy", "updated"}
    for name, change in CHANGES.items():
        changed = copy.deepcopy(record)
        change(changed)
        assert hour_count.judge(changed, labels), name
