"""Sets of this host as archives, against `tar cf`."""
import os
import socket
import subprocess
import tempfile

from measure import Table, cost, run

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MEGA = 1e6


def _example():
    """The program that runs the operation and nothing besides."""
    subprocess.run(["cargo", "build", "--release", "--locked", "-p", "ledama-trees", "--example", "pack"], cwd=ROOT, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
    return os.path.join(ROOT, target, "release", "examples", "pack")


def _set(root, k, files, size):
    """A set with so many files of that size, a thousand in a folder."""
    path = f"{root}/L2013_80897/L80897_SAP000_SB{k:03}_uv.MS"
    os.makedirs(path)
    with open(f"{path}/table.dat", "wb") as f:
        f.write(b"\xbe\xbe\xbe\xbe" + bytes(100))
    block = os.urandom(min(size, 1 << 20))
    for n in range(files):
        if n % 1000 == 0:
            os.mkdir(f"{path}/T{n // 1000}")
        with open(f"{path}/T{n // 1000}/table.f{n}", "wb") as f:
            for at in range(0, size, len(block)):
                # Each block differs, as data does.
                f.write(at.to_bytes(8, "little") + block[8:])
    return path


def _table(binary, example, title, folder, shape, times, judged):
    sets, files, size = shape
    root, out = f"{folder}/data", f"{folder}/data/L2013_80897_001"
    paths = [_set(root, k, files, size) for k in range(sets)]
    os.makedirs(out)
    with open(f"{folder}/ledama.toml", "w") as f:
        f.write(f'[data]\nroots = ["{root}"]\nfree_margin_mib = 0\n')
    with open(f"{folder}/x.ref", "w") as f:
        f.writelines(f"{path} ? 1 {socket.gethostname()} 0\n" for path in paths)
    env = {"PATH": os.environ["PATH"], "HOME": folder, "LANG": "C.UTF-8", "LEDAMA_CONFIG": f"{folder}/ledama.toml"}
    one = ["taskset", "-c", "0"]
    amount = sets * files * size / MEGA
    names = [os.path.basename(path) for path in paths]
    parent = os.path.dirname(paths[0])

    def empty():
        for name in os.listdir(out):
            os.remove(f"{out}/{name}")

    def rate(line):
        return amount / cost(line, times, env, before=empty, warm=True).wall

    def module(more, at_once):
        return [binary, "run", "PackData", "-i", f"{folder}/x.ref", "-o", out, "-p", str(at_once), "--no-progress",
                "--output-reffile", f"{out}/new.ref", *more]

    def peer(options="", then="", at_once=1):
        pack = f"tar {options} -cf {out}/{{}}.tar -C {parent} {{}}{then.format(out=out)}"
        return f"printf '%s\\n' {' '.join(names)} | taskset -c 0-{at_once - 1} xargs -P {at_once} -I {{}} sh -c '{pack}'"

    table = Table(title, "MB/s")
    native = rate([*one, example, "pack", out, "none", root, *paths])
    table.ledama(native, "the operation on one processor: flushed, names and lengths compared")
    table._line("ledama", rate(one + module([], 1)), "", "PackData on one processor, start and plan included")
    table._line("ledama", rate([*one, example, "pack-reread", out, "none", root, *paths]), "", "all of it read back and hashed, as before deleting")
    if sets > 1 and os.cpu_count() > 1:
        together = rate(module([], os.cpu_count()))
        table._line("ledama", together, "", f"PackData on {os.cpu_count()} processors, as many sets at once")
    synced = rate(peer(then="; sync {out}/{{}}.tar"))
    table.peer("tar cf, sync", synced, "one processor")
    table.peer("tar cf", rate(peer()), "one processor, not flushed")
    table.peer("tar cf --format=pax, sync", rate(peer("--format=pax", "; sync {out}/{{}}.tar")), "one processor; keeps times as ledama does")
    if judged:
        table.target(f"not slower than tar cf and sync on one processor, to within a tenth: {native / synced:.2f} x", native >= 0.9 * synced)
    if sets > 1 and os.cpu_count() > 1:
        theirs = rate(peer(then="; sync {out}/{{}}.tar", at_once=os.cpu_count()))
        table.peer("xargs -P, tar cf, sync", theirs, f"{os.cpu_count()} processors")
    # What was packed is what there is.
    run(module([], 1), env)
    for path, name in zip(paths, names):
        run(["tar", "-df", f"{out}/{name}.tar", "-C", parent])
    empty()
    return table


def pack(binary, quick):
    """2 GB in few files, 20 000 small files, several sets; in memory, and where flushing counts on the disk of
    $LEDAMA_BENCH_DISK (/var/tmp)."""
    times = 3 if quick else 7
    part = 8 if quick else 1
    example = _example()
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    disk = os.environ.get("LEDAMA_BENCH_DISK", "/var/tmp")
    tables = []
    for place, sets, files, size in (
        (memory, 1, 8, (256 << 20) // part),
        (disk, 1, 8, (256 << 20) // part),
        (memory, 1, 20_000 // part, 4096),
        (disk, 1, 20_000 // part, 4096),
        (memory, 8, 8, (32 << 20) // part),
    ):
        amount = f"{files} files of {size >> 20} MiB" if size >> 20 else f"{files} files of {size >> 10} KiB"
        title = f"pack {sets} set{'s' if sets > 1 else ''} of {amount}, {'in memory' if place == memory else 'on a disk'}"
        with tempfile.TemporaryDirectory(dir=place) as folder:
            # A file system in memory has nothing to flush: there the second look at small files has its price.
            judged = place == disk or size > 4096
            tables.append(_table(binary, example, title, folder, (sets, files, size), times, judged))
    return tables
