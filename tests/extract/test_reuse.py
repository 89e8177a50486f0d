"""The tables of what a model needs: their rows fit together, and their SQL says what they say."""

import duckdb

from harvester.extract.reuse_rules import FACTS, LOADERS, MODALITIES, NEEDS, SIGNS, named_sql


def test_the_tables_name_only_signs_that_exist() -> None:
    signs = {row.sign for row in SIGNS} | set(FACTS)
    assert len(signs) < 63  # a bit each
    assert {sign for loader in LOADERS for sign in (*loader.signs, *loader.unless)} <= signs
    assert {sign for need in NEEDS for sign in (*need.signs, *need.unless)} <= signs
    tasks = [task for held in MODALITIES.values() for task in held]
    assert len(tasks) == len(set(tasks))
    assert set(MODALITIES) <= {need.modality for need in NEEDS}


def test_cheap_conditions_lose_no_path_that_an_expression_matches() -> None:
    paths = [
        "config.json", "aconfig.json", "a/b/adapter_config.json", "adapter_config.json", "a/b/c/adapter_config.json",
        "original/params.json", "params.json", "x/params.json", "pytorch_lora_weights.bin", "learned_embeds",
        "0_StaticEmbedding/tokenizer.json", "tokenizer/tokenizer_config.json", "0_x/tokenizer_config.json",
        "a/tokenizer.json", "tekken.json", "a/preprocessor_config.json", "modules.json", "modulesxjson",
        "onnx/a/model.onnx", "onnx/model.onnx_data", "a.task", "a.litertlm", "original/consolidated.00.pth", "m.gguf",
        "preprocessor_config.json", "generation_config.json", "mlc-chat-config.json", "config.cfg",
    ]  # fmt: skip
    names = {row.name for row in SIGNS if row.name is not None}
    with duckdb.connect() as con:
        con.execute("CREATE TABLE files AS SELECT unnest(?) AS path", [paths])
        for name in names:
            whole = con.execute(f"SELECT path FROM files WHERE regexp_full_match(path, '{name}')").fetchall()
            assert con.execute(f"SELECT path FROM files WHERE {named_sql(name)}").fetchall() == whole, name
