# SPDX-License-Identifier: ISC
"""The documents that the databases of this folder were made of (make-databases), for who serves them again."""
ITEMS = 8

# Of the databases of kind "edited"; the operator has split EDITED off the story of three reports.
RULES = '[alert "frigates"]\nmatch = frigate*\n[output "strait"]\nmatch = strait* AND NOT frigate7\n'
EDITED = "https://bravo.example/3"


def feed(name):
    items = []
    for i in range(ITEMS):
        text = " ".join("%s%d" % (word, i) for word in "the frigate %s left harbour to join an exercise with nine "
                        "ships of three navies near the strait while patrol aircraft watched".split())
        items.append("<item><guid>%s-%d</guid><title>Notice %d</title><link>https://%s.example/%d</link>"
                     "<description>%s</description></item>" % (name, i, i, name, i, text.replace("%s", "A")))
    return "<rss version='2.0'><channel><title>%s</title>%s</channel></rss>" % (name, "".join(items))


WORDS = "the minehunter left the estuary at noon to look for drifting mines off the northern cape"

# Items that the program of 47c0d32 read otherwise than later ones: a longer text is kept of two, elements that show nothing
# lose their text or keep it, what is no known tag is text, a frame leaves a link.
READ_OTHERWISE = (
    ("guid", "Fleet moves a<b and c>d", WORDS),
    ("guid", "Forms", "&lt;p&gt;%s&lt;/p&gt;&lt;form&gt;&lt;button&gt;Sign the letter&lt;/button&gt;&lt;/form&gt;" % WORDS),
    ("guid", "Frames", "&lt;p&gt;%s&lt;/p&gt;&lt;iframe src='https://video.example/7' title='Sea trial'&gt;"
                       "&lt;/iframe&gt;" % WORDS),
    ("guid", "Icons", "&lt;p&gt;%s &lt;svg&gt;&lt;title&gt;share icon&lt;/title&gt;&lt;/svg&gt; today&lt;/p&gt;" % WORDS),
    ("link", "Frames at a link", "&lt;p&gt;The second %s&lt;/p&gt;&lt;iframe src='https://video.example/8'&gt;"
                                 "&lt;/iframe&gt;" % WORDS),
    ("neither", "Frames nowhere", "&lt;p&gt;The third %s&lt;/p&gt;&lt;iframe src='https://video.example/9'&gt;"
                                  "&lt;/iframe&gt;" % WORDS),
)


def read_otherwise():
    items = []
    for i, (known_by, title, text) in enumerate(READ_OTHERWISE):
        items.append("<item>%s%s<title>%s</title><description>%s</description></item>" % (
            "<guid isPermaLink='false'>read-%d</guid>" % i if known_by == "guid" else "",
            "<link>https://read.example/%d</link>" % i if known_by == "link" else "",
            title.replace("<", "&lt;").replace(">", "&gt;"), text))
    return "<rss version='2.0'><channel><title>Read</title>%s</channel></rss>" % "".join(items)


def documents(kind):
    """Of a kind of database: name of the feed to its document and number of items."""
    if kind == "read":
        return dict(read=(read_otherwise(), len(READ_OTHERWISE)))
    return {name: (feed(name), ITEMS) for name in ("alpha", "bravo", "charlie")}
