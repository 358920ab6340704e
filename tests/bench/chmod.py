"""Permissions of 200 000 files of this host, against `chmod -R`."""
import itertools
import os
import socket
import subprocess
import tempfile

from measure import Table, cost, run

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SETS = 200
FOLDERS = 10   # in each set
# From one to the other all folders and files change.
MODES = ("u=rwX,g=rwX,o=rX", "u=rwX,g=rX,o=rX")


def _example():
    """The program that runs the operation and nothing besides."""
    subprocess.run(["cargo", "build", "--release", "--locked", "-p", "ledama-trees", "--example", "chmod"], cwd=ROOT, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
    return os.path.join(ROOT, target, "release", "examples", "chmod")


def _tree(root, count):
    """Sets of small files, as an old set with a file for each cell of a column has."""
    paths = []
    for k in range(SETS):
        path = f"{root}/L2013_80897/L80897_SAP000_SB{k:03}_uv.MS"
        paths.append(path)
        for n in range(FOLDERS):
            os.makedirs(f"{path}/T{n}")
            for i in range(count // SETS // FOLDERS):
                with open(f"{path}/T{n}/table.f{i}", "wb") as f:
                    f.write(b"x" * 100)
    return paths


def _check(root, mode):
    """Every entry has the modes that it should."""
    file = 0o664 if mode == MODES[0] else 0o644
    for folder, _, names in os.walk(f"{root}/L2013_80897/L80897_SAP000_SB{SETS - 1:03}_uv.MS"):
        wrong = [n for n in names if os.stat(f"{folder}/{n}").st_mode & 0o7777 != file]
        if wrong or os.stat(folder).st_mode & 0o7777 != file | 0o111:
            raise RuntimeError(f"{mode}: wrong modes in {folder}")


def chmod(binary, quick):
    """Change all, then change nothing; one processor, then all. $LEDAMA_BENCH_CHMOD names another place than memory."""
    count, times = (20_000, 3) if quick else (200_000, 7)
    example = _example()
    place = os.environ.get("LEDAMA_BENCH_CHMOD") or ("/dev/shm" if os.path.isdir("/dev/shm") else None)
    with tempfile.TemporaryDirectory(dir=place) as folder:
        root = f"{folder}/data"
        paths = _tree(root, count)
        with open(f"{folder}/ledama.toml", "w") as f:
            f.write(f'[data]\nroots = ["{root}"]\n')
        with open(f"{folder}/x.ref", "w") as f:
            f.writelines(f"{path} ? 1 {socket.gethostname()} 0\n" for path in paths)
        env = {"PATH": os.environ["PATH"], "HOME": folder, "LANG": "C.UTF-8", "LEDAMA_CONFIG": f"{folder}/ledama.toml"}
        module = lambda mode: [binary, "run", "ChmodData", "--reffile", f"{folder}/x.ref", "--mode", mode, "--no-progress"]
        native = lambda mode: [example, mode, root, *paths]
        peer = lambda mode: ["chmod", "-R", mode, *paths]
        one = ["taskset", "-c", "0"]
        turns = itertools.cycle(MODES)

        def change(line, prefix):
            last = None

            def turn():
                nonlocal last
                last = next(turns)
                run(prefix + line(last), env)
            wall = cost(turn, times, env, warm=True).wall * 1e3
            _check(root, last)
            return wall

        def keep(line, prefix):
            return cost(prefix + line(MODES[0]), times, env, warm=True).wall * 1e3

        tables = []
        for title, how in ((f"modes of {count} files in {SETS} sets, all of them change", change),
                           (f"modes of {count} files in {SETS} sets, none changes", keep)):
            if how is keep:
                run(peer(MODES[0]), env)
            table = Table(title, "ms", more_is_better=False)
            single = how(module, one)
            table.ledama(single, "ChmodData on one processor, start and plan included")
            table._line("ledama", how(module, []), "", f"ChmodData on {os.cpu_count()} processors")
            alone = how(native, one)
            table._line("ledama", alone, "", "the operation alone on one processor")
            together = how(native, [])
            table._line("ledama", together, "", f"the operation alone on {os.cpu_count()} processors")
            theirs = how(peer, one)
            table.peer("chmod -R", theirs, "one processor")
            # Where all change, both spend their time in the same calls of the kernel.
            table.target(f"not slower than chmod -R on one processor, to within a tenth: {single / theirs:.2f} x its time", single <= 1.1 * theirs)
            if os.cpu_count() > 1:
                table.target(f"with {os.cpu_count()} processors 1.4 times as fast: {alone / together:.2f} times", alone >= 1.4 * together)
            tables.append(table)
    return tables
