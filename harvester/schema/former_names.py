"""Models that stood at the root of the Hub until 2024, by the owner they were moved to. Data only.

Source: https://github.com/huggingface/transformers/pull/28795 and pull/29001, which replaced the old names in the
library's own documentation; the Hub redirects from the old names. ``bert-base-uncased`` is
``google-bert/bert-base-uncased``. To add a name, add it to its owner's list.
"""

_MOVED = {
    "google-bert": """
        bert-base-cased bert-base-cased-finetuned-mrpc bert-base-chinese bert-base-german-cased
        bert-base-multilingual-cased bert-base-multilingual-uncased bert-base-uncased bert-large-cased
        bert-large-cased-whole-word-masking bert-large-cased-whole-word-masking-finetuned-squad bert-large-uncased
        bert-large-uncased-whole-word-masking bert-large-uncased-whole-word-masking-finetuned-squad
    """,
    "openai-community": "gpt2 gpt2-medium gpt2-large gpt2-xl openai-gpt roberta-base-openai-detector "
    "roberta-large-openai-detector",
    "FacebookAI": """
        roberta-base roberta-large roberta-large-mnli xlm-clm-ende-1024 xlm-clm-enfr-1024 xlm-mlm-100-1280
        xlm-mlm-17-1280 xlm-mlm-en-2048 xlm-mlm-ende-1024 xlm-mlm-enfr-1024 xlm-mlm-enro-1024 xlm-mlm-tlm-xnli15-1024
        xlm-mlm-xnli15-1024 xlm-roberta-base xlm-roberta-large xlm-roberta-large-finetuned-conll02-dutch
        xlm-roberta-large-finetuned-conll02-spanish xlm-roberta-large-finetuned-conll03-english
        xlm-roberta-large-finetuned-conll03-german
    """,
    "distilbert": """
        distilbert-base-cased distilbert-base-cased-distilled-squad distilbert-base-german-cased
        distilbert-base-multilingual-cased distilbert-base-uncased distilbert-base-uncased-distilled-squad
        distilbert-base-uncased-finetuned-sst-2-english distilgpt2 distilroberta-base
    """,
    "albert": """
        albert-base-v1 albert-base-v2 albert-large-v1 albert-large-v2 albert-xlarge-v1 albert-xlarge-v2
        albert-xxlarge-v1 albert-xxlarge-v2
    """,
    "google-t5": "t5-small t5-base t5-large t5-3b t5-11b",
    "xlnet": "xlnet-base-cased xlnet-large-cased",
    "transfo-xl": "transfo-xl-wt103",
    "Salesforce": "ctrl",
    "almanach": "camembert-base",
}
#: Old name to today's.
FORMER_NAMES = {name: f"{owner}/{name}" for owner, names in _MOVED.items() for name in names.split()}
