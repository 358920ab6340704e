"""Run in the benchmark's own Python: collects the facts of measurement sets with a peer.

    facts_peer.py info LIBRARY SET TIMES
    facts_peer.py scan LIBRARY FOLDER TIMES [cold]
    facts_peer.py scan-info LIBRARY FOLDER TIMES [cold]
    facts_peer.py make FILE                       a set of 524 496 rows

LIBRARY is casacore, casacure or arcae; modes and the line that is printed are
those of the example set_facts of builtins/ms. The facts are those that a user
wants of every set; ledama's are these and some more.
"""
import json
import os
import sys
import time

import numpy as np


def library(name):
    """Opens a table; all three then have the same few functions."""
    if name == "arcae":
        import arcae

        class Table:
            def __init__(self, path):
                # A sub-table is opened through its set.
                parent, sub = os.path.split(path)
                is_set = os.path.exists(os.path.join(parent, "table.dat"))
                self.table = arcae.table(f"{parent}::{sub}" if is_set else path)
                self.colnames, self.nrows, self.close = self.table.columns, self.table.nrow, self.table.close

            def getcell(self, column, row):
                return self.table.getcol(column, (np.array([row]),))[0]

            def getcol(self, column):
                return self.table.getcol(column)
        return Table
    if name == "casacure":
        import casacure
        tables = casacure.tables
    else:
        import casacore.tables as tables
    return lambda path: tables.table(path, readonly=True, ack=False)


def facts(opened, path):
    """The facts of a set: main table and five sub-tables, each opened and closed."""
    t = opened(path)
    rows = t.nrows()
    found = {"columns": t.colnames(), "nrow": rows}
    if rows:
        found["time_first"], found["time_last"] = t.getcell("TIME", 0), t.getcell("TIME", rows - 1)
        found["interval"] = t.getcell("INTERVAL", 0)
    s = opened(path + "/OBSERVATION")
    found["project"], found["telescope"] = s.getcell("PROJECT", 0), s.getcell("TELESCOPE_NAME", 0)
    if "LOFAR_TARGET" in s.colnames():
        found["target"], found["antenna_set"] = s.getcell("LOFAR_TARGET", 0), s.getcell("LOFAR_ANTENNA_SET", 0)
    s.close()
    s = opened(path + "/ANTENNA")
    found["stations"], found["positions"] = s.getcol("NAME"), s.getcol("POSITION")
    s.close()
    s = opened(path + "/SPECTRAL_WINDOW")
    found["channels"], found["hz"], found["bandwidth"] = len(s.getcell("CHAN_FREQ", 0)), s.getcell("REF_FREQUENCY", 0), s.getcell("TOTAL_BANDWIDTH", 0)
    s.close()
    s = opened(path + "/FIELD")
    found["direction"] = s.getcell("PHASE_DIR", 0)
    s.close()
    s = opened(path + "/HISTORY")
    found["applications"] = s.getcol("APPLICATION") if s.nrows() else []
    s.close()
    t.close()
    return found


def frequency(opened, path):
    t = opened(path + "/SPECTRAL_WINDOW")
    hz = t.getcell("REF_FREQUENCY", 0)
    t.close()
    return hz


def sets(folder):
    """The measurement sets below a folder, by their names."""
    found = []
    for parent, folders, _ in os.walk(folder):
        inner = [name for name in folders if ".MS" in name and "_SB" in name]
        found += [os.path.join(parent, name) for name in inner]
        folders[:] = [name for name in folders if name not in inner]
    return sorted(found)


def plain(value):
    """What JSON can hold, flat as ledama's answer."""
    if isinstance(value, dict) and "array" in value:
        return list(value["array"])
    return np.asarray(value).tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def main(mode, name, path, times, cold=False):
    opened = library(name)
    if mode == "info":
        def read():
            return facts(opened, path)
    elif mode == "scan":
        def read():
            return [[p, float(frequency(opened, p)) / 1e6] for p in sets(path)]
    else:
        def read():
            return [[p, float(facts(opened, p)["hz"]) / 1e6] for p in sets(path)]
    if cold:
        # The library itself must be in memory: only the sets are cold.
        for p in sets(path)[:1]:
            facts(opened, p)
    else:
        for _ in range(5 if mode == "info" else 1):
            read()
    seconds, cpu = [], 0
    for _ in range(times):
        if cold:
            os.sync()
            with open("/proc/sys/vm/drop_caches", "w") as f:
                f.write("3")
        began, start = time.process_time(), time.perf_counter()
        found = read()
        seconds.append(time.perf_counter() - start)
        cpu += time.process_time() - began
    if mode == "info":
        found = {key: plain(value) for key, value in found.items()}
    print(json.dumps({"seconds": seconds, "cpu": cpu, "found": found}))


def make(path):
    """A set of many rows as an array of 48 stations writes it, with the tables of the standard."""
    import casacore.tables as tables
    stations, times, channels = 48, 446, 64
    pairs = np.array([(i, j) for i in range(stations) for j in range(i, stations)], dtype=np.int32)
    desc = tables.required_ms_desc("MAIN")
    for column in ("ANTENNA1", "ANTENNA2"):
        desc[column]["dataManagerType"] = "StandardStMan"
    for column, told in desc.items():
        if isinstance(told, dict) and "valueType" in told and column not in ("ANTENNA1", "ANTENNA2", "UVW", "FLAG", "FLAG_CATEGORY"):
            told["dataManagerType"], told["dataManagerGroup"] = "IncrementalStMan", "ISM"
    t = tables.default_ms(path, desc)
    t.addrows(len(pairs) * times)
    t.putcol("ANTENNA1", np.tile(pairs[:, 0], times))
    t.putcol("ANTENNA2", np.tile(pairs[:, 1], times))
    slots = np.repeat(4871282393.0 + np.arange(times) * 2.0, len(pairs))
    t.putcol("TIME", slots)
    t.putcol("TIME_CENTROID", slots)
    t.putcol("INTERVAL", np.full(len(slots), 2.0))
    t.putcol("EXPOSURE", np.full(len(slots), 2.0))

    def sub(name, rows, **cells):
        s = tables.table(f"{path}/{name}", readonly=False, ack=False)
        s.addrows(rows)
        for column, value in cells.items():
            for row in range(rows):
                s.putcell(column, row, value(row) if callable(value) else value)
        s.close()
    direction = np.array([[0.42, 0.57]])
    sub("ANTENNA", stations, NAME=lambda k: f"CS{k // 2:03}HBA{k % 2}", POSITION=lambda k: np.array([3826896.0 + k, 460979.0, 5064658.0]))
    sub("SPECTRAL_WINDOW", 1, CHAN_FREQ=134.3e6 + np.arange(channels) * 3051.0, CHAN_WIDTH=np.full(channels, 3051.0), NUM_CHAN=channels,
        REF_FREQUENCY=134.4e6, TOTAL_BANDWIDTH=195312.5)
    sub("FIELD", 1, PHASE_DIR=direction, DELAY_DIR=direction, REFERENCE_DIR=direction)
    sub("OBSERVATION", 1, PROJECT="BENCH", TELESCOPE_NAME="LOFAR")
    sub("POLARIZATION", 1)
    sub("DATA_DESCRIPTION", 1)
    t.close()


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2])
    else:
        main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5:] == ["cold"])
