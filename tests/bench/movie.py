"""Movies of 60 stations end to end, beside matplotlib (Agg) that pipes its frames into the same ffmpeg."""
import os
import shutil
import subprocess
import tempfile

from measure import Table
from plot import ROOT, _python

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = 20
FREQUENCIES = 244


def _example():
    """The program that makes a movie with our crate."""
    subprocess.run(["cargo", "build", "--release", "--locked", "-p", "ledama-plot", "--example", "films"], cwd=ROOT, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
    return os.path.join(ROOT, target, "release", "examples", "films")


def _run(line):
    done = subprocess.run([str(word) for word in line], check=True, stdout=subprocess.PIPE, text=True)
    return [float(field) for field in done.stdout.split()[1:]]


def movie(_binary, quick):
    """One table: seconds for all frames, file included."""
    frames, of_peer = (40, 4) if quick else (200, 10)
    with tempfile.TemporaryDirectory(prefix="ledama-bench-movie-") as folder:
        python = _python(f"{folder}/peers")
        films = os.environ.get("LEDAMA_BENCH_FILMS") or _example()
        form = "mp4" if shutil.which("ffmpeg") else "gif"
        seconds, size, peak = _run([films, folder, frames, FREQUENCIES, form])
        # matplotlib is so slow that a few frames tell enough.
        peer = _run([python, os.path.join(HERE, "movie_peer.py"), folder, of_peer, FREQUENCIES, form])[0] / of_peer * frames
    table = Table(f"movie of {frames} frames, 60 stations × 2 panels × {2 * FREQUENCIES} points, {form}", "s", more_is_better=False)
    table.ledama(seconds)
    table.peer("matplotlib Agg", peer)
    table.target(f"{TARGET} x matplotlib", peer / seconds >= TARGET)
    print(f"# {form}: {size / 1e6:.1f} MB, {peak / 1024:.0f} MiB of memory")
    return [table]
