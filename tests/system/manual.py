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
