"""Documents no honest publisher sends: each small to make, and each has hurt some reader of feeds.

`DOCUMENTS` maps what a document is to its bytes. Those of some size are made when asked for.
"""

import codecs
import json
from collections.abc import Callable, Iterator

HEAD = "<?xml version='1.0' encoding='utf-8'?>"
GOOD = "<item><guid>good</guid><title>Talks in Kidal</title><link>https://a.example/1</link></item>"


ODD_DATES = (
    "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "10000-01-01T00:00:00Z",
    "0000-00-00T00:00:00Z", "2026-02-30", "2026-11-22T24:00:00Z", "2026-11-22T10:00:61Z", "Sun, 32 Nov 2026 25:61:00 GMT",
    "Sun, 22 Nov 2026 10:00:00 -99999999999", "99999999999999999999", "-1", "1e999", "nan", "²⁰²⁶-11-22", "٢٠٢٦-١١-٢٢", "(" * 5_000,
    "Sun, " * 2_000, "2026-W47-7", "22" * 5_000,
)  # fmt: skip


def rss(inside: str = GOOD, prolog: str = HEAD, root: str = "") -> str:
    return f"{prolog}<rss version='2.0' {root}><channel><title>W</title>{inside}</channel></rss>"


def item(inside: str) -> str:
    return rss(f"<item><guid>odd</guid>{inside}</item>{GOOD}")


def atom(inside: str, root: str = "") -> str:
    entry = f"<entry><id>tag:a,2026:1</id>{inside}</entry>"
    return (
        f"<feed xmlns='http://www.w3.org/2005/Atom' {root}><id>f</id><title>W</title>{entry}</feed>"
    )


def dtd(subset: str, inside: str = GOOD, outside: str = "") -> str:
    return rss(inside, f"{HEAD}<!DOCTYPE rss {outside}[{subset}]>")


def laughs(levels: int, each: int = 10) -> str:
    grown = (f"<!ENTITY a{n} '{f'&a{n - 1};' * each}'>" for n in range(1, levels))
    return "<!ENTITY a0 'ha'>" + "".join(grown)


def json_feed(*items: object, **head: object) -> str:
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items} | head)


def _bombs() -> dict[str, Callable[[], str]]:
    use = "<item><title>&a9;</title></item>"
    return {
        "billion laughs": lambda: dtd(laughs(10), use),
        "billion laughs in an attribute": lambda: dtd(laughs(10), "<item><link href='&a9;'/></item>"),
        "billion laughs never used": lambda: dtd(laughs(10)),
        "billion laughs by parameter entities": lambda: dtd(laughs(10).replace("ENTITY ", "ENTITY % ").replace("&a", "%a"), use),
        "quadratic blow-up": lambda: dtd(f"<!ENTITY a '{'x' * 50_000}'>", f"<item><title>{'&a;' * 50_000}</title></item>"),
        "one entity of a megabyte": lambda: dtd(f"<!ENTITY a '{'x' * 1_200_000}'>"),
        "entities in a circle": lambda: dtd("<!ENTITY a '&b;'><!ENTITY b '&a;'>", use),
        "an entity that is itself": lambda: dtd("<!ENTITY a0 '&a0;'>", use),
        "ten thousand entities": lambda: dtd("".join(f"<!ENTITY e{n} 'x'>" for n in range(10_000))),
        "nine hundred entities, each of the one before": lambda: dtd("".join(f"<!ENTITY e{n} '&e{n - 1};'>" for n in range(900)), "<item><title>&e899;</title></item>"),
        "entity declarations beyond the type": lambda: dtd("") + "<!ENTITY a 'b'>" * 20_000,
        "entities without an end": lambda: HEAD + "<!DOCTYPE rss [" + "<!ENTITY a 'b" * 50_000,
        "entities on lines of their own": lambda: dtd("\n".join(f"<!ENTITY e{n} 'x'>" for n in range(999))),
        "entity names a megabyte long": lambda: dtd(f"<!ENTITY {'n' * 1_000_000} 'x'>", f"<item><title>&{'n' * 1_000_000};</title></item>"),
        "an element in an entity": lambda: dtd("<!ENTITY a '<title>In</title>'>", "<item>&a;</item>"),
        "attribute defaults": lambda: dtd(f"<!ATTLIST item {' '.join(f'a{n} CDATA #IMPLIED' for n in range(20_000))}>"),
        "attribute defaults that grow": lambda: dtd(f"<!ATTLIST item a CDATA '{'x' * 10_000}'>", "<item/>" * 6_000),
        "a notation and unparsed entity": lambda: dtd("<!NOTATION n SYSTEM 'n'><!ENTITY a SYSTEM 'x.gif' NDATA n>"),
    }  # fmt: skip


def _external() -> dict[str, Callable[[], str]]:
    use = "<item><guid>1</guid><title>a&x;b</title></item>"
    return {
        "an external entity of a file": lambda: dtd("<!ENTITY x SYSTEM 'file:///etc/passwd'>", use),
        "an external entity of an address": lambda: dtd("<!ENTITY x SYSTEM 'http://127.0.0.1:9/x'>", use),
        "an external entity by name": lambda: dtd("<!ENTITY x PUBLIC '-//X//EN' 'file:///etc/hostname'>", use),
        "an external entity of the terminal": lambda: dtd("<!ENTITY x SYSTEM 'file:///dev/stdin'>", use),
        "an external entity without an end": lambda: dtd("<!ENTITY x SYSTEM 'file:///dev/zero'>", use),
        "an external type": lambda: rss(use, HEAD + "<!DOCTYPE rss SYSTEM 'file:///dev/zero'>"),
        "an external type of an address": lambda: rss(use, HEAD + "<!DOCTYPE rss SYSTEM 'http://127.0.0.1:9/x.dtd'>"),
        "an external parameter entity": lambda: dtd("<!ENTITY % x SYSTEM 'file:///etc/passwd'> %x;", use),
        "an external entity in UTF-16": lambda: dtd("<!ENTITY x SYSTEM 'file:///etc/passwd'>", use),
        "XInclude": lambda: rss("<item><title>a</title><xi:include href='file:///etc/passwd' parse='text'/></item>", root="xmlns:xi='http://www.w3.org/2001/XInclude'"),
        "a style sheet": lambda: rss(GOOD, HEAD + "<?xml-stylesheet href='file:///etc/passwd' type='text/xsl'?>"),
        "a schema": lambda: rss(GOOD, root="xmlns:s='http://www.w3.org/2001/XMLSchema-instance' s:schemaLocation='a file:///dev/zero'"),
    }  # fmt: skip


def _prologs() -> dict[str, Callable[[], str]]:
    return {
        "a prolog of line ends": lambda: rss(prolog=HEAD + "\n" * 300_000),
        "a prolog of spaces": lambda: rss(prolog=HEAD + " " * 1_000_000),
        "a prolog of lines of spaces": lambda: rss(prolog=HEAD + " \t\n" * 100_000),
        "line ends inside the type": lambda: dtd("\n" * 300_000),
        "line ends inside the type's name": lambda: rss(prolog=f"{HEAD}<!DOCTYPE rss {chr(10) * 300_000}>"),
        "line ends in a comment": lambda: rss(prolog=f"{HEAD}<!--{chr(10) * 300_000}-->"),
        "line ends and no element": lambda: HEAD + "\n" * 1_000_000,
        "a hundred thousand comments": lambda: rss(prolog=HEAD + "<!-- -->" * 100_000),
        "comments that never end": lambda: HEAD + "<!-- " * 100_000,
        "comments with a page at the end": lambda: HEAD + "<!-- -->" * 100_000 + "<html>",
        "a hundred thousand instructions": lambda: rss(prolog=HEAD + "<?a?>" * 100_000),
        "instructions that never end": lambda: HEAD + "<?a " * 100_000,
        "a type that never ends": lambda: HEAD + "<!DOCTYPE rss " + "a" * 1_000_000,
        "a type of quotes": lambda: HEAD + "<!DOCTYPE rss " + "\"'" * 200_000,
        "a hundred thousand types": lambda: HEAD + "<!DOCTYPE a>\n" * 100_000 + "<rss/>",
        "a hundred thousand types never ended": lambda: HEAD + "<!DOCTYPE a\n" * 100_000 + "<rss/>",
        "an endless declaration": lambda: "<?xml version='1.0' " + "a" * 1_000_000,
        "two declarations": lambda: HEAD + rss(),
        "a declaration after a space": lambda: " \n" + rss(),
        "version 1.1": lambda: rss(prolog="<?xml version='1.1'?>"),
        "version 9": lambda: rss(prolog="<?xml version='9'?>"),
        "brackets in the type": lambda: rss(prolog=HEAD + "<!DOCTYPE rss [" + "[" * 100_000 + "]>"),
        "a quoted bracket in the type": lambda: rss(prolog=HEAD + "<!DOCTYPE rss SYSTEM 'a[b'>"),
        "words before the document": lambda: "Warning: mysql_connect() failed\n" + rss(),
    }  # fmt: skip


def _deep() -> dict[str, Callable[[], str]]:
    return {
        "elements in elements": lambda: rss("<a>" * 50_000 + "</a>" * 50_000),
        "elements in elements that never end": lambda: "<a>" * 40_000,
        "items in items": lambda: rss("<item>" * 5_000 + "</item>" * 5_000),
        "channels in channels": lambda: "<rss>" + "<channel>" * 20_000,
        "entries in sources": lambda: atom("<source><entry>" * 5_000),
        "divisions in a summary": lambda: item(f"<description>{'&lt;div>' * 15_000}</description>"),
        "lists in XHTML": lambda: atom("<content type='xhtml'>" + "<div xmlns='http://www.w3.org/1999/xhtml'>" * 3_000 + "</div>" * 3_000 + "</content>"),
        "categories in categories": lambda: rss("<itunes:category text='a'>" * 3_000 + "</itunes:category>" * 3_000 + GOOD, root="xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'"),
        "two hundred levels": lambda: rss(f"<item><title>T</title>{'<x>' * 200}{'</x>' * 200}</item>{GOOD}"),
        "brackets in JSON": lambda: "[" * 1_000_000,
        "objects in JSON": lambda: '{"items":' * 100_000,
        "a deep item in JSON": lambda: json_feed({"id": 1, "title": "T"}).replace('"T"', "[" * 900 + "]" * 900),
    }  # fmt: skip


def _wide() -> dict[str, Callable[[], str]]:
    return {
        "an author of letters": lambda: item(f"<author>{'a' * 64_000}</author>"),
        "an author of letters, doubtful": lambda: dtd("", f"<item><author>{'a' * 64_000}</author></item>"),
        "an author of brackets": lambda: dtd("", f"<item><author>{'(' * 64_000}</author></item>"),
        "an author of at signs": lambda: dtd("", f"<item><author>{'a@' * 32_000}</author></item>"),
        "a title of brackets": lambda: item(f"<title>{'&lt;' * 200_000}</title>"),
        "a title of open tags": lambda: item(f"<title>{'&lt;b ' * 100_000}</title>"),
        "a title of ampersands": lambda: item(f"<title>{'&amp;' * 200_000}</title>"),
        "a title escaped often": lambda: item(f"<title>&{'amp;' * 100_000}lt;</title>"),
        "a title of marks": lambda: item(f"<title>e{chr(0x301) * 200_000}</title>"),
        "a title of decomposed letters": lambda: item(f"<title>{('e' + chr(0x301)) * 100_000}</title>"),
        "a title of ligatures": lambda: item(f"<title>{chr(0xFDFA) * 100_000}</title>"),
        "a title of apostrophes": lambda: item(f"<title>{chr(39) * 200_000}</title>"),
        "a title that changes direction": lambda: item(f"<title>{chr(0x202E) * 1_000}evil</title>"),
        "a summary of scripts": lambda: item(f"<description>{'&lt;script>' * 50_000}</description>"),
        "a summary of comments": lambda: item(f"<description>{'&lt;!--' * 50_000}</description>"),
        "a summary of attributes": lambda: item(f"<description>&lt;p {'a ' * 200_000}></description>"),
        "a summary of quotes": lambda: item(f"<description>&lt;p a=&quot;{'x ' * 200_000}</description>"),
        "a summary of five megabytes": lambda: item(f"<description>{'word ' * 1_000_000}</description>"),
        "a date of digits": lambda: item(f"<pubDate>{'1' * 100_000}</pubDate>"),
        "a date of colons": lambda: item(f"<pubDate>{':' * 100_000}</pubDate>"),
        "a date of spaces": lambda: dtd("", f"<item><title>T</title><pubDate>Sat,{' ' * 50_000}21 Nov</pubDate></item>"),
        "a date of zones": lambda: dtd("", f"<item><title>T</title><pubDate>{'2026-11-22T10:' * 5_000}</pubDate></item>"),
        "a link of a megabyte": lambda: item(f"<link>https://a.example/{'a' * 1_000_000}</link>"),
        "a link of parameters": lambda: item(f"<link>https://a.example/?{'utm_a=b&amp;' * 700}</link>"),
        "a link of escapes": lambda: item(f"<link>https://a.example/{'%' * 8_000}</link>"),
        "a link of brackets": lambda: item(f"<link>https://[{':' * 8_000}/</link>"),
        "an id of a megabyte": lambda: rss(f"<item><guid>{'g' * 1_000_000}</guid><title>T</title></item>{GOOD}"),
        "fifty thousand items": lambda: rss("<item><title>T</title></item>" * 50_000),
        "dates of every odd kind": lambda: rss("".join(f"<item><guid>{n}</guid><title>T</title><pubDate>{date}</pubDate></item>" for n, date in enumerate(ODD_DATES))),
        "ten thousand items of one id": lambda: rss("<item><guid>1</guid><title>T</title></item>" * 10_000),
        "nine thousand entries, doubtful": lambda: dtd("", "<item/>" * 9_000),
        "fifty thousand categories": lambda: item("<category>c</category>" * 50_000),
        "categories all different": lambda: item("".join(f"<category>c{n}</category>" for n in range(20_000))),
        "categories all different, doubtful": lambda: dtd("", f"<item>{''.join(f'<category>c{n}</category>' for n in range(3_000))}</item>"),
        "twenty thousand links": lambda: item("<link>https://a.example/</link>" * 20_000),
        "eight thousand authors": lambda: atom("<author><name>A</name></author>" * 8_000),
        "twenty thousand titles": lambda: item("<title>T</title>" * 20_000),
        "twenty thousand namespaces": lambda: rss(root=" ".join(f"xmlns:n{n}='https://n.example/{n}'" for n in range(20_000))),
        "twenty thousand attributes": lambda: rss(root=" ".join(f"a{n}='{n}'" for n in range(20_000))),
        "bases within bases": lambda: rss("<a xml:base='b/'>" * 200 + GOOD + "</a>" * 200),
        "a base of a megabyte": lambda: rss(root=f"xml:base='https://a.example/{'b/' * 500_000}'"),
        "a base of a script": lambda: rss("<item><link>x</link><title>T</title></item>", root="xml:base='javascript:'"),
        "skipped hours without an end": lambda: rss("<skipHours>" * 20_000 + GOOD),
        "skipped hours all day": lambda: rss(f"<skipHours>{'<hour>1</hour>' * 20_000}</skipHours>{GOOD}"),
        "a frequency of a million digits": lambda: rss(f"<ttl>{'9' * 1_000_000}</ttl>{GOOD}"),
        "a name of a megabyte": lambda: rss(f"<{'n' * 1_000_000}/>{GOOD}"),
    }  # fmt: skip


def _broken() -> dict[str, Callable[[], str]]:
    whole = rss(GOOD * 3)
    return {
        "nothing": lambda: "",
        "a space": lambda: " ",
        "a bracket": lambda: "<",
        "an open tag": lambda: "<rss",
        "only a declaration": lambda: HEAD,
        "only a root": lambda: "<rss/>",
        "a feed of nothing": lambda: rss(""),
        "cut in a tag": lambda: whole[: whole.rindex("<link")] + "<li",
        "cut in a title": lambda: whole[: whole.rindex("Kidal")],
        "cut in a reference": lambda: whole[: whole.rindex("Kidal")] + "&am",
        "cut in hidden text": lambda: rss(GOOD + "<item><title><![CDATA[Talks")[:-20],
        "cut in a comment": lambda: whole[: whole.rindex("<item>")] + "<item><!-- never",
        "cut between items": lambda: whole[: whole.rindex("<item>")],
        "cut before the end": lambda: whole.removesuffix("</channel></rss>"),
        "twice": lambda: whole + whole,
        "words after the end": lambda: whole + "<script>x</script>" * 1_000,
        "ends in the wrong order": lambda: rss("<item><title>T</item></title>" * 100),
        "ends without a beginning": lambda: "</item>" * 100_000,
        "quotes that never end": lambda: rss("<item a='" * 10_000),
        "references nobody knows": lambda: item("<title>&bogus; &#xFFFFFFFF; &#0; &#xD800;</title>"),
        "references to controls": lambda: item("<title>a&#1;b&#x1F;c&#127;</title>"),
        "hidden text in hidden text": lambda: item("<title><![CDATA[a]]><![CDATA[b]]]]>&gt;</title>"),
        "a name with a colon too many": lambda: item("<a:b:c>x</a:b:c>"),
        "a prefix nobody declared": lambda: item("<x:a>x</x:a>"),
        "all in capitals": lambda: rss(GOOD).upper(),
    }  # fmt: skip


def _pages() -> dict[str, Callable[[], str]]:
    return {
        "a bot check": lambda: "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><script>window._cf_chl_opt={}</script></body></html>",
        "a sentence that a bot check is up": lambda: rss("<item><title>Just a moment... _cf_chl_opt</title></item>"),
        "a page": lambda: "<!DOCTYPE html><html><head><title>Hi</title></head><body>Hi</body></html>",
        "a page of a challenge": lambda: "<html><script>" + "while(1);" * 20_000 + "</script></html>",
        "a page with items": lambda: f"<html><body>{GOOD * 100}</body></html>",
        "a page without an end": lambda: "<!doctype html><body>" + "<div>" * 200_000,
        "a page after comments": lambda: "<!-- x -->" * 20_000 + "<html><body>",
        "a page of tables": lambda: "<html><table>" + "<tr><td>" * 100_000,
        "plain words": lambda: "Not found. " * 10_000,
        "a drawing": lambda: "<svg xmlns='http://www.w3.org/2000/svg'><script>x</script></svg>",
        "a sitemap index": lambda: "<sitemapindex><sitemap><loc>https://a.example/1</loc></sitemap></sitemapindex>",
        "a sitemap without news": lambda: "<urlset><url><loc>https://a.example/1</loc></url></urlset>",
        "a deep sitemap of news": lambda: "<urlset>" + "<url>" * 25_000 + "</url>" * 25_000 + "</urlset>",
        "a sitemap of a bomb": lambda: f"<!DOCTYPE urlset [{laughs(10)}]><urlset><url><title>&a9;</title></url></urlset>",
        "OPML": lambda: "<opml version='2.0'><body><outline xmlUrl='https://a.example/f'/></body></opml>",
        "SOAP": lambda: "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body/></s:Envelope>",
    }  # fmt: skip


def _markup() -> dict[str, Callable[[], str]]:
    vectors = (
        "&lt;script>alert(1)&lt;/script>", "&lt;img src=x onerror=alert(1)>", "&lt;svg/onload=alert(1)>",
        "&lt;iframe src='javascript:alert(1)'>&lt;/iframe>", "&lt;a href='javascript:alert(1)'>x&lt;/a>",
        "&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;", "&lt;style>@import 'x'&lt;/style>",
        "&lt;math>&lt;mtext>&lt;script>alert(1)&lt;/script>", "&lt;!--[if IE]>&lt;script>1&lt;/script>&lt;![endif]-->",
    )  # fmt: skip
    told = {
        f"markup for the reader {number}": lambda vector=vector: item(
            f"<title>{vector}T</title><author>{vector}A</author><category>{vector}C</category>"
            f"<description>{vector}D</description><link>javascript:alert(1)</link>"
        )
        for number, vector in enumerate(vectors)
    }
    return told | {
        "links of every odd kind": lambda: rss("".join(f"<item><title>{n}</title><link>{link}</link></item>" for n, link in enumerate(("javascript:x", "data:text/html,x", "file:///etc/passwd", "//", "http://", "http:///x", "http://[::1", "https://a b/", "\\\\a\\b", "?", "#", "mailto:a@b.example", "http://a.example:99999/")))),
    }  # fmt: skip


def _json() -> dict[str, Callable[[], str]]:
    good = {"id": "1", "title": "Talks in Kidal", "url": "https://a.example/1"}
    return {
        "JSON of another kind": lambda: '{"error": "not found"}',
        "a JSON list": lambda: "[1, 2, 3]",
        "JSON cut short": lambda: json_feed(good)[:-10],
        "JSON of no version": lambda: json.dumps({"items": [good]}),
        "JSON items that are none": lambda: json_feed(None, 1, "x", [], good),
        "JSON items of wrong kinds": lambda: json_feed({"id": {}, "title": [], "url": 1, "tags": "x", "authors": 3, "content_html": False, "date_published": {}}, good),
        "JSON numbers without bounds": lambda: json_feed(good).replace('"1"', "1e999"),
        "a JSON number of many digits": lambda: json_feed(good).replace('"1"', "9" * 100_000),
        "JSON with line ends in its texts": lambda: json_feed({"id": "1", "title": "XY"}).replace("X", "a\n\t\x01"),
        "JSON with infinite numbers": lambda: json_feed(good)[:-1] + ', "x": 1e999, "y": -Infinity}',
        "JSON names that are chosen to collide": lambda: json_feed({"id": "1", "title": "T"} | {str(n * (2**61 - 1)): 1 for n in range(3_000)}),
        "JSON names that repeat": lambda: '{"version":"https://jsonfeed.org/version/1","items":[],' + '"items":[],' * 20_000 + '"items":[{"id":"1","title":"T"}]}',
        "JSON halves of letters": lambda: json_feed({"id": "1", "title": "X"}).replace("X", "\\ud800\\udfff\\udc00\\u0000"),
        "JSON with zero characters": lambda: json_feed({"id": "1\0", "title": "a\0b", "url": "https://a.example/\0"}),
        "JSON not a number": lambda: json_feed(good).replace('"1"', "NaN"),
        "JSON of many items": lambda: json_feed(*[{"id": n} for n in range(12_000)]),
        "JSON whose items are an object": lambda: '{"version":"https://jsonfeed.org/version/1","items":{"0":{}}}',
        "JSON with a comment": lambda: "{/* hi */" + json_feed(good)[1:],
        "JSON authors of every sort": lambda: json_feed(*[{"id": n, "title": "T", "authors": a} for n, a in enumerate(([], [None], [{}], [{"name": 1}], {"name": "A"}, "A"))]),
    }  # fmt: skip


def _bytes() -> dict[str, Callable[[], bytes]]:
    text = rss("<item><guid>1</guid><title>Ségou: “accord”</title></item>")
    plain = text.encode()
    return {
        "zero bytes": lambda: b"\0" * 1_000_000,
        "zero bytes before a document": lambda: b"\0" * 1_000 + plain,
        "zero bytes within a document": lambda: plain.replace(b"<", b"\0<"),
        "all bytes": lambda: bytes(range(256)) * 4_000,
        "high bytes": lambda: b"\xff" * 500_000,
        "a picture": lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100,
        "something compressed": lambda: b"\x1f\x8b\x08\x00" + bytes(range(256)) * 100,
        "UTF-16": lambda: text.encode("utf-16"),
        "UTF-16 without a mark": lambda: text.encode("utf-16-le"),
        "UTF-16 cut in a letter": lambda: text.encode("utf-16")[:-1],
        "UTF-16 with a mark for the other end": lambda: codecs.BOM_UTF16_BE + text.encode("utf-16-le"),
        "UTF-16 of halves": lambda: "<rss><channel><item><title>".encode("utf-16") + b"\x00\xd8" * 10_000,
        "UTF-32": lambda: text.encode("utf-32"),
        "UTF-7": lambda: b"<?xml version='1.0' encoding='utf-7'?>" + "<rss><channel>+ADw-script+AD4-</channel></rss>".encode("ascii"),
        "Windows-1252 that says UTF-8": lambda: text.encode("cp1252"),
        "UTF-8 that says Latin-1": lambda: plain.replace(b"utf-8", b"iso-8859-1"),
        "UTF-8 encoded twice": lambda: plain.decode("latin-1").encode(),
        "a mark in the middle": lambda: plain.replace(b"<item>", codecs.BOM_UTF8 + b"<item>"),
        "marks and marks": lambda: codecs.BOM_UTF8 * 1_000 + plain,
        "an encoding nobody knows": lambda: plain.replace(b"utf-8", b"x-klingon"),
        "an encoding that unpacks": lambda: plain.replace(b"utf-8", b"zlib"),
        "an encoding that never decodes": lambda: plain.replace(b"utf-8", b"undefined"),
        "an encoding name of a megabyte": lambda: plain.replace(b"utf-8", b"u" * 1_000_000),
        "UTF-16 that says UTF-8": lambda: text.encode("utf-16"),
        "a document with a zero after each byte": lambda: plain.replace(b"", b"\0"),
        "letters Java wrote": lambda: plain.replace("é".encode(), "\ud83d\ude00".encode("utf-8", "surrogatepass")),
        "an encoding that is slow": lambda: plain.replace(b"utf-8", b"punycode") + b"a-" * 100_000,
        "an encoding of escapes": lambda: plain.replace(b"utf-8", b"unicode_escape"),
        "an encoding of EBCDIC": lambda: text.replace("utf-8", "cp037").encode("cp037", "replace"),
        "letters cut in half": lambda: plain.replace("é".encode(), b"\xc3"),
        "letters that are too long": lambda: plain.replace("é".encode(), b"\xc0\xbc"),
        "halves of letters in UTF-8": lambda: plain.replace("é".encode(), b"\xed\xa0\x80"),
        "no characters of Unicode": lambda: plain.replace("é".encode(), "\ufffe\uffff\U0001ffff".encode()),
        "control characters": lambda: plain.replace("é".encode(), bytes(range(1, 32)) + b"\x7f\xc2\x80"),
        "escapes of another alphabet": lambda: plain.replace(b"utf-8", b"iso-2022-jp").replace("é".encode(), b"\x1b$B" * 10_000),
    }  # fmt: skip


def _all() -> Iterator[tuple[str, Callable[[], bytes]]]:
    for family in (_bombs, _external, _prologs, _deep, _wide, _broken, _pages, _markup, _json):
        for name, make in family().items():
            encoding = "utf-16" if "UTF-16" in name else "utf-8"
            yield name, lambda make=make, encoding=encoding: make().encode(encoding)
    yield from _bytes().items()


DOCUMENTS: dict[str, Callable[[], bytes]] = dict(_all())
