"""The database: questions, loading and derived facts, at a given scale.

Both back ends are filled by the same generator. The server is one of its own,
in $LEDAMA_BENCH_LEDDB, where databases are kept for the next time, else in a
folder that is removed. Peers are the statements of the original on tables as it
had them, loading row by row with psycopg2, and a bare binary COPY of the same
bytes, all on the same server. The scale is S; with $LEDAMA_BENCH_SCALE=M it is
that of a real server (8 GB in each back end); quick is XS. Cold means that the
server was started anew and the system has dropped what it keeps of all files.
What keeps a database up (a night without news, backup, restoration, sync,
removal) is measured last, and changes the databases: $LEDAMA_BENCH_UPKEEP=no
leaves it out, and yes does it with databases that were to be kept.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv

from measure import Table

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PEER = os.path.join(HERE, "leddb_peer.py")
#: What each question may take at scale M, s.
LIMITS = {"B1": 0.3, "B2": 0.3, "B3": 0.3, "B4": 0.5, "B5": 0.5, "B6": 0.5}
#: What keeps a database up.
UPKEEP = {
    "nothing new": "an update that finds nothing new: the host's share", "backup": "backup, read again and compared",
    "backup of nothing new": "backup when nothing has changed", "restore": "restoration into an empty database",
    "sync": "sync of a copy, one in a hundred changed", "removal": "removal of one observation",
}
#: Observations of each scale: the next one is what is loaded.
NEXT = {"XS": "L100002", "S": "L100020", "M": "L100065"}


def _examples():
    """The programs that make and ask."""
    subprocess.run(["cargo", "build", "--release", "--locked", "-p", "ledama-leddb", "--features", "testing", "--examples"], cwd=ROOT, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
    return [os.path.join(ROOT, target, "release", "examples", name) for name in ("leddb_scale", "leddb_ask", "leddb_upkeep")]


def _lines(command, **more):
    """The lines of JSON that a program printed, by their id."""
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True, **more)
    return {line["id"]: line for line in map(json.loads, done.stdout.splitlines())}


class _Server:
    """A server of Debian's with settings for a machine of 8 GB."""

    def __init__(self, folder):
        versions = sorted((name for name in os.listdir("/usr/lib/postgresql") if name.isdigit()), key=int)
        self.programs = f"/usr/lib/postgresql/{versions[-1]}/bin"
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        if os.getuid() == 0:
            shutil.chown(folder, "postgres")
            os.chmod(folder, 0o755)
        if not os.path.exists(f"{folder}/data"):
            self._run("initdb", "-D", f"{folder}/data", "-A", "trust", "-U", "leddb", "-E", "UTF8", "--locale=C.UTF-8")
        self.start()

    def start(self):
        self._run("pg_ctl", "-D", f"{self.folder}/data", "-w", "-l", f"{self.folder}/log", "-o",
                  f"-k {self.folder} -c listen_addresses='' -c shared_buffers=2GB -c work_mem=64MB -c maintenance_work_mem=512MB"
                  " -c max_wal_size=4GB -c effective_cache_size=6GB", "start")

    def _run(self, program, *words):
        account = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        subprocess.run(account + [f"{self.programs}/{program}", *words], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd="/")

    def url(self, name):
        return f"postgres://leddb@{self.folder.replace('/', '%2F')}:5432/{name}"

    def has(self, name):
        done = subprocess.run([f"{self.programs}/psql", "-h", self.folder, "-U", "leddb", "-d", "postgres", "-Atc", "SELECT datname FROM pg_database"],
                              stdout=subprocess.PIPE, text=True, check=True)
        return name in done.stdout.split()

    def drop(self, name):
        self._run("psql", "-q", "-h", self.folder, "-U", "leddb", "-d", "postgres", "-c", f"DROP DATABASE {name}")

    def stop(self):
        self._run("pg_ctl", "-D", f"{self.folder}/data", "-m", "fast", "-w", "stop")


def _python(folder):
    """A Python with psycopg2, made once."""
    python = f"{folder}/peers/bin/python"
    if not os.path.exists(python):
        venv.create(f"{folder}/peers", with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "psycopg2-binary==2.9.11"], check=True, stdout=sys.stderr)
    return python


def leddb(_binary, quick):
    scale = "XS" if quick else os.environ.get("LEDAMA_BENCH_SCALE", "S")
    if scale not in NEXT:
        raise SystemExit(f"leddb: no scale {scale!r}; there are {', '.join(NEXT)}")
    programs = _examples()
    kept = os.environ.get("LEDAMA_BENCH_LEDDB")
    folder = kept or tempfile.mkdtemp(prefix="ledama-bench-")
    os.makedirs(folder, exist_ok=True)
    os.chmod(folder, 0o755)
    server = _Server(f"{folder}/server")
    try:
        upkeep = os.environ.get("LEDAMA_BENCH_UPKEEP", "no" if kept else "yes") == "yes"
        return _measure(scale, programs, folder, server, upkeep)
    finally:
        server.stop()
        if not kept:
            shutil.rmtree(folder)


def _forget(server):
    """Nothing is in memory any more; whether that could be done."""
    server.stop()
    try:
        os.sync()
        with open("/proc/sys/vm/drop_caches", "w") as f:
            f.write("3")
    except OSError:
        return False
    finally:
        server.start()
    return True


def _measure(scale, programs, folder, server, upkeep):
    make, ask, keep_up = programs
    name, file = scale.lower(), f"{folder}/{scale.lower()}.sqlite"
    places = {"PostgreSQL": server.url(name), "SQLite": f"sqlite:{file}"}
    there = {"PostgreSQL": server.has(name), "SQLite": os.path.exists(file)}
    tables = []
    for kind, place in places.items():
        if not there[kind]:
            made = _lines([make, "make", place, scale], stderr=subprocess.DEVNULL)["make"]
            table = Table(f"making scale {scale} in {kind}: {made['rows']} rows, {made['bytes'] / 1e6:.0f} MB of arrays", "s", more_is_better=False)
            table.ledama(made["seconds"], f"{made['rows'] / made['seconds']:.0f} rows/s")
            tables.append(table)
    cold = {kind: _lines([ask, place, 0]) for kind, place in places.items() if _forget(server)}
    answers = {kind: _lines([ask, place, 20]) for kind, place in places.items()}
    peer = [_python(folder), PEER]
    shapes = _lines([*peer, "shapes", server.folder, name, 5])
    tables += _questions(scale, answers, shapes, cold)
    loads = {kind: _lines([make, "load", place, scale]) for kind, place in places.items()}
    rows = _lines([*peer, "rows", server.folder, name, 200])["rows"]
    bare = _lines([*peer, "copy", server.folder, name, NEXT[scale]])["copy"]
    tables += _loading(scale, loads, rows, bare)
    if upkeep:
        tables += _upkeep(scale, keep_up, places, folder, server)
    return tables


def _upkeep(scale, program, places, folder, server):
    """What keeps a database up. The copies are removed; the databases lose an observation, so they are made anew the next time."""
    copies = {"PostgreSQL": server.url(f"{scale.lower()}_copy"), "SQLite": f"sqlite:{folder}/copy.sqlite"}
    found = {}
    for kind, place in places.items():
        saved = f"{folder}/saved-{kind}"
        found[kind] = _lines([program, place, scale, copies[kind], saved])
        shutil.rmtree(saved)
        if kind == "SQLite":
            for name in (f"{scale.lower()}.sqlite", "copy.sqlite"):
                for end in ("", "-wal", "-shm"):
                    if os.path.exists(f"{folder}/{name}{end}"):
                        os.remove(f"{folder}/{name}{end}")
        else:
            server.drop(f"{scale.lower()}_copy")
            server.drop(scale.lower())
    tables = []
    for what, title in UPKEEP.items():
        table = Table(f"{title}, scale {scale}", "s", more_is_better=False)
        for kind, lines in found.items():
            line = lines[what]
            rate = f", {line['bytes'] / line['seconds'] / 1e6:.0f} MB/s of files" if line["bytes"] else ""
            table.ledama(line["seconds"], f"{kind}, {line['rows']} rows{rate}")
        if what == "nothing new":
            table.target("below 1 ms for each file", all(lines[what]["seconds"] < 1e-3 * lines[what]["rows"] for lines in found.values()))
        tables.append(table)
    return tables


def _questions(scale, answers, shapes, cold):
    tables = []
    for question, ours in answers["PostgreSQL"].items():
        table = Table(f"{question}, scale {scale}: {ours['what']}, {ours['rows']} rows", "ms", more_is_better=False)
        table.ledama(ours["seconds"] * 1e3, f"PostgreSQL, 95 %: {ours['p95'] * 1e3:.3g} ms")
        lite = answers["SQLite"][question]
        table.ledama(lite["seconds"] * 1e3, f"SQLite, 95 %: {lite['p95'] * 1e3:.3g} ms")
        for kind, lines in cold.items():
            table.ledama(lines[question]["seconds"] * 1e3, f"{kind}, cold")
        if lite["rows"] != ours["rows"]:
            table.target(f"the same rows from both, not {lite['rows']}", False)
        theirs = shapes.get(question)
        if theirs:
            table.peer("statement of the original", theirs["seconds"] * 1e3, f"{theirs['rows']} rows")
            if theirs["seconds"] > 0.05:
                table.target("5 x the original where it takes more than 50 ms", ours["seconds"] * 5 <= theirs["seconds"])
        limit = LIMITS.get(question.split()[0])
        if limit:
            table.target(f"below {limit} s", ours["seconds"] < limit)
        tables.append(table)
    return tables


def _loading(scale, loads, rows, bare):
    tables = []
    for what in ("diagnostics", "gain", "quality_time_statistic", "quality_frequency_statistic", "quality_baseline_statistic"):
        ours, lite = loads["PostgreSQL"][what], loads["SQLite"][what]
        table = Table(f"loading one observation, scale {scale}: {what}, {ours['rows']} rows", "MB/s")
        table.ledama(ours["bytes"] / ours["seconds"] / 1e6, f"PostgreSQL, {ours['rows'] / ours['seconds']:.0f} rows/s")
        table.ledama(lite["bytes"] / lite["seconds"] / 1e6, f"SQLite, {lite['rows'] / lite['seconds']:.0f} rows/s")
        if what == "gain":
            table.peer("psycopg2, row by row", rows["bytes"] / rows["seconds"] / 1e6, f"{rows['rows'] / rows['seconds']:.0f} rows/s")
            table.target("50 x psycopg2 row by row", ours["bytes"] / ours["seconds"] >= 50 * rows["bytes"] / rows["seconds"])
        if what == "diagnostics":
            for kind, lines in loads.items():
                again = lines["diagnostics replaced"]
                table.ledama(again["bytes"] / again["seconds"] / 1e6, f"{kind}, in place of older rows")
            table.peer("bare binary COPY, same rows", ours["bytes"] / bare["seconds"] / 1e6)
            table.target("within 1.3 times of the bare COPY", ours["seconds"] <= 1.3 * bare["seconds"])
        tables.append(table)
    for what, limit in (("one observation refreshed", 1), ("all refreshed", 30)):
        table = Table(f"derived facts, scale {scale}: {what}", "ms", more_is_better=False)
        for kind, lines in loads.items():
            table.ledama(lines[what]["seconds"] * 1e3, kind)
        table.target(f"below {limit} s", loads["PostgreSQL"][what]["seconds"] < limit)
        tables.append(table)
    return tables
