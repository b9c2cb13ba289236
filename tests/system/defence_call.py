# SPDX-License-Identifier: ISC
"""One event as eight outlets report it, another one under the same boilerplate, and what that boilerplate is in.

The countries, their ministries and all that they say are invented for these tests.
"""
import html

TITLE = "Ministers of Aldermark, Hansong and Kirishima hold trilateral defence call"

LEAD = ("The defence ministers of Aldermark, Hansong and Kirishima agreed on Tuesday to share early warning data from "
        "14 radar stations in real time, the first standing arrangement of its kind between the three allies.")
STORY = [
    LEAD,
    "In a call that lasted 75 minutes, Minister Erik Lindqvist of Aldermark, Minister Han Seo-jun of Hansong and "
    "Minister Aiko Morita of Kirishima condemned the launch of two ballistic missiles on 9 November, which fell into the "
    "sea 480 kilometres east of the peninsula. They called the launches \"a plain breach of the resolutions that every "
    "member of the council has signed\".",
    "The ministers said that officers of the three countries would move into a joint cell at Port Maren before the end of "
    "January. The cell will have a staff of 60 and work around the clock. Until then, data will go through the liaison "
    "office that was opened three years ago.",
    "\"We don't share warnings to threaten anyone,\" Minister Lindqvist said. \"We share them because a minute more for "
    "each of us is worth more than anything that one of us could buy alone.\"",
    "They also reviewed plans for the next series of exercises at sea and in the air, and agreed that the chiefs of staff "
    "will meet in Hansong's capital in March to settle the calendar for the coming two years. Minister Morita invited both "
    "colleagues to visit the shipyards of the western coast.",
    "The three ministers affirmed that the alliance's commitments cover the outlying islands, and welcomed the return of "
    "talks on fishing rights in the northern strait.",
]
# The paragraphs that stand under every release of the ministry.
BOILERPLATE = [
    "About the ministry: The Ministry of Defence of Aldermark is responsible for the policy, the administration and the "
    "budget of the armed forces, and for their cooperation with allies and international organisations. It employs soldiers "
    "and civilians at sites in every province of the country.",
    "Note to editors: Pictures and recordings may be used free of charge if the ministry is named as their source. For "
    "interviews, accreditation and visits to the troops please turn to the press office, which is open on working days. "
    "To receive our releases by electronic mail, subscribe on the pages of the press office.",
]
SECOND_STORY = [
    "The defence ministers of Aldermark and Kirishima signed an agreement on Thursday under which shipyards of both "
    "countries will maintain each other's patrol ships.",
    "Minister Erik Lindqvist said that repairs which used to take a ship out of service for half a year would now be done "
    "between two patrols. Trade unions in the western ports had asked for guarantees that no yard will lose work.",
]
RELEASES = [
    ("Reservists train with new bridging equipment", "Two hundred reservists crossed the river Lode with a folding bridge."),
    ("Mountain rescuers thank helicopter crews", "A squadron has flown its thousandth rescue in the southern range."),
    ("Military hospital opens burns ward", "The ward has room for sixteen patients and a bath of its own."),
    ("Young sailors sworn in at Port Maren", "Families came from all provinces to watch the oath on the quay."),
    ("Depot switches to electric lorries", "Nine lorries bring spare parts to the garrisons without a drop of diesel."),
    ("Band of the guards plays for charity", "Tickets to three concerts in the old riding hall are sold out."),
    ("Shooting range closed for nesting storks", "Nobody fires a rifle near the marsh before the chicks have left."),
    ("Minister visits wounded veterans", "The talk was about pensions, ramps and patience with forms."),
    ("Cartographers publish winter atlas", "Avalanche slopes are drawn from laser surveys for the first time."),
    ("Divers lift anchor of historic frigate", "It lay in nineteen metres of water off the lighthouse since the storm."),
    ("Cyber school awards first diplomas", "Twenty-two graduates go straight to the signals regiment."),
    ("Barracks kitchen wins regional prize", "The jury praised a soup of beets that the cook learned from his aunt."),
]


def paragraphs(texts):
    return "".join("<p>%s</p>" % html.escape(t, quote=False) for t in texts)


def article(guid, outlet, title, text):
    return dict(n=guid, title=title, text=text, link="https://www.%s.example/%s" % (outlet, guid),
                date="2026-11-10T08:00:00Z", rfc822="10 Nov 2026 08:00:00 +0000")


def typographic(text):
    """Quotes that curl, and entities for what need not be written as such."""
    opened = False
    out = []
    for c in text:
        if c == '"':
            out.append("&rdquo;" if opened else "&#8220;")
            opened = not opened
        else:
            out.append({"'": "\u2019", ".": "&#46;", "-": "&#x2D;"}.get(c, c))
    return "".join(out)


def edits(radars="14"):
    """What each of the eight outlets makes of it: outlet, its article."""
    story = [t.replace("14 radar", radars + " radar") for t in STORY]
    captioned = ["<figure><img src=\"https://www.gazette.example/p.jpg\"/><figcaption>A radar station on the northern coast of "
                 "Aldermark in an undated photo. (Archive)</figcaption></figure>"]
    older = ["Aldermark orders two more tankers", "What the missile tests of this summer tell", "Port Maren, a town of sailors"]
    for n, text in enumerate(story):
        captioned.append(paragraphs([text]))
        if n in (1, 2, 4):
            captioned.append("<p><a href=\"https://www.gazette.example/old/%d\">Read also: %s</a></p>" % (n, older.pop()))
    exercise = [
        "Meanwhile, more than 900 soldiers of the second brigade have begun a week of winter training in the Karst hills. "
        "They practise moving on skis, building shelters and the rescue of casualties from deep snow.",
        "The exercise ends on Sunday with a march of 40 kilometres. Residents have been asked to keep off the roads around "
        "the training area at night."]
    return [
        ("ministry", article("release-412", "ministry", TITLE, paragraphs(story + BOILERPLATE))),
        ("agency", article("a77120", "agency", "Three allies to share radar data after missile launches",
                           paragraphs(["PORT MAREN (Agency) - " + story[0]] + story[1:4]))),
        ("tribune", article("world-9", "tribune", "'A minute more for each of us': ministers join up their radars",
                            paragraphs(story))),
        ("gazette", article("2026-11-10-radars", "gazette", "Ministers agree on warning network", "".join(captioned))),
        ("garrison", article("g-5501", "garrison", "Allies link early warning; brigade trains in the snow",
                             paragraphs(story[:4] + exercise))),
        ("courier", article("?p=3301", "courier", TITLE,
                            paragraphs(["PORT MAREN, Nov. 10 \u2014 " + story[0]] + story[1:]) +
                            "<p>The post <a href=\"https://www.courier.example/?p=3301\">%s</a> appeared first on "
                            "<a href=\"https://www.courier.example/\">The Courier</a>.</p>" % TITLE)),
        ("digest", article("d1", "digest", "Aldermark, Hansong and Kirishima share radar warnings",
                           paragraphs([story[0] + " " + story[1].split(" They called")[0]]))),
        ("observer", article("o-31", "observer", TITLE,
                             "".join("<div><p>%s</p></div>\n" % typographic(t) for t in story + BOILERPLATE))),
    ]


def other():
    """Another event, reported by a ninth."""
    return ("herald", article("h-8", "herald", "Ministers of Aldermark and Kirishima sign shipyard agreement",
                              paragraphs(SECOND_STORY + BOILERPLATE)))


def releases():
    return [article("r%d" % n, "archive", title, paragraphs([text] + BOILERPLATE)) for n, (title, text) in enumerate(RELEASES)]
