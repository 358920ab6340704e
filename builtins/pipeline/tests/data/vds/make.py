#!/usr/bin/env python3
"""Makes the VDS files in this folder: DP3 copies each set and describes the copy.

    OPENBLAS_NUM_THREADS=1 make.py DATA_PACK DP3

Needs DP3 (the package `dp3`) and python-casacore. How DATA is stored is that
of the original, as casacore tells it: DP3 stores its copy in its own way.
The folder of the set is written as /DATA.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

import casacore.tables as ct

SETS = ["tNDPPP-generic", "tDemix", "dp3-quality", "tNDPPP"]


def storage(ms):
    """The lines about DATA."""
    with ct.table(ms, ack=False) as table:
        managers = table.getdminfo()
    name, regular, tile, cube = "", 0, [], []
    for manager in managers.values():
        if "DATA" not in manager["COLUMNS"] or "HYPERCUBES" not in manager["SPEC"]:
            continue
        cubes = manager["SPEC"]["HYPERCUBES"]
        if len(cubes) != 1:
            continue
        only = next(iter(cubes.values()))
        tile, cube = only["TileShape"], only["CubeShape"]
        for k in (1, 0):
            name = f"{ms}/table.f{manager['SPEC']['SEQNR']}_TSM{k}"
            if pathlib.Path(name).exists():
                break
        regular = int(len(manager["COLUMNS"]) == 1)
    shape = lambda axes: "[" + ",".join(str(int(axis)) for axis in axes) + "]"
    return {"DataFileName": name, "DataFileIsRegular": str(regular),
            "DataTileShape": shape(tile), "DataCubeShape": shape(cube)}


def main():
    pack, dp3 = sys.argv[1:]
    here = pathlib.Path(__file__).resolve().parent
    for name in SETS:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["tar", "xzf", f"{pack}/ms/{name}.tar.gz", "-C", folder], check=True)
            root = pathlib.Path(folder)
            found = sorted((path.parent for path in root.rglob("table.dat")), key=lambda path: len(path.parts))
            ms = next(path for path in found if "_ref" not in path.name and ".MS" in path.name)
            (root / "cluster").write_text(
                f"ClusterName=test\nCompute.Nodes=[localhost]\nCompute.LocalDisks=[{folder}]\n")
            (root / "vds").mkdir()
            copy = root / "copy" / ms.name
            copy.parent.mkdir()
            subprocess.run([dp3, f"msin={ms}", f"msout={copy}", f"msout.vdsdir={root}/vds",
                            f"msout.clusterdesc={root}/cluster", "steps=[]"],
                           check=True, stdout=subprocess.DEVNULL)
            text = (root / "vds" / f"{ms.name}.vds").read_text()
            for key, value in storage(str(ms)).items():
                text = re.sub(rf"^Extra\.{key}=.*$", lambda _: f"Extra.{key}={value}", text, flags=re.M)
            text = text.replace(str(copy), str(ms)).replace(folder, "/DATA")
            (here / f"{name}.vds").write_text(text)
            print(name, len(text))


main()
