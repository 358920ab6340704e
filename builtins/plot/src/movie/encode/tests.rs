#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use super::stills::Stills;
use super::*;
use crate::movie::roll;
use ledama_ms::testing::Alone;

const SIZE: (u32, u32) = (64, 48);

/// A frame with few colours that tells its number.
fn picture(at: usize) -> Picture {
    let (width, height) = SIZE;
    let mut rgb = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let bit = (at >> (x / 8)) & 1;
            let dark = bit == 1 && y > height / 2;
            rgb.extend(if dark { [0, 0x72, 0xB2] } else { [255, 255 - (y as u8), 250] });
        }
    }
    Picture { width, height, rgb }
}

fn settings(rate: &str, frames: usize) -> Settings {
    Settings { rate: rate.parse().unwrap(), crf: 18, reproducible: true, frames, size: SIZE }
}

/// Writes a movie with so many threads.
fn write(path: &Path, format: Format, rate: &str, frames: usize, threads: usize) -> String {
    let ctx = Alone::default();
    let settings = settings(rate, frames);
    let ffmpeg = Ffmpeg::find();
    let palette = Palette::of(&[picture(0), picture(5)]);
    let cook = match format {
        Format::Gif => Cook::Indexed(palette.clone(), settings.rate),
        _ => Cook::Raw,
    };
    let tools = (ffmpeg.as_ref(), Some(&palette));
    let mut encoder = Encoder::begin(path, format, Existing::Keep, &settings, tools, &ctx).unwrap();
    roll(
        frames,
        threads,
        3,
        &ctx,
        |at| cook.cook(at, picture(at)),
        |_, frame| encoder.write(frame),
    )
    .unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_gif_holds_the_frames_and_their_times() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.gif");
    write(&path, Format::Gif, "8", 13, 2);
    let mut options = ::gif::DecodeOptions::new();
    options.set_color_output(::gif::ColorOutput::RGBA);
    let mut decoder = options.read_info(File::open(&path).unwrap()).unwrap();
    let mut at = 0;
    while let Some(frame) = decoder.read_next_frame().unwrap() {
        assert_eq!(frame.delay, if at % 2 == 0 { 12 } else { 13 });
        let rgb: Vec<u8> = frame.buffer.chunks(4).flat_map(|p| p[..3].to_vec()).collect();
        assert!(rgb == picture(at).rgb, "frame {at}");
        at += 1;
    }
    assert_eq!(at, 13);
}

#[test]
fn an_animated_png_is_exact() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.apng");
    write(&path, Format::Apng, "12.5", 7, 2);
    let decoder = png::Decoder::new(BufReader::new(File::open(&path).unwrap()));
    let mut reader = decoder.read_info().unwrap();
    assert_eq!(reader.info().animation_control().unwrap().num_frames, 7);
    for at in 0..7 {
        let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut rgb).unwrap();
        let control = reader.info().frame_control().unwrap();
        assert_eq!((control.delay_num, control.delay_den), (2, 25));
        assert!(rgb == picture(at).rgb, "frame {at}");
    }
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = |format: Format, threads: usize| {
        let path = folder.path().join(format!("{threads}.{}", format.extension()));
        write(&path, format, "20", 20, threads);
        std::fs::read(path).unwrap()
    };
    for format in [Format::Gif, Format::Apng] {
        assert!(bytes(format, 1) == bytes(format, 8), "{format:?}");
    }
    if Ffmpeg::find().is_some() {
        assert!(bytes(Format::Mp4, 1) == bytes(Format::Mp4, 8));
    }
}

#[test]
fn ffmpeg_writes_every_frame() {
    let Some(_) = Ffmpeg::find() else {
        eprintln!("skipped: no ffmpeg");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.mp4");
    let command = write(&path, Format::Mp4, "20", 30, 2);
    assert!(command.contains("-f rawvideo") && command.contains("x.mp4"), "{command}");
    let probe = Command::new("ffprobe")
        .args(["-v", "error", "-count_frames", "-show_entries"])
        .args(["stream=nb_read_frames,r_frame_rate,width,height,pix_fmt", "-of", "csv=p=0"])
        .arg(&path)
        .output()
        .unwrap();
    let told = String::from_utf8(probe.stdout).unwrap();
    assert_eq!(told.trim(), "64,48,yuv420p,20/1,30");
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn nothing_remains_of_a_movie_that_was_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let ctx = Alone::default();
    for format in [Format::Gif, Format::Apng, Format::Mp4] {
        let ffmpeg = Ffmpeg::find();
        if format == Format::Mp4 && ffmpeg.is_none() {
            continue;
        }
        let palette = Palette::of(&[picture(0)]);
        let path = folder.path().join("x");
        let tools = (ffmpeg.as_ref(), Some(&palette));
        let begun = Encoder::begin(&path, format, Existing::Keep, &settings("20", 3), tools, &ctx);
        drop(begun.unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{format:?}");
    }
    let stopped = Alone { cancelled: true };
    let error = roll(3, 2, 2, &stopped, Ok, |_, _: usize| Ok(())).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
}

#[test]
fn frames_are_taken_in_order_and_few_are_in_memory() {
    let alive = Mutex::new((0_usize, 0_usize));
    let ctx = Alone::default();
    let mut seen = Vec::new();
    let make = |at: usize| {
        let mut alive = alive.lock().unwrap();
        alive.0 += 1;
        alive.1 = alive.1.max(alive.0);
        Ok(at)
    };
    let take = |at: usize, frame: usize| {
        alive.lock().unwrap().0 -= 1;
        seen.push((at, frame));
        Ok(())
    };
    roll(100, 4, 5, &ctx, make, take).unwrap();
    assert_eq!(seen, (0..100).map(|at| (at, at)).collect::<Vec<_>>());
    assert!(alive.lock().unwrap().1 <= 10);
    let failing = |at: usize| {
        if at == 7 { Err(OperationError::new(ErrorKind::Io, "seven")) } else { Ok(at) }
    };
    let error = roll(100, 4, 5, &ctx, failing, |_, _| Ok(())).unwrap_err();
    assert_eq!(error.message, "seven");
    roll(0, 4, 5, &ctx, Ok, |_, _: usize| Ok(())).unwrap();
}

#[test]
fn single_pictures_are_kept_when_they_are_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("frames");
    let stills = Stills::begin(&place, "abc").unwrap();
    for at in 0..4 {
        assert!(!stills.has(at));
        stills.write(at, &stills.encode(at, &picture(at)).unwrap()).unwrap();
    }
    assert!(stills.has(3));
    // A frame that was given another number is not taken for that one.
    std::fs::copy(stills.path(0), stills.path(3)).unwrap();
    assert!(!stills.has(3));
    stills.finish(4).unwrap();
    let other = Stills::begin(&place, "abd").unwrap();
    assert!(!other.has(0));
    // Left-over frames of a longer movie go, pictures of others are respected.
    other.finish(2).unwrap();
    assert_eq!(std::fs::read_dir(&place).unwrap().count(), 2);
    std::fs::write(place.join("holiday.png"), b"x").unwrap();
    let error = Stills::begin(&place, "abc").unwrap_err();
    assert!(error.message.contains("holiday.png is no frame"), "{}", error.message);
    let decoder =
        png::Decoder::new(BufReader::new(File::open(place.join("img000001.png")).unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut rgb).unwrap();
    assert!(rgb == picture(1).rgb);
}

#[test]
fn a_palette_takes_all_colours_or_the_most_frequent() {
    let few = Palette::of(&[picture(3)]);
    assert_eq!(few.len(), 49);
    let many = Picture {
        width: 400,
        height: 1,
        rgb: (0..400_u32).flat_map(|k| [(k % 200) as u8, (k / 4) as u8, 0]).collect(),
    };
    let palette = Palette::of([&many]);
    assert!(palette.len() == 256 && !palette.is_empty());
    let colours = palette.bytes();
    for (pixel, index) in many.rgb.chunks(3).zip(palette.indexed(&many)) {
        let found = &colours[usize::from(index) * 3..][..3];
        assert!(pixel.iter().zip(found).all(|(a, b)| a.abs_diff(*b) < 60), "{pixel:?} {found:?}");
    }
}
