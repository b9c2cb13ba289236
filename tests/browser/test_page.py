# SPDX-License-Identifier: ISC
"""The river page in a real browser: what a person sees, and that nothing a feed sent runs there."""
import re
import subprocess
import zlib

from harness import PATIENCE
from samples import article, atom, rss

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--enable-logging=stderr", "--v=0"]


def browse(tmp_path, url, *options):
    result = subprocess.run(["chromium", *FLAGS, "--user-data-dir=%s" % (tmp_path / "profile"), *options, url],
                            capture_output=True, timeout=PATIENCE * 3)
    assert result.returncode == 0, result.stderr.decode(errors="replace")
    return result


def page_url(daemon):
    return re.search(r"page=(http://127\.0\.0\.1:\d+)", daemon.log())[1] + "/"


def start(server, make_daemon, articles):
    server.set("/a", rss("Halden Gazette", articles))
    server.set("/b", atom("Strait Watch", articles[:1], "strait"))
    daemon = make_daemon("title = Night desk", dict(a=server.url("/a"), b=server.url("/b"))).first_polls(state="ok")
    return daemon


def test_stories_and_sources_are_shown(server, make_daemon, tmp_path):
    daemon = start(server, make_daemon, [article(n) for n in range(12)])
    dom = browse(tmp_path, page_url(daemon), "--dump-dom").stdout.decode()
    assert dom.count("<article ") == 12
    assert "Night desk" in dom and article(3)["title"] in dom
    assert "Halden Gazette" in dom and re.search(r"also <a [^>]*>(Strait Watch|Halden Gazette)</a>", dom)


def test_nothing_from_a_feed_runs(server, make_daemon, tmp_path):
    evil = [article(1, title="<script>document.title='owned'</script>",
                    text="<p>Quiet words at sea, <img src=x onerror=\"document.title='owned'\">"
                         "<script>document.title='owned'</script><svg onload=\"document.title='owned'\"></svg>and more.</p>"),
            article(2, title="A \"title\" with <b>marks</b> & an end </title></article>"),
            dict(article(3), link="javascript:document.title='owned'")]
    daemon = start(server, make_daemon, evil)
    result = browse(tmp_path, page_url(daemon), "--dump-dom")
    dom = result.stdout.decode()
    assert "<title>River – Night desk</title>" in dom and "javascript:" not in dom
    assert dom.count("<article ") == 3
    assert "Content Security Policy" not in result.stderr.decode(errors="replace")  # its own style is allowed


def test_the_page_has_a_face(server, make_daemon, tmp_path):
    daemon = start(server, make_daemon, [article(n) for n in range(12)])
    shots = {}
    for width in (390, 1200):
        path = tmp_path / ("%d.png" % width)
        browse(tmp_path, page_url(daemon), "--screenshot=%s" % path, "--window-size=%d,900" % width)
        shots[width] = path.read_bytes()
        size, colours = look(shots[width])
        assert size == (width, 900) and colours > 20  # words on paper, not a blank sheet


def look(png):
    """Size and number of different pixels of a PNG as chromium writes it (8 bits, RGB or RGBA)."""
    width, height = int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
    depth = {2: 3, 6: 4}[png[25]]
    data, at = b"", 8
    while at < len(png):
        length = int.from_bytes(png[at:at + 4], "big")
        if png[at + 4:at + 8] == b"IDAT":
            data += png[at + 8:at + 8 + length]
        at += length + 12
    raw = zlib.decompress(data)
    stride = width * depth + 1
    # filtered rows differ wherever the picture does: enough to tell a page from a blank sheet
    return (width, height), len({raw[i:i + depth] for i in range(1, min(len(raw), stride * height), depth)})


def test_a_story_has_a_page(server, make_daemon, tmp_path):
    articles = [article(n) for n in range(3)]
    long = dict(article(9), text="<p>%s</p>" % " ".join("The %s company of the brigade moved to the %s ridge." % (a, b)
                                                        for a in ("first", "last", "reserve") for b in ("north", "south")))
    server.set("/a", rss("Halden Gazette", articles + [long]))
    server.set("/b", atom("Strait Watch", [dict(long, title="Brigade moves", link="http://strait.example/9")], "strait"))
    server.set("/c", rss("Northern Wire", [dict(long, title="Companies on the ridges", link="http://wire.example/9",
                                                text=long["text"] + "<p>No shot was fired, a spokesman said.</p>")], "wire"))
    daemon = make_daemon("title = Night desk", {n: server.url("/" + n) for n in "abc"}).first_polls(state="ok")
    dom = browse(tmp_path, page_url(daemon), "--dump-dom").stdout.decode()
    path = re.search(r'href="(story/[0-9a-f-]+)"><b>3</b> <i>outlets<', dom)[1]
    result = browse(tmp_path, page_url(daemon) + path, "--dump-dom")
    page = result.stdout.decode()
    assert page.count('<li class="s rep"') == 3 and "Halden Gazette" in page
    assert "Content Security Policy" not in result.stderr.decode(errors="replace")
    for width, options in ((390, []), (1200, ["--blink-settings=preferredColorScheme=0"])):
        shot = tmp_path / ("%d%d.png" % (width, len(options)))
        browse(tmp_path, page_url(daemon) + path, "--screenshot=%s" % shot, "--window-size=%d,900" % width, *options)
        size, colours = look(shot.read_bytes())
        assert size == (width, 900) and colours > 20
