import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_pipeline.config import Normalized, SplitByGroup
from dataset_pipeline.stages.normalized import uniform

POLICY = Normalized(
    group_key="a key of tests",
    split=SplitByGroup(by="group", validation=0.2, test=0.3),
    html_remains=True,
)


def plain(text: str, policy: Normalized = POLICY) -> str:
    return str(uniform(pl.Series("text", [text]), policy)[0])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("<p>It&#39;s broken</p>", "It's broken"),
        ("one<br>two<br/>three<BR />four", "one\ntwo\nthree\nfour"),
        ('<div class="msg">Where is it?</div><br/>', "Where is it?"),
        ('<span style="color:#333">seen</span> it', "seen it"),
        (
            "no&nbsp;space &amp; more &lt;3 &amp;quot;quoted&amp;quot;",
            'no space & more <3 "quoted"',
        ),
        ("&#1055;&#x440;ивет, &laquo;мир&raquo;", "Привет, «мир»"),
        ("so&shy;ft&#8203;", "soft"),
        ("&amp;amp;amp;lt;b&amp;gt;bold&lt;/b&gt;", "bold"),
        ("<style>p {color: red}</style><p>Text</p>", "Text"),
        ("<script type='a'>alert(1 < 2)</script>Text<!-- no -->", "Text"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ('see <a href="https://example.org/a?b=1&amp;c=2">here</a>', "see here"),
        ("<b>bo</b>ld <o:p></o:p>", "bold"),
        ("<b<i></i>r>", ""),
    ],
)
def test_remains_go(text: str, wanted: str) -> None:
    assert plain(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "write to <anna@example.org> or <https://example.org>",
        "if a < b and c > d, then a<b",
        "a List<String> and a Map<K, V>, get<i>(x)",
        "the <b> tag in my template is shown as it is",
        "R&D at AT&T; a&b=1&copy=2",
        "x <- 3; y -> 4 <3 <!",
        "if a <b and c> d</notatag>",
    ],
)
def test_what_only_looks_like_html_stays(text: str) -> None:
    assert plain(text) == text


def test_off_unless_asked_for() -> None:
    off = POLICY.model_copy(update={"html_remains": False})
    assert plain("<p>a &amp; b</p>", off) == "<p>a &amp; b</p>"


bits = st.sampled_from(
    ["<", ">", "&", ";", "amp;", "lt;", "&#60;", "br", "b", "/", "p", " ", "\n", "<b>", "</b>",
     "\u200b", "<div>", "style", "&shy;", "&nbsp;", 'a="', '"', "<!--", "-->", "#", "word"]
)  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(st.lists(bits, max_size=20).map("".join))
def test_what_is_uniform_stays_as_it_is(text: str) -> None:
    policy = POLICY.model_copy(update={"repair_encoding": False})
    once = plain(text, policy)
    assert plain(once, policy) == once
