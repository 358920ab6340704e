#!/usr/bin/env python3
"""Writes diagnostics.json: what the plotters must show of two sets of the data pack.

    python make_diagnostics.py FOLDER_WITH_UNPACKED_ARCHIVES > diagnostics.json

Reads with python-casacore, computes with numpy. FOLDER holds aoq-collect/ and dp3-gains/.
"""
import json
import sys

import numpy as np
from casacore.measures import measures
from casacore.quanta import quantity
from casacore.tables import table

UNIX = 40587 * 86400.0
NAME = "L114220_SAP000_SB031_uv.MS"


def statistics(path, name, *axes):
    """Rows of a table of statistics by kind and place."""
    kinds = table(path + "/QUALITY_KIND_NAME", ack=False)
    names = dict(zip(kinds.getcol("KIND"), kinds.getcol("NAME")))
    rows = table(f"{path}/{name}", ack=False)
    values = rows.getcol("VALUE")
    places = list(zip(*[rows.getcol(axis) for axis in axes]))
    out = {}
    for kind, place, value in zip(rows.getcol("KIND"), places, values):
        out.setdefault(names[kind], {})[place] = value.astype(complex)
    return out


def deviation(total, squares, count):
    return np.sqrt((squares - total**2 / count) / count)


def of(kinds, places, corr):
    col = lambda kind: np.array([kinds[kind][place][corr] for place in places])
    count = col("Count").real
    rfi = col("RFICount").real
    total, squares = col("Sum"), col("SumP2")
    dev = deviation(total.real, squares.real, count)
    dcount, dtotal, dsquares = col("DCount").real, col("DSum"), col("DSumP2")
    ddev = deviation(dtotal.real, dsquares.real, dcount)
    with np.errstate(all="ignore"):
        found = {
            "Count": count,
            "RFIPercentage": 100 * rfi / (rfi + count),
            "Mean": total.real / count,
            "StandardDeviation": dev,
            "Variance": (squares.real - total.real**2 / count) / (count - 1),
            "DStandardDeviation": ddev,
            "SignalToNoise": abs(total.real / count) / ddev,
        }
    return {kind: [v if np.isfinite(v) else None for v in values.tolist()] for kind, values in found.items()}


def main(folder):
    path = f"{folder}/aoq-collect/{NAME}"
    out = {}
    time = statistics(path, "QUALITY_TIME_STATISTIC", "TIME")
    places = sorted(time["Count"])
    out["qts"] = {"unix": [p[0] - UNIX for p in places], "XX": of(time, places, 0), "YY": of(time, places, 3)}
    # Two times together: what was counted and summed is added first.
    pairs = {kind: {i: rows[places[2 * i]] + rows[places[2 * i + 1]] for i in range(len(places) // 2)} for kind, rows in time.items()}
    out["qts_pairs"] = {
        "unix": [(places[2 * i][0] + places[2 * i + 1][0]) / 2 - UNIX for i in range(len(places) // 2)],
        "XX": of(pairs, range(len(places) // 2), 0),
    }
    freq = statistics(path, "QUALITY_FREQUENCY_STATISTIC", "FREQUENCY")
    places = sorted(freq["Count"])
    out["qfs"] = {"mhz": [p[0] / 1e6 for p in places], "XX": of(freq, places, 0), "YY": of(freq, places, 3)}
    base = statistics(path, "QUALITY_BASELINE_STATISTIC", "ANTENNA1", "ANTENNA2")
    antennas = table(path + "/ANTENNA", ack=False).getcol("NAME")
    places = sorted(base["Count"])
    out["qbs"] = {"names": [f"{antennas[a]}-{antennas[b]}" for a, b in places], "XX": of(base, places, 0)}

    path = f"{folder}/dp3-gains/{NAME}"
    instrument = table(path + "/instrument", ack=False)
    names = table(path + "/instrument/NAMES", ack=False).getcol("NAME")
    found = {}
    for row in instrument:
        found.setdefault(names[row["NAMEID"]], []).append(row)
    stations = sorted({name.split(":")[-1] for name in found})
    gains = {}
    for station in stations:
        values = []
        for part in ("Real", "Imag"):
            rows = sorted(found[f"Gain:0:0:{part}:{station}"], key=lambda row: row["STARTY"])
            values.append(np.concatenate([np.atleast_2d(row["VALUES"]) for row in rows]))
            row = rows[0]
        mean = (values[0] + 1j * values[1]).mean(axis=1)
        known = lambda numbers: [n if np.isfinite(n) else None for n in numbers.tolist()]
        gains[station] = {"amp": known(np.abs(mean)), "phase": known(np.angle(mean))}
    rows = sorted(found[f"Gain:0:0:Real:{stations[0]}"], key=lambda row: row["STARTY"])
    unix = []
    for row in rows:
        slots = np.atleast_2d(row["VALUES"]).shape[0]
        step = (row["ENDY"] - row["STARTY"]) / slots
        unix += [row["STARTY"] + (k + 0.5) * step - UNIX for k in range(slots)]
    ra, dec = table(path + "/FIELD", ack=False).getcol("PHASE_DIR")[0][0]
    dm = measures()
    dm.do_frame(dm.observatory("LOFAR"))
    angles = []
    for moment in unix:
        dm.do_frame(dm.epoch("UTC", quantity(moment + UNIX, "s")))
        direction = dm.measure(dm.direction("J2000", quantity(ra, "rad"), quantity(dec, "rad")), "HADEC")
        angles.append(direction["m0"]["value"] / np.pi * 43200)
    out["gains"] = {"unix": unix, "hour_angle_s": angles, "stations": gains}
    json.dump(out, sys.stdout, indent=1)
    print()


main(sys.argv[1])
