"""The parse workers: what they are made of, and what the daemon makes of one that lies."""
import re
import subprocess

from harness import BUILD

# libxml2's own (libicu with its C++, liblzma, zlib) are among them; the sanitizers' are of a sanitized build.
LIBRARIES = ("linux-vdso", "ld-linux", "libc", "libm", "libgcc_s", "libstdc++", "libxml2", "libicuuc", "libicudata", "libz",
             "liblzma", "libjansson", "libcrypto", "libutf8proc", "libseccomp", "libasan", "libubsan")


def test_a_worker_maps_nothing_of_the_network():
    listed = subprocess.run(["ldd", str(BUILD / "sitrep-parse")], capture_output=True, text=True, check=True).stdout
    names = {re.match(r"([\w+-]+?)(-x86-64)?\.so", line.split()[0].rsplit("/", 1)[-1])[1] for line in listed.splitlines()}
    assert "libxml2" in names
    assert names <= set(LIBRARIES), names - set(LIBRARIES)
