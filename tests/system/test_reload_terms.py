# SPDX-License-Identifier: ISC
"""A reload of a list of 100,000 terms leaves the main loop to its work."""
from harness import wait_for


def cpu_ns(pid, thread):
    with open("/proc/%d/task/%d/schedstat" % (pid, thread)) as stat:
        return int(stat.read().split()[0])


def test_a_long_list_is_compiled_beside_the_loop(server, make_daemon):
    daemon = make_daemon('[alert "watch"]\nmatch = frigate\n', {}).start()
    terms = daemon.config_path.parent / "terms.txt"
    terms.write_text("".join("term%d %s= %d\n" % (n, "of two words " if n % 2 else "", 1 + n % 20) for n in range(100000)))
    text = daemon.config_path.read_text()
    pid = daemon.process.pid
    for n in range(2):
        daemon.config_path.write_text(text.replace("match = frigate", 'match = list "%s" >= %d' % (terms, 30 + n)))
        whole, loop = cpu_of_all(pid), cpu_ns(pid, pid)
        daemon.run("reload")
        whole, loop = cpu_of_all(pid) - whole, cpu_ns(pid, pid) - loop
        # in shares, since a machine may be ten times slower than another
        assert loop < whole / 5, "the loop took %.1f of %.1f ms" % (loop / 1e6, whole / 1e6)
    wait_for(daemon.is_up, "the daemon")


def cpu_of_all(pid):
    """Nanoseconds of the process, also of threads that have ended."""
    with open("/proc/%d/stat" % pid) as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 10_000_000
