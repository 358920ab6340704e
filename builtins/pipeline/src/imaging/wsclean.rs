//! Parsets of awimager, which is retired, as options of WSClean.

use serde::{Deserialize, Serialize};

use crate::parset::Parset;

/// The options, and what has no counterpart.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Converted {
    /// Options of WSClean, without `-name` and the sets.
    pub words: Vec<String>,
    /// The column that is imaged, if the parset names one.
    pub column: Option<String>,
    /// Polarizations, such as `I`; those of WSClean if none.
    pub polarizations: Vec<String>,
    /// How many images along frequency, 1 for one.
    pub channels: u32,
    /// The model is put into the set instead of an image being made.
    pub predict: bool,
    /// Sentences for the user.
    pub warnings: Vec<String>,
}

/// Keys that say where things are, or that mean nothing for the image.
const SILENT: [&str; 7] = ["ms", "image", "fits", "verbose", "robust", "npix", "hdf5"];

/// Converts a parset.
///
/// # Errors
/// A sentence for each value that cannot be read.
pub fn convert(parset: &Parset) -> Result<Converted, Vec<String>> {
    let mut made = Converted { channels: 1, ..Converted::default() };
    let mut faults = Vec::new();
    for key in parset.keys() {
        let value = parset.get(key).unwrap_or_default();
        if let Err(fault) = one(&key.to_lowercase(), key, &value, parset, &mut made) {
            faults.push(fault);
        }
    }
    if parset.get("npix").is_some() != parset.get("cellsize").is_some() {
        faults.push("`npix` and `cellsize` belong together".to_string());
    }
    if made.words.iter().any(|word| word == "-niter")
        && !made.words.iter().any(|word| word == "-mgain")
    {
        made.words.extend(["-mgain".to_string(), "0.8".to_string()]);
    }
    if made.channels > 1 && made.polarizations.len() > 1 {
        // WSClean 3.1 looks for files it has not made otherwise.
        made.words.push("-join-polarizations".to_string());
    }
    if faults.is_empty() { Ok(made) } else { Err(faults) }
}

/// What one key becomes. `lower` is the key in small letters.
fn one(
    lower: &str,
    key: &str,
    value: &str,
    parset: &Parset,
    made: &mut Converted,
) -> Result<(), String> {
    let number = || {
        let fault = || format!("`{key}` is `{value}`, which is no number");
        value.parse::<f64>().ok().filter(|number| number.is_finite()).ok_or_else(fault)
    };
    let mut add = |words: &[&str]| made.words.extend(words.iter().map(ToString::to_string));
    match lower {
        "data" => {
            add(&["-data-column", value]);
            made.column = Some(value.to_string());
        }
        "cellsize" => {
            let pixels = parset.get("npix").unwrap_or_default();
            if pixels.parse::<u32>().is_err() {
                return Err(format!("`npix` is `{pixels}`, which is no whole number"));
            }
            add(&["-size", &pixels, &pixels, "-scale", &angle(value)]);
        }
        "stokes" => {
            let all = value.split(',').map(str::trim);
            let all = all.flat_map(|word| {
                if word.chars().all(|c| "IQUV".contains(c)) {
                    word.chars().map(String::from).collect()
                } else {
                    vec![word.to_string()]
                }
            });
            made.polarizations = all.collect();
            let list = made.polarizations.join(",");
            made.words.extend(["-pol".to_string(), list]);
        }
        "weight" => match value {
            "natural" | "uniform" => add(&["-weight", value]),
            "briggs" | "robust" | "briggsabs" => {
                let robust = parset.get("robust").unwrap_or_else(|| "0".to_string());
                add(&["-weight", "briggs", &robust]);
                if value == "briggsabs" {
                    made.warnings.push("`weight=briggsabs` becomes briggs, which is not the same".into());
                }
            }
            _ => made.warnings.push(format!("`weight={value}` has no counterpart: weights are uniform")),
        },
        "niter" => add(&["-niter", &format!("{}", number()?.round())]),
        "threshold" => add(&["-threshold", &jansky(key, value)?]),
        "gain" => add(&["-gain", value]),
        "uvmin" => add(&["-minuv-l", &format!("{}", number()? * 1000.0)]),
        "uvmax" => add(&["-maxuv-l", &format!("{}", number()? * 1000.0)]),
        "padding" => add(&["-padding", value]),
        "wprojplanes" => {
            // Zero and less leave it to the imager.
            if number()? > 0.0 {
                add(&["-nwlayers", value]);
            }
        }
        "wmax" => made.warnings.push(
            "`wmax` cuts by w; WSClean cuts by the length of baselines (-maxuvw-m), which is not the same: left out".into(),
        ),
        "mask" => {
            let is_fits = value.rsplit('.').next().is_some_and(|end| end.eq_ignore_ascii_case("fits"));
            if is_fits {
                add(&["-fits-mask", value]);
            } else if !value.is_empty() {
                made.warnings.push(format!("`mask={value}` is a casacore image: write it as FITS and give it with -fits-mask"));
            }
        }
        "useejones" | "applybeam" if truth(value) => add(&["-apply-primary-beam"]),
        "useejones" | "applybeam" => {}
        "operation" => match value {
            "predict" => {
                add(&["-predict"]);
                made.predict = true;
            }
            "multiscale" => add(&["-multiscale"]),
            "mfclark" | "csclean" => made.warnings.push(format!("`operation={value}` becomes WSClean's own way to clean")),
            _ => {}
        },
        "nterms" => {
            let terms = number()?.round();
            if terms > 1.0 {
                add(&["-join-channels", "-channels-out", &format!("{terms}"), "-fit-spectral-pol", &format!("{terms}")]);
                // A small number by now.
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let channels = terms.min(1000.0) as u32;
                made.channels = channels;
            }
        }
        known if SILENT.contains(&known) => {}
        "cyclefactor" => made.warnings.push("`cyclefactor` has no exact counterpart: see -mgain".into()),
        _ => made.warnings.push(format!("`{key}={value}` has no counterpart in WSClean: left out")),
    }
    Ok(())
}

fn truth(value: &str) -> bool {
    ["true", "t", "yes", "1"].contains(&value.to_lowercase().as_str())
}

/// `20arcsec` as `20asec`; a number alone is in arcseconds.
fn angle(value: &str) -> String {
    for (from, to) in [("arcsec", "asec"), ("arcmin", "amin")] {
        if let Some(number) = value.strip_suffix(from) {
            return format!("{}{to}", number.trim());
        }
    }
    if value.parse::<f64>().is_ok() { format!("{value}asec") } else { value.to_string() }
}

/// A flux in Jy; a number alone is in Jy.
fn jansky(key: &str, value: &str) -> Result<String, String> {
    let scales = [("mJy", 1e-3), ("uJy", 1e-6), ("Jy", 1.0), ("", 1.0)];
    let read = scales.iter().find_map(|(unit, scale)| {
        let number: f64 = value.strip_suffix(unit)?.trim().parse().ok()?;
        Some(number * scale)
    });
    read.map(|flux| format!("{flux}"))
        .ok_or_else(|| format!("`{key}` is `{value}`, which is no flux"))
}

/// The ends of the names of images that WSClean makes with these options, as
/// far as they are certain.
pub fn expected(polarizations: &[String], channels: u32) -> Vec<String> {
    let band = if channels > 1 { "-MFS" } else { "" };
    if polarizations.len() < 2 {
        return vec![format!("{band}-image.fits")];
    }
    polarizations.iter().map(|pol| format!("{band}-{pol}-image.fits")).collect()
}
