"""The sizes models come in: what a config states, not what the sample's weights weigh."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """One size of a family: its label, and the dimensions a config states (0: it states none)."""

    label: str
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    inner: int
    vocab: int
    context: int


LLAMA = (
    Size("1B", 2048, 16, 32, 8, 8192, 32000, 4096),
    Size("3B", 3072, 28, 24, 8, 8192, 128256, 131072),
    Size("7B", 4096, 32, 32, 8, 14336, 32000, 32768),
    Size("8B", 4096, 32, 32, 8, 14336, 128256, 131072),
    Size("13B", 5120, 40, 40, 40, 13824, 32000, 8192),
    Size("70B", 8192, 80, 64, 8, 28672, 128256, 131072),
)
MISTRAL = (
    Size("7B", 4096, 32, 32, 8, 14336, 32000, 32768),
    Size("12B", 5120, 40, 32, 8, 14336, 131072, 131072),
)
MIXTRAL = (Size("8x7B", 4096, 32, 32, 8, 14336, 32000, 32768),)
QWEN = (
    Size("0.5B", 896, 24, 14, 2, 4864, 151936, 32768),
    Size("1.5B", 1536, 28, 12, 2, 8960, 151936, 32768),
    Size("7B", 3584, 28, 28, 4, 18944, 152064, 131072),
)
GEMMA = (
    Size("4B", 2560, 34, 8, 4, 10240, 262208, 131072),
    Size("12B", 3840, 48, 16, 8, 15360, 262208, 131072),
)
GPT2 = (
    Size("124M", 768, 12, 12, 12, 3072, 50257, 1024),
    Size("355M", 1024, 24, 16, 16, 4096, 50257, 1024),
)
BERT = (
    Size("base", 768, 12, 12, 12, 3072, 30522, 512),
    Size("small", 512, 4, 8, 8, 2048, 30522, 512),
    Size("large", 1024, 24, 16, 16, 4096, 30522, 512),
)
ROBERTA = (
    Size("base", 768, 12, 12, 12, 3072, 50265, 514),
    Size("large", 1024, 24, 16, 16, 4096, 50265, 514),
)
T5 = (
    Size("small", 512, 8, 8, 8, 1024, 32128, 512),
    Size("base", 768, 12, 12, 12, 2048, 32128, 512),
)
WHISPER = (
    Size("tiny", 384, 4, 6, 6, 1536, 51865, 448),
    Size("small", 768, 12, 12, 12, 3072, 51865, 448),
)
WAV2VEC2 = (
    Size("base", 768, 12, 12, 12, 3072, 32, 0),
    Size("large", 1024, 24, 16, 16, 4096, 32, 0),
)
VIT = (
    Size("base-patch16-224", 768, 12, 12, 12, 3072, 0, 0),
    Size("large-patch16-224", 1024, 24, 16, 16, 4096, 0, 0),
)
CLIP = (Size("base-patch32", 768, 12, 12, 12, 3072, 49408, 77),)
