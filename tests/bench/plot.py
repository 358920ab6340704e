"""Drawing figures, beside matplotlib with its Agg back end, both in a running process."""
import os
import subprocess
import sys
import tempfile
import venv

from measure import Table

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TARGET = 20
CASES = (
    ("panels", "62 panels × 1000 points, PNG", "panels"),
    ("scatter", "scatter of {points:,} points, PNG", "scatter"),
    ("frame", "movie frame, 60 stations × 2 panels × 488 points, pixels", "frame"),
)


def _example():
    """The program that draws with our crate."""
    subprocess.run(["cargo", "build", "--release", "--locked", "-p", "ledama-plot", "--features", "samples", "--example", "samples"], cwd=ROOT, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
    return os.path.join(ROOT, target, "release", "examples", "samples")


def _python(folder):
    """A Python with matplotlib: that of LEDAMA_BENCH_PEERS, or one made here."""
    if given := os.environ.get("LEDAMA_BENCH_PEERS"):
        return given
    venv.create(folder, with_pip=True)
    subprocess.run([f"{folder}/bin/python", "-m", "pip", "install", "-q", "matplotlib"], check=True, stdout=sys.stderr)
    return f"{folder}/bin/python"


def _lines(line):
    """Name and seconds of each line that a program printed."""
    done = subprocess.run([str(word) for word in line], check=True, stdout=subprocess.PIPE, text=True)
    return {fields[0]: float(fields[1]) for fields in map(str.split, done.stdout.splitlines())}


def plot(_binary, quick):
    """One table a case."""
    repeats, points = (3, 100_000) if quick else (9, 1_000_000)
    with tempfile.TemporaryDirectory(prefix="ledama-bench-plot-") as folder:
        python = _python(f"{folder}/peers")
        ours = _lines([os.environ.get("LEDAMA_BENCH_SAMPLES") or _example(), "measure", repeats, points])
        peer = _lines([python, os.path.join(HERE, "plot_peer.py"), f"{folder}/peer.png", repeats, points])
    tables = []
    for name, title, other in CASES:
        table = Table(title.format(points=points), "ms", more_is_better=False)
        table.ledama(ours[name] * 1e3)
        table.peer("matplotlib Agg", peer[other] * 1e3)
        if name == "scatter":
            table.peer("matplotlib Agg, three colours", peer["colours"] * 1e3)
        table.target(f"{TARGET} x matplotlib", peer[other] / ours[name] >= TARGET)
        tables.append(table)
    return tables
