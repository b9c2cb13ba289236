# SPDX-License-Identifier: ISC
"""Every command line in README.md, CONTRIBUTING.md, SECURITY.md, docs/ and the manual pages is run, or marked as an example.

A command line is a line of an indented block, or `code` that begins with one of PROGRAMS.  Those of `sitrep` are run here
beside a daemon, those of `make` are compared with the Makefile.  The others stand in RUN_BY with the test that runs them, or in
EXAMPLES with the reason.  The pages in docs/how-to are run by test_how_to.py.
"""
import json
import re
import shlex
import subprocess
import textwrap

from harness import BUILD, TOP
from manual import page, unescape
from samples import article, rss
from test_documented import PAGES

PROGRAMS = ("sitrep", "sitrepd", "build/sitrep", "make", "sudo", "systemctl", "systemd-analyze", "socat", "curl", "echo", "cat", "mv",
            "rm", "install", "pkg-config", "/usr/bin/python3")
RUN_BY = {  # how a command line begins: the test that runs it
    "build/sitrep status": "tests/system/test_readme.py::test_the_first_five_minutes",
    "build/sitrep feeds": "tests/system/test_readme.py::test_the_first_five_minutes",
    "build/sitrep tail": "tests/system/test_readme.py::test_the_first_five_minutes",
    "build/sitrep reload": "tests/system/test_readme.py::test_the_first_five_minutes",
    "cat > etc/alerts.d/mine.conf": "tests/system/test_readme.py::test_the_first_five_minutes",
    "sudo sitrep backup": "tests/system/test_damage.py::test_the_manual_restores",
    "sitrepd --verify --state-dir": "tests/system/test_damage.py::test_the_manual_restores",
    "mv /var/lib/sitrepd/sitrepd.db": "tests/system/test_damage.py::test_the_manual_restores",
    "rm -f /var/lib/sitrepd/sitrepd.db-wal": "tests/system/test_damage.py::test_the_manual_restores",
    "install -o sitrepd": "tests/system/test_damage.py::test_the_manual_restores",
    "sudo -u sitrepd sitrepd --verify": "tests/system/test_damage.py::test_the_manual_restores",
    "make deb && sudo apt install": "tests/systemd/test_package.py::test_fresh_root_folder",
    "make && sudo make install prefix=/usr": "tests/systemd/test_package.py::test_takes_over_the_first_version",
    "sudo systemctl enable": "tests/systemd/test_service.py::test_one_command_starts_all",
    "systemctl start sitrepd.service": "tests/system/test_damage.py::test_the_manual_restores",
    "systemctl start sitrepd": "tests/systemd/test_service.py::test_units_start_in_any_order_and_stay",
    "systemctl restart sitrepd": "tests/systemd/test_service.py::test_a_restart_loses_no_request",
    "systemctl stop sitrepd.service": "tests/system/test_damage.py::test_the_manual_restores",
    "systemctl stop sitrepd": "tests/systemd/test_service.py::test_stop_is_for_good_and_quick",
    "systemctl reload": "tests/systemd/test_service.py::test_a_reload_that_is_refused_fails",
    "systemd-analyze security": "tests/system/test_install.py::test_units_are_clean_and_locked_down",
    "socat -u UNIX-CONNECT:": "tests/system/test_stream.py::test_plain_socat_sees_the_news",
    "echo '{\"op\":": "tests/system/test_commands.py::test_lines_for_the_stream",
    "curl -N": "tests/system/test_events.py::test_curl",
    "sitrepd --check": "tests/system/test_documented.py::test_sample_configuration",
    "sitrepd --version": "tests/system/test_documented.py::test_exit_statuses_are_those_of_the_manual",
    "sitrep tail --event alert --state FILE --exec": "tests/system/test_delivery.py::test_a_command_that_fails_loses_nothing",
    "sitrep tail --event alert --state ~/.alerts --exec": "tests/system/test_delivery.py::test_a_command_that_fails_loses_nothing",
    "sitrep tail --event alert --state FILE --webhook": "tests/system/test_delivery.py::test_posts_are_signed",
    "sitrep tail --event alert --format ntfy": "tests/system/test_delivery.py::test_ntfy_updates_its_message",
    "sitrep tail --format alertmanager": "tests/system/test_delivery.py::test_alertmanager_gets_its_own_form",
    "sitrep top": "tests/system/test_top.py::test_screens",
    "sitrep tail -n 20 --format": "tests/system/test_delivery.py::test_templates",
    "sitrep tail --event alert": "tests/system/test_readme.py::test_the_first_five_minutes",
    "sitrep tail --json --event alert --state": "tests/system/test_stream.py::test_tail_keeps_its_cursor",
    "sitrep backup FILE": "tests/system/test_damage.py::test_backup_while_it_writes",
    "sitrep forget": "tests/system/test_how_to.py::test_remove_a_feed_and_its_items",
    "sitrep match --explain": "tests/system/test_commands.py::test_the_manual_shows_what_match_shows",
    "pkg-config --cflags": "tests/system/test_library.py::test_examples_follow_alerts_over_a_restart",
    "sitrep alerts": "tests/system/test_alerts.py::test_alerts_tells_of_rules_that_are_of_no_use",
    "sitrep silence 'category:exercise'": "tests/system/test_quiet.py::test_a_silence_mutes_is_listed_and_outlives_a_kill",
    "sitrep silence --list": "tests/system/test_quiet.py::test_a_silence_mutes_is_listed_and_outlives_a_kill",
    "sitrep tail --muted": "tests/system/test_quiet.py::test_tail_shows_muted_alerts",
    "sitrep import": "tests/system/test_import.py::test_writes_one_new_file",
    "sitrep stories FILE": "tests/system/test_stories.py::test_bad_input_is_named",
}
EXAMPLES = {  # how a command line begins: why it is not run
    "systemctl status": "only shows",
    "systemctl edit": "is for a person; tests/systemd/test_service.py writes the same drop-ins",
    "sudo systemd-sysusers": "changes this machine; tests/systemd installs in a root folder",
    "curl -sD- URL": "curl's own",
    "/usr/bin/python3 -m pytest": "is how this test runs",
    "sitrep feeds --failing || mail": "the mail is the reader's own",
}
RULES = ('(dprk OR "north korea")', "missile* AND (sources>=3")  # how the blocks of rules begin
NO_COMMANDS = (*RULES, "an item of a poll", "{", "[Socket]", "struct sitrep", "{alert}: ", '"matched":', ".B #include <sitrep.h>")  # how the other blocks begin that are no configuration
LINK = "https://one.example.org/1"


def blocks():
    """(document, text of an indented block or of a .nf or .EX block) of all documents."""
    found = []
    for path in [TOP / "README.md", TOP / "CONTRIBUTING.md", TOP / "SECURITY.md", *sorted((TOP / "docs").glob("*.md"))]:
        found += [(path.name, textwrap.dedent(block)) for block in re.findall(r"(?:^    +\S.*\n)+", path.read_text(), re.M)]
    for name in PAGES:
        found += [(name, unescape(block)) for block in re.findall(r"^\.(?:nf|EX)\n(.*?)^\.(?:fi|EE)", page(name), re.M | re.S)]
    return found


def is_configuration(block):
    return re.match(r"\[\w+ \"|[\w-]+ = ", block) is not None


def commands():
    """All command lines, each once: those of the blocks, and `code` that begins with a program and has an argument."""
    found = []
    for name, block in blocks():
        if block.startswith("$ "):  # a command and what it shows
            found += re.findall(r"^\$ (.*)$", block, re.M)
        elif block.split()[0] in PROGRAMS:
            lines = [match[0] for match in re.finditer(r"^.*<<'(\w+)'\n(?:.*\n)*?\1\n|^.+\n", block, re.M)]
            # what stands behind the command is a comment or what it does
            found += [re.split(r" {2,}", line)[0].strip() for line in lines]
        else:
            assert is_configuration(block) or block.startswith(NO_COMMANDS), (name, block)
    for path in [TOP / "README.md", TOP / "CONTRIBUTING.md", TOP / "SECURITY.md", *(TOP / "docs").glob("*.md")]:
        found += [re.sub(r"\s+", " ", code) for code in re.findall(r"`([^`]+)`", path.read_text())]
    for name in PAGES:
        bold = re.findall(r'^\.B "?([^"\n]+)"?$', page(name), re.M)
        for line in re.findall(r"^\.(?:B[RI]|[RI]B) .*$", page(name), re.M):
            bold += re.findall(r'"([^"]+)"', line)
        found += [re.sub(r"\\f[BIPR]", "", unescape(code)) for code in bold]
    return sorted({line.strip() for line in found if line.split()[:1] and line.split()[0] in PROGRAMS and " " in line.strip()})


COMMANDS = commands()


def begins_with(line, table):
    return next((begin for begin in table if line.startswith(begin)), None)


def of_sitrep():
    """The command lines of `sitrep` that end by themselves and need nothing but the daemon."""
    return [line for line in COMMANDS if re.match(r"(?:build/)?sitrep ", line) and not begins_with(line, [*RUN_BY, *EXAMPLES])]


def test_each_command_is_run_or_an_example():
    assert len(COMMANDS) > 50
    known = [line for line in COMMANDS if begins_with(line, [*RUN_BY, *EXAMPLES])]
    rest = [line for line in COMMANDS if line not in known and line not in of_sitrep() and not line.startswith("make ")]
    assert rest == [], "run these in a test, and name it in RUN_BY; or give the reason in EXAMPLES"
    unused = [begin for begin in [*RUN_BY, *EXAMPLES] if not any(line.startswith(begin) for line in COMMANDS)]
    assert unused == [], "no document has these any more"
    for test in RUN_BY.values():
        path, _, name = test.partition("::")
        assert re.search(r"^def %s\(" % name, (TOP / path).read_text(), re.M), test


def test_goals_of_make_are_there():
    """Each goal is in the Makefile, and each variable that is given to it is used there or handed on."""
    makefile = "".join(path.read_text() for path in [TOP / "Makefile", *(TOP / "tests").glob("*/*.mk")])
    goals = set(re.findall(r"^([\w-]+)(?: [\w-]+)*:", makefile, re.M)) | set(re.findall(r"^[\w-]+ ([\w-]+):", makefile, re.M))
    lines = [line for line in COMMANDS if line.startswith("make ")]
    assert len(lines) > 20
    for line in lines:
        for word in shlex.split(line.split("&&")[0])[1:]:
            variable, value, _ = word.partition("=")
            if value:
                assert re.search(r"\b%s\b" % variable, makefile), line
            else:
                assert word in goals, line


def test_configurations_have_no_mistake(tmp_path):
    for name in {name for name, _ in blocks()}:
        text = "".join(block for document, block in blocks() if document == name and is_configuration(block))
        (tmp_path / "sitrepd.conf").write_text(text)
        check = subprocess.run([str(BUILD / "sitrepd"), "-c", str(tmp_path / "sitrepd.conf"), "--check"], capture_output=True, text=True)
        assert check.returncode == 0, (name, text, check.stderr)


def test_rules_of_the_manual_have_no_mistake(tmp_path):
    rules = [line for _, block in blocks() if block.startswith(RULES) for line in block.splitlines()]
    assert len(rules) == 7
    (tmp_path / "sitrepd.conf").write_text("".join('[alert "a%d"]\nmatch = %s\n' % pair for pair in enumerate(rules)))
    check = subprocess.run([str(BUILD / "sitrepd"), "-c", str(tmp_path / "sitrepd.conf"), "--check"], capture_output=True, text=True)
    assert check.returncode == 0 and "7 alerts" in check.stdout, check.stderr


def test_the_manual_shows_what_match_shows(tmp_path):
    feed = rss("One", [article(1, "North Korea's missile lands in the sea", "<p>It flew far.</p>")])
    (tmp_path / "feed.xml").write_text(feed.replace("<link>http://outlet.example/1</link>", ""))
    sessions = [block for _, block in blocks() if block.startswith("$ sitrep match ")]
    assert len(sessions) == 1
    command, _, shown = sessions[0].partition("\n")
    result = subprocess.run([str(BUILD / "sitrep"), *shlex.split(command)[2:]], cwd=tmp_path, capture_output=True, text=True)
    assert result.stdout == shown and result.stderr == ""


def test_lines_for_the_stream(make_daemon):
    """What `echo` gives to the socket is answered; nc is not among the packages of the tests."""
    daemon = make_daemon().start()
    lines = [match for match in (re.fullmatch(r"echo '(.*)' \| nc -N?U /run/sitrepd/stream.sock", line) for line in COMMANDS) if match]
    assert len(lines) == len([line for line in COMMANDS if line.startswith("echo ")]) > 0
    for match in lines:
        stream = daemon.stream()
        stream.send(json.loads(match[1]))
        assert stream.read()["event"] != "error", match[1]


def test_commands_of_sitrep(make_daemon, server, tmp_path):
    """Those that stand without an argument that they need name the command: its usage is asked for."""
    feed = rss("One", [article(1), article(2)])
    server.set("/one", feed.replace("http://outlet.example/", "https://one.example.org/"))
    daemon = make_daemon(feeds={"one": server.url("/one")}).first_polls(items=2)
    values = dict(FEED="one", ITEM=LINK, LINK=LINK, URL=server.url("/one"), COMMAND="tail", FILE=str(tmp_path / "file"))
    lines = of_sitrep()
    assert len(lines) > 15
    for line in lines:
        words = [values.get(word, word) for word in shlex.split(line)[1:]]
        result = daemon.run(*words, check=False)
        if result.returncode == 2:
            assert len(words) == 1, (line, result.stderr)
            result = daemon.run("help", *words, check=False)
        assert result.returncode == 0, (line, result.stdout, result.stderr)
