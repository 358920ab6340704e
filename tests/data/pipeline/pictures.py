#!/usr/bin/env python3
"""What the pictures of a processed observation must show, by casacore, h5py and numpy alone.

    python pictures.py '{"quality": {"SB000": SET, …}, "calibrated": {"SB000": SET, …}, "set": SET}'

`quality` has tables of statistics, `calibrated` a column CORRECTED_DATA and solutions beside it;
`set` is one of these. Prints one JSON object.
"""
import json
import sys

import h5py
import numpy as np
from casacore.tables import table

UNIX = 40587 * 86400.0
CORRELATIONS = ["XX", "XY", "YX", "YY"]


def opened(*parts):
    return table("/".join(parts), ack=False)


def centre(path):
    return f"{opened(path, 'SPECTRAL_WINDOW').getcol('REF_FREQUENCY')[0] / 1e6:.3f}"


def statistics(path, name, *axes):
    """Accumulators of a table by kind and place."""
    kinds = opened(path, "QUALITY_KIND_NAME")
    names = dict(zip(kinds.getcol("KIND"), kinds.getcol("NAME")))
    rows = opened(path, name)
    places = zip(*[rows.getcol(axis) for axis in axes])
    out = {}
    for kind, place, value in zip(rows.getcol("KIND"), places, rows.getcol("VALUE")):
        out.setdefault(names[kind], {})[place] = value.astype(complex)
    return out


def flagged(kinds, place, corr):
    rfi, count = kinds["RFICount"][place][corr].real, kinds["Count"][place][corr].real
    return 100 * rfi / (rfi + count) if rfi + count else None


def deviation(kinds, place, corr):
    total, squares, count = (kinds[kind][place][corr].real for kind in ("Sum", "SumP2", "Count"))
    return np.sqrt((squares - total**2 / count) / count) if count else None


def series(sets, name, axis, value, scale):
    """By correlation and frequency of the sub-band: places and values."""
    out = {}
    for path in sets.values():
        kinds = statistics(path, name, axis)
        for corr in (0, 3):
            found = [(scale(place[0]), value(kinds, place, corr)) for place in sorted(kinds["Count"])]
            found = [(x, y) for x, y in found if y is not None and np.isfinite(y)]
            out[f"{CORRELATIONS[corr]}|{centre(path)}"] = found
    return out


def baselines(sets):
    """By baseline: one value for each sub-band, by frequency."""
    out = {}
    for path in sorted(sets.values(), key=lambda path: float(centre(path))):
        kinds = statistics(path, "QUALITY_BASELINE_STATISTIC", "ANTENNA1", "ANTENNA2")
        names = opened(path, "ANTENNA").getcol("NAME")
        for a, b in kinds["Count"]:
            value = deviation(kinds, (a, b), 0)
            value = None if value is None or not np.isfinite(value) else value
            out.setdefault(f"{names[a]}-{names[b]}", []).append(value)
    return {name: values for name, values in out.items() if any(value is not None for value in values)}


def gains(sets):
    """By station, sub-band and correlation: middles of the solutions, moduli and phases."""
    out = {}
    for path in sets.values():
        with h5py.File(path + ".h5") as file:
            tables = [file["sol000"][name] for name in ("amplitude000", "phase000")]
            parts = []
            for one in tables:
                axes = one["val"].attrs["AXES"].decode().split(",")
                order = [axes.index(axis) for axis in ("time", "freq", "ant", "pol")]
                good = np.transpose(one["weight"][:], order) > 0
                parts.append(np.where(good, np.transpose(one["val"][:], order), np.nan))
            times = tables[0]["time"][:]
            stations = [name.decode() for name in tables[0]["ant"][:]]
            polarizations = [name.decode() for name in tables[0]["pol"][:]]
        values = parts[0] * np.exp(1j * parts[1])
        for s, station in enumerate(stations):
            for p, polarization in enumerate(polarizations):
                found = []
                for t, time in enumerate(times):
                    samples = values[t, :, s, p]
                    samples = samples[np.isfinite(samples)]
                    if len(samples):
                        mean = samples.mean()
                        found.append((time - UNIX, abs(mean), np.angle(mean)))
                if found:
                    out[f"{station}|{centre(path)} {polarization}"] = found
    return out


def averaged(path):
    """By pair of stations: times, means over the channels that are not flagged."""
    rows = opened(path)
    data, flags = rows.getcol("CORRECTED_DATA"), rows.getcol("FLAG")
    masked = np.ma.masked_array(data.astype(complex), flags | ~np.isfinite(data)).mean(axis=1)
    out = {}
    for row, pair in enumerate(zip(rows.getcol("ANTENNA1"), rows.getcol("ANTENNA2"))):
        out.setdefault(pair, []).append((rows.getcell("TIME", row) - UNIX, masked[row]))
    return out, opened(path, "ANTENNA").getcol("NAME")


def summaries(sets):
    out = {}
    for name, path in sets.items():
        found, names = averaged(path)
        for (a, b), samples in found.items():
            if a == b:
                continue
            values = np.abs(np.ma.stack([value for _, value in samples]))
            for p, polarization in enumerate(CORRELATIONS):
                one = values[:, p].compressed()
                if len(one):
                    key = f"{name}|{names[a]}|{names[b]}|{polarization}"
                    out[key] = [one.mean(), np.median(one), one.std()]
    return out


def visibilities(path):
    found, names = averaged(path)
    out = {}
    for (a, b), samples in found.items():
        for p in (0, 3):
            one = [(time, abs(value[p])) for time, value in samples if value[p] is not np.ma.masked]
            if a != b and one:
                out[f"{names[a]} – {names[b]}|{CORRELATIONS[p]}"] = one
    return out


def closure(path, triangle):
    found, _ = averaged(path)

    def of(a, b):
        return [value if a < b else np.conj(value) for _, value in found[min(a, b), max(a, b)]]

    a, b, c = triangle
    out = {}
    for p, polarization in enumerate(CORRELATIONS):
        triples = zip(of(a, b), of(b, c), of(c, a))
        products = [np.ma.prod(np.ma.stack([one[p] for one in triple])) for triple in triples]
        masks = [any(one[p] is np.ma.masked for one in triple) for triple in zip(of(a, b), of(b, c), of(c, a))]
        out[polarization] = [None if mask else float(np.angle(product)) for product, mask in zip(products, masks)]
    return out


def coverage(path):
    rows = opened(path)
    cross = rows.getcol("ANTENNA1") != rows.getcol("ANTENNA2")
    points = rows.getcol("UVW")[cross][:, :2]
    return np.concatenate([points, -points]).tolist()


def main(given):
    quality, calibrated, one = given["quality"], given["calibrated"], given["set"]
    json.dump(
        {
            "times": series(quality, "QUALITY_TIME_STATISTIC", "TIME", flagged, lambda time: time - UNIX),
            "channels": series(quality, "QUALITY_FREQUENCY_STATISTIC", "FREQUENCY", deviation, lambda hz: hz / 1e6),
            "baselines": baselines(quality),
            "gains": gains(calibrated),
            "stats": summaries(calibrated),
            "visibilities": visibilities(one),
            "closure": closure(one, (0, 1, 2)),
            "coverage": coverage(one),
        },
        sys.stdout,
    )


main(json.loads(sys.argv[1]))
