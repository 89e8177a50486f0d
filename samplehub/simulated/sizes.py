"""The sizes models come in: dimensions as configs state them and as weights have them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """One size of an architecture: its label, and its dimensions (0: there is no such dimension).

    ``head`` is the width of an attention head where it is not ``hidden / heads``; a ``tied`` model uses its input
    embeddings for its output.
    """

    label: str
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    inner: int
    vocab: int
    context: int
    head: int = 0
    tied: bool = False

    @property
    def head_width(self) -> int:
        """The width of an attention head."""
        return self.head or self.hidden // self.heads


LLAMA = (
    Size("7B", 4096, 32, 32, 32, 11008, 32000, 2048),
    Size("13B", 5120, 40, 40, 40, 13824, 32000, 2048),
)
LLAMA_2 = (
    Size("7B", 4096, 32, 32, 32, 11008, 32000, 4096),
    Size("13B", 5120, 40, 40, 40, 13824, 32000, 4096),
    Size("70B", 8192, 80, 64, 8, 28672, 32000, 4096),
)
LLAMA_3 = (Size("8B", 4096, 32, 32, 8, 14336, 128256, 8192),)
LLAMA_31 = (
    Size("8B", 4096, 32, 32, 8, 14336, 128256, 131072),
    Size("70B", 8192, 80, 64, 8, 28672, 128256, 131072),
)
LLAMA_32 = (
    Size("1B", 2048, 16, 32, 8, 8192, 128256, 131072, tied=True),
    Size("3B", 3072, 28, 24, 8, 8192, 128256, 131072, tied=True),
)
MISTRAL = (Size("7B", 4096, 32, 32, 8, 14336, 32000, 32768),)
NEMO = (Size("12B", 5120, 40, 32, 8, 14336, 131072, 131072, head=128),)
MIXTRAL = (Size("8x7B", 4096, 32, 32, 8, 14336, 32000, 32768),)
QWEN_2 = (
    Size("0.5B", 896, 24, 14, 2, 4864, 151936, 32768, tied=True),
    Size("1.5B", 1536, 28, 12, 2, 8960, 151936, 32768, tied=True),
    Size("7B", 3584, 28, 28, 4, 18944, 152064, 131072),
    Size("14B", 5120, 48, 40, 8, 13824, 152064, 131072),
)
QWEN_3 = (
    Size("0.6B", 1024, 28, 16, 8, 3072, 151936, 40960, head=128, tied=True),
    Size("4B", 2560, 36, 32, 8, 9728, 151936, 40960, head=128, tied=True),
    Size("8B", 4096, 36, 32, 8, 12288, 151936, 40960, head=128),
    Size("32B", 5120, 64, 64, 8, 25600, 151936, 40960, head=128),
)
GEMMA_3 = (
    Size("4B", 2560, 34, 8, 4, 10240, 262208, 131072, head=256, tied=True),
    Size("12B", 3840, 48, 16, 8, 15360, 262208, 131072, head=256, tied=True),
)
GPT2 = (
    Size("124M", 768, 12, 12, 12, 3072, 50257, 1024, tied=True),
    Size("355M", 1024, 24, 16, 16, 4096, 50257, 1024, tied=True),
    Size("774M", 1280, 36, 20, 20, 5120, 50257, 1024, tied=True),
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
    Size("small", 512, 8, 6, 6, 1024, 32128, 512, head=64),
    Size("base", 768, 12, 12, 12, 2048, 32128, 512, head=64),
    Size("large", 1024, 24, 16, 16, 2816, 32128, 512, head=64),
)
WHISPER = (
    Size("tiny", 384, 4, 6, 6, 1536, 51865, 448),
    Size("small", 768, 12, 12, 12, 3072, 51865, 448),
    Size("medium", 1024, 24, 16, 16, 4096, 51865, 448),
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
