//! Turns of the axes under a vector.

/// Parts along the axes.
pub(super) type Vector = [f64; 3];

/// A turn of the frame about one of its axes, radian.
pub(super) enum Rotation {
    X(f64),
    Y(f64),
    Z(f64),
}

/// The same vector in the turned frame.
pub(super) fn turned(rotation: &Rotation, [x, y, z]: Vector) -> Vector {
    match rotation {
        Rotation::X(angle) => {
            let (sin, cos) = angle.sin_cos();
            [x, cos * y + sin * z, cos * z - sin * y]
        }
        Rotation::Y(angle) => {
            let (sin, cos) = angle.sin_cos();
            [cos * x - sin * z, y, sin * x + cos * z]
        }
        Rotation::Z(angle) => {
            let (sin, cos) = angle.sin_cos();
            [cos * x + sin * y, cos * y - sin * x, z]
        }
    }
}
