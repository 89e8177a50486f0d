"""The typed columns of documents that are not a model's config: adapters, pipelines, tokenizers and similar ones."""

import re
from collections.abc import Callable, Mapping

from harvester.extract.config.convert import boolean, double, first, integer, mapping, text, texts
from harvester.extract.config.quantization import read_block
from harvester.extract.config.submodels import square
from harvester.extract.values import Value

#: At and above this a tokenizer's ``model_max_length`` is a sentinel of no limit (int(1e30), 2**63 - 1, int(1e20)).
NO_LIMIT = 10**15
#: Components kept of a pipeline.
_COMPONENTS_CAP = 64
_POOLING = re.compile(r"pooling_mode_(cls|mean|max|mean_sqrt_len|weightedmean|last)_?tokens?\Z")

Row = tuple[str, tuple[str, ...], Callable[[Value], object]]

_ADAPTER: tuple[Row, ...] = (
    ("peft_type", ("peft_type",), text),
    ("base_model_name_or_path", ("base_model_name_or_path",), text),
    ("lora_rank", ("r",), integer),
    ("lora_alpha", ("lora_alpha",), double),
    ("lora_dropout", ("lora_dropout",), double),
    ("lora_rslora", ("use_rslora",), boolean),
    ("lora_dora", ("use_dora",), boolean),
    ("target_modules", ("target_modules",), texts),
    ("adapter_task_type", ("task_type",), text),
    ("num_virtual_tokens", ("num_virtual_tokens",), integer),
)
#: https://github.com/ml-explore/mlx-lm: what `mlx_lm.lora` was called with. It scales by ``scale`` and reads no alpha.
_MLX_ADAPTER: tuple[Row, ...] = (("base_model_name_or_path", ("model",), text),)
_MLX_LORA: tuple[Row, ...] = (
    ("lora_rank", ("rank", "r"), integer),
    ("lora_dropout", ("dropout",), double),
    ("target_modules", ("keys",), texts),
)
#: https://github.com/Blaizzy/mlx-vlm: scaled by alpha / rank.
_MLX_VLM_LORA: tuple[Row, ...] = (
    ("lora_rank", ("rank",), integer),
    ("lora_alpha", ("alpha",), double),
    ("lora_dropout", ("dropout",), double),
)
#: https://github.com/adapter-hub/adapters: scaled by alpha / r, as PEFT's.
_ADAPTERHUB = re.compile(r"(?:adapters|adapter-transformers)\b")
_ADAPTERHUB_LORA: tuple[Row, ...] = (
    ("lora_rank", ("r",), integer),
    ("lora_alpha", ("alpha",), double),
    ("lora_dropout", ("dropout",), double),
)
_GENERATION: tuple[Row, ...] = (
    ("transformers_version", ("transformers_version",), text),
    ("generation_do_sample", ("do_sample",), boolean),
    ("generation_temperature", ("temperature",), double),
    ("generation_top_p", ("top_p",), double),
    ("generation_top_k", ("top_k",), integer),
    ("generation_max_new_tokens", ("max_new_tokens",), integer),
)
_PREPROCESSOR: tuple[Row, ...] = (
    ("image_processor_type", ("image_processor_type", "feature_extractor_type"), text),
    ("processor_class", ("processor_class",), text),
    ("sampling_rate", ("sampling_rate",), integer),
    ("num_mel_bins", ("feature_size",), integer),
    ("patch_size", ("patch_size",), square),
)
_TOKENIZER: tuple[Row, ...] = (
    ("tokenizer_class", ("tokenizer_class",), text),
    ("processor_class", ("processor_class",), text),
    ("name_or_path", ("name_or_path", "_name_or_path"), text),
)


def read_rows(scope: Mapping[str, Value], rows: tuple[Row, ...], typed: dict[str, object]) -> None:
    """Fill the columns of a table of rows."""
    for column, keys, convert in rows:
        value = first(scope, keys, convert)
        if value is not None:
            typed[column] = value


def read_adapter(root: Mapping[str, Value], typed: dict[str, object]) -> None:
    """adapter_config.json of PEFT, MLX (``lora_parameters``) or AdapterHub (``config``)."""
    read_rows(root, _ADAPTER, typed)
    mlx, adapterhub = mapping(root.get("lora_parameters")), mapping(root.get("config"))
    if mlx or "fine_tune_type" in root:
        read_rows(root, _MLX_ADAPTER, typed)
        # A full fine-tune has the parameters of a LoRA as defaults that nothing reads.
        if root.get("fine_tune_type") != "full":
            read_rows(mlx, _MLX_LORA, typed)
        if root.get("fine_tune_type") == "dora":
            typed["lora_dora"] = True
    elif "model_name" in root and ("config" in root or _ADAPTERHUB.match(text(root.get("version")) or "")):
        read_rows(root, (("base_model_name_or_path", ("model_name",), text),), typed)
        if adapterhub.get("architecture") == "lora":
            read_rows(adapterhub, _ADAPTERHUB_LORA, typed)
    elif "rank" in root and "peft_type" not in root:
        read_rows(root, _MLX_VLM_LORA, typed)


def read_generation(root: Mapping[str, Value], typed: dict[str, object]) -> None:
    """generation_config.json."""
    read_rows(root, _GENERATION, typed)
    for column in ("bos_token_id", "eos_token_id", "pad_token_id"):
        value = root.get(column)
        number = integer(value[0] if type(value) is list and value else value)
        if number is not None:
            typed[column] = number


def read_preprocessor(root: Mapping[str, Value], typed: dict[str, object]) -> None:
    """preprocessor_config.json and processor_config.json."""
    read_rows(root, _PREPROCESSOR, typed)
    read_chat_template(root, typed)
    for key in ("crop_size", "size"):
        side = square(root.get(key))
        if side is not None:
            typed["image_size"] = side
            return


def read_tokenizer(root: Mapping[str, Value], typed: dict[str, object]) -> None:
    """tokenizer_config.json."""
    read_rows(root, _TOKENIZER, typed)
    limit = integer(root.get("model_max_length"))
    if limit is not None and 0 < limit < NO_LIMIT:
        typed["model_max_length"] = limit
    typed["has_chat_template"] = bool(root.get("chat_template"))


def read_chat_template(root: Mapping[str, Value], typed: dict[str, object]) -> None:
    """A chat template in another document than tokenizer_config.json: said where there is one."""
    if root.get("chat_template"):
        typed["has_chat_template"] = True


def read_pipeline(root: Mapping[str, Value], typed: dict[str, object]) -> None:
    """diffusers' model_index.json; also what any document with ``_class_name`` says of diffusers."""
    class_name = root.get("_class_name")
    if type(class_name) is list and class_name:
        class_name = class_name[-1]  # a custom pipeline: [module, class]
    value = text(class_name)
    if value is not None:
        typed["pipeline_class"] = value
    version = text(root.get("_diffusers_version"))
    if version is not None:
        typed["diffusers_version"] = version


def read_components(root: Mapping[str, Value], typed: dict[str, object]) -> None:
    """The components of a pipeline that are set, as name=library.class."""
    found = []
    for name, value in root.items():
        if type(value) is list and len(value) == 2 and not name.startswith("_"):
            library, class_name = map(text, value)
            if class_name is not None:
                found.append(f"{text(name)}={library}.{class_name}" if library else f"{text(name)}={class_name}")
                if name == "scheduler":
                    typed["scheduler_class"] = class_name
    if found:
        typed["pipeline_components"] = found[:_COMPONENTS_CAP]


def read_recipe(root: Mapping[str, Value], typed: dict[str, object]) -> None:
    """A recipe of mergekit: its method, and the models that it merges."""
    read_rows(root, (("merge_method", ("merge_method",), text),), typed)
    found: dict[str, None] = {}
    waiting: list[Value] = [root]
    while waiting and len(found) < _MERGED_CAP:
        value = waiting.pop()
        if type(value) is list:
            waiting += reversed(value)
        elif type(value) is dict:
            for key in _MERGED_KEYS & value.keys():
                # Older versions write a model as {model: {path: ...}}.
                named = value[key]
                while type(named) is dict:
                    named = named.get("model", named.get("path"))
                name = text(named)
                if name is not None:
                    found[name] = None
            waiting += [item for key, item in reversed(value.items()) if key not in _MERGED_KEYS]
    if found:
        typed["merged_models"] = list(found)


#: Keys of a recipe that name a model (https://github.com/arcee-ai/mergekit), and models kept of one.
_MERGED_KEYS = frozenset(("model", "base_model", "source_model"))
_MERGED_CAP = 200


def read_modules(root: Value, typed: dict[str, object]) -> None:
    """sentence-transformers' modules.json: classes of the modules in order."""
    if type(root) is list:
        names = [text(item.get("type")) for item in root[:_COMPONENTS_CAP] if type(item) is dict]
        classes = [name.rpartition(".")[2] for name in names if name]
        if classes:
            typed["sentence_modules"] = classes


def read_sentence_transformers(root: Mapping[str, Value], typed: dict[str, object]) -> None:
    """config_sentence_transformers.json and sentence_bert_config.json."""
    read_rows(
        root,
        (("similarity_function", ("similarity_fn_name",), text), ("max_seq_length", ("max_seq_length",), integer)),
        typed,
    )
    version = text(mapping(root.get("__version__")).get("transformers"))
    if version is not None:
        typed["transformers_version"] = version


def read_pooling(root: Mapping[str, Value], typed: dict[str, object]) -> None:
    """A pooling or dense module of sentence-transformers."""
    modes = [found.group(1) for key in root if root[key] is True and (found := _POOLING.match(key))]
    mode = text(root.get("pooling_mode")) or "+".join(modes)
    if mode and "word_embedding_dimension" in root:
        typed["pooling_mode"] = mode
    size = first(root, ("word_embedding_dimension", "out_features"), integer)
    if size is not None:
        typed["embedding_dimension"] = size


def read_timm(root: Mapping[str, Value], typed: dict[str, object]) -> None:
    """timm's config.json: its ``architecture`` is a name of its own, no class."""
    name = text(root.get("architecture"))
    if name is None:
        return
    typed["timm_architecture"] = name
    size = integer(root.get("num_features"))
    if size is not None:
        typed["embedding_dimension"] = size
    shape = mapping(root.get("pretrained_cfg")).get("input_size")
    if type(shape) is list and len(shape) == 3:
        side = square(shape[1:])
        if side is not None:
            typed["image_size"] = side


def read_open_clip(root: Mapping[str, Value], typed: dict[str, object]) -> None:
    """open_clip's config, whole or its model part alone: the text tower fills the plain columns."""
    model = mapping(root.get("model_cfg")) or root
    vision, language = mapping(model.get("vision_cfg")), mapping(model.get("text_cfg"))
    if not vision and not language:
        return
    read_rows(model, (("projection_dim", ("embed_dim",), integer),), typed)
    read_rows(
        language,
        (
            ("hidden_size", ("width",), integer),
            ("num_hidden_layers", ("layers",), integer),
            ("num_attention_heads", ("heads",), integer),
            ("vocab_size", ("vocab_size",), integer),
            ("context_length", ("context_length",), integer),
            ("name_or_path", ("hf_model_name",), text),
        ),
        typed,
    )
    read_rows(
        vision,
        (
            ("vision_hidden_size", ("width",), integer),
            ("vision_num_hidden_layers", ("layers",), integer),
            ("image_size", ("image_size",), square),
            ("patch_size", ("patch_size",), square),
            ("timm_architecture", ("timm_model_name",), text),
        ),
        typed,
    )


def read_quantize_config(root: Mapping[str, Value], typed: dict[str, object]) -> None:
    """A quantize_config.json beside the config: the block is at the top level."""
    read_block(root, typed)
