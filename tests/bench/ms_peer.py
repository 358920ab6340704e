"""Run in the benchmark's own Python: makes the sets, and reads columns with a peer.

    ms_peer.py make FOLDER SLOTS ROWS
    ms_peer.py read LIBRARY TABLE COLUMN MODE TIMES [ROWS]

LIBRARY is casacore, casacure or arcae; MODE as in the example read_column of
builtins/tables, and the line that is printed is the same.
"""
import json
import os
import sys
import time

import numpy as np

STATIONS, CHANNELS, CORRELATIONS = 48, 64, 4
STEP = 4099


def manager(kind, columns, **spec):
    return {"*1": {"TYPE": kind, "NAME": "Data", "SEQNR": 1, "COLUMNS": columns, "SPEC": spec}}


def make(folder, slots, rows):
    """DATA of `slots` times 2.4 MB behind each manager, and a table of plain numbers."""
    import casacore.tables as ct
    pairs = np.array([(i, j) for i in range(STATIONS) for j in range(i, STATIONS)], dtype=np.int32)
    count = len(pairs)
    tile = lambda *shape: dict(DEFAULTTILESHAPE=np.array(shape, dtype=np.int32))
    kinds = {
        "standard": ("StandardStMan", {}),
        "tiledshape": ("TiledShapeStMan", tile(CORRELATIONS, CHANNELS, 512)),
        "tiledcolumn": ("TiledColumnStMan", tile(CORRELATIONS, 8, 4096)),
        "dysco": ("DyscoStMan", dict(dataBitCount=10, weightBitCount=12, distribution="TruncatedGaussian", normalization="AF",
                                     distributionTruncation=2.5, studentTNu=0.0)),
    }
    for name, (kind, spec) in kinds.items():
        path = f"{folder}/{name}-{slots}.tab"
        if os.path.isdir(path):
            continue
        scalars = [ct.makescacoldesc(c, 0, valuetype="int") for c in ("ANTENNA1", "ANTENNA2", "DATA_DESC_ID", "FIELD_ID")]
        scalars.append(ct.makescacoldesc("TIME", 0.0, valuetype="double"))
        table = ct.table(path + ".new", ct.maketabdesc(scalars), nrow=count * slots, ack=False)
        table.putcol("ANTENNA1", np.tile(pairs[:, 0], slots))
        table.putcol("ANTENNA2", np.tile(pairs[:, 1], slots))
        table.putcol("TIME", np.repeat(4871282393.0 + 2.0 * np.arange(slots), count))
        data = ct.makearrcoldesc("DATA", 0j, shape=[CHANNELS, CORRELATIONS], valuetype="complex", options=5 if kind in ("DyscoStMan", "StandardStMan") else 4,
                                 datamanagertype=kind, datamanagergroup="Data")
        table.addcols(ct.maketabdesc([data]), manager(kind, ["DATA"], **spec))
        rng = np.random.default_rng(7)
        for slot in range(slots):
            noise = rng.standard_normal((count, CHANNELS, CORRELATIONS, 2), dtype=np.float32)
            table.putcol("DATA", noise.view(np.complex64)[..., 0], slot * count, count)
        table.close()
        os.rename(path + ".new", path)
    path = f"{folder}/scalar-{rows}.tab"
    if not os.path.isdir(path):
        table = ct.table(path + ".new", ct.maketabdesc([ct.makescacoldesc(c, v, valuetype=t) for c, v, t in (("TIME", 0.0, "double"), ("SCAN", 0, "int"))]),
                         nrow=rows, ack=False)
        step = 1 << 20
        for row in range(0, rows, step):
            n = min(step, rows - row)
            table.putcol("TIME", 4871282393.0 + np.arange(row, row + n), row, n)
        table.close()
        os.rename(path + ".new", path)


def peak():
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmHWM"))


def sample(x, before=0):
    """The sum over the bits of every 4099th value of the column."""
    x = np.ascontiguousarray(np.ascontiguousarray(x).reshape(-1)[(STEP - before % STEP) % STEP::STEP])
    parts = x.view(np.float32) if x.dtype == np.complex64 else x
    return int(parts.view(f"u{parts.itemsize}").astype(object).sum() or 0)


def opened(library, path):
    """Two functions: the column from a row on, and its first channel; and the number of rows."""
    if library == "arcae":
        import arcae
        table = arcae.table(path)
        rows = lambda start, n: (np.arange(start, start + n),)
        return (lambda c, start, n: table.getcol(c, rows(start, n)),
                lambda c, n: table.getcol(c, (np.arange(n), np.array([0]), None)), table.nrow())
    if library == "casacure":
        import casacure
        tables = casacure.tables
    else:
        import casacore.tables as tables
    table = tables.table(path, ack=False)
    return (lambda c, start, n: table.getcol(c, start, n),
            lambda c, n: table.getcolslice(c, [0, 0], [0, CORRELATIONS - 1], startrow=0, nrow=n), table.nrows())


def read(library, path, column, mode, times, rows=1024):
    seconds = []
    for _ in range(times + 1):
        # Closed first: a table that is still open would be shared, with all it has in memory.
        whole = channel = None
        whole, channel, count = opened(library, path)
        start = time.perf_counter()
        size = total = done = 0
        if mode == "stream":
            for row in range(0, count, rows):
                x = whole(column, row, min(rows, count - row))
                total += sample(x, done)
                done += x.size
                size += x.nbytes
        else:
            x = whole(column, 0, count) if mode == "whole" else channel(column, count)
            size, total = x.nbytes, sample(x)
        seconds.append(time.perf_counter() - start)
        x = None
    print(json.dumps({"seconds": seconds[1:], "bytes": size, "peak": peak(), "sum": total % (1 << 64)}))


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        read(sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5], *map(int, sys.argv[6:]))
