# ruff: noqa: E501
"""The worst inputs of each parser, in a process of its own: bounded work and memory, whatever the bytes.

Work that is not linear takes minutes for any one of these lines, hours for all; the timeout only ends such a hang.
"""

import subprocess
import sys

import pytest

#: Characters of a line: milliseconds of linear work, 10^9 steps and more of any other.
LONG = 30_000
#: Memory of the whole process, MB: the interpreter, and what the limits of each parser allow it.
MEMORY_MB = 400

LINES = """
UNITS = ["\\t", " ", "\\xa0", "[", "]", "{", "}", "(", "-", "=", "`", "~", "*", "|", '"', "'", "<", ">", "<!--", "-->",
    "{%", "#", ":", "&", "@", ",", ".", "/", "\\\\", "_", "0", "a", "- ", "? ", "# ", "* ", " #", "\\t#", "[a](", "![](",
    "<h1>", "<h1 ", "</h1>", "<a ", "a@", "a@b.", " <a@", "<<", ">>", "arxiv:", "arxiv.org/abs/", "doi:", "10.1234/",
    "\\n", "\\n\\n", "\\r", "\\n- ", "\\n#", "\\n---\\t", "\\n\\t", "\\n \\t \\t", "```\\n", "\\nco-authored-by: ", "[]", "[],", "{},", "{a: ",
    "&a [", "*a, ", "<<: ", "|\\n", "\\u2028", "\\U0001f600", "\\\\ud800", "NaN,", "//\\n", "/*", "/**/", "%", "!", "!!a "]
for unit in UNITS:
    line = unit * (LONG // len(unit))
    for name, path, text in (
        ("card", "README.md", line), ("heading", "README.md", "# " + line + "x"), ("rule", "README.md", "---" + line + "x\\n"),
        ("front matter", "README.md", "---\\na: b\\n" + line + "x\\n---\\n"),
        ("quoted", "README.md", '---\\na: "' + line + '"\\n---\\n'), ("flow", "README.md", "---\\na: [" + line + "]\\n---\\n"),
        ("comment", "README.md", "<!--" + line + "-->" + line + "\\n---\\na: b\\n---"), ("license", "LICENSE", line),
        ("json", "config.json", line), ("array", "config.json", "[" + line + "]"),
        ("text", "config.json", '{"a": "' + line + '"}'), ("member", "config.json", "{'a': [" + line),
    ):
        print(repr(unit), "as", name, flush=True)
        rows = extracted_rows(b"", kind_of(path).name, path, text.encode("utf-8", "replace"))
        assert not any("extractor error" in str(row[:6]) for table in ("configs", "cards") for row in rows.get(table, []))
    for text in (line[:65_536], (line[:150] + "@") * 400, ("a@" + line[:150]) * 400, ("<a@" + line[:40]) * 1000):
        print(repr(unit), "as a commit", flush=True)
        past_commit("0" * 40, text, text, [text], None)
    print(repr(unit), "as a path", flush=True)
    for path in (line[:4_000], line[:4_000] + ".json", line[:1_000] + "-00001-of-00002.safetensors"):
        classify_all([path])
        variant_of(path), without_variant(path), shard_of(path), reference(path)
    next_link({"link": line})
"""

SIZES = """
SIZE = 10 * 1024 * 1024
def filled(opening, unit, closing):
    return (opening + unit * ((SIZE - len(opening + closing)) // len(unit)) + closing).encode()
SHAPES = [
    ("[", "[],", "0]"), ("[", "{},", "0]"), ("[", "0,", "0]"), ("[", '{"a":0},', "0]"), ('{"a":[{},', "1.5,", "0]}"),
    ("", "[", ""), ("", '{"a":', ""), ("", "]", ""), ("", '"', ""), ("", "//\\n", ""), ('{"a":"', "\\\\ud800", '"}'),
    ('{"a":"', ",", '"}'), ("[", '{"id2label":{"0":"a"}},', "0]"),
]
def documents():
    for shape in SHAPES:
        yield filled(*shape)
    yield b"{" + b",".join(b'"%d":%d' % (n, n) for n in range(249_000)) + b"}"
    yield b"{" + b",".join(b'"%d":{"a":[{}]}' % n for n in range(120_000)) + b"}"
    yield ('{"' + "😀" * 5_000 + '":{' + '"a":0,' * 200_000 + '"b":0}}').encode()
for number, data in enumerate(documents()):
    print("document", number, data[:20], flush=True)
    rows = extracted_rows(b"", "config", "config.json", data)
    assert rows["configs"][0][3] in ("ok", "lenient", "invalid", "oversized", "not_object"), rows["configs"][0][:5]
    assert not (rows["configs"][0][4] or "").startswith("extractor error"), rows["configs"][0][4]
    del rows
CARDS = ["- []\\n", "- *x\\n", "{a: },"]
for unit in CARDS:
    for opening, closing in (("x: &x [a, b]\\nmodel-index:\\n", ""), ("language: [", "]")):
        print("card", opening, unit, flush=True)
        extracted_rows(b"", "card", "README.md", ("---\\n" + opening + unit * (3_900_000 // len(unit)) + closing + "\\n---\\n").encode())
print("evaluations of a model with a name of a megabyte", flush=True)
big = "a" * 1_000_000
for name in (big, "{" + big + ": b}", "[" + "a, " * 100_000 + "]"):
    metrics = "".join("\\n    - {type: a, value: 1}" for _ in range(10_000))
    extracted_rows(b"", "card", "README.md", f"---\\nmodel-index:\\n- name: {name}\\n  results:\\n  - task: {{type: x}}\\n    metrics:{metrics}\\n---\\n".encode())
print("safetensors", flush=True)
for text in ("{" + '"a":' * 5_000_000, "{" + " " * 20_000_000 + "x}", '{"__metadata__":{' + '"":"",' * 3_000_000 + '"":""}}',
             "{" + ",".join('"%d":{"dtype":"F4","shape":[0],"data_offsets":[0,0]}' % n for n in range(400_000)) + "}"):
    safetensors.read(len(text).to_bytes(8, "little") + text.encode())
print("gguf", flush=True)
def gguf_of(*parts):
    return b"GGUF" + (3).to_bytes(4, "little") + b"".join(parts)
def u64(n): return n.to_bytes(8, "little")
def u32(n): return n.to_bytes(4, "little")
nested = u64(1) + b"a" + u32(9) + u32(9) + u64(900_000) + (u32(8) + u64(0)) * 900_000
assert gguf.read(gguf_of(u64(0), u64(1), nested)).status == "oversized"
words = u64(1) + b"a" + u32(9) + u32(8) + u64(1_000_000) + u64(0) * 1_000_000
assert gguf.read(gguf_of(u64(0), u64(1), words)).status == "ok"
# ru_maxrss would be the peak of the process that started this one, where that was larger.
with open("/proc/self/status") as status:
    print("peak", next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM")), flush=True)
"""

IMPORTS = """
from harvester.extract.files import classify_all
from harvester.extract.history.model import past_commit
from harvester.extract.ids import reference
from harvester.extract.kinds import kind_of
from harvester.extract.rows import extracted_rows
from harvester.extract.variants import shard_of, variant_of, without_variant
from harvester.extract.weights import gguf, safetensors
from harvester.hub.answers import next_link
"""


@pytest.mark.parametrize("script", [LINES, SIZES], ids=["long lines", "the size cap"])
def test_no_input_takes_more_than_linear_work(script: str) -> None:
    program = [sys.executable, "-c", f"{IMPORTS}LONG = {LONG}\n{script}"]
    try:
        done = subprocess.run(program, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired as hung:
        last = (hung.stdout or b"").decode().strip().splitlines()[-1:]
        pytest.fail(f"no end within the time: {last}")
    told = done.stdout.strip().splitlines()
    assert done.returncode == 0, (told[-1:], done.stderr[-2_000:])
    if told[-1].startswith("peak"):
        assert int(told[-1].split()[1]) < MEMORY_MB
