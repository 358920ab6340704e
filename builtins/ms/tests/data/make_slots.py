#!/usr/bin/env python3
"""Makes slots.MS.tar.gz: 600 times of 0.3 s, which have no end in decimal, of one baseline.

    python3 make_slots.py

Needs python-casacore and make_set.py beside it. The rows are not in the order of their times: the
second half of them comes first. DATA is the place of the time among all, sorted.
"""
import os
import tempfile

import numpy as np
import casacore.tables as tables

import make_set

COUNT = 600
START = 4871282393.00695


def make(path):
    make_set.TIMES = [START]
    make_set.make(path)
    t = tables.table(path, ack=False, readonly=False)
    t.addrows(COUNT - t.nrows())
    places = np.roll(np.arange(COUNT), COUNT // 2)
    t.putcol("TIME", START + 0.3 * places)
    t.putcol("ANTENNA1", np.zeros(COUNT, np.int32))
    t.putcol("ANTENNA2", np.ones(COUNT, np.int32))
    t.putcol("INTERVAL", np.full(COUNT, 0.3))
    t.putcol("DATA_DESC_ID", np.zeros(COUNT, np.int32))
    t.putcol("UVW", np.outer(np.arange(COUNT), [1.0, 2.0, 3.0]))
    cells = np.ones((COUNT, make_set.CHANNELS, make_set.CORRELATIONS))
    t.putcol("DATA", (places[:, None, None] * cells).astype(np.complex64))
    t.putcol("FLAG", cells == 0)
    t.close()


if __name__ == "__main__":
    out = os.path.join(os.path.dirname(os.path.abspath(__file__)), "slots.MS.tar.gz")
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(f"{folder}/L12345")
        make(f"{folder}/L12345/slots.MS")
        make_set.pack(folder, out)
