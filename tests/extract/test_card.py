"""Model cards: what the front matter and the body say, and what broken or hostile ones do."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harvester.extract.card import MAX_CARD, Card, read_card, read_card_data
from harvester.extract.card_body import papers, sections
from harvester.extract.front_matter import FrontMatterError, parse, to_json
from harvester.extract.languages import LanguageRow, code_of, in_tags

CARDS = Path(__file__).resolve().parents[3] / "shared" / "real" / "cards"


def card(front_matter: str, body: str = "") -> Card:
    return read_card(f"---\n{front_matter}\n---\n{body}".encode())


def test_norwegian_is_a_language_and_not_false() -> None:
    read = card("language:\n- no\n- on\n- NL")
    assert read.status == "ok"
    assert [(row.language, row.code) for row in read.languages] == [("no", "no"), ("on", None), ("nl", "nl")]


def test_versions_dates_and_digits_stay_as_they_were_written() -> None:
    read = card(
        "license: 3.0\nnew_version: 1.10\ndate: 2024-01-01\ncount: 24_700_000\nsmall: 1e-5\nhuge: 1e999\nodd: 007"
    )
    assert (read.licenses, read.new_version) == (("3.0",), "1.10")
    assert read.front_matter == (
        '{"license": 3.0, "new_version": 1.10, "date": "2024-01-01", "count": 24700000, "small": 1e-5, "huge": 1e999, '
        '"odd": 7.0}'
    )


def test_a_full_card_is_read() -> None:
    read = card(
        """
license: other
license_name: llama3
license_link: LICENSE
language: [en, pt-BR, English, multilingual]
datasets: [squad, "https://huggingface.co/datasets/a/b", {name: glue}, squad]
base_model: https://huggingface.co/a/b
base_model_relation: quantized
metrics: accuracy
tags: [arxiv:2309.00071, "doi:10.57967/hf/0003", chat]
pipeline_tag: text-generation
library_name: transformers
new_version: a/c
co2_eq_emissions: {emissions: 24_700_000, source: codecarbon}
extra_gated_heading: Ask first
extra_gated_prompt: |
  You agree to
  nothing.
""",
        "# Model\ntext https://arxiv.org/abs/1706.03762v5\n## Uses\n",
    )
    assert (read.licenses, read.license_name, read.license_link) == (("other",), "llama3", "LICENSE")
    assert [row.code for row in read.languages] == ["en", "pt", "en", None]
    assert read.datasets == ("squad", "a/b", "glue")
    assert (read.base_models, read.base_model_relation) == (("https://huggingface.co/a/b",), "quantized")
    assert (read.metrics, read.pipeline_tag, read.library_name) == (("accuracy",), "text-generation", "transformers")
    assert (read.new_version, read.co2_grams, read.co2_source) == ("a/c", 24_700_000.0, "codecarbon")
    assert read.gate == "Ask first\n\nYou agree to\nnothing."
    assert [(row.paper, row.source) for row in read.papers] == [
        ("2309.00071", "card"),
        ("10.57967/hf/0003", "card"),
        ("1706.03762", "card_body"),
    ]
    assert read.sections == ("Model", "Uses")
    assert read.body_length == len("# Model\ntext https://arxiv.org/abs/1706.03762v5\n## Uses")


@pytest.mark.parametrize(
    "index",
    [
        "[{name: m, results: [{task: {type: t}, dataset: {type: d, name: D}, metrics: [{type: f1, value: 0.90}]}]}]",
        "{name: m, results: {task: {type: t}, dataset: {type: d, name: D}, metrics: {type: f1, value: 0.90}}}",
        "[{name: m, results: [{task: t, dataset: [{type: d, name: D}], metrics: {f1: 0.90}}]}]",
    ],
)
def test_evaluations_are_read_whatever_their_shape(index: str) -> None:
    (row,) = card(f"model-index: {index}").evaluations
    assert (row.model_name, row.task, row.dataset, row.dataset_name) == ("m", "t", "d", "D")
    assert (row.metric, row.value, row.number, row.source) == ("f1", "0.90", 0.9, "card")


def test_a_value_that_is_no_number_stays_text() -> None:
    metrics = "[{type: a, value: 84.5%}, {type: b, value: [1, 2]}, {type: c, value: ' 0.5 '}, {type: d}, 7]"
    rows = card(f"model-index: [{{results: [{{metrics: {metrics}}}]}}]").evaluations
    assert [(row.value, row.number) for row in rows] == [
        ("84.5%", None), ("[1, 2]", None), ("0.5", 0.5), (None, None)
    ]  # fmt: skip


def test_results_that_are_not_finite_have_no_number() -> None:
    metrics = "[{type: a, value: .nan}, {type: b, value: nan}, {type: c, value: 1e999}, {recall: 0.9}]"
    rows = card(f"model-index: [{{results: [{{metrics: {metrics}}}]}}]").evaluations
    assert [(row.metric, row.value, row.number) for row in rows] == [
        ("a", ".nan", None), ("b", "nan", None), ("c", "1e999", None), ("recall", "0.9", 0.9)
    ]  # fmt: skip
    (row,) = read_card_data({"model-index": {"results": {"metrics": {"type": "a", "value": float("inf")}}}}).evaluations
    assert row.number is None


@pytest.mark.parametrize(
    ("front_matter", "told"),
    [
        ("license: [MIT, apache-2.0]", ("MIT", "apache-2.0")),
        ("license: mit, apache-2.0", ("mit", "apache-2.0")),
        ("license: see LICENSE, please", ("see LICENSE, please",)),
        ("license: {name: foo}", ("foo",)),
        ("license: ~", ()),
        ("base: &base {license: mit, tags: [a]}\n<<: *base", ("mit",)),
        ("<<: [{license: mit}, {license: cc}]", ("mit",)),
        ("a: &a {license: mit}\n<<: *a\nlicense: cc", ("cc",)),
        ("<<: 3\nlicense: cc", ("cc",)),
    ],
)
def test_licences_in_every_shape(front_matter: str, told: tuple[str, ...]) -> None:
    assert card(front_matter).licenses == told


def test_lists_are_read_whatever_their_shape() -> None:
    read = card(
        """
language: {en: English, fr: French}
datasets: [https://huggingface.co/datasets/a/b, datasets/c/d, {id: e/f}, [g], null]
base_model: [{model: a/b}, "", c/d]
metrics: {accuracy: 0.9, f1: 0.8}
tags: c/d, on
"""
    )
    assert [row.code for row in read.languages] == ["en", "fr"]
    assert read.datasets == ("a/b", "c/d", "e/f", "g")
    assert (read.base_models, read.metrics, read.tags) == (("a/b", "c/d"), ("accuracy", "f1"), ("c/d", "on"))


@pytest.mark.parametrize(
    ("data", "status", "reason"),
    [
        (b"\xef\xbb\xbf\xef\xbb\xbf---\nlicense: mit\n---\nbody", "ok", None),
        (b"---\rlicense: mit\r---\rbody", "ok", None),
        ("---\nlicense: mit\n---\nbody".encode("utf-16"), "lenient", "line 1: UTF-16, not UTF-8"),
        (b"<!-- a --> <!--\nb -->\n---\nlicense: mit\n---\nbody", "lenient",
         "line 3: front matter below a comment, where the Hub does not look"),
        (b"---\nlicense: mit\n\t\nx: 1\n\t# y\n---\nbody", "lenient",
         "line 3: while scanning a plain scalar found a tab character that violates indentation; corrected"),
        (b'---\nlicense: mit\nname: "\\ud83e\\udd17"\n---\nbody', "lenient",
         "line 3: while parsing a quoted scalar found invalid Unicode character escape code; corrected"),
        ("---\nname: a\u2028b\x85c\nlicense: mit\n---\nbody".encode(), "ok", None),
    ],
)  # fmt: skip
def test_what_the_hub_reads_is_read_and_what_is_odd_is_reported(data: bytes, status: str, reason: str | None) -> None:
    read = read_card(data)
    assert (read.status, read.reason, read.licenses, read.body_length) == (status, reason, ("mit",), 4)


@pytest.mark.parametrize("data", [b"<!-- a -->\n---\nA rule\n---\n", b"<!-- a\n---\nlicense: mit\n---\n"])
def test_a_comment_does_not_make_front_matter(data: bytes) -> None:
    assert read_card(data).status == "absent"


def test_broken_front_matter_gives_the_line_and_the_body_is_still_measured() -> None:
    read = card("license: mit\ntags:\n\t- a", "# Title\nbody")
    assert (read.status, read.body_length, read.sections) == ("invalid", 12, ("Title",))
    assert read.reason is not None
    assert read.reason.startswith("line 4: ")
    assert read.licenses == ()


@pytest.mark.parametrize(
    ("data", "status", "reason"),
    [
        (b"# No front matter", "absent", "no front matter"),
        (b"", "absent", "no front matter"),
        (b"---\nA rule at the top\n", "absent", "no front matter"),
        (b"---\n---\nbody", "ok", None),
        (b"---\nlicense: mit\n# never closed", "invalid", "line 1: front matter begins and never ends"),
        (b"---\n- a\n---\n", "not_object", "line 2: front matter is a list, no mapping"),
        (
            b"---\nlicense: mit\nlicense: apache-2.0\n---",
            "lenient",
            "line 3: the key 'license' is there twice, the last counts",
        ),
        (b"---\nauthor: Jos\xe9\n---\n", "lenient", "line 2: not UTF-8"),
        (b"\xef\xbb\xbf---\r\nlicense: mit\r\n---\r\nbody\r\n", "ok", None),
        (b"\n\n---\nlicense: mit\n---\n", "ok", None),
    ],
)
def test_every_end_of_a_card_has_a_status_and_a_reason(data: bytes, status: str, reason: str | None) -> None:
    read = read_card(data)
    assert (read.status, read.reason) == (status, reason)


def test_a_card_above_the_cap_is_not_read() -> None:
    assert read_card(b"-" * (MAX_CARD + 1)).status == "oversized"


def test_no_tag_is_executed() -> None:
    read = card("a: !!python/object/apply:os.system ['exit 1']")
    assert (read.status, read.reason) == (
        "invalid",
        "line 2: tag tag:yaml.org,2002:python/object/apply:os.system is not allowed",
    )


def test_an_alias_bomb_is_refused_and_a_plain_alias_is_not() -> None:
    levels = "\n".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12))
    bomb = card(f"a0: &a0 [x, x]\n{levels}")
    assert bomb.status == "invalid"
    assert "aliases" in (bomb.reason or "")
    long = card("a: &a " + "x" * 1_000_000 + "\nb: [" + ", ".join(["*a"] * 100) + "]")
    assert long.status == "invalid"
    assert card("datasets: &d [squad]\ntags: *d").tags == ("squad",)
    assert card("a: &a [*a]").status == "invalid"


def test_depth_is_bounded() -> None:
    assert card("a: " + "[" * 100_000).status == "invalid"
    assert card("a: " + "[" * 100 + "]" * 100).reason == "line 2: more than 40 levels"


def test_the_hubs_card_data_reads_like_the_file() -> None:
    told = {"license": "mit", "language": ["no"], "base_model": ["a/b"], "co2_eq_emissions": 3, "tags": None}
    read = read_card_data(told)
    assert (read.status, read.licenses, read.base_models, read.co2_grams) == ("ok", ("mit",), ("a/b",), 3.0)
    assert read.languages == (LanguageRow("no", "no", "hub"),)
    assert (read.body_length, read.sections) == (None, None)
    assert json.loads(read.front_matter or "") == told


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("en", "en"), ("EN", "en"), ("zho", "zh"), ("chi", "zh"), ("cmn", "cmn"), ("zh-CN", "zh"), ("pt_BR", "pt"),
        ("eng_Latn", "en"), ("English", "en"), ("norwegian bokmål", "nb"), ("iw", "he"), ("sh", "hbs"), ("gmw", "gmw"),
        ("Farsi", "fa"), ("code", None), ("multilingual", None), ("C++", None), ("", None), ("x" * 500, None),
        ("false", "no"), ("und", None), ("mul", None), ("zh_Hant", "zh"),
        ("es-419", "es"), ("kmr_Latn", "kmr"),
    ],
)  # fmt: skip
def test_languages_have_iso_codes(word: str, code: str | None) -> None:
    assert code_of(word) == code


def test_tags_give_languages_but_not_every_word_of_three_letters() -> None:
    tags = ["transformers", "en", "moe", "trl", "yue", "ceb", "language:sv", "dataset:fr", "license:mit", "us"]
    assert [row.code for row in in_tags(tags)] == ["en", "yue", "ceb", "sv"]
    assert [row.code for row in in_tags(tags, doubtful=True)] == ["en", "moe", "trl", "yue", "ceb", "sv"]


def test_papers_are_found_once_and_without_version() -> None:
    text = (
        "arXiv:2309.00071v2 and https://arxiv.org/pdf/2309.00071.pdf, (https://doi.org/10.1000/xyz(1)). "
        "https://hf.co/papers/1706.03762 doi = {10.18653/V1/2020.acl-main.1}, 10.48550/arXiv.1810.04805 "
        "version 2309.1234 arxiv.org/abs/math.GT/0309136v1 eprint = {2303.08774}, volume={abs/1910.01108} "
        "badge/arXiv-2310.06825-b31b1b.svg https://ar5iv.org/abs/2305.14314 arxiv.org/abs/some/1234567 DOI 10.1000/q。"
    )
    assert [(row.kind, row.paper) for row in papers(text, "card_body")] == [
        ("arxiv", "2309.00071"),
        ("arxiv", "1706.03762"),
        ("arxiv", "1810.04805"),
        ("arxiv", "math/0309136"),
        ("arxiv", "2303.08774"),
        ("arxiv", "1910.01108"),
        ("arxiv", "2310.06825"),
        ("arxiv", "2305.14314"),
        ("doi", "10.1000/xyz(1)"),
        ("doi", "10.18653/v1/2020.acl-main.1"),
        ("doi", "10.1000/q"),
    ]


def test_headings_are_read_from_markdown_and_html_but_not_from_code() -> None:
    body = (
        "# A **b** #\n```py\n# no\n```\nTitle\n=====\na | b\n--|--\n## [Link](http://x)\n<h2 align=c>H <b>i</b></h2>\n"
    )
    body += "- x\n---\n#no"
    assert sections(body) == ("A b", "Title", "Link", "H i")


@given(st.binary(max_size=2000))
def test_any_bytes_make_a_card(data: bytes) -> None:
    assert read_card(data).status
    assert read_card(b"---\n" + data + b"\n---\n").status


@given(st.text(alphabet="-:[]{}&*!|>'\"#%@`\n\t abc1.~?,", max_size=200))
def test_any_yaml_makes_a_value_or_an_error_with_a_line(text: str) -> None:
    try:
        value = parse(text).value
    except FrontMatterError as raised:
        error = raised
    else:
        json.loads(to_json(value))
        return
    assert error.line >= 1
    assert error.reason


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)
KEYS = st.sampled_from(
    "license language datasets base_model tags metrics model-index co2_eq_emissions extra_gated_prompt arxiv".split()  # noqa: SIM905
)


@given(st.dictionaries(KEYS, JSON, max_size=5))
def test_any_card_data_makes_a_card(value: dict[str, object]) -> None:
    read = read_card_data(value)
    assert read.status == "ok"
    assert json.loads(read.front_matter or "null").keys() == value.keys()


def test_half_a_surrogate_pair_does_not_reach_the_rows() -> None:
    read = read_card_data({"license": "mit\ud800", "\udc00": ["\ud800"]})
    assert (read.licenses, read.front_matter) == (("mit\ufffd",), '{"license": "mit\ufffd", "\ufffd": ["\ufffd"]}')


def test_genuine_cards_agree_with_a_plain_yaml_reader() -> None:
    if not CARDS.is_dir():
        pytest.skip("the genuine cards are not beside this checkout (../shared/real/cards)")
    read = 0
    for path in sorted(CARDS.glob("*/README.md")):
        data = path.read_bytes()
        mine = read_card(data)
        block = data.decode().split("---")[1] if data.startswith(b"---") else ""
        try:
            theirs = yaml.load(block, Loader=yaml.BaseLoader) or {}
        except yaml.YAMLError:
            assert mine.status == "invalid", path
            continue
        assert mine.status in ("ok", "lenient"), path
        license = theirs.get("license") or []
        assert list(mine.licenses) == ([license] if isinstance(license, str) else license), path
        language = theirs.get("language") or []
        words = [language] if isinstance(language, str) else language
        assert [row.language for row in mine.languages] == [word.lower() for word in dict.fromkeys(words)], path
        assert list(mine.datasets) == list(dict.fromkeys(theirs.get("datasets") or [])), path
        count = sum(len(result["metrics"]) for model in theirs.get("model-index") or [] for result in model["results"])
        assert len(mine.evaluations) == count, path
        read += 1
    assert read > 50
