"""Digests of data of this host, against md5sum, sha256sum and b3sum."""
import os
import shutil
import socket
import tempfile

from measure import Table, cost

KINDS = {"md5": "md5sum", "sha256": "sha256sum", "blake3": "b3sum"}


def _large(root, megabytes):
    """Four sets of one file each."""
    block = os.urandom(1 << 20)
    for k in range(4):
        path = f"{root}/L80897_SAP000_SB{k:03}_uv.MS"
        os.makedirs(path)
        with open(f"{path}/table.f1", "wb") as f:
            for n in range(megabytes // 4):
                f.write(n.to_bytes(8, "little") + block[8:])


def _small(root, count):
    """Ten sets of files of 4 kB in folders."""
    block = os.urandom(4096)
    for k in range(10):
        for n in range(10):
            folder = f"{root}/L80897_SAP000_SB{k:03}_uv.MS/T{n}"
            os.makedirs(folder)
            for i in range(count // 100):
                with open(f"{folder}/table.f{i}", "wb") as f:
                    f.write(i.to_bytes(8, "little") + block[8:])


def _lines(output):
    """The digests in a file of ours or in what a peer prints, sorted."""
    with open(output, errors="surrogateescape") as f:
        return sorted(line.split(" ", 1)[0] for line in f if not line.startswith("#"))


def _measure(binary, folder, title, unit, amount, times):
    root = f"{folder}/data"
    with open(f"{folder}/x.ref", "w") as f:
        f.writelines(f"{root}/{name} ? 1 {socket.gethostname()} 0\n" for name in sorted(os.listdir(root)))
    env = {"PATH": os.environ["PATH"], "HOME": folder, "LANG": "C.UTF-8"}
    processors = os.cpu_count()
    tables = []
    for kind, program in KINDS.items():
        table = Table(f"{kind} of {title}", unit)
        output = f"{folder}/out"
        ours = [binary, "run", "MD5SumData", "-i", f"{folder}/x.ref", "-o", output, "--overwrite", "--algorithm", kind, "--no-progress"]
        one = cost(["taskset", "-c", "0"] + ours + ["-p", "1"], times, env, warm=True)
        # Everything is in memory, so processor time is what counts, whatever else the machine does meanwhile.
        table.ledama(amount / one.client, f"per second of one processor, {one.wall:.2f} s")
        all_of_them = cost(ours + ["-p", str(processors)], times, env, warm=True)
        table._line("ledama", amount / all_of_them.wall, "", f"{processors} processors, {all_of_them.wall:.2f} s")
        if not shutil.which(program):
            table.absent(program)
            continue
        one_thread = "--num-threads 1" if program == "b3sum" else ""
        line = f"cd {root} && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 {program} {one_thread} > {folder}/peer"
        peer = cost(["taskset", "-c", "0", "bash", "-c", line], times, env, warm=True)
        if _lines(output) != _lines(f"{folder}/peer"):
            raise RuntimeError(f"{program} finds other digests")
        table.peer(program, amount / peer.client, f"per second of one processor, {peer.wall:.2f} s")
        table.target(f"not slower than {program} on one processor", one.client <= peer.client)
        if processors > 1:
            table.target(f"1.5 times that with {processors} processors", one.wall >= 1.5 * all_of_them.wall)
        tables.append(table)
    return tables


def hashing(binary, quick):
    """2 GB in four files, then 20 000 small files; the start of the program is counted."""
    megabytes, count, times = (200, 2000, 2) if quick else (2048, 20_000, 5)
    shared = "/dev/shm" if os.path.isdir("/dev/shm") else None
    tables = []
    for make, amount, title, unit in (
        (_large, megabytes, f"{megabytes} MB in four files", "MB/s"),
        (_small, count, f"{count} files of 4 kB", "files/s"),
    ):
        with tempfile.TemporaryDirectory(dir=shared) as folder:
            make(f"{folder}/data", amount)
            tables += _measure(binary, folder, title, unit, amount, times)
    return tables
