# SPDX-License-Identifier: ISC
"""Secrets in a feed's address are shown nowhere: every output, page, event, command and log line is searched for them."""

from samples import article, rss

USER, PASSWORD, HEADER = "planted-user", "planted-password-1", "planted-header-2"
TOKEN, RANDOM, QUERY, TARGET, LISTED = "planted-token-3", "k9F3xQ7zZ1mB5tR8vN2c", "planted-query-4", "planted-target-5", "planted-list-6"
SECRETS = (PASSWORD, HEADER, TOKEN, RANDOM, QUERY, TARGET, LISTED, USER)

PATHS = ("/", "/feed.atom", "/feed.rss", "/feed.json", "/category/naval.atom", "/output/all.atom", "/output/all.rss",
         "/output/all.json", "/alert/any.atom", "/opml", "/metrics", "/healthz")


def search(where, text):
    for secret in SECRETS:
        assert secret not in text, "%s tells %s: ...%s..." % (
            where, secret, text[max(0, text.index(secret) - 200):text.index(secret) + 60])


def search_everything(daemon):
    for path in PATHS:
        answer = daemon.get(path)
        assert answer.status == 200, path
        search(path, answer.body.decode())
        search(path, str(answer.headers))
    stream = daemon.stream(dict(since="0"))
    newest, events = int(stream.hello["cursor"]), []
    while not events or int(events[-1].get("cursor", 0)) < newest:
        events.append(stream.read())
        search("the stream", str(events[-1]))
    for story in {e["story"]["id"] for e in events if "story" in e}:
        for ending in ("", ".json"):
            search("/story/", daemon.get("/story/" + story + ending).body.decode())
    search("feeds", str(daemon.control(op="feeds")))
    search("status", str(daemon.control(op="status")))
    search("sitrep feeds", daemon.run("feeds").stdout)
    search("the log", daemon.log())
    return events


def test_no_secret_comes_out(server, make_daemon):
    address = server.url("/").split("//")[1]
    daemon = make_daemon('opml = list.opml\nlog-level = debug\n[output "all"]\ntitle = All\n[alert "any"]\nmatch = frigate')
    secret_file = daemon.folder / "headers"
    secret_file.write_text("X-Key: %s\n" % HEADER)
    feeds = dict(
        user="http://%s:%s@%sa" % (USER, PASSWORD, address),
        token=server.url("/b?topic=naval&api_key=%s" % TOKEN),
        random=server.url("/c?id=%s" % RANDOM),
        private=dict(url=server.url("/d?desk=%s" % QUERY), private="yes"),
        named=dict(url=server.url("/e?key=%s" % TOKEN), **{"public-url": "https://shown.example/feed"}),
        header=dict(url=server.url("/f"), **{"header-file": str(secret_file)}),
        moved=dict(url=server.url("/g?token=%s" % TOKEN), interval="250ms"),
        failing=server.url("/h?token=%s" % TOKEN),
        circle=dict(url=server.url("/i?desk=%s" % QUERY), private="yes"),
        plain=server.url("/j?topic=naval&page=2"))
    for n, (path, target) in enumerate((("/a", "a"), ("/b?topic=naval&api_key=" + TOKEN, "b"), ("/c?id=" + RANDOM, "c"),
                                        ("/d?desk=" + QUERY, "d"), ("/e?key=" + TOKEN, "e"), ("/f", "f"),
                                        ("/target?auth=" + TARGET, "g"), ("/j?topic=naval&page=2", "j"),
                                        ("/k?access-token=" + LISTED, "k"))):
        document = rss(target, [article(n)], prefix=target)
        # some feeds name their own address
        server.set(path, document.replace("<link>http://%s.example/</link>" % target,
                                          "<link>%s</link>" % server.url(path).replace("&", "&amp;")))
    server.set("/g?token=" + TOKEN, "", status=301, headers={"Location": "/target?auth=" + TARGET})
    server.set("/h?token=" + TOKEN, "no feed", status=404)
    server.set("/i?desk=" + QUERY, "", status=302, headers={"Location": "/i?desk=" + QUERY})
    for options in feeds.values():
        if isinstance(options, dict):
            options.setdefault("categories", "naval")
    config = daemon.config_path.read_text()
    lines = [config]
    for name, options in feeds.items():
        options = dict(url=options) if isinstance(options, str) else options
        lines.append('[feed "%s"]\n%s' % (name, "\n".join("%s = %s" % o for o in options.items())))
    daemon.config_path.write_text("\n".join(lines))
    (daemon.folder / "list.opml").write_text(
        '<opml><body><outline text="Listed" xmlUrl="%s"/><outline text="bad" xmlUrl="htp://%s:%s@x/?token=%s"/></body></opml>' %
        (server.url("/k?access-token=" + LISTED), USER, PASSWORD, TOKEN))
    check = daemon.check()
    search("--check", check.stdout + check.stderr)
    daemon.first_polls()
    assert {n for n, f in daemon.feeds().items() if f["state"] != "ok"} == {"failing", "circle"}
    events = search_everything(daemon)
    assert sum(e["event"] == "new" for e in events) == 9
    # what is no secret stays
    shown = {n: f["url"] for n, f in daemon.feeds().items()}
    assert shown["plain"] == feeds["plain"]
    assert shown["named"] == "https://shown.example/feed"
    assert shown["private"] == server.url("/d")
    assert shown["token"] == server.url("/b?topic=naval&api_key=***")
    # our list read back beside the sections: no feed comes, goes or changes
    text = daemon.get("/opml").body.decode()
    assert text.count('sitrep:hidden="yes"') == 9
    before = daemon.feeds()
    (daemon.folder / "list.opml").write_text(text.replace("</body>", '<outline text="Listed" xmlUrl="%s"/></body>' %
                                                          server.url("/k?access-token=" + LISTED)))
    assert daemon.control(op="reload")[0]["changes"] == []
    assert set(daemon.feeds()) == set(before)
    # changes of what is not shown are told as such
    config = daemon.config_path.read_text()
    daemon.config_path.write_text(config.replace(TOKEN, TOKEN + "-new").replace("url = " + server.url("/j"), "private = yes\nurl = " +
                                                                                  server.url("/j")))
    answers = daemon.control(op="reload")
    assert "feed token: url: a part that is not shown has changed" in answers[0]["changes"], answers
    search("the reload", str(answers))
    # a mistake tells no secret either
    daemon.config_path.write_text(config.replace("url = http", "url = htp"))
    search("the refusal", str(daemon.control(op="reload")))
    search_everything(daemon)
