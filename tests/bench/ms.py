"""Reading columns of measurement sets, beside the libraries that Python users have.

The sets are made once with python-casacore: in $LEDAMA_BENCH_MS, where they are
kept for the next time, else in a folder of their own that is removed. The full
ones take 4 GB. The peers are installed from PyPI beside them.
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import venv

from measure import Table

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PEER = os.path.join(HERE, "ms_peer.py")
NEEDED = ("python-casacore==3.8.1", "casacure==3.8.35")
# Its casacore must not meet that of python-casacore, so it gets a Python of its own.
OPTIONAL = ("arcae==0.5.8", "numpy")
ENV = dict(os.environ, OPENBLAS_NUM_THREADS="1")
MEGA = 1e6


def _python(folder, packages):
    """A Python with these packages, made once."""
    python = f"{folder}/bin/python"
    if not os.path.exists(f"{folder}/.done"):
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True, stdout=sys.stderr)
        open(f"{folder}/.done", "w").close()
    return python


def _example():
    """The program that reads with our crate."""
    subprocess.run(["cargo", "build", "--release", "--locked", "-p", "ledama-tables", "--example", "read_column"], cwd=ROOT, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
    return os.path.join(ROOT, target, "release", "examples", "read_column")


def _run(line):
    """What a reader printed, or None with the last line of its error."""
    done = subprocess.run([str(word) for word in line], env=ENV, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return None, lines[-1][:60] if lines else f"exit code {done.returncode}"
    return json.loads(done.stdout.strip().splitlines()[-1]), ""


class _Sets:
    """The sets, the peers, and how each of them reads."""

    def __init__(self, folder, slots, rows, times):
        self.folder, self.slots, self.rows, self.times = folder, slots, rows, times
        self.example = _example()
        main = _python(f"{folder}/peers", NEEDED)
        self.peers = {"python-casacore 3.8": (main, "casacore"), "casacure": (main, "casacure")}
        try:
            self.peers["arcae"] = (_python(f"{folder}/arcae", OPTIONAL), "arcae")
        except subprocess.CalledProcessError:
            self.peers["arcae"] = (None, "arcae")
        subprocess.run([main, PEER, "make", folder, str(slots), str(rows)], check=True, env=ENV)

    def compare(self, title, name, column, mode, unit="MB/s", peak=False):
        """One table: ours with one thread and with all, then each peer."""
        path = f"{self.folder}/{name}"
        table = Table(title, "MB" if peak else unit, more_is_better=not peak)
        sums = set()

        def figure(outcome):
            sums.add(outcome["sum"])
            if peak:
                return outcome["peak"] / MEGA
            values = outcome["bytes"] / (8 if unit == "M rows/s" else 1)
            return values / MEGA / statistics.median(outcome["seconds"])

        threads = [1] if peak or mode == "stream" else [1, os.cpu_count()]
        single = None
        for count in threads:
            outcome, error = _run([self.example, path, column, mode, count, self.times])
            if outcome is None:
                raise RuntimeError(f"{title}: {error}")
            value = figure(outcome)
            single = single or value
            table.ledama(value, f"{count} thread{'s' if count > 1 else ''}")
        ratios = {}
        for peer, (python, library) in self.peers.items():
            if python is None:
                table.absent(peer)
                continue
            outcome, error = _run([python, PEER, "read", library, path, column, mode, self.times])
            if outcome is None:
                print(f"  {peer:<34}  cannot: {error}", flush=True)
                continue
            value = figure(outcome)
            ratios[peer] = single / value
            table.peer(peer, value)
        if len(sums) > 1:
            print("  THE VALUES DIFFER", flush=True)
            table.target("the same values", False)
        return table, ratios


def fastest(table, ratios, wanted):
    """The target: so many times the fastest peer that could read it, ours with one thread."""
    table.target(f"{wanted} x the fastest peer, one thread", bool(ratios) and min(ratios.values()) >= wanted)


def ms(_binary, quick):
    """DATA behind four managers, one scalar column, one channel, memory of a streamed pass."""
    slots, rows, times = (24, 500_000, 2) if quick else (446, 10_000_000, 5)
    kept = os.environ.get("LEDAMA_BENCH_MS")
    folder = kept or tempfile.mkdtemp(prefix="ledama-bench-ms-")
    os.makedirs(folder, exist_ok=True)
    tables = []
    try:
        sets = _Sets(folder, slots, rows, times)
        size = f"{slots * 1176 * 2048 / 1e6:.0f} MB"
        for name in ("standard", "tiledshape", "tiledcolumn", "dysco"):
            # Dysco has one peer worth the name, and more to gain.
            wanted = 3 if name == "dysco" else 1.2
            table, ratios = sets.compare(f"whole DATA column, {size}, {name}, one call", f"{name}-{slots}.tab", "DATA", "whole")
            fastest(table, ratios, wanted)
            tables.append(table)
            table, ratios = sets.compare(f"whole DATA column, {size}, {name}, 1024 rows at a time", f"{name}-{slots}.tab", "DATA", "stream")
            fastest(table, ratios, wanted)
            tables.append(table)
        table, ratios = sets.compare(f"one scalar column of {rows} rows", f"scalar-{rows}.tab", "TIME", "whole", "M rows/s")
        fastest(table, ratios, 1)
        tables.append(table)
        for name in ("standard", "tiledshape", "tiledcolumn", "dysco"):
            table, ratios = sets.compare(f"one channel of DATA, {size}, {name}", f"{name}-{slots}.tab", "DATA", "channel")
            fastest(table, ratios, 1)
            tables.append(table)
        for name in ("tiledcolumn", "dysco"):
            table, _ = sets.compare(f"peak memory of a pass over {size}, {name}, 1024 rows at a time", f"{name}-{slots}.tab", "DATA", "stream", peak=True)
            tables.append(table)
    finally:
        if not kept:
            shutil.rmtree(folder)
    return tables
