"""Blob, tree and commit ids are those git itself gives."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from samplehub.content import InMemory as Memory
from samplehub.content import Step, Tree, chain, commit_object, lfs_file, plain_file, sha256_of
from samplehub.world import Repo

from .helpers import Find


def git(root: Path, *words: str, stdin: bytes = b"") -> str:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(["git", *words], cwd=root, input=stdin, capture_output=True, check=True, env=environment)
    return done.stdout.decode().strip()


def git_tree(root: Path, tree: Tree) -> str:
    """The id git gives to the same files, pointers for LFS."""
    for file in tree.files.values():
        path = root / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.read() if file.sha256 is None else file.pointer)
    git(root, "init", "--quiet")
    git(
        root,
        "-c",
        "core.autocrlf=false",
        "-c",
        "filter.lfs.clean=cat",
        "-c",
        "filter.lfs.process=",
        "add",
        "--all",
        "--force",
    )
    return git(root, "write-tree")


def test_a_simulated_repo_has_gits_own_ids(find: Find, tmp_path: Path) -> None:
    repo: Repo = find(lambda repo: {"1_Pooling/config.json", "model.safetensors"} <= repo.head.tree.files.keys())
    assert git_tree(tmp_path, repo.head.tree) == repo.head.tree.oid
    for commit in repo.commits:
        body = commit_object(commit.step, commit.parent)
        assert git(tmp_path, "hash-object", "-t", "commit", "--stdin", "--literally", stdin=body) == commit.oid


def test_names_sort_as_git_sorts_them(tmp_path: Path) -> None:
    weights = Memory(b"w" * 99)
    tree = Tree(
        [
            *(plain_file(path, path.encode()) for path in ("a.txt", "a/b", "a0", "a-b/c", "ä/ö", "A", "x/y/z", "x.y")),
            lfs_file("a/model.bin", weights, sha256_of(weights)),
        ]
    )
    assert git_tree(tmp_path, tree) == tree.oid


def test_a_commit_has_the_one_before_as_parent() -> None:
    steps = [Step(title=f"step {n}", message="\n\nmore", author="someone", at=n, tree=Tree([])) for n in range(3)]
    newest, middle, first = chain(steps)
    assert (newest.parent, middle.parent, first.parent) == (middle.oid, first.oid, None)
    assert newest.step.title == "step 2"
