"""Whether a document names repository code that loading it runs, in the format of each library."""

import re
from collections.abc import Callable, Iterator, Mapping

from harvester.extract.config.convert import mapping, text
from harvester.extract.values import Value

#: Repositories kept of one document.
REPOS_CAP = 20

#: Libraries that a pipeline's components and a sentence model's modules come from, none of which is the repository.
LIBRARIES = frozenset(
    """
    accelerate diffusers flax k_diffusion keras model2vec numpy onnxruntime open_clip optimum peft pylate safetensors
    sentence_transformers sentencepiece setfit sklearn spacy tensorflow timm tokenizers torch torchvision transformers
    """.split()  # noqa: SIM905
)
#: Modules of diffusers' pipelines that components come from (https://github.com/huggingface/diffusers,
#: src/diffusers/pipelines), as a pipeline writes them.
_PIPELINES = re.compile(
    r"(?:stable_(?:diffusion|cascade|video_diffusion|audio|unclip)\w{0,40}|allegro|alt_diffusion|amused|animatediff|"
    r"audio_diffusion|audioldm2?|aura_flow|blip_diffusion|bria\w{0,20}|chroma\w{0,20}|chronoedit|cogvideo|cogview[34]|"
    r"consisid|consistency_models|controlnet\w{0,20}|cosmos\w{0,20}|dance_diffusion|ddim|ddpm|deepfloyd_if|deprecated|"
    r"dit|easyanimate|flux\w{0,20}|hidream_image|hunyuan\w{0,20}|i2vgen_xl|kandinsky\w{0,20}|karras_ve|kolors|"
    r"latent_\w{1,40}|latte|ledits_pp|ltx\w{0,20}|lucy|lumina2?|marigold|mochi|musicldm|omnigen|ovis_image|pag|"
    r"paint_by_example|pia|pixart_\w{1,20}|pndm|prx|qwenimage|repaint|sana\w{0,20}|score_sde_ve|"
    r"semantic_stable_diffusion|shap_e|skyreels_v2|spectrogram_diffusion|stochastic_karras_ve|t2i_adapter|"
    r"text_to_video_synthesis|unclip|unidiffuser|versatile_diffusion|visualcloze|vq_diffusion|wan|wuerstchen|z_image)\Z"
)


def read_code(kind: str, root: Value, typed: dict[str, object]) -> None:
    """Fill ``remote_code`` (an ``auto_map`` is present), ``names_code`` and ``remote_code_repos``."""
    if type(root) is dict:
        auto_map, rule = root.get("auto_map"), _RULES.get(kind)
        typed["remote_code"] = auto_map is not None
        classes = [] if auto_map is None else list(_names(auto_map))
        named = rule is not None and rule(root)
        if classes and not named:
            named = any("." in name for name in classes)
    elif kind == "modules" and type(root) is list:
        classes = [name for item in root if (name := text(mapping(item).get("type")))]
        named = any(_is_foreign(name) for name in classes)
    else:
        return
    if named:
        typed["names_code"] = True
    if not classes:
        return
    repos = {name.partition("--")[0]: None for name in classes if "--" in name}
    if repos:
        typed["remote_code_repos"] = list(repos)[:REPOS_CAP]


def _names(auto_map: Value) -> Iterator[str]:
    """The classes of an ``auto_map``: a mapping, or what an older tokenizer writes, a list."""
    for value in auto_map.values() if type(auto_map) is dict else (auto_map,):
        for one in value if type(value) is list else (value,):
            name = text(one)
            if name is not None:
                yield name


def _is_foreign(class_name: str) -> bool:
    """Whether a class (``module.Class``, ``owner/repo--module.Class``) belongs to none of the known libraries."""
    return "--" in class_name or ("." in class_name and class_name.partition(".")[0] not in LIBRARIES)


def _in_config(root: Mapping[str, Value]) -> bool:
    if "_class_name" not in root and "model_file" not in root and "custom_pipelines" not in root:
        return False
    # mlx-lm imports the file; transformers loads the classes of its custom pipelines.
    model_file = text(root.get("model_file"))
    return (
        (model_file is not None and model_file.endswith(".py"))
        or any(text(mapping(one).get("impl")) for one in mapping(root.get("custom_pipelines")).values())
        or _in_pipeline(root)
    )


def _in_pipeline(root: Mapping[str, Value]) -> bool:
    """diffusers: ``_class_name`` is [module, class] where the class is the repository's, a component likewise."""
    class_name = root.get("_class_name")
    return type(class_name) is list and any(text(one) for one in class_name)


def _in_index(root: Mapping[str, Value]) -> bool:
    return _in_pipeline(root) or any(
        library is not None and not _is_known(library)
        for name, value in root.items()
        if type(value) is list and len(value) == 2 and not name.startswith("_") and _is_class(value[1])
        for library in (text(value[0]),)
    )


def _is_class(value: Value) -> bool:
    name = text(value)
    return name is not None and name[0].isupper() and name.isidentifier()


def _is_known(library: str) -> bool:
    return library.partition(".")[0] in LIBRARIES or _PIPELINES.match(library) is not None


_RULES: dict[str, Callable[[Mapping[str, Value]], bool]] = {
    "config": _in_config,
    "other": _in_config,
    "model_index": _in_index,
    "scheduler_config": _in_pipeline,
}
