#!/usr/bin/env python3
"""ftpsh, curl and lftp in turn over the same work, side by side: a table, a plot, the raw numbers.

    sh tests/bench/run [--out=FOLDER] [WORK]...

Without WORK all of them; --list shows their names. R is the median of ftpsh over that of the better
of the others. In FOLDER (.build/bench): race.json, race.svg, race.png.
"""
import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bed.account import Account  # noqa: E402
from bed.pki import Pki  # noqa: E402
from bed.scene import Bed  # noqa: E402
from bench import programs  # noqa: E402
from bench.works import WORKS, Failed, Stage  # noqa: E402

MEASURES = ("seconds", "cpu", "memory", "trips", "instructions", "failed")


def summary(runs):
    """Median, least and most of each thing that was measured."""
    found = {}
    for measure in MEASURES:
        values = [r[measure] for r in runs if measure in r]
        if values:
            found[measure] = {"median": statistics.median(values), "least": min(values),
                              "most": max(values)}
    return found


def ratio(by_program, measure):
    """ftpsh over the better of the others; None where there is no other."""
    medians = {name: s[measure]["median"] for name, s in by_program.items() if measure in s}
    others = [m for name, m in medians.items() if name != "ftpsh"]
    return medians["ftpsh"] / min(others) if others and "ftpsh" in medians else None


def shown(value, measure):
    if measure == "instructions":
        return f"{value / 1e6:.1f} M"
    if measure == "memory":
        return f"{value / 1024:.1f} MiB"
    return f"{value:.0f}" if measure in ("trips", "failed") else f"{value:.3f}" if value < 1 else f"{value:.2f}"


def lines_of(name, work, summaries):
    """A line for each server and thing that tells something."""
    for server, by_program in summaries.items():
        for measure, wanted in work.goals.items():
            if not all(measure in s for s in by_program.values()):
                continue
            cells = []
            for program in ("ftpsh", "lftp", "curl"):
                s = by_program.get(program, {}).get(measure)
                cells.append(f"{shown(s['median'], measure)} ({shown(s['least'], measure)}–"
                             f"{shown(s['most'], measure)})" if s else "–")
            r = ratio(by_program, measure)
            goal = f" (goal {wanted:g})" if wanted else ""
            yield (name, work.title if measure == work.measure else "", server, measure, *cells,
                   f"{r:.2f}{goal}" if r is not None else "–")


def table(rows):
    head = ("work", "what", "server", "measured", "ftpsh", "lftp", "curl", "R")
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ("---",) * len(head), *rows))


def plot(folder, ratios):
    """Bars of R, with the goals beside them."""
    data = folder / "race.dat"
    data.write_text("".join(f'"{label}" {r} {goal}\n' for label, r, goal in ratios))
    for terminal, size in (("svg", "1000,700"), ("pngcairo", "1000,700")):
        path = folder / ("race.svg" if terminal == "svg" else "race.png")
        script = f"""
set terminal {terminal} size {size}
set output "{path}"
set title "ftpsh beside the better of lftp and curl: less is better"
set style data histograms
set style fill solid 0.6
set xtics rotate by -40 nomirror
set yrange [0:*]
set ylabel "R"
set bmargin 10
plot "{data}" using 2:xtic(1) title "R" linecolor rgb "#2060a0", "" using 3 title "goal" linecolor rgb "#c0c0c0", 1 title "the same" with lines linecolor rgb "#a02020"
"""
        subprocess.run(["gnuplot"], input=script, text=True, check=True)


def told_floor(runs, summaries):
    """What 1 GiB takes at least, and how much more it took ftpsh."""
    least = {part: statistics.median(run[part] for run in runs) for part in ("receive", "open")}
    above = [f"{by_program['ftpsh']['cpu']['median'] / sum(least.values()):.2f} times that with {server}"
             for server, by_program in summaries.items()]
    return (f"floor of 1 GiB down, processor time: receiving {least['receive']:.2f} s, opening "
            f"{least['open']:.2f} s; ftpsh takes {', '.join(above)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path(".build/bench"))
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--rounds", type=int, help="another number of rounds for each")
    parser.add_argument("work", nargs="*")
    args = parser.parse_args()
    if args.list:
        print("\n".join(f"{name:14}{work.title}" for name, work in WORKS.items()))
        return 0
    unknown = [name for name in args.work if name not in WORKS]
    if unknown:
        sys.exit(f"no such work: {', '.join(unknown)}; --list shows them")
    args.out.mkdir(parents=True, exist_ok=True)
    found, rows, ratios = {}, [], []
    with tempfile.TemporaryDirectory(prefix="ftpsh-bench-") as place, \
            contextlib.ExitStack() as stack:
        folder = Path(place)
        folder.chmod(0o755)
        (folder / "pki").mkdir()
        account = Account(folder / "files")
        stack.callback(account.remove)
        bed = Bed(folder / "bed", Pki(folder / "pki"), account)
        stack.callback(bed.stop)
        stage = Stage(bed, folder / "runs", os.environ["DELAYLINE"])
        for name in args.work or WORKS:
            work, start, runs = WORKS[name], time.monotonic(), {}
            work.rounds = args.rounds or work.rounds
            try:
                work.play(stage, runs)
            except Failed as e:
                print(f"{name}: {e}", file=sys.stderr)
                found[name] = {"failed": str(e)}
                continue
            summaries = {server: {program: summary(r) for program, r in by_program.items()}
                         for server, by_program in runs.items()}
            found[name] = {"title": work.title, "goal": work.goal, "measure": work.measure,
                           "runs": runs, "summary": summaries}
            if work.least:
                found[name]["floor"] = work.least
            rows += lines_of(name, work, summaries)
            for server, by_program in summaries.items():
                r = ratio(by_program, work.measure)
                if r is not None:
                    ratios.append((f"{name} {server}", round(r, 3), work.goal))
            print(f"{name}: {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    (args.out / "race.json").write_text(json.dumps(found, indent=1))
    print(table(rows))
    for work in found.values():
        if "floor" in work:
            print(told_floor(work["floor"], work["summary"]))
    if ratios:
        plot(args.out, ratios)
    return any("failed" in f for f in found.values())


if __name__ == "__main__":
    if programs.missing():
        sys.exit(f"there is no {', '.join(programs.missing())}")
    sys.exit(main())
