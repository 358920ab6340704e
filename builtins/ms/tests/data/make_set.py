#!/usr/bin/env python3
"""Makes the small measurement set of this folder.

    python3 make_set.py [OUT]

Needs python-casacore (3.5 or later); the result, small.MS.tar.gz, is committed, so that
the tests need no casacore. Its values are simple functions of their place,
which the tests compute again.

Three stations, 6 baselines (autocorrelations among them), 3 times: 18 rows of
4 channels and 2 correlations. DATA and FLAG are in tiles, the others in the
standard and the incremental manager. HISTORY has one row.
"""
import gzip
import io
import os
import sys
import tarfile
import tempfile

import numpy as np
import casacore.tables as tables

STATIONS = ["CS001HBA0", "RS106HBA", "DE601HBA"]
TIMES = 4871282398.0139 + 20.0278 * np.arange(3)
CHANNELS, CORRELATIONS = 4, 2
PAIRS = [(a, b) for a in range(3) for b in range(a, 3)]


def data(row):
    """DATA of a row."""
    place = np.arange(CHANNELS * CORRELATIONS).reshape(CHANNELS, CORRELATIONS)
    return (row + 1 + 1j * place).astype(np.complex64)


def flags(row):
    """FLAG of a row: each third value, counted over all rows."""
    place = np.arange(CHANNELS * CORRELATIONS).reshape(CHANNELS, CORRELATIONS)
    return (row * CHANNELS * CORRELATIONS + place) % 3 == 0


def main_table(path):
    shape, tile = [CHANNELS, CORRELATIONS], [CORRELATIONS, CHANNELS, 8]
    cell = lambda name, value, manager: tables.makearrcoldesc(
        name, value, ndim=2, shape=shape, options=4, datamanagertype="TiledColumnStMan", datamanagergroup=manager)
    desc = tables.required_ms_desc("MAIN")
    del desc["FLAG"]
    extra = tables.maketabdesc([cell("DATA", 0j, "TiledData"), cell("FLAG", False, "TiledFlag")])
    desc.update(extra)
    for name in ("DATA", "FLAG"):
        desc[name]["valueType"] = "complex" if name == "DATA" else "boolean"
    desc["DATA"]["comment"] = "The data column"
    desc["DATA"]["keywords"] = {"UNIT": "Jy"}
    rare = ["DATA_DESC_ID", "EXPOSURE", "INTERVAL", "TIME", "FIELD_ID", "WEIGHT", "SIGMA"]
    info = {}
    for number, (name, kind, columns) in enumerate([
            ("TiledData", "TiledColumnStMan", ["DATA"]), ("TiledFlag", "TiledColumnStMan", ["FLAG"]),
            ("Rare", "IncrementalStMan", rare)]):
        spec = {"BUCKETSIZE": 2048} if kind.startswith("Incremental") else {"DEFAULTTILESHAPE": tile}
        info[f"*{number + 1}"] = {"NAME": name, "TYPE": kind, "COLUMNS": columns, "SPEC": spec}
    return tables.default_ms(path, desc, info)


def make(path):
    t = main_table(path)
    rows = [(time, pair) for time in TIMES for pair in PAIRS]
    t.addrows(len(rows))
    for row, (time, (first, second)) in enumerate(rows):
        for name, value in {"TIME": time, "TIME_CENTROID": time, "ANTENNA1": first, "ANTENNA2": second,
                            "INTERVAL": 20.0278, "EXPOSURE": 20.0278, "DATA_DESC_ID": 0, "FLAG_ROW": row % 5 == 0,
                            "WEIGHT": np.ones(CORRELATIONS, np.float32), "SIGMA": np.ones(CORRELATIONS, np.float32),
                            "UVW": np.array([row, 2.0 * row, 3.0 * row]), "DATA": data(row), "FLAG": flags(row)}.items():
            t.putcell(name, row, value)
    sub = lambda name: tables.table(f"{path}/{name}", ack=False, readonly=False)
    antenna = sub("ANTENNA")
    antenna.addrows(len(STATIONS))
    for row, name in enumerate(STATIONS):
        antenna.putcell("NAME", row, name)
        antenna.putcell("STATION", row, "LOFAR")
        antenna.putcell("MOUNT", row, "X-Y" if row else "FIXED")
        antenna.putcell("POSITION", row, 3826577.0 + np.arange(3) + row)
        antenna.putcell("DISH_DIAMETER", row, 31.0)
    antenna.close()
    window = sub("SPECTRAL_WINDOW")
    window.addrows(1)
    centres = 134324645.99609375 + 48828.125 * np.arange(CHANNELS)
    for name, value in {"NUM_CHAN": CHANNELS, "NAME": "SB-31", "REF_FREQUENCY": 134.4e6, "CHAN_FREQ": centres,
                        "CHAN_WIDTH": np.full(CHANNELS, 48828.125), "TOTAL_BANDWIDTH": 195312.5}.items():
        window.putcell(name, 0, value)
    window.close()
    polarization = sub("POLARIZATION")
    polarization.addrows(1)
    polarization.putcell("NUM_CORR", 0, CORRELATIONS)
    polarization.putcell("CORR_TYPE", 0, np.array([9, 12], np.int32))
    polarization.close()
    sub_desc = sub("DATA_DESCRIPTION")
    sub_desc.addrows(1)
    sub_desc.close()
    history = sub("HISTORY")
    history.addrows(1)
    for name, value in {"TIME": TIMES[0], "APPLICATION": "NDPPP", "MESSAGE": "parameters", "PRIORITY": "NORMAL",
                        "APP_PARAMS": ["steps=[avg]", "avg.type=average"], "CLI_COMMAND": ["NDPPP"]}.items():
        history.putcell(name, 0, value)
    history.close()
    t.close()


def pack(folder, out):
    """The same bytes each time."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for root, dirs, files in sorted(os.walk(folder)):
            dirs.sort()
            for name in sorted(files):
                whole = os.path.join(root, name)
                info = tarfile.TarInfo(os.path.relpath(whole, folder))
                info.size, info.mtime, info.mode = os.path.getsize(whole), 1357000000, 0o644
                with open(whole, "rb") as f:
                    tar.addfile(info, f)
    with open(out, "wb") as f, gzip.GzipFile("", "wb", 9, f, mtime=0) as packed:
        packed.write(raw.getvalue())


if __name__ == "__main__":
    out = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "small.MS.tar.gz")
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(f"{folder}/L12345")
        make(f"{folder}/L12345/L12345_SB000_uv.MS")
        pack(folder, out)
