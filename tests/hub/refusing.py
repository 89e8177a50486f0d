"""Hubs that refuse fields, in every wording that was seen, and in some that were not."""

from dataclasses import dataclass

from samplehub.messages import Reply, Request, json_reply, text_reply
from samplehub.misbehaviour import Fault
from samplehub.views import LISTING_OPTIONS

#: What a Hub may say, by name: {legal} are the legal names joined in its manner, {at} and {name} the first wrong one.
WORDINGS = {
    "zod": '✖ Invalid option: expected one of {"|} → at expand[{at}]',
    "zod, repeated": '✖ Invalid option: expected one of {"|}, received "{name}" → at expand[{at}]',
    "joi": '"expand[{at}]" must be one of [{, }]',
    "joi, repeated": '"expand" must be one of [{, }], got "{name}"',
    "named first": '"{name}" is not a valid field. Valid fields: {", }',
    "prose": "{name}: choose among {, or}.",
    "received all": 'expected one of {"|}, received {received}',
    "cut": 'Invalid option: expected one of "author"|…|"safetensors"|… at expand[{at}]',
    "place only": "Invalid enum value → at expand.{at}",
    "name only": 'Unknown field "{name}"',
    "bare": "Invalid expand parameter",
    "nothing": "",
}


def _filled(words: str, legal: list[str], wrong: list[tuple[int, str]], received: list[str]) -> str:
    joined = {
        '{"|}': "|".join(f'"{name}"' for name in legal),
        "{, }": ", ".join(legal),
        '{", }': ", ".join(f"'{name}'" for name in legal),
        "{, or}": ", ".join(legal[:-1]) + f" or {legal[-1]}",
        "{received}": str(received),
        "{at}": str(wrong[0][0]),
        "{name}": wrong[0][1],
    }
    for place, text in joined.items():
        words = words.replace(place, text)
    return words


@dataclass(kw_only=True)
class RefuseFields(Fault):
    """A request with one of ``fields`` is refused in these ``words``: listings, or single models."""

    fields: tuple[str, ...] = ("usedStorage", "childrenModelCount")
    words: str = "zod"
    listing: bool = True
    single: bool = False
    as_json: bool = True

    def concerns(self, request: Request) -> bool:
        if not any(name in self.fields for name in request.all("expand")):
            return False
        path = request.path
        return self.listing if path == "/api/models" else self.single and path.startswith("/api/models/")

    def instead(self, request: Request) -> Reply:
        received = request.all("expand")
        wrong = [(at, name) for at, name in enumerate(received) if name in self.fields]
        legal = [name for name in LISTING_OPTIONS if name not in self.fields]
        text = _filled(WORDINGS[self.words], legal, wrong, received)
        return json_reply({"error": text}, 400) if self.as_json else text_reply(text, 400)
