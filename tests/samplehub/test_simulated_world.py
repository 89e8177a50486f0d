"""The simulated ecosystem: always the same, as large as asked, true to its own bytes, and with every oddity once."""

import hashlib
import json
import tracemalloc
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samplehub import SimulatedWorld
from samplehub.content import LARGEST_HASHED, Generated, blob_oid, sha256_of
from samplehub.errors import SampleHubError
from samplehub.reading import document, library_of, read_commit, tags_of
from samplehub.simulated.architectures import ARCHITECTURES
from samplehub.simulated.chance import Permutation
from samplehub.simulated.names import Stems
from samplehub.simulated.plan import QUIRKS, Plan
from samplehub.world import SORT_KEYS, After, Moved, Order, Repo, iso, sort_value

from .helpers import repos_of


def facts_of(world: SimulatedWorld) -> list[Any]:
    return [(repo.facts, repo.head.oid, repo.words) for repo in repos_of(world)]


def test_the_same_seed_is_the_same_ecosystem() -> None:
    assert facts_of(SimulatedWorld(75, seed=7)) == facts_of(SimulatedWorld(75, seed=7))


def test_another_seed_is_another_ecosystem() -> None:
    names = [{facts.repo_id for facts, *_ in facts_of(SimulatedWorld(75, seed=seed))} for seed in (1, 2)]
    assert names[0].isdisjoint(names[1])


@pytest.mark.parametrize("models", [1, 2, 24, 26, 301])
def test_any_number_of_models_is_walked_whole_in_every_order(models: int) -> None:
    world = SimulatedWorld(models)
    for key in SORT_KEYS:
        for descending in (True, False):
            walked = list(world.walk(Order(key, descending), None))
            assert len({repo.facts.hub_id for repo in walked}) == models
            values = [sort_value(repo, key) for repo in walked]
            assert values == sorted(values, reverse=descending)


@pytest.mark.parametrize("key", SORT_KEYS)
def test_a_walk_goes_on_behind_any_row(world: SimulatedWorld, key: Any) -> None:
    for descending in (True, False):
        order = Order(key, descending)
        names = [repo.facts.repo_id for repo in world.walk(order, None)]
        for place, repo in enumerate(world.walk(order, None)):
            if place % 23 == 0:
                rest = world.walk(order, After(sort_value(repo, key), repo.facts.hub_id))
                assert [other.facts.repo_id for other in rest] == names[place + 1 :]


@given(st.integers(1, 5000), st.integers(0, 2**32), st.data())
def test_a_permutation_leads_back(size: int, seed: int, data: st.DataObject) -> None:
    permutation = Permutation(size, seed)
    value = data.draw(st.integers(0, size - 1))
    assert permutation.backward(permutation.forward(value)) == value
    assert 0 <= permutation.forward(value) < size


@given(st.integers(0, 16_000_000), st.integers(0, 1000))
def test_a_name_leads_back_to_its_number(number: int, seed: int) -> None:
    stems = Stems(seed)
    assert stems.number(f"{stems.of(number).capitalize()}-7B-GGUF") == number


@given(st.text(max_size=40))
def test_a_name_nobody_has_is_nobodys(text: str) -> None:
    found = SimulatedWorld(100).find(text)
    assert found is None or isinstance(found, Repo | Moved)


def test_creation_order_is_id_order_and_begins_at_the_floor(repos: list[Repo]) -> None:
    assert iso(repos[0].facts.created_at) == "2022-03-02T23:29:04.000Z"
    assert [repo.facts.hub_id for repo in repos] == sorted(repo.facts.hub_id for repo in repos)
    for repo in repos:
        assert int(repo.facts.hub_id[:8], 16) == repo.facts.created_at <= repo.commits[-1].step.at
        assert repo.facts.last_modified == repo.head.step.at


def test_every_id_is_what_its_bytes_say(repos: list[Repo]) -> None:
    hashed = 0
    for file in (file for repo in repos for file in repo.head.tree.files.values()):
        if file.sha256 is None:
            assert blob_oid(file.read()) == file.oid
            continue
        assert blob_oid(file.pointer) == file.oid
        if file.size <= LARGEST_HASHED:
            data = file.read()
            assert len(data) == file.size
            assert hashlib.sha256(data).hexdigest() == file.sha256 == sha256_of(file.content, step=1000)
            hashed += 1
    assert hashed > 20


def test_large_files_have_one_hash_exactly_where_they_have_the_same_bytes(repos: list[Repo]) -> None:
    sources: dict[str, set[object]] = {}
    for file in (file for repo in repos for file in repo.head.tree.files.values()):
        if file.sha256 and file.size > LARGEST_HASHED:
            assert isinstance(file.content, Generated)
            source = (file.content.head.read(), file.content.length, file.content.fill)
            sources.setdefault(file.sha256, set()).add(source)
    assert len(sources) > 100
    assert all(len(contents) == 1 for contents in sources.values())
    assert len(set().union(*sources.values())) == len(sources)


def test_the_listing_says_what_the_files_say(repos: list[Repo]) -> None:
    for repo in repos:
        slowly = read_commit(repo.head)
        quickly = repo.reading(repo.head)
        assert quickly.config == slowly.config
        assert quickly.card_data == slowly.card_data
        assert quickly.safetensors == slowly.safetensors
        assert quickly.mask_token == slowly.mask_token
        card = slowly.card_data or {}
        library = library_of(repo.head.tree, card)
        assert repo.words.library_name == library
        assert repo.words.tags == tags_of(repo.head.tree, card, library, repo.facts.pipeline_tag)


def test_base_models_and_children_agree(repos: list[Repo]) -> None:
    made: dict[str, Counter[str]] = {}
    for repo in repos:
        if base := repo.facts.base_models:
            for hub_id, name in base.models:
                parent = next(other for other in repos if other.facts.hub_id == hub_id)
                assert parent.facts.repo_id == name
                assert parent.facts.created_at < repo.facts.created_at
                made.setdefault(name, Counter())[base.relation] += 1
    assert made
    assert all(repo.children == made.get(repo.facts.repo_id, Counter()) for repo in repos)


def test_three_hundred_models_are_a_small_hub(repos: list[Repo]) -> None:
    libraries = {repo.words.library_name for repo in repos}
    assert {"transformers", "diffusers", "sentence-transformers", "peft", "timm", None} <= libraries
    types = {document(repo.head.tree, "config.json").get("model_type") for repo in repos}
    assert {"bert", "roberta", "gpt2", "llama", "mistral", "mixtral", "qwen3", "gemma3", "vit", "clip"} <= types
    relations = {repo.facts.base_models.relation for repo in repos if repo.facts.base_models}
    assert relations == {"finetune", "adapter", "quantized", "merge"}
    downloads = sorted((repo.facts.downloads for repo in repos), reverse=True)
    assert downloads[0] > 1_000_000
    assert downloads.count(0) > len(repos) * 0.6
    configs = Counter(
        repo.head.tree.files["config.json"].oid for repo in repos if "config.json" in repo.head.tree.files
    )
    assert configs.most_common(1)[0][1] >= 5
    weights = Counter(file.sha256 for repo in repos for file in repo.head.tree.files.values() if file.sha256)
    assert max(weights.values()) >= 2
    methods = {
        (document(repo.head.tree, "config.json").get("quantization_config") or {}).get("quant_method") for repo in repos
    }
    assert {"gptq", "awq"} <= methods


def test_a_thousand_models_are_of_every_architecture_and_none_is_older_than_its_own() -> None:
    plan = Plan(0, 1000)
    families = [plan.family(number) for number in range(40)]
    assert {family.row.model_type for family in families} == {row.model_type for row in ARCHITECTURES.values()}
    assert all(family.row.since <= family.year for family in families)
    decoders = [family.row.since for family in families if family.row.dtype != "float32"]
    assert sum(decoders[-8:]) / 8 - sum(decoders[:8]) / 8 > 0.5


def test_the_relation_in_the_tags_is_that_of_the_base_models(repos: list[Repo]) -> None:
    known = [repo for repo in repos if repo.facts.base_models]
    assert {repo.facts.base_models.relation for repo in known if "diffusers" in repo.words.tags} >= {"adapter"}
    for repo in known:
        told = {tag.split(":")[1] for tag in repo.words.tags if tag.startswith("base_model:") and tag.count(":") == 2}
        assert told == {repo.facts.base_models.relation}, repo.facts.repo_id


def test_every_oddity_occurs_once_in_three_hundred(repos: list[Repo]) -> None:
    plan = Plan(0, 300)
    dealt = Counter(plan.sketch(index).quirk for index in range(300))
    assert {quirk: dealt[quirk] for quirk in QUIRKS} == dict(Counter(QUIRKS))
    gated = [repo for repo in repos if repo.facts.gated]
    assert 0.02 <= len(gated) / len(repos) <= 0.04
    assert len([repo for repo in repos if list(repo.head.tree.files) == [".gitattributes"]]) == 2
    odd = 0
    for repo in repos:
        if file := repo.head.tree.files.get("config.json"):
            try:
                text = file.read().decode()
                pairs = json.loads(text, parse_constant=lambda name: 1 / 0, object_pairs_hook=lambda pairs: pairs)
                odd += not (text.startswith("{") and len(dict(pairs)) == len(pairs))
            except (ValueError, ZeroDivisionError):
                odd += 1
    assert odd == 9


def test_suspect_files_are_files_of_their_repo(repos: list[Repo]) -> None:
    suspects = [(repo, path, level) for repo in repos for path, level in repo.facts.unsafe_files]
    assert suspects
    assert {level for *_, level in suspects} <= {"unsafe", "suspicious"}
    assert all(path in repo.head.tree.files for repo, path, _ in suspects)


def test_names_lead_to_their_models_in_any_spelling(world: SimulatedWorld, repos: list[Repo]) -> None:
    for repo in repos:
        found = world.find(repo.facts.repo_id)
        assert isinstance(found, Repo)
        assert found.facts.hub_id == repo.facts.hub_id
        assert world.find(repo.facts.repo_id.swapcase()) == Moved(repo.facts.repo_id)
        by_id = world.by_hub_id(repo.facts.hub_id)
        assert by_id is not None
        assert by_id.facts == repo.facts


def test_an_id_nobody_has_finds_nothing(world: SimulatedWorld) -> None:
    assert world.by_hub_id("0" * 24) is None
    assert world.by_hub_id("f" * 24) is None


def test_a_million_models_take_no_more_memory_than_a_hundred() -> None:
    def peak(models: int) -> int:
        world = SimulatedWorld(models)
        tracemalloc.start()
        try:
            for key in SORT_KEYS:
                walk = world.walk(Order(key, descending=True), None)
                for _ in range(60):
                    next(walk)
            assert world.find(next(world.walk(Order("createdAt", descending=True), None)).facts.repo_id)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)
    assert peak(1_000_000) < 2 * peak(100) + 1_000_000


@pytest.mark.parametrize("models", [0, -1, 16_000_001])
def test_a_world_of_an_impossible_size_is_wrong_usage(models: int) -> None:
    with pytest.raises(SampleHubError, match="1 to 16,000,000 models"):
        SimulatedWorld(models)
