"""The options of a harvest: one object for the command line and for Python, validated in one place.

Takes option values as given, returns a `HarvestOptions` with valid values, or raises UsageError.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harvester import defaults
from harvester.crawl.depths import NAMES as DEPTHS
from harvester.crawl.sample import STRATA
from harvester.crawl.select import SORTS, RequestedModel, Selection, parse_ids
from harvester.durations import seconds_of
from harvester.errors import UsageError
from harvester.lake.layout import data_directory

HISTORY_BY = ("git", "api")
QUOTA_SHARE_LEAST = 0.01
MEMORY_LEAST_MB = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class HarvestOptions:
    """Valid options of a harvest. ``hub`` is auto, sample or a URL (None: this machine's Hub); times are seconds."""

    selection: Selection
    hub: str | None = None
    data: Path | None = None
    publish_catalogue: bool = False
    day: int | None = None
    quota: str | None = None
    depths: tuple[str, ...] = defaults.DEPTHS
    documents: tuple[str, ...] = ()
    history_by: str = defaults.HISTORY_BY
    quota_share: float = defaults.QUOTA_SHARE
    workers: int | None = None
    max_time: float | None = None
    max_requests: int | None = None
    fresh: bool = False
    send_token: bool = False
    memory: int | None = None
    updates: bool = False


def harvest_options(
    *,
    hub: object = None,
    data: object = None,
    work: object = None,
    publish_catalogue: object = False,
    day: object = None,
    quota: object = None,
    author: object = None,
    task: object = None,
    library: object = None,
    tags: object = (),
    search: object = None,
    sort: object = None,
    limit: object = None,
    ids: object = None,
    all: object = False,
    name: object = None,
    sample: object = None,
    stratify: object = None,
    seed: object = None,
    depths: object = defaults.DEPTHS,
    documents: object = (),
    history_by: object = defaults.HISTORY_BY,
    quota_share: object = defaults.QUOTA_SHARE,
    workers: object = None,
    max_time: object = None,
    max_requests: object = None,
    fresh: object = False,
    send_token: object = False,
    memory: object = None,
    updates: object = False,
) -> HarvestOptions:
    """Check every value and return the options. Raises UsageError that names the option and what it takes."""
    selection = Selection(
        author=_text("author", author), task=_text("task", task), library=_text("library", library),
        tags=_texts("tag", tags), search=_text("search", search), sort=_choice("sort", sort, SORTS),
        limit=_integer("limit", limit, 1), ids=_ids(ids), all=_switch("all", all),
        name=_text("name", name), sample=_integer("sample", sample, 2),
        stratify=_choice("stratify", stratify, STRATA), seed=_integer("seed", seed, 0) or 0,
    )  # fmt: skip
    selection.check()
    if _switch("updates", updates) and not selection.whole:
        raise UsageError(
            "--updates needs a complete listing of a whole selection, so it cannot be used with --ids, --limit or "
            "--sample"
        )
    chosen = depths_of(depths)
    return HarvestOptions(
        selection=selection,
        hub=_text("hub", hub),
        data=_directory(data, work),
        publish_catalogue=_switch("publish-catalogue", publish_catalogue),
        day=_integer("day", day, 0),
        quota=_text("quota", quota),
        depths=chosen,
        documents=_texts("documents", documents),
        history_by=_choice("history-by", history_by, HISTORY_BY) or defaults.HISTORY_BY,
        quota_share=_share(quota_share),
        workers=_integer("workers", workers, 1, defaults.WORKERS_MOST),
        max_time=None if max_time is None else seconds(max_time),
        max_requests=_integer("max-requests", max_requests, 1),
        fresh=_switch("fresh", fresh),
        send_token=_switch("send-token", send_token),
        memory=_integer("memory", memory, MEMORY_LEAST_MB),
        updates=_switch("updates", updates),
    )


def seconds(value: object) -> float:
    """Return a duration such as `90s`, `30m`, `6h` or `2d`, or a number of seconds, as seconds. Raises UsageError."""
    found = 0.0
    if isinstance(value, int | float) and not isinstance(value, bool):
        found = float(value)
    elif isinstance(value, str):
        found = seconds_of(value) or 0.0
    if not 0 < found < 1e9:
        raise UsageError(f"invalid duration {value!r}: --max-time takes 90s, 30m, 6h or 2d")
    return found


def depths_of(value: object) -> tuple[str, ...]:
    """Return the depths of `--with` (a comma-separated text or several words). Raises UsageError."""
    words = value.split(",") if isinstance(value, str) else list(value) if isinstance(value, Iterable) else [value]
    given = [str(word).strip() for word in words if str(word).strip()]
    if given == ["none"] or (not given and not isinstance(value, str)):
        return ()
    unknown = [word for word in given if word not in DEPTHS]
    if unknown or not given:
        raise UsageError(
            f"--with does not accept {', '.join(unknown) or 'an empty value'}; it takes {', '.join(DEPTHS)}, or none"
        )
    return tuple(depth for depth in DEPTHS if depth in given)


def _directory(data: object, work: object) -> Path | None:
    if data is None and work is not None:
        raise UsageError("--work needs --data URL")
    return None if data is None else data_directory(data, work)


def _text(name: str, value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"--{name} needs a non-empty text, not {value!r}")
    return value


def _texts(name: str, value: object) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, Iterable):
        raise UsageError(f"--{name} takes strings, not {value!r}")
    return tuple(text for one in values if (text := _text(name, one if one is not None else "")) is not None)


def _choice(name: str, value: object, choices: Iterable[str]) -> str | None:
    known = list(choices)
    if value is not None and value not in known:
        raise UsageError(f"--{name} takes {', '.join(known)}; not {value!r}")
    return None if value is None else str(value)


def _integer(name: str, value: object, least: int, most: int = 2**62) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        bounds = f"from {least} to {most}" if most < 2**62 else f"of at least {least}"
        raise UsageError(f"--{name} needs a whole number {bounds}, not {value!r}")
    return value


def _share(value: object) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # Written so that NaN fails too.
    if not is_number or not QUOTA_SHARE_LEAST <= value <= 1:  # type: ignore[operator]
        raise UsageError(f"--quota-share needs a number from {QUOTA_SHARE_LEAST} to 1, not {value!r}")
    return float(value)  # type: ignore[arg-type]


def _switch(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"--{name} must be true or false, not {value!r}")
    return value


def _ids(value: object) -> tuple[RequestedModel, ...] | None:
    if value is None:
        return None
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise UsageError(f"ids takes a list of model ids, not {value!r}")
    ids = list(value)
    if all(isinstance(one, RequestedModel) for one in ids):
        return tuple(ids)
    if not all(isinstance(one, str) for one in ids):
        raise UsageError("ids takes a list of model ids, all of them strings")
    return parse_ids(ids, "ids")
