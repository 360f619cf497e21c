"""What `ftpsh TARGET diagnose --json` finds."""
import json

FOUND = []  # the causes of each diagnosis of this test, in order


class Diagnosis:
    """One run of it. Its repr is the run's."""

    def __init__(self, run):
        self.run = run
        assert run.status in (0, 6), run
        self.found = json.loads(run.stdout)
        FOUND.append(self.causes())

    def __repr__(self):
        return repr(self.run)

    def causes(self):
        return [cause["id"] for cause in self.found["causes"]]

    def strategies(self):
        """Strategy to (stage, result)."""
        return {s["strategy"]: (s["stage"], s["result"]) for s in self.found["strategies"]}

    def working(self):
        return [option.removeprefix("--") for option in self.found["use"]]

    def remedies(self):
        return [remedy for cause in self.found["causes"] for remedy in cause["remedies"]]

    def remedy(self, name, by=None):
        found = [r for r in self.remedies() if r["id"] == name and by in (None, r["by"])]
        assert found, f"no remedy {name}: {self}"
        return found[0]

    def server_lines(self):
        """All lines that the server's configuration is to get."""
        return tuple(line for r in self.remedies() if r["by"] == "server" for line in r["lines"])


def diagnose(ftpsh, target, *words, options=(), netns=None):
    return Diagnosis(ftpsh(*options, target, "diagnose", "--json", *words, netns=netns))
