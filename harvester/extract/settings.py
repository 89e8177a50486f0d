"""A YAML document to the same values as a JSON one, so that its leaves are read alike. Never raises."""

from harvester.extract.front_matter import FrontMatterError, Yaml, parse, to_json
from harvester.extract.lenient import Decoded, decode


def decode_yaml(data: bytes) -> Decoded:
    """Decode YAML: lenient where something about it is odd, invalid with the line where it cannot be read."""
    value, reason = yaml_value(data)
    if value is None and reason:
        return Decoded("invalid", reason)
    decoded = decode(to_json(value).encode())
    return decoded._replace(status="lenient", reason=reason) if reason else decoded


def yaml_value(data: bytes) -> tuple[Yaml, str | None]:
    """The value of a YAML document and what is odd about it; None with the line and problem if it is invalid."""
    try:
        parsed = parse(data.decode("utf-8-sig"))
    except FrontMatterError as error:
        return None, f"line {error.line}: {error.reason}"[:300]
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return None, f"line {line}: not UTF-8"
    return parsed.value, f"line {parsed.oddity_line}: {parsed.oddity}"[:300] if parsed.oddity else None
