//! Quantiles: the value below which a given share of a distribution lies.
//!
//! The normal quantile is algorithm AS 241 (Wichura, Applied Statistics 37,
//! 1988), with a relative error of about 1e-16. Dictionaries hold floats, so that any
//! computation of this accuracy gives the same bits as the writer's.

use std::f64::consts::PI;

/// Numerator and denominator, lowest power first.
struct Ratio([f64; 8], [f64; 8]);

const CENTRE: Ratio = Ratio(
    [
        3.387_132_872_796_366_5,
        1.331_416_678_917_843_8e2,
        1.971_590_950_306_551_3e3,
        1.373_169_376_550_946e4,
        4.592_195_393_154_987e4,
        6.726_577_092_700_87e4,
        3.343_057_558_358_813e4,
        2.509_080_928_730_122_7e3,
    ],
    [
        1.0,
        4.231_333_070_160_091e1,
        6.871_870_074_920_579e2,
        5.394_196_021_424_751e3,
        2.121_379_430_158_659_7e4,
        3.930_789_580_009_271e4,
        2.872_908_573_572_194_3e4,
        5.226_495_278_852_854e3,
    ],
);

const MIDDLE: Ratio = Ratio(
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        2.417_807_251_774_506e-1,
        2.272_384_498_926_918_4e-2,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        6.897_673_349_851e-1,
        1.481_039_764_274_800_8e-1,
        1.519_866_656_361_645_7e-2,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
);

const TAIL: Ratio = Ratio(
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        2.965_605_718_285_048_7e-1,
        2.653_218_952_657_612_4e-2,
        1.242_660_947_388_078_4e-3,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        5.998_322_065_558_88e-1,
        1.369_298_809_227_358e-1,
        1.487_536_129_085_061_5e-2,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_7e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
);

impl Ratio {
    fn at(&self, x: f64) -> f64 {
        let horner = |terms: &[f64; 8]| terms.iter().rev().fold(0.0, |sum, term| sum * x + term);
        horner(&self.0) / horner(&self.1)
    }
}

/// The standard normal quantile of a share between 0 and 1.
pub(super) fn normal(share: f64) -> f64 {
    let centred = share - 0.5;
    if centred.abs() <= 0.425 {
        return centred * CENTRE.at(0.180_625 - centred * centred);
    }
    let rest = if centred < 0.0 { share } else { 1.0 - share };
    if rest <= 0.0 {
        return f64::INFINITY.copysign(centred);
    }
    let far = (-rest.ln()).sqrt();
    let value = if far <= 5.0 { MIDDLE.at(far - 1.6) } else { TAIL.at(far - 5.0) };
    value.copysign(centred)
}

/// The density of the standard normal distribution.
pub(super) fn normal_density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * PI).sqrt()
}

/// The share of the standard normal distribution below `x`.
pub(super) fn normal_share(x: f64) -> f64 {
    let far = x.abs();
    if far < 2.0 {
        // All terms of this series are positive, so nothing cancels.
        let (mut term, mut sum, mut odd) = (far, far, 1.0);
        while term > sum * 1e-18 {
            odd += 2.0;
            term *= far * far / odd;
            sum += term;
        }
        return 0.5 + (normal_density(far) * sum).copysign(x);
    }
    // Laplace's continued fraction of the tail, from the inside out.
    let below = (1..=200).rev().fold(far, |rest, step| far + f64::from(step) / rest);
    let tail = normal_density(far) / below;
    if x < 0.0 { tail } else { 1.0 - tail }
}

/// The quantile of Student's distribution with `nu` degrees of freedom.
///
/// Newton's steps on the tail, which is convex, rise to the quantile from the
/// normal one, which is always nearer to the middle.
pub(super) fn students(share: f64, nu: f64) -> f64 {
    let rest = share.min(1.0 - share);
    let scale = (ln_gamma(0.5 * (nu + 1.0)) - ln_gamma(0.5 * nu)).exp() / (nu * PI).sqrt();
    let mut t = normal(rest).abs();
    for _ in 0..100 {
        let density = scale * (1.0 + t * t / nu).powf(-0.5 * (nu + 1.0));
        let step = (students_tail(t, nu) - rest) / density;
        t += step;
        if !t.is_finite() || step.abs() <= 1e-14 * t {
            break;
        }
    }
    t.copysign(share - 0.5)
}

/// The share of Student's distribution above `t` (at least 0).
fn students_tail(t: f64, nu: f64) -> f64 {
    let x = nu / (nu + t * t);
    0.5 * incomplete_beta(x, nu / 2.0, 0.5)
}

/// The regularized incomplete beta function, by its continued fraction.
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let front =
        (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(x, a, b) / a
    } else {
        1.0 - front * beta_fraction(1.0 - x, b, a) / b
    }
}

/// The continued fraction of the incomplete beta function, by Lentz's method.
fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    let away = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut upper = 1.0;
    let mut lower = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut value = lower;
    for step in 1..500 {
        let step = f64::from(step);
        let base = a + 2.0 * step;
        let even = step * (b - step) * x / ((base - 1.0) * base);
        let odd = -(a + step) * (a + b + step) * x / (base * (base + 1.0));
        for term in [even, odd] {
            lower = 1.0 / away(1.0 + term * lower);
            upper = away(1.0 + term / upper);
            value *= lower * upper;
        }
        if (lower * upper - 1.0).abs() < 1e-16 {
            break;
        }
    }
    value
}

/// The logarithm of the gamma function: Stirling's series, after moving up.
fn ln_gamma(x: f64) -> f64 {
    let (mut at, mut moved) = (x, 0.0);
    while at < 15.0 {
        moved += at.ln();
        at += 1.0;
    }
    let square = 1.0 / (at * at);
    let series =
        [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0]
            .iter()
            .rev()
            .fold(0.0, |sum, term| sum * square + term)
            / at;
    (at - 0.5) * at.ln() - at + 0.5 * (2.0 * PI).ln() + series - moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_quantile_undoes_the_share() {
        for step in 1..4000 {
            let share = f64::from(step) / 8000.0;
            let x = normal(share);
            assert!((normal_share(x) / share - 1.0).abs() < 1e-13, "{share}: {x}");
            assert!((x + normal(1.0 - share)).abs() <= 4e-16 * (1.0 + x.abs() / share));
        }
        for share in [1e-300, 1e-30, 1e-12, 1e-6] {
            assert!((normal_share(normal(share)) / share - 1.0).abs() < 1e-11, "{share}");
        }
        assert!(normal(0.5).abs() < f64::MIN_POSITIVE);
        assert_eq!((normal(0.0), normal(1.0)), (f64::NEG_INFINITY, f64::INFINITY));
        assert!((normal(0.975) - 1.959_963_984_540_054).abs() < 1e-15);
    }

    #[test]
    fn students_quantiles_have_closed_forms() {
        for step in 1..200 {
            let share = f64::from(step) / 200.0;
            let one = (PI * (share - 0.5)).tan();
            let two = (2.0 * share - 1.0) / (2.0 * share * (1.0 - share)).sqrt();
            assert!((students(share, 1.0) - one).abs() <= 1e-12 * (1.0 + one.abs()), "{share}");
            assert!((students(share, 2.0) - two).abs() <= 1e-12 * (1.0 + two.abs()), "{share}");
            assert!((students(share, 1e5) - normal(share)).abs() < 2e-4, "{share}");
        }
    }
}
