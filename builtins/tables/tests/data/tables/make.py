#!/usr/bin/env python3
"""Makes tables.tar.gz, small tables of every storage manager, and answers.json,
what casacore reads from them.

Run it with a Python that has python-casacore 3.8 and numpy:  make.py [FOLDER]
All values are computed, none is random but the dithering of Dysco, so that only
tables.tar.gz and dysco.*.canon differ from one run to the next.
"""
import hashlib
import io
import json
import math
import os
import struct
import subprocess
import sys
import tarfile
import tempfile

import casacore.tables as tables
import numpy as np

HERE = os.path.abspath(__file__)
NUMPY = {"boolean": "?", "uchar": "u1", "short": "i2", "int": "i4", "uint": "u4", "int64": "i8",
         "float": "f4", "double": "f8", "complex": "c8", "dcomplex": "c16"}
SHOWN = 16


# ---- making ---------------------------------------------------------------------------

def scalar(name, kind, manager, **more):
    return tables.makecoldesc(name, dict(valueType=kind, dataManagerType=manager[0],
                                         dataManagerGroup=manager[1], option=0, maxlen=0,
                                         comment="", keywords={}) | more)


def array(name, kind, manager, shape=None, ndim=-1, direct=False, **more):
    desc = dict(valueType=kind, dataManagerType=manager[0], dataManagerGroup=manager[1], option=0,
                maxlen=0, comment="", ndim=ndim, _c_order=True, keywords={})
    if shape is not None:
        desc |= dict(shape=np.array(shape), ndim=len(shape), option=5 if direct else 4)
    return tables.makecoldesc(name, desc | more)


def create(path, columns, rows, endian="little", managers=None, **more):
    return tables.table(path, tables.maketabdesc(columns), nrow=rows, readonly=False, ack=False,
                        endian=endian, dminfo=managers or {}, **more)


def manager(kind, name, columns, spec):
    return {"*1": dict(TYPE=kind, NAME=name, SEQNR=0, SPEC=spec, COLUMNS=columns)}


def number(kind, at):
    """A number of the kind, the extremes among the first."""
    if kind == "boolean":
        return at % 3 == 0
    if kind == "string":
        return ["", "short", "longer than eight", "caf\u00e9 \u2609", "two\nlines"][at % 5] + "z" * (at % 4)
    if "complex" in kind:
        return complex(number("double", at), number("double", at + 2))
    if kind in ("float", "double"):
        special = [0.0, -0.0, math.nan, math.inf, -math.inf, 1e-30, 1e30]
        return special[at] if at < len(special) else (at - 20) * 0.375
    limits = np.iinfo(NUMPY[kind])
    return ([limits.max, limits.min] + [at * 5 % 101])[min(at, 2)]


def numbers(kind, shape, at):
    count = int(np.prod(shape))
    values = [number(kind, at + i) for i in range(count)]
    if kind == "string":
        return {"shape": list(shape), "array": values}
    return np.array(values, NUMPY[kind]).reshape(shape)


def every_type(path, manager, endian, rows=23, strings=True):
    kinds = list(NUMPY) + (["string"] if strings else [])
    columns = [scalar("S_" + kind, kind, manager) for kind in kinds]
    columns += [array("F_" + kind, kind, manager, [3, 2], direct=manager[0] != "StManAipsIO")
                for kind in NUMPY]
    columns += [array("V_" + kind, kind, manager) for kind in kinds]
    with create(path, columns, rows, endian) as t:
        for kind in kinds:
            for row in range(rows):
                t.putcell("S_" + kind, row, number(kind, row))
                if kind != "string":
                    t.putcell("F_" + kind, row, numbers(kind, [3, 2], row))
                if row % 4 != 1:
                    t.putcell("V_" + kind, row, numbers(kind, [row % 3 + 1, 2], row))


def tiled(path, kind, endian, columns, tile, fill, rows=29):
    described = [array(name, value, (kind, "Tiled"), shape, ndim=2) for name, value, shape in columns]
    spec = {"DEFAULTTILESHAPE": tile}
    made = manager(kind, "Tiled", [name for name, _, _ in columns], spec)
    with create(path, described, rows, endian, made) as t:
        fill(t, rows)


def cells(name, kind, shape):
    def fill(t, rows):
        for row in range(rows):
            wanted = shape(row)
            if wanted:
                t.putcell(name, row, numbers(kind, wanted, row))
    return fill


def make(folder):
    os.chdir(folder)
    ssm, ism, old = ("StandardStMan", "SSM"), ("IncrementalStMan", "ISM"), ("StManAipsIO", "Old")
    for endian in ("little", "big"):
        every_type(f"standard-{endian}.tab", ssm, endian)
        every_type(f"incremental-{endian}.tab", ism, endian)
    every_type("aipsio.tab", old, "big")

    tiled("tiledcolumn.tab", "TiledColumnStMan", "little", [("D", "complex", [5, 4])], [4, 2, 3],
          cells("D", "complex", lambda row: [5, 4]))
    tiled("tiledshape.tab", "TiledShapeStMan", "big", [("D", "float", None)], [2, 3, 4],
          cells("D", "float", lambda row: [[3, 2], [5, 4], None][row % 3]))
    tiled("tiledcell.tab", "TiledCellStMan", "little", [("D", "short", None)], [2, 3],
          cells("D", "short", lambda row: [row % 4 + 1, 5] if row % 5 else None))
    tiled("bits.tab", "TiledColumnStMan", "little", [("FLAG", "boolean", [3, 5])], [5, 2, 2],
          cells("FLAG", "boolean", lambda row: [3, 5]))

    columns = [scalar(name, "int", ssm) for name in ("ANTENNA1", "ANTENNA2", "DATA_DESC_ID", "FIELD_ID")]
    columns += [scalar("TIME", "double", ssm), array("DATA", "complex", ("DyscoStMan", "Dysco"), [3, 2], direct=True)]
    spec = {"dataBitCount": 10, "weightBitCount": 12, "normalization": "AF", "distribution": "TruncatedGaussian",
            "distributionTruncation": 2.5, "studentTNu": 0.0}
    with create("dysco.tab", columns, 12, managers=manager("DyscoStMan", "Dysco", ["DATA"], spec)) as t:
        for row in range(12):
            one, two = [(0, 1), (0, 2), (1, 2)][row % 3]
            t.putcell("ANTENNA1", row, one)
            t.putcell("ANTENNA2", row, two)
            t.putcell("TIME", row, 4.9e9 + row // 3)
        data = np.array([complex(math.sin(i), math.cos(3 * i)) for i in range(72)], "c8").reshape(12, 3, 2)
        data[4, 1, 0] = math.nan
        t.putcol("DATA", data)

    with create("strings.tab", [scalar("FIX", "string", ssm, maxlen=6), scalar("ANY", "string", ssm),
                                array("ALL", "string", ssm)], 9) as t:
        for row in range(9):
            t.putcell("FIX", row, "abcdef"[:row % 7])
            t.putcell("ANY", row, "x" * (row * row * 7))
            if row != 3:
                t.putcell("ALL", row, numbers("string", [row % 3 + 1], row))
    with create("records.tab", [scalar("R", "record", ssm), scalar("R2", "record", old)], 4) as t:
        for row in (0, 2, 3):
            for name in ("R", "R2"):
                t.putcell(name, row, {"row": row, "text": "t" * row, "list": np.arange(row + 2.0),
                                      "names": ["a", "b"], "deep": {"yes": True, "c": 1 - 2j}})

    with create("sub.tab", [scalar("X", "int", ssm)], 3) as t:
        t.putcol("X", np.array([5, 6, 7], "i4"))
    with create("keywords.tab", [scalar("K", "double", ssm, comment="a comment")], 2) as t:
        values = {"yes": True, "whole": -3, "big": 2 ** 40, "float": 0.1, "complex": 1 - 2j, "text": "caf\u00e9",
                  "bools": np.array([True, False]), "ints": np.arange(6, dtype="i4").reshape(2, 3),
                  "doubles": np.array([0.5, 1e300]), "texts": ["one", "two"], "none": {},
                  "deep": {"a": {"b": {"c": 1}}, "list": np.array([1.5])}}
        t.putkeywords(values)
        t.putcolkeywords("K", {"QuantumUnits": ["s"], "MEASINFO": {"type": "epoch", "Ref": "UTC"}})
        t.putinfo({"type": "Test", "subType": "small", "readme": ""})
        t.addreadmeline("two")
        t.addreadmeline("lines")
    with tables.table("keywords.tab", readonly=False, ack=False) as t:
        t.putkeyword("SUB", "Table: " + os.path.abspath("sub.tab"))

    for part, (endian, rows) in enumerate([("little", 5), ("big", 0), ("big", 7)]):
        with create(f"part{part}.tab", [scalar("ID", "int", ssm), array("V", "float", ssm)], rows, endian) as t:
            for row in range(rows):
                t.putcell("ID", row, part * 100 + row)
                if row % 3:
                    t.putcell("V", row, numbers("float", [row], 9))
    for part in (0, 2):
        with tables.table(f"part{part}.tab", readonly=False, ack=False) as t:
            t.putkeyword("SUB", "Table: " + os.path.abspath("sub.tab"))
    with tables.table(["part0.tab", "part2.tab"], ack=False, concatsubtables=["SUB"]) as t:
        t.rename("concat.tab")
    with tables.table("standard-little.tab", ack=False) as t:
        t.query("S_int % 2 == 0", sortlist="S_int desc", columns="S_int as NUMBER, V_float, S_string",
                name="reference.tab").close()
        t.selectrows([4, 5, 6, 1, 1, 0]).copy("rows.tab", deep=False).close()
    # casacore takes the storage option from its settings, which it reads once.
    with open("settings", "w") as file:
        file.write("table.storage.option: multifile\ntable.storage.blocksize: 1024\n")
    subprocess.run([sys.executable, HERE, "--multifile"], check=True,
                   env=os.environ | {"CASARCFILES": os.path.abspath("settings")})
    with create("empty.tab", [scalar("S", "string", ssm), array("D", "float", ("TiledColumnStMan", "T"), [2])], 0):
        pass


def multifile():
    columns = [scalar("ID", "int", ("StandardStMan", "SSM")),
               array("D", "double", ("TiledColumnStMan", "T"), [4])]
    with create("multifile.tab", columns, 40, managers=manager("TiledColumnStMan", "T", ["D"],
                                                               {"DEFAULTTILESHAPE": [4, 40]})) as t:
        t.putcol("ID", np.arange(40, dtype="i4"))
        t.putcol("D", np.arange(160.0).reshape(40, 4))


# ---- reading --------------------------------------------------------------------------

def text(value):
    coded = value.encode()
    return struct.pack("<I", len(coded)) + coded


def flat(kind, values):
    """The bytes of numbers of a kind, one for one, with one NaN only."""
    values = np.ascontiguousarray(values, NUMPY[kind]).reshape(-1)
    if values.dtype.kind in "fc":
        real = values.view("f4" if values.dtype.char in "fF" else "f8")
        real = np.where(np.isnan(real), np.array(math.nan, real.dtype), real)
        return real.tobytes()
    return values.tobytes()


def shape_of(shape):
    return struct.pack("<I", len(shape)) + b"".join(struct.pack("<Q", axis) for axis in shape)


def texts(value):
    if isinstance(value, dict):
        return value["shape"], value["array"]
    return [len(value)], list(value)


def is_texts(value):
    return isinstance(value, dict) and set(value) == {"shape", "array"} or \
        isinstance(value, list) and all(isinstance(item, str) for item in value)


def field(value):
    if isinstance(value, (bool, np.bool_)):
        return b"B" + bytes([bool(value)])
    if isinstance(value, (int, np.integer)):
        return b"I" + struct.pack("<q", value)
    if isinstance(value, (float, np.floating)):
        return b"F" + flat("double", [value])
    if isinstance(value, (complex, np.complexfloating)):
        return b"C" + flat("dcomplex", [value])
    if isinstance(value, str):
        return b"S" + text(value)
    if is_texts(value):
        shape, items = texts(value)
        return b"s" + shape_of(shape) + b"".join(map(text, items))
    if isinstance(value, dict):
        return b"R" + record(value)
    value = np.array(value)
    tag, kind = {"b": ("b", "boolean"), "f": ("f", "double"), "c": ("c", "dcomplex")}.get(
        value.dtype.kind, ("i", "int64"))
    return tag.encode() + shape_of(value.shape) + flat(kind, value)


def record(value):
    return struct.pack("<I", len(value)) + b"".join(text(name) + field(item) for name, item in value.items())


def real(value):
    if isinstance(value, np.float32) and np.isfinite(value):
        value = float(str(value))
    value = float(value)
    return value if math.isfinite(value) else "NaN" if math.isnan(value) else \
        "Infinity" if value > 0 else "-Infinity"


def shown(value):
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (complex, np.complexfloating)):
        return {"re": real(value.real), "im": real(value.imag)}
    return value if isinstance(value, str) else real(value)


def keyword(value):
    if isinstance(value, str) and value.startswith("Table: "):
        return {"table": os.path.relpath(value[7:])}
    if is_texts(value):
        shape, items = texts(value)
        return {"dtype": "string", "shape": list(shape), "values": items}
    if isinstance(value, dict):
        return {"record": keywords(value)}
    if isinstance(value, (list, np.ndarray)):
        value = np.array(value)
        return {"dtype": str(value.dtype), "shape": list(value.shape), "values": [shown(v) for v in value.flat]}
    return shown(value)


def keywords(values):
    return [[name, keyword(value)] for name, value in values.items()]


def settings(value):
    if isinstance(value, dict):
        return {name: settings(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [settings(item) for item in value]
    return shown(value)


def cell(t, name, row, kind):
    """The canonical bytes, the shape and the clear form of a cell."""
    single = t.isscalarcol(name)
    if (kind == "record" or not single) and not t.iscelldefined(name, row):
        return b"\0", None, {"undefined": True}
    value = t.getcell(name, row)
    if kind == "record":
        return b"\1" + record(value), (), {"record": keywords(value)}
    if single:
        clear = np.float32(value) if kind == "float" else np.complex64(value) if kind == "complex" else value
        return b"\1" + (text(value) if kind == "string" else flat(kind, [value])), (), shown(clear)
    if kind == "string":
        shape, items = texts(value)
        coded = b"".join(map(text, items))
    else:
        value = np.array(value, NUMPY[kind])
        shape, items, coded = value.shape, list(value.flat), flat(kind, value)
    clear = {"shape": [int(axis) for axis in shape], "values": [shown(item) for item in items[:SHOWN]]}
    if len(items) > SHOWN:
        clear["truncated"] = True
    return b"\1" + shape_of(shape) + coded, tuple(int(axis) for axis in shape), clear


def column(t, name, holders, beside):
    desc, kind = t.getcoldesc(name), t.coldatatype(name)
    option, shape = desc.get("option", 0), desc.get("shape")
    read = [cell(t, name, row, kind) for row in range(t.nrows())]
    coded = b"".join(item[0] for item in read)
    answer = {"name": name, "type": kind, "scalar": t.isscalarcol(name),
              "ndim": 0 if t.isscalarcol(name) else int(desc.get("ndim", -1)),
              "shape": None if shape is None else [int(axis) for axis in shape],
              "direct": bool(option & 1), "fixed_shape": bool(option & 4), "maxlen": int(desc.get("maxlen", 0)),
              "comment": desc.get("comment", ""), "dm_type": holders[name][0], "dm_name": holders[name][1],
              "keywords": keywords(t.getcolkeywords(name)),
              "digest": hashlib.sha256(coded).hexdigest(), "stream_bytes": len(coded)}
    if not t.isscalarcol(name):
        found = {}
        for _, shape, _ in read:
            found[shape] = found.get(shape, 0) + 1
        answer["n_undefined"] = found.pop(None, 0)
        answer["n_shapes"] = len(found)
        order = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        answer["shapes"] = [[list(shape), count] for shape, count in order[:8]]
    if read:
        answer["first"] = read[0][2]
    if len(read) > 1:
        answer["last"] = read[-1][2]
    if holders[name][0] == "DyscoStMan":
        answer["sidecar"] = f"dysco.{name}.canon"
        with open(os.path.join(beside, answer["sidecar"]), "wb") as file:
            file.write(coded)
    return answer


def answers(path, beside):
    with open(os.path.join(path, "table.dat"), "rb") as file:
        head = file.read(200)
    kind = next(kind for kind in ("PlainTable", "RefTable", "ConcatTable") if kind.encode() in head)
    with tables.table(path, ack=False) as t:
        info = t.info()
        managers = [{"seqnr": int(dm["SEQNR"]), "type": dm["TYPE"], "name": dm["NAME"], "columns": list(dm["COLUMNS"]),
                     "spec": settings(dm.get("SPEC", {}))} for dm in t.getdminfo().values()]
        holders = {name: (dm["type"], dm["name"]) for dm in managers for name in dm["columns"]}
        return {"kind": kind, "endian": t.endianformat(), "nrow": t.nrows(),
                "info": {"type": info["type"], "subtype": info["subType"], "readme": info["readme"]},
                "keywords": keywords(t.getkeywords()), "storage_managers": managers,
                "columns": [column(t, name, holders, beside) for name in t.colnames()]}


def pack(names, target):
    def plain(entry):
        entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = 0, 0, 0, "", ""
        return entry
    bytes_out = io.BytesIO()
    with tarfile.open(fileobj=bytes_out, mode="w:gz", compresslevel=9) as tar:
        for name in names:
            tar.add(name, filter=plain)
    with open(target, "wb") as file:
        file.write(bytes_out.getvalue())


def main():
    beside = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(HERE))
    with tempfile.TemporaryDirectory() as folder:
        make(folder)
        names = sorted(name for name in os.listdir(".") if os.path.isfile(os.path.join(name, "table.dat")))
        pack(names, os.path.join(beside, "tables.tar.gz"))
        known = {name: answers(name, beside) for name in names}
        # casacore gives a concatenated sub-table a name of the moment; the file names that of the first part.
        known["concat.tab"]["keywords"] = [["SUB", {"table": "sub.tab"}]]
        lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(answer)}" for name, answer in known.items())
        with open(os.path.join(beside, "answers.json"), "w") as file:
            file.write('{"tables": {\n' + lines + "\n}}\n")
        os.chdir(beside)


multifile() if "--multifile" in sys.argv else main()
