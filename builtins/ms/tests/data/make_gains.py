#!/usr/bin/env python3
"""Makes the small gain solutions of this folder.

    python3 make_gains.py [OUT]

Needs h5py and python-casacore; the results are committed, so that the tests
need neither. The values are simple functions of their place, which the tests
compute again.

small.h5    an H5parm with every odd thing that is allowed: axes in unusual
            order, absent axes, compressed chunks, half-float weights, weights
            above 1, padded compound tables, a group without values, an unknown
            type, a second solution set
small.parmdb    a parameter table with scalars on regular and irregular grids,
            in several domains with a gap, polynomials and shortened defaults
"""
import os
import shutil
import sys

import h5py
import numpy as np

TIMES = 4871282398.0139 + 20.0278 * np.arange(3)
FREQS = 134324645.99609375 + 97656.25 * np.arange(4)
STATIONS = [b"CS001HBA0", b"RS106HBA", b"DE601HBA"]
AXES = {}
SIZES = {"time": 3, "freq": 4, "ant": 3, "pol": 2, "dir": 2}


def value(name, axes, shape):
    """1000 t + 100 f + 10 a + p + d / 10, scaled by what is plausible."""
    weights = {"time": 1000.0, "freq": 100.0, "ant": 10.0, "pol": 1.0, "dir": 0.1}
    scale = {"amplitude": 1e-3, "phase": 1e-3, "tec": 1e-4, "clock": 1e-12,
             "rotation": 1e-4, "rotationmeasure": 1e-3}.get(name, 1.0)
    out = np.zeros(shape)
    for k, axis in enumerate(axes):
        form = [1] * len(shape)
        form[k] = shape[k]
        out = out + weights[axis] * np.arange(shape[k]).reshape(form)
    return out * scale


def soltab(solset, number, name, axes, weight="f4", pols=(b"XX", b"YY"), **options):
    group = solset.create_group(f"{name}{number:03d}")
    group.attrs["TITLE"] = np.bytes_(name)
    sizes = dict(SIZES, pol=len(pols))
    axes = axes.split(",")
    shape = [sizes[axis] for axis in axes]
    values = {"time": TIMES, "freq": FREQS, "ant": np.array(STATIONS, "S9"),
              "pol": np.array(pols, "S2"), "dir": np.array([b"[CasA]", b"[CygA]"], "S128")}
    for axis in axes:
        # One dataset under several names: a file of many groups stays small.
        shared = f"_{axis}{sizes[axis] if axis != 'pol' else pols[0].decode() + str(len(pols))}"
        if shared not in AXES:
            group.create_dataset(axis, data=values[axis])
            AXES[shared] = group[axis]
        else:
            group[axis] = AXES[shared]
    val = group.create_dataset("val", data=value(name, axes, shape), **options)
    val.attrs["AXES"] = np.bytes_(",".join(axes))
    val.attrs["HISTORY000"] = np.bytes_(f"made as {name}")
    group.create_dataset("weight", data=np.ones(shape, weight), **options)
    group["weight"].attrs["AXES"] = np.bytes_(",".join(axes))
    return group


def table(solset, name, rows, fields, offsets, size):
    kind = np.dtype({"names": [f[0] for f in fields], "formats": [f[1] for f in fields],
                     "offsets": offsets, "itemsize": size})
    data = np.zeros(len(rows), kind)
    for k, row in enumerate(rows):
        for (field, _), item in zip(fields, row):
            data[field][k] = item
    solset.create_dataset(name, data=data)


def h5parm(path):
    with h5py.File(path, "w", libver="earliest") as f:
        s = f.create_group("sol000")
        s.attrs["h5parm_version"] = np.bytes_("1.0")
        positions = [(3826896.2, 460979.47, 5064658.0), (3829205.0, 469142.5, 5062180.5),
                     (4034038.5, 487026.2, 4900280.0)]
        # The position stands first and there is padding on both sides.
        table(s, "antenna", list(zip(positions, STATIONS)), [("position", "(3,)f4"), ("name", "S16")], [4, 24], 76)
        table(s, "source", [(b"[CasA]", (6.123, 1.027)), (b"[CygA]", (5.233, 0.711))],
              [("name", "S128"), ("dir", "(2,)f8")], [0, 512], 540)
        a = soltab(s, 0, "amplitude", "pol,ant,dir,freq,time", "f2",
                   chunks=(1, 2, 1, 3, 2), compression="gzip", shuffle=True)
        a["val"][1, 2, 0, 3, 1] = np.nan
        a["weight"][1, 2, 0, 3, 1] = 0
        a["weight"][0, 0, 1, 0, 0] = 60000
        p = soltab(s, 0, "phase", "time,freq,ant,dir,pol", "f8")
        p["weight"][2, 0, 1, 1, 0] = 0
        soltab(s, 1, "phase", "time,ant")
        t = soltab(s, 0, "tec", "time,ant,dir")
        t["weight"][...] = 3e8
        soltab(s, 0, "clock", "ant,time")
        soltab(s, 0, "rotation", "time,ant,freq")
        soltab(s, 0, "rotationmeasure", "time,ant")
        soltab(s, 2, "amplitude", "time,freq,ant,pol", pols=(b"XX", b"XY", b"YX", b"YY"))
        soltab(s, 3, "phase", "time,ant,pol", pols=(b"RR", b"LL"))
        soltab(s, 0, "faraday", "time,ant")
        s.create_group("phase009").attrs["TITLE"] = np.bytes_("phase")
        e = f.create_group("other")
        table(e, "antenna", [], [("name", "S16"), ("position", "(3,)f4")], [0, 64], 76)
        table(e, "source", [], [("name", "S128"), ("dir", "(2,)f4")], [0, 512], 520)
        soltab(e, 0, "amplitude", "time,ant")
    AXES.clear()


def parmdb(path):
    import casacore.tables as ct

    def columns(table):
        plain = [("NAMEID", "uint"), ("STARTX", "double"), ("ENDX", "double"), ("STARTY", "double"), ("ENDY", "double")]
        names = [("NAME", "string"), ("FUNKLETTYPE", "int"), ("PERTURBATION", "double"), ("PERT_REL", "boolean")]
        arrays = {"main": ["INTERVALSX", "INTERVALSY", "VALUES", "ERRORS"], "names": [], "defaults": ["DOMAIN", "VALUES"]}
        zero = {"uint": 0, "double": 0.0, "string": "", "int": 0, "boolean": False}
        out = [ct.makescacoldesc(n, zero[k], valuetype=k) for n, k in (plain if table == "main" else names)]
        out += [ct.makearrcoldesc(n, 0.0, ndim=2, valuetype="double") for n in arrays[table]]
        if table != "main":
            out.append(ct.makearrcoldesc("SOLVABLE", False, ndim=2, valuetype="boolean"))
        if table == "names":
            out += [ct.makescacoldesc("NX", 0), ct.makescacoldesc("NY", 0)]
        return ct.maketabdesc(out)

    main = ct.table(path, columns("main"), ack=False)
    names = ct.table(path + "/NAMES", columns("names"), ack=False)
    defaults = ct.table(path + "/DEFAULTVALUES", columns("defaults"), ack=False)
    for sub, kind in ((main, "MEP"), (names, "MEPname"), (defaults, "MEPinit")):
        sub.putinfo({"type": kind, "subType": "", "readme": ""})
    main.putkeyword("DefaultFreqStep", 97656.25)
    main.putkeyword("DefaultTimeStep", 10.0)
    main.putkeyword("NAMES", "Table: " + os.path.abspath(path) + "/NAMES")
    main.putkeyword("DEFAULTVALUES", "Table: " + os.path.abspath(path) + "/DEFAULTVALUES")

    def name(text, kind=0):
        row = names.nrows()
        names.addrows(1)
        names.putcell("NAME", row, text)
        names.putcell("FUNKLETTYPE", row, kind)
        return row

    def row(nameid, box, values, x=None, y=None):
        at = main.nrows()
        main.addrows(1)
        main.putcell("NAMEID", at, nameid)
        for column, edge in zip(("STARTX", "ENDX", "STARTY", "ENDY"), box):
            main.putcell(column, at, float(edge))
        main.putcell("VALUES", at, np.array(values, float))
        if x is not None:
            main.putcell("INTERVALSX", at, np.array(x, float))
        if y is not None:
            main.putcell("INTERVALSY", at, np.array(y, float))

    def default(text, value, kind=0):
        at = defaults.nrows()
        defaults.addrows(1)
        defaults.putcell("NAME", at, text)
        defaults.putcell("FUNKLETTYPE", at, kind)
        defaults.putcell("VALUES", at, np.array(value, float))

    # Domains out of order, with a gap between 140 and 160 s.
    n = name("Gain:0:0:Real:A")
    row(n, (100e6, 104e6, 160, 200), [[5, 6]])
    row(n, (100e6, 104e6, 100, 140), [[1, 2], [3, 4]])
    # A quarter and three quarters of the domain; then one later cell.
    n = name("Gain:0:0:Imag:A")
    row(n, (100e6, 104e6, 100, 140), [[10, 20], [30, 40]], x=[[100.5e6, 1e6], [102.5e6, 3e6]])
    row(n, (100e6, 104e6, 160, 200), [[7]])
    # Polar, on one cell for all; the phase is absent.
    n = name("Gain:1:1:Ampl:B")
    row(n, (100e6, 104e6, 100, 200), [[2]])
    n = name("Clock:A", 1)
    row(n, (100e6, 104e6, 100, 200), [[1, 0.5, 0.25], [2, 0, 0]])
    n = name("Clock:B", 2)
    row(n, (100e6, 104e6, 100, 200), [[1, 0.5, 0.25], [2, 0, 0]])
    name("TEC:A")  # no rows: only its default
    default("Gain:0:0:Real", [[1]])
    default("Gain:1:1:Real", [[1]])
    default("Gain", [[9]])
    default("TEC:B", [[0.5]])
    names.putkeyword("UNIQUE_ID", names.nrows())
    for t in (defaults, names, main):
        t.close()


if __name__ == "__main__":
    out = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    shutil.rmtree(os.path.join(out, "small.parmdb"), ignore_errors=True)
    h5parm(os.path.join(out, "small.h5"))
    parmdb(os.path.join(out, "small.parmdb"))
