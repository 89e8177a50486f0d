"""Which folders of a repository are the parts of one model: as its index says, else as its names look."""

import re
from collections.abc import Iterable

from harvester.extract.kinds import component_folders

#: The documents that name a model's parts, the first that is there counts.
INDICES = ("model_index.json", "modules.json")
#: Folders of sentence-transformers modules, `1_Pooling` and the like.
_MODULE = re.compile(r"\d{1,3}_\w{1,40}", re.ASCII)


def components_of(paths: Iterable[str], indices: Iterable[tuple[str, bytes]]) -> list[str] | None:
    """The folders of a model's parts (the root is empty); None for a model in one piece.

    ``paths`` are the repository's, ``indices`` those of its ``INDICES`` whose bytes are known. Never raises.
    """
    held = set(paths)
    named = component_folders((path, data) for path, data in indices if path in INDICES)
    if named is not None:
        return named
    folders = {path.partition("/")[0] for path in held if "/" in path}
    if INDICES[0] in held:
        return sorted(folders)
    if INDICES[1] in held:
        # Of modules in each other's place (2_Dense, 2_Dense_1024) the index names one, as a rule the bare one.
        modules: dict[str, str] = {}
        for folder in sorted(filter(_MODULE.fullmatch, folders), key=lambda name: (len(name), name)):
            modules.setdefault(folder.partition("_")[0], folder)
        return ["", *sorted(modules.values())]
    return None
