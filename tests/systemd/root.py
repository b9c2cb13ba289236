# SPDX-License-Identifier: ISC
"""A root folder of Debian, and a machine booted in it.

    reason = why_not()                        # None, or a sentence: not root, a program is missing
    with new_root("bookworm") as root:        # like a copy of the cached root folder, gone at the end
        root.apt_install("curl")              # while it is not booted: with the network of this machine
        root.run("useradd", "reader")         # in a container of its own; a CompletedProcess with text
        root.boot()                           # systemd as PID 1, a network of its own that has only loopback
        root.run("systemctl", "start", "x")   # from here on in the booted machine
        root.run("id", user="reader", check=False)
        with root.network():                  # sockets made here by this thread belong to the machine
            server = FeedServer()
        root.reboot()
        root.shut_down()
        root.enter()                          # no systemd, the network of this machine: commands run in one container
        subprocess.Popen(root.command("top"), ...)

debootstrap makes one folder per release, BUILD/roots/RELEASE, at the first use, from the mirror of this machine's
apt; "bookworm_i386" is a release for another architecture, whose programs this machine can run.  prepared() keeps a further one, for example with the packages of a build, so that it is made once:

    def tools(root):
        root.apt_install("gcc", "make")
    with new_root(prepared("bookworm", "tools", tools)) as root: ...

Folders are locked while they are made, so that several tests may ask for the same at one time.  Packages that apt
fetched are kept in BUILD/roots for all of them.  Everything here needs root and the packages of
`scripts/install-packages systemd`."""
import contextlib
import ctypes
import fcntl
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))

from harness import BUILD, TOP, wait_for  # noqa: E402, F401

ROOTS = BUILD / "roots"
APT = pathlib.Path("/etc/apt")
DEFAULT_MIRROR = "http://deb.debian.org/debian"
PROGRAMS = ("debootstrap", "systemd-nspawn", "nsenter")
# What a machine needs beside minbase to boot and to be looked at.
PACKAGES = ("systemd", "systemd-sysv", "dbus")
CONTAINER = ("systemd-nspawn", "--quiet", "--register=no", "--keep-unit")
ENVIRONMENT = dict(PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LANG="C.UTF-8",
                   DEBIAN_FRONTEND="noninteractive")
BOOT_PATIENCE = 60
COMMAND_PATIENCE = 600
INSTALL_PATIENCE = 1800
BUILD_PATIENCE = 3600  # beside other work
CLONE_NEWNET = 0x40000000
CLONE_NEWNS = 0x00020000

has_own_mounts = False


class CannotBoot(Exception):
    """The container ended before systemd was up; the text is what it said."""


def why_not():
    """Why no root folder can be made and booted here, or None."""
    if os.geteuid() != 0:
        return "this needs root"
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        return "%s is missing: scripts/install-packages systemd" % missing[0]
    return None


def mirror():
    """The mirror from which this machine's apt takes Debian."""
    for path in [APT / "sources.list", *sorted(APT.glob("sources.list.d/*"))]:
        if path.is_file():
            found = re.search(r"^(?:URIs:|deb )[^#\n]*?(https?://\S+/debian)/?(?:\s|$)", path.read_text(), re.M)
            if found:
                return found[1]
    return DEFAULT_MIRROR


@contextlib.contextmanager
def locked(name):
    """One process at a time goes on below."""
    ROOTS.mkdir(parents=True, exist_ok=True)
    with open(ROOTS / (name + ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def cached(name, make):
    """The folder ROOTS/name; make(path) fills it where it is not there yet."""
    path = ROOTS / name
    with locked(name):
        if not path.exists():
            part = ROOTS / (name + ".part")
            shutil.rmtree(part, ignore_errors=True)
            make(part)
            part.rename(path)
    return path


def debootstrap(release, path):
    suite, _, architecture = release.partition("_")
    options = ["--variant=minbase", "--include=" + ",".join(PACKAGES), *(["--arch=" + architecture] if architecture else [])]
    result = subprocess.run(["debootstrap", *options, suite, str(path), mirror()],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=INSTALL_PATIENCE)
    if result.returncode != 0:
        raise RuntimeError("debootstrap of %s failed:\n%s" % (release, result.stdout[-2000:]))


def enter_own_mounts():
    """This process gets mounts of its own, so that none is left behind, however it ends."""
    global has_own_mounts
    if not has_own_mounts:
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
        has_own_mounts = True


def mount_over(source, work):
    """A folder that looks like source, in which all may be changed; what changes is kept in memory."""
    enter_own_mounts()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "machine", str(work)], check=True)
    for name in ("changes", "work", work.name):
        (work / name).mkdir()
    layers = "lowerdir=%s,upperdir=%s,workdir=%s" % (source, work / "changes", work / "work")
    if subprocess.run(["mount", "-t", "overlay", "-o", layers, "machine", str(work / work.name)], stderr=subprocess.DEVNULL).returncode != 0:
        (work / work.name).rmdir()
        copy(source, work / work.name)


def unmount(work):
    subprocess.run(["umount", str(work / work.name)], stderr=subprocess.DEVNULL)
    subprocess.run(["umount", "--lazy", str(work)], check=True)
    work.rmdir()


def copy(source, path):
    subprocess.run(["cp", "-a", "--reflink=auto", str(source), str(path)], check=True)


def base(release):
    """The folder of a release as debootstrap made it.  It is copied, never booted."""
    return cached(release, lambda path: debootstrap(release, path))


def prepared(release, name, prepare):
    """The folder of a release after prepare(root), made once."""
    def make(path):
        with new_root(release) as root:
            prepare(root)
            copy(root.path, path)

    return cached("%s-%s" % (release, name), make)


@contextlib.contextmanager
def new_root(source):
    """What is like a copy of a folder of base() or prepared(), or of the release with that name, as a Root."""
    folder = base(source) if isinstance(source, str) else source
    work = pathlib.Path(tempfile.mkdtemp(prefix="machine-", dir=ROOTS))
    root = Root(work / work.name, folder.name.split("-")[0])
    mount_over(folder, work)
    try:
        yield root
    finally:
        root.shut_down(in_order=False)
        unmount(work)


def make_cgroups(name):
    """Folders of cgroups below our own, for the manager of one machine: in the trees that systemd uses, of either version."""
    places = {}  # "" for version 2, "name=systemd" for version 1: where it is mounted
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        mount, _, system = line.partition(" - ")
        if system.startswith("cgroup2 "):
            places[""] = mount.split()[4]
        elif system.startswith("cgroup ") and "name=systemd" in system:
            places["name=systemd"] = mount.split()[4]
    made = []
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, tree, path = line.split(":", 2)
        if tree in places:
            made.append(pathlib.Path(places[tree] + path) / name)
            made[-1].mkdir()
    return made


def remove_cgroups(folders):
    for folder in folders:
        for path, _, _ in os.walk(folder, topdown=False):
            os.rmdir(path)


class Root:
    """A root folder, booted or not."""

    def __init__(self, path, release):
        self.path = pathlib.Path(path)
        self.release = release
        self.machine = None  # the container's process while it is booted or entered
        self.leader = None  # its PID 1, as this machine numbers it
        self.cgroups = []

    def file(self, path):
        """A path of the machine, for this process.  Folders like /run belong to the booted machine."""
        top = pathlib.Path("/proc/%d/root" % self.leader) if self.leader else self.path
        return top / str(path).lstrip("/")

    def write(self, path, text, mode=0o644):
        target = self.file(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(mode)

    def container(self):
        """The start of a command that makes a container, with the packages that apt fetched before."""
        archives = ROOTS / ("archives-" + self.release)
        archives.mkdir(parents=True, exist_ok=True)
        machine = ["--personality=x86"] if self.release.endswith("_i386") else []
        return [*CONTAINER, *machine, "--pipe", "--bind=%s:/var/cache/apt/archives" % archives, "-D", str(self.path)]

    def command(self, *command):
        """What this machine runs to run a command in the machine, or in a container where it is not booted."""
        if self.leader:
            return ["nsenter", "--target", str(self.leader), "--all", "--wdns=/", "--", *command]
        return [*self.container(), "--", *command]

    def run(self, *command, check=True, user=None, input=None, timeout=COMMAND_PATIENCE):
        """Runs a command in the machine, or in a container where it is not booted."""
        become = ["runuser", "-u", user, "--"] if user else []
        result = subprocess.run(
            self.command(*become, *command), stdin=subprocess.DEVNULL if input is None else None, input=input,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout, env=ENVIRONMENT)
        if check and result.returncode != 0:
            raise AssertionError("%s ended with %d:\n%s%s" % (" ".join(command), result.returncode, result.stdout, result.stderr))
        return result

    def apt_install(self, *packages):
        """Installs packages, or files of packages that lie in the root folder, by apt."""
        with locked("archives-" + self.release):
            self.run("apt-get", "update", "-qq")
            self.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages, timeout=INSTALL_PATIENCE)

    def boot(self):
        """Boots, and returns once all units of the start are done.  CannotBoot: this machine does not allow it."""
        log_path = self.path.with_suffix(".log")
        # systemd-nspawn gives its own cgroup to the machine, so two machines must not be started in the same one.
        self.cgroups = make_cgroups(self.path.name)
        enter = ["sh", "-c", 'for g in %s; do echo $$ >$g/cgroup.procs || exit; done; exec "$@"' % " ".join(map(str, self.cgroups)), "sh"]
        with open(log_path, "wb") as log:
            self.machine = subprocess.Popen(
                [*enter, *CONTAINER, "--private-network", "--link-journal=no", "-D", str(self.path), "-b"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self.leader = wait_for(lambda: self.find_leader("systemd"), "PID 1 of the machine", BOOT_PATIENCE)
            wait_for(self.is_up, "the machine to be up", BOOT_PATIENCE)
        except AssertionError as error:
            self.shut_down()
            raise CannotBoot("%s; systemd-nspawn says: %s" % (error, log_path.read_text(errors="replace")[-600:])) from None

    def enter(self, *options):
        """Opens a container whose PID 1 only waits, with the network of this machine unless there is --private-network."""
        self.machine = subprocess.Popen([*self.container(), *options, "--", "sleep", "infinity"], stdin=subprocess.DEVNULL, env=ENVIRONMENT)
        self.leader = wait_for(lambda: self.find_leader("sleep"), "PID 1 of the container", BOOT_PATIENCE)

    def find_leader(self, name):
        if self.machine.poll() is not None:
            raise AssertionError("systemd-nspawn ended with %d" % self.machine.returncode)
        # systemd-nspawn has other children before that.
        for child in pathlib.Path("/proc/%d/task/%d/children" % (self.machine.pid, self.machine.pid)).read_text().split():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if pathlib.Path("/proc/%s/comm" % child).read_text() == name + "\n":
                    return int(child)
        return None

    def is_up(self):
        if self.machine.poll() is not None:
            raise AssertionError("systemd-nspawn ended with %d" % self.machine.returncode)
        state = self.run("systemctl", "is-system-running", check=False).stdout.strip()
        return state in ("running", "degraded")

    def shut_down(self, in_order=True):
        """Ends the machine, if it runs: in order, and by force after a while or where nothing of it is wanted any more."""
        if self.machine is None:
            return
        if in_order or self.leader is None:
            self.machine.send_signal(signal.SIGTERM)
        else:
            os.kill(self.leader, signal.SIGKILL)
        try:
            self.machine.wait(BOOT_PATIENCE)
        except subprocess.TimeoutExpired:
            self.machine.kill()
            self.machine.wait()
        self.machine = self.leader = None
        remove_cgroups(self.cgroups)
        self.cgroups = []

    def reboot(self):
        self.shut_down()
        self.boot()

    @contextlib.contextmanager
    def network(self):
        """Sockets that this thread makes meanwhile belong to the booted machine, and stay there."""
        libc = ctypes.CDLL(None, use_errno=True)

        def enter(fd):
            if libc.setns(fd, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")

        with open("/proc/thread-self/ns/net") as own, open("/proc/%d/ns/net" % self.leader) as theirs:
            enter(theirs.fileno())
            try:
                yield
            finally:
                enter(own.fileno())
