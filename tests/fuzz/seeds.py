"""Makes the first corpus of a fuzz target from what the repository's own tests hold.

The sample feeds are seeds as they are.  Everything else stands in the unit tests as C strings: each literal of a
module's test is a seed for that module's target, and the literals of the sources that look like words of the
language (elements, attributes, labels, month names) are its dictionary.  The wire format's seeds are the samples'
documents, written by wire_seed.
"""
import ast
import pathlib
import re
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]
UNIT = TOP / "tests/unit/parse"
PARSE = TOP / "daemon/parse"

# The unit tests whose literals are seeds, and the sources whose words are the dictionary.
TESTS = {"feed": ("parse*_test.c", "jsonfeed_test.c", "xml*_test.c"), "html": ("html*_test.c",),
         "date": ("date*_test.c",), "url": ("url*_test.c",), "charset": ("charset*_test.c",), "wire": (), "worker": (), "json": ("jsonfeed_test.c",)}
WORDS = {"feed": ("xmlfeed*.c", "jsonfeed.c", "xmlns.c"), "html": ("html_policy.c", "html_css.c"),
         "date": ("date*.c",), "url": ("url*.c",), "charset": ("charset_labels.c",), "wire": (), "worker": (), "json": ("jsonfeed.c",)}
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
        for path in sorted(folder.glob(pattern)):
            text = "\n".join(line for line in path.read_text().splitlines() if not line.startswith("#include"))
            for match in LITERAL.finditer(text):
                yield b"".join(unquote(piece) for piece in PIECE.findall(match.group()))


def dictionary(target):
    words = sorted({w for w in literals(PARSE, WORDS[target]) if 2 <= len(w) <= 24 and b"\n" not in w})
    return "".join('"%s"\n' % "".join("\\x%02x" % byte for byte in word) for word in words)


def seeds(target, programs):
    found = {s for s in literals(UNIT, TESTS[target]) if s}
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
    words = dictionary(target)
    if words:
        (folder.parent / (target + ".dict")).write_text(words)
