"""What the installed manual pages list: the source of a page in the build folder, taken apart by its headings."""
import re

from harness import BUILD


def page(name):
    return (BUILD / "man" / name).read_text()


def section(name, heading):
    """The lines of a section, .SH or .SS, up to the next heading of that level or above."""
    mark = re.search(r'^\.(S[HS]) "?%s"?$' % re.escape(heading), page(name), re.MULTILINE)
    rest = page(name)[mark.end():]
    end = re.search(r"^\.SH " if mark[1] == "SH" else r"^\.S[HS] ", rest, re.MULTILINE)
    return rest[:end.start() if end else None]


def unescape(text):
    return text.replace("\\-", "-").replace("\\(aq", "'").replace("\\(dq", '"').replace("\\e", "\\").replace("\\&", "")


def terms(text):
    """The terms of a list that the build made: one .B line behind each .TP."""
    return [unescape(term) for term in re.findall(r"^\.TP\n\.B (.*)$", text, re.MULTILINE)]


def lines_of_the_stream():
    """Event -> names of its members; and object -> names of its members, as sitrep-stream(7) lists them."""
    events, objects = {}, {}
    for part in re.split(r"^\.TP\n\.B ", section("sitrep-stream.7", "Events"), flags=re.MULTILINE)[1:]:
        members = re.search(r"^Members: ([^.]*)\.", part, re.MULTILINE)[1]
        events[part.split("\n")[0]] = set(re.split(r",\s+", members))
    for owners, text in re.findall(r"^\.SS Members of (?!a line)(.*)\n((?:(?!\.S[HS]).*\n)*)", page("sitrep-stream.7"),
                                   re.MULTILINE):
        for owner in owners.split(", "):
            objects[owner] = set(terms(text))
    return events, objects


def undocumented(message, events, objects):
    """What a line of the stream has that the manual page does not list."""
    name = message.get("event")
    if name not in events:
        return ["event %s" % name]
    found = ["%s of event %s" % (member, name) for member in message if member not in events[name]]
    pending = list(message.items())
    while pending:
        owner, value = pending.pop()
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                found += ["%s of %s" % (member, owner) for member in one if member not in objects.get(owner, ())]
                pending += one.items()
    return found
