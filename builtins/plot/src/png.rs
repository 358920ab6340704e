//! PNG files: always the same bytes for the same pixels, and quickly.

use std::borrow::Cow;

use crate::canvas::Raster;
use crate::render::{Error, Frame};

/// A picture as a file. `notes` are stored as text inside, by name.
pub(crate) fn rgb(frame: &Frame, notes: &[(&str, &str)]) -> Result<Vec<u8>, Error> {
    encoded(frame.width, frame.height, png::ColorType::Rgb, &frame.rgb, notes)
}

/// A picture with opacity as a file.
pub(crate) fn rgba(raster: &Raster) -> Result<Vec<u8>, Error> {
    let side = |pixels: usize| u32::try_from(pixels).unwrap_or(u32::MAX);
    encoded(side(raster.width), side(raster.height), png::ColorType::Rgba, &raster.rgba, &[])
}

fn encoded(
    width: u32,
    height: u32,
    colour: png::ColorType,
    data: &[u8],
    notes: &[(&str, &str)],
) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::with_capacity(data.len() / 16);
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(colour);
    encoder.set_depth(png::BitDepth::Eight);
    // Pictures are flat: no filter and the second level give half the size of
    // the quickest way in a few milliseconds more.
    encoder.set_deflate_compression(png::DeflateCompression::Level(2));
    encoder.set_filter(png::Filter::NoFilter);
    for (name, text) in notes {
        encoder.add_itxt_chunk((*name).to_owned(), (*text).to_owned()).map_err(Error::from_png)?;
    }
    let mut writer = encoder.write_header().map_err(Error::from_png)?;
    writer.write_image_data(&Cow::Borrowed(data)).map_err(Error::from_png)?;
    writer.finish().map_err(Error::from_png)?;
    Ok(bytes)
}
