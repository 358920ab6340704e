//! What a solution does to a signal: the formulas from a value and a
//! frequency to a factor or a rotation.
//!
//! Signs are those of DP3 (`applycal`): gains corrupt the model,
//! V(p,q) = G(p) M G(q)^H.

use num_complex::Complex64;

/// Speed of light, m/s.
pub const LIGHT: f64 = 299_792_458.0;

/// Phase of one TEC unit at 1 Hz, rad.
pub const TEC_PHASE: f64 = -8.447_972_45e9;

/// A kind of solution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// A factor.
    Amplitude,
    /// A phase, rad.
    Phase,
    /// A delay, s.
    Clock,
    /// Total electron content, TEC units (10^16 electrons per m²).
    Tec,
    /// A rotation, rad.
    Rotation,
    /// A rotation measure, rad/m².
    RotationMeasure,
}

impl Effect {
    /// The factor on the diagonal of the Jones matrix; 1 for rotations.
    pub fn factor(self, value: f64, freq_hz: f64) -> Complex64 {
        match self {
            Self::Amplitude => Complex64::new(value, 0.0),
            Self::Rotation | Self::RotationMeasure => Complex64::new(1.0, 0.0),
            _ => Complex64::from_polar(1.0, self.angle(value, freq_hz)),
        }
    }

    /// The phase or the angle of rotation, rad; 0 for amplitudes.
    pub fn angle(self, value: f64, freq_hz: f64) -> f64 {
        match self {
            Self::Amplitude => 0.0,
            Self::Phase | Self::Rotation => value,
            Self::Clock => std::f64::consts::TAU * freq_hz * value,
            Self::Tec => TEC_PHASE * value / freq_hz,
            Self::RotationMeasure => value * (LIGHT / freq_hz).powi(2),
        }
    }

    /// Whether it turns the polarizations into each other.
    pub fn rotates(self) -> bool {
        matches!(self, Self::Rotation | Self::RotationMeasure)
    }
}

/// The Jones matrix of a rotation by `angle`: XX, XY, YX, YY.
pub fn rotation(angle: f64) -> [Complex64; 4] {
    let (sin, cos) = angle.sin_cos();
    [cos, -sin, sin, cos].map(|part| Complex64::new(part, 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9 * b.abs().max(1.0)
    }

    #[test]
    fn the_formulas() {
        // 92 ns at 150 MHz.
        assert!(near(Effect::Clock.angle(92e-9, 150e6), 86.707_957_239));
        assert!(near(Effect::Tec.angle(1.0, 150e6), -56.319_816_333));
        assert!(near(Effect::RotationMeasure.angle(1.0, 150e6), 3.994_467_461));
        assert!(near(Effect::Phase.factor(std::f64::consts::FRAC_PI_2, 1.0).im, 1.0));
        assert!(near(Effect::Amplitude.factor(2.5, 1.0).re, 2.5));
        let turned = rotation(std::f64::consts::FRAC_PI_2).map(|part| part.re.round());
        assert!(turned.iter().zip([0.0, -1.0, 1.0, 0.0]).all(|(a, b)| near(*a, b)));
    }
}
