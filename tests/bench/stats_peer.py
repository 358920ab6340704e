"""Run in the benchmark's own Python: makes a set, and makes its statistics with casacore and numpy.

    stats_peer.py make FOLDER SLOTS
    stats_peer.py stats SET OUT

The statistics are those of ASCIIStats: DATA and FLAG are read in pieces, averaged over the channels
without flagged samples, and each baseline and correlation gets mean, median and deviation of
amplitude, phase, real and imaginary part over time. This is what numpy does best: whole columns, no
query for each baseline. The seconds of the second are printed.
"""
import os
import sys
import time

import numpy as np

STATIONS, CHANNELS, CORRELATIONS = 48, 64, 4


def make(folder, slots):
    """A set of `slots` times 2.4 MB of DATA, with flags."""
    import casacore.tables as ct
    path = f"{folder}/stats-{slots}.MS"
    if os.path.isdir(path):
        return path
    pairs = np.array([(i, j) for i in range(STATIONS) for j in range(i, STATIONS)], dtype=np.int32)
    count = len(pairs)
    shape = [CHANNELS, CORRELATIONS]
    tile = lambda name, columns: {"*1": {"TYPE": "TiledColumnStMan", "NAME": name, "SEQNR": 1, "COLUMNS": columns,
                                         "SPEC": dict(DEFAULTTILESHAPE=np.array([CORRELATIONS, CHANNELS, 128], dtype=np.int32))}}
    ms = ct.default_ms(path + ".new")
    for name, kind, zero in (("DATA", "complex", 0j), ("FLAG", "boolean", False)):
        if name in ms.colnames():
            ms.removecols(name)
        ms.addcols(ct.maketabdesc([ct.makearrcoldesc(name, zero, shape=shape, valuetype=kind, options=4,
                                                     datamanagertype="TiledColumnStMan", datamanagergroup=name)]), tile(name, [name]))
    ms.addrows(count * slots)
    ms.putcol("ANTENNA1", np.tile(pairs[:, 0], slots))
    ms.putcol("ANTENNA2", np.tile(pairs[:, 1], slots))
    ms.putcol("TIME", np.repeat(4871282393.0 + 2.0 * np.arange(slots), count))
    rng = np.random.default_rng(7)
    for slot in range(slots):
        noise = rng.standard_normal((count, *shape, 2), dtype=np.float32)
        ms.putcol("DATA", noise.view(np.complex64)[..., 0], slot * count, count)
        ms.putcol("FLAG", rng.random((count, *shape), dtype=np.float32) < 0.05, slot * count, count)
    with ct.table(path + ".new/ANTENNA", readonly=False, ack=False) as antennas:
        antennas.addrows(STATIONS)
        antennas.putcol("NAME", [f"CS{k:03d}HBA0" for k in range(STATIONS)])
    with ct.table(path + ".new/SPECTRAL_WINDOW", readonly=False, ack=False) as windows:
        windows.addrows(1)
        windows.putcell("CHAN_FREQ", 0, 134e6 + 3e3 * np.arange(CHANNELS))
        windows.putcell("CHAN_WIDTH", 0, np.full(CHANNELS, 3e3))
        windows.putcell("REF_FREQUENCY", 0, 134e6)
        windows.putcell("NUM_CHAN", 0, CHANNELS)
    with ct.table(path + ".new/POLARIZATION", readonly=False, ack=False) as kinds:
        kinds.addrows(1)
        kinds.putcell("CORR_TYPE", 0, np.array([9, 10, 11, 12], dtype=np.int32))
        kinds.putcell("NUM_CORR", 0, CORRELATIONS)
    with ct.table(path + ".new/DATA_DESCRIPTION", readonly=False, ack=False) as descriptions:
        descriptions.addrows(1)
    ms.close()
    os.rename(path + ".new", path)
    return path


def stats(path, out):
    import casacore.tables as ct
    start = time.perf_counter()
    ms = ct.table(path, ack=False)
    rows, step = ms.nrows(), 1 << 14
    mean = np.empty((rows, CORRELATIONS), dtype=np.complex128)
    good = np.empty((rows, CORRELATIONS), dtype=np.int64)
    for at in range(0, rows, step):
        data, flag = ms.getcol("DATA", at, step), ms.getcol("FLAG", at, step)
        keep = ~flag & np.isfinite(data)
        good[at:at + step] = keep.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean[at:at + step] = np.where(keep, data, 0).sum(axis=1, dtype=np.complex128) / good[at:at + step]
    one, two = ms.getcol("ANTENNA1"), ms.getcol("ANTENNA2")
    order = np.lexsort((two, one))
    key = one[order].astype(np.int64) * STATIONS + two[order]
    lines = []
    for part in np.split(order, np.flatnonzero(np.diff(key)) + 1):
        if one[part[0]] == two[part[0]]:
            continue
        for correlation in range(CORRELATIONS):
            values = mean[part, correlation]
            values = values[~np.isnan(values)]
            cells = []
            for number in (abs(values), np.angle(values), values.real, values.imag):
                cells += [number.mean(), np.median(number), number.std()]
            lines.append(f"{one[part[0]]} {two[part[0]]} {correlation} {good[part, correlation].sum()} "
                         + " ".join(f"{cell:.4e}" for cell in cells))
    with open(out, "w") as file:
        file.write("\n".join(lines) + "\n")
    print(time.perf_counter() - start)


if sys.argv[1] == "make":
    print(make(sys.argv[2], int(sys.argv[3])))
else:
    stats(sys.argv[2], sys.argv[3])
