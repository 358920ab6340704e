"""Times a command and what it costs: wall seconds, CPU of the client, CPU of the nodes."""
import os
import resource
import statistics
import subprocess
import sys
import time

HZ = os.sysconf("SC_CLK_TCK")


def _cpu_below(roots):
    """CPU seconds used so far by these processes and all below them."""
    parent, ticks = {}, {}
    for p in os.listdir("/proc"):
        if p.isdigit():
            try:
                with open(f"/proc/{p}/stat") as f:
                    s = f.read()
            except OSError:
                continue
            s = s[s.rindex(")") + 2:].split()
            parent[int(p)], ticks[int(p)] = int(s[1]), sum(map(int, s[11:15]))
    roots, total = set(roots), 0
    for p in ticks:
        q = p
        while q and q not in roots:
            q = parent.get(q, 0)
        if q:
            total += ticks[p]
    return total / HZ


def _children_cpu():
    r = resource.getrusage(resource.RUSAGE_CHILDREN)
    return r.ru_utime + r.ru_stime


class Cost:
    """Medians of some runs of the same thing."""

    def __init__(self, wall, client, nodes):
        self.wall, self.client, self.nodes = wall, client, nodes


def run(command, env=None, codes=(0,)):
    """A list is run as it is, a text by bash, a function is called; a failure ends the benchmark."""
    if callable(command):
        return command()
    shell = isinstance(command, str)
    done = subprocess.run(command, shell=shell, executable="/bin/bash" if shell else None, env=env,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode not in codes:
        sys.stderr.write(done.stderr.decode(errors="replace")[-2000:])
        raise RuntimeError(f"exit code {done.returncode}: {command}")
    return done.stdout.decode(errors="replace")


def cost(command, times=3, env=None, pids=(), before=None, warm=False):
    """Medians over `times` runs; `before` is not timed, a warm-up run not counted."""
    walls, clients, nodes = [], [], []
    for k in range(times + (1 if warm else 0)):
        if before:
            before()
        n0 = _cpu_below(pids) if pids else 0
        c0, t0 = _children_cpu(), time.perf_counter()
        run(command, env)
        wall = time.perf_counter() - t0
        if warm and k == 0:
            continue
        walls.append(wall)
        clients.append(_children_cpu() - c0)
        nodes.append((_cpu_below(pids) if pids else 0) - n0)
    m = statistics.median
    return Cost(m(walls), m(clients), m(nodes))


class Table:
    """Lines of one benchmark: ledama first, then each peer with the ratio to it."""

    def __init__(self, title, unit, more_is_better=True):
        self.title, self.unit, self.more = title, unit, more_is_better
        self.ours = None
        self.rows = []
        print(f"\n{title}", flush=True)

    def ledama(self, value, note=""):
        if self.ours is None:
            self.ours = value
        self._line("ledama", value, "", note)

    def peer(self, name, value, note=""):
        ratio = self.ours / value if self.more else value / self.ours
        self._line(name, value, f"ledama: {ratio:.2g} x" if ratio < 10 else f"ledama: {ratio:.0f} x", note)

    def absent(self, name):
        print(f"  {name:<34}  not installed", flush=True)

    def target(self, text, met):
        print(f"  target: {text}: {'met' if met else 'MISSED'}", flush=True)
        self.rows.append({"target": text, "met": met})

    def _line(self, name, value, ratio, note):
        print(f"  {name:<34} {value:>10.4g} {self.unit:<9} {ratio:<16} {note}".rstrip(), flush=True)
        self.rows.append({"name": name, "value": value, "unit": self.unit, "ratio": ratio, "note": note})
