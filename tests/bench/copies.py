"""Copies from node to node; ledama's are compared with their source, the others' are not."""
import os
import shutil

from measure import Table, cost
from nodes import Cluster

PARENT = "/data2/users/lofareor/L2013_80897"


def _big(folder, trees):
    blob = os.urandom(1 << 20)
    for k in range(trees):
        path = f"{folder}/L80897_SAP000_SB{k:03}_uv.MS"
        os.makedirs(path)
        for name in ("table.dat", "table.f0"):
            with open(f"{path}/{name}", "wb") as f:
                for _ in range(32):
                    f.write(blob)
    return trees * 64


def _small(folder, files):
    path = f"{folder}/L80897_SAP000_SB000_uv.MS"
    os.makedirs(path)
    blob = os.urandom(4096)
    for k in range(files):
        with open(f"{path}/{'table.dat' if k == 0 else f'f{k:05}'}", "wb") as f:
            f.write(blob)
    return files


def _entries(folder):
    return sum(len(f) for _, _, f in os.walk(folder))


def _measure(binary, cluster, table, amount, per_node, times):
    env, pids = cluster.environment(), cluster.pids()
    source, target = cluster.names
    here = cluster.disk(source, "data2") + PARENT[6:]
    there = cluster.disk(target, "data2") + PARENT[6:]
    wanted = _entries(here)
    base = cluster.base
    ref = f"{base}/in.ref"
    with open(ref, "w") as f:
        for name in sorted(os.listdir(here)):
            f.write(f"{PARENT}/{name} ? ? {source} 0\n")

    def clear():
        shutil.rmtree(there, ignore_errors=True)
        os.makedirs(os.path.dirname(there), exist_ok=True)

    def check(name):
        found = _entries(there)
        if found != wanted:
            raise RuntimeError(f"{name}: {found} of {wanted} files arrived")

    rates = {}

    def figure(name, line):
        c = cost(line, times, env, pids, before=clear, warm=True)
        check(name)
        note = f"{c.wall:.2f} s, CPU {c.client + c.nodes:.1f} s"
        rates[name] = amount / c.wall
        return rates[name], note

    ours = [binary, "run", "CopyData", "--reffile", ref, "--copypath", PARENT, "--nodes", target, "--yes", "--no-progress",
            "--numprocessors", str(per_node)]
    table.ledama(*figure("ledama", ours))
    ssh, parent = f"{base}/bin/ssh", os.path.dirname(PARENT)
    on = f"{ssh} {target} "
    peers = {
        "scp -r": f"{on} '{base}/bin/scp -q -r {source}:{PARENT} {parent}/'",
        "rsync -a": f"{on} 'rsync -a -e {ssh} {source}:{PARENT} {parent}/'",
        "tar | ssh tar": f"{on} '{ssh} {source} tar -C {parent} -cf - {os.path.basename(PARENT)} | tar -C {parent} -xf -'",
    }
    for name, line in peers.items():
        if name.startswith("rsync") and not shutil.which("rsync"):
            table.absent("rsync")
            continue
        table.peer(name, *figure(name, line))
    # The limit of this machine: no network, no check.
    local = cost([ssh, source, "rm -rf /data3/x; cp -r " + PARENT + " /data3/x"], times, env, pids, warm=True)
    table.peer("cp -r on one node (no network)", amount / local.wall)
    shutil.rmtree(cluster.disk(source, "data3") + "/x")
    best = max(rates[n] for n in peers if n in rates)
    return rates["ledama"] / best


def copies(binary, quick):
    """Large files, then many small ones; disks in memory, so that programs are measured and not a disk."""
    times = 1 if quick else 3
    trees, files = (4, 2000) if quick else (16, 20_000)
    tables = []
    with Cluster(2, size="3g") as cluster:
        amount = _big(cluster.disk("node011", "data2") + PARENT[6:], trees)
        table = Table(f"copy of {trees} sets of 64 MB, node to node", "MB/s")
        ratio = _measure(binary, cluster, table, amount, 2, times)
        table.target("3 times the best of scp, rsync, tar", ratio >= 3)
        tables.append(table)
    with Cluster(2, size="3g") as cluster:
        amount = _small(cluster.disk("node011", "data2") + PARENT[6:], files)
        table = Table(f"copy of one set of {files} files, node to node", "files/s")
        ratio = _measure(binary, cluster, table, amount, 1, times)
        table.target("1.5 times the best of scp, rsync, tar", ratio >= 1.5)
        tables.append(table)
    return tables
