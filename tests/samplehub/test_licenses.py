"""The texts in the licence files of simulated models are recognised."""

import pytest

from harvester.extract.license_text import license_of_text
from samplehub.simulated.licenses import TEXTS, license_file


@pytest.mark.parametrize("license", TEXTS)
def test_a_licence_text_is_recognised(license: str) -> None:
    found = license_of_text(license_file("LICENSE", license, "northwind-ai", "Besoya", 2024).read())
    assert found
    assert found.license == license
