//! The kinds of quality statistics that AOFlagger names, with what they mean.
//!
//! Names are those of aoflagger's statistics tables. Values are complex numbers
//! per correlation; those that count are in the real part. "D" statistics are of
//! differences of neighbouring channels, which leave the noise.

/// One kind of quality statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QualityKind {
    /// Its name in measurement sets.
    pub name: &'static str,
    /// What it means.
    pub about: &'static str,
    /// Unit of its values: `1` for counts and ratios, `V` for visibilities.
    pub unit: &'static str,
    /// Whether sets hold it by default; the others are made from those.
    pub stored: bool,
}

const fn kind(name: &'static str, unit: &'static str, about: &'static str) -> QualityKind {
    QualityKind { name, about, unit, stored: false }
}

const fn stored(name: &'static str, unit: &'static str, about: &'static str) -> QualityKind {
    QualityKind { name, about, unit, stored: true }
}

/// All kinds, in no order of ids: a database numbers them as it meets them.
pub static QUALITY_KINDS: &[QualityKind] = &[
    stored("Count", "1", "samples used"),
    stored("Sum", "V", "sum of visibilities"),
    kind("Mean", "V", "mean of visibilities"),
    stored("RFICount", "1", "samples flagged as interference"),
    kind("RFISum", "V", "sum of flagged visibilities"),
    kind("RFIMean", "V", "mean of flagged visibilities"),
    kind("RFIRatio", "1", "part of samples flagged as interference"),
    kind("RFIPercentage", "%", "percentage of samples flagged as interference"),
    kind("FlaggedCount", "1", "samples flagged before the search for interference"),
    kind("FlaggedRatio", "1", "part of samples flagged before the search for interference"),
    stored("SumP2", "V^2", "sum of squares"),
    kind("SumP3", "V^3", "sum of third powers"),
    kind("SumP4", "V^4", "sum of fourth powers"),
    kind("Variance", "V^2", "variance"),
    kind("VarianceOfVariance", "V^4", "variance of the variance"),
    kind("StandardDeviation", "V", "standard deviation"),
    kind("Skewness", "1", "third standardized moment"),
    kind("Kurtosis", "1", "fourth standardized moment"),
    kind("SignalToNoise", "1", "mean over noise"),
    stored("DSum", "V", "sum of channel differences"),
    kind("DMean", "V", "mean of channel differences"),
    stored("DSumP2", "V^2", "sum of squares of channel differences"),
    kind("DSumP3", "V^3", "sum of third powers of channel differences"),
    kind("DSumP4", "V^4", "sum of fourth powers of channel differences"),
    kind("DVariance", "V^2", "variance of channel differences"),
    kind("DVarianceOfVariance", "V^4", "variance of the variance of channel differences"),
    kind("DStandardDeviation", "V", "standard deviation of channel differences: the noise"),
    stored("DCount", "1", "channel differences used"),
    kind("BadSolutionCount", "1", "samples without a good calibration solution"),
    kind("CorrectCount", "1", "samples used after correction"),
    kind("CorrectedMean", "V", "mean after correction"),
    kind("CorrectedSumP2", "V^2", "sum of squares after correction"),
    kind("CorrectedDCount", "1", "channel differences used after correction"),
    kind("CorrectedDMean", "V", "mean of channel differences after correction"),
    kind("CorrectedDSumP2", "V^2", "sum of squares of channel differences after correction"),
    kind("FTSum", "V", "sum of Fourier-transformed visibilities"),
    kind("FTSumP2", "V^2", "sum of squares of Fourier-transformed visibilities"),
];

/// Meaning and unit of a kind as one text, for the table of kinds.
pub fn description(name: &str) -> Option<String> {
    let kind = QUALITY_KINDS.iter().find(|kind| kind.name == name)?;
    Some(format!("{} [{}]", kind.about, kind.unit))
}
