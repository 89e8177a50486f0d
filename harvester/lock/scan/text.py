"""Names of models in everything that is no Python: YAML, TOML, shell, Dockerfiles, Modelfiles, lists. Line by line.

Lines are matched, not parsed: templates and broken files are read like others, and nothing can be executed or expanded.
"""

import re
from collections.abc import Iterator

from harvester.lock.scan.names import LINK, Mention, named

#: Characters of one line that are read.
LINE_CAP = 4_000
_VALUE = r"[\"']?(?P<value>[A-Za-z0-9][\w.:/@-]{2,299})[\"']?"
#: Commands and options that take the name of a model. `-hf` is llama.cpp's.
_COMMANDS = re.compile(
    r"(?:\bvllm\s+(?:serve|bench\s+\w+)|\b(?:hf|huggingface-cli)\s+(?:download|cache\s+\w+)|\bollama\s+(?:run|pull)"
    r"|(?:^|\s)[\"']?(?:--model|--model-id|--model_id|--model-name|--model_name|--model-path|--model_path"
    r"|--model-name-or-path|--model_name_or_path|--pretrained-model-name-or-path|--pretrained_model_name_or_path"
    r"|--hf-repo|-hf|-hfr|--repo-id|--speculative-model|--tokenizer|--base-model|--base_model)[\"']?)(?:[\s=,]+|[\"'],\s*)"
    + _VALUE
)
#: Calls of Python in a text, keys of JSON and of mappings in one line, arguments of evaluation tools.
_CALLS = re.compile(
    r"(?:\b(?:from_pretrained|SentenceTransformer|CrossEncoder|snapshot_download|LLM)\(\s*\\?[\"']"
    r"|[\"'{\s,](?:model|model_id|model_name|model_name_or_path|pretrained)[\"']?\s*[:=]\s*\\?[\"']"
    r"|\bpretrained=|\$\{\w{0,40}MODEL\w{0,40}:?-)(?P<value>[A-Za-z0-9][\w.:/@-]{2,299})"
)
_DATASET = re.compile(r"--repo-type[= ]+(?:dataset|space)")
_REVISION = re.compile(r"--(?:revision|model-revision)[= ]+[\"']?([\w./-]{1,100})")
#: A setting: `key: value`, `key = "value"`, `export KEY=value`, `ENV KEY value`; below a key, `- value`.
_SETTING = re.compile(
    r"^\s*(?:-\s+)?(?:export\s+|ENV\s+|ARG\s+|SET\s+|-e\s+)?[\"']?(?P<key>[A-Za-z_][\w.-]{0,99})[\"']?\s*(?:[:=]\s*|\s+)"
    + _VALUE
    + r"\s*,?\s*(?:#.*)?$"
)
_ITEM = re.compile(r"^\s*(?:-\s+)?" + _VALUE + r"\s*,?\s*(?:#.*)?$")
_INLINE = re.compile(r"^\s*[\"']?(?P<key>[A-Za-z_][\w.-]{0,99})[\"']?\s*[:=]\s*\[(?P<items>[^\]]{1,3000})")
_BLOCK = re.compile(r"^(?P<indent>\s*)(?:-\s+)?[\"']?(?P<key>[A-Za-z_][\w.-]{0,99})[\"']?\s*[:=]\s*\[?\s*(?:#.*)?$")
_TABLE = re.compile(r"^\s*\[\[?(?P<key>[^\]]{1,200})\]\]?\s*(?:#.*)?$")
_FROM = re.compile(r"^\s*FROM\s+(?P<value>\S{3,300})", re.IGNORECASE)
#: Keys that name models, and keys that may.
_SURE = re.compile(
    r"(?:^|[_.-])(?:model|models|checkpoint|reranker|embedder|embedding_model|base_model|tokenizer)"
    r"(?:[_.-]?(?:id|ids|name|names|path|or|repo|hf))*$",
    re.IGNORECASE,
)
_DOUBTFUL = re.compile(
    r"(?:^|[_.-])(?:repo|repo_id|repository|hf_id|hub_id|pretrained|adapter|lora|llm|embedding|name|id)$", re.IGNORECASE
)
#: The name of a variable, whose value is in the next line, and what such a line counts as.
_VARIABLE = re.compile(r"^\s*-\s+name:\s*[\"']?\w{0,60}MODEL\w{0,60}[\"']?\s*$", re.IGNORECASE)
_ENTRY = "variable.model"
#: An argument of its own line, whose value is the next.
_OPTION = re.compile(r"^\s*-\s+[\"']?--?[\w-]{1,60}[\"']?\s*$")
_QUOTES = re.compile(r"[\"',\[\]]")


def mentions(text: str, file: str) -> list[Mention]:
    """Return the models that a text names."""
    return list(_mentions(text, file))


def _mentions(text: str, file: str) -> Iterator[Mention]:
    blocks: list[tuple[int, str]] = []
    begun = ""
    for number, line in enumerate(text.split("\n"), 1):
        line = line[:LINE_CAP].rstrip("\r")
        if not line.strip() or line.lstrip().startswith(("#", "//")):
            continue
        found = {one.name: one for one in _of_line(line, number, file, blocks, begun)}
        yield from found.values()
        _enter(line, blocks)
        goes_on = line.endswith("\\") or _OPTION.match(line)
        begun = (begun + line.rstrip("\\") + " ")[-LINE_CAP:] if goes_on else ""


def _enter(line: str, blocks: list[tuple[int, str]]) -> None:
    """Remember below which keys the next line is."""
    if table := _TABLE.match(line):
        blocks[:] = [(-1, table["key"].strip())]
        return
    indent = len(line) - len(line.lstrip())
    if line.strip() in ("]", "],", ")"):
        return
    if line.lstrip().startswith("- "):
        while blocks and blocks[-1][1] == _ENTRY and blocks[-1][0] >= indent:
            blocks.pop()
    else:
        while blocks and blocks[-1][0] >= indent:
            blocks.pop()
    if (block := _BLOCK.match(line)) is not None:
        blocks.append((indent, block["key"]))
    elif _VARIABLE.match(line):
        blocks.append((indent, _ENTRY))


def _of_line(line: str, number: int, file: str, blocks: list[tuple[int, str]], begun: str) -> Iterator[Mention]:
    """Yield what a line names; ``begun`` is the command of which it is a continuation."""
    revision = match[1] if (match := _REVISION.search(line)) else ""
    dataset = _DATASET.search(line) is not None
    for link in LINK.finditer(line):
        if (one := named(link.group().rstrip(".,;:"))) and not dataset:
            yield Mention(one.name, file, number, "link", one.sure, one.why, one.revision)
    own = line.lstrip().removeprefix("- ") if begun else line
    command = _QUOTES.sub(" ", begun + own)
    for found in _COMMANDS.finditer(command):
        one = named(_without_variant(found["value"]))
        if one and not dataset and "/" in one.name and found.end() > len(begun):
            how = found.group().split()[0][:40]
            yield Mention(one.name, file, number, how, one.sure, one.why, one.revision or revision)
    for found in _CALLS.finditer(line):
        one = named(_without_variant(found["value"]))
        if one and "/" in one.name:
            yield Mention(one.name, file, number, "call", one.sure, one.why, one.revision or revision)
    if setting := _SETTING.match(line):
        key = setting["key"]
        if key == "value" and blocks and blocks[-1][1] == _ENTRY:
            # The variable of a container: `- name: MODEL_ID`, then `value: owner/name`.
            key = _ENTRY
        elif _DOUBTFUL.search(key) and any(_SURE.search(block) for _, block in blocks):
            key = "model"
        yield from _of_setting(key, setting["value"], number, file)
    if inline := _INLINE.match(line):
        for value in re.findall(r"[\"']?([A-Za-z0-9][\w.:/@-]{2,299})[\"']?", inline["items"]):
            yield from _of_setting(inline["key"], value, number, file)
    elif blocks and (item := _ITEM.match(line)):
        yield from _of_setting(blocks[-1][1].rpartition(".")[2], item["value"], number, file)


def _of_setting(key: str, value: str, number: int, file: str) -> Iterator[Mention]:
    one = named(_without_variant(value))
    if one is None or "/" not in one.name:
        return
    if _SURE.search(key):
        yield Mention(one.name, file, number, key, one.sure, one.why, one.revision)
    elif _DOUBTFUL.search(key):
        yield Mention(one.name, file, number, key, False, one.why or f"{key} may name something else", one.revision)


def _without_variant(value: str) -> str:
    """Return a name without the file that Ollama, llama.cpp and inference providers choose (`:Q4_K_M`, `:fastest`)."""
    return value if "://" in value else value.partition(":")[0]


def modelfile_mentions(text: str, file: str) -> list[Mention]:
    """Return the models that an Ollama Modelfile builds on; names of Ollama's own library are none of the Hub."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        if (match := _FROM.match(line[:LINE_CAP])) and (one := named(match["value"])) and LINK.match(match["value"]):
            found.append(Mention(one.name, file, number, "FROM", True, "", one.revision))
    return found


def list_mentions(text: str, file: str) -> list[Mention] | None:
    """Return the models of a list with one name per line; None if the text is no such list.

    Sure if the file is called after models: `org/name` per line may be anything.
    """
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        entry = line[:LINE_CAP].split("#", 1)[0].strip()
        if not entry:
            continue
        one = named(entry)
        if one is None or " " in entry:
            return None
        sure = one.sure and "model" in file.rpartition("/")[2].lower()
        found.append(
            Mention(one.name, file, number, "list", sure, one.why or "the list may be of something else", one.revision)
        )
    return found
