"""What kind of terms a licence has, by its id on the Hub. Data and one function; no legal advice.

A class says what a user must look at first: nothing but attribution (permissive), sharing under the same terms
(copyleft), no commercial use (non-commercial), or terms of its own on use (use-restricted). Sources: the texts that
https://huggingface.co/docs/hub/repositories-licenses links to; https://choosealicense.com/appendix/.
"""

from harvester.extract.license_titles import IDS

_CLASSES = {
    "public-domain": "cc0-1.0 unlicense wtfpl pddl",
    "permissive": "apache-2.0 mit afl-3.0 artistic-2.0 bsl-1.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear "
    "cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cdla-permissive-1.0 cdla-permissive-2.0 ecl-2.0 etalab-2.0 isc lppl-1.3c "
    "apple-ascl ms-pl odc-by openmdw-1.0 openmdw-1.1 postgresql ofl-1.1 ncsa zlib",
    "copyleft": "agpl-3.0 gpl gpl-2.0 gpl-3.0 lgpl lgpl-2.1 lgpl-3.0 lgpl-lr mpl-2.0 epl-1.0 epl-2.0 eupl-1.1 eupl-1.2 "
    "osl-3.0 gfdl odbl cdla-sharing-1.0 cc-by-sa-3.0 cc-by-sa-4.0",
    "no-derivatives": "cc-by-nd-4.0",
    "non-commercial": "cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 "
    "cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 h-research intel-research apple-amlr deepfloyd-if-license "
    "fair-noncommercial-research-license",
    "use-restricted": "openrail openrail++ bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0 "
    "bigcode-openrail-m llama2 llama3 llama3.1 llama3.2 llama3.3 llama4 grok2-community gemma c-uda",
}
_BY_ID = {name: kind for kind, names in _CLASSES.items() for name in names.split()}
#: All classes; `other` for a licence that has no row, `none` where no licence is declared.
LICENSE_CLASSES = (*_CLASSES, "other", "none")


def license_class(license: str | None) -> str:
    """Return the class of a declared licence id."""
    if not license:
        return "none"
    return _BY_ID.get(license.strip().lower(), "other")


def unclassed() -> set[str]:
    """Return the ids of the Hub that have no row; `cc` does not say which of its licences it is."""
    return set(IDS) - _BY_ID.keys()
