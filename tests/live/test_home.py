"""An unquoted "~" in front of a local name is the home folder; a remote one is the server's."""
import pytest

from fake.server import SMALL


@pytest.fixture
def home(client):
    """With glob characters in its own name, which match nothing but themselves."""
    folder = client.home / "my [h]ome"
    folder.mkdir(parents=True)
    client.options = []
    return folder


@pytest.fixture
def run(client, fake, home, monkeypatch):
    env = client.env
    monkeypatch.setattr(client, "env", lambda password=None: {**env(password), "HOME": str(home)})
    server = fake()

    def start(*args):
        return client(*args, server.target())

    start.server = server
    return start


def test_arguments_patterns_options_and_redirections(run, home):
    for name in ("a.csv", "b.csv", "other"):
        (home / name).write_text(name)
    (home / "site").mkdir()
    (home / "site/page").write_text("page")
    (home / "list").write_text("echo from the list\n")
    done = run("-c", "get small ~/got; mput ~/*.csv; put ~/other up; ls -1 >~/names;"
                     "mirror -R --log=~/log ~/site copy; mirror --plan ~/none || "
                     "source ~/list; glob --local ~/?.csv; lmkdir ~/made; lcd ~; lpwd")
    assert (home / "got").read_bytes() == SMALL, done
    there = run.server.root
    assert {p.name: p.read_text() for p in there.iterdir() if p.name[1:] in (".csv", "p")} == {
        "a.csv": "a.csv", "b.csv": "b.csv", "up": "other"}
    assert "up" in (home / "names").read_text() and (there / "copy/page").exists()
    assert "page" in (home / "log").read_text() and (home / "made").is_dir()
    assert f"mirror: cannot read {home}/none: No such file" in done.stderr
    assert done.stdout.splitlines() == ["from the list", f"{home}/a.csv", f"{home}/b.csv",
                                        str(home)]


def test_what_is_quoted_or_remote_is_a_name(run, client, home):
    done = run("-c", "get small '~'; get small \\~x; get ~/small none; lmkdir '~y'; "
                     "ls -1 >'~names'", "--on-error=continue")
    assert {p.name for p in client.folder.iterdir()} >= {"~", "~x", "~y", "~names"}, done
    assert "RETR ~/small" in run.server.said() and list(home.iterdir()) == []


def test_one_command_has_been_through_a_shell(client, fake, home):
    """As it quotes nothing itself, what comes in one word is meant so."""
    (client.folder / "~").mkdir()
    run = client(fake().target(), "get", "small", "~/here")
    assert run.status == 0 and (client.folder / "~/here").exists(), run


def test_set_takes_a_file_in_it(run, home):
    (home / "ca.pem").write_text("")
    done = run("-c", "set --json ca-file ~/ca.pem; set --json ca-file")
    assert f'"{home}/ca.pem"' in done.stdout, done


def test_in_the_background(run, home):
    done = run("-c", "get small ~/one & queue get small ~/two; wait")
    assert done.status == 0 and (home / "one").exists() and (home / "two").exists(), done


def test_no_home(run, client, monkeypatch):
    env = client.env
    monkeypatch.setattr(client, "env", lambda password=None: {**env(password), "HOME": ""})
    for line in ("put ~/x", "ls > ~/x", "lcd ~", "lcd"):
        done = run("-c", line)
        assert done.status == 2 and "no home folder is known: HOME is not set" in done.stderr, done
