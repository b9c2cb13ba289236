# SPDX-License-Identifier: ISC
"""The root folders in which the programs of this checkout run, and those in which they are built.

    runtime("bookworm")    # has what the installed programs and the package's own test need; for this machine's release
    tools("trixie")        # has what building and packaging them needs; for other releases"""
import hashlib
import os
import platform
import re
import subprocess

from root import BUILD, TOP, prepared

PROGRAMS = ("sitrepd", "sitrep", "sitrep-parse")
# of debian/tests, of autopkgtest, and the dependency of the package that is no library
RUNTIME = ("ca-certificates", "curl", "dpkg-dev", "python3")
# 0.1.0 needed libsmartcols-dev
TOOLS = ("build-essential", "debhelper", "dpkg-dev", "gcc", "git", "libsmartcols-dev", "lintian", "make")


def is_own(release):
    """Whether this machine is of that release, and can build for it."""
    return platform.freedesktop_os_release().get("VERSION_CODENAME") == release


def libraries():
    """The packages of this machine that hold the libraries of the built programs."""
    paths = set()
    for program in PROGRAMS:
        told = subprocess.run(["ldd", str(BUILD / program)], capture_output=True, text=True, check=True).stdout
        paths |= {os.path.realpath(path) for path in re.findall(r"=> (/\S+)", told)}
    names = set()
    for path in paths:
        # dpkg knows files of /lib by one of two names, since /lib leads to /usr/lib
        told = subprocess.run(["dpkg-query", "-S", path, path.removeprefix("/usr")], capture_output=True, text=True).stdout
        names |= set(re.findall(r"^([^:\s]+)", told, re.M))
    return sorted(names)


def with_packages(release, name, packages):
    """A root folder of the release with these packages; another list of packages is another folder."""
    digest = hashlib.sha256(" ".join(sorted(packages)).encode()).hexdigest()[:8]
    return prepared(release, "%s-%s" % (name, digest), lambda machine: machine.apt_install(*packages))


def runtime(release, libraries=libraries):
    """libraries() gives the packages with the libraries of the programs."""
    return with_packages(release, "runtime", [*RUNTIME, *libraries()])


def build_dependencies():
    text = (TOP / "debian/control").read_text()
    fields = re.search(r"^Build-Depends:\n((?: .*\n)+)", text, re.M)[1]
    names = [re.match(r" ([^\s(<,:]+)", line)[1] for line in fields.splitlines()]
    return [name for name in names if not name.startswith(("debhelper-compat", "dh-sequence"))]


def tools(release):
    return with_packages(release, "tools", [*TOOLS, *build_dependencies()])


def copy_sources(folder):
    """Copies the files of the checkout."""
    files = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=TOP, check=True, capture_output=True)
    there = b"\0".join(name for name in files.stdout.split(b"\0") if name and (TOP / os.fsdecode(name)).is_file())
    packed = subprocess.run(["tar", "-cf", "-", "--null", "-T", "-"], cwd=TOP, check=True, input=there, capture_output=True)
    folder.mkdir(parents=True)
    subprocess.run(["tar", "-xf", "-", "--no-same-owner", "-C", str(folder)], check=True, input=packed.stdout)
