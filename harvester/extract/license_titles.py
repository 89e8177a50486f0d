"""The licences that the Hub has an id for, and the titles and grants their texts begin with. Data only.

To add a licence, add a row to ``TITLES``. Patterns are regular expressions over words in small letters: punctuation is
white space, a space also matches the end of a line. Bounded, so that a search is linear.
"""

#: Ids as the Hub writes them (https://huggingface.co/docs/hub/repositories-licenses), but ``other`` and ``unknown``.
IDS = frozenset(
    """
    apache-2.0 mit openrail bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0 bigcode-openrail-m
    afl-3.0 artistic-2.0 bsl-1.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear c-uda cc cc0-1.0 cc-by-2.0 cc-by-2.5
    cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0
    cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-sharing-1.0 cdla-permissive-1.0
    cdla-permissive-2.0 wtfpl ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2 agpl-3.0 gfdl gpl gpl-2.0 gpl-3.0
    lgpl lgpl-2.1 lgpl-3.0 isc h-research intel-research lppl-1.3c ms-pl apple-ascl apple-amlr mpl-2.0 odc-by odbl
    openmdw-1.0 openmdw-1.1 openrail++ osl-3.0 postgresql ofl-1.1 ncsa unlicense zlib pddl lgpl-lr
    deepfloyd-if-license fair-noncommercial-research-license llama2 llama3 llama3.1 llama3.2 llama3.3 llama4
    grok2-community gemma
    """.split()  # noqa: SIM905
)

_L = "licen[sc]e"
#: Id and title, the more particular above those whose words they repeat.
TITLES = (
    ("agpl-3.0", rf"gnu affero general public {_L} (version |v ?)?3(\.0)?|gnu agpl ?(version |v ?)?3(\.0)?"),
    ("lgpl-3.0", rf"gnu lesser general public {_L} (version |v ?)?3(\.0)?|gnu lgpl ?(version |v ?)?3(\.0)?"),
    ("lgpl-2.1", rf"gnu lesser general public {_L} (version |v ?)?2\.1|gnu lgpl ?(version |v ?)?2\.1"),
    ("gpl-3.0", rf"gnu general public {_L} (version |v ?)?3(\.0)?|gnu gpl ?(version |v ?)?3(\.0)?"),
    ("gpl-2.0", rf"gnu general public {_L} (version |v ?)?2(\.0)?|gnu gpl ?(version |v ?)?2(\.0)?"),
    ("lgpl-lr", rf"lesser general public {_L} for linguistic resources"),
    ("lgpl", rf"gnu (lesser|library) general public {_L}( (version |v ?)?2(\.0)?)?"),
    ("gpl", rf"gnu general public {_L}"),
    ("gfdl", rf"gnu free documentation {_L}"),
    ("mpl-2.0", rf"mozilla public {_L} (version |v ?)?2(\.0)?"),
    ("apache-2.0", rf"apache( software)? {_L} (version |v ?)?2(\.0)?|apache (version |v ?)?2(\.0)? {_L}"),
    ("llama4", rf"(meta )?llama 4 community {_L}( agreement)?"),
    ("llama3.3", rf"(meta )?llama 3\.3 community {_L}( agreement)?"),
    ("llama3.2", rf"(meta )?llama 3\.2 community {_L}( agreement)?"),
    ("llama3.1", rf"(meta )?llama 3\.1 community {_L}( agreement)?"),
    ("llama3", rf"(meta )?llama 3 community {_L}( agreement)?"),
    ("llama2", rf"(meta )?llama 2 community {_L}( agreement)?"),
    ("gemma", "gemma terms of use"),
    ("grok2-community", rf"grok 2 community {_L}( agreement)?"),
    ("deepfloyd-if-license", rf"deepfloyd if( research)? {_L}( agreement)?"),
    ("fair-noncommercial-research-license", rf"fair non ?commercial research {_L}( v ?1)?"),
    ("intel-research", rf"intel( r)? research use {_L}( agreement)?"),
    ("apple-amlr", rf"apple machine learning research model( {_L})?( agreement)?"),
    ("apple-ascl", rf"apple sample code {_L}"),
    ("openmdw-1.0", rf"openmdw( {_L})?( agreement)? (version )?1\.0"),
    ("openmdw-1.1", rf"openmdw( {_L})?( agreement)? (version )?1\.1"),
    ("bigscience-bloom-rail-1.0", rf"bigscience( bloom)? rail( {_L})? v? ?1\.0|bigscience bloom rail( {_L})?"),
    ("bigcode-openrail-m", rf"bigcode open ?rail m( v ?1)?( {_L})?( agreement)?"),
    ("openrail++", rf"(creativeml |sdxl 0\.9 )?open ?rail\+\+ m( {_L})?"),
    ("creativeml-openrail-m", rf"creativeml open ?rail m( {_L})?"),
    ("bigscience-openrail-m", rf"bigscience open ?rail m( {_L})?"),
    ("openrail", rf"open ?rail( m)?( {_L})?( agreement)?"),
    ("cc0-1.0", r"(creative commons )?(cc0|cc zero|zero)( v)? ?1\.0( universal)?"),
    ("cdla-permissive-2.0", rf"community data {_L} agreement permissive version 2(\.0)?"),
    ("cdla-permissive-1.0", rf"community data {_L} agreement permissive version 1(\.0)?"),
    ("cdla-sharing-1.0", rf"community data {_L} agreement sharing version 1(\.0)?"),
    ("c-uda", r"computational use of data agreement( c uda)?( v ?1\.0)?"),
    ("odc-by", rf"(open data commons|odc) attribution {_L}( odc by)?( v ?1\.0)?"),
    ("odbl", rf"((open data commons|odc) )?open database {_L}( odbl)?( v ?1\.0)?"),
    ("pddl", rf"(open data commons|odc) public domain dedication (and|&) {_L}( pddl)?"),
    ("afl-3.0", rf"academic free {_L} (afl )?(version |v ?)?3\.0"),
    ("artistic-2.0", rf"artistic {_L} 2\.0"),
    ("bsl-1.0", rf"boost software {_L} (version )?1\.0"),
    ("ecl-2.0", rf"educational community {_L} (version |v ?)?2\.0"),
    ("epl-2.0", rf"eclipse public {_L} (version |v ?)?2\.0"),
    ("epl-1.0", rf"eclipse public {_L} (version |v ?)?1\.0"),
    ("eupl-1.2", rf"european union public {_L} (eupl )?(version |v\.? ?)?1\.2"),
    ("eupl-1.1", rf"european union public {_L} (eupl )?(version |v\.? ?)?1\.1"),
    ("etalab-2.0", r"(licence ouverte|open licence|etalab open licen[sc]e)( / | )?(open licence )?(version |v ?)?2\.0"),
    ("lppl-1.3c", rf"latex project public {_L} (lppl )?(version )?1\.3c"),
    ("ms-pl", rf"microsoft public {_L}( ms pl)?"),
    ("osl-3.0", rf"open software {_L} (osl )?(version |v\.? ?)?3\.0"),
    ("ofl-1.1", rf"sil open font {_L} (version )?1\.1"),
    ("ncsa", rf"(university of illinois ?/ ?)?(ncsa|university of illinois ncsa) open source {_L}"),
    ("postgresql", rf"postgresql {_L}"),
    ("wtfpl", rf"do what the f[u*]ck you want to public {_L}"),
    ("unlicense", "unlicense"),
    ("zlib", rf"zlib( libpng)? {_L}"),
    ("isc", rf"isc {_L}"),
    ("bsd-3-clause-clear", rf"(bsd 3 clause clear|clear bsd)( {_L})?"),
    ("bsd-3-clause", rf"bsd 3 clause( (new|revised|new or revised))?( {_L})?"),
    ("bsd-2-clause", rf"bsd 2 clause( simplified)?( {_L})?"),
    ("bsd", rf"bsd {_L}"),
    ("mit", rf"(mit|expat) {_L}"),
)

#: What a text without a title begins with, and notices that stand for one.
GRANTS = (
    ("mit", "permission is hereby granted free of charge to any person obtaining a copy"),
    ("isc", r"permission to use copy modify (and ?/ ?or|and) distribute this software for any purpose"),
    (
        "bsd",
        "redistribution and use in source and binary forms with or without modification are permitted provided that "
        "the following conditions are met",
    ),
    ("unlicense", "this is free and unencumbered software released into the public domain"),
    ("apple-amlr", "(disclaimer )?important this apple machine learning research model is specifically developed"),
    ("ofl-1.1", rf"this font software is licensed under the sil open font {_L} version 1\.1"),
)

#: Ids under other spellings: SPDX's, and what people write for them.
ALIASES = {
    "apache2": "apache-2.0", "apache2.0": "apache-2.0", "apachev2": "apache-2.0", "cc0": "cc0-1.0", "gplv3": "gpl-3.0",
    "gplv2": "gpl-2.0", "lgplv3": "lgpl-3.0", "agplv3": "agpl-3.0", "gpl3": "gpl-3.0", "gpl2": "gpl-2.0",
    "agpl3": "agpl-3.0", "lgpl3": "lgpl-3.0", "bsd3clause": "bsd-3-clause", "expat": "mit", "cuda1.0": "c-uda",
    "odcby1.0": "odc-by", "odbl1.0": "odbl", "pddl1.0": "pddl", "openrailm": "openrail", "bsd3": "bsd-3-clause",
    "bsd2": "bsd-2-clause",
}  # fmt: skip
