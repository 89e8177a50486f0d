"""Packed weights count as the model has them, and of several sets of weights one counts."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.extract.variants import companions
from harvester.extract.weights.components import components_of
from harvester.extract.weights.header import NO_TENSORS, WeightHeader
from harvester.extract.weights.packing import Counted, Packing, Quantization
from harvester.extract.weights.plan import read_header
from harvester.extract.weights.sets import chosen_sets, headers_wanted, model_parameters, weight_sets
from tests.extract.headers import safetensors

Tensors = dict[str, tuple[str, tuple[int, ...]]]


def counted(tensors: Tensors, quantization: Quantization | None = None) -> Counted:
    packing = Packing(quantization)
    for name, (dtype, shape) in tensors.items():
        packing.add(name, dtype, shape)
    return packing.counted()


def gptq(bits: int, group: int = 128) -> Tensors:
    """A layer of 4096 inputs and 512 outputs as AutoGPTQ writes it."""
    return {
        "q.qweight": ("I32", (4096 * bits // 32, 512)),
        "q.qzeros": ("I32", (4096 // group, 512 * bits // 32)),
        "q.scales": ("F16", (4096 // group, 512)),
        "q.g_idx": ("I32", (4096,)),
        "norm.weight": ("F16", (512,)),
    }


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
def test_gptq_counts_the_weights_and_neither_scales_nor_zeros_nor_g_idx(bits: int) -> None:
    count = counted(gptq(bits))
    assert count.parameters == 4096 * 512 + 512
    assert count.assumed is None
    assert count.by_dtype == {"I32": 4096 * 512, "F16": 512}
    assert count.stored["F16"] == 32 * 512 + 512


def test_awq_packs_the_outputs() -> None:
    tensors: Tensors = {
        "q.qweight": ("I32", (4096, 64)),
        "q.qzeros": ("I32", (32, 64)),
        "q.scales": ("F16", (32, 512)),
    }
    assert counted(tensors).parameters == 4096 * 512
    del tensors["q.qzeros"]
    assert counted(tensors).parameters == 4096 * 512


def test_a_shard_that_holds_the_packed_weight_alone_takes_the_bits_of_the_config() -> None:
    alone: Tensors = {"q.qweight": ("I32", (1024, 512))}
    assert counted(alone, Quantization("gptq", 8)).parameters == 4096 * 512
    assert (counted(alone).parameters, counted(alone).assumed) == (8192 * 512, "4 bits assumed for packed weights")
    scales: Tensors = {"q.scales": ("F16", (32, 512)), "q.g_idx": ("I32", (4096,))}
    assert counted(scales).parameters == 0


@pytest.mark.parametrize(
    ("tensors", "quantization", "parameters"),
    [
        # gpt-oss: 32 experts of 5760 rows, 90 blocks of 16 bytes
        ({"m.gate_up_proj_blocks": ("U8", (32, 5760, 90, 16)), "m.gate_up_proj_scales": ("U8", (32, 5760, 90)),
          "m.gate_up_proj_bias": ("BF16", (32, 5760))}, None, 32 * 5760 * 2880 + 32 * 5760),
        ({"b.mlp1_weight.blocks": ("U8", (8, 90, 16)), "b.mlp1_weight.scales": ("U8", (8, 90))}, None, 8 * 2880),
        # NVFP4 as modelopt writes it
        ({"q.weight": ("U8", (512, 2048)), "q.weight_scale": ("F8_E4M3", (512, 256)), "q.weight_scale_2": ("F32", ()),
          "q.input_scale": ("F32", ())}, None, 512 * 4096),
        # compressed-tensors
        ({"q.weight_packed": ("I32", (512, 512)), "q.weight_scale": ("BF16", (512, 32)),
          "q.weight_shape": ("I64", (2,))}, Quantization("compressed-tensors", 4), 512 * 4096),
        ({"q.weight_packed": ("U8", (512, 2048)), "q.weight_scale": ("F8_E4M3", (512, 256)),
          "q.weight_global_scale": ("F32", (1,))}, None, 512 * 4096),
        # bitsandbytes, 4 and 8 bits
        ({"q.weight": ("U8", (1048576, 1)), "q.weight.absmax": ("F32", (32768,)), "q.weight.quant_map": ("F32", (16,)),
          "q.weight.quant_state.bitsandbytes__nf4": ("U8", (80,))}, None, 512 * 4096),
        ({"q.weight": ("I8", (512, 4096)), "q.SCB": ("F32", (512,)), "q.weight_format": ("U8", ())}, None, 512 * 4096),
        # fp8 in blocks
        ({"q.weight": ("F8_E4M3", (512, 4096)), "q.weight_scale_inv": ("F32", (4, 32))}, None, 512 * 4096),
        # MLX, groups of 64, 4 and 8 bits, and as the config says
        ({"q.weight": ("U32", (512, 512)), "q.scales": ("BF16", (512, 64)), "q.biases": ("BF16", (512, 64))},
         None, 512 * 4096),
        ({"q.weight": ("U32", (512, 1024)), "q.scales": ("BF16", (512, 64)), "q.biases": ("BF16", (512, 64))},
         None, 512 * 4096),
        ({"q.weight": ("U32", (512, 1024)), "q.scales": ("BF16", (512, 128)), "q.biases": ("BF16", (512, 128))},
         Quantization(None, 8, 32), 512 * 4096),
        ({"q.weight": ("U32", (512, 1024)), "q.scales": ("BF16", (512, 128)), "q.biases": ("BF16", (512, 128))},
         Quantization(None, 8), 512 * 4096),
        # MLX, MXFP4 and NVFP4: scales of 8 bits
        ({"q.weight": ("U32", (512, 512)), "q.scales": ("U8", (512, 128))}, None, 512 * 4096),
        ({"q.weight": ("U32", (512, 512)), "q.scales": ("U8", (512, 256))}, None, 512 * 4096),
        # experts in one tensor, packed, with the shape they had
        ({"e.up_proj_packed": ("I32", (4, 64, 16)), "e.up_proj_scale": ("BF16", (4, 64, 4)),
          "e.up_proj_shape": ("I64", (3,))}, Quantization("compressed-tensors", 4, 32), 4 * 64 * 128),
        ({"e.w13_weight_packed": ("U8", (4, 64, 64)), "e.w13_weight_scale": ("F8_E4M3", (4, 64, 8)),
          "e.w13_weight_global_scale": ("F32", (4,))}, None, 4 * 64 * 128),
        # two to a byte where the config says 4 bits in such groups, one where it says 8
        ({"q.weight": ("I8", (64, 64)), "q.weight_scale": ("BF16", (64, 4))}, Quantization("quark", 4, 32), 64 * 128),
        ({"q.weight": ("I8", (64, 64)), "q.weight_scale": ("BF16", (64, 4))}, Quantization("quark", 8, 16), 64 * 64),
        ({"e.up_proj": ("U8", (4, 64, 64)), "e.up_proj_scale": ("BF16", (4, 64, 1))}, Quantization("x", 4, 128),
         4 * 64 * 128),
        # EXL2, EXL3, HQQ
        ({"q.q_weight": ("I32", (600, 512)), "q.q_invperm": ("I16", (4096,)), "q.q_scale": ("I32", (32, 64)),
          "q.q_scale_max": ("F16", (32,)), "q.q_groups": ("I16", (64,))}, None, 512 * 4096),
        ({"q.trellis": ("I16", (256, 32, 64)), "q.suh": ("F16", (4096,)), "q.svh": ("F16", (512,))}, None, 512 * 4096),
        ({"q.W_q": ("U8", (512, 2048)), "q.zero": ("F16", (1,))}, Quantization("hqq", 4), 512 * 4096 + 1),
        # MXFP4 as Quark writes it: a scale for 32 values; the same bytes with a scale a row are 8 bits each
        ({"q.weight": ("U8", (512, 2048)), "q.weight_scale": ("U8", (512, 128))}, None, 512 * 4096),
        ({"q.weight": ("U8", (512, 2048)), "q.weight_scale": ("F32", (512, 1))}, None, 512 * 2048),
        ({"q.weight": ("U8", (640, 2560)), "q.weight_scale": ("BF16", (1,))}, Quantization("bitnet"), 2560 * 2560),
        ({"q.weight": ("U8", (1048576, 1))}, Quantization("bitsandbytes", 4), 512 * 4096),
        # FP4 experts as DeepSeek V4 writes them: signed bytes and a scale of F8_E8M0 for 32 values; FP8 beside them
        ({"w1.weight": ("I8", (64, 32)), "w1.scale": ("F8_E8M0", (64, 2)), "wkv.weight": ("F8_E4M3", (64, 64)),
          "wkv.scale": ("F8_E8M0", (1, 1)), "gate.tid2eid": ("I64", (100, 2))}, None, 64 * 64 + 64 * 64 + 200),
        ({"w1.weight": ("U8", (64, 32)), "w1.scale": ("F8_E8M0", (64, 2))}, None, 64 * 64),
        ({"w1.weight": ("I8", (64, 64)), "w1.weight_scale": ("F8_E8M0", (64, 2))}, None, 64 * 64),
        ({"a.weight": ("I8", (64, 32)), "b.weight": ("BF16", (10,))}, None, 64 * 32 + 10),
        ({"w1.weight": ("F8_E4M3", (64, 64)), "w1.scale": ("F32", (1, 1)), "norm.scale": ("BF16", (64,))}, None,
         64 * 64 + 64),
        # experts that are one tensor, and their scales
        ({"e.gate_up_proj": ("F8_E4M3", (2, 64, 64)), "e.gate_up_proj_scale": ("F32", (2, 1, 64)),
          "e.down_proj": ("F8_E4M3", (2, 64, 64)), "e.down_proj_scale_inv": ("F32", (2, 1, 1)),
          "e.down_proj_input_scale": ("F32", (2,))}, None, 2 * 2 * 64 * 64),
        ({"e.gate_up_proj": ("U8", (2, 64, 32)), "e.gate_up_proj_scale": ("F8_E8M0", (2, 64, 2))}, None, 2 * 64 * 64),
        ({"e.w1_weight": ("U8", (2, 64, 32)), "e.w1_weight_scale": ("F8_E4M3", (2, 64, 4)),
          "e.w1_weight_scale_2": ("F32", (2,))}, None, 2 * 64 * 64),
        ({"e.gate_up_proj": ("BF16", (2, 64, 64)), "e.gate_up_proj_scale": ("BF16", (2, 1, 64))}, None, 2 * 64 * 65),
        # low-bit matrices make their scales a quantizer's; without such these are learned and count
        ({"q.weight": ("I8", (64, 64)), "q.weight_scale": ("F32", (64,)), "a.k_scale": ("F32", (1,))}, None, 64 * 64),
        ({"q.weight": ("F16", (64, 64)), "q.weight_scale": ("F32", (64,)), "a.k_scale": ("F32", (1,))}, None,
         64 * 64 + 64 + 1),
        # nothing packed: buffers count, and so does what is only called like a scale
        ({"e.position_ids": ("I64", (1, 512)), "a.bias": ("BOOL", (1, 8)),
          "n.scale": ("F32", (7,)), "n.scales": ("F32", (3,)), "logit_scale": ("F32", ()), "m.weight": ("U8", (5,)),
          "blocks": ("I32", (2,))}, None, 512 + 8 + 7 + 3 + 1 + 5 + 2),
    ],
)  # fmt: skip
def test_packed_tensors_count_what_they_hold(
    tensors: Tensors, quantization: Quantization | None, parameters: int
) -> None:
    count = counted(tensors, quantization)
    assert count.parameters == parameters
    assert count.tensors == len(tensors)


def test_a_dtype_of_empty_tensors_is_reported_and_an_unknown_packing_too() -> None:
    empty = counted({"w": ("F32", (3,)), "e": ("I64", (0, 4))})
    assert empty.by_dtype == empty.stored == {"F32": 3, "I64": 0}
    assert counted({"w.codes": ("I8", (3, 4, 1))}, Quantization("aqlm", 2)).assumed == (
        "the packing of aqlm is not known: counted as stored"
    )


@given(
    st.dictionaries(
        st.sampled_from("a.qweight a.scales a.qzeros a.weight a.q_weight a.q_invperm a.trellis x_blocks a.W_q".split()),  # noqa: SIM905
        st.tuples(
            st.sampled_from(["I32", "U8", "U32", "F16", "I16", "X"]),
            st.lists(st.integers(0, 99), max_size=4).map(tuple),
        ),
    ),
    st.builds(Quantization, st.none(), st.none() | st.integers(-1, 33), st.none() | st.integers(-1, 200)),
)
def test_no_shape_is_too_odd_to_count(tensors: Tensors, quantization: Quantization) -> None:
    assert counted(tensors, quantization).parameters >= 0


def header(parameters: int | None, reason: str | None = None) -> WeightHeader:
    return WeightHeader(
        format="safetensors", status="ok" if parameters is not None else "invalid", parameters=parameters, reason=reason
    )


def test_safetensors_are_taken_before_pickles_and_the_plain_variant_before_others() -> None:
    sets = weight_sets(
        [("pytorch_model.bin", 9), ("model.fp16.safetensors", 5), ("model.safetensors", 9), ("vae/x.safetensors", 1),
         ("optimizer.pt", 99), ("tf_model.h5", 9)]
    )  # fmt: skip
    assert headers_wanted(sets) == ["model.safetensors"]


def test_shards_are_one_set_and_a_missing_one_is_reported() -> None:
    files = [(f"model-0000{i}-of-00003.safetensors", 5) for i in (1, 2, 3)]
    headers = {path: header(10) for path, _ in files}
    assert model_parameters(weight_sets(files), headers).parameters == 30
    short = model_parameters(weight_sets(files[:2]), headers)
    assert (short.parameters, short.reason) == (None, "model-00001-of-00003.safetensors: 1 shards are missing")


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        (["model.safetensors.index.json", "model-language.safetensors", "model-vision.safetensors", "x.safetensors"],
         ["model-language.safetensors", "model-vision.safetensors"]),
        (["model.safetensors.index.json", "rank-0.safetensors", "rank-1.safetensors", "adapter_model.safetensors"],
         ["rank-0.safetensors", "rank-1.safetensors"]),
        (["u/model.safetensors.index.fp16.json", "u/model.fp16-a.safetensors", "u/model.fp16-b.safetensors"],
         ["u/model.fp16-a.safetensors", "u/model.fp16-b.safetensors"]),
        (["model.safetensors.index.json", "model.safetensors", "model-ema.safetensors"], ["model.safetensors"]),
        (["model.safetensors.index.json", "model-1-of-2.safetensors", "model-2-of-2.safetensors",
          "consolidated.safetensors"], ["model-1-of-2.safetensors", "model-2-of-2.safetensors"]),
        (["model-a.safetensors", "model-b.safetensors"], ["model-a.safetensors"]),
        (["model.safetensors.index.json", "pytorch_model.bin"], []),
    ],
)  # fmt: skip
def test_an_index_makes_one_set_of_files_that_do_not_give_their_number(files: list[str], wanted: list[str]) -> None:
    assert headers_wanted(weight_sets((path, 5) for path in files)) == wanted


def test_quantizations_of_one_model_count_once_and_the_projector_not() -> None:
    files = [("m-Q4_K_M.gguf", 4), ("m-Q8_0.gguf", 8), ("mmproj-m-f16.gguf", 20), ("m-IQ2_XS.gguf", 2)]
    assert headers_wanted(weight_sets(files)) == ["m-Q8_0.gguf"]


def test_a_pipeline_is_the_sum_of_its_components() -> None:
    files = [
        ("v1-5-pruned.safetensors", 50), ("unet/diffusion_pytorch_model.safetensors", 9),
        ("unet/diffusion_pytorch_model.fp16.safetensors", 5), ("unet/diffusion_pytorch_model.non_ema.safetensors", 9),
        ("text_encoder/model.safetensors", 3), ("text_encoder/pytorch_model.bin", 3), ("logs/model.safetensors", 7),
    ]  # fmt: skip
    parts = ["scheduler", "text_encoder", "unet", "tokenizer"]
    headers = {"unet/diffusion_pytorch_model.safetensors": header(900), "text_encoder/model.safetensors": header(30)}
    assert model_parameters(weight_sets(files), headers, parts).parameters == 930
    assert set(headers_wanted(weight_sets(files), parts)) == set(headers)


def test_sentence_transformers_add_their_dense_layer_to_the_root() -> None:
    files = [("model.safetensors", 9), ("2_Dense/model.safetensors", 1), ("2_Dense_256/model.safetensors", 1)]
    assert headers_wanted(weight_sets(files), ["", "1_Pooling", "2_Dense"]) == [
        "model.safetensors",
        "2_Dense/model.safetensors",
    ]


def test_parts_are_those_the_index_names_else_as_the_folders_look() -> None:
    sentence = ["modules.json", "model.safetensors", "1_Pooling/config.json", "2_Dense_1024/m.safetensors",
                "2_Dense/m.safetensors", "onnx/model.onnx"]  # fmt: skip
    said = b'[{"path": ""}, {"path": "1_Pooling"}, {"path": "2_Dense_1024"}]'
    assert components_of(sentence, [("modules.json", said)]) == ["", "1_Pooling", "2_Dense_1024"]
    assert components_of(sentence, []) == ["", "1_Pooling", "2_Dense"]
    pipeline = ["model_index.json", "unet/config.json", "vae/config.json", "sd.safetensors"]
    index = b'{"_class_name": "P", "unet": ["diffusers", "U"]}'
    assert components_of(pipeline, [("model_index.json", index)]) == ["unet"]
    assert components_of(pipeline, []) == ["unet", "vae"]
    assert components_of(["model.safetensors", "a/b.safetensors"], []) is None


def test_an_adapter_counts_its_own_weights() -> None:
    sets = weight_sets([("adapter_model.safetensors", 1), ("model.safetensors", 90)])
    assert headers_wanted(sets, adapter=True) == ["adapter_model.safetensors"]
    assert headers_wanted(sets) == ["model.safetensors"]


def test_what_cannot_be_decided_has_a_reason() -> None:
    pickles = weight_sets([("pytorch_model.bin", 5)])
    assert model_parameters(pickles, {}).reason == "pytorch_model.bin: a pickle has no header to count in"
    one = weight_sets([("model.safetensors", 5)])
    assert model_parameters(one, {}).reason == "model.safetensors: its header was not read"
    broken = {"model.safetensors": header(None, "claims a header of 9 bytes")}
    assert model_parameters(one, broken).reason == "model.safetensors: claims a header of 9 bytes"
    assert model_parameters([], {}).reason == "no weights"


def test_weights_only_in_folders_are_found_in_the_shallowest() -> None:
    sets = weight_sets([("a/b/model.safetensors", 9), ("Q4/m-00001-of-00001.gguf", 5), ("Q8/m-00001-of-00001.gguf", 8)])
    assert [one.paths for one in chosen_sets(sets)] == [("Q8/m-00001-of-00001.gguf",)]


def numbered(names: Sequence[str], tensors: Sequence[set[int]], count: int = 10) -> dict[str, WeightHeader]:
    return {
        name: WeightHeader(
            format="safetensors",
            status="ok",
            parameters=count,
            elements_by_dtype={"F32": count},
            tensor_names=tuple(held),
        )
        for name, held in zip(names, tensors, strict=True)
    }


@pytest.mark.parametrize(
    ("names", "tensors", "hub", "parameters"),
    [
        (["out-00000.safetensors", "out-00001.safetensors", "out-mtp-00000.safetensors"], [{1}, {2}, {3}], None, 20),
        (["model_part1.safetensors", "model_part2.safetensors"], [{1}, {2}], 20, 20),
        (["m.1.fp16.safetensors", "m.2.fp16.safetensors"], [{1}, {2}], None, 20),
        # copies of one model hold the same tensors, whatever the Hub adds up
        (["lora-000001.safetensors", "lora-000002.safetensors"], [{1, 2}, {1, 2}], 20, 10),
        (["lora-000001.safetensors", "lora-000002.safetensors"], [{1, 2}, {2, 3}], None, 10),
        # the Hub counts one of them
        (["m-0.safetensors", "m-1.safetensors"], [{1}, {2}], 10, 10),
        # headers that were read before names were kept
        (["m-0.safetensors", "m-1.safetensors"], [set(), set()], 20, 20),
        (["m-0.safetensors", "m-1.safetensors"], [set(), set()], None, 10),
        # not numbered without a gap, or numbered by a word for copies
        (["m-100.safetensors", "m-200.safetensors"], [{1}, {2}], None, 10),
        (["epoch_1.safetensors", "epoch_2.safetensors"], [{1}, {2}], None, 10),
    ],
)  # fmt: skip
def test_numbered_files_are_one_set_where_they_hold_different_tensors(
    names: list[str], tensors: list[set[int]], hub: int | None, parameters: int
) -> None:
    headers = numbered(names, tensors)
    assert model_parameters(weight_sets([(name, 5) for name in names], headers, hub), headers).parameters == parameters


def test_of_numbered_files_each_header_is_requested_once() -> None:
    files = [(f"out-0000{i}.safetensors", 5) for i in range(3)]
    assert headers_wanted(weight_sets(files)) == [path for path, _ in files]
    assert headers_wanted(weight_sets([(f"epoch-{i}.safetensors", 5) for i in range(3)])) == ["epoch-0.safetensors"]


def test_a_header_gives_its_tensors_by_a_sample_of_their_names() -> None:
    one, other = (safetensors({f"{part}.{i}": ("F32", (1,)) for i in range(3000)}) for part in "ab")
    first, second = (read_header("safetensors", data) for data in (one, other))
    assert isinstance(first, WeightHeader)
    assert isinstance(second, WeightHeader)
    assert len(first.tensor_names) == 16
    assert not set(first.tensor_names) & set(second.tensor_names)


@pytest.mark.parametrize(
    ("files", "beside"),
    [
        ([("mmproj-m-BF16.gguf", 9), ("m-Q8_0.gguf", 5)], ["mmproj-m-BF16.gguf"]),
        ([("m-mmproj.gguf", 9)], ["m-mmproj.gguf"]),
        ([("mtp-m-Q8_0.gguf", 2), ("m-Q8_0.gguf", 33)], ["mtp-m-Q8_0.gguf"]),
        ([("Q8/m-1-of-2.gguf", 46), ("Q8/m-2-of-2.gguf", 24), ("m-mtp-Q8_0.gguf", 3)], ["m-mtp-Q8_0.gguf"]),
        ([("m-DFlash-BF16.gguf", 2), ("m-F16.gguf", 235)], ["m-DFlash-BF16.gguf"]),
        ([("eagle3-m-BF16.gguf", 1), ("eagle3-m-Q8_0.gguf", 1), ("m.gguf", 12)],
         ["eagle3-m-BF16.gguf", "eagle3-m-Q8_0.gguf"]),
        ([("m-draft.gguf", None), ("m.gguf", None)], ["m-draft.gguf"]),
        # whole models whose names hold such a word
        ([("Qwen-MTP-Q4_K_M.gguf", 5), ("Qwen-MTP-Q8_0.gguf", 9)], []),
        ([("Qwen-MTP-Q4_K_M.gguf", 5), ("Qwen-Q4_K_M.gguf", 5)], []),
        ([("my-assistant-Q8_0.gguf", 9)], []),
        ([("draft.safetensors", 1), ("m.safetensors", 9)], []),
    ],
)  # fmt: skip
def test_ggufs_that_are_loaded_beside_a_model_are_distinguished(
    files: list[tuple[str, int | None]], beside: list[str]
) -> None:
    assert sorted(companions(files)) == beside
    assert sorted(path for one in weight_sets(files) if one.companion for path in one.paths) == beside


def test_a_gguf_of_a_vocabulary_alone_has_no_parameters() -> None:
    empty = WeightHeader(format="gguf", status="ok", parameters=0, reason=NO_TENSORS)
    found = model_parameters(weight_sets([("m.gguf", 5)]), {"m.gguf": empty})
    assert (found.parameters, found.reason) == (None, "m.gguf: no tensors: a vocabulary only")
