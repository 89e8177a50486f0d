"""Licences by source, and which licence a text is."""

import pytest

from harvester.extract.license_text import LicenseText, license_of_text

MIT_GRANT = "Permission is hereby granted, free of charge, to any\nperson obtaining a copy"
BSD_GRANT = (
    "Redistribution and use in source and binary forms, with or without\nmodification, are permitted provided that the "
    "following conditions are met:\n1. Redistributions in binary form must reproduce this.\n"
)

TEXTS = [
    ("          Apache License\n                 Version 2.0, January 2004\n   http://www.apache.org/", "apache-2.0"),
    ("Apache License, Version 2.0\n", "apache-2.0"),
    ("Apache 2.0", "apache-2.0"),
    ('Copyright 2023 A\n\nLicensed under the Apache License, Version 2.0 (the "License");\nyou may not use this file '
     "except in compliance with the License.", "apache-2.0"),
    (f"MIT License\n\n{MIT_GRANT}", "mit"),
    (f"The MIT License (MIT)\n\nCopyright (c) 2016 A\n\n{MIT_GRANT}", "mit"),
    (f"MIT License Copyright (c) 2022 A\n\n{MIT_GRANT}", "mit"),
    (f"Copyright 2024 A\n\n{MIT_GRANT}", "mit"),
    ("Project A\n\nMIT License\n\nCopyright", "mit"),
    ("GNU GENERAL PUBLIC LICENSE\n  Version 3, 29 June 2007\n\n use the GNU Lesser General Public License", "gpl-3.0"),
    ("GNU AFFERO GENERAL PUBLIC LICENSE\n  Version 3, 19 November 2007", "agpl-3.0"),
    ("GNU LESSER GENERAL PUBLIC LICENSE\n  Version 2.1, February 1999", "lgpl-2.1"),
    ("GNU GPLv3", "gpl-3.0"),
    ("# LLAMA 3.1 COMMUNITY LICENSE AGREEMENT\nLlama 3.1 Version Release Date: July 23, 2024", "llama3.1"),
    ("LLAMA 2 COMMUNITY LICENSE AGREEMENT\t\nLlama 2 Version Release Date: July 18, 2023", "llama2"),
    ("LLAMA 4 COMMUNITY LICENSE AGREEMENT\nLlama 4 Version Effective Date: April 5, 2025", "llama4"),
    ("Gemma Terms of Use\n\nLast modified: April 1, 2024", "gemma"),
    ("CreativeML Open RAIL-M\ndated August 22, 2022", "creativeml-openrail-m"),
    ("Copyright (c) 2023 A CreativeML Open RAIL++-M License dated July 26, 2023\n\nSection I: PREAMBLE", "openrail++"),
    ("BigScience RAIL License v1.0\ndated May 19, 2022", "bigscience-bloom-rail-1.0"),
    ("BigScience Open RAIL-M License\ndated August 18, 2022", "bigscience-openrail-m"),
    ("OpenRAIL-M License", "openrail"),
    ("AI Pubs Open RAIL-M License", "other"),
    ("BigCode Open RAIL-M v1 License Agreement\n\nSection I: Preamble", "bigcode-openrail-m"),
    ("FAIR Noncommercial Research License\nv1 Last Updated: August 18, 2025", "fair-noncommercial-research-license"),
    ("Attribution 4.0 International", "cc-by-4.0"),
    ("Attribution-NonCommercial 4.0 International", "cc-by-nc-4.0"),
    ("Attribution-NonCommercial-ShareAlike 2.0 Generic", "cc-by-nc-sa-2.0"),
    ("Creative Commons Legal Code\n\nAttribution-NonCommercial-NoDerivs 3.0 Unported", "cc-by-nc-nd-3.0"),
    ("Creative Commons Attribution Non Commercial Share Alike 4.0 (cc-by-nc-sa-4.0)", "cc-by-nc-sa-4.0"),
    ("CC BY-NC-SA 4.0 DEED", "cc-by-nc-sa-4.0"),
    ("This work is licensed under the [Creative Commons Attribution 4.0 International](http://x/).", "cc-by-4.0"),
    ("Creative Commons Legal Code\n\nCC0 1.0 Universal", "cc0-1.0"),
    ("BSD 3-Clause License\n\nCopyright (c) 2020", "bsd-3-clause"),
    (f"Copyright (c) 2018, A\nAll rights reserved.\n\n{BSD_GRANT}", "bsd-2-clause"),
    (f"BSD License\n\nFor A software\n\n{BSD_GRANT}Neither the name of A nor", "bsd-3-clause"),
    ("European Union Public Licence v. 1.2", "eupl-1.2"),
    ("Boost Software License - Version 1.0 - August 17th, 2003", "bsl-1.0"),
    # Nothing but the id.
    ("apache-2.0\n", "apache-2.0"),
    ("license: cc-by-nc-4.0\n", "cc-by-nc-4.0"),
    ("---\nlicense: mit\n---\n", "mit"),
    ("SPDX-License-Identifier: GPL-3.0-or-later\n", "gpl-3.0"),
    # A licence of its own, whatever it names in passing.
    (f"Modified MIT License\n\n{MIT_GRANT}", "other"),
    ("MIT License (non-commercial)", "other"),
    ("Apache License 2.0 with additional terms", "other"),
    ("Apache License\nVersion 2.0, January 2004\nwith Commons Clause", "other"),
    ('"Commons Clause" License Condition v1.0\n\nLicense: Apache License, Version 2.0', "other"),
    ("TII Falcon LLM License Version 1.0\n\nThis licence is based on the Apache License Version 2.0", "other"),
    ("DEEPSEEK LICENSE AGREEMENT\n\nVersion 1.0, 23 October 2023", "other"),
    ("Qwen RESEARCH LICENSE AGREEMENT\n", "other"),
    ("LLaMA LICENSE AGREEMENT\nThis License Agreement", "other"),
    ("Business Source License 1.1", "other"),
    # No licence, or none that can be known.
    ("Llama 3.1 is licensed under the Llama 3.1 Community License", None),
    ("NOTICE\n\nThis product includes software licensed under the Apache License, Version 2.0", None),
    ("The code is under the MIT License, the weights are not.", None),
    ("Gemma Prohibited Use Policy", None),
    ("MIT OR Apache-2.0", None),
    ("Do what you like.", None),
    ("", None),
]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_licence_is_known_by_its_title(encoding: str) -> None:
    read = {text: license_of_text(text.encode(encoding)) for text, _ in TEXTS}
    assert {text: found and found.license for text, found in read.items()} == dict(TEXTS)


def test_a_licence_without_an_id_keeps_its_title() -> None:
    read = license_of_text(b"# **Tongyi Qianwen LICENSE AGREEMENT**\n\nTongyi Qianwen Release Date: August 3, 2023\n")
    assert read == LicenseText("other", "Tongyi Qianwen LICENSE AGREEMENT")
