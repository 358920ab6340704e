"""The facts of measurement sets, beside the libraries that Python users have.

`ms-info` collects those of one set, `ms-scan` finds a thousand sets and the
reference frequency, or all facts, of each: the sets of a node. The sets are
those of the data pack (LEDAMA_SHARED, default ../shared beside the checkout)
and one of half a million rows that is made here. LEDAMA_BENCH_PEERS names a
Python that has the peers, instead of one that is made; LEDAMA_BENCH_ARCAE one
with arcae, which is left out otherwise.
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
PEER = os.path.join(HERE, "facts_peer.py")
NEEDED = ("python-casacore==3.8.1", "casacure==3.8.35")
PACK = os.path.join(os.environ.get("LEDAMA_SHARED", os.path.join(ROOT, "..", "shared")), "data", "ms")
ENV = dict(os.environ, OPENBLAS_NUM_THREADS="1")
#: Sets of the pack, and what is special about each.
SETS = {"tNDPPP-generic": "168 rows, 8 stations", "tDemix": "378 rows, 60 stations", "tOSKAR": "27000 rows, 165 of HISTORY",
        "dysco-10-12-tg-af": "Dysco", "tNDPPP-bda": "BDA"}
#: Files up to this length have a copy in each set of a scan; longer ones, which hold the data, are links.
SHORT = 64 << 10


def _example():
    """The program that reads with our crate."""
    subprocess.run(["cargo", "build", "--release", "--locked", "-p", "ledama-ms", "--example", "set_facts"], cwd=ROOT, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
    return os.path.join(ROOT, target, "release", "examples", "set_facts")


def _peers(folder):
    """Each peer with its Python."""
    python = os.environ.get("LEDAMA_BENCH_PEERS")
    if not python:
        python = f"{folder}/peers/bin/python"
        venv.create(f"{folder}/peers", with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *NEEDED], check=True, stdout=sys.stderr)
    peers = {"python-casacore 3.8.1": (python, "casacore"), "casacure 3.8.35": (python, "casacure")}
    arcae = os.environ.get("LEDAMA_BENCH_ARCAE")
    return peers | ({"arcae": (arcae, "arcae")} if arcae else {})


def _run(line):
    """What a reader printed, or None with the last line of its error."""
    done = subprocess.run([str(word) for word in line], env=ENV, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return None, lines[-1][:60] if lines else f"exit code {done.returncode}"
    return json.loads(done.stdout.strip().splitlines()[-1]), ""


def _unpack(name, folder):
    """The set of an archive of the pack, or None."""
    archive = f"{PACK}/{name}.tar.gz"
    if not os.path.exists(archive):
        print(f"\n{name}: no data pack in {PACK}", flush=True)
        return None
    into = f"{folder}/{name}"
    os.mkdir(into)
    subprocess.run(["tar", "xzf", archive, "-C", into], check=True)
    sets = (parent for parent, inner, files in sorted(os.walk(into)) if "table.dat" in files and "SPECTRAL_WINDOW" in inner)
    return next(sets)


def _same(ours, theirs):
    """Names of facts in which the answers of a peer differ from ours."""
    first = lambda values: (values or [None])[0]
    pairs = {
        "columns": ours["columns"], "nrow": ours["nrow"], "time_first": ours["time_first_mjd_s"], "time_last": ours["time_last_mjd_s"],
        "interval": ours["integration_time_s"], "project": ours["project"], "telescope": ours["telescope"], "antenna_set": ours["antenna_set"],
        "target": ours["target"], "stations": ours["stations"], "positions": ours["station_positions_m"], "channels": ours["num_channels"],
        "hz": ours["ref_frequency_hz"], "bandwidth": ours["total_bandwidth_hz"], "applications": ours["history_applications"],
        "direction": [[ours["phase_dir"]["ra_rad"], ours["phase_dir"]["dec_rad"]]] if ours["phase_dir"] else None,
    }
    return [key for key, value in pairs.items() if key in theirs and theirs[key] != value and first([theirs[key]]) != [value]]


def info(_binary, quick):
    """One set at a time: `ms-info`."""
    times = 40 if quick else 200
    folder = tempfile.mkdtemp(prefix="ledama-bench-facts-")
    tables = []
    try:
        example, peers = _example(), _peers(folder)
        sets = [(name, what, _unpack(name, folder)) for name, what in SETS.items()]
        big = f"{folder}/big.MS"
        python, _ = peers["python-casacore 3.8.1"]
        done = subprocess.run([python, PEER, "make", big], env=ENV, stdout=subprocess.DEVNULL)
        if done.returncode == 0:
            sets.append(("big", "524496 rows, 48 stations", big))
        for name, what, path in sets:
            if path:
                tables.append(_one(example, peers, f"facts of {name} ({what}), median of {times}", path, times))
    finally:
        shutil.rmtree(folder)
    return tables


def _one(example, peers, title, path, times):
    table = Table(title, "ms", more_is_better=False)
    lines = {"ledama": [example, "info", path, times]}
    lines |= {peer: [python, PEER, "info", library, path, times] for peer, (python, library) in peers.items()}
    # Each in turn, three times: other work on the machine then hits all of them.
    outcomes = {name: [_run(line) for _ in range(3)] for name, line in lines.items()}
    figures = {}
    for name, runs in outcomes.items():
        good = [outcome for outcome, _ in runs if outcome]
        if not good:
            print(f"  {name:<34}  cannot: {runs[0][1]}", flush=True)
            continue
        wall = statistics.median(second for outcome in good for second in outcome["seconds"]) * 1e3
        cpu = min(outcome["cpu"] for outcome in good) / times * 1e3
        figures[name] = (wall, cpu, good[0]["found"])
    if "ledama" not in figures:
        raise RuntimeError(f"{title}: {outcomes['ledama'][0][1]}")
    ours, ours_cpu, found = figures["ledama"]
    table.ledama(ours, f"CPU {ours_cpu:.3f} ms")
    for name in peers:
        if name in figures:
            wall, cpu, theirs = figures[name]
            different = _same(found, theirs)
            note = f"; DIFFER: {' '.join(different)}" if different else ""
            table.peer(name, wall, f"CPU {cpu:.3f} ms ({cpu / ours_cpu:.1f} x){note}")
    for name, factor in (("python-casacore 3.8.1", 10), ("casacure 3.8.35", 4)):
        if name in figures:
            table.target(f"{factor} times faster than {name}", figures[name][0] >= factor * ours)
    return table


def scan(_binary, quick):
    """A thousand sets of a node: `ms-scan`."""
    count, times = (100, 2) if quick else (1000, 5)
    folder = tempfile.mkdtemp(prefix="ledama-bench-facts-")
    tables = []
    try:
        example, peers = _example(), _peers(folder)
        model = _unpack("tNDPPP-generic", folder)
        if not model:
            return []
        tree = f"{folder}/data1"
        for k in range(count):
            path = f"{tree}/users/lofareor/L2013_{80000 + k // 244}/L{80000 + k // 244}_SAP000_SB{k % 244:03}_uv.MS"
            shutil.copytree(model, path, copy_function=_copy)
        for mode, what in (("scan", "reference frequency of each"), ("scan-info", "all facts of each")):
            for cold in (False, True):
                if cold and os.geteuid() != 0:
                    continue
                passes = 1 if cold and quick else 3 if cold else times
                tables.append(_tree(example, peers, f"{count} sets in a tree, {what}, {'cold' if cold else 'warm'}", mode, tree, passes, cold, count))
    finally:
        shutil.rmtree(folder)
    return tables


def _copy(source, target):
    if os.path.getsize(source) <= SHORT:
        shutil.copyfile(source, target)
    else:
        os.link(source, target)


def _tree(example, peers, title, mode, tree, times, cold, count):
    table = Table(title, "ms", more_is_better=False)
    word = ["cold"] if cold else []
    ours = {}
    # 0 is what an operation takes by itself: enough to keep disks busy, too.
    for threads in (0, 1):
        outcome, error = _run([example, mode, tree, times, threads, *word])
        if outcome is None:
            raise RuntimeError(f"{title}: {error}")
        ours[threads] = statistics.median(outcome["seconds"]) * 1e3
        table.ledama(ours[threads], f"{'1 thread' if threads else 'its own threads'}, {ours[threads] / count * 1e3:.0f} us a set")
    best = ours[0]
    for name, (python, library) in peers.items():
        peer, error = _run([python, PEER, mode, library, tree, max(1, times // 2), *word])
        if peer is None:
            print(f"  {name:<34}  cannot: {error}", flush=True)
            continue
        wall = statistics.median(peer["seconds"]) * 1e3
        same = peer["found"] == outcome["found"]
        table.peer(name, wall, f"1 thread, {wall / count * 1e3:.0f} us a set{'' if same else '; THE ANSWERS DIFFER'}")
        if library == "casacore":
            table.target("20 times python-casacore", wall >= 20 * best)
    return table
