# SPDX-License-Identifier: ISC
"""What make install puts down, and what the service manager thinks of it."""
import hashlib
import os
import platform
import re
import shutil
import subprocess

import pytest
from harness import BUILD, TOP


def install(folder):
    """Into folder, under the default prefix; returns where that is."""
    make("install", folder)
    return folder / "usr/local"


def make(goal, folder):
    return subprocess.run(["make", "-s", goal, "DESTDIR=%s" % folder, "B=%s" % BUILD], cwd=TOP, check=True,
                          capture_output=True, text=True).stdout


def test_units_are_clean_and_locked_down(tmp_path):
    prefix = install(tmp_path)
    units = []
    for unit in sorted((prefix / "lib/systemd/system").iterdir()):
        units.append(tmp_path / unit.name)
        units[-1].write_text(unit.read_text().replace("/usr/local/", "%s/" % prefix))
    assert [unit.name for unit in units] == sorted(path.name for path in (TOP / "systemd").iterdir()
                                                   if path.suffix in (".service", ".socket"))
    verify = subprocess.run(["systemd-analyze", "verify", "--man=no", *map(str, units)], capture_output=True, text=True)
    # What is said of other units of the machine is not ours.
    said = [line for line in verify.stderr.splitlines() if "sitrepd" in line]
    assert verify.returncode == 0 and said == [], verify.stderr
    security = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager",
                               str(tmp_path / "sitrepd.service")], capture_output=True, text=True)
    exposure = float(re.search(r"Overall exposure level for sitrepd.service: ([\d.]+)", security.stdout)[1])
    assert exposure <= 1.2


def test_everything_is_there(tmp_path):
    prefix = install(tmp_path)
    for path in ("sbin/sitrepd", "bin/sitrep", "libexec/sitrep/sitrep-parse", "share/man/man1/sitrep.1",
                 "share/man/man5/sitrepd.conf.5", "share/man/man7/sitrep-stream.7", "share/man/man8/sitrepd.8",
                 "share/man/man8/sitrep-parse.8", "share/man/man3/libsitrep.3", "include/sitrep.h", "lib/libsitrep.so",
                 "lib/libsitrep.so.0", "lib/libsitrep.a", "lib/pkgconfig/libsitrep.pc",
                 "share/doc/sitrepd/sitrepd.conf.sample", "share/bash-completion/completions/sitrep",
                 "share/zsh/site-functions/_sitrepd", "share/fish/vendor_completions.d/sitrep.fish", "lib/sysusers.d/sitrepd.conf"):
        assert (prefix / path).exists(), path
    examples = prefix / "share/doc/sitrepd/examples"
    assert {p.name for p in examples.iterdir()} == {p.name for p in (TOP / "examples").iterdir()}
    for path in (TOP / "examples").iterdir():
        assert bool((examples / path.name).stat().st_mode & 0o100) == path.read_bytes().startswith(b"#!") == bool(path.stat().st_mode & 0o100)
    check = subprocess.run([str(prefix / "sbin/sitrepd"), "-c", str(prefix / "etc/sitrepd/sitrepd.conf"), "--check"],
                           capture_output=True, text=True)
    assert check.returncode == 0, check.stderr


def test_own_configuration_is_kept_and_uninstall_leaves_it(tmp_path):
    prefix = install(tmp_path)
    conf = prefix / "etc/sitrepd/sitrepd.conf"
    conf.write_text("title = mine\n")
    told = make("install", tmp_path)
    new = conf.with_suffix(".conf.new")
    assert conf.read_text() == "title = mine\n" and new.read_bytes() == (TOP / "etc/sitrepd.conf").read_bytes()
    assert [line for line in told.splitlines() if line.startswith("kept ")] == \
        ["kept %s, which was changed here; the new one is beside it: sitrepd.conf.new" % conf]
    make("uninstall", tmp_path)
    left = {str(p.relative_to(prefix / "etc/sitrepd")) for p in tmp_path.rglob("*") if p.is_file()}
    assert left == {str(p.relative_to(TOP / "etc")) for p in (TOP / "etc").rglob("*.conf")}


@pytest.fixture
def config(tmp_path):
    """Runs scripts/install-config in a copy of the project's texts that a test may change: (source, target, run)."""
    for folder in ("etc", "scripts"):
        shutil.copytree(TOP / folder, tmp_path / "source" / folder)
    source, target = tmp_path / "source/etc", tmp_path / "target"

    def run():
        files = sorted(str(p.relative_to(source)) for p in source.rglob("*.conf"))
        subprocess.run([str(source.parent / "scripts/install-config"), str(target), str(tmp_path / "share/shipped.sha256"), *files],
                       check=True, capture_output=True)

    return source, target, run


def test_unchanged_configuration_is_replaced(config):
    source, target, run = config
    run()
    (target / "sitrepd.conf").write_text("title = mine\n")
    for name in ("sitrepd.conf", "feeds.d/research.conf"):
        (source / name).write_text("# of the next version\n")
    (source / "feeds.d/regional.conf").unlink()
    (source / "feeds.d/world.conf").write_text("# has the feeds of regional.conf\n")
    run()
    assert (target / "sitrepd.conf").read_text() == "title = mine\n"
    assert (target / "sitrepd.conf.new").read_text() == "# of the next version\n"
    assert (target / "feeds.d/research.conf").read_text() == "# of the next version\n"
    assert {p.name for p in (target / "feeds.d").iterdir()} == {p.name for p in (source / "feeds.d").iterdir()}
    # what the user took over by hand needs no copy beside it
    shutil.copy(source / "sitrepd.conf", target / "sitrepd.conf")
    run()
    assert list(target.rglob("*.new")) == []


def test_configuration_of_the_first_version_is_known(config):
    """0.1.0 left no record of what it installed; its digests come with us."""
    source, target, run = config
    record = source.parent / "scripts/shipped-0.1.0.sha256"
    old = "# as 0.1.0 had it\n"
    record.write_text(record.read_text() + "%s  sitrepd.conf\n" % hashlib.sha256(old.encode()).hexdigest())
    target.mkdir()
    (target / "sitrepd.conf").write_text(old)
    run()
    assert (target / "sitrepd.conf").read_bytes() == (source / "sitrepd.conf").read_bytes()
    assert list(target.rglob("*.new")) == []


@pytest.mark.skipif(platform.machine() != "x86_64", reason="what protects jumps is told of x86_64 alone")
def test_programs_are_hardened(tmp_path):
    """The programs are compiled as Debian's are, also where no one sets CFLAGS."""
    subprocess.run(["make", "-s", "CFLAGS=", "B=%s" % tmp_path, "%s/daemon/main.o" % tmp_path], cwd=TOP, check=True,
                   capture_output=True,
                   env={k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "SANITIZE"})
    notes = subprocess.run(["readelf", "-n", str(tmp_path / "daemon/main.o")], check=True, capture_output=True, text=True).stdout
    assert "IBT, SHSTK" in notes
    flags = (tmp_path / "flags").read_text().split()
    assert {"-fstack-clash-protection", "-fstack-protector-strong", "-fcf-protection", "-Werror=format-security",
            "-D_FORTIFY_SOURCE=2"} <= set(flags)
    dynamic = subprocess.run(["readelf", "-dlW", str(BUILD / "sitrepd")], check=True, capture_output=True, text=True).stdout
    assert "GNU_RELRO" in dynamic and re.search(r"FLAGS_1.*NOW.*PIE", dynamic)
    assert re.search(r"GNU_STACK.* RW ", dynamic)


def test_one_version_everywhere():
    version = re.search(r"^VERSION +:= (\S+)$", (TOP / "Makefile").read_text(), re.M)[1]
    for program in ("sitrepd", "sitrep", "sitrep-parse"):
        told = subprocess.run([str(BUILD / program), "--version"], capture_output=True, text=True, check=True).stdout
        assert told == "%s %s\n" % (program, version)
    assert re.search(r"^## (\S+), \d{4}-\d\d-\d\d$", (TOP / "CHANGELOG.md").read_text(), re.M)[1] == version
    pages = sorted((BUILD / "man").glob("*.[13578]"))
    assert len(pages) == len(list((TOP / "man").glob("*.in")))
    for page in pages:
        assert re.search(r'^\.TH .*"sitrepd (\S+)"', page.read_text(), re.M)[1] == version, page.name


def test_one_goal_after_the_other_compiles_nothing_anew(tmp_path):
    # The flags are in a file on which all objects depend; it was written anew when another object came first.
    def flags_after(goal):
        subprocess.run(["make", "-s", "B=%s" % tmp_path, "%s/%s" % (tmp_path, goal)], cwd=TOP, check=True, capture_output=True)
        return (tmp_path / "flags").read_text()

    assert flags_after("daemon/main.o") == flags_after("daemon/base/str.o")
