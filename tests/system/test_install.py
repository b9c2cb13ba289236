# SPDX-License-Identifier: ISC
"""What make install puts down, and what the service manager thinks of it."""
import re
import subprocess

from harness import BUILD, TOP


def install(folder):
    """Into folder, under the default prefix; returns where that is."""
    subprocess.run(["make", "-s", "install", "DESTDIR=%s" % folder, "B=%s" % BUILD], cwd=TOP, check=True, capture_output=True)
    return folder / "usr/local"


def test_units_are_clean_and_locked_down(tmp_path):
    prefix = install(tmp_path)
    units = []
    for unit in sorted((prefix / "lib/systemd/system").iterdir()):
        units.append(tmp_path / unit.name)
        units[-1].write_text(unit.read_text().replace("/usr/local/", "%s/" % prefix))
    assert len(units) == 3
    verify = subprocess.run(["systemd-analyze", "verify", "--man=no", *map(str, units)], capture_output=True, text=True)
    # What is said of other units of the machine is not ours.
    said = [line for line in verify.stderr.splitlines() if "sitrepd" in line]
    assert verify.returncode == 0 and said == [], verify.stderr
    security = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager",
                               str(tmp_path / "sitrepd.service")], capture_output=True, text=True)
    exposure = float(re.search(r"Overall exposure level for sitrepd.service: ([\d.]+)", security.stdout)[1])
    assert exposure <= 2.0


def test_everything_is_there(tmp_path):
    prefix = install(tmp_path)
    for path in ("sbin/sitrepd", "bin/sitrep", "libexec/sitrep/sitrep-parse", "share/man/man1/sitrep.1",
                 "share/man/man5/sitrepd.conf.5", "share/man/man7/sitrep-stream.7", "share/man/man8/sitrepd.8",
                 "share/doc/sitrepd/sitrepd.conf.sample", "share/bash-completion/completions/sitrep",
                 "share/zsh/site-functions/_sitrepd", "share/fish/vendor_completions.d/sitrep.fish", "lib/sysusers.d/sitrepd.conf"):
        assert (prefix / path).exists(), path
    check = subprocess.run([str(prefix / "sbin/sitrepd"), "-c", str(prefix / "etc/sitrepd/sitrepd.conf"), "--check"],
                           capture_output=True, text=True)
    assert check.returncode == 0, check.stderr


def test_own_configuration_is_kept_and_uninstall_leaves_it(tmp_path):
    prefix = install(tmp_path)
    conf = prefix / "etc/sitrepd/sitrepd.conf"
    conf.write_text("title = mine\n")
    install(tmp_path)
    assert conf.read_text() == "title = mine\n" and conf.with_suffix(".conf.new").exists()
    subprocess.run(["make", "-s", "uninstall", "DESTDIR=%s" % tmp_path], cwd=TOP, check=True, capture_output=True)
    left = [p for p in tmp_path.rglob("*") if p.is_file() and "etc" not in p.parts]
    assert left == [] and conf.exists()


def test_one_version_everywhere():
    version = re.search(r"^VERSION +:= (\S+)$", (TOP / "Makefile").read_text(), re.M)[1]
    for program in ("sitrepd", "sitrep"):
        told = subprocess.run([str(BUILD / program), "--version"], capture_output=True, text=True, check=True).stdout
        assert told == "%s %s\n" % (program, version)
    assert re.search(r"^## (\S+), \d{4}-\d\d-\d\d$", (TOP / "CHANGELOG.md").read_text(), re.M)[1] == version
    pages = sorted((BUILD / "man").glob("*.[1578]"))
    assert len(pages) == 4
    for page in pages:
        assert re.search(r'^\.TH .*"sitrepd (\S+)"', page.read_text(), re.M)[1] == version, page.name


def test_one_goal_after_the_other_compiles_nothing_anew(tmp_path):
    # The flags are in a file on which all objects depend; it was written anew when another object came first.
    def flags_after(goal):
        subprocess.run(["make", "-s", "B=%s" % tmp_path, "%s/%s" % (tmp_path, goal)], cwd=TOP, check=True, capture_output=True)
        return (tmp_path / "flags").read_text()

    assert flags_after("daemon/main.o") == flags_after("daemon/base/str.o")
