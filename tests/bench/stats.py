"""Statistics of visibilities, beside casacore and numpy: ASCIIStats of one large set.

The peer reads whole columns in pieces and works on whole arrays, without a query for each
baseline. LEDAMA_BENCH_PEERS names a Python with python-casacore, instead of one that is made;
LEDAMA_BENCH_FOLDER keeps the set for another time.
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv

from measure import Table

HERE = os.path.dirname(os.path.abspath(__file__))
PEER = os.path.join(HERE, "stats_peer.py")
NEEDED = ("python-casacore==3.8.1",)
TARGET = 5


def _python(folder):
    """A Python with casacore: that of LEDAMA_BENCH_PEERS, or one made here."""
    if given := os.environ.get("LEDAMA_BENCH_PEERS"):
        return given
    venv.create(f"{folder}/peers", with_pip=True)
    python = f"{folder}/peers/bin/python"
    subprocess.run([python, "-m", "pip", "install", "-q", *NEEDED], check=True, stdout=sys.stderr)
    return python


def _ours(binary, path, out):
    """Seconds and peak memory, MiB, of the whole program with its worker."""
    shutil.rmtree(out, ignore_errors=True)
    start = time.perf_counter()
    running = subprocess.Popen([binary, "run", "ASCIIStats", "-i", path, "-r", out, "--no-progress"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        raise RuntimeError(f"ASCIIStats ended with {running.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def _rows(text):
    """The numbers of each row, without names."""
    rows = [line.split() for line in text.splitlines() if not line.lstrip().startswith("#")]
    return [row[6:7] + row[8:] for row in rows]


def stats(binary, quick):
    """One table; the numbers of both must agree to the last digit printed."""
    slots, repeats = (80, 3) if quick else (440, 5)
    with tempfile.TemporaryDirectory(prefix="ledama-bench-stats-") as folder:
        python = _python(folder)
        place = os.environ.get("LEDAMA_BENCH_FOLDER", folder)
        path = subprocess.run([python, PEER, "make", place, str(slots)], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        runs = [_ours(binary, path, f"{folder}/out") for _ in range(repeats + 1)][1:]
        line = [python, PEER, "stats", path, f"{folder}/peer.txt"]
        peers = [float(subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True).stdout) for _ in range(repeats + 1)][1:]
        with open(f"{folder}/out/stats-{slots}.MS.stats") as file:
            ours = _rows(file.read())
        with open(f"{folder}/peer.txt") as file:
            other = [line.split()[3:] for line in file]
        if ours != other:
            raise RuntimeError("ledama and numpy differ")
    seconds, peer = statistics.median(run[0] for run in runs), statistics.median(peers)
    table = Table(f"ASCIIStats, 48 stations × {slots} times × 64 channels × 4 correlations ({slots * 2.4 / 1000:.2g} GB of DATA)", "s",
                  more_is_better=False)
    table.ledama(seconds, f"{max(run[1] for run in runs):.0f} MiB at most")
    table.peer("python-casacore and numpy", peer)
    table.target(f"{TARGET} x casacore and numpy", peer / seconds >= TARGET)
    return [table]
