#!/usr/bin/env python3
"""Makes compressed.tar.gz and digests.json with python-casacore 3.8 or later.

    python3 make.py

Small tables with DATA behind SiscoStMan, for every prediction level, with one
shape and with many, smooth and wild values; and with StokesIStMan, UvwStMan
and AntennaPairStMan. A digest is the SHA-256 of the bytes of all cells as
casacore was given them, one after the other, little-endian.
"""
import hashlib
import json
import os
import tarfile
import tempfile

import casacore.tables as ct
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
STATIONS, SLOTS, CHANNELS = 3, 8, 7
PAIRS = [(i, j) for i in range(STATIONS) for j in range(i, STATIONS)]
ROWS = len(PAIRS) * SLOTS
rng = np.random.default_rng(38)


def base(path, pairs=PAIRS, antennas="StandardStMan"):
    """A table with the columns that tell the baseline."""
    names = ("ANTENNA1", "ANTENNA2", "FIELD_ID", "DATA_DESC_ID")
    columns = [ct.makescacoldesc(n, 0, valuetype="int", datamanagertype=antennas if n[0] == "A" else "StandardStMan",
                                 datamanagergroup="Pairs" if n[0] == "A" else "Rest") for n in names]
    rows = len(pairs) * SLOTS
    table = ct.table(path, ct.maketabdesc(columns), nrow=rows, ack=False)
    for slot in range(SLOTS):
        for k, (one, two) in enumerate(pairs):
            table.putcell("ANTENNA1", slot * len(pairs) + k, one)
            table.putcell("ANTENNA2", slot * len(pairs) + k, two)
    table.putcol("DATA_DESC_ID", np.array([0 if i == j else 1 + j % 2 for i, j in pairs] * SLOTS))
    table.putcol("FIELD_ID", np.repeat(np.arange(SLOTS) // 6, len(pairs)))
    return table


def values(kind, slot, channels):
    shape = (channels, 4, 2)
    if kind == "smooth":
        turn = 0.1 * slot + 0.3 * np.arange(channels)[:, None, None] + np.arange(4)[None, :, None]
        x = (3 + np.sin(turn) * np.ones(shape)).astype("f4")
    else:
        x = (rng.normal(size=shape) * 2.0 ** rng.integers(-9, 9, size=shape)).astype("f4")
        for share, special in ((0.02, 0), (0.02, np.nan), (0.01, -0.0), (0.01, np.inf), (0.01, 1e-42)):
            x[rng.random(shape) < share] = special
    return np.ascontiguousarray(x).view(np.complex64)[..., 0]


def sisco(folder, name, kind, various, **spec):
    table = base(f"{folder}/{name}")
    how = dict(valuetype="complex", datamanagertype="SiscoStMan", datamanagergroup="Sisco")
    shape = dict(ndim=2) if various else dict(shape=[CHANNELS, 4], options=5)
    manager = {"TYPE": "SiscoStMan", "NAME": "Sisco", "SEQNR": 9, "COLUMNS": ["DATA"], "SPEC": dict(deflate_level=5, **spec)}
    table.addcols(ct.maketabdesc([ct.makearrcoldesc("DATA", 0j, **shape, **how)]), {"*1": manager})
    digest = hashlib.sha256()
    for row in range(ROWS):
        one, two = PAIRS[row % len(PAIRS)]
        # Baselines of different length have different channels, and some rows are never written.
        channels = [4, 16, 8][0 if one == two else 1 + two % 2] if various else CHANNELS
        if various and row % 11 == 5:
            continue
        x = values(kind, row // len(PAIRS), channels)
        if spec.get("diagonal") or spec.get("stokes_i"):
            x[:, 1:3] = 0
        if spec.get("stokes_i"):
            x[:, 3] = x[:, 0]
        table.putcell("DATA", row, x)
        digest.update(x.tobytes())
    table.close()
    return digest.hexdigest()


def metadata(folder, name, pairs):
    """UVW and the antennas, and values and flags behind StokesIStMan."""
    table = base(f"{folder}/{name}", pairs, "AntennaPairStMan")
    rows = len(pairs) * SLOTS
    stokes = dict(datamanagertype="StokesIStMan", datamanagergroup="Stokes", options=5)
    columns = [
        ct.makearrcoldesc("DATA", 0j, shape=[CHANNELS, 4], valuetype="complex", **stokes),
        ct.makearrcoldesc("WEIGHT_SPECTRUM", 0.0, shape=[CHANNELS, 4], valuetype="float", **stokes),
    ]
    manager = {"TYPE": "StokesIStMan", "NAME": "Stokes", "SEQNR": 9, "COLUMNS": [c["name"] for c in columns], "SPEC": {}}
    table.addcols(ct.maketabdesc(columns), {"*1": manager})
    # Flags need a file of their own: casacore 3.8 loses those that share one with numbers.
    stokes["datamanagergroup"] = manager["NAME"] = "Flags"
    flag = ct.makearrcoldesc("FLAG", False, shape=[CHANNELS, 4], valuetype="boolean", **stokes)
    table.addcols(ct.maketabdesc([flag]), {"*1": dict(manager, COLUMNS=["FLAG"])})
    uvw = ct.makearrcoldesc("UVW", 0.0, shape=[3], valuetype="double", datamanagertype="UvwStMan", datamanagergroup="Uvw", options=5)
    table.addcols(ct.maketabdesc([uvw]), {"*1": {"TYPE": "UvwStMan", "NAME": "Uvw", "SEQNR": 10, "COLUMNS": ["UVW"], "SPEC": {}}})
    for row in range(rows):
        slot, (one, two) = row // len(pairs), pairs[row % len(pairs)]
        place = lambda k: np.array([10.0 * k + slot, k * k - 0.1 * slot, 3.0 - k])
        table.putcell("UVW", row, place(two) - place(one))
        x = values("smooth", slot, CHANNELS)
        x[:, 1:3], x[:, 3] = 0, x[:, 0]
        table.putcell("DATA", row, x)
        table.putcell("WEIGHT_SPECTRUM", row, x.real.astype("f4"))
        table.putcell("FLAG", row, np.repeat(rng.random((CHANNELS, 1)) < 0.3, 4, axis=1))
    table.close()
    table = ct.table(f"{folder}/{name}", ack=False)
    digests = {}
    for column in ("ANTENNA1", "ANTENNA2", "UVW", "DATA", "FLAG", "WEIGHT_SPECTRUM"):
        x = np.ascontiguousarray(table.getcol(column))
        digests[column] = hashlib.sha256((x.astype("i4") if column[0] == "A" else x).tobytes()).hexdigest()
    table.close()
    return digests


def main():
    digests = {}
    with tempfile.TemporaryDirectory() as folder:
        for level in (-1, 0, 1, 2, 3, 10, 11, 12, 21):
            for kind in ("smooth", "wild"):
                name = f"{kind}-{level}.tab"
                digests[name] = {"DATA": sisco(folder, name, kind, False, predict_level=level)}
            name = f"various-{level}.tab"
            digests[name] = {"DATA": sisco(folder, name, "wild", True, predict_level=level)}
        for mode in ("diagonal", "stokes_i"):
            digests[f"{mode}.tab"] = {"DATA": sisco(folder, f"{mode}.tab", "smooth", False, predict_level=2, **{mode: True})}
        digests["metadata.tab"] = metadata(folder, "metadata.tab", PAIRS)
        # Ordered by the second antenna, without autocorrelations, and without antenna 1.
        digests["second.tab"] = metadata(folder, "second.tab", [(i, j) for j in (0, 2, 3) for i in (0, 2) if i < j])
        with tarfile.open(f"{HERE}/compressed.tar.gz", "w:gz") as archive:
            for name in sorted(os.listdir(folder)):
                archive.add(f"{folder}/{name}", name, filter=plain)
    with open(f"{HERE}/digests.json", "w") as f:
        json.dump(digests, f, indent=1, sort_keys=True)
        f.write("\n")


def plain(member):
    """Without owner and time."""
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    main()
