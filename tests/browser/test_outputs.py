# SPDX-License-Identifier: ISC
"""The three feeds as readers show them: each field is put into a page as HTML, with a trap for scripts."""
import html
import json
import xml.etree.ElementTree as ET

from test_page import browse

ATOM = "{http://www.w3.org/2005/Atom}"
ENCODED = "{http://purl.org/rss/1.0/modules/content/}encoded"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"

# Words that become scripts when somebody reads them as markup once too often.
LIVE = ["<img src=x onerror=trap(1)>", "<svg onload=trap(2)>", "<script>trap(3)</script>", "<iframe srcdoc='<script>parent.trap(4)</script>'>",
        "<a href='javascript:trap(5)' autofocus onfocus=trap(5)>x</a>", "<img src=x onerror=trap(6)", "&lt;img src=x onerror=trap(7)&gt;",
        "&amp;lt;img src=x onerror=trap(8)&amp;gt;", "<details open ontoggle=trap(9)>", "<math><mtext><img src=x onerror=trap(10)></math>",
        "]]><img src=x onerror=trap(11)>", "</p><style>@import 'x'</style><input autofocus onfocus=trap(12)>", "range<500 nm & crew >20, AT&T, a&copy=1"]

# escaped as often as the field needs to hold the words as text, once less (live markup) and once more
FORMS = [lambda s: s, html.escape, lambda s: html.escape(html.escape(s)), lambda s: "Type " + html.escape(s) + " &amp; wait"]

PAGE = """<!DOCTYPE html><meta charset="utf-8"><title>quiet</title><div id="show"></div><pre id="result">nothing</pre><script>
var caught = [];
function trap(n) { caught.push(n); }
var fields = %s, wrong = [], show = document.getElementById("show");
fields.forEach(function (field) {
  var box = document.createElement("div");
  show.appendChild(box);
  box.innerHTML = field.html;
  box.querySelectorAll("*").forEach(function (e) {
    if (/^(script|style|iframe|object|embed|svg|math|form|base|meta|link|template)$/i.test(e.localName)) wrong.push([field.where, e.localName]);
    Array.from(e.attributes).forEach(function (a) {
      if (/^on|^srcdoc$|^autofocus$/i.test(a.name) || /^\\s*(javascript|vbscript|data:text)/i.test(a.value)) wrong.push([field.where, a.name]);
    });
  });
  if (field.text !== null && box.textContent.replace(/\\s+/g, " ").trim() !== field.text.replace(/\\s+/g, " ").trim())
    wrong.push([field.where, box.textContent, field.text]);
});
setTimeout(function () {
  document.getElementById("result").textContent = "RESULT " + JSON.stringify({fields: fields.length, caught: caught, wrong: wrong}) + " END";
}, 500);
</script>"""


def hostile(make):
    return "".join(make(n, form(words)) for n, (words, form) in enumerate((w, f) for w in LIVE for f in FORMS))


def rss_item(n, text):
    field = html.escape(text)
    return ('<item><guid isPermaLink="false">r%d</guid><title>R%d %s</title><link>http://a.example/%d</link><author>%s</author>'
            '<category>%s</category><description>R%d %s</description></item>' % (n, n, field, n, field, field, n, field))


def atom_entry(kind):
    def make(n, text):
        field = html.escape(text)
        return ('<entry><id>urn:%s:%d</id><updated>2026-11-23T10:00:00Z</updated><title type="%s">A%d%s %s</title>'
                '<author><name>%s</name></author><link href="http://b.example/%s/%d"/><summary type="%s">A%d%s %s</summary></entry>'
                % (kind, n, kind, n, kind, field, field, kind, n, kind, n, kind, field))
    return make


def json_item(n, text):
    return dict(id="j%d" % n, url="http://c.example/%d" % n, title="J%d %s" % (n, text), summary="J%d %s" % (n, text),
                authors=[dict(name=text)], tags=[text], **({"content_text": "Jt%d %s" % (n, text)} if n % 2 else {"content_html": "Jh%d %s" % (n, text)}))


def fields_of(daemon):
    """(where, what a reader puts into its page, the words it must show or None)."""
    by_id = {i["id"]: i for i in json.loads(daemon.get("/feed.json").body)["items"]}
    fields = []

    def add(where, text, expected=None):
        fields.append(dict(where=where, html=text or "", text=expected))

    for ident, item in by_id.items():
        # JSON Feed's title and summary are text, which a reader shows as text
        add("json title", html.escape(item["title"]), item["title"])
        add("json content", item["content_html"])
    for item in ET.fromstring(daemon.get("/feed.rss").body).iter("item"):
        told = by_id[item.findtext("guid")]
        add("rss title", item.findtext("title"), told["title"])
        add("rss description", item.findtext("description"))
        add("rss content", item.findtext(ENCODED))
        for name in ["source", "category", CREATOR]:
            for e in item.findall(name):
                add("rss " + name, e.text)
    for entry in ET.fromstring(daemon.get("/feed.atom").body).iter(ATOM + "entry"):
        told = by_id[entry.findtext(ATOM + "id")]
        for name in ["title", "summary", "content"]:
            e = entry.find(ATOM + name)
            if e is None:
                continue
            expected = dict(title=told["title"], summary=told["summary"]).get(name)
            add("atom %s %s" % (name, e.get("type")), e.text, expected)
    return fields


def test_no_field_of_any_feed_runs(server, make_daemon, tmp_path):
    count = len(LIVE) * len(FORMS)
    server.set("/r", '<rss version="2.0"><channel><title>R &lt;img src=x onerror=trap(20)&gt;</title><link>http://a.example/</link><description>x</description>'
               + hostile(rss_item) + "</channel></rss>")
    for kind in ("text", "html"):
        server.set("/" + kind, '<feed xmlns="http://www.w3.org/2005/Atom"><title type="text">%s &lt;svg onload=trap(21)&gt;</title><id>urn:%s</id>'
                   '<updated>2026-11-23T10:00:00Z</updated>%s</feed>' % (kind, kind, hostile(atom_entry(kind))), "application/atom+xml")
    items = [json_item(n, form(words)) for n, (words, form) in enumerate((w, f) for w in LIVE for f in FORMS)]
    server.set("/j", json.dumps(dict(version="https://jsonfeed.org/version/1.1", title="J <svg onload=trap(22)>", items=items)), "application/feed+json")
    daemon = make_daemon("title = Desk <img src=x onerror=trap(23)>\n[http]\nentries = 1000",
                         {name: server.url("/" + name) for name in ("r", "text", "html", "j")}).first_polls(state="ok")
    fields = fields_of(daemon)
    # each of the items has fields in all three formats: a title that vanished would be no success
    assert len(fields) > count * 3 * 3
    path = tmp_path / "reader.html"
    path.write_text(PAGE % json.dumps(fields).replace("</", "<\\/").replace("<!--", "<\\!--"), encoding="utf-8")
    dom = browse(tmp_path, path.as_uri(), "--dump-dom", "--virtual-time-budget=3000").stdout.decode()
    result = json.loads(html.unescape(dom.split("RESULT ", 1)[1].split(" END", 1)[0]))
    assert result == dict(fields=len(fields), caught=[], wrong=[])


def test_the_trap_catches(tmp_path):
    """What the test above would say if a field ran: a trap that catches nothing proves nothing."""
    fields = [dict(where="here", html="Type <img src=x onerror=trap(1)> now", text=None)]
    path = tmp_path / "reader.html"
    path.write_text(PAGE % json.dumps(fields), encoding="utf-8")
    dom = browse(tmp_path, path.as_uri(), "--dump-dom", "--virtual-time-budget=3000").stdout.decode()
    result = json.loads(html.unescape(dom.split("RESULT ", 1)[1].split(" END", 1)[0]))
    assert result["caught"] == [1] and result["wrong"] == [["here", "onerror"]]
