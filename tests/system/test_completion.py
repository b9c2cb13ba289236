"""The completion files in real shells: commands, options, the names of feeds and events, files."""
import os
import pty
import re
import select
import shutil
import subprocess
import time

import pytest
from harness import BUILD, PATIENCE, listening

CONFIG = """[feed "usni"]
url = http://127.0.0.1:1/a
[feed "navy"]
url = http://127.0.0.1:1/b
"""
COMMANDS = {"tail", "top", "feeds", "explain", "status", "refresh", "parse", "discover", "import", "export", "why", "split", "join", "forget", "stories", "check",
            "backup", "reload", "pause", "resume", "help"}


def in_bash(folder, line):
    script = """source "$0/sitrep"; source "$0/sitrepd"; complete -p sitrep sitrepd >/dev/null || exit 1
                COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); "_$1"; printf '%s\\n' "${COMPREPLY[@]}" """
    return run(["bash", "--norc", "--noprofile", "-c", script, str(BUILD / "completion/bash"), *line.split(" ")], folder)


def in_fish(folder, line):
    script = "source %s/sitrep; source %s/sitrepd; complete -C '%s'" % (*[BUILD / "completion/fish"] * 2, line)
    return {word.split("\t")[0] for word in run(["fish", "--no-config", "-c", script], folder)}


def run(command, folder):
    environment = dict(os.environ, PATH="%s:%s" % (BUILD, os.environ["PATH"]), HOME=str(folder))
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE * 3)
    assert result.returncode == 0 and result.stderr == "", result.stderr
    return set(result.stdout.split("\n")) - {""}


class Terminal:
    """An interactive shell: only there zsh completes."""

    def __init__(self, command, folder):
        self.output = ""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.environ.update(TERM="dumb", HOME=str(folder), PATH="%s:%s" % (BUILD, os.environ["PATH"]))
            os.execvp(command[0], command)

    def send(self, text):
        os.write(self.terminal, text.encode())

    def read_until(self, mark):
        """What came up to the mark."""
        end = time.monotonic() + PATIENCE * 2
        while mark not in self.output:
            ready, _, _ = select.select([self.terminal], [], [], max(0, end - time.monotonic()))
            assert ready, "waited in vain for %s after %r" % (mark, self.output)
            self.output += os.read(self.terminal, 65536).decode(errors="replace")
        before, self.output = self.output.split(mark, 1)
        return before

    def close(self):
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


def in_zsh(folder, line):
    functions = folder / "functions"
    functions.mkdir(exist_ok=True)
    for program in ("sitrep", "sitrepd"):
        shutil.copy(BUILD / "completion/zsh" / program, functions / ("_" + program))
    shell = Terminal(["zsh", "-f", "-i"], folder)
    try:
        # A mark is written in two parts, so that it is not found in the echo of its command.
        shell.send("stty columns 240; fpath=(%s $fpath); autoload -Uz compinit; compinit -u -D; LISTMAX=9999; "
                   "bindkey '^T' list-choices; unset zle_bracketed_paste; RPS1= PS1='read''y> '\n" % functions)
        shell.read_until("ready> ")
        shell.send(line + "\x14")
        # The list ends with the line that is drawn anew; the next prompt follows when the line is given up.
        shell.send("\x15PS1='don''e> '\n")
        text = shell.read_until("done> ")
    finally:
        shell.close()
    return set(re.findall(r"[^\s\x1b]+", text)) - set(line.split())


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "test.conf").write_text(CONFIG)
    (tmp_path / "sub").mkdir()
    return tmp_path


@pytest.mark.parametrize("complete", [in_bash, in_fish, in_zsh])
def test_completion(folder, complete):
    assert COMMANDS <= complete(folder, "sitrep ")
    assert "feeds" in complete(folder, "sitrep f") and "tail" not in complete(folder, "sitrep f")
    assert {"--config", "--socket", "--version", "--help"} <= complete(folder, "sitrep --")
    assert {"--json", "--since", "--state", "--event", "--match", "--category", "--feed", "--exec", "--webhook", "--format", "--last"} <= complete(folder, "sitrep tail --")
    assert {"--config", "--state-dir", "--check", "--verify", "--sample-config"} <= complete(folder, "sitrepd --")
    assert {"usni", "navy"} <= complete(folder, "sitrep -c test.conf feeds ")
    assert {"usni", "navy"} <= complete(folder, "sitrep -c test.conf tail --feed ")
    assert {"new", "copy", "updated", "alert", "feed"} <= complete(folder, "sitrep tail -e ")
    assert {"test.conf"} <= complete(folder, "sitrep check t")
    assert "feeds" in complete(folder, "sitrep help f") and "tail" not in complete(folder, "sitrep help f")
    assert not {"usni", "navy", "tail"} & complete(folder, "sitrep pause ")


@pytest.mark.parametrize("complete", [in_bash, in_fish])
def test_files_and_folders(folder, complete):
    assert complete(folder, "sitrepd --config te") == {"test.conf"}
    found = complete(folder, "sitrep backup --state-dir ")
    assert {name.rstrip("/") for name in found} == {"sub"}


@pytest.mark.parametrize("complete", [in_bash, in_fish, in_zsh])
def test_names_are_those_of_the_running_daemon(folder, complete, make_daemon):
    """No configuration is named: the daemon on the socket tells its feeds."""
    daemon = make_daemon(feeds={"live": "http://127.0.0.1:1/a", "alive": "http://127.0.0.1:1/b"}).start()
    (folder / "control.sock").symlink_to(daemon.control_path)
    assert {"live", "alive"} <= complete(folder, "sitrep --socket control.sock explain ")
    assert complete(folder, "sitrep --socket control.sock explain a") & {"live", "alive"} == {"alive"}


def test_names_do_not_wait_for_a_daemon_that_hangs(folder):
    with listening(folder / "deaf.sock"):
        told = run(["sitrep", "-c", "test.conf", "--socket", "deaf.sock", "feeds", "--names"], folder)
    assert told == {"usni", "navy"}
