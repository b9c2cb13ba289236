# SPDX-License-Identifier: ISC
"""Makes the first corpus of a fuzz target from what the repository's own tests hold.

The sample feeds are seeds as they are.  Everything else stands in the unit tests as C strings: each literal of a
module's test is a seed for that module's target, and the literals of the sources that look like words of the
language (elements, attributes, labels, month names) are its dictionary.  A pattern of SOURCES that no file has is
an error, so that a file that moves takes its seeds along.  What is no text is written by programs:
the samples' documents by wire_seed, what the database and the workers get by bytes_seed.
"""
import ast
import pathlib
import re
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]

# For each target the unit tests whose literals are seeds, and the sources whose words are the dictionary.
SOURCES = {
    "answers": ((), ("cli/*.c", "stream/control.c")),
    "charset": (("text/charset*_test.c",), ("text/charset_labels.c",)),
    "compare": (("text/text_diff_test.c", "identity/shared_passages_test.c"), ()),
    "config": (("config/*_test.c",), ("config/option.c", "config/config_value.c")),
    "date": (("text/date*_test.c",), ("text/date*.c",)),
    "feed": (("parse/parse*_test.c", "parse/jsonfeed_test.c", "parse/xml*_test.c"),
             ("parse/xmlfeed*.c", "parse/jsonfeed.c", "parse/xmlns.c")),
    "guard": ((), ()),
    "head": (("fetch/response_head_test.c", "fetch/link_header_test.c"), ("fetch/response_head.c",)),
    "history": ((), ()),
    "html": (("text/html*_test.c",), ("text/html_policy.c", "text/html_css.c")),
    "http": (("publish/http*_test.c",), ("publish/http*.c",)),
    "job": ((), ()),
    "json": (("parse/jsonfeed_test.c",), ("parse/jsonfeed.c",)),
    "learnt": ((), ()),
    "lines": (("stream/*_test.c",), ("stream/*.c",)),
    "list": (("rules/*_test.c",), ("rules/rule_parse.c",)),
    "member": (("client/*_test.c",), ("client/*.c",)),
    "near": ((), ()),
    "opml": (("parse/opml*_test.c", "config/config*_test.c"), ("parse/opml*.c",)),
    "places": (("stream/event_places_test.c",), ()),
    "rule": (("rules/*_test.c",), ("rules/rule_parse.c",)),
    "stored": ((), ()),
    "url": (("text/url*_test.c",), ("text/url*.c",)),
    "websub": (("websub/websub*_test.c",), ("websub/websub_message.c",)),
    "wire": ((), ()),
    "worker": ((), ()),
}
BYTES = ("history", "job", "learnt", "near", "stored")
# Of a target without literals of its own.
WRITTEN = {
    "answers": [bytes([n]) + line + b'\n{"done":true}\n' for n, line in (
        (0, b'{"status":{"version":"1","paused":false,"health":{"reasons":[{"text":"t"}]},"now":{"transfers":3}}}'),
        (1, b'{"feeds":[{"name":"usni","state":"failing","reason":"r","recent":[0,3],"posts_per_day":2.5,"polls":7,'
            b'"due":"2026-11-23T10:52:35Z","bytes":123456,"moved_to":"https://m.example/"}]}'),
        (2, b'{"explain":["a sentence"]}'), (3, b'{"progress":{"feed":"usni","result":"ok","new":2,"left":1}}'),
        (4, b'{"changes":["a","b"]}'), (4, b'{"mistakes":["f:1: m"]}\n{"error":"refused \\u001b[31m"}'),
        (5, b'{"why":{"item":{"title":"t","source":"s"},"story":{"id":"i","reports":2},"links":[{"relation":"copy",'
            b'"to":{"title":"u"},"score":0.5,"shared":3,"shared_of":9}],"constraints":[{"kind":"together","story":"x"}]}}'),
        (6, b'{"why":{"items":[{"title":"t"},{"title":"u"}],"same_story":true,"near":true,"comparison":'
            b'{"verdict":"copy","why":"runs","score":0.7}}}'),
        (7, b'{"split":{"changed":true,"story":"a","former":"b","sources":1,"reports":2}}'))] + [
        b'\x0c{"event":"new","cursor":"7","time":"2026-11-23T10:52:35Z","item":{"title":"t","source":"s","link":"l"},'
        b'"story":{"sources":2}}\n{"event":"alert","alert":{"name":"a","priority":"high"},"item":{}}\n'
        b'{"event":"feed","feed":{"name":"n","state":"ok","reason":"r"}}\n{"event":"gap","from":"1","to":"2"}',
        b"\x0d 10321 \n"],
    "guard": [bytes(10) + b"\xff\xff\x7f\x00\x00\x01" + b"127.0.0.0/8, ::1", bytes(15) + b"\x01" + b"fc00::/7",
              b"\x20\x02\x0a\x00\x00\x01" + bytes(10) + b"10.0.0.0/8", b"\x00\x64\xff\x9b" + bytes(8) + b"\xa9\xfe\xa9\xfe"],
    "http": [b"POST /hub HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
             b"POST /hub HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
             b"GET /a?q=b%20c HTTP/1.1\r\nHost: a\r\nAccept: application/json;q=0.5\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"],
    "lines": [b'{"op":"subscribe","since":"0","events":["new","alert"],"match":"a* NOT b","feeds":["usni"]}\n',
              b'{"op":"feeds"}\n{"op":"status"}\n{"op":"refresh","feed":"usni"}\n{"op":"pause"}\n{"op":"reload"}\n',
              b'{"op":"why","item":"a","other":"b"}\n{"op":"join","item":"a","other":"b"}\n{"op":"split","item":"a"}\n'],
    "list": [b'list "ships" >= 30\n# ships\nfrigate* = 10\n"carrier strike group" = 20\n\nexercise = -5\n',
             b"$navy NOT game\nfrigate OR destroyer", b'a OR list "none" >= 1\nb', b"$a OR $b\n\"x y\" NEAR/3 z*"],
    "places": [b"taiwan*\tstrait\tcarrier group\nTaiwan: the Strait\nA carrier group of Taiwan's, and another strait",
               b"title:taiwan\tsummary:strait\t/[Gg]roup/\twords>2\nTaiwan\nStrait and group"],
    "websub": [b"41-" + b"0" * 64 + b"\nsubscribe\nhttps://feeds.example/a?b=c&d\nsha256=" + b"0" * 64 + b"\nbody",
               b"1\ndenied\nhttps://feeds.example/a?b=c&d\nsha1=00\n"],
}
LITERAL = re.compile(r'(?:"(?:[^"\\\n]|\\.)*"\s*)+')
PIECE = re.compile(r'"((?:[^"\\\n]|\\.)*)"')


def unquote(piece):
    """The bytes of a C literal; its escapes are Python's but for octal zero and greedy \\x, which tests avoid."""
    try:
        return b"".join(c.encode("latin-1") if ord(c) < 256 and "\\" in piece else c.encode()
                        for c in ast.literal_eval('"%s"' % piece))
    except (SyntaxError, ValueError):
        return b""


def literals(folder, patterns):
    for pattern in patterns:
        paths = sorted(folder.glob(pattern))
        if not paths:
            raise SystemExit("seeds.py: no file is called %s/%s" % (folder.relative_to(TOP), pattern))
        for path in paths:
            text = "\n".join(line for line in path.read_text().splitlines() if not line.startswith("#include"))
            for match in LITERAL.finditer(text):
                yield b"".join(unquote(piece) for piece in PIECE.findall(match.group()))


def dictionary(target):
    words = sorted({w for w in literals(TOP / "daemon", SOURCES[target][1]) if 2 <= len(w) <= 24 and b"\n" not in w})
    return "".join('"%s"\n' % "".join("\\x%02x" % byte for byte in word) for word in words)


def seeds(target, programs):
    found = {s for s in literals(TOP / "tests/unit", SOURCES[target][0]) if s} | set(WRITTEN.get(target, ()))
    if target in ("feed", "html", "charset"):
        found |= {p.read_bytes() for p in sorted((TOP / "tests/samples").iterdir()) if p.is_file()}
    if target == "json":
        found |= {p.read_bytes() for p in sorted((TOP / "tests/samples").glob("*.json"))}
    if target == "charset":
        found |= {label + b"\n" + text for label in (b"", b"utf-8", b"shift_jis", b"euc-kr", b"gb18030", b"koi8-r",
                                                     b"utf-16", b"iso-2022-jp", b"big5", b"windows-1252")
                  for text in list(found)[:12]}
    if target == "url":
        found |= {base + b"\n" + s for base in (b"https://feeds.example/a/b?c#d", b"http://[::1]:8080/") for s in
                  list(found)}
    if target == "rule":
        found |= {s + b"\nfrigate in the strait\nmissile launch by the carrier group" for s in list(found)}
    if target in ("wire", "worker"):
        for path in sorted((TOP / "tests/samples").iterdir()):
            made = subprocess.run([str(programs / "wire_seed"), str(path)], capture_output=True, check=False)
            if made.returncode == 0:
                found.add(made.stdout)
    return found


def write(target, folder, programs):
    """Writes the seeds of target into folder, and its dictionary beside that; programs is where wire_seed is."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(sorted(seeds(target, programs))):
        (folder / ("seed-%04d" % number)).write_bytes(seed)
    if target in BYTES:
        subprocess.run([str(programs / "bytes_seed"), target, str(folder)], check=True)
    words = dictionary(target)
    if words:
        (folder.parent / (target + ".dict")).write_text(words)
