"""Many small tasks over 16 nodes."""
import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from measure import Table, cost
from nodes import Cluster

HERE = os.path.dirname(os.path.abspath(__file__))


def _ledama(binary, kind, count):
    return [binary, "--modules", f"{HERE}/modules", "run", "BenchTasks", "--tasks", str(count), "--kind", kind, "--no-progress"]


def _note(c, count):
    return f"CPU ms/task: client {c.client / count * 1e3:.2f}, nodes {c.nodes / count * 1e3:.2f}; {count} tasks"


def _ssh(env, nodes, count, options=()):
    """One ssh process a task, one at a time for each node."""
    def one(k):
        subprocess.run(["ssh", *options, nodes[k % len(nodes)], "true"], check=True, env=env,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def go():
        with ThreadPoolExecutor(len(nodes)) as pool:
            list(pool.map(one, range(count)))
    return go


def _rounds(line, env, count):
    def go():
        for _ in range(count):
            subprocess.run(line, check=True, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return go


def true(binary, quick):
    """`true` as a task: what every tool can do."""
    many, few, times = (200, 32, 1) if quick else (1000, 96, 3)
    with Cluster(16) as cluster:
        env, pids, nodes = cluster.environment(), cluster.pids(), cluster.names
        os.environ["PATH"] = env["PATH"]
        table = Table(f"{many} tasks `true` over {len(nodes)} nodes, connecting included", "tasks/s")
        c = cost(_ledama(binary, "true", many), times, env, pids, warm=True)
        table.ledama(many / c.wall, _note(c, many))
        all_in = c.wall
        # What connecting costs shows in a run with one task a node.
        idle = cost(_ledama(binary, "true", len(nodes)), times, env, pids, warm=True).wall
        rest = max(all_in - idle, 1e-3)
        connected = (many - len(nodes)) / rest
        table._line("ledama, once connected", connected, "", f"connecting took {idle * 1e3:.0f} ms")

        c = cost(_ssh(env, nodes, few), times, env, pids)
        table.peer("a fresh ssh a task (the original)", few / c.wall, _note(c, few))
        control = ["-o", f"ControlPath={cluster.base}/cm-%h", "-o", "ControlMaster=auto", "-o", "ControlPersist=60"]
        began = time.perf_counter()
        _ssh(env, nodes, len(nodes), control)()
        connecting = time.perf_counter() - began
        c = cost(_ssh(env, nodes, many, control), times, env, pids)
        master = many / c.wall
        table.peer("ssh with ControlMaster", many / (c.wall + connecting), _note(c, many))
        table._line("ssh with ControlMaster, once connected", master, f"ledama: {connected / master:.2g} x",
                    f"connecting took {connecting * 1e3:.0f} ms")
        for node in nodes:
            subprocess.run(["ssh", *control, "-O", "exit", node], env=env, stderr=subprocess.DEVNULL)
        peers = {
            "parallel": (f"seq {few} | parallel -j1 --sshlogin {','.join(nodes)} -N0 true", few),
            "pdsh": (_rounds(["pdsh", "-S", "-R", "ssh", "-f", "16", "-w", ",".join(nodes), "true"], env, few // 16), few // 16 * 16),
            "clush": (_rounds(["clush", "-S", "-q", "-f", "16", "-o", f"-F {cluster.base}/ssh_config", "-w", ",".join(nodes), "true"], env, few // 16), few // 16 * 16),
        }
        env["PDSH_SSH_ARGS"] = f"-F {cluster.base}/ssh_config %h"
        for name, (line, count) in peers.items():
            if not shutil.which(name):
                table.absent(name)
                continue
            c = cost(line, times, env, pids)
            table.peer(name, count / c.wall, _note(c, count))
        # Like with like: neither figure counts connecting, which both do once a run.
        table.target("10 times ssh with ControlMaster, both once connected", connected >= 10 * master)
    return [table]


def noop(binary, quick):
    """Operations inside the workers, which no tool of the others has."""
    count, times = (1000, 1) if quick else (10_000, 3)
    with Cluster(16) as cluster:
        env, pids = cluster.environment(), cluster.pids()
        table = Table(f"{count} operations that do nothing over 16 nodes, connecting included", "s", more_is_better=False)
        c = cost(_ledama(binary, "noop", count), times, env, pids, warm=True)
        table.ledama(c.wall, _note(c, count))
        table.target("below 1 s", c.wall < 1)
    return [table]


def pipeline(binary, quick):
    """Programs as LaunchNDPPP starts them: a scratch folder, checks and a log file for each."""
    count, times = (96, 1) if quick else (488, 3)
    with Cluster(16) as cluster:
        env, pids, nodes = cluster.environment(), cluster.pids(), cluster.names
        logs = f"{cluster.base}/logs"
        table = Table(f"{count} trivial tasks of a pipeline over 16 nodes, connecting included", "s", more_is_better=False)
        ours = cost(_ledama(binary, "program", count) + ["--logspath", logs], times, env, pids, warm=True)
        table.ledama(ours.wall, _note(ours, count))
        if not shutil.which("parallel"):
            table.absent("parallel")
            return [table]
        # One job at a time on each node, with its words in files as ours.
        line = (f"seq {count} | parallel -j1 --sshlogin {','.join(nodes)} --results {cluster.base}/results "
                "'mkdir -p /data1/scratch/{} && cd /data1/scratch/{} && true {} && rmdir /data1/scratch/{}' >/dev/null")
        peer = cost(line, 1, env, pids, before=lambda: shutil.rmtree(f"{cluster.base}/results", ignore_errors=True))
        table.peer("parallel", peer.wall, _note(peer, count))
        table.target("not slower than GNU parallel", ours.wall <= peer.wall)
        table.target("at most 1 s of CPU on the launching host", ours.client <= 1)
    return [table]
