# SPDX-License-Identifier: ISC
"""/events in a real browser: an EventSource on a page of another origin follows the daemon over a restart."""
import socket
import subprocess
import urllib.parse

from harness import wait_for
from samples import article, rss
from test_page import FLAGS

PAGE = """<!DOCTYPE html><title>desk</title><script>
const source = new EventSource(%r);
source.addEventListener('health', () => fetch('/health'));
source.addEventListener('story', e => fetch('/seen/' + encodeURIComponent(JSON.parse(e.data).title)));
</script>"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def test_an_event_source_follows_over_a_restart(server, make_daemon, tmp_path):
    port, articles = free_port(), [article(1)]
    server.set("/a", rss("Halden Gazette", articles))
    daemon = make_daemon("[http]\nallow-origin = %s" % server.url(""), dict(a=server.url("/a")))
    daemon.config_path.write_text(daemon.config_path.read_text().replace("127.0.0.1:0", "127.0.0.1:%d" % port))
    daemon.start()
    wait_for(lambda: daemon.feeds()["a"]["state"] == "ok", "the first poll")
    server.set("/desk", PAGE % ("http://127.0.0.1:%d/events" % port), content_type="text/html")
    server.set("/health", "")
    titles = ["Round %d" % n for n in range(4)]
    seen = {title: "/seen/" + urllib.parse.quote(title) for title in titles}
    for path in seen.values():
        server.set(path, "")

    def tell(title):
        articles.insert(0, article(10 + len(articles), title=title))
        server.set("/a", rss("Halden Gazette", articles))
        daemon.refresh("a")

    # with a port for a debugger it stays on the page
    browser = subprocess.Popen(["chromium", *FLAGS, "--remote-debugging-port=0", "--user-data-dir=%s" % (tmp_path / "profile"), server.url("/desk")],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: server.count("/health") > 0, "the browser to listen", 60)
        tell(titles[0])
        wait_for(lambda: server.count(seen[titles[0]]) == 1, "the first story")
        daemon.stop()
        daemon.start()
        # while the browser waits to connect again
        tell(titles[1])
        tell(titles[2])
        wait_for(lambda: server.count(seen[titles[2]]) == 1, "the stories after the restart", 60)
        tell(titles[3])
        wait_for(lambda: server.count(seen[titles[3]]) == 1, "the last story")
        assert [server.count(path) for path in seen.values()] == [1, 1, 1, 1]
    finally:
        browser.terminate()
        browser.wait()
