#!/usr/bin/env python3
"""Makes the FITS images in this folder and what they are when scaled, by astropy.

    make.py [FOLDER OF THE RESULTS OF LEDAMA]

NAME.fits is an image, NAME.out its pixels times 2.5 as big-endian 32-bit
floats. With a folder, also looks whether astropy reads NAME.fits there as it
should: pixels, header, tables.
"""

import pathlib
import sys

import numpy as np
from astropy.io import fits

FACTOR = 2.5
HERE = pathlib.Path(__file__).resolve().parent


def wcs(header):
    header["OBJECT"] = ("O'Brien / test", "a quote and a slash")
    header["CTYPE1"], header["CTYPE2"] = "RA---SIN", "DEC--SIN"
    header["CRVAL1"], header["CDELT1"] = (24.422, "degrees"), -0.008333333333333333
    header["BMAJ"], header["BUNIT"] = (0.0123, "degrees"), "JY/BEAM"
    header.add_comment("made for tests")
    header.add_history("first step")
    header.add_blank()


def images():
    rng = np.random.default_rng(7)
    cube = rng.normal(0, 1e-3, (2, 1, 11, 13)).astype(">f4")
    cube[0, 0, 3, 4:7] = np.nan
    cube[1, 0, 0, 0] = np.inf
    cube[1, 0, 0, 1] = 3e38
    yield "f32", fits.PrimaryHDU(cube)
    yield "f64", fits.PrimaryHDU(np.where(cube > 5e-4, np.nan, cube).astype(">f8") * 1.1)
    yield "u8", fits.PrimaryHDU(rng.integers(0, 255, (7, 900)).astype("u1"))
    yield "i32", fits.PrimaryHDU(rng.integers(-2**31, 2**31, (5, 6)).astype(">i4"))
    yield "i64", fits.PrimaryHDU(rng.integers(-2**60, 2**60, (5, 6)).astype(">i8"))
    yield "table", fits.PrimaryHDU(cube[0])


def make():
    for name, hdu in images():
        wcs(hdu.header)
        hdus = [hdu]
        if name == "table":
            columns = [fits.Column("BMAJ", "E", "arcsec", array=np.arange(4.0))]
            hdus.append(fits.BinTableHDU.from_columns(columns, name="BEAMS"))
        if name in ("f32", "table"):
            hdu.header["DATAMAX"], hdu.header["DATAMIN"] = (1.0, "largest"), -1.0
        fits.HDUList(hdus).writeto(HERE / f"{name}.fits", overwrite=True, checksum=name == "u8")
    # Integers with a scale and a value that means none, made card by card.
    raw = np.arange(-60, 60, dtype=">i2").reshape(10, 12)
    hdu = fits.PrimaryHDU(raw)
    wcs(hdu.header)
    hdu.header["BLANK"] = -7
    hdu.header["BSCALE"], hdu.header["BZERO"] = (0.125, "scale"), (32768.5, "zero")
    hdu = fits.PrimaryHDU(raw, hdu.header, do_not_scale_image_data=True)
    hdu.header["BLANK"] = -7
    hdu.header["BSCALE"], hdu.header["BZERO"] = (0.125, "scale"), (32768.5, "zero")
    header = hdu.header.tostring().encode()
    data = raw.tobytes()
    (HERE / "i16.fits").write_bytes(header + data + bytes(-len(data) % 2880))
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(np.zeros((8, 8), "f4"))]).writeto(
        HERE / "compressed.fits", overwrite=True)
    two = fits.ImageHDU(np.zeros((2, 2), "f4"))
    fits.HDUList([fits.PrimaryHDU(np.ones((2, 2), "f4")), two]).writeto(HERE / "two.fits", overwrite=True)
    for path in sorted(HERE.glob("*.fits")):
        if path.stem in ("compressed", "two"):
            continue
        (HERE / f"{path.stem}.out").write_bytes(expected(path).tobytes())


def expected(path):
    with fits.open(path, do_not_scale_image_data=True) as hdus:
        data, header = hdus[0].data, hdus[0].header
        value = header.get("BZERO", 0) + header.get("BSCALE", 1) * data.astype("f8")
        if "BLANK" in header:
            value[data == header["BLANK"]] = np.nan
        with np.errstate(over="ignore"):
            return (value * FACTOR).astype(">f4")


def verify(folder):
    for path in sorted(HERE.glob("*.out")):
        with fits.open(folder / f"{path.stem}.fits", checksum=True) as new, fits.open(HERE / f"{path.stem}.fits") as old:
            new.verify("exception")
            want = np.frombuffer(path.read_bytes(), ">f4").reshape(new[0].data.shape)
            np.testing.assert_array_equal(new[0].data, want)
            changed = {"BITPIX", "BSCALE", "BZERO", "BLANK", "CHECKSUM", "DATASUM", "HISTORY", "DATAMIN", "DATAMAX"}
            keep = lambda cards: [str(card) for card in cards if card.keyword not in changed]
            assert keep(new[0].header.cards) == keep(old[0].header.cards), path.stem
            assert "BLANK" not in new[0].header
            assert list(new[0].header["HISTORY"])[-1].endswith(f"multiplied by {FACTOR}")
            assert len(new) == len(old)
            for a, b in zip(new[1:], old[1:]):
                assert (a.data == b.data).all() and a.header == b.header
            print(path.stem, "is as it should be")


if len(sys.argv) > 1:
    verify(pathlib.Path(sys.argv[1]))
else:
    make()
