#!/usr/bin/env python3
"""Writes the corpus of feeds: cases/ and, beside it, cases.json with what the specifications say must come out.

Run it in this folder. A case is a document, what its server says about the charset, and its expectation, which is
written here from the specification of the format and never from what the reader prints:

RSS 0.90 and 0.91 (Netscape), 0.92 to 0.94 and 2.0 (UserLand), 1.0 (RDF), Atom 0.3, Atom 1.0 (RFC 4287), JSON Feed 1.0
and 1.1, CDF (W3C note of 1997), tombstones (RFC 6721), the modules content, dc, dcterms, media, itunes and sy.
"""

import json
import pathlib
import shutil

HERE = pathlib.Path(__file__).parent
CASES = HERE / "cases"
TABLE = []

BASE = "https://news.example.cn/feed/"
T = "2024-03-05T08:30:00+08:00"
RFC822 = "Tue, 05 Mar 2024 08:30:00 +0800"
DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
CONTENT = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
MEDIA = 'xmlns:media="http://search.yahoo.com/mrss/"'
ATOM = 'xmlns="http://www.w3.org/2005/Atom"'
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'


def case(name, document, format="rss", title=None, entries=(), charset=None, error=None, lost=None, **more):
    """Writes a case. `entries` hold what is checked of each entry: id, title, url, published, updated, body,
    summary_only. `error` is a part of the reason of a document that cannot be read; `lost` parts of the reasons of
    entries that cannot."""
    data = document if isinstance(document, bytes) else document.encode("utf-8")
    assert not any(row["file"] == name for row in TABLE), name
    (CASES / name).write_bytes(data)
    row = {"file": name}
    if charset:
        row["charset"] = charset
    if error:
        row["error"] = error
    else:
        row |= {"format": format, "entries": list(entries)} | more
        if title is not None:
            row["title"] = title
        if lost:
            row["lost"] = lost
    TABLE.append(row)


def rss(items, head="<title>县级要闻</title>", version="2.0", namespaces="", declaration='<?xml version="1.0" encoding="UTF-8"?>'):
    return f'{declaration}\n<rss version="{version}" {namespaces}><channel>{head}{items}</channel></rss>\n'


def atom(entries, head="<title>县级公告</title>", namespaces="", declaration='<?xml version="1.0" encoding="utf-8"?>'):
    return f'{declaration}\n<feed {ATOM} {namespaces}>{head}{entries}</feed>\n'


def item(inside, id="n-1"):
    return f'<item><guid isPermaLink="false">{id}</guid>{inside}</item>'


def entry(inside, id="tag:example.cn,2024:1"):
    return f"<entry><id>{id}</id>{inside}</entry>"


# the formats as their specifications show them

STORY = ("石浦渔港码头开始加固", "https://news.example.cn/a/1.html", "码头加固工程今日开工，预计六月完工。")
SECOND = ("西周镇道路夜间封闭", "https://news.example.cn/a/2.html", "封闭期间请绕行环镇路。")


def old_items(versioned=""):
    return "".join(f"<item><title>{t}</title><link>{u}</link><description>{d}</description></item>" for t, u, d in (STORY, SECOND))


OLD = [{"id": u, "title": t, "url": u, "body": d, "published": None, "summary_only": True} for t, u, d in (STORY, SECOND)]


def formats():
    for version in ("0.91", "0.92", "0.93", "0.94"):
        case(f"rss-{version}-plain.xml", rss(old_items(), version=version), title="县级要闻", entries=OLD)
    case("rss-0.91-netscape-doctype.xml", rss(old_items(), version="0.91", declaration='<?xml version="1.0"?>\n<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">'), title="县级要闻", entries=OLD)
    case("rss-0.91-with-skip-hours-and-days.xml", rss(old_items(), version="0.91", head="<title>县级要闻</title><skipHours><hour>1</hour></skipHours><skipDays><day>Sunday</day></skipDays>"), title="县级要闻", entries=OLD)
    case("rss-0.93-with-item-date.xml", rss(item(f"<title>停电</title><pubDate>{RFC822}</pubDate><expirationDate>Wed, 06 Mar 2024 08:30:00 +0800</expirationDate>"), version="0.93"), entries=[{"id": "n-1", "title": "停电", "published": T}])
    case("rss-0.92-description-is-optional.xml", rss("<item><title>只有标题</title></item>", version="0.92"), entries=[{"id": "", "title": "只有标题", "url": None, "body": ""}])
    case("rss-0.92-title-is-optional.xml", rss("<item><description>只有正文，没有标题。</description></item>", version="0.92"), entries=[{"id": "", "title": "", "body": "只有正文，没有标题。"}])
    nine = "".join(f"<item><title>{t}</title><link>{u}</link></item>" for t, u, _ in (STORY, SECOND))
    bare = [{"id": u, "title": t, "url": u, "body": ""} for t, u, _ in (STORY, SECOND)]
    case("rss-0.90-items-beside-the-channel.xml", f'<?xml version="1.0"?><rdf:RDF {RDF} xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel><title>网景</title><link>https://news.example.cn/</link></channel><image><title>台标</title><url>x.png</url></image>{nine}<textinput><title>搜索</title></textinput></rdf:RDF>', title="网景", entries=bare)
    case("rss-0.90-items-in-the-channel.xml", f'<?xml version="1.0"?><rdf:RDF {RDF} xmlns="http://channel.netscape.com/rdf/simple/0.9/"><channel><title>网景</title>{nine}</channel></rdf:RDF>', title="网景", entries=bare)
    ten = "".join(f'<item rdf:about="{u}"><title>{t}</title><link>{u}</link><description>{d}</description><dc:date>2024-03-05T08:30:00+08:00</dc:date></item>' for t, u, d in (STORY, SECOND))
    dated = [{"id": u, "title": t, "url": u, "body": d, "published": T} for t, u, d in (STORY, SECOND)]
    head = '<channel rdf:about="https://news.example.cn/"><title>资源目录</title><items><rdf:Seq><rdf:li resource="https://news.example.cn/a/1.html"/><rdf:li resource="https://news.example.cn/a/2.html"/></rdf:Seq></items></channel>'
    case("rss-1.0-with-a-table-of-items.xml", f'<?xml version="1.0"?><rdf:RDF {RDF} {DC} xmlns="http://purl.org/rss/1.0/">{head}{ten}</rdf:RDF>', title="资源目录", entries=dated)
    case("rss-1.0-rdf-is-the-default-namespace.xml", f'<?xml version="1.0"?><RDF xmlns="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:rss="http://purl.org/rss/1.0/"><rss:channel><rss:title>资源目录</rss:title></rss:channel><rss:item><rss:title>停水</rss:title><rss:link>https://news.example.cn/3</rss:link></rss:item></RDF>', title="资源目录", entries=[{"title": "停水", "url": "https://news.example.cn/3"}])
    case("rss-1.0-about-without-a-link.xml", f'<?xml version="1.0"?><rdf:RDF {RDF} xmlns="http://purl.org/rss/1.0/"><channel><title>目录</title></channel><item rdf:about="https://news.example.cn/4"><title>停气</title></item></rdf:RDF>', entries=[{"id": "https://news.example.cn/4", "title": "停气", "url": "https://news.example.cn/4"}])
    case("rss-1.1-list.xml", f'<?xml version="1.0"?><Channel {RDF} xmlns="http://purl.org/net/rss1.1#" rdf:about="https://news.example.cn/"><title>一点一</title><items rdf:parseType="Collection"><item rdf:about="https://news.example.cn/5"><title>停课</title><link>https://news.example.cn/5</link></item></items></Channel>', title="一点一", entries=[{"id": "https://news.example.cn/5", "title": "停课"}])
    case("rss-2.0-full.xml", rss(f'<item><title>{STORY[0]}</title><link>{STORY[1]}</link><description>{STORY[2]}</description><author>desk@example.cn</author><category>民生</category><comments>https://news.example.cn/c/1</comments><enclosure url="https://news.example.cn/1.mp3" length="1" type="audio/mpeg"/><guid>{STORY[1]}</guid><pubDate>{RFC822}</pubDate><source url="https://other.example.cn/rss">外报</source></item>'), title="县级要闻", entries=[{"id": STORY[1], "title": STORY[0], "url": STORY[1], "body": STORY[2], "published": T}])
    for version in ("2.0.1", "2.00", "2", "9.9", ""):
        case(f"rss-version-{version or 'empty'}.xml", rss(old_items(), version=version), title="县级要闻", entries=OLD)
    case("rss-without-a-version.xml", f"<rss><channel><title>县级要闻</title>{old_items()}</channel></rss>", title="县级要闻", entries=OLD)
    case("rss-without-the-rss-element.xml", f"<?xml version='1.0'?><channel><title>县级要闻</title>{old_items()}</channel>", title="县级要闻", entries=OLD)
    case("rss-in-capitals.xml", f"<RSS VERSION='2.0'><CHANNEL><TITLE>县级要闻</TITLE><ITEM><TITLE>停水</TITLE><LINK>https://news.example.cn/1</LINK><PUBDATE>{RFC822}</PUBDATE></ITEM></CHANNEL></RSS>", title="县级要闻", entries=[{"title": "停水", "url": "https://news.example.cn/1", "published": T}])
    case("rss-items-outside-the-channel.xml", f"<rss version='2.0'><channel><title>县级要闻</title></channel>{old_items()}</rss>", title="县级要闻", entries=OLD)
    case("rss-items-within-a-list-element.xml", f"<rss version='2.0'><channel><title>县级要闻</title><items>{old_items()}</items></channel></rss>", title="县级要闻", entries=OLD)
    case("rss-two-channels.xml", f"<rss version='2.0'><channel><title>一</title>{item('<title>甲</title>', 'a')}</channel><channel><title>二</title>{item('<title>乙</title>', 'b')}</channel></rss>", title="一", entries=[{"id": "a", "title": "甲"}, {"id": "b", "title": "乙"}])
    case("rss-own-default-namespace.xml", rss(old_items(), namespaces='xmlns="http://backend.userland.com/rss2"'), title="县级要闻", entries=OLD)
    case("rss-unknown-default-namespace.xml", rss(old_items(), namespaces='xmlns="https://news.example.cn/schema"'), title="县级要闻", entries=OLD)
    case("rss-image-has-a-title-too.xml", rss(old_items(), head="<image><title>台标</title><url>a.png</url><link>b</link></image><title>县级要闻</title>"), title="县级要闻", entries=OLD)
    case("rss-no-items.xml", rss(""), title="县级要闻", entries=[])
    case("rss-no-channel-content.xml", "<rss version='2.0'><channel/></rss>", title="", entries=[])

    case("atom-1.0-full.xml", atom(f'<entry><id>tag:example.cn,2024:9</id><title>{STORY[0]}</title><link href="{STORY[1]}"/><link rel="self" href="https://news.example.cn/a/1.atom"/><author><name>本报</name></author><published>2024-03-05T08:30:00+08:00</published><updated>2024-03-05T01:00:00Z</updated><summary>摘要</summary><content type="html">&lt;p&gt;第一段。&lt;/p&gt;&lt;p&gt;第二段。&lt;/p&gt;</content></entry>'), "atom", "县级公告", [{"id": "tag:example.cn,2024:9", "title": STORY[0], "url": STORY[1], "published": T, "updated": "2024-03-05T09:00:00+08:00", "body": "第一段。\n\n第二段。", "summary_only": False}])
    case("atom-1.0-every-name-prefixed.xml", '<?xml version="1.0"?><a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:title>公告</a:title><a:entry><a:id>i1</a:id><a:title>征求意见</a:title><a:link href="https://news.example.cn/1"/><a:updated>2024-03-05T08:30:00+08:00</a:updated><a:summary>全文见网站</a:summary></a:entry></a:feed>', "atom", "公告", [{"id": "i1", "title": "征求意见", "url": "https://news.example.cn/1", "published": T, "updated": T, "body": "全文见网站", "summary_only": True}])
    case("atom-1.0-source-has-its-own-title-and-id.xml", atom('<entry><source><id>other</id><title>转载来源</title><updated>2001-01-01T00:00:00Z</updated></source><id>i1</id><title>转载稿</title><updated>2024-03-05T08:30:00+08:00</updated></entry>'), "atom", "县级公告", [{"id": "i1", "title": "转载稿", "published": T}])
    case("atom-1.0-feed-author-and-logo-first.xml", atom(entry("<title>一</title>"), head="<author><name>甲</name></author><logo>x.png</logo><id>f</id><updated>2024-01-01T00:00:00Z</updated><title>公告栏</title>"), "atom", "公告栏", [{"title": "一"}])
    case("atom-1.0-empty.xml", atom(""), "atom", "县级公告", [])
    case("atom-1.0-single-entry-with-foreign-elements.xml", atom(entry('<title>一</title><x:title xmlns:x="urn:x">外来标题</x:title><x:id xmlns:x="urn:x">外来编号</x:id>')), "atom", entries=[{"id": "tag:example.cn,2024:1", "title": "一"}])
    for kind, body, text in [
        ("absent", "a &lt; b", "a < b"),
        ("text", "&lt;b&gt;不是标签&lt;/b&gt;", "<b>不是标签</b>"),
        ("text/plain", "甲 &amp; 乙", "甲 & 乙"),
        ("html", "&lt;p&gt;甲&lt;/p&gt;&lt;p&gt;乙&lt;/p&gt;", "甲\n\n乙"),
        ("text/html", "&lt;p&gt;甲&lt;/p&gt;", "甲"),
        ("xhtml", '<div xmlns="http://www.w3.org/1999/xhtml"><p>甲 &lt; 乙</p><p>丙</p></div>', "甲 < 乙\n\n丙"),
        ("application-xhtml", '<div xmlns="http://www.w3.org/1999/xhtml"><ul><li>甲</li><li>乙</li></ul></div>', "- 甲\n- 乙"),
        ("html-cdata", "<![CDATA[<p>甲&nbsp;乙</p>]]>", "甲 乙"),
        ("html-two-cdata-sections", "<![CDATA[<p>甲</p>]]><![CDATA[<p>乙</p>]]>", "甲\n\n乙"),
        ("xhtml-written-as-text", "&lt;p&gt;甲&lt;/p&gt;", "甲"),
        ("html-written-as-elements", "<p>甲</p><p>乙</p>", "甲\n\n乙"),
    ]:
        attribute = {"absent": "", "html-cdata": ' type="html"', "html-two-cdata-sections": ' type="html"', "xhtml-written-as-text": ' type="xhtml"', "html-written-as-elements": ' type="html"', "application-xhtml": ' type="application/xhtml+xml"'}.get(kind, f' type="{kind}"')
        name = kind.replace("/", "-")
        case(f"atom-1.0-content-{name}.xml", atom(entry(f"<title>一</title><content{attribute}>{body}</content>")), "atom", entries=[{"title": "一", "body": text, "summary_only": False}])
    case("atom-1.0-content-base64.xml", atom(entry('<title>一</title><content type="application/octet-stream">PHA+56CB5aS05rC05L2N5LiK5rao44CCPC9wPg==</content>')), "atom", entries=[{"body": "码头水位上涨。"}])
    case("atom-1.0-content-elsewhere.xml", atom(entry('<title>一</title><content src="https://news.example.cn/v.html" type="text/html"/><summary>见网页</summary>')), "atom", entries=[{"url": "https://news.example.cn/v.html", "body": "见网页", "summary_only": True}])
    for kind, written, text in [
        ("text", "A &amp; B", "A & B"),
        ("html", "&lt;em&gt;紧急&lt;/em&gt;通知", "紧急通知"),
        ("xhtml", '<div xmlns="http://www.w3.org/1999/xhtml">停水 <b>通知</b></div>', "停水 通知"),
        ("html-double-entity", "甲 &amp;amp; 乙", "甲 & 乙"),
        ("cdata", "<![CDATA[停<br/>电]]>", None),
    ]:
        attribute = {"html-double-entity": "html", "cdata": "html"}.get(kind, kind)
        case(f"atom-1.0-title-{kind}.xml", atom(entry(f'<title type="{attribute}">{written}</title>')), "atom", entries=[{"title": text if text else "停 电"}])

    case("atom-0.3-full.xml", '<?xml version="1.0"?><feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>旧式公告</title><entry><title>一</title><link rel="alternate" type="text/html" href="https://news.example.cn/1"/><id>i1</id><issued>2024-03-05T08:30:00+08:00</issued><modified>2024-03-05T09:00:00+08:00</modified><created>2024-03-01T00:00:00Z</created><summary type="text/plain">摘要</summary></entry></feed>', "atom", "旧式公告", [{"id": "i1", "title": "一", "url": "https://news.example.cn/1", "published": T, "updated": "2024-03-05T09:00:00+08:00", "body": "摘要"}])
    for kind, content, text in [
        ("mode-escaped", '<content type="text/html" mode="escaped">&lt;p&gt;甲&lt;/p&gt;&lt;p&gt;乙&lt;/p&gt;</content>', "甲\n\n乙"),
        ("mode-xml", '<content type="application/xhtml+xml" mode="xml"><div xmlns="http://www.w3.org/1999/xhtml"><p>甲 &amp; 乙</p></div></content>', "甲 & 乙"),
        ("mode-base64", '<content type="text/html" mode="base64">PHA+56CB5aS05rC05L2N5LiK5rao44CCPC9wPg==</content>', "码头水位上涨。"),
        ("mode-base64-in-lines", '<content type="text/html" mode="base64">\n  PHA+56CB5aS05rC0\n  5L2N5LiK5rao44CCPC9wPg==\n</content>', "码头水位上涨。"),
        ("mode-absent", '<content type="text/html"><p>甲</p></content>', "甲"),
        ("type-plain-escaped", '<content type="text/plain" mode="escaped">1 &lt; 2</content>', "1 < 2"),
    ]:
        case(f"atom-0.3-{kind}-content.xml", f'<?xml version="1.0"?><feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>旧</title><entry><title>一</title><id>i1</id>{content}</entry></feed>', "atom", "旧", [{"id": "i1", "title": "一", "body": text}])
    case("atom-0.3-created-only.xml", '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>旧</title><entry><title>一</title><id>i1</id><created>2024-03-05T00:30:00Z</created></entry></feed>', "atom", entries=[{"published": T}])
    case("atom-without-a-namespace.xml", "<feed><title>无名</title><entry><id>1</id><title>一</title></entry></feed>", "atom", "无名", [{"id": "1", "title": "一"}])
    case("cdf-channel.xml", '<?xml version="1.0"?><CHANNEL HREF="https://news.example.cn/"><TITLE>频道</TITLE><ABSTRACT>说明</ABSTRACT><ITEM HREF="https://news.example.cn/1" LASTMOD="2024-03-05T08:30:00+08:00"><TITLE>甲</TITLE><ABSTRACT>甲的说明</ABSTRACT></ITEM><ITEM HREF="https://news.example.cn/2"><TITLE>乙</TITLE></ITEM></CHANNEL>', "rss", "频道", [{"id": "https://news.example.cn/1", "title": "甲", "url": "https://news.example.cn/1", "body": "甲的说明", "published": T}, {"title": "乙", "url": "https://news.example.cn/2"}])


# encodings

SENTENCE = "镇里的自来水连续三天发黄，群众反映强烈，请水务部门尽快查明原因并公布结果。"
TRADITIONAL = "縣政府公告：明日上午停水，請民眾提前儲水備用，不便之處敬請見諒。"


def encoded(text, label):
    return rss(item(f"<title>{text}</title><description>{text}</description>"), head=f"<title>{text[:4]}</title>", declaration=f'<?xml version="1.0" encoding="{label}"?>' if label else '<?xml version="1.0"?>')


def encodings():
    writes = {
        "utf8": ("utf-8", b""), "utf8-mark": ("utf-8", b"\xef\xbb\xbf"), "gbk": ("gbk", b""), "gb18030": ("gb18030", b""), "gb2312": ("gb2312", b""),
        "utf16le-mark": ("utf-16-le", b"\xff\xfe"), "utf16be-mark": ("utf-16-be", b"\xfe\xff"), "utf16le": ("utf-16-le", b""), "utf16be": ("utf-16-be", b""),
        "utf32le-mark": ("utf-32-le", b"\xff\xfe\x00\x00"), "utf32be-mark": ("utf-32-be", b"\x00\x00\xfe\xff"), "utf32le": ("utf-32-le", b""), "utf32be": ("utf-32-be", b""),
    }
    labels = {"nothing": (None, None), "utf8": ("UTF-8", None), "gb2312": ("GB2312", None), "latin1": ("ISO-8859-1", None), "header-utf8": (None, "utf-8"), "header-gbk": ("UTF-8", "gbk"), "header-latin1": ("utf-8", "ISO-8859-1"), "unknown": ("x-no-such-thing", None)}
    for write, (codec, mark) in writes.items():
        for label, (inside, header) in labels.items():
            if write.startswith(("utf16", "utf32")) and label not in ("nothing", "utf8", "header-utf8", "gb2312"):
                continue
            case(f"{write}-declared-{label}.xml", mark + encoded(SENTENCE, inside).encode(codec), title=SENTENCE[:4], charset=header, entries=[{"id": "n-1", "title": SENTENCE, "body": SENTENCE}])
    rare = "镕堃㐂𠀀"
    case("gb18030-characters-beyond-gb2312-declared-gb2312.xml", encoded(f"{rare}路积水，请处理", "gb2312").encode("gb18030"), entries=[{"title": f"{rare}路积水，请处理"}])
    case("big5-declared-big5.xml", encoded(TRADITIONAL, "Big5").encode("big5"), entries=[{"title": TRADITIONAL}])
    case("big5-declared-in-the-header.xml", encoded(TRADITIONAL, None).encode("big5"), charset="big5", entries=[{"title": TRADITIONAL}])
    case("shift-jis-declared.xml", encoded("断水のお知らせ", "Shift_JIS").encode("shift_jis"), entries=[{"title": "断水のお知らせ"}])
    case("euc-jp-declared.xml", encoded("断水のお知らせ", "EUC-JP").encode("euc_jp"), entries=[{"title": "断水のお知らせ"}])
    case("euc-kr-declared.xml", encoded("단수 안내", "EUC-KR").encode("euc_kr"), entries=[{"title": "단수 안내"}])
    case("koi8-r-declared.xml", encoded("Отключение воды", "KOI8-R").encode("koi8_r"), entries=[{"title": "Отключение воды"}])
    case("windows-1251-declared.xml", encoded("Отключение воды", "windows-1251").encode("cp1251"), entries=[{"title": "Отключение воды"}])
    case("latin1-declared.xml", encoded("Café fermé à midi, l'été", "ISO-8859-1").encode("latin-1"), entries=[{"title": "Café fermé à midi, l'été"}])
    case("windows-1252-quotation-marks-declared-latin1.xml", encoded("The port’s “new” pier", "ISO-8859-1").encode("cp1252"), entries=[{"title": "The port’s “new” pier"}])
    case("utf8-windows-marks-as-control-characters.xml", encoded("port\u0092s \u0093new\u0094 pier", "utf-8"), entries=[{"title": "port’s “new” pier"}])
    case("utf8-one-damaged-byte.xml", encoded(SENTENCE + "甲", "utf-8").encode().replace("甲</t".encode(), b"\xe7\x94</t"), entries=[{"title": SENTENCE + "\ufffd", "body": SENTENCE + "甲"}])
    case("gbk-one-damaged-byte.xml", encoded(SENTENCE * 3, "gbk").encode("gbk").replace("镇里".encode("gbk"), b"\xff" + "镇里".encode("gbk"), 1), entries=[{"body": SENTENCE * 3}])
    case("gbk-short-declared-gbk.xml", encoded("停水了", "gbk").encode("gbk"), entries=[{"title": "停水了"}])
    case("ascii-numeric-references.xml", rss(item("<title>" + "".join(f"&#{ord(c)};" for c in "停水通知") + "</title>"), declaration='<?xml version="1.0" encoding="us-ascii"?>'), entries=[{"title": "停水通知"}])
    for quote in ("'", '"'):
        name = "single" if quote == "'" else "double"
        case(f"gbk-declaration-in-{name}-quotes-with-spaces.xml", rss(item("<title>停水通知请查收</title>"), declaration=f"<?xml version = {quote}1.0{quote}  encoding = {quote}gbk{quote} standalone={quote}yes{quote} ?>").encode("gbk"), entries=[{"title": "停水通知请查收"}])
    case("gbk-atom-declared-utf8.xml", atom(entry(f"<title>{SENTENCE}</title>")).encode("gbk"), "atom", entries=[{"title": SENTENCE}])
    case("gbk-rss-1.0-declared-utf8.xml", f'<?xml version="1.0" encoding="utf-8"?><rdf:RDF {RDF} xmlns="http://purl.org/rss/1.0/"><channel><title>目录</title></channel><item><title>{SENTENCE}</title></item></rdf:RDF>'.encode("gbk"), entries=[{"title": SENTENCE}])
    feed = json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "热点", "items": [{"id": "1", "title": SENTENCE}]}, ensure_ascii=False)
    for codec, mark in (("gbk", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-16-le", b"\xff\xfe"), ("utf-16-be", b""), ("utf-32-le", b"")):
        case(f"json-in-{codec}{'-mark' if mark else ''}.json", mark + feed.encode(codec), "json", "热点", [{"id": "1", "title": SENTENCE}])
    case("header-and-declaration-disagree-bytes-are-gbk.xml", encoded(SENTENCE, "Big5").encode("gbk"), charset="gb2312", entries=[{"title": SENTENCE}])
    case("header-says-gbk-bytes-are-utf8.xml", encoded(SENTENCE, "gbk"), charset="gbk", entries=[{"title": SENTENCE}])


# dates

DATES = {
    "rfc822": "Tue, 05 Mar 2024 08:30:00 +0800", "gmt": "Tue, 05 Mar 2024 00:30:00 GMT", "utc": "Tue, 05 Mar 2024 00:30:00 UTC", "ut": "Tue, 05 Mar 2024 00:30:00 UT", "z": "Tue, 05 Mar 2024 00:30:00 Z",
    "without-day-name": "05 Mar 2024 08:30:00 +0800", "one-digit-day": "Tue, 5 Mar 2024 08:30:00 +0800", "two-digit-year": "Tue, 05 Mar 24 08:30:00 +0800", "wrong-day-name": "Mon, 05 Mar 2024 08:30:00 +0800",
    "long-day-name": "Tuesday, 05 Mar 2024 08:30:00 +0800", "long-month-name": "Tue, 05 March 2024 08:30:00 +0800", "without-seconds": "Tue, 05 Mar 2024 08:30 +0800", "without-comma": "Tue 05 Mar 2024 08:30:00 +0800",
    "without-zone-is-shanghai": "Tue, 05 Mar 2024 08:30:00", "zone-with-colon": "Tue, 05 Mar 2024 08:30:00 +08:00", "zone-west": "Mon, 04 Mar 2024 19:30:00 -0500", "est": "Mon, 04 Mar 2024 19:30:00 EST", "pst": "Mon, 04 Mar 2024 16:30:00 PST", "cst-is-china": "Tue, 05 Mar 2024 08:30:00 CST",
    "gmt-plus": "Tue, 05 Mar 2024 08:30:00 GMT+0800", "lower-case": "tue, 05 mar 2024 08:30:00 +0800", "extra-spaces": "  Tue,  05  Mar  2024  08:30:00  +0800  ", "ctime": "Tue Mar 05 08:30:00 2024", "ctime-with-zone": "Tue Mar 05 08:30:00 CST 2024",
    "rfc3339": "2024-03-05T08:30:00+08:00", "rfc3339-utc": "2024-03-05T00:30:00Z", "rfc3339-fraction": "2024-03-05T08:30:00.000+08:00", "iso-space": "2024-03-05 08:30:00", "iso-without-seconds": "2024-03-05T08:30+08:00", "iso-without-zone": "2024-03-05T08:30:00", "iso-short-zone": "2024-03-05T08:30:00+0800",
    "slashes": "2024/03/05 08:30:00", "chinese": "2024年3月5日 08:30:00", "chinese-afternoonless": "2024年03月05日 08时30分", "epoch-seconds": "1709598600", "epoch-milliseconds": "1709598600000",
}


def dates():
    for name, written in DATES.items():
        case(f"date-{name}.xml", rss(item(f"<title>一</title><pubDate>{written}</pubDate>")), entries=[{"title": "一", "published": T}])
    for name, written in {"word": "yesterday", "empty": "", "impossible": "Tue, 32 Mar 2024 08:30:00 +0800", "zeros": "0000-00-00 00:00:00", "hour-99": "2024-03-05 99:30:00"}.items():
        case(f"date-unreadable-{name}-costs-nothing.xml", rss(item(f"<title>一</title><pubDate>{written}</pubDate><description>正文</description>")), entries=[{"title": "一", "body": "正文", "published": None}])
    case("date-unreadable-pubdate-falls-back-to-dc.xml", rss(item("<title>一</title><pubDate>soon</pubDate><dc:date>2024-03-05T08:30:00+08:00</dc:date>"), namespaces=DC), entries=[{"published": T}])
    case("date-pubdate-outranks-dc.xml", rss(item(f"<title>一</title><dc:date>2001-01-01</dc:date><pubDate>{RFC822}</pubDate>"), namespaces=DC), entries=[{"published": T}])
    case("date-dcterms-issued.xml", rss(item("<title>一</title><dcterms:issued>2024-03-05T08:30:00+08:00</dcterms:issued><dcterms:modified>2024-03-05T09:00:00+08:00</dcterms:modified>"), namespaces='xmlns:dcterms="http://purl.org/dc/terms/"'), entries=[{"published": T, "updated": "2024-03-05T09:00:00+08:00"}])
    case("date-atom-updated-in-rss.xml", rss(item("<title>一</title><a:updated>2024-03-05T08:30:00+08:00</a:updated>"), namespaces='xmlns:a="http://www.w3.org/2005/Atom"'), entries=[{"published": T, "updated": T}])
    case("date-in-cdata.xml", rss(item(f"<title>一</title><pubDate><![CDATA[{RFC822}]]></pubDate>")), entries=[{"published": T}])


# links and ids

def links():
    one = "https://news.example.cn/a/1.html"
    for name, inside, url, id in [
        ("guid-is-the-link", f"<guid>{one}</guid>", one, one),
        ("guid-permalink-true", f'<guid isPermaLink="true">{one}</guid>', one, one),
        ("guid-permalink-false-is-no-link", f'<guid isPermaLink="false">{one}</guid>', None, one),
        ("guid-a-bare-number-is-no-link", "<guid>17</guid>", None, "17"),
        ("guid-with-spaces", f"<guid>\n  {one}\n </guid>", one, one),
        ("link-outranks-guid", f"<guid>https://news.example.cn/p/1</guid><link>{one}</link>", one, "https://news.example.cn/p/1"),
        ("link-in-cdata", f"<link><![CDATA[{one}?a=1&b=2]]></link>", one + "?a=1&b=2", one + "?a=1&b=2"),
        ("link-with-escaped-ampersand", f"<link>{one}?a=1&amp;b=2</link>", one + "?a=1&b=2", one + "?a=1&b=2"),
        ("link-with-bare-ampersand", f"<link>{one}?a=1&copy=2</link>", one + "?a=1&copy=2", one + "?a=1&copy=2"),
        ("link-broken-over-lines", "<link>\n https://news.example.cn/a/\n1.html\n</link>", one, one),
        ("link-relative", "<link>../a/1.html</link>", one, one),
        ("link-from-the-root", "<link>/a/1.html</link>", one, one),
        ("link-without-scheme", "<link>//news.example.cn/a/1.html</link>", one, one),
        ("link-script-is-none", "<link>javascript:alert(1)</link>", None, ""),
        ("link-mail-is-none", "<link>mailto:a@example.cn</link>", None, ""),
        ("link-as-in-atom", f'<link href="{one}"/>', one, one),
        ("link-atom-self-beside-rss-link", f'<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="self" href="https://news.example.cn/self"/><link>{one}</link>', one, one),
        ("link-empty-then-full", f"<link></link><link>{one}</link>", one, one),
        ("guid-empty-link-stands-for-it", f"<guid></guid><link>{one}</link>", one, one),
        ("guid-number", f"<guid isPermaLink='false'>20240305</guid><link>{one}</link>", one, "20240305"),
        ("enclosure-only", f'<guid isPermaLink="false">p</guid><enclosure url="https://news.example.cn/1.mp3" type="audio/mpeg" length="9"/>', "https://news.example.cn/1.mp3", "p"),
        ("none-at-all", "<description>文</description>", None, ""),
        ("link-with-chinese-path", "<link>https://news.example.cn/新闻/1</link>", "https://news.example.cn/%E6%96%B0%E9%97%BB/1", "https://news.example.cn/%E6%96%B0%E9%97%BB/1"),
        ("comments-is-not-the-link", f"<comments>https://news.example.cn/c</comments><link>{one}</link>", one, one),
        ("source-has-an-address-too", f'<source url="https://other.example.cn/rss">他报</source><link>{one}</link>', one, one),
    ]:
        case(f"rss-{name}.xml", rss(f"<item><title>一</title>{inside}</item>"), entries=[{"id": id, "title": "一", "url": url}])
    for name, inside, url in [
        ("rel-absent", f'<link href="{one}"/>', one),
        ("rel-alternate", f'<link rel="alternate" href="{one}"/>', one),
        ("self-first", f'<link rel="self" href="https://news.example.cn/s"/><link rel="alternate" href="{one}"/>', one),
        ("html-outranks-json", f'<link rel="alternate" type="application/json" href="https://news.example.cn/j"/><link rel="alternate" type="text/html" href="{one}"/>', one),
        ("edit-is-none", '<link rel="edit" href="https://news.example.cn/e"/>', None),
        ("replies-is-none", '<link rel="replies" href="https://news.example.cn/r"/>', None),
        ("enclosure-only", '<link rel="enclosure" href="https://news.example.cn/1.mp3"/>', "https://news.example.cn/1.mp3"),
        ("rel-is-an-address", f'<link rel="http://www.iana.org/assignments/relation/alternate" href="{one}"/>', one),
        ("relative", '<link href="/a/1.html"/>', one),
        ("not-self-closed", f'<link href="{one}"></link>', one),
        ("xml-base-on-the-link", '<link xml:base="https://news.example.cn/a/" href="1.html"/>', one),
        ("single-quotes", f"<link href='{one}'/>", one),
        ("no-quotes", f"<link href={one} />", one),
        ("twice-the-first-stands", f'<link href="{one}"/><link href="https://news.example.cn/a/2.html"/>', one),
    ]:
        case(f"atom-link-{name}.xml", atom(entry(f"<title>一</title>{inside}")), "atom", entries=[{"id": "tag:example.cn,2024:1", "url": url}])
    linked = entry('<title>一</title><link href="y.html"/>')
    case("atom-xml-base-on-the-feed.xml", f'<feed {ATOM} xml:base="https://other.example.cn/x/"><title>t</title>{linked}</feed>', "atom", entries=[{"url": "https://other.example.cn/x/y.html"}])
    case("atom-xml-base-on-the-entry-ends-with-it.xml", f'<feed {ATOM}><title>t</title><entry xml:base="https://other.example.cn/x/"><id>1</id><title>一</title><link href="y.html"/></entry><entry><id>2</id><title>二</title><link href="y.html"/></entry></feed>', "atom", entries=[{"url": "https://other.example.cn/x/y.html"}, {"url": "https://news.example.cn/feed/y.html"}])
    case("atom-xml-base-relative-in-relative.xml", f'<feed {ATOM} xml:base="/a/"><title>t</title><entry xml:base="b/"><id>1</id><title>一</title><link href="c.html"/></entry></feed>', "atom", entries=[{"url": "https://news.example.cn/a/b/c.html"}])
    case("atom-xml-base-broken-is-passed-over.xml", f'<feed {ATOM} xml:base="http://[bad"><title>t</title>{linked}</feed>', "atom", entries=[{"url": "https://news.example.cn/feed/y.html"}])
    case("ids-repeated-for-different-stories.xml", rss(item("<title>甲</title><link>https://news.example.cn/1</link>", "0") + item("<title>乙</title><link>https://news.example.cn/2</link>", "0")), entries=[{"id": "0 https://news.example.cn/1", "title": "甲"}, {"id": "0 https://news.example.cn/2", "title": "乙"}])
    case("ids-repeated-for-versions-the-newer-stays.xml", rss(item(f"<title>停水</title><link>https://news.example.cn/1</link><pubDate>{RFC822}</pubDate>") + item("<title>停水（更新）</title><link>https://news.example.cn/1</link><pubDate>Tue, 05 Mar 2024 10:30:00 +0800</pubDate>")), entries=[{"id": "n-1", "title": "停水（更新）"}])
    case("entry-twice-counts-once.xml", rss("<item><title>甲</title></item><item><title>甲</title></item>"), entries=[{"title": "甲"}])


# texts and modules

LONG = "防汛值班安排如下。" * 40


def texts():
    for name, inside, namespaces, expected in [
        ("content-encoded-outranks-description", "<description>摘要</description><content:encoded><![CDATA[<p>全文</p>]]></content:encoded>", CONTENT, {"body": "全文", "summary_only": False}),
        ("content-encoded-before-description", "<content:encoded><![CDATA[<p>全文</p>]]></content:encoded><description>摘要</description>", CONTENT, {"body": "全文"}),
        ("content-encoded-empty", "<description>摘要</description><content:encoded></content:encoded>", CONTENT, {"body": "摘要", "summary_only": True}),
        ("content-encoded-a-picture-alone", "<description>摘要</description><content:encoded>&lt;img src='a.png'/&gt;</content:encoded>", CONTENT, {"body": "摘要"}),
        ("content-undeclared-prefix", "<content:encoded>&lt;p&gt;全文&lt;/p&gt;</content:encoded>", "", {"body": "全文"}),
        ("content-other-prefix", "<c:encoded>全文</c:encoded>", 'xmlns:c="http://purl.org/rss/1.0/modules/content/"', {"body": "全文"}),
        ("content-prefix-of-something-else", "<description>摘要</description><content:encoded>别的</content:encoded>", 'xmlns:content="urn:other"', {"body": "摘要"}),
        ("excerpt-encoded-is-not-the-content", "<description>摘要</description><excerpt:encoded>别的</excerpt:encoded>", 'xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"', {"body": "摘要"}),
        ("xhtml-body", '<body xmlns="http://www.w3.org/1999/xhtml"><p>甲</p><p>乙</p></body>', "", {"body": "甲\n\n乙"}),
        ("xhtml-body-prefixed", "<xhtml:body><xhtml:p>甲</xhtml:p></xhtml:body>", 'xmlns:xhtml="http://www.w3.org/1999/xhtml"', {"body": "甲"}),
        ("fullitem", "<fullitem>&lt;p&gt;全文&lt;/p&gt;</fullitem>", "", {"body": "全文"}),
        ("dc-description", "<dc:description>目录说明</dc:description>", DC, {"body": "目录说明"}),
        ("description-outranks-dc", "<dc:description>目录说明</dc:description><description>正文</description>", DC, {"body": "正文"}),
        ("itunes-summary", "<itunes:summary>节目说明</itunes:summary><itunes:subtitle>副题</itunes:subtitle>", 'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"', {"body": "节目说明"}),
        ("itunes-subtitle-alone", "<itunes:subtitle>副题</itunes:subtitle>", 'xmlns:itunes="http://www.itunes.com/DTDs/Podcast-1.0.dtd"', {"body": "副题"}),
        ("media-description", '<media:description type="plain">图片说明</media:description>', MEDIA, {"body": "图片说明"}),
        ("media-group-description", '<media:group><media:content url="a.mp4"/><media:description>视频说明</media:description></media:group>', MEDIA, {"body": "视频说明"}),
        ("media-title-does-not-replace-the-title", '<media:content url="a"><media:title>图题</media:title></media:content>', MEDIA, {"body": ""}),
        ("description-in-paragraphs", "<description>&lt;p&gt;甲&lt;/p&gt;&lt;p&gt;乙&lt;/p&gt;</description>", "", {"body": "甲\n\n乙"}),
        ("description-with-line-breaks", "<description>甲&lt;br&gt;乙&lt;br/&gt;丙</description>", "", {"body": "甲\n乙\n丙"}),
        ("description-plain-lines-stay", "<description>甲\n乙</description>", "", {"body": "甲\n乙"}),
        ("description-unescaped-html", "<description><p>甲</p><p>乙</p></description>", "", {"body": "甲\n\n乙"}),
        ("description-unescaped-void-elements", '<description>甲<br>乙<img src="a.png">丙</description>', "", {"body": "甲\n乙丙"}),
        ("description-nested-same-name", "<description>甲<description>乙</description>丙</description>", "", {"body": "甲乙丙"}),
        ("description-script-is-left-out", "<description>甲&lt;script&gt;alert(1)&lt;/script&gt;乙</description>", "", {"body": "甲乙"}),
        ("description-style-is-left-out", "<description>&lt;style&gt;p{color:red}&lt;/style&gt;甲</description>", "", {"body": "甲"}),
        ("description-comment-is-left-out", "<description>甲<!-- 注 -->乙</description>", "", {"body": "甲乙"}),
        ("description-escaped-comment-is-left-out", "<description>甲&lt;!-- 注 --&gt;乙</description>", "", {"body": "甲乙"}),
        ("description-entities-of-html", "<description>&ldquo;甲&rdquo;&nbsp;&mdash;&nbsp;乙&hellip;</description>", "", {"body": "“甲” — 乙…"}),
        ("description-entities-escaped-twice", "<description>&amp;ldquo;甲&amp;rdquo;</description>", "", {"body": "“甲”"}),
        ("description-table", "<description>&lt;table&gt;&lt;tr&gt;&lt;td&gt;时间&lt;/td&gt;&lt;td&gt;八点&lt;/td&gt;&lt;/tr&gt;&lt;/table&gt;</description>", "", {"body": "时间 八点"}),
        ("description-list", "<description>&lt;ul&gt;&lt;li&gt;甲&lt;/li&gt;&lt;li&gt;乙&lt;/li&gt;&lt;/ul&gt;</description>", "", {"body": "- 甲\n- 乙"}),
        ("description-self-closed-script-hides-nothing", '<description>甲&lt;script src="a.js"/&gt;乙</description>', "", {"body": "甲乙"}),
        ("description-less-than-sign", "<description>气温 &amp;lt; 5 度</description>", "", {"body": "气温 < 5 度"}),
        ("description-angle-brackets-of-chinese", "<description>关于&lt;通知&gt;的说明</description>", "", {"body": "关于<通知>的说明"}),
        ("description-long-is-whole", f"<description>{LONG}</description>", "", {"body": LONG, "summary_only": False}),
        ("description-long-goes-on", f"<description>{LONG}……</description>", "", {"summary_only": True}),
        ("description-read-more", f"<description>{LONG}阅读全文</description>", "", {"summary_only": True}),
        ("georss-and-slash-are-passed-over", '<description>正文</description><georss:point>29.47 121.87</georss:point><slash:comments>3</slash:comments><slash:hit_parade>1,2</slash:hit_parade>', 'xmlns:georss="http://www.georss.org/georss" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"', {"body": "正文"}),
    ]:
        case(f"rss-{name}.xml", rss(item(f"<title>标题</title>{inside}"), namespaces=namespaces), entries=[{"id": "n-1", "title": "标题"} | expected])
    for name, written, text in [
        ("cdata", "<![CDATA[停水 <b>通知</b>]]>", "停水 通知"),
        ("over-lines", "\n  停水\n  通知\n", "停水 通知"),
        ("numeric-references", "&#20572;&#x6C34;", "停水"),
        ("numeric-without-semicolon", "&#20572&#27700", "停水"),
        ("surrogate-pair-references", "&#55357;&#56832; 好消息", "😀 好消息"),
        ("control-reference", "停&#11;水&#0;", "停水"),
        ("bare-ampersand", "A&B 公司", "A&B 公司"),
        ("entity-of-html", "甲&nbsp;乙&middot;丙", "甲 乙·丙"),
        ("unknown-entity", "甲&nosuch;乙", "甲&nosuch;乙"),
        ("entity-without-semicolon", "甲 &amp 乙", "甲 & 乙"),
        ("less-than-sign", "气温 < 5 度", "气温 < 5 度"),
        ("inline-markup", "停水<b>紧急</b>通知", "停水紧急通知"),
        ("inline-unclosed", "停水 <b>紧急", "停水 紧急"),
        ("control-characters", "停\x08水\x0b通知\x1f", "停水通知"),
        ("nul", "停\x00水", "停水"),
        ("zero-width", "停\u200b水\ufeff", "停水"),
        ("type-attribute-html", None, "停水"),
        ("cdata-in-pieces", "<![CDATA[停]]><![CDATA[水]]>", "停水"),
        ("cdata-after-text", "通知：<![CDATA[停水]]>", "通知：停水"),
        ("cdata-lower-case", "<![cdata[停水]]>", "停水"),
        ("emoji", "好消息🎉", "好消息🎉"),
        ("comment-inside", "停<!-- 不 -->水", "停水"),
        ("processing-instruction-inside", "停<?x y?>水", "停水"),
    ]:
        element = '<title type="html">&lt;i&gt;停水&lt;/i&gt;</title>' if written is None else f"<title>{written}</title>"
        case(f"title-{name}.xml", rss(item(element)), entries=[{"id": "n-1", "title": text}])
    case("title-absent-dc-title-stands-for-it.xml", rss(item("<dc:title>目录标题</dc:title>"), namespaces=DC), entries=[{"title": "目录标题"}])
    case("title-empty-dc-title-stands-for-it.xml", rss(item("<title> </title><dc:title>目录标题</dc:title>"), namespaces=DC), entries=[{"title": "目录标题"}])
    case("title-absent-media-title-stands-for-it.xml", rss(item("<media:group><media:title>视频</media:title></media:group>"), namespaces=MEDIA), entries=[{"title": "视频"}])
    case("title-after-dc-title.xml", rss(item("<dc:title>目录标题</dc:title><title>本来标题</title>"), namespaces=DC), entries=[{"title": "本来标题"}])
    case("channel-title-with-markup.xml", rss("", head="<title>&lt;b&gt;县级&lt;/b&gt;要闻</title>"), title="县级要闻", entries=[])


def rhythm():
    sy = 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
    for name, head, namespaces, seconds in [
        ("minutes", "<title>t</title><ttl>60</ttl>", "", 3600), ("with-spaces", "<ttl> 5 </ttl>", "", 300), ("negative-is-none", "<ttl>-5</ttl>", "", None), ("zero-is-none", "<ttl>0</ttl>", "", None), ("word-is-none", "<ttl>soon</ttl>", "", None),
        ("sy-daily", "<sy:updatePeriod>daily</sy:updatePeriod>", sy, 86400), ("sy-twice-an-hour", "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>", sy, 1800), ("outranks-sy", "<sy:updatePeriod>weekly</sy:updatePeriod><ttl>10</ttl>", sy, 600), ("sy-in-lines", "<sy:updatePeriod>\n hourly </sy:updatePeriod>", sy, 3600), ("sy-unknown-period", "<sy:updatePeriod>fortnightly</sy:updatePeriod>", sy, None),
    ]:
        case(f"ttl-{name}.xml", rss(item("<title>一</title>"), head=head, namespaces=namespaces), entries=[{"title": "一"}], ttl_s=seconds)
    at = 'xmlns:at="http://purl.org/atompub/tombstones/1.0"'
    case("tombstone-beside-entries.xml", atom('<at:deleted-entry ref="tag:example.cn,2024:7" when="2024-03-05T08:30:00+08:00"><at:by><name>编辑</name></at:by><at:comment>误发</at:comment></at:deleted-entry>' + entry("<title>一</title>"), namespaces=at), "atom", entries=[{"title": "一"}], deleted=["tag:example.cn,2024:7"])
    case("tombstone-other-prefix-and-self-closed.xml", atom('<t:deleted-entry ref="a" when="2024-03-05T08:30:00Z"/><t:deleted-entry ref="b" when="2024-03-05T08:30:00Z"/>', namespaces='xmlns:t="http://purl.org/atompub/tombstones/1.0"'), "atom", entries=[], deleted=["a", "b"])
    case("tombstone-in-rss.xml", rss('<at:deleted-entry ref="n-9" when="2024-03-05T08:30:00Z"/>' + item("<title>一</title>"), namespaces=at), entries=[{"title": "一"}], deleted=["n-9"])
    case("tombstone-without-a-ref-is-passed-over.xml", atom('<at:deleted-entry when="2024-03-05T08:30:00Z"/>', namespaces=at), "atom", entries=[], deleted=[])


# broken documents that can be read

TWO = item("<title>甲</title>", "a") + item("<title>乙</title>", "b")
TWO_READ = [{"id": "a", "title": "甲"}, {"id": "b", "title": "乙"}]
CUT_OFF = ["cut off"]


def broken():
    whole = rss(TWO)
    for name, document in {
        "no-declaration": rss(TWO, declaration=""),
        "declaration-not-closed": rss(TWO, declaration='<?xml version="1.0" encoding="utf-8">'),
        "declaration-twice": '<?xml version="1.0"?>' + whole,
        "blank-lines-first": "\n\n  \n" + whole,
        "mark-and-blank-first": "\ufeff \ufeff" + whole,
        "comment-first": "<!-- cached <rss> -->" + whole,
        "stylesheet-instruction-first": whole.replace("?>", '?><?xml-stylesheet type="text/xsl" href="a>b.xsl"?>', 1),
        "php-warning-first": "<br />\n<b>Warning</b>:  mysql_connect() in <b>/www/feed.php</b> on line <b>3</b><br />\n" + whole,
        "words-first": "OK\n" + whole,
        "junk-after-the-end": whole + "<script>track()</script>\n</html>",
        "no-end-of-rss": whole.replace("</rss>", ""),
        "no-end-of-channel-and-rss": whole.replace("</channel></rss>", ""),
        "no-end-of-items": whole.replace("</item>", ""),
        "no-end-of-titles": whole.replace("</title></item>", "</item>"),
        "end-tags-crossed": rss("<item><guid>a</guid><title>甲</item></title><item><guid>b</guid><title>乙</title></item>"),
        "end-tag-of-nothing": rss("</b></p>" + TWO),
        "stray-less-than-between-items": rss(item("<title>甲</title>", "a") + " < " + item("<title>乙</title>", "b")),
        "stray-text-between-items": rss(item("<title>甲</title>", "a") + "说明 & 文字" + item("<title>乙</title>", "b")),
        "attribute-without-quotes": rss(TWO).replace('version="2.0"', "version=2.0"),
        "attribute-twice": rss(TWO).replace('version="2.0"', 'version="2.0" version="2.0"'),
        "attribute-with-less-than": rss('<image alt="a<b"/>' + TWO),
        "attribute-quote-not-closed": rss(TWO.replace("<title>", '<title lang="zh>', 1)),
        "undeclared-prefixes": rss("<foo:bar>x</foo:bar>" + TWO + "<foo:baz/>"),
        "prefix-declared-twice": rss(TWO, namespaces='xmlns:a="urn:1" xmlns:a="urn:2"'),
        "colons-in-names": rss("<a:b:c>x</a:b:c>" + TWO),
        "unclosed-foreign-element": rss(TWO + "<media:thumbnail url='x'>", namespaces=MEDIA),
        "doctype-with-entities": rss(TWO, declaration='<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY nbsp "&#160;"><!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        "spaces-in-end-tags": whole.replace("</title>", "</title >").replace("</item>", "</item\n>"),
        "mac-line-ends": whole.replace("><", ">\r<"),
        "windows-line-ends": whole.replace("><", ">\r\n<"),
        "one-line-of-tabs": whole.replace("><", ">\t<"),
        "form-feeds-between": whole.replace("><", ">\x0c<"),
        "case-of-end-tags-differs": whole.replace("</item>", "</ITEM>"),
        "within-a-soap-envelope": f"<?xml version='1.0'?><s:Envelope xmlns:s='urn:s'><s:Body>{rss(TWO, declaration='')}</s:Body></s:Envelope>",
        "comment-not-closed-at-the-end": whole + "<!-- x",
        "section-mark-outside": rss("<![CDATA[ 说明 ]]>" + TWO),
        "nul-bytes-at-the-end": whole + "\x00" * 20,
    }.items():
        case(f"broken-{name}.xml", document, entries=TWO_READ)
    case("cut-off-in-an-item.xml", whole[: whole.index("乙")], entries=TWO_READ[:1], lost=CUT_OFF)
    case("cut-off-in-a-tag.xml", whole[: whole.index("乙") - 4], entries=TWO_READ[:1], lost=CUT_OFF)
    case("cut-off-in-a-section.xml", rss(item("<title>甲</title>", "a"))[: -len("</channel></rss>\n")] + "<item><guid>b</guid><title><![CDATA[乙", entries=TWO_READ[:1], lost=CUT_OFF)
    case("cut-off-between-items.xml", whole[: whole.index("</channel>")], entries=TWO_READ)
    case("cut-off-in-the-middle-of-a-character.xml", whole.encode()[: whole.encode().index("乙".encode()) + 1], entries=TWO_READ[:1], lost=CUT_OFF)
    public = atom(entry("<title>甲</title>", "a") + entry("<title>乙</title>", "b"))
    case("atom-cut-off-in-an-entry.xml", public[: public.index("乙")], "atom", entries=TWO_READ[:1], lost=CUT_OFF)
    case("atom-no-end-of-entries.xml", public.replace("</entry>", ""), "atom", entries=TWO_READ)
    case("one-strange-item-costs-no-other.xml", rss(item("<title>甲</title>", "a") + "<item><guid>x</guid><title>怪</title><enclosure url='x' length='?'><pubDate>someday</pubDate><itunes:duration>::</itunes:duration><media:content width='a'></item>" + item("<title>乙</title>", "b")), entries=[TWO_READ[0], {"id": "x", "title": "怪", "published": None}, TWO_READ[1]])
    case("title-not-ended-before-the-guid.xml", rss("<item><title>甲<guid>a</guid><pubDate>" + RFC822 + "</pubDate></item>" + item("<title>乙</title>", "b")), entries=[{"id": "a", "title": "甲", "published": T}, TWO_READ[1]])
    case("entities-are-not-expanded.xml", rss(item("<title>&lol9;</title>", "a") + item("<title>乙</title>", "b"), declaration='<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol1 "&lol;&lol;&lol;"><!ENTITY lol9 "&lol1;&lol1;&lol1;">]>'), entries=[{"id": "a", "title": "&lol9;"}, TWO_READ[1]])
    case("deep-nesting-in-a-title.xml", rss("<item><guid>a</guid><title>" + "<b>" * 3000 + "甲</title></item>" + item("<title>乙</title>", "b")), entries=TWO_READ)
    case("deep-nesting-beside-items.xml", rss("<x>" * 3000 + "</x>" * 3000 + TWO), entries=TWO_READ)
    case("long-attribute.xml", rss("<image alt='" + "长" * 5000 + "'/>" + TWO), entries=TWO_READ)
    case("many-attributes.xml", rss("<image " + " ".join(f"a{n}='{n}'" for n in range(1500)) + "/>" + TWO), entries=TWO_READ)
    case("many-namespaces.xml", rss(TWO, namespaces=" ".join(f"xmlns:n{n}='urn:{n}'" for n in range(400))), entries=TWO_READ)
    case("rss-root-with-atom-entries.xml", "<rss version='2.0'><channel><title>混</title><entry><id>a</id><title>甲</title><updated>2024-03-05T08:30:00+08:00</updated></entry></channel></rss>", entries=[{"id": "a", "title": "甲", "published": T}])
    case("atom-root-with-rss-items.xml", f"<feed {ATOM}><title>混</title><item><guid>a</guid><title>甲</title></item></feed>", "atom", entries=[TWO_READ[0]])
    case("uncompressed-whitespace-everywhere.xml", whole.replace("<", "   <").replace(">", ">   "), entries=TWO_READ)


# JSON

def json_feeds():
    def feed(items, **more):
        return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "热点", "items": items} | more, ensure_ascii=False)

    one = {"id": "1", "url": "https://news.example.cn/1", "title": "路灯", "content_html": "<p>坏了</p><p>三天</p>", "date_published": "2024-03-05T08:30:00+08:00", "date_modified": "2024-03-05T01:00:00Z"}
    read = {"id": "1", "title": "路灯", "url": "https://news.example.cn/1", "body": "坏了\n\n三天", "published": T, "updated": "2024-03-05T09:00:00+08:00", "summary_only": False}
    case("json-1.1.json", feed([one]), "json", "热点", [read])
    case("json-1.0.json", feed([one], version="https://jsonfeed.org/version/1"), "json", "热点", [read])
    case("json-without-a-version.json", json.dumps({"title": "热点", "items": [one]}), "json", "热点", [read])
    for name, change, expected in [
        ("id-is-a-number", {"id": 7}, {"id": "7"}),
        ("id-is-missing-the-url-stands-for-it", {"id": None}, {"id": "https://news.example.cn/1"}),
        ("url-is-missing", {"url": None}, {"url": None, "id": "1"}),
        ("external-url", {"url": None, "external_url": "https://other.example.cn/x"}, {"url": "https://other.example.cn/x"}),
        ("url-is-relative", {"url": "/2"}, {"url": "https://news.example.cn/2"}),
        ("url-is-a-script", {"url": "javascript:x"}, {"url": None}),
        ("text-content", {"content_html": None, "content_text": "第一行\n1 < 2"}, {"body": "第一行\n1 < 2"}),
        ("both-contents-html-wins", {"content_text": "别的"}, {"body": "坏了\n\n三天"}),
        ("summary-only", {"content_html": None, "summary": "摘要"}, {"body": "摘要", "summary_only": True}),
        ("title-is-missing", {"title": None}, {"title": "", "body": "坏了\n\n三天"}),
        ("title-with-entities", {"title": "停水&#8220;通知&#8221;"}, {"title": "停水“通知”"}),
        ("date-is-unreadable", {"date_published": "昨天", "date_modified": None}, {"published": None}),
        ("date-modified-alone", {"date_published": None}, {"published": "2024-03-05T09:00:00+08:00"}),
        ("extensions-are-passed-over", {"_x": {"a": [1, {"b": None}]}, "attachments": [{"url": "a"}], "authors": 3}, {"title": "路灯"}),
        ("title-is-a-list", {"title": ["路灯"]}, {"title": "", "id": "1"}),
    ]:
        changed = {k: v for k, v in (one | change).items() if v is not None}
        case(f"json-{name}.json", feed([changed]), "json", "热点", [expected])
    case("json-a-strange-item-costs-itself-alone.json", feed([3, one, None]), "json", "热点", [read], lost=["no JSON object", "no JSON object"])
    case("json-no-items-in-the-list.json", feed([]), "json", "热点", [])
    text = feed([one, one | {"id": "2", "url": "https://news.example.cn/2", "title": "井盖"}])
    pair = [read, {"id": "2", "title": "井盖"}]
    case("json-comma-before-the-bracket.json", text.replace("}]", "},]"), "json", "热点", pair)
    case("json-raw-line-break-in-a-string.json", text.replace("路灯", "路\n灯"), "json", "热点", [{"id": "1", "title": "路 灯"}, pair[1]])
    case("json-control-character-in-a-string.json", text.replace("三天", "三\x01天"), "json", "热点", [{"id": "1"}, pair[1]])
    case("json-half-a-surrogate-pair.json", text.replace("路灯", "路灯\\ud83d"), "json", "热点", [{"id": "1", "title": "路灯\ufffd"}, pair[1]])
    case("json-unknown-escape.json", text.replace("路灯", "路\\灯"), "json", "热点", [{"id": "1", "title": "路\\灯"}, pair[1]])
    case("json-cut-off-in-the-second-item.json", text[: text.index("井盖")], "json", "热点", [read], lost=CUT_OFF)
    case("json-something-after-the-end.json", text + "\n<!-- cached -->", "json", "热点", pair)
    case("json-escapes-everywhere.json", json.dumps({"title": "热点", "items": [one]}, ensure_ascii=True), "json", "热点", [read])


# what is no feed

def unreadable():
    for name, document, reason in [
        ("empty.xml", "", "empty"), ("blank.xml", " \n\t", "empty"), ("mark-alone.xml", b"\xef\xbb\xbf", "empty"), ("nul-bytes.xml", b"\x00" * 40, "empty"),
        ("web-page.html", "<!DOCTYPE html><html><head><title>404</title></head><body>找不到</body></html>", "a web page"),
        ("web-page-declared-as-xml.xml", '<?xml version="1.0" encoding="UTF-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>首页</title></head><body/></html>', "a web page"),
        ("web-page-without-head.html", "<HTML><BODY>维护中</BODY></HTML>", "a web page"),
        ("web-page-that-speaks-of-items.html", "<html><body><ul><item>一</item></ul><channel>x</channel></body></html>", "a web page"),
        ("login-page-in-gbk.html", "<html><head><meta charset='gbk'></head><body>请登录</body></html>".encode("gbk"), "a web page"),
        ("sitemap.xml", '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://news.example.cn/</loc></url></urlset>', "a sitemap"),
        ("sitemap-index.xml", "<sitemapindex><sitemap><loc>a</loc></sitemap></sitemapindex>", "a sitemap"),
        ("opml.xml", '<opml version="2.0"><body><outline xmlUrl="https://news.example.cn/rss"/></body></opml>', "an OPML list"),
        ("svg.xml", '<svg xmlns="http://www.w3.org/2000/svg"><title>图</title></svg>', "XML of another kind"),
        ("soap-fault.xml", "<s:Envelope xmlns:s='urn:s'><s:Body><s:Fault/></s:Body></s:Envelope>", "XML of another kind"),
        ("error-of-a-store.xml", "<Error><Code>AccessDenied</Code></Error>", "XML of another kind"),
        ("rdf-of-persons.xml", f"<rdf:RDF {RDF} xmlns:foaf='http://xmlns.com/foaf/0.1/'><foaf:Person><foaf:name>甲</foaf:name></foaf:Person></rdf:RDF>", "XML of another kind"),
        ("xmltv.xml", "<tv><channel id='1'><display-name>一套</display-name></channel></tv>", "XML of another kind"),
        ("plain-text.txt", "服务器繁忙，请稍后再试", "text of another kind"), ("number.txt", "404", "text of another kind"), ("binary.bin", bytes(range(1, 256)), "text of another kind"), ("csv.csv", "编号,标题\n1,停水\n", "text of another kind"),
        ("json-without-items.json", '{"error":"denied"}', "JSON without"), ("json-list.json", "[1,2]", "JSON without"), ("json-items-no-list.json", '{"items":{"a":1}}', "JSON without"),
        ("json-broken.json", '{"title":', "damaged"), ("json-deep.json", "[" * 20000, "damaged"), ("json-cut-off-before-the-items.json", '{"title":"热点","ite', "damaged"),
        ("rss-cut-off-before-the-first-item.xml", "<rss version='2.0'><channel><title>县级要", "ends before its first entry"),
        ("atom-cut-off-before-the-first-entry.xml", f"<feed {ATOM}><title>公告</title><id>f</id>", "ends before its first entry"),
        ("rdf-cut-off-before-the-first-item.xml", f'<rdf:RDF {RDF} xmlns="http://purl.org/rss/1.0/"><channel><title>目', "ends before its first entry"),
        ("root-cut-off.xml", "<?xml version='1.0'?><rss version='2.0'", "ends before its first entry"),
        ("declaration-alone.xml", '<?xml version="1.0"?>', "XML of another kind"), ("comment-alone.xml", "<!-- 暂停服务 -->", "XML of another kind"),
    ]:
        case(f"unreadable-{name}", document, error=reason)


def main():
    shutil.rmtree(CASES, ignore_errors=True)
    CASES.mkdir()
    for family in (formats, encodings, dates, links, texts, rhythm, broken, json_feeds, unreadable):
        family()
    rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in TABLE)
    (HERE / "cases.json").write_text(f"[\n{rows}\n]\n", encoding="utf-8")
    size = sum(path.stat().st_size for path in CASES.iterdir())
    print(f"{len(TABLE)} cases, {size} bytes")


if __name__ == "__main__":
    main()
