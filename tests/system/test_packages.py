# SPDX-License-Identifier: ISC
"""make deps: says which packages are missing, then installs them, and asks nothing."""
import os
import re
import shlex
import shutil
import subprocess

import pytest

from harness import PATIENCE, TOP

# dpkg-query that misses two packages, and an apt-get that writes down how it was called.
FAKE_DPKG = """#!/bin/sh
for name; do :; done
case $name in
libpsl-dev | zlib1g-dev) exit 1 ;;
esac
printf installed
"""
FAKE_APT = """#!/bin/sh
echo "apt-get $*"
echo "$*" >>%s
! read answer
"""


@pytest.fixture
def machine(tmp_path):
    """A folder of programs to be found first, and the list of calls of apt-get."""
    programs, calls = tmp_path / "bin", tmp_path / "calls"
    programs.mkdir()
    for name, text in (("dpkg-query", FAKE_DPKG), ("apt-get", FAKE_APT % calls), ("id", "#!/bin/sh\necho 0\n")):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    return programs, calls


def make(machine, *arguments, cwd=TOP):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "DEPS"}
    environment["PATH"] = "%s:%s" % (machine[0], os.environ["PATH"])
    return subprocess.run(["make", "-s", *arguments], cwd=cwd, env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=3 * PATIENCE)


def test_packages_are_named_before_they_are_installed(machine):
    result = make(machine, "deps")
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "missing Debian packages: libpsl-dev zlib1g-dev"
    assert lines[1].startswith("installing them now: apt-get install")
    assert lines[2] == "apt-get update -qq"
    calls = machine[1].read_text().splitlines()
    assert calls == ["update -qq", "install -y -qq --no-install-recommends libpsl-dev zlib1g-dev"]


def test_nothing_is_installed_on_request(machine):
    result = make(machine, "deps", "DEPS=no")
    assert result.returncode != 0 and not machine[1].exists()
    assert "missing Debian packages: libpsl-dev zlib1g-dev" in result.stdout


@pytest.mark.parametrize("target", ["run", "demo", "check"])
def test_run_and_check_ask_for_packages_first(machine, target):
    # DEPS=no ends each of them before anything is built or started.
    result = make(machine, target, "DEPS=no")
    assert result.returncode != 0 and "missing Debian packages:" in result.stdout
    assert not machine[1].exists()


def test_a_complete_machine_is_left_alone(machine):
    (machine[0] / "dpkg-query").write_text("#!/bin/sh\nprintf installed\n")
    result = make(machine, "deps")
    assert result.returncode == 0 and result.stdout == "" and not machine[1].exists()


def test_the_debian_package_builds_with_the_same_packages():
    words = re.search(r'^build="([^"]*)"', (TOP / "scripts/install-packages").read_text(), re.M)[1].split()
    fields = re.search(r"^Build-Depends:\n((?: .*\n)+)", (TOP / "debian/control").read_text(), re.M)[1]
    needed = set(re.findall(r"^ ([^\s(<,:]+)", fields, re.M)) - {"debhelper-compat", "dh-apparmor", "dh-sequence-installsysusers"}
    # gcc and make are there in each build of Debian; the last two are for its unit tests
    assert needed == set(words) - {"gcc", "make"} | {"libcmocka-dev", "python3"}


def test_programs_are_built_without_what_only_tests_need(machine):
    """pkg-config of a machine that has the packages of `make FOR=build deps`."""
    program = machine[0] / "pkg-config"
    program.write_text("#!/bin/sh\ncase \" $* \" in *\" cmocka \"*) exit 1 ;; esac\nexec %s \"$@\"\n" % shutil.which("pkg-config"))
    program.chmod(0o755)
    result = make(machine, "--eval=flags: ; @echo $(ALL_CFLAGS)", "flags")
    assert "-I/usr/include/libxml2" in result.stdout.split(), result


def test_folders_may_have_spaces(machine, tmp_path):
    """A checkout in "My sources" builds, and `make run` for a home with a space keeps its state there."""
    folder = tmp_path / "My sources"
    folder.mkdir()
    (folder / "Makefile").symlink_to(TOP / "Makefile")
    result = make(machine, "--eval=flags: ; @printf '%s\\n' $(ALL_CFLAGS)", "flags", cwd=folder)
    assert "-ffile-prefix-map=%s=." % folder in result.stdout.splitlines(), result
    lines = make(machine, "-n", "run", "RUN_DIR=%s" % folder).stdout.splitlines()
    assert shlex.split(lines[-2])[-1] == str(folder)
    assert shlex.split(lines[-1])[0] == "RUNTIME_DIRECTORY=%s" % folder and shlex.split(lines[-1])[-1] == str(folder)
