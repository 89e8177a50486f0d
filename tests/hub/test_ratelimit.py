"""The headers of a limit, as they were recorded and as they may come."""

from datetime import datetime

import pytest

from harvester.hub.ratelimit import RETRY_AFTER_CAP, Announcement, announcements, retry_after

NOW = datetime(2026, 11, 23, 12, 0, 0)


def test_a_recorded_answer_announces_its_bucket() -> None:
    headers = {"ratelimit": '"api";r=499;t=295', "ratelimit-policy": '"fixed window";"api";q=500;w=300'}
    assert announcements(headers) == [Announcement("api", 499, 295, 500, 300)]


def test_several_entries_are_all_read() -> None:
    headers = {
        "ratelimit": '"api";r=999;t=120, "resolvers";r=4999;t=119',
        "ratelimit-policy": '"fixed window";"api";q=1000;w=300, "fixed window";"resolvers";q=5000;w=300',
    }
    assert announcements(headers) == [
        Announcement("api", 999, 120, 1000, 300),
        Announcement("resolvers", 4999, 119, 5000, 300),
    ]


def test_spaces_do_not_matter() -> None:
    headers = {"ratelimit": '"api" ; r = 1 ; t = 2', "ratelimit-policy": '"fixed window" ; "api" ; q=5 ; w=300'}
    assert announcements(headers) == [Announcement("api", 1, 2, 5, 300)]


def test_without_a_policy_quota_and_window_are_unknown() -> None:
    assert announcements({"ratelimit": '"resolvers";r=11999;t=292'}) == [Announcement("resolvers", 11999, 292)]


@pytest.mark.parametrize("value", ["", "api", '"api";r=;t=', '"api";r=-1;t=5', "\0", '"api";t=5;r=x'])
def test_what_cannot_be_read_announces_nothing(value: str) -> None:
    assert announcements({"ratelimit": value}) == []


def test_an_answer_out_of_a_shared_cache_is_not_believed() -> None:
    assert announcements({"ratelimit": '"pages";r=98;t=224', "age": "29"}) == []
    assert len(announcements({"ratelimit": '"pages";r=98;t=224', "age": "0"})) == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("99999999999999999999", RETRY_AFTER_CAP),
        ("Tue, 23 Nov 2027 12:00:00 GMT", RETRY_AFTER_CAP),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("٣", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}, NOW) == seconds


def test_without_the_header_there_is_no_wait() -> None:
    assert retry_after({}, NOW) is None
