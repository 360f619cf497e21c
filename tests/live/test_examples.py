"""The examples of the manual, run as they stand there; see bed.examples for where."""
import re

import pytest

from bed import examples
from bed.examples import World

EXAMPLES = [examples.commands(display)
            for display in examples.displays(examples.section("ftpsh.1", "EXAMPLES"))]


def name_of(example):
    return re.sub(r"\W+", "-", example[0][1])[:50].strip("-")


@pytest.fixture
def world(tmp_path, bed, binary, namespaces, mounts):
    del namespaces, mounts
    with World(tmp_path, bed, binary) as made:
        made.write_netrc(f"machine ftp.example.com login alice password {made.password}")
        yield made


def test_there_are_examples():
    """None is overlooked because it is written in another way."""
    shown = examples.section("ftpsh.1", "EXAMPLES").count(".Bd") + 1
    assert len(EXAMPLES) == shown and all(EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES, ids=map(name_of, EXAMPLES))
def test_example(world, example):
    typed = [command for kind, command in example if kind == ">"]
    if typed:
        lines = world.folder / "typed"
        lines.write_text("\n".join(typed) + "\n")
        done = world.shell(f"ftpsh -b {lines} ftp.example.com")
        assert done.returncode == 0, done
    for command in (command for kind, command in example if kind == "$"):
        done = world.shell(command)
        assert done.returncode == 0, f"$ {command}\n{done.stdout}\n{done.stderr}"
