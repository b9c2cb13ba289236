#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Prints each alert, and continues where it was after a restart: follow-alerts.py [SOCKET [SINCE]]; see sitrep-stream(7)."""
import contextlib
import json
import socket
import sys
import time

path = sys.argv[1] if len(sys.argv) > 1 else "/run/sitrepd/stream.sock"
request = {"op": "subscribe", "events": ["alert"], "since": sys.argv[2] if len(sys.argv) > 2 else None}

while True:
    with socket.socket(socket.AF_UNIX) as connection, contextlib.suppress(ConnectionError):
        while connection.connect_ex(path) != 0:
            time.sleep(1)
        lines = connection.makefile("rw", encoding="utf-8")
        print(json.dumps(request), file=lines, flush=True)
        for event in map(json.loads, lines):
            kind = event["event"]
            if kind == "error":
                sys.exit(event["reason"])
            if kind == "alert":
                print("%s: %s" % (event["alert"]["name"], event["item"]["title"]), flush=True)
            if kind == "hello":
                instance = event.get("instance")
            elif kind != "reset":  # the place of an event, behind a gap, or where the subscription begins
                request.update(since=event.get("cursor") or event.get("to") or event["since"], instance=instance)
