# SPDX-License-Identifier: ISC
"""libsitrep as another program meets it: installed, linked, loaded, and the examples in C and Python that follow alerts."""
import json
import os
import re
import shlex
import shutil
import socket
import subprocess

import pytest
from harness import BUILD, PATIENCE, TOP, listening, wait_for
from manual import page
from samples import article, rss

ALERT = '[alert "ships"]\nmatch = frigates OR flotilla\npriority = high\n[poll]\nalert-backlog = 3650d\n'
LIBRARY = BUILD / "libsitrep.so.0"


def functions_of_the_header():
    text = re.sub(r"/\*.*?\*/", "", (TOP / "include/sitrep.h").read_text(), flags=re.S)
    return set(re.findall(r"\b(sitrep_\w+)\(", text))


def symbols(*arguments):
    return subprocess.run(["nm", *arguments], check=True, capture_output=True, text=True).stdout


def compile_flags():
    """Those of the sanitizers, where the library was built with them."""
    flags = shlex.split((BUILD / "flags").read_text())
    return [flag for flag in flags if flag.startswith("-fsanitize")]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run(["make", "-s", "install", "DESTDIR=%s" % folder, "B=%s" % BUILD], cwd=TOP, check=True, capture_output=True)
    return folder / "usr/local"


def pkg_config(prefix, *arguments):
    environment = dict(os.environ, PKG_CONFIG_PATH=str(prefix / "lib/pkgconfig"), PKG_CONFIG_SYSROOT_DIR=str(prefix.parents[1]))
    return shlex.split(subprocess.run(["pkg-config", *arguments, "libsitrep"], check=True, capture_output=True, text=True,
                                      env=environment).stdout)


def compile_example(prefix, target, *libraries):
    subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", *compile_flags(), "-o", str(target),
                    str(prefix / "share/doc/sitrepd/examples/follow-alerts.c"), *pkg_config(prefix, "--cflags"), *libraries], check=True)
    return target


@pytest.fixture(params=["shared", "static", "python"])
def follow(request, installed, tmp_path):
    """The command of an example."""
    if request.param == "python":
        return [str(installed / "share/doc/sitrepd/examples/follow-alerts.py")]
    libraries = dict(shared=[*pkg_config(installed, "--libs"), "-Wl,-rpath,%s/lib" % installed],
                     static=[str(installed / "lib/libsitrep.a")])
    program = compile_example(installed, tmp_path / "follow-alerts", *libraries[request.param])
    needed = subprocess.run(["readelf", "-d", str(program)], check=True, capture_output=True, text=True).stdout
    assert ("libsitrep.so.0" in needed) == (request.param == "shared")
    return [str(program)]


def test_examples_follow_alerts_over_a_restart(follow, make_daemon, server, tmp_path):
    server.set("/a", rss("Gazette", [article(1, "Frigates leave Halden"), article(2, "Nothing of note")]))
    daemon = make_daemon(ALERT, dict(a=server.url("/a"))).first_polls(items=2)
    out = tmp_path / "out"
    with open(out, "w") as printed:
        process = subprocess.Popen([*follow, str(daemon.stream_path), "oldest"], stdout=printed, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: "\n" in out.read_text() or process.poll() is not None, "the first alert")
        assert out.read_text() == "ships: Frigates leave Halden\n", process.stderr.read()
        daemon.kill()
        server.set("/a", rss("Gazette", [article(3, "The flotilla sails")]))
        daemon.start()
        daemon.refresh()
        wait_for(lambda: out.read_text().count("\n") == 2, "the second alert")
        assert out.read_text().splitlines()[1] == "ships: The flotilla sails" and process.poll() is None
    finally:
        process.kill()
        process.communicate()


def test_examples_pass_gaps_and_what_they_do_not_know(follow, tmp_path):
    """They resume behind the last event that came, in the instance that told it."""
    path = tmp_path / "stream.sock"
    item = dict(title="Frigates leave")
    lines = (dict(event="hello", cursor="9", instance="7c0f3a51e2d94b86"), dict(event="subscribed", since="3"), {"event": "gap", "from": "3", "to": "5"},
             dict(event="later", cursor="6"), dict(event="alert", cursor="7", alert=dict(name="ships"), item=item), dict(event="heartbeat", cursor="8"))
    with listening(path) as listener:
        with subprocess.Popen([*follow, str(path), "3"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            requests = []
            for sent in (lines, (*lines[:3], dict(event="error", reason="enough"))):
                connection, _ = listener.accept()
                connection.settimeout(PATIENCE)
                connection.sendall((json.dumps(sent[0]) + "\n").encode())
                requests.append(json.loads(connection.makefile("rb").readline()))
                connection.sendall("".join(json.dumps(e) + "\n" for e in sent[1:]).encode())
                if sent is lines:
                    assert process.stdout.readline() == "ships: Frigates leave\n"
                    connection.shutdown(socket.SHUT_WR)
            said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 1 and said == "enough\n"
    assert [r["since"] for r in requests] == ["3", "8"] and requests[1]["instance"] == "7c0f3a51e2d94b86"


def test_examples_tell_why_they_end(installed, tmp_path):
    program = compile_example(installed, tmp_path / "follow-alerts", str(installed / "lib/libsitrep.a"))
    missing = tmp_path / "none.sock"
    result = subprocess.run([str(program), str(missing)], capture_output=True, text=True, timeout=PATIENCE)
    assert result.returncode == 1 and result.stdout == ""
    assert result.stderr == "cannot connect to the daemon at %s (no socket); is it running?\n" % missing


def test_examples_are_short():
    for path in (TOP / "examples").glob("follow-alerts.*"):
        assert len(path.read_text().splitlines()) <= 30, path.name


def test_header_is_good_in_every_dialect(installed, tmp_path):
    source = "#include <sitrep.h>\nint main(void) { struct sitrep *s = sitrep_new(); sitrep_free(s); return s == 0; }\n"
    for compiler, suffix, dialects in (("cc", "c", ("c99", "c11", "c17")), ("c++", "cc", ("c++11", "c++20"))):
        path = tmp_path / ("main." + suffix)
        path.write_text(source)
        if shutil.which(compiler) is None:
            continue  # a C++ compiler is not among the packages of the tests
        for dialect in dialects:
            subprocess.run([compiler, "-std=" + dialect, "-Wall", "-Wextra", "-pedantic", "-Werror", *compile_flags(), "-o", str(tmp_path / "main"),
                            str(path), *pkg_config(installed, "--cflags"), str(installed / "lib/libsitrep.a")], check=True)
            subprocess.run([str(tmp_path / "main")], check=True)


def test_only_the_library_s_header_is_installed(installed):
    assert [path.name for path in (installed / "include").iterdir()] == ["sitrep.h"]
    assert {path.name for path in (installed / "lib").glob("libsitrep*")} == {"libsitrep.so", "libsitrep.so.0", "libsitrep.a"}


def test_symbols_are_those_of_the_header():
    """In the shared library, with their version; in the static one no other name can meet a program's."""
    public = functions_of_the_header()
    assert len(public) > 15
    exported = re.findall(r"^[0-9a-f]+ [A-Z] (\w+)(?:@@(\w+))?$", symbols("-D", str(LIBRARY)), re.M)
    assert {name for name, _ in exported if name.startswith("sitrep_")} == public
    assert {version for name, version in exported if name.startswith("sitrep_")} == {"LIBSITREP_0"}
    assert {name for name, _ in exported} - public <= {"LIBSITREP_0"}
    static = re.findall(r"^[0-9a-f]+ [A-TV-Z] (\w+)$", symbols(str(BUILD / "libsitrep.a")), re.M)
    assert set(static) == public
    debian = (TOP / "debian/libsitrep0.symbols").read_text()
    assert set(re.findall(r"^ (sitrep_\w+)@LIBSITREP_0 ", debian, re.M)) == public
    assert set(re.findall(r"\b(sitrep_\w+)\(", page("libsitrep.3").split(".SH DESCRIPTION")[0])) == public


@pytest.mark.skipif("sanitize" in BUILD.name, reason="the sanitizers' own calls are in it")
def test_library_needs_the_c_library_alone_and_never_ends_the_process():
    dynamic = subprocess.run(["readelf", "-d", str(LIBRARY)], check=True, capture_output=True, text=True).stdout
    assert re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic) == ["libc.so.6"]
    assert re.findall(r"\(SONAME\).*\[(.*)\]", dynamic) == ["libsitrep.so.0"]
    wanted = set(re.findall(r" U (\w+)", symbols("-D", str(LIBRARY))))
    assert not wanted & {"abort", "exit", "_exit", "__assert_fail", "signal", "sigaction", "pthread_create", "setlocale", "raise", "kill",
                         "getgrgid", "getpwuid", "strerror", "gmtime", "localtime", "printf", "__printf_chk", "perror", "stderr", "stdout"}
    # no variable of its own, but those of the C runtime and constants
    assert re.findall(r" [BDC] (\w+)", symbols(str(BUILD / "libsitrep.a"))) == []
