//! Diagnostic arrays as bytes: little-endian 64-bit floats in C order, real part
//! before imaginary part, `[correlation][channel][time]` or `[correlation][channel]`,
//! without a header; the shape is in columns beside them. Both back ends hold the
//! same bytes.
//!
//! There are always four correlations. One that the source lacks is filled with
//! -1000 in both parts.

use ndarray::{Array, Array2, Array3, ArrayView, Axis, Dimension, IxDyn, RemoveAxis};
use num_complex::Complex64;

use crate::error::{LeddbError, Result};
use crate::schema::enumerations;

/// Correlations of every array.
pub const CORRELATIONS: usize = 4;

/// The value in place of one that is not there.
pub const FILLER: Complex64 = Complex64::new(enumerations::FILLER, enumerations::FILLER);

/// Bytes of one element.
const ELEMENT: usize = 16;

/// Whether it stands for a value that is not there.
#[allow(clippy::float_cmp)] // The filler is written and read exactly.
pub fn is_filler(value: Complex64) -> bool {
    value == FILLER
}

/// Axes of an array, besides the four correlations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Channels.
    pub channels: u32,
    /// Times, if the array has that axis.
    pub times: Option<u32>,
}

impl Shape {
    /// Bytes of such an array. Fails where they are more than a database can hold.
    pub fn bytes(self) -> Result<usize> {
        let times = self.times.unwrap_or(1);
        if self.channels == 0 || times == 0 {
            return Err(fault("an axis has no elements".to_string()));
        }
        (CORRELATIONS * ELEMENT)
            .checked_mul(self.channels as usize)
            .and_then(|bytes| bytes.checked_mul(times as usize))
            // The largest value of a PostgreSQL column.
            .filter(|bytes| *bytes < 1 << 30)
            .ok_or_else(|| {
                fault(format!("{} channels and {times} times are too many", self.channels))
            })
    }

    /// The shape with columns as a database has them.
    pub fn of_columns(n_corr: i64, n_freq: i64, n_time: Option<i64>) -> Result<Self> {
        let axis = |name, length: i64| {
            u32::try_from(length)
                .ok()
                .filter(|length| *length > 0)
                .ok_or_else(|| fault(format!("{name} is {length}")))
        };
        if n_corr != 4 {
            return Err(fault(format!("n_corr is {n_corr}, not 4")));
        }
        Ok(Self {
            channels: axis("n_freq", n_freq)?,
            times: n_time.map(|length| axis("n_time", length)).transpose()?,
        })
    }

    fn of_axes(axes: &[usize]) -> Result<Self> {
        let axis = |length: usize| {
            u32::try_from(length).map_err(|_| fault(format!("an axis of {length}")))
        };
        match *axes {
            [CORRELATIONS, channels] => Ok(Self { channels: axis(channels)?, times: None }),
            [CORRELATIONS, channels, times] => {
                Ok(Self { channels: axis(channels)?, times: Some(axis(times)?) })
            }
            _ => Err(fault(format!("axes {axes:?} are not [4, channels] or [4, channels, times]"))),
        }
    }
}

fn fault(reason: String) -> LeddbError {
    LeddbError::Array { reason }
}

/// An array as bytes, with its shape.
pub fn encode<D: Dimension>(array: &ArrayView<'_, Complex64, D>) -> Result<(Shape, Vec<u8>)> {
    let shape = Shape::of_axes(array.shape())?;
    let mut bytes = Vec::with_capacity(shape.bytes()?);
    match array.as_slice() {
        Some(slice) if cfg!(target_endian = "little") => {
            bytes.extend_from_slice(bytemuck::cast_slice(slice));
        }
        _ => {
            for value in array {
                bytes.extend_from_slice(&value.re.to_le_bytes());
                bytes.extend_from_slice(&value.im.to_le_bytes());
            }
        }
    }
    Ok((shape, bytes))
}

/// The elements of an array in their order.
fn elements(bytes: &[u8], shape: Shape) -> Result<Vec<Complex64>> {
    let expected = shape.bytes()?;
    if bytes.len() != expected {
        return Err(fault(format!("{} bytes instead of {expected} for {shape:?}", bytes.len())));
    }
    let mut values = vec![Complex64::new(0.0, 0.0); bytes.len() / ELEMENT];
    if cfg!(target_endian = "little") {
        bytemuck::cast_slice_mut::<Complex64, u8>(&mut values).copy_from_slice(bytes);
    } else {
        let part = |bytes: &[u8]| f64::from_le_bytes(bytes.try_into().unwrap_or_default());
        for (value, bytes) in values.iter_mut().zip(bytes.chunks_exact(ELEMENT)) {
            *value = Complex64::new(part(&bytes[..8]), part(&bytes[8..]));
        }
    }
    Ok(values)
}

/// The array `[correlation][channel][time]` of these bytes.
pub fn decode_times(bytes: &[u8], shape: Shape) -> Result<Array3<Complex64>> {
    let times = shape.times.ok_or_else(|| fault("it has no time axis".to_string()))?;
    let axes = (CORRELATIONS, shape.channels as usize, times as usize);
    Array3::from_shape_vec(axes, elements(bytes, shape)?).map_err(|error| fault(error.to_string()))
}

/// The array `[correlation][channel]` of these bytes.
pub fn decode(bytes: &[u8], shape: Shape) -> Result<Array2<Complex64>> {
    if shape.times.is_some() {
        return Err(fault("it has a time axis".to_string()));
    }
    let axes = (CORRELATIONS, shape.channels as usize);
    Array2::from_shape_vec(axes, elements(bytes, shape)?).map_err(|error| fault(error.to_string()))
}

/// The array of these bytes, whatever its axes.
pub fn decode_any(bytes: &[u8], shape: Shape) -> Result<Array<Complex64, IxDyn>> {
    let mut axes = vec![CORRELATIONS, shape.channels as usize];
    axes.extend(shape.times.map(|times| times as usize));
    Array::from_shape_vec(IxDyn(&axes), elements(bytes, shape)?)
        .map_err(|error| fault(error.to_string()))
}

/// An array with all four correlations, of one with the correlations `places`
/// (0 XX, 1 XY, 2 YX, 3 YY) on its first axis; the others are filled.
pub fn with_all_correlations<D: RemoveAxis>(
    array: &ArrayView<'_, Complex64, D>,
    places: &[usize],
) -> Result<Array<Complex64, D>> {
    if array.len_of(Axis(0)) != places.len() || places.iter().any(|place| *place >= CORRELATIONS) {
        return Err(fault(format!(
            "correlations {places:?} of an array of shape {:?}",
            array.shape()
        )));
    }
    let mut axes = array.raw_dim();
    axes[0] = CORRELATIONS;
    let mut whole = Array::from_elem(axes, FILLER);
    for (from, place) in places.iter().enumerate() {
        whole.index_axis_mut(Axis(0), *place).assign(&array.index_axis(Axis(0), from));
    }
    Ok(whole)
}

/// Frequencies of the channels, MHz: from the centre and width of the sub-band in
/// MHz and the step in Hz, each at the middle of its channel.
pub fn frequencies(centre_mhz: f64, bandwidth_mhz: f64, step_hz: f64, channels: u32) -> Vec<f64> {
    let first = centre_mhz - bandwidth_mhz / 2.0;
    (0..channels).map(|channel| first + (f64::from(channel) + 0.5) * step_hz / 1e6).collect()
}

/// Times of the samples: `start` and steps in the same unit.
pub fn times(start: f64, step: f64, count: u32) -> Vec<f64> {
    (0..count).map(|k| start + f64::from(k) * step).collect()
}

#[cfg(test)]
mod tests;
