"""Normalise: whatever a feed calls a title or a summary becomes one line of plain text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages.normalise import plain_text
from pipeline.stages.normalise.plain import shortened


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("", ""),
        ("x < y", "x < y"),
        ("5 > 3 & 2 < 4", "5 > 3 & 2 < 4"),
        ("<Breaking> news", "<Breaking> news"),
        ("How to use the <script> tag", "How to use the <script> tag"),
        ("AT&amp;T", "AT&T"),
        ("AT&amp;amp;T", "AT&T"),
        ("R" + "&amp;" + "amp;" * 9 + "D", "R" + "&amp;" + "amp;" * 5 + "D"),
        ("Caf&eacute; &#8211; caf&#xe9;", "Café – café"),
        ("a <b>bold</b>er <i>word</i>", "a bolder word"),
        ("a &lt;b&gt;bold&lt;/b&gt; word", "a bold word"),
        ("&lt;p&gt;One&lt;/p&gt;&lt;p&gt;Two&lt;/p&gt;", "One Two"),
        ("<p>One</p>Two<br>Three<ul><li>Four<li>Five</ul>", "One Two Three Four Five"),
        ("Before<script>alert(1)</script> after", "Before after"),
        ("Before<SCRIPT src=x></SCRIPT> after", "Before after"),
        ("<style>p { color: red }</style>Text", "Text"),
        ("<svg><title>Arrow</title><text>x</text></svg>Text", "Text"),
        ("Text<iframe src=x>none</iframe>", "Text"),
        ("a<!-- comment -->b", "ab"),
        ("<![CDATA[<p>Quoted</p>]]>", "Quoted"),
        ("<?xml version='1.0'?><p>Text</p>", "Text"),
        ('<img alt="a > b" src="https://t.example/pixel.gif">Text', "Text"),
        ("Text &lt;img src=x onerror=alert(1)&gt;", "Text"),
        ("  many \n\t spaces  ", "many spaces"),
        ("Vraiment\u00a0? \n Oui\u202f!", "Vraiment\u00a0? Oui\u202f!"),
        ("\u202bمرحبا\u202c (Mali)", "\u202bمرحبا\u202c (Mali)"),
        ("a\x00b\x07c\ud800d", "abcd"),
        ("unclosed <b>bold", "unclosed bold"),
        ("tail <a href='x", "tail"),
    ],
)
def test_markup_becomes_plain_text(markup: str, text: str) -> None:
    assert plain_text(markup) == text


@pytest.mark.parametrize(
    "unit", ["<!--", "<a ", "<b>", "<a b='", "<![CDATA[", "<script>", "<svg>", "&amp;", "<p>a</p>"]
)
def test_hostile_markup_costs_little(unit: str) -> None:
    started = time.process_time()
    plain_text(unit * (2_000_000 // len(unit)))
    assert time.process_time() - started < 1


@given(st.text(alphabet="<>&;/!ab p#x1'\"=-[]\n\u00a0\ud800", max_size=80))
def test_no_markup_breaks_it_and_the_result_is_one_clean_line(markup: str) -> None:
    text = plain_text(markup)
    assert text == text.strip()
    assert not {"\n", "\ud800"} & set(text)
    text.encode()


def test_a_long_text_is_cut_at_a_word() -> None:
    assert shortened("one two three", 13) == "one two three"
    assert shortened("one two, three", 12) == "one two…"
    assert shortened("北京" * 10, 5) == "北京北京…"
