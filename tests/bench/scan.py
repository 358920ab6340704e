"""Finding and measuring the measurement sets of 16 nodes."""
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

from measure import Table, cost, run
from nodes import Cluster

FILES = 8      # of 4 kB in each of the five tables of a set


def _sets(cluster, count):
    data = b"x" * 4096
    for n, node in enumerate(cluster.names):
        for k in range(count):
            path = f"{cluster.disk(node, 'data1')}/users/lofareor/L2013_80897/L80897_SAP000_SB{n * count + k:03}_uv.MS"
            for table in ("", "/ANTENNA", "/FIELD", "/OBSERVATION", "/SPECTRAL_WINDOW"):
                os.makedirs(path + table)
                for name in ["table.dat"] + [f"table.f{i}" for i in range(FILES - 1)]:
                    with open(f"{path}{table}/{name}", "wb") as f:
                        f.write(data)


def scan(binary, quick):
    """The original asked each node for its sets, then each set for its size, by one ssh each."""
    count, times, sample = (10, 1, 32) if quick else (100, 3, 160)
    with Cluster(16, size="256m") as cluster:
        _sets(cluster, count)
        env, pids, nodes = cluster.environment(), cluster.pids(), cluster.names
        total = count * len(nodes)
        table = Table(f"scan of {len(nodes)} nodes with {count} sets each, connecting included", "s", more_is_better=False)
        output = f"{cluster.base}/found.ref"
        line = [binary, "run", "CreateRefFileFromPath", "--inputpath", "/data1/users/lofareor", "--nodes", f"node011-{nodes[-1]}",
                "--output", output, "--no-progress"]
        c = cost(line, times, env, pids, warm=True)
        rows = [r for r in open(output) if r.strip() and not r.startswith("#")]
        if len(rows) != total:
            raise RuntimeError(f"{len(rows)} sets found, {total} are there")
        table.ledama(c.wall, f"CPU s: client {c.client:.2f}, nodes {c.nodes:.2f}")
        ours = c.wall

        find = "find /data1/users/lofareor -name '*.MS' -prune -print"

        def original():
            with ThreadPoolExecutor(len(nodes)) as pool:
                list(pool.map(lambda n: run(["ssh", n, find], env), nodes))
                paths = [(nodes[k % len(nodes)], f"/data1/users/lofareor/L2013_80897/L80897_SAP000_SB{(k % len(nodes)) * count + k // len(nodes):03}_uv.MS")
                         for k in range(sample)]
                list(pool.map(lambda p: run(["ssh", p[0], "du", "-sm", p[1]], env), paths))
        c = cost(original, 1, env, pids)
        # The listing is done once whatever the number of sets; each set adds one ssh.
        listing = cost(lambda: list(ThreadPoolExecutor(16).map(lambda n: run(["ssh", n, find], env), nodes)), 1).wall
        whole = listing + (c.wall - listing) * total / sample
        table.peer("one ssh and du a set (the original)", whole, f"from {sample} of {total} sets")

        def one_du():
            with ThreadPoolExecutor(len(nodes)) as pool:
                list(pool.map(lambda n: run(["ssh", n, f"{find}0 | xargs -0 du -sm"], env), nodes))
        table.peer("one ssh, find and du a node", cost(one_du, times, env, pids).wall)
        table.target("50 times the original's way", whole >= 50 * ours)
    return [table]
