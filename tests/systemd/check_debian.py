#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""usage: check_debian.py RELEASE [PYTEST ARGUMENTS]

Builds this checkout on another Debian, such as "trixie" or "bookworm_i386", with warnings as errors, and runs its unit tests
and its system tests there: in a root folder without systemd and without a network.  Prints what could not be installed, and
the counts.  CFLAGS are added to those of the build; UNITS=no leaves the unit tests out; PATIENCE is how many seconds a
system test waits for what must come."""
import os
import re
import subprocess
import sys

from programs import TOP, copy_sources, with_packages
from root import ENVIRONMENT, base, new_root, why_not

# of the tests that are not run here: fuzzing, pages in a browser, and a reader that brings a desktop along
NOT_NEEDED = {"clang", "libclang-rt-dev", "chromium", "rssguard"}
# and on another architecture, where few system tests are run
FEW_ARE_RUN = {"fish", "groff", "mandoc", "newsboat", "nginx-light", "rss2email", "sfeed", "systemd", "zsh"}
SOURCES = "/src"
PATIENCE = os.environ.get("PATIENCE", "120")


def packages(release):
    """What make check needs."""
    left_out = NOT_NEEDED | FEW_ARE_RUN if "_" in release else NOT_NEEDED
    script = (TOP / "scripts/install-packages").read_text()
    lists = script[script.index('build="'):script.index("case ")]
    told = subprocess.run(["sh", "-c", lists + 'echo $check git'], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [name for name in told.split() if name not in left_out]


def available(release, names):
    """Those that the release has."""
    with new_root(release) as root:
        root.run("apt-get", "update", "-qq")
        shown = root.run("apt-cache", "show", "--no-all-versions", *names, check=False).stdout
    found = set(re.findall(r"^Package: (\S+)$", shown, re.M)) | set(re.findall(r"^Provides: (.*)$", shown, re.M))
    return [name for name in names if name in found]


def show(root, *command):
    """Runs a command with its output on ours; whether it went well."""
    print("== " + " ".join(command), flush=True)
    # CFLAGS by the environment: tests that call make must not build anew with others
    flags = " ".join(["-Werror", os.environ.get("CFLAGS", "")]).strip()
    environment = ["env", "-C", SOURCES, "HOME=/root", "B=build", "CFLAGS=" + flags, "PATIENCE=" + PATIENCE,
                   "PYTHONDONTWRITEBYTECODE=1"]
    return subprocess.run(root.command(*environment, *command), stdin=subprocess.DEVNULL, env=ENVIRONMENT).returncode == 0


def main(release, *arguments):
    reason = why_not()
    if reason:
        sys.exit(reason)
    base(release)
    wanted = packages(release)
    names = available(release, wanted)
    print("%s: not installed, since it does not have them: %s" % (release, " ".join(sorted(set(wanted) - set(names))) or "nothing"), flush=True)
    jobs = str(os.cpu_count())
    with new_root(with_packages(release, "check", names)) as root:
        copy_sources(root.file(SOURCES))
        root.enter("--private-network")
        if not show(root, "make", "-s", "-k", "-j" + jobs, "DEPS=no", "build-tests"):
            sys.exit("the build failed")
        well = True
        if os.environ.get("UNITS") != "no":
            well = show(root, "make", "-s", "-k", "DEPS=no", "unit", "own-cases")
        tests = arguments or ("-n", str(int(jobs) + 2), "tests/system")
        well = show(root, "/usr/bin/python3", "-m", "pytest", "-q", "-rfEs", "-p", "no:cacheprovider", *tests) and well
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
