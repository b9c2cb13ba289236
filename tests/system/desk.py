# SPDX-License-Identifier: ISC
"""A desk of six outlets in five languages with some days of stories, for the tests of pages."""
import datetime
import html

from harness import wait_for

# name -> title, language, category
OUTLETS = {"alpha": ("Halden Gazette", "en", "naval"), "bravo": ("Northern Wire", "en", "press"),
           "charlie": ("한성일보", "ko", "asia"), "delta": ("بريد الساحل", "ar", "press"),
           "echo": ("Вестник Залесья", "ru", "naval"), "foxtrot": ("霧島新報", "ja", "asia")}
FOREIGN = {"charlie": "한성 국방부, 호박해협 상공에서 미확인 무인기 %d대 포착", "delta": "توقف الملاحة في مضيق العنبر بعد إطلاق %d صواريخ",
           "echo": "Новый тральщик номер %d прошёл испытания в заливе", "foxtrot": "霧島の港に護衛艦%d隻が入港"}
CONFIG = """title = Night <desk>
[poll]
alert-backlog = 30d
[alert "missile"]
match = missile*
priority = urgent
[alert "ferry"]
match = ferries
priority = low
[output "pacific"]
title = Pacific & more
match = category:asia"""


def item(n, title, text, when, language):
    return ("<item><title>%s</title><link>https://%s.example/%d</link><guid isPermaLink=\"false\">%s-%d</guid><pubDate>%s</pubDate>"
            "<dc:language>%s</dc:language><description>%s</description></item>" % (
                html.escape(title), language, n, language, n, when.strftime("%a, %d %b %Y %H:%M:%S +0000"), language, html.escape(text)))


def rss(title, items):
    return ('<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>%s</title>'
            "<link>https://%s.example/</link><description>d</description>%s</channel></rss>" % (
                html.escape(title), abs(hash(title)) % 1000, "".join(items)))


def sentences(n):
    """A text of its own for each number: stories must not be taken for one."""
    words = ("frigate tanker convoy harbour radar battery brigade hangar runway depot shipyard patrol beacon channel "
             "exercise drone escort mast turret cable").split()
    pick = [words[(n * k + k * k) % len(words)] for k in range(3, 12)]
    return "The %s number %d left the %s with a %s; its %s stays at the %s until week %d. A %s follows the %s." % (
        pick[0], 1000 + n * 7, pick[1], pick[2], pick[3], pick[4], 100 + n * 3, pick[5], pick[6])


def make(server, make_daemon, stories=70, step_minutes=50, config=CONFIG):
    """A daemon that has read all feeds.  Story n is n steps old; every fifth one runs in alpha and bravo alike, every
    seventh one is in another language, story 0 raises an urgent alert and story 1 a low one."""
    now = datetime.datetime.now(datetime.timezone.utc)
    items = {name: [] for name in OUTLETS}
    for n in range(stories):
        when = now - datetime.timedelta(minutes=5 + n * step_minutes)
        if n % 7 == 6:
            name = list(FOREIGN)[n // 7 % 4]
            items[name].append(item(n, FOREIGN[name] % n, sentences(n), when, OUTLETS[name][1]))
            continue
        title = "Story %d of the %s desk" % (n, ("night", "day")[n % 2])
        title = {0: "Three missiles fly over the strait", 1: "Ferries stopped at Halden"}.get(n, title)
        items["alpha" if n % 2 else "bravo"].append(item(n, title, sentences(n), when, "en"))
        if n % 5 == 0:
            items["bravo" if n % 2 else "alpha"].append(
                item(n, title, sentences(n), when + datetime.timedelta(minutes=2), "en"))
    feeds = {}
    for name, (title, _, category) in OUTLETS.items():
        server.set("/" + name, rss(title, items[name]))
        feeds[name] = dict(url=server.url("/" + name), categories=category)
    daemon = make_daemon(config, feeds).start()
    wait_for(lambda: all(f["state"] == "ok" for f in daemon.feeds().values()), "the first polls")
    return daemon
