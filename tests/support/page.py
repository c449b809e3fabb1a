# SPDX-License-Identifier: GPL-3.0-or-later
"""A report as a reader of HTML has it: its tags against the set that the program writes, names, links, headings, text."""

from html.parser import HTMLParser

VOID = {"meta"}
TAGS = set("""html head meta title style body header main nav footer section h1 h2 h3 h4 p a ul li time span code pre table
    caption thead tbody tr th td details summary div dl dt dd svg defs marker path text desc""".split())
ATTRIBUTES = set("""lang charset http-equiv content name class id href datetime scope colspan aria-hidden aria-label
    aria-labelledby role tabindex open style width height viewbox d x y text-anchor fill orient markerunits markerwidth
    markerheight refx refy marker-end""".split())


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.wrong, self.ids, self.links, self.levels, self.tables = [], [], [], [], [], []
        self.words, self.policy = "", None
        self.source = text
        self.feed(text)
        self.close()
        self.wrong += ["not closed: " + tag for tag in self.open]
        self.wrong += ["twice: " + name for name in set(self.ids) if self.ids.count(name) > 1]
        self.wrong += ["leads nowhere: " + link for link in self.links if link[:1] != "#" or link[1:] not in self.ids]
        self.wrong += ["h%d after h%d" % (b, a) for a, b in zip([0] + self.levels, self.levels) if b > a + 1]

    def handle_starttag(self, tag, attributes):
        if tag not in TAGS:
            self.wrong.append("<%s>" % tag)
        for name, value in attributes:
            if name not in ATTRIBUTES or name.startswith("on"):
                self.wrong.append("%s=%s" % (name, value))
            if name == "id":
                self.ids.append(value)
            if name == "href":
                self.links.append(value)
            if name in ("aria-labelledby",):
                self.links.append("#" + value)
            if name == "marker-end":
                self.links.append(value[4:-1])
        values = dict(attributes)
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"]
        if tag == "th" and "scope" not in values:
            self.wrong.append("a <th> without scope")
        if tag in ("h1", "h2", "h3", "h4"):
            self.levels.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append("</%s>" % tag)

    def handle_comment(self, data):
        self.wrong.append("a comment")

    def handle_decl(self, decl):
        if decl != "DOCTYPE html":
            self.wrong.append("<!%s>" % decl)

    def unknown_decl(self, data):
        self.wrong.append("<![%s" % data)

    def handle_pi(self, data):
        self.wrong.append("<?%s>" % data)

    def handle_data(self, data):
        if "style" not in self.open:
            self.words += data
