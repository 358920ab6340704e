"""Writes the set that `ledama doctor` lets the programs work on: tiny.tar.gz.

Three stations, autocorrelations too, four times, eight channels, four
correlations. The visibilities are those of a point source of 1 Jy in the
middle of the field, without noise. Needs python-casacore.

    python3 tiny.py FOLDER      # makes FOLDER/tiny.MS and FOLDER/tiny.tar.gz
"""

import gzip
import os
import sys
import tarfile

import numpy as np
from casacore import tables as ct

FOLDER = sys.argv[1]
NAME = os.path.join(FOLDER, "tiny.MS")
CHANNELS, TIMES, INTERVAL = 8, 4, 10.0
WIDTH = 24414.0625
FREQUENCIES = 140e6 + WIDTH * np.arange(CHANNELS)
START = 4871282393.0  # 2013-03-29T13:59:53
DIRECTION = np.radians([123.4, 48.2])
POSITIONS = np.array([
    [3826577.5, 461022.9, 5064892.7],
    [3826979.4, 460897.6, 5064658.2],
    [3826600.9, 460953.4, 5064881.1],
])


def main_columns():
    shape = [CHANNELS, 4]
    columns = [
        ct.makearrcoldesc("DATA", 0j, shape=shape, valuetype="complex", datamanagertype="TiledColumnStMan", datamanagergroup="data"),
        ct.makearrcoldesc("WEIGHT_SPECTRUM", 0.0, shape=shape, valuetype="float", datamanagertype="TiledColumnStMan", datamanagergroup="weights"),
    ]
    return ct.maketabdesc(columns)


def put(table, **columns):
    for name, values in columns.items():
        for row, value in enumerate(values):
            table.putcell(name, row, value)


def sub_table(name, rows, **columns):
    with ct.table(f"{NAME}/{name}", readonly=False, ack=False) as table:
        table.addrows(rows)
        put(table, **columns)


ct.default_ms(NAME, main_columns()).close()
names = [f"ST{k:03}" for k in range(len(POSITIONS))]
pairs = [(a, b) for a in range(len(names)) for b in range(a, len(names))]
rows = len(pairs) * TIMES

sub_table("ANTENNA", 3, NAME=names, STATION=["LOFAR"] * 3, TYPE=["GROUND-BASED"] * 3, MOUNT=["X-Y"] * 3,
          POSITION=list(POSITIONS), OFFSET=[np.zeros(3)] * 3, DISH_DIAMETER=[30.0] * 3, FLAG_ROW=[False] * 3)
sub_table("DATA_DESCRIPTION", 1, SPECTRAL_WINDOW_ID=[0], POLARIZATION_ID=[0], FLAG_ROW=[False])
sub_table("FIELD", 1, NAME=["tiny"], CODE=[""], TIME=[START], NUM_POLY=[0], SOURCE_ID=[-1], FLAG_ROW=[False],
          **{f"{kind}_DIR": [DIRECTION.reshape(1, 2)] for kind in ("DELAY", "PHASE", "REFERENCE")})
sub_table("FEED", 3, ANTENNA_ID=range(3), FEED_ID=[0] * 3, SPECTRAL_WINDOW_ID=[-1] * 3, TIME=[START] * 3, INTERVAL=[1e9] * 3,
          NUM_RECEPTORS=[2] * 3, BEAM_ID=[-1] * 3, BEAM_OFFSET=[np.zeros((2, 2))] * 3, POLARIZATION_TYPE=[["X", "Y"]] * 3,
          POL_RESPONSE=[np.eye(2, dtype=complex)] * 3, POSITION=[np.zeros(3)] * 3, RECEPTOR_ANGLE=[np.zeros(2)] * 3)
sub_table("OBSERVATION", 1, TELESCOPE_NAME=["LOFAR"], TIME_RANGE=[[START, START + TIMES * INTERVAL]], OBSERVER=["nobody"],
          SCHEDULE_TYPE=[""], PROJECT=["none"], RELEASE_DATE=[0.0], FLAG_ROW=[False], LOG=[[""]], SCHEDULE=[[""]])
sub_table("POLARIZATION", 1, NUM_CORR=[4], CORR_TYPE=[[9, 10, 11, 12]], CORR_PRODUCT=[np.array([[0, 0], [0, 1], [1, 0], [1, 1]])], FLAG_ROW=[False])
sub_table("SPECTRAL_WINDOW", 1, NUM_CHAN=[CHANNELS], NAME=["SB-0"], REF_FREQUENCY=[FREQUENCIES.mean()], CHAN_FREQ=[FREQUENCIES],
          CHAN_WIDTH=[[WIDTH] * CHANNELS], EFFECTIVE_BW=[[WIDTH] * CHANNELS], RESOLUTION=[[WIDTH] * CHANNELS], MEAS_FREQ_REF=[5],
          TOTAL_BANDWIDTH=[WIDTH * CHANNELS], NET_SIDEBAND=[0], IF_CONV_CHAIN=[0], FREQ_GROUP=[0], FREQ_GROUP_NAME=[""], FLAG_ROW=[False])

with ct.table(NAME, readonly=False, ack=False) as ms:
    ms.addrows(rows)
    data = np.zeros((CHANNELS, 4), complex)
    data[:, [0, 3]] = 1
    for row in range(rows):
        slot, (a, b) = row // len(pairs), pairs[row % len(pairs)]
        middle = START + (slot + 0.5) * INTERVAL
        put_row = dict(
            TIME=middle, TIME_CENTROID=middle, INTERVAL=INTERVAL, EXPOSURE=INTERVAL, ANTENNA1=a, ANTENNA2=b, DATA_DESC_ID=0,
            FIELD_ID=0, FEED1=0, FEED2=0, PROCESSOR_ID=-1, STATE_ID=-1, SCAN_NUMBER=0, ARRAY_ID=0, OBSERVATION_ID=0, FLAG_ROW=False,
            UVW=POSITIONS[b] - POSITIONS[a], DATA=data, WEIGHT_SPECTRUM=np.ones((CHANNELS, 4)), WEIGHT=np.ones(4), SIGMA=np.ones(4),
            FLAG=np.zeros((CHANNELS, 4), bool), FLAG_CATEGORY=np.zeros((1, CHANNELS, 4), bool))
        for name, value in put_row.items():
            ms.putcell(name, row, value)


def plain(member):
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() else 0o644
    return member


with gzip.GzipFile(os.path.join(FOLDER, "tiny.tar.gz"), "wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
    tar.add(NAME, "tiny.MS", filter=plain)
