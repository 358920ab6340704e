#!/usr/bin/env python3
"""Writes stats.json: statistics of tNDPPP-generic.MS by casacore and numpy, in 64 bits.

usage: make_stats.py FOLDER_OF_tNDPPP-generic.MS
"""
import json, pathlib, sys
import numpy as np
from casacore.tables import table

t = table(sys.argv[1] + "/tNDPPP-generic.MS", ack=False)
data = t.getcol("DATA").astype(np.complex128)
flag = t.getcol("FLAG") | ~np.isfinite(data)
weight = t.getcol("WEIGHT_SPECTRUM").astype(float)
a1, a2, time = t.getcol("ANTENNA1"), t.getcol("ANTENNA2"), t.getcol("TIME")
pols = ["XX", "XY", "YX", "YY"]


def number(v):
    return None if np.ma.is_masked(v) or np.isnan(v) else float(v)


def coordinates(v, times):
    phase = np.ma.masked_array(np.angle(v.filled(0)), v.mask)
    rate = []
    for k in range(len(v) - 1):
        if not v.mask[k] and not v.mask[k + 1]:
            d = (phase[k + 1] - phase[k] + np.pi) % (2 * np.pi) - np.pi
            rate.append(d / (times[k + 1] - times[k]))
    return {"amp": abs(v).compressed(), "phase": phase.compressed(), "real": v.real.compressed(),
            "imag": v.imag.compressed(), "phaserate": np.array(rate)}


def stats(values):
    out = {}
    for name, x in values.items():
        if len(x) == 0:
            out.update({f"{name}_{s}": None for s in ("mean", "median", "std", "min", "max", "mad", "rms", "count")})
            out[f"{name}_count"] = 0.0
            if name == "phase":
                out["phase_circmean"] = out["phase_circstd"] = None
            continue
        m = np.median(x)
        out.update({f"{name}_mean": number(x.mean()), f"{name}_median": number(m), f"{name}_std": number(x.std()),
                    f"{name}_min": number(x.min()), f"{name}_max": number(x.max()),
                    f"{name}_mad": number(np.median(abs(x - m))),
                    f"{name}_rms": number(np.sqrt((x ** 2).mean())), f"{name}_count": float(len(x))})
        if name == "phase":
            r = np.exp(1j * x).mean()
            out["phase_circmean"] = number(np.angle(r))
            out["phase_circstd"] = number(np.sqrt(max(0.0, -2 * np.log(min(1.0, abs(r))))))
    return out


def row(i, j, pol, masked, times, w=None):
    v = masked.mean(axis=1) if w is None else np.ma.average(masked, axis=1, weights=w)
    v = np.ma.masked_array(np.ma.filled(v, 0), np.ma.getmaskarray(v))
    return {"ant1": int(i), "ant2": int(j), "pol": pol, "num": int((~masked.mask).sum()),
            "numflag": int(masked.mask.sum()), **stats(coordinates(v, times))}


out = {"default": [], "weighted": [], "stokes": [], "cut": []}
for i in range(8):
    for j in range(i + 1, 8):
        rows = np.flatnonzero((a1 == i) & (a2 == j))
        if len(rows) == 0:
            continue
        d, f, w, tt = data[rows], flag[rows], weight[rows], time[rows]
        for p in range(4):
            m = np.ma.masked_array(d[:, :, p], f[:, :, p])
            out["default"].append(row(i, j, pols[p], m, tt))
            out["weighted"].append(row(i, j, pols[p], m, tt, w[:, :, p]))
            out["cut"].append(row(i, j, pols[p], m[2:5, 1:4], tt[2:5]))
        xx, xy, yx, yy = (d[:, :, p] for p in range(4))
        fxx, fxy, fyx, fyy = (f[:, :, p] for p in range(4))
        for name, v, g in (("I", (xx + yy) / 2, fxx | fyy), ("Q", (xx - yy) / 2, fxx | fyy),
                           ("U", (xy + yx) / 2, fxy | fyx), ("V", (xy - yx) / 2j, fxy | fyx)):
            out["stokes"].append(row(i, j, name, np.ma.masked_array(v, g), tt))
# Everything of the cross-correlations together.
pooled = {p: {} for p in pols}
for p, name in enumerate(pols):
    every = []
    for i in range(8):
        for j in range(i + 1, 8):
            rows = np.flatnonzero((a1 == i) & (a2 == j))
            v = np.ma.masked_array(data[rows][:, :, p], flag[rows][:, :, p]).mean(axis=1)
            every.append(np.ma.masked_array(np.ma.filled(v, 0), np.ma.getmaskarray(v)))
    v = np.ma.concatenate(every)
    amp = abs(v).compressed()
    pooled[name] = {"amp_mean": float(amp.mean()), "amp_median": float(np.median(amp)), "amp_std": float(amp.std())}
out["pooled"] = pooled
path = pathlib.Path(__file__).with_name("stats.json")
path.write_text(json.dumps(out, separators=(",", ":")).replace("{\"ant1\"", "\n{\"ant1\"") + "\n")
