"""Nothing can be met that no manual page has, and no manual page has what does not exist.

Options, metrics and kinds of failures are listed in the manual pages from the tables that the code itself uses.  Here a
running daemon is compared with the pages, so that a number or a word that some code writes past its table is found.
"""
import re
import subprocess

import pytest
from harness import BUILD, TOP, sitrep
from manual import lines_of_the_stream, page, section, terms, undocumented
from samples import article, rss

PAGES = ("libsitrep.3", "sitrep.1", "sitrep-parse.8", "sitrep-stream.7", "sitrepd.8", "sitrepd.conf.5")


def sitrepd(*arguments, **options):
    return subprocess.run([str(BUILD / "sitrepd"), *arguments], capture_output=True, text=True, **options)


@pytest.mark.parametrize("name", PAGES)
def test_pages_render_without_a_warning(name):
    for path in (BUILD / "man" / name, TOP / "man" / (name + ".in")):
        lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", str(path)], capture_output=True, text=True)
        assert (lint.returncode, lint.stdout) == (0, "")
        groff = subprocess.run(["groff", "-t", "-man", "-ww", "-Tutf8", str(path)], capture_output=True, text=True)
        assert (groff.returncode, groff.stderr) == (0, "") and len(groff.stdout) > 1000


def test_every_mark_is_filled():
    for name in PAGES:
        assert "@" not in re.sub(r"\S+@example\.org", "", page(name)), name


def test_options_are_those_of_the_manual():
    known, current = {}, None
    for line in sitrepd("--help-config").stdout.splitlines():
        if line and not line.startswith(" "):
            current = known.setdefault(line, [])
        elif line:
            current.append(line.split()[0])
    assert len(known) > 10 and sum(map(len, known.values())) > 80
    documented = {}
    for part in re.split(r"^\.SS ", section("sitrepd.conf.5", "OPTIONS"), flags=re.MULTILINE)[1:]:
        documented[part.split("\n")[0].replace("\\(dq", '"')] = terms(part)
    assert documented == known


def test_sample_configuration(tmp_path):
    """It is good as it is, and with every option in force once the files that it names are there."""
    sample = (BUILD / "sitrepd.conf.sample").read_text()
    assert sample == sitrepd("--sample-config").stdout
    assert all(len(line) <= 80 for line in sample.splitlines())
    path = tmp_path / "sitrepd.conf"
    path.write_text(sample)
    check = sitrepd("-c", str(path), "--check")
    assert check.returncode == 0 and "0 feeds" in check.stdout and check.stderr == ""
    options = [line for line in sample.splitlines() if re.match(r"#[^ ]", line)]
    assert len(options) > 80
    path.write_text(re.sub(r"^#(?! )", "", sample, flags=re.MULTILINE))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-subj", "/CN=example", "-keyout", "example.key", "-out", "example.crt"],
                   cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "example-ca.crt").write_bytes((tmp_path / "example.crt").read_bytes())
    (tmp_path / "example.password").write_text("secret\n")
    (tmp_path / "example.token").write_text("secret\n")
    (tmp_path / "example.headers").write_text("X-Key: secret\n")
    (tmp_path / "example.tokens").write_text("0123456789abcdef\n")
    (tmp_path / "example.users").write_text("ann:$6$abcdefgh$%s\n" % ("0" * 86))
    check = sitrepd("-c", str(path), "--check", cwd=tmp_path)
    assert check.returncode == 0 and "1 feeds, 1 alerts, 1 outputs" in check.stdout and check.stderr == ""


def test_metrics_are_those_of_the_manual(make_daemon, server):
    feeds = {"one": server.set("/feed", rss("One", [article(1)]))}
    daemon = make_daemon('[alert "ships"]\nmatch = ship*', feeds=feeds).start()
    text = daemon.get("/metrics").body.decode()
    values = {re.sub("_(bucket|sum|count)$", "", name) for name in re.findall(r"^(\w+)[{ ]", text, re.MULTILINE)}
    types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE))
    helps = set(re.findall(r"^# HELP (\w+) \S", text, re.MULTILINE))
    listed = section("sitrepd.8", "METRICS")
    documented = dict(re.findall(r"^\.TP\n\.B (\w+)\n\((\w+)", listed, re.MULTILINE))
    assert len(terms(listed)) == len(documented) > 60
    assert documented.pop("sitrepd_build_info") == "info" and types.pop("sitrepd_build_info") == "gauge"
    values.remove("sitrepd_build_info")
    helps.remove("sitrepd_build_info")
    assert documented == types and set(documented) == helps
    # what never was has no time
    assert {name for name in set(documented) - values if not name.endswith("_timestamp_seconds")} == set()


def test_failures_are_those_of_the_manual(make_daemon, server):
    """The kinds that a feed server can bring about are named as the manual names them."""
    server.set("/missing", "", status=404)
    server.set("/page", "<html><body>no feed</body></html>", content_type="text/html")
    server.set("/round", "", status=302, headers={"Location": "/round"})
    server.set("/empty", "")
    server.set("/large", rss("Large", [article(1, text="x" * 4096)]))
    feeds = {name: server.url("/" + name) for name in ("missing", "page", "round", "empty")}
    feeds["large"] = dict(url=server.url("/large"), **{"max-body": "1K"})
    feeds["refused"] = "http://10.1.2.3/feed"
    feeds["closed"] = "http://127.0.0.1:1/feed"
    daemon = make_daemon(feeds=feeds).start()
    daemon.refresh()
    kinds = {name: feed.get("failure") for name, feed in daemon.feeds().items()}
    assert kinds == dict(missing="http", page="not-a-feed", round="redirect", empty="empty", large="too-large",
                         refused="forbidden", closed="connect")
    documented = terms(section("sitrepd.8", "FAILURES"))
    assert len(documented) == len(set(documented)) and set(kinds.values()) <= set(documented)
    for name, kind in kinds.items():
        assert kind in daemon.run("explain", name).stdout
    # what is in the table, and nothing else, is in the page
    source = (TOP / "include/sitrep").rglob("feed_state.h")
    count = re.search(r"enum poll_failure \{(.*?)FAILURE_COUNT", next(source).read_text(), re.DOTALL)[1]
    assert len(documented) == len(re.findall(r"FAILURE_\w+", count)) - 1


def test_events_are_those_of_the_manual():
    """conftest.py compares each line that any test reads; here is what it compares with."""
    events, objects = lines_of_the_stream()
    assert set(events) == {"new", "copy", "updated", "alert", "feed", "silence", "muted", "digest", "burst", "breaking", "hello", "subscribed", "unsubscribed", "gap", "heartbeat",
                           "pong", "reset", "error"}
    assert events["hello"] == {"event", "protocol", "server", "cursor", "oldest", "instance"}
    assert set(objects) == {"item", "enclosures", "story", "related", "copy", "alert", "feed", "silence", "muted", "digest", "alerts", "matched",
                            "burst", "breaking"}
    line = dict(event="new", item=dict(id="1", enclosures=[dict(url="x")]), story=dict(id="1"))
    assert undocumented(line, events, objects) == []
    line["item"]["enclosures"].append(dict(colour="red"))
    line["mood"] = {}
    assert undocumented(line, events, objects) == ["mood of event new", "colour of enclosures"]
    assert undocumented(dict(event="party"), events, objects) == ["event party"]


def words_of(text):
    """The options in a usage: {"--config", "-c"}."""
    lines = re.findall(r"^  (?:(-\w),|   ) (--[\w-]+)", text, re.MULTILINE)
    return {name for pair in lines for name in pair if name}


def test_command_lines_are_those_of_the_manual():
    usage = sitrep("--help").stdout
    commands = re.findall(r"^  (\w+) ", usage, re.MULTILINE)
    text = section("sitrep.1", "COMMANDS").replace("\\-", "-")
    listed = set()
    for names in re.findall(r"^\.TP\n(?:\.BR|\.B) ([a-z].*)$", text, re.MULTILINE):
        listed.update(re.findall(r"^\w+|(?<=, \" )\w+", names))
    assert len(commands) == 26 and set(commands) == listed
    options = set()
    for command in commands:
        help_text = sitrep(command, "--help")
        assert help_text.returncode == 0 and help_text.stderr == ""
        options |= words_of(help_text.stdout)
    documented = set(re.findall(r"--[a-z][\w-]*", text)) | set(re.findall(r"(?<![\w-])-\w(?=[ \",]|$)", text, re.MULTILINE))
    assert len(options) > 20
    assert {o for o in options if o.startswith("--")} - {"--help"} == {o for o in documented if o.startswith("--")}
    for program, name in ((sitrep, "sitrep.1"), (sitrepd, "sitrepd.8")):
        manual = section(name, "OPTIONS").replace("\\-", "-")
        assert words_of(program("--help").stdout) == set(re.findall(r"(?<![\w-])--?[a-zV][\w-]*", manual))


def test_exit_statuses_are_those_of_the_manual(tmp_path):
    assert terms(section("sitrep.1", "EXIT STATUS")) == ["0", "1", "2"]
    assert terms(section("sitrepd.8", "EXIT STATUS")) == ["0", "1", "78"]
    path = tmp_path / "sitrepd.conf"
    path.write_text("titel = x\n")
    for command, status in ((["--version"], 0), (["check", str(path)], 1), (["tail", "--colour"], 2), (["tail", "x"], 2),
                            ([], 2), (["party"], 2), (["join", "1"], 2), (["discover", "nowhere"], 2),
                            (["feeds", "a", "b"], 2), (["split", "--help"], 0), (["--socket", str(path), "status"], 1)):
        assert sitrep(*command).returncode == status, command
    for command, status in ((["--check", "-c", str(path)], 1), (["--version"], 0), (["party"], 1), (["--party"], 1)):
        assert sitrepd(*command).returncode == status, command


def test_exit_statuses_of_the_worker_are_those_of_the_manual():
    assert terms(section("sitrep-parse.8", "EXIT STATUS")) == ["0", "1"]
    for option, status in (("--probe", 0), ("--version", 0), ("--help", 0), ("--party", 1)):
        assert subprocess.run([str(BUILD / "sitrep-parse"), option], capture_output=True).returncode == status, option


def test_operations_are_those_of_the_manual(make_daemon):
    """The answer to an unknown one names them all."""
    answer = make_daemon().start().control(op="party")[-1]["error"]
    known = re.search(r'unknown "op", expected (.*)$', answer)[1].replace(" or ", " ").replace(",", "").split()
    assert len(known) > 10
    assert set(known) == set(re.findall(r'{"op":"(\w+)"', section("sitrep-stream.7", "THE CONTROL SOCKET").replace("\\(dq", '"')))


def names_in_environment():
    """The names that the code asks getenv() for, also by way of a function of a name."""
    names = set()
    for path in (TOP / "daemon").rglob("*.c"):
        code = path.read_text()
        macros = dict(re.findall(r'^#define (\w+) "(\w+)"', code, re.MULTILINE))
        for argument in re.findall(r"\bgetenv\(([^)]*)\)", code):
            if argument == "name":
                wrapper = re.search(r"(\w+)\(const char \*name\b[^{;]*\{[^}]*getenv\(name\)", code)[1]
                called = re.findall(wrapper + r'\("(\w+)"', code)
                assert called, path
                names.update(called)
            else:
                names.add(argument.strip('"') if '"' in argument else macros[argument])
    return names


def test_environment_is_that_of_the_manual():
    used = names_in_environment()
    assert {"NOTIFY_SOCKET", "CREDENTIALS_DIRECTORY", "XDG_STATE_HOME", "LISTEN_FDNAMES", "WATCHDOG_USEC"} <= used
    documented = set()
    for name in ("sitrepd.8", "sitrep.1"):
        for line in re.findall(r"^\.TP\n\.BR? (.*)$", section(name, "ENVIRONMENT"), re.MULTILINE):
            documented |= set(re.findall(r"\w+", line))
    assert documented - {"TZ"} == used
