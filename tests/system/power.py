# SPDX-License-Identifier: ISC
"""What a power cut leaves: the files of a trace that tests/faults/power.so has noted, cut at any place.

Disk plays the notes one by one and knows of each file what was synced and what was not.  crash() writes the files as they
may stand after the cut: of what was not synced each piece is lost, kept, or torn at a sector's bound, as chance has it, or
all of it is lost; names that were made, changed or removed since their folder was synced are as they were before, or not.
"""
import os
import pathlib
import struct

SECTOR = 512
HEAD = struct.Struct("=cQQQII")


class Note:
    __slots__ = ("kind", "inode", "offset", "path", "second", "data")

    def __init__(self, kind, inode, offset, path, second, data):
        self.kind, self.inode, self.offset = kind, inode, offset
        self.path, self.second, self.data = path, second, data


def read_notes(path):
    raw = pathlib.Path(path).read_bytes()
    at, notes = 0, []
    while at + HEAD.size <= len(raw):
        kind, inode, offset, data_len, path_len, second_len = HEAD.unpack_from(raw, at)
        at += HEAD.size
        name = raw[at:at + path_len].decode()
        second = raw[at + path_len:at + path_len + second_len].decode()
        at += path_len + second_len
        if at + data_len > len(raw):
            break  # the program was killed while it noted this
        notes.append(Note(kind.decode(), inode, offset, name, second, raw[at:at + data_len]))
        at += data_len
    return notes


class File:
    def __init__(self, content=b""):
        self.synced = bytearray(content)
        self.pending = []  # ("write", offset, data) or ("truncate", length)

    def sync(self):
        for change in self.pending:
            apply(self.synced, change)
        self.pending = []


def apply(content, change):
    if change[0] == "truncate":
        length = change[1]
        del content[length:]
        content.extend(bytes(length - len(content)))
    else:
        _, offset, data = change
        if len(content) < offset:
            content.extend(bytes(offset - len(content)))
        content[offset:offset + len(data)] = data


def torn(change, chance):
    """Some sectors of a write."""
    _, offset, data = change
    at = offset
    while at < offset + len(data):
        end = min(at - at % SECTOR + SECTOR, offset + len(data))
        if chance.random() < 0.5:
            yield ("write", at, data[at - offset:end - offset])
        at = end


class Disk:
    """top: the folder that is known to be on the disk as it is; everything below it is played from notes."""

    def __init__(self, top):
        self.top = str(top)
        self.files = {}
        self.names = {}  # as they are now: path -> inode, or None for a folder
        self.synced_names = {}
        self.pending_names = {}  # folder -> changes of its names since it was synced: (path, inode) or (path, REMOVED)
        for folder, folders, names in os.walk(self.top):
            for name in folders:
                self.names[os.path.join(folder, name)] = None
            for name in names:
                path = os.path.join(folder, name)
                inode = os.stat(path).st_ino
                self.files[inode] = File(pathlib.Path(path).read_bytes())
                self.names[path] = inode
        self.synced_names = dict(self.names)

    REMOVED = -1

    def rename(self, path, inode):
        if inode == self.REMOVED:
            self.names.pop(path, None)
        else:
            self.names[path] = inode
        self.pending_names.setdefault(os.path.dirname(path), []).append((path, inode))

    def file(self, inode):
        return self.files.setdefault(inode, File())

    def play(self, note):
        if note.kind == "c":
            is_folder = note.offset == 1
            if not is_folder:
                self.files[note.inode] = File()  # an inode's number may have been another file's
            self.rename(note.path, None if is_folder else note.inode)
        elif note.kind == "w":
            self.file(note.inode).pending.append(("write", note.offset, note.data))
        elif note.kind == "t":
            self.file(note.inode).pending.append(("truncate", note.offset))
        elif note.kind == "u":
            self.rename(note.path, self.REMOVED)
        elif note.kind == "r":
            inode = self.names[note.path]
            self.rename(note.path, self.REMOVED)
            self.rename(note.second, inode)
        elif note.kind == "s":
            if note.inode in self.files:
                self.files[note.inode].sync()
            for change in self.pending_names.pop(note.path, []):
                change_name(self.synced_names, change)

    def crash(self, top, chance, loses_all):
        """Writes what the cut leaves into the folder top, in place of self.top."""
        names = dict(self.synced_names)
        for changes in self.pending_names.values():
            # a file system's journal keeps an order: some of the first changes stand
            count = 0 if loses_all else chance.randint(0, len(changes))
            for change in changes[:count]:
                change_name(names, change)
        for path in sorted(names):
            if not exists_in(names, self.top, path):
                continue
            target = os.path.join(str(top), os.path.relpath(path, self.top))
            if names[path] is None:
                os.makedirs(target, exist_ok=True)
            else:
                pathlib.Path(target).write_bytes(self.content(names[path], chance, loses_all))

    def content(self, inode, chance, loses_all):
        file = self.file(inode)
        content = bytearray(file.synced)
        for change in [] if loses_all else file.pending:
            fate = chance.choice(("lost", "kept", "torn"))
            if fate == "kept" or (fate == "torn" and change[0] == "truncate"):
                apply(content, change)
            elif fate == "torn":
                for part in torn(change, chance):
                    apply(content, part)
        return content


def change_name(names, change):
    path, inode = change
    if inode == Disk.REMOVED:
        names.pop(path, None)
    else:
        names[path] = inode


def exists_in(names, top, path):
    """A name is lost with the folder that it is in."""
    folder = os.path.dirname(path)
    return folder == top or (folder in names and exists_in(names, top, folder))
