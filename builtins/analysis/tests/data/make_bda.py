#!/usr/bin/env python3
"""Writes bda.json: statistics of tNDPPP-bda.MS, averaged by baseline, by casacore and numpy, in 64 bits.

usage: make_bda.py FOLDER_OF_tNDPPP-bda.MS
"""
import json, pathlib, sys
import numpy as np
from casacore.tables import table

t = table(sys.argv[1] + "/tNDPPP-bda.MS", ack=False)
a1, a2, window = t.getcol("ANTENNA1"), t.getcol("ANTENNA2"), t.getcol("DATA_DESC_ID")
rows, amplitudes = [], [[] for _ in range(4)]
for i in range(8):
    for j in range(i + 1, 8):
        for spw in range(4):
            # Cells of different windows have different shapes: one by one.
            cells = [r for r in np.flatnonzero((a1 == i) & (a2 == j) & (window == spw))]
            for p in range(4):
                means, num, numflag = [], 0, 0
                for r in cells:
                    v = t.getcell("DATA", r)[:, p].astype(np.complex128)
                    good = ~t.getcell("FLAG", r)[:, p] & np.isfinite(v)
                    num, numflag = num + int(good.sum()), numflag + int((~good).sum())
                    if good.any():
                        means.append(v[good].mean())
                if not cells:
                    continue
                amp, phase = np.abs(means), np.angle(means)
                amplitudes[p] += list(amp)
                number = lambda x, f: float(f(x)) if len(x) else None
                rows.append({"ant1": i, "ant2": j, "spw": spw, "pol": ["XX", "XY", "YX", "YY"][p], "num": num, "numflag": numflag,
                             "amp_mean": number(amp, np.mean), "amp_std": number(amp, np.std), "phase_median": number(phase, np.median)})
pooled = [float(np.mean(all)) for all in amplitudes]
text = json.dumps({"rows": rows, "amp_mean": pooled}, separators=(",", ":")).replace('{"ant1"', '\n{"ant1"') + "\n"
pathlib.Path(__file__).with_name("bda.json").write_text(text)
