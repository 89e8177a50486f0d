"""Licences by source, and which licence a text is."""

import pytest

from harvester.extract.card import read_card
from harvester.extract.license_text import LicenseRow, license_of_text, license_rows


@pytest.mark.parametrize(
    ("text", "license"),
    [
        ("          Apache License\n                 Version 2.0, January 2004\n", "apache-2.0"),
        ("MIT License\n\nPermission is hereby granted, free of charge, to any\nperson obtaining a copy", "mit"),
        ("GNU GENERAL PUBLIC LICENSE\n  Version 3, 29 June 2007", "gpl-3.0"),
        ("GNU AFFERO GENERAL PUBLIC LICENSE\n  Version 3, 19 November 2007", "agpl-3.0"),
        ("# LLAMA 3.1 COMMUNITY LICENSE AGREEMENT\nLlama 3.1 Version Release Date: July 23, 2024", "llama3.1"),
        ("Attribution-NonCommercial 4.0 International", "cc-by-nc-4.0"),
        ("Attribution 4.0 International", "cc-by-4.0"),
        ("CreativeML Open RAIL-M\ndated August 22, 2022", "creativeml-openrail-m"),
        ("Do what you like.", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_licence_is_known_by_its_own_words(text: str, license: str | None) -> None:
    assert license_of_text(text.encode()) == license


def test_each_source_gives_its_licences_once() -> None:
    card = read_card(b"---\nlicense: [Other, other]\nlicense_name: llama3\nlicense_link: LICENSE\n---\n")
    rows = license_rows(
        tags=["license:apache-2.0", "license:apache-2.0", "en"],
        card=card,
        files=[("LICENSE", b"Apache License\nVersion 2.0"), ("NOTICE", b"?")],
        metadata=[
            {"license": "MIT"},
            {"general.license": "gemma", "general.license.link": "https://x"},
            {"format": "pt"},
        ],
    )
    assert rows == [
        LicenseRow("tag", "apache-2.0"),
        LicenseRow("card", "other", "llama3", "LICENSE"),
        LicenseRow("file", "apache-2.0", None, "LICENSE"),
        LicenseRow("weights", "mit"),
        LicenseRow("weights", "gemma", None, "https://x"),
    ]


def test_a_name_without_an_id_is_other() -> None:
    card = read_card(b"---\nlicense_name: mine\n---\n")
    assert license_rows(card=card) == [LicenseRow("card", "other", "mine", None)]
    assert license_rows() == []
