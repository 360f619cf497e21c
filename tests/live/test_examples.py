"""The examples of the manual and of the README, run as they stand; see bed.examples for where."""
import re

import pytest

from bed import examples
from bed.examples import Sitting, World
from bed.shell import Shell, without_colours

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


def readme_block(behind):
    text = (examples.ROOT / "README.md").read_text(encoding="utf-8")
    return re.search(rf"^{behind}.*?```\n(.*?)```", text, re.M | re.S)[1].splitlines()


@pytest.mark.parametrize("line", readme_block("## Ten things"), ids=range(1, 11))
def test_ten_things(world, line):
    done = world.shell(line)
    assert done.returncode == 0, done


def without_figures(text):
    """How fast it was, and which port, is another each time."""
    text = re.sub(r" in [\d.]+ s \([\d.]+ \w+/s\)", " in # s", text)
    return re.sub(r"(?<=203\.0\.113\.121:)\d+", "#", text)


def test_session_of_the_readme(tmp_path, bed, binary, namespaces, mounts):
    """Typed again, it goes as it is shown, up to speed and port."""
    del namespaces, mounts
    start, asked, *shown = readme_block("# ftpsh")
    typed = [line.partition("> ")[2] for line in shown if line.startswith("alice@")]
    with World(tmp_path, bed, binary, refuse=("EPSV", "EPRT"), advertised="10.0.1.121") as world:
        sitting = Sitting(world, FTPSH_CA_FILE=str(bed.pki.ca.cert))
        sh = Shell(sitting, *start.removeprefix("$ ").split())
        try:
            sh.child.expect_exact(asked)
            sh.type(world.password)
            sh.prompt()
            seen = [f"alice@ftp.example.com:/> {line}" for line in typed]
            for i, line in enumerate(typed):
                seen[i] += "\n" + sh.run(line).partition("\n")[2]
        finally:
            sh.child.close(force=True)
    seen = without_colours("".join(seen)).replace("\r", "").splitlines()
    assert [without_figures(line) for line in seen] == [without_figures(line) for line in shown]


def test_configuration(world):
    """What ftpsh_config(5) and ftpsh(1) show of the file is one that is read."""
    pages = (("ftpsh_config.5", "DESCRIPTION"), ("ftpsh.1", "CONFIGURATION"))
    for page, title in pages:
        shown = next(d for d in examples.displays(examples.section(page, title)) if "[*]" in d)
        path = world.home / ".config" / "ftpsh" / "config"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(shown) + "\n")
        for target in re.findall(r"^\[([a-z].*)\]$", path.read_text(), re.MULTILINE):
            done = world.shell(f"ftpsh --show-config {target} | grep -F [{target}]")
            assert done.returncode == 0, (page, target, done)
