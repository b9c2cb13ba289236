#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""usage: can_boot.py RELEASE

Boots a machine.  Where that is not possible, prints why in one line and ends with 77; a root folder that cannot be made is
another failure."""
import subprocess
import sys

from root import CannotBoot, base, new_root, why_not

CANNOT = 77


def main(release):
    reason = why_not()
    if reason is None:
        base(release)
        try:
            with new_root(release) as machine:
                machine.boot()
        except (CannotBoot, OSError, subprocess.SubprocessError) as error:
            reason = str(error)
    if reason is not None:
        print(" ".join(reason.split()))
    return CANNOT if reason else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
