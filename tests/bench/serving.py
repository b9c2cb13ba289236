# SPDX-License-Identifier: ISC
"""What the benchmarks share: generated feeds on a loopback nginx, a database filled from feeds, and what a daemon takes of
memory."""
import argparse
import contextlib
import pathlib
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/system"))
from harness import free_port, wait_for  # noqa: E402
from samples import article, rss  # noqa: E402

# the text of an item, the same in all
WORDS = " ".join("word%d" % n for n in range(150))

NGINX = """
worker_processes 1;
pid %(folder)s/nginx.pid;
error_log %(folder)s/nginx.log;
daemon off;
events { worker_connections 1024; }
http {
    access_log off;
    types { application/xml xml; }
    sendfile on;
    keepalive_requests 100000;
    if_modified_since before;
    client_body_temp_path %(folder)s/t; proxy_temp_path %(folder)s/t; fastcgi_temp_path %(folder)s/t;
    uwsgi_temp_path %(folder)s/t; scgi_temp_path %(folder)s/t;
    server { listen 127.0.0.1:%(port)d backlog=1024; root %(root)s; }
}
"""


@contextlib.contextmanager
def serve(generator, feeds):
    """Generated feeds served on loopback: gives a folder for whatever else is needed, and the feeds' addresses."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sitrepd-bench-"))
    port = free_port()
    nginx = None
    try:
        subprocess.run([sys.executable, generator, "--out", folder / "corpus", "--feeds", str(feeds), "--base",
                        "http://127.0.0.1:%d" % port], check=True, stdout=subprocess.DEVNULL)
        (folder / "nginx.conf").write_text(NGINX % dict(folder=folder, port=port, root=folder / "corpus"))
        folder.chmod(0o755)
        nginx = subprocess.Popen(["nginx", "-c", folder / "nginx.conf", "-p", folder], stderr=subprocess.DEVNULL)
        wait_for(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, "nginx")
        yield folder, (folder / "corpus/urls.txt").read_text().split()
    finally:
        if nginx is not None:
            nginx.terminate()
            nginx.wait()
        shutil.rmtree(folder, ignore_errors=True)


def options(text, **defaults):
    """The options of a benchmark: its text is the help, and the type of a default is that of its value."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in defaults.items():
        if default is None:
            parser.add_argument("--" + name, required=True)
        else:
            parser.add_argument("--" + name, type=type(default), default=default)
    return parser


def open_many_files():
    """As many sockets as this machine allows, here and in the daemons started from here."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def feeds_of(server, count):
    return {"f%d" % i: dict(url=server.url("/f%d" % i), interval="1d") for i in range(count)}


def set_items(server, feed, numbers):
    """The feed has an item for each number."""
    server.set("/f%d" % feed, rss("F%d" % feed, [article(n, text="<p>%d %s</p>" % (n, WORDS)) for n in numbers], "f%d" % feed))


def fill(server, daemon, feeds, each):
    """Stores so many items of so many feeds (feeds_of()); the daemon does not run before and after."""
    for i in range(feeds):
        set_items(server, i, range(i * each, (i + 1) * each))
    daemon.start()
    wait_for(lambda: sum(f["items"] for f in daemon.feeds().values()) == each * feeds, "all items", 120)
    daemon.stop()


def memory(pid):
    """Sums of VmHWM and Pss, MiB."""
    peak = share = 0
    pids = [pid] + [int(p) for p in pathlib.Path("/proc/%d/task/%d/children" % (pid, pid)).read_text().split()]
    for p in pids:
        peak += int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path("/proc/%d/status" % p).read_text())[1])
        share += int(re.search(r"^Pss:\s+(\d+)", pathlib.Path("/proc/%d/smaps_rollup" % p).read_text(), re.M)[1])
    return peak / 1024, share / 1024
