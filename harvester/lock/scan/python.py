"""Names of models in Python: arguments of known calls, constants they refer to, and what only looks like one.

The source is parsed, never run. A file that does not parse is read as text (``text.mentions``).
"""

import ast
import re
from collections.abc import Iterator

from harvester.lock.scan.names import LINK, Mention, named

#: Calls that take the name of a model, by the last part of what is called: positions and keywords that hold it.
_CALLS: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "from_pretrained": (
        (0, 1), ("pretrained_model_name_or_path", "model_id", "model_name", "model_name_or_path", "repo_id"),
    ),
    "pipeline": ((1,), ("model", "tokenizer")),
    "SentenceTransformer": ((0,), ("model_name_or_path",)),
    "CrossEncoder": ((0,), ("model_name", "model_name_or_path")),
    "SparseEncoder": ((0,), ("model_name_or_path",)),
    "LLM": ((0,), ("model", "tokenizer")),
    "EngineArgs": ((0,), ("model", "tokenizer")),
    "AsyncEngineArgs": ((0,), ("model", "tokenizer")),
    "InferenceClient": ((0,), ("model",)),
    "AsyncInferenceClient": ((0,), ("model",)),
    "snapshot_download": ((0,), ("repo_id",)),
    "hf_hub_download": ((0,), ("repo_id",)),
    "model_info": ((0,), ("repo_id",)),
    "HuggingFaceEmbeddings": ((), ("model_name", "model")),
    "HuggingFaceBgeEmbeddings": ((), ("model_name",)),
    "HuggingFaceEmbedding": ((0,), ("model_name",)),
    "HuggingFaceEndpoint": ((), ("repo_id", "model")),
    "HuggingFacePipeline": ((), ("model_id",)),
    "from_model_id": ((0,), ("model_id",)),
    "WhisperModel": ((0,), ("model_size_or_path",)),
    "BGEM3FlagModel": ((0,), ()),
    "FlagModel": ((0,), ()),
    "FlagReranker": ((0,), ()),
    "TextEmbedding": ((0,), ("model_name",)),
}  # fmt: skip
#: Calls whose names of models begin with `hf-hub:`.
_PREFIXED = frozenset(("create_model", "create_model_and_transforms", "create_model_from_pretrained", "get_tokenizer"))
#: Keywords and variables that are called like a model.
_WORD = re.compile(
    r"(?:^|_)(?:models?|checkpoint|reranker|embedder|tokenizer|repo|adapter|base_model)(?:_?(?:id|name|path|or|repo|hf))*$"
)
#: Calls that read a setting, with a default behind it.
_SETTINGS = frozenset(("getenv", "get", "environ.get", "Field", "Option", "Argument", "add_argument", "config"))
#: Those whose first argument is the default.
_DECLARED = frozenset(("Field", "Option", "Argument"))
#: Names that one constant may have.
_VALUES = 20


def mentions(source: str, file: str) -> list[Mention]:
    """Return the models that Python source names. Raises SyntaxError (and its like) if it does not parse."""
    try:
        tree = ast.parse(source)
    except (ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError(str(error)) from None
    constants: dict[str, list[tuple[str, int]]] = {}
    nodes = list(ast.walk(tree))
    loops: list[tuple[str, str]] = []
    for node in nodes:
        for name, value, line in _assigned(node):
            constants.setdefault(name, []).append((value, line))
        if isinstance(node, ast.For | ast.comprehension):
            loops.append((_name(node.target), _name(node.iter)))
    for name, source_name in loops:
        constants.setdefault(name, []).extend(constants.get(source_name, []))
    found: list[Mention] = []
    used: set[tuple[str, int]] = set()
    for node in nodes:
        if isinstance(node, ast.Call):
            for mention in _called(node, file, constants):
                found.append(mention)
                used.add((mention.name, mention.line))
    for node in nodes:
        found += [one for one in _doubtful(node, file) if (one.name, one.line) not in used]
        found += [one for one in _links(node, file) if (one.name, one.line) not in used]
    return found


def _assigned(node: ast.AST) -> Iterator[tuple[str, str, int]]:
    """Yield the texts that variables, attributes and parameters are given."""
    if isinstance(node, ast.Assign):
        pairs = [(target, node.value) for target in node.targets]
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        pairs = [(node.target, node.value)]
    elif isinstance(node, ast.For | ast.comprehension):
        pairs = [(node.target, node.iter)]
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield from _defaults(node)
        return
    elif isinstance(node, ast.Call) and _name(node.func) == "add_argument" and node.args:
        option, text = _text(node.args[0]), _default(node)
        if option and text:
            yield option.lstrip("-").replace("-", "_"), text, node.lineno
        return
    else:
        return
    for target, value in pairs:
        if (name := _name(target)) != "":
            yield from ((name, text, line) for text, line in _within(value))


def _within(value: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield a text, or the texts of a list, a tuple, a set or the values of a mapping."""
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        items: list[ast.expr] = value.elts
    elif isinstance(value, ast.Dict):
        items = value.values
    else:
        text = _default(value)
        if text is not None:
            yield text, getattr(value, "lineno", 1)
        return
    for item in items:
        text = _default(item)
        if text is not None:
            yield text, item.lineno


def _defaults(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, str, int]]:
    arguments = [*node.args.posonlyargs, *node.args.args]
    given = zip(arguments[len(arguments) - len(node.args.defaults) :], node.args.defaults, strict=True)
    for argument, value in [*given, *zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)]:
        text = None if value is None else _default(value)
        if value is not None and text is not None:
            yield argument.arg, text, value.lineno


def _default(value: ast.AST) -> str | None:
    """Return a literal text, or the default of a setting that is read (`os.getenv("MODEL", "owner/name")`)."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value
    if isinstance(value, ast.Call) and _name(value.func) in _SETTINGS:
        place = 0 if _name(value.func) in _DECLARED else 1
        given = [*value.args[place : place + 1], *(word.value for word in value.keywords if word.arg == "default")]
        texts = [one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        return texts[0] if texts else None
    if isinstance(value, ast.BoolOp):
        return next((text for one in value.values if (text := _default(one)) is not None), None)
    return None


def _name(called: ast.AST) -> str:
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


def _called(node: ast.Call, file: str, constants: dict[str, list[tuple[str, int]]]) -> Iterator[Mention]:
    name = _name(node.func)
    keywords = {word.arg: word.value for word in node.keywords if word.arg}
    if name in _PREFIXED:
        for value in node.args[:1]:
            text = _default(value) or ""
            if text.startswith(("hf-hub:", "hf_hub:")) and (one := named(text)):
                yield Mention(one.name, file, value.lineno, f"{name}()", one.sure, one.why, one.revision)
        return
    if name not in _CALLS or _elsewhere(node):
        return
    places, words = _CALLS[name]
    values = [node.args[place] for place in places if place < len(node.args)]
    values += [keywords[word] for word in words if word in keywords]
    revision = _text(keywords.get("revision")) or ""
    for value in values:
        for text, line in _texts(value, constants):
            if one := named(text, bare=True):
                at = one.revision or revision
                yield Mention(one.name, file, line, f"{name}()", one.sure, one.why, "" if at == "main" else at)


def _elsewhere(node: ast.Call) -> bool:
    """Whether a call says that it is about a dataset or a space."""
    return any(word.arg == "repo_type" and _text(word.value) in ("dataset", "space") for word in node.keywords)


def _text(value: ast.AST | None) -> str | None:
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def _texts(value: ast.AST, constants: dict[str, list[tuple[str, int]]]) -> list[tuple[str, int]]:
    """Return the texts that an argument may be: itself, or what the constant of its name is assigned in this file."""
    own = _default(value)
    if own is not None:
        return [(own, getattr(value, "lineno", 1))]
    if isinstance(value, ast.IfExp):
        return _texts(value.body, constants) + _texts(value.orelse, constants)
    if isinstance(value, ast.JoinedStr):
        return _joined(value, constants)
    if isinstance(value, ast.Subscript | ast.Starred):
        value = value.value
    return constants.get(_name(value), [])[:_VALUES]


def _joined(value: ast.JoinedStr, constants: dict[str, list[tuple[str, int]]]) -> list[tuple[str, int]]:
    """Return the text of an f-string all of whose parts are known and have one value."""
    parts = []
    for part in value.values:
        texts = _texts(part.value if isinstance(part, ast.FormattedValue) else part, constants)
        if len(texts) != 1:
            return []
        parts.append(texts[0][0])
    return [("".join(parts), value.lineno)]


def _doubtful(node: ast.AST, file: str) -> Iterator[Mention]:
    """Yield what is only called like a model: variables, parameters, keywords of unknown calls."""
    pairs = [(name, text, line) for name, text, line in _assigned(node)]
    if isinstance(node, ast.Call) and not _elsewhere(node):
        pairs += [
            (word.arg, text, word.value.lineno) for word in node.keywords if word.arg and (text := _text(word.value))
        ]
    if isinstance(node, ast.Dict):
        pairs += [
            (key, text, value.lineno)
            for one, value in zip(node.keys, node.values, strict=True)
            if (key := _text(one)) and (text := _text(value))
        ]
    for name, text, line in pairs:
        if _WORD.search(name.lower()) and (one := named(text)) and "/" in one.name:
            yield Mention(one.name, file, line, name, False, one.why or "no known call takes it", one.revision)


def _links(node: ast.AST, file: str) -> Iterator[Mention]:
    """Yield links to the Hub in texts."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 100_000:
        for found in LINK.finditer(node.value):
            if one := named(found.group()):
                line = node.lineno + node.value.count("\n", 0, found.start())
                prose = found.group() != node.value.strip()
                why = "a link in a text" if prose else ""
                yield Mention(one.name, file, line, "link", not prose, why, one.revision)
