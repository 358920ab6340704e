//! The gallery: pictures of every kind, compared with those in `docs/gallery`
//! as an eye would.
//!
//! `scripts/dev/gallery` makes them anew. The pictures of modules are listed in
//! `tests/data/gallery/pictures.tsv`: name, sets of the data pack that are
//! unpacked, and the words of the command.

use std::path::{Path, PathBuf};

use ledama_plot::figure::Theme;
use ledama_plot::render::{self, Frame};
use ledama_plot::samples;

use crate::support::Work;
use crate::support::run::repository;
use crate::support::shared;
use crate::support::skip::need;

/// Pixels of a block whose mean is compared.
const BLOCK: usize = 8;

/// Largest difference of the mean of a block, of 255.
const DIFFERENT: f64 = 24.0;

/// Part of the blocks that may differ more.
const PART: f64 = 0.005;

#[test]
fn samples_look_as_in_the_gallery() {
    let mut faults = Vec::new();
    for (name, mut figure) in samples::all() {
        faults.extend(compared(&format!("sample-{name}"), &render::rgb(&figure).unwrap()));
        if ["spectra", "oddities"].contains(&name) {
            figure.theme = Theme::Dark;
            faults.extend(compared(&format!("sample-{name}-dark"), &render::rgb(&figure).unwrap()));
        }
        if name == "coverage" {
            figure.scale = 2.0;
            faults.extend(compared(&format!("sample-{name}-2x"), &render::rgb(&figure).unwrap()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn pictures_of_modules_look_as_in_the_gallery() {
    let pack = need!(shared::shared());
    let list =
        std::fs::read_to_string(repository().join("tests/data/gallery/pictures.tsv")).unwrap();
    let mut faults = Vec::new();
    for line in list.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let [name, sets, words] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("three columns: {line}")
        };
        let work = Work::new();
        let mut words: Vec<String> = shell_words::split(words).unwrap();
        for (index, set) in sets.split(',').filter(|set| !set.is_empty()).enumerate() {
            let folder = shared::unpack(&pack, set, work.path());
            let (mark, folder) = (format!("{{{index}}}"), folder.display().to_string());
            for word in &mut words {
                *word = word.replace(&mark, &folder);
            }
        }
        let picture = work.join("picture.png");
        words.push("--output".into());
        words.push(picture.display().to_string());
        work.ledama(words).ok();
        faults.extend(compared(name, &decoded(&picture)));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_gallery_is_small() {
    let folder = repository().join("docs/gallery");
    let bytes: u64 = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert!(bytes < 2_000_000, "{bytes} bytes");
}

#[test]
fn another_colour_or_a_missing_label_is_seen() {
    let (name, figure) = samples::all().remove(0);
    let picture = render::rgb(&figure).unwrap();
    assert!(difference(&picture, &picture) < 1e-12);
    let mut other = figure.clone();
    other.panels[1].x.label = String::new();
    assert!(difference(&picture, &render::rgb(&other).unwrap()) > PART / 10.0, "{name}");
    let mut other = figure;
    other.theme = Theme::Dark;
    assert!(difference(&picture, &render::rgb(&other).unwrap()) > 0.5, "{name}");
}

/// A message if a picture differs from that of the gallery.
fn compared(name: &str, picture: &Frame) -> Option<String> {
    let file = repository().join("docs/gallery").join(format!("{name}.png"));
    if std::env::var_os("LEDAMA_UPDATE_GOLDEN").is_some() {
        encode(picture, &file);
        return None;
    }
    if !file.is_file() {
        return Some(format!("{name}: not in docs/gallery; make it with scripts/dev/gallery"));
    }
    let part = difference(&decoded(&file), picture);
    if part <= PART {
        return None;
    }
    let made = std::env::temp_dir().join(format!("ledama-gallery-{name}.png"));
    encode(picture, &made);
    Some(format!(
        "{name}: {:.1} % of the picture differ from docs/gallery; now it is {}",
        part * 100.0,
        made.display()
    ))
}

/// Part of the blocks of two pictures that differ; 1 for another size.
fn difference(a: &Frame, b: &Frame) -> f64 {
    if (a.width, a.height) != (b.width, b.height) {
        return 1.0;
    }
    let (wide, high) = (a.width as usize, a.height as usize);
    let (mut blocks, mut different) = (0_u32, 0_u32);
    for top in (0..high).step_by(BLOCK) {
        for left in (0..wide).step_by(BLOCK) {
            let mean = |frame: &Frame, colour: usize| {
                let (mut sum, mut count) = (0.0, 0.0);
                for y in top..(top + BLOCK).min(high) {
                    for x in left..(left + BLOCK).min(wide) {
                        sum += f64::from(frame.rgb[(y * wide + x) * 3 + colour]);
                        count += 1.0;
                    }
                }
                sum / count
            };
            blocks += 1;
            different += u32::from(
                (0..3).any(|colour| (mean(a, colour) - mean(b, colour)).abs() > DIFFERENT),
            );
        }
    }
    f64::from(different) / f64::from(blocks)
}

fn decoded(file: &Path) -> Frame {
    let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(file).unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut rgb).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgb);
    Frame { width: info.width, height: info.height, rgb }
}

/// Small rather than quick.
fn encode(picture: &Frame, file: &PathBuf) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let mut encoder =
        png::Encoder::new(std::fs::File::create(file).unwrap(), picture.width, picture.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    encoder.write_header().unwrap().write_image_data(&picture.rgb).unwrap();
}
