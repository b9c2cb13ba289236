# SPDX-License-Identifier: ISC
"""The Debian package: built offline from a clean copy, installed in a fresh root folder, over a `make install` of 0.1.0,
over an earlier package, and purged.  RELEASES says for which releases of Debian."""
import os
import re
import shutil
import subprocess

import pytest
import root
from harness import BUILD, TOP, wait_for
from programs import copy_sources, is_own, runtime, tools
from root import BUILD_PATIENCE, CannotBoot, new_root, why_not

FIRST = "ec15ddc"  # the commit that was 0.1.0
CLEAN = ("env", "-u", "MAKEFLAGS", "-u", "MAKELEVEL", "-u", "MAKEOVERRIDES")
FAILURE_LINES = 40

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))


def run(*command, **options):
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    assert result.returncode == 0, "%s\n%s" % (command, "\n".join(result.stdout.splitlines()[-FAILURE_LINES:]))
    return result.stdout


def new_sources(folder):
    """The files of the project, as a repository of their own: what a build adds to it can be seen."""
    copy_sources(folder)
    run("git", "init", "-q", cwd=folder)
    run("git", "add", "-A", cwd=folder)
    return folder


def build(release, sources, *command):
    """Runs a command in a folder of sources, without a network, on the release."""
    if is_own(release):
        run("unshare", "--net", *CLEAN, *command, cwd=sources)
        return
    with new_root(tools(release)) as machine:
        shutil.copytree(sources, machine.path / "sources", symlinks=True)
        machine.run("sh", "-c", 'cd /sources && unshare --net "$@"', "sh", *command, timeout=BUILD_PATIENCE)
        shutil.rmtree(sources)
        shutil.copytree(machine.path / "sources", sources, symlinks=True)


@pytest.fixture(scope="module", params=os.environ.get("RELEASES", "bookworm").split())
def release(request):
    return request.param


@pytest.fixture(scope="module")
def package(release, tmp_path_factory):
    """The package, from `make deb` in a clean copy."""
    sources = new_sources(tmp_path_factory.mktemp("package") / "sources")
    build(release, sources, "make", "deb", "DEPS=no")
    left = run("git", "status", "--porcelain", cwd=sources).splitlines()
    assert [line for line in left if not line.startswith("A ")] == []
    found = [path for path in (sources / "dist").glob("sitrepd_*.deb")]
    assert len(found) == 1
    return found[0]


@pytest.fixture(scope="module")
def plain(release, package):
    """A root folder of the release in which all is there that the package and its test need."""
    def libraries():
        return [re.match(r"\s*(\S+)", piece)[1] for piece in run("dpkg-deb", "-f", str(package), "Depends").split(",")]

    return runtime(release) if is_own(release) else runtime(release, libraries)


@pytest.fixture(scope="module")
def first_version(release, tmp_path_factory):
    """The folder with what `make install prefix=/usr` of 0.1.0 puts down."""
    if subprocess.run(["git", "cat-file", "-e", FIRST + "^{commit}"], cwd=TOP, capture_output=True).returncode != 0:
        pytest.skip("the history of the repository is not here: 0.1.0 is commit " + FIRST)

    def make(path):
        sources = tmp_path_factory.mktemp("first") / "sources"
        sources.mkdir()
        run("sh", "-c", "git archive %s | tar -xf - -C %s" % (FIRST, sources), cwd=TOP)
        build(release, sources, "make", "-j", str(os.cpu_count()), "install", "prefix=/usr", "DESTDIR=installed")
        shutil.copytree(sources / "installed", path, symlinks=True)

    return root.cached("0.1.0-" + release, make)


def repack(package, folder, version, change):
    """The package with another version; change(tree) alters its files."""
    tree = folder / "tree"
    run("dpkg-deb", "-R", str(package), str(tree))
    control = tree / "DEBIAN/control"
    control.write_text(re.sub(r"^Version: .*$", "Version: " + version, control.read_text(), flags=re.M))
    change(tree)
    path = folder / ("sitrepd_%s.deb" % version)
    run("dpkg-deb", "--root-owner-group", "-b", str(tree), str(path))
    return path


def apt(machine, *arguments):
    return machine.run("apt-get", "-y", "-qq", "-o", "Dpkg::Use-Pty=0", *arguments).stdout


def install(machine, package, *options):
    shutil.copy(package, machine.path / "root" / package.name)
    return apt(machine, "--no-install-recommends", *options, "install", "/root/" + package.name)


def files(machine):
    """All files that a package could leave behind."""
    found = set()
    for top in ("etc", "usr", "var/lib", "lib"):
        folder = machine.path / top
        if not folder.is_symlink():
            found |= {str(path.relative_to(machine.path)) for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()}
    return {path for path in found if not re.match(r"var/lib/(dpkg|apt|systemd)/|etc/(passwd|group|shadow|gshadow|subuid|subgid)", path)}


def boot(machine):
    try:
        machine.boot()
    except CannotBoot as error:
        pytest.skip(str(error))


def is_polling(machine):
    status = machine.run("sitrep", "feeds", "--json", check=False)
    return status.returncode == 0 and '"name"' in status.stdout


def start_with_http_socket(machine):
    """The units of an earlier version start in this order alone."""
    machine.run("systemctl", "stop", "sitrepd.service")
    machine.run("systemctl", "enable", "sitrepd.service", "sitrepd-http.socket")
    machine.run("systemctl", "start", "sitrepd-http.socket", "sitrepd-stream.socket")
    machine.run("systemctl", "start", "sitrepd.service")


def main_pid(machine):
    return machine.run("systemctl", "show", "-P", "MainPID", "sitrepd.service").stdout.strip()


def test_contents(package):
    listed = {line.split()[5].lstrip(".") for line in run("dpkg-deb", "-c", str(package)).splitlines()}
    units = {path.name for path in (TOP / "systemd").iterdir() if path.suffix in (".service", ".socket")}
    assert units <= {os.path.basename(path) for path in listed if "/systemd/system/" in path}
    pages = {path.name[:-len(".in")] + ".gz" for path in (TOP / "man").glob("*.in") if not path.name.endswith(".3.in")}
    assert pages <= {os.path.basename(path) for path in listed if path.startswith("/usr/share/man/")}
    assert {"/etc/apparmor.d/sitrepd", "/usr/lib/sysusers.d/sitrepd.conf", "/usr/share/zsh/site-functions/_sitrep",
            "/usr/share/bash-completion/completions/sitrep", "/usr/share/fish/vendor_completions.d/sitrep.fish",
            "/usr/share/doc/sitrepd/sitrepd.conf.sample"} <= listed
    conffiles = run("sh", "-c", 'dpkg-deb --ctrl-tarfile "$0" | tar -xOf - ./conffiles', str(package))
    assert set(conffiles.split()) == {p for p in listed if re.match(r"/etc/.*[^/]$", p)}


def test_contents_of_the_library(package):
    """The library has packages of its own, so that a program of another package can depend on it alone."""
    listed = {}
    for name in ("libsitrep0", "libsitrep-dev"):
        path, = package.parent.glob(name + "_*.deb")
        listed[name] = {line.split()[5].rpartition("/")[2] for line in run("dpkg-deb", "-c", str(path)).splitlines() if line.startswith(("-", "l"))}
        assert {"changelog.gz", "copyright"} <= listed[name]
    assert "libsitrep.so.0" in listed["libsitrep0"] and "sitrep.h" not in listed["libsitrep0"]
    assert {"sitrep.h", "libsitrep.so", "libsitrep.a", "libsitrep.pc", "libsitrep.3.gz"} <= listed["libsitrep-dev"]


def test_addresses_reach_nobody(package):
    """The project has none: debian/control says why, and whose takes its place."""
    written = {(TOP / "debian" / name).read_text() for name in ("control", "changelog")}
    assert {address for text in written for address in re.findall(r"<(\S+@\S+)>", text)} == {"maintainers@sitrepd.example"}
    assert run("dpkg-deb", "-f", str(package), "Maintainer").strip() == "The sitrepd authors <maintainers@sitrepd.example>"


def test_apparmor_profile_is_understood():
    run("apparmor_parser", "-Q", "-K", str(TOP / "debian/apparmor/sitrepd"))


def test_fresh_root_folder(release, package, plain, tmp_path):
    """The package is installed and purged, and leaves nothing; then autopkgtest installs it and polls a feed."""
    shutil.copytree(TOP / "debian", tmp_path / "source/debian")
    with new_root(plain) as machine:
        before = files(machine)
        install(machine, package)
        assert machine.run("sitrepd", "--check").returncode == 0
        machine.write("/var/lib/sitrepd/sitrepd.db", "")
        apt(machine, "purge", "sitrepd")
        assert files(machine) - before == set()
        run("autopkgtest", str(package), str(tmp_path / "source"), "--", "chroot", str(machine.path))


def test_takes_over_the_first_version(release, package, plain, first_version):
    with new_root(plain) as machine:
        run("cp", "-a", "--no-preserve=ownership", str(first_version) + "/.", str(machine.path))
        machine.run("systemd-sysusers")
        boot(machine)
        start_with_http_socket(machine)
        assert machine.run("sitrepd", "--version").stdout == "sitrepd 0.1.0\n"
        old = main_pid(machine)
        own = "# mine\n" + machine.file("/etc/sitrepd/alerts.d/samples.conf").read_text()
        machine.write("/etc/sitrepd/alerts.d/samples.conf", own)
        # what a `make install` of a later version put down and recorded, and nobody changed
        machine.write("/etc/sitrepd/feeds.d/research.conf", "# of another version\n")
        machine.file("/usr/share/sitrepd").mkdir()
        machine.run("sh", "-c", "cd /etc/sitrepd && sha256sum feeds.d/research.conf >/usr/share/sitrepd/shipped.sha256")
        # dpkg asks about the file that was changed
        install(machine, package, "-o", "Dpkg::Options::=--force-confold")
        assert machine.run("sitrepd", "--version").stdout != "sitrepd 0.1.0\n"
        wait_for(lambda: is_polling(machine), "the daemon of the package")
        assert main_pid(machine) not in ("0", old)
        assert machine.file("/etc/sitrepd/alerts.d/samples.conf").read_text() == own
        assert machine.file("/etc/sitrepd/feeds.d/research.conf").read_bytes() == (TOP / "etc/feeds.d/research.conf").read_bytes()
        units = machine.run("systemctl", "is-active", "sitrepd.service", "sitrepd-stream.socket", "sitrepd-http.socket").stdout
        assert units.split() == ["active"] * 3
        pages = [path.name for path in machine.file("/usr/share/man").rglob("*sitrep*") if path.is_file()]
        assert pages and all(page.endswith(".gz") for page in pages)
        apt(machine, "purge", "sitrepd")
        assert machine.run("systemctl", "is-active", "sitrepd.service", check=False).stdout != "active\n"
        left = machine.run("sh", "-c", "find / -xdev -name '*sitrep*' -not -path '/proc/*' -not -path '/root/*' "
                           "-not -path '/var/cache/*' -not -path '/var/log/*'").stdout
        assert left == "", left


def test_upgrade_from_an_earlier_package(release, package, plain, tmp_path):
    """An earlier package, with other configuration files, under a running service."""
    def change(tree):
        for name in ("feeds.d/research.conf", "feeds.d/regional.conf"):
            path = tree / "etc/sitrepd" / name
            path.write_text("# earlier\n" + path.read_text())

    earlier = repack(package, tmp_path, "0.2.0~earlier", change)
    with new_root(plain) as machine:
        boot(machine)
        install(machine, earlier)
        wait_for(lambda: is_polling(machine), "the daemon of the earlier package")
        assert machine.file("/etc/sitrepd/feeds.d/research.conf").read_text().startswith("# earlier\n")
        own = machine.file("/etc/sitrepd/sitrepd.conf").read_text().replace("Defense news", "My news")
        machine.write("/etc/sitrepd/sitrepd.conf", own)
        start_with_http_socket(machine)
        old = main_pid(machine)
        install(machine, package)
        wait_for(lambda: is_polling(machine), "the daemon of the package")
        assert main_pid(machine) not in ("0", old)
        assert not machine.file("/etc/sitrepd/feeds.d/research.conf").read_text().startswith("# earlier\n")
        assert machine.file("/etc/sitrepd/sitrepd.conf").read_text() == own
        assert "My news" in machine.run("curl", "-sf", "http://127.0.0.1:8484/feed.atom").stdout
        apt(machine, "remove", "sitrepd")
        assert machine.file("/etc/sitrepd/sitrepd.conf").exists() and machine.file("/var/lib/sitrepd/sitrepd.db").exists()
        states = machine.run("systemctl", "is-active", "sitrepd.service", "sitrepd-http.socket", check=False).stdout.split()
        assert "active" not in states
        apt(machine, "purge", "sitrepd")
        assert not machine.file("/etc/sitrepd").exists() and not machine.file("/var/lib/sitrepd").exists()


@pytest.mark.skipif(BUILD.name != "build", reason="compares with a build that has the usual settings")
def test_build_is_reproducible(tmp_path):
    """The programs and texts of build/ are the same bytes when they are built in another folder, at another time, one
    file after the other, with other settings of the user."""
    sources = new_sources(tmp_path / "else where")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    run("make", "-s", "all", "DEPS=no", cwd=TOP, env=environment)
    environment.update(CCACHE_DISABLE="1", TZ="Pacific/Apia", LC_ALL="C.UTF-8", HOME=str(tmp_path))
    run("faketime", "+400 days", "make", "-s", "-j", str(os.cpu_count() + 1), "all", "DEPS=no", cwd=sources, env=environment)
    built = [BUILD / name for name in ("sitrepd", "sitrep", "sitrep-parse", "sitrepd.conf.sample", "libsitrep.so.0")]
    built += [path for folder in ("man", "completion") for path in (BUILD / folder).rglob("*") if path.is_file()]
    assert len(built) > 10
    for path in built:
        assert path.read_bytes() == (sources / "build" / path.relative_to(BUILD)).read_bytes(), path.name
