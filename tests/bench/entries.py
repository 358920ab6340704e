"""Listing and measuring 200 000 entries of this host, against `find` and `du`."""
import os
import tempfile

from measure import Table, cost

SETS = 200
FOLDERS = 10   # in each set


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
        with open(f"{path}/table.dat", "wb") as f:
            f.write(b"x" * 100)
    return paths


def entries(binary, quick):
    """Find all sets and their sizes; one processor, then all."""
    count, times = (20_000, 2) if quick else (200_000, 5)
    shared = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(dir=shared) as folder:
        root = f"{folder}/data"
        paths = _tree(root, count)
        env = {"PATH": os.environ["PATH"], "HOME": folder, "LANG": "C.UTF-8"}
        one = ["taskset", "-c", "0"]
        find = [binary, "run", "CreateRefFileFromPath", "--inputpath", root, "--output", f"{folder}/x.ref", "--no-progress"]
        check = [binary, "run", "CheckData", "--inarg", f"{folder}/x.ref", "--notcompare", "--no-progress"]
        cost(find, 1, env)
        found = sum(1 for line in open(f"{folder}/x.ref") if line.startswith("/"))
        if found != SETS:
            raise RuntimeError(f"{found} sets found, {SETS} are there")

        listing = Table(f"find {SETS} sets and measure their {count} files (CreateRefFileFromPath)", "ms", more_is_better=False)
        ours = cost(one + find, times, env, warm=True).wall * 1e3
        listing.ledama(ours, "one processor, start included")
        listing._line("ledama", cost(find, times, env, warm=True).wall * 1e3, "", f"{os.cpu_count()} processors")
        both = cost(one + ["bash", "-c", f"find '{root}' -type f > /dev/null; du -sm '{root}'/*/* > /dev/null"], times, env, warm=True).wall * 1e3
        listing.peer("find, then du -sm", both, "one processor")
        listing.target("not slower than the peer on one processor", ours <= both)

        size = Table(f"measure the {count} files of {SETS} sets (CheckData)", "ms", more_is_better=False)
        ours = cost(one + check, times, env, warm=True).wall * 1e3
        size.ledama(ours, "one processor, start included")
        size._line("ledama", cost(check, times, env, warm=True).wall * 1e3, "", f"{os.cpu_count()} processors")
        du = cost(one + ["du", "-sm"] + paths, times, env, warm=True).wall * 1e3
        size.peer("du -sm", du, "one processor")
        size.target("not slower than the peer on one processor", ours <= du)
    return [listing, size]
