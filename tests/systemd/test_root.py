# SPDX-License-Identifier: ISC
"""root.py: a root folder is copied, booted, entered and removed."""
import os
import socket

import pytest

import root
from root import CannotBoot, new_root, why_not


@pytest.mark.parametrize("release", os.environ.get("RELEASES", "bookworm").split())
def test_a_machine_is_booted_and_removed(release):
    if why_not():
        pytest.skip(why_not())
    with new_root(release) as machine:
        machine.write("/etc/marker", "from outside\n")
        assert machine.run("cat", "/etc/marker").stdout == "from outside\n"
        machine.run("useradd", "reader")
        try:
            machine.boot()
        except CannotBoot as error:
            pytest.skip(str(error))
        assert machine.run("id", "-un", user="reader").stdout == "reader\n"
        assert machine.run("false", check=False).returncode == 1
        boot = machine.file("/proc/sys/kernel/random/boot_id").read_text()
        with machine.network():
            server = socket.create_server(("127.0.0.1", 0))
            client = socket.create_connection(server.getsockname())
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(server.getsockname())
        client.close()
        server.close()
        machine.reboot()
        assert machine.file("/proc/sys/kernel/random/boot_id").read_text() != boot
        folder, cgroups = machine.path, machine.cgroups
    assert not folder.exists() and not any(path.exists() for path in cgroups)


def test_the_mirror_is_that_of_apt(tmp_path, monkeypatch):
    monkeypatch.setattr(root, "APT", tmp_path)
    assert root.mirror() == root.DEFAULT_MIRROR
    lists = tmp_path / "sources.list.d"
    lists.mkdir()
    (lists / "a.sources").write_text("Types: deb\n# URIs: http://c.test/debian\nURIs: http://security.test/debian-security\n")
    (lists / "b.sources").write_text("URIs: https://a.test/debian/\nSuites: bookworm\n")
    assert root.mirror() == "https://a.test/debian"
    (tmp_path / "sources.list").write_text("deb [arch=amd64] http://b.test/debian bookworm main\n")
    assert root.mirror() == "http://b.test/debian"
