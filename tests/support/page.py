# SPDX-License-Identifier: GPL-3.0-or-later
"""A report or a handout as a reader of HTML has it: its tags against the set that the program writes, names, links,
headings, text."""

import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

from script import read_text
from tap import ok, same

VOID = {"meta"}
TAGS = set("""html head meta title style body header main nav footer section h1 h2 h3 h4 p a ul li time span code pre table
    caption thead tbody tr th td details summary div dl dt dd svg defs marker path text desc strong em ol""".split())
ATTRIBUTES = set("""lang charset http-equiv content name class id href datetime scope colspan aria-hidden aria-label
    aria-labelledby role tabindex open style width height viewbox d x y text-anchor fill orient markerunits markerwidth
    markerheight refx refy marker-end start""".split())


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


def check_page(name):
    """What holds for every page."""
    text = read_text(name)
    page = Page(text)
    same(page.wrong, [], "%s: only our own tags, all closed, no name twice, no link leads nowhere" % name)
    same(page.policy, "default-src 'none'; style-src 'unsafe-inline'", "nothing may be loaded or run")
    ok("://" not in re.sub(r">[^<]*<", "><", text), "no address of anything elsewhere in the markup")
    ok(page.levels[0] == 1 and page.levels.count(1) == 1, "one heading of the page")
    try:
        ET.fromstring(text)
        ok(True, "it is well-formed XML, too")
    except ET.ParseError as error:
        ok(False, "it is well-formed XML, too: %s" % error)
    if shutil.which("xmllint"):
        same(subprocess.run(["xmllint", "--noout", name], capture_output=True, check=False).stderr, b"", "xmllint agrees")
    return page


def look(browser, name):
    """In a browser: nothing is loaded, nothing is complained of, and the page is what it says."""
    events = browser.open("file://" + os.path.abspath(name))
    same([event for event in events if event[0] in ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")], [],
         "%s: the browser has nothing to complain of" % name)
    same([event[1]["request"]["url"] for event in events if event[0] == "Network.requestWillBeSent"],
         ["file://" + os.path.abspath(name)], "and loads nothing else")
    same(browser.evaluate("document.querySelectorAll('script,iframe,img,object,embed,link,form,input,base,video,audio,use,image,foreignObject').length"),
         0, "no element that could load or run")
    same(browser.evaluate("[...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => /^on|^src$|^srcdoc$/.test(a.name))).length"),
         0, "no handler in any attribute")
    for width in 320, 375, 1280:
        browser.emulate(width=width)
        ok(browser.evaluate("document.documentElement.scrollWidth") <= browser.evaluate("document.documentElement.clientWidth"), "no wider than a screen of %d" % width)
    for scheme in "light", "dark":
        browser.emulate(scheme=scheme)
        same(browser.evaluate(CONTRAST), [], "every text can be read: %s" % scheme)
    browser.emulate(scheme="dark", media="print")
    same(browser.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)", "it is printed on white")
    browser.emulate()


# The texts whose contrast with their background is less than 4.5, WCAG 2.
CONTRAST = """(() => {
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const light = c => { const [r, g, b] = parse(c).map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor, p = parse(c);
    if (p.length < 4 || p[3] > 0) return c; } return 'rgb(255, 255, 255)'; };
  const bad = new Set();
  for (const e of document.querySelectorAll('body *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || e.closest('defs,title,desc')) continue;
    const style = getComputedStyle(e), svg = e.namespaceURI.endsWith('svg');
    const [a, b] = [light(svg ? style.fill : style.color), light(behind(svg ? e.closest('div') : e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) bad.add(e.tagName + '.' + e.getAttribute('class') + ' ' + e.textContent.slice(0, 30));
  }
  return [...bad];
})()"""
