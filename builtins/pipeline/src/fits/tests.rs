//! Against what astropy makes of the same images (`tests/data/fits/make.py`).
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use ledama_base::atomic::Existing;
use ledama_base::operation::OperationError;

use super::{FitsError, Scaled, rescale};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/fits").join(name)
}

fn scaled(input: &Path, output: &Path) -> Result<Scaled, FitsError> {
    rescale(input, output, 2.5, Existing::Keep, |_, _| true)
}

/// The cards of the first header, END and what follows left out, and where the data begins.
fn cards(bytes: &[u8]) -> (Vec<String>, usize) {
    let all = bytes.chunks(80).map(|card| String::from_utf8(card.to_vec()).unwrap());
    let cards: Vec<String> = all.take_while(|card| card.trim_end() != "END").collect();
    let data = ((cards.len() + 1) * 80).div_ceil(2880) * 2880;
    (cards, data)
}

const CHANGED: [&str; 8] =
    ["BITPIX", "BSCALE", "BZERO", "BLANK", "CHECKSUM", "DATASUM", "DATAMIN", "DATAMAX"];

fn kept(cards: &[String]) -> Vec<&String> {
    cards.iter().filter(|card| !CHANGED.contains(&card[..8].trim_end())).collect()
}

#[test]
fn pixels_are_those_of_astropy_and_cards_stay() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["f32", "f64", "u8", "i16", "i32", "i64", "table"] {
        let output = folder.path().join(name);
        let told = scaled(&data(&format!("{name}.fits")), &output).unwrap();
        let (old, new) = (std::fs::read(data(&format!("{name}.fits"))), std::fs::read(&output));
        let (old, new) = (old.unwrap(), new.unwrap());
        let expected = std::fs::read(data(&format!("{name}.out"))).unwrap();
        let ((old_cards, _), (new_cards, at)) = (cards(&old), cards(&new));
        assert_eq!(told.pixels, expected.len() as u64 / 4, "{name}");
        let pair = |bytes: &[u8]| -> Vec<f32> {
            bytes.as_chunks::<4>().0.iter().map(|b| f32::from_be_bytes(*b)).collect()
        };
        for (found, wanted) in pair(&new[at..at + expected.len()]).iter().zip(pair(&expected)) {
            let same = found.to_bits() == wanted.to_bits() || (found.is_nan() && wanted.is_nan());
            assert!(same, "{name}: {found} for {wanted}");
        }
        assert_eq!(new.len() % 2880, 0);
        let mut wanted = kept(&old_cards);
        let history =
            format!("{:<80}", "HISTORY ledama RescaleFitsImage: pixel values multiplied by 2.5");
        wanted.push(&history);
        assert_eq!(kept(&new_cards), wanted, "{name}");
        let has = |text: &str| new_cards.iter().any(|card| card.starts_with(text));
        assert!(has("BITPIX  =                  -32"), "{name}");
        assert!(!has("BLANK   =") && !has("CHECKSUM") && !has("DATASUM"), "{name}");
    }
}

#[test]
fn scales_of_integers_are_undone_and_ranges_are_new() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("x");
    let told = scaled(&data("i16.fits"), &output).unwrap();
    assert_eq!((told.axes, told.blank), (vec![12, 10], 1));
    let (new, _) = cards(&std::fs::read(&output).unwrap());
    let card =
        |key: &str| new.iter().find(|card| card.starts_with(key)).unwrap().trim_end().to_string();
    assert_eq!(card("BSCALE"), "BSCALE  =                  1.0 / scale");
    assert_eq!(card("BZERO"), "BZERO   =                  0.0 / zero");

    let told = scaled(&data("f32.fits"), &folder.path().join("y")).unwrap();
    assert_eq!((told.blank, told.too_large), (3, 1));
    let (new, _) = cards(&std::fs::read(folder.path().join("y")).unwrap());
    let largest = new.iter().find(|card| card.starts_with("DATAMAX")).unwrap();
    let value: f64 = largest[10..30].trim().parse().unwrap();
    assert!(value > 0.001 && value < 0.02, "{largest}");
    assert!(largest.contains(" / largest"), "{largest}");
}

#[test]
fn tables_behind_the_image_are_copied() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("x");
    scaled(&data("table.fits"), &output).unwrap();
    let (old, new) = (std::fs::read(data("table.fits")).unwrap(), std::fs::read(&output).unwrap());
    let tail = |bytes: &[u8]| {
        let at = bytes.windows(8).position(|word| word == b"XTENSION").unwrap();
        bytes[at..].to_vec()
    };
    assert_eq!(tail(&new), tail(&old));
}

#[test]
fn what_is_no_image_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.fits");
    let whole = std::fs::read(data("f32.fits")).unwrap();
    let made = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let absurd = String::from_utf8_lossy(&whole[..2880])
        .replace("=                   13", "= 99999999999999999999");
    for (input, told) in [
        (data("compressed.fits"), "its image is compressed"),
        (data("two.fits"), "it holds several images"),
        (made("gz", &[0x1f, 0x8b, 8, 0]), "it is compressed"),
        (made("text", b"hello"), "the file ends within a header"),
        (made("other", &[b'x'; 2880]), "it is no FITS file"),
        (made("short", &whole[..whole.len() - 2880]), "the file ends within the pixels"),
        (made("headless", &whole[..2000]), "the file ends within a header"),
        (made("absurd", absurd.as_bytes()), "no whole number"),
        (folder.path().to_path_buf(), "it is a folder"),
        (folder.path().join("none"), "No such file"),
    ] {
        let error: OperationError = scaled(&input, &output).unwrap_err().into();
        assert!(error.message.contains(told), "{}: {}", input.display(), error.message);
        assert!(!output.exists());
    }
    let hidden = std::fs::read_dir(folder.path()).unwrap();
    assert_eq!(
        hidden
            .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with('.'))
            .count(),
        0
    );
}

#[test]
fn an_output_is_replaced_only_when_asked_and_an_interruption_leaves_it() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("x.fits");
    std::fs::copy(data("f32.fits"), &place).unwrap();
    let error: OperationError = scaled(&place, &place).unwrap_err().into();
    assert!(error.message.contains("exists already"), "{error}");
    let stopped = rescale(&place, &place, 2.0, Existing::Replace, |_, _| false).unwrap_err();
    assert!(matches!(stopped, FitsError::Cancelled));
    assert_eq!(std::fs::read(&place).unwrap(), std::fs::read(data("f32.fits")).unwrap());
    rescale(&place, &place, 2.5, Existing::Replace, |_, _| true).unwrap();
    let again = scaled(&place, &folder.path().join("y")).unwrap();
    assert_eq!(again.pixels, 286);
    assert!(matches!(
        rescale(&place, &place, f64::NAN, Existing::Replace, |_, _| true),
        Err(FitsError::Factor(_))
    ));
}
