"""The words that names and cards are made of. All owners and models are invented; a longer list makes more variety."""

_CONSONANTS = ("l", "r", "m", "n", "s", "t", "k", "d", "v", "b", "h", "j", "w", "y", "th", "kr")
#: a stem is syllables of these; 64 of them, and no syllable is the beginning of another
SYLLABLES = tuple(consonant + vowel for consonant in _CONSONANTS for vowel in "aeio")

LABS = (
    "northwind-ai", "opal-research", "tidal-labs", "lumen-institute", "verdant-ml", "quarry-ai", "cobalt-works",
    "papermoon", "halcyon-nlp", "iron-meadow", "seastone", "fjord-speech", "kestrel-vision", "tundra-models",
    "saffron-ai", "graylake-university",
)  # fmt: skip
QUANTIZERS = (
    "small-bits", "lathe-quants", "thin-weights", "quantbench", "narrowband",
)  # fmt: skip
#: persons are named by two words; the first ones upload the most
FIRST = (
    "amber", "birch", "cedar", "dusty", "early", "fern", "gentle", "hazel", "indigo", "juniper", "kind", "little",
    "mellow", "nimble", "olive", "pale", "quiet", "russet", "silver", "tawny", "umber", "vivid", "willow", "yonder",
    "zesty",
)  # fmt: skip
SECOND = (
    "otter", "heron", "badger", "finch", "marten", "lynx", "plover", "stoat", "wren", "vole", "bison", "crane",
    "dormouse", "egret", "ibis",
)  # fmt: skip

TOPICS = (
    "reviews", "recipes", "legal", "medical", "poetry", "code", "math", "chat", "stories", "news", "support", "sql",
    "tutor", "travel", "finance", "biology", "chemistry", "history", "music", "chess", "weather", "agents", "tools",
    "email", "dialogue", "jokes", "quotes", "maps", "sports", "gardening",
)  # fmt: skip
ABROAD = (
    "zh", "zh", "zh", "fr", "fr", "fr", "es", "es", "es", "de", "de", "ja", "ja", "ko", "pt", "ru", "ar", "hi", "it",
    "tr", "vi", "pl", "nl", "sw", "fi",
)  # fmt: skip
#: three quarters of the models that name a language name English
LANGUAGES = ("en",) * 75 + ABROAD
#: of models that are not bound by their base
LICENSES = (
    *("apache-2.0",) * 9, *("mit",) * 4, "cc-by-4.0", "cc-by-nc-4.0", "cc-by-nc-4.0", "openrail", "other", "unknown",
    "gpl-3.0", "bsd-3-clause",
)  # fmt: skip
DATASETS = (
    "open-web-mix", "tiny-stories-x", "reviews-5m", "legal-qa", "common-speech", "wiki-snapshots", "math-steps",
    "code-pairs", "pictures-12m", "news-digest", "dialog-turns",
)  # fmt: skip
LABEL_SETS = (
    ("negative", "neutral", "positive"),
    ("not_spam", "spam"),
    ("anger", "joy", "sadness", "fear", "surprise", "disgust"),
    ("entailment", "neutral", "contradiction"),
    ("business", "science", "sport", "world"),
    ("LABEL_0", "LABEL_1"),
    ("toxic", "severe_toxic", "insult", "threat", "clean"),
    ("1 star", "2 stars", "3 stars", "4 stars", "5 stars"),
)
ENTITIES = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-MISC", "I-MISC")
PICTURES = (
    ("cat", "dog"),
    ("daisy", "dandelion", "rose", "sunflower", "tulip"),
    ("normal", "pneumonia"),
    ("angular_leaf_spot", "bean_rust", "healthy"),
    ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
)
SOUNDS = ("angry", "calm", "happy", "sad")
#: frequent words that every tokenizer has whole
FREQUENT = (
    "the", "of", "and", "to", "in", "is", "that", "for", "it", "as", "was", "with", "be", "by", "on", "not", "he",
    "this", "are", "or", "his", "from", "at", "which", "but", "have", "an", "had", "they", "you", "were", "their",
    "one", "all", "we", "can", "her", "has", "there", "been", "if", "more", "when", "will", "would", "who", "so", "no",
)  # fmt: skip
