#!/usr/bin/env python3
"""Writes math.json: what numpy says about values of which some are missing.

Definitions of circular statistics are those of scipy, written out.
NaN is written as null.
"""
import json, pathlib
import numpy as np

rng = np.random.default_rng(20130402)
n = 240
x = rng.normal(3.0, 2.0, n)
x[rng.random(n) < 0.2] = np.nan
walk = np.cumsum(rng.normal(0.2, 0.9, n))
phase = np.angle(np.exp(1j * walk))
phase[rng.random(n) < 0.15] = np.nan
z = rng.normal(1.0, 1.0, n) + 1j * rng.normal(-0.5, 1.0, n)
z[rng.random(n) < 0.3] = np.nan
z[48:60] = np.nan
near_pi = np.angle(np.exp(1j * (np.pi + rng.normal(0, 0.4, 101))))


def unwrapped(p):
    out = np.full(len(p), np.nan)
    good = ~np.isnan(p)
    out[good] = np.unwrap(p[good])
    return out


def restarted(p, start, end):
    q = p.copy()
    q[start:end] = np.nan
    return q, np.concatenate([unwrapped(q[:end]), unwrapped(q[end:])])


def bins(v, factor):
    parts = [v[i:i + factor] for i in range(0, len(v), factor)]
    return np.array([np.ma.masked_invalid(p).mean() if (~np.isnan(p)).any() else np.nan for p in parts])


def circ(a):
    r = np.exp(1j * a[~np.isnan(a)]).mean()
    return [float(np.angle(r)), float(np.sqrt(-2 * np.log(abs(r))))]


def plain(v):
    v = np.asarray(v)
    if np.iscomplexobj(v):
        return [None if np.isnan(c) else [float(c.real), float(c.imag)] for c in v]
    return [None if np.isnan(c) else float(c) for c in v]


gone, again = restarted(phase, 100, 112)
median = np.nanmedian(x)
data = {
    "x": plain(x),
    "x_stats": {
        "count": int((~np.isnan(x)).sum()), "mean": np.nanmean(x), "median": median, "std": np.nanstd(x),
        "min": np.nanmin(x), "max": np.nanmax(x), "rms": float(np.sqrt(np.nanmean(x ** 2))),
        "mad": np.nanmedian(abs(x - median)),
    },
    "percents": [0, 1, 12.5, 50, 90, 99.9, 100],
    "x_percentiles": plain(np.nanpercentile(x, [0, 1, 12.5, 50, 90, 99.9, 100])),
    "x_bins_7": plain(bins(x, 7)),
    "phase": plain(phase), "unwrapped": plain(unwrapped(phase)),
    "phase_with_gap": plain(gone), "unwrapped_with_gap": plain(again),
    "z": plain(z), "z_mean": plain([np.ma.masked_invalid(z).mean()]), "z_bins_12": plain(bins(z, 12)),
    "z_bins_7": plain(bins(z, 7)),
    "near_pi": plain(near_pi), "near_pi_circular": circ(near_pi), "phase_circular": circ(phase),
}
path = pathlib.Path(__file__).with_name("math.json")
path.write_text(json.dumps(data, indent=0).replace("\n", "\n") + "\n")
