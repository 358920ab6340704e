//! RescaleFitsImage.

use crate::support::Work;
use crate::support::run::repository;

fn image(work: &Work, name: &str) {
    let from = repository().join("builtins/pipeline/tests/data/fits/f32.fits");
    std::fs::copy(from, work.join(name)).unwrap();
}

#[test]
fn pixels_are_multiplied_and_nothing_is_overwritten_unasked() {
    let work = Work::new();
    image(&work, "in it's.fits");
    let run = |more: &[&str]| {
        let words =
            ["run", "RescaleFitsImage", "--no-progress", "-i", "in it's.fits", "-o", "out.fits"];
        work.ledama(words).args(more).run().no_panic()
    };
    run(&["-f", "2.5"]).code(0);
    let bytes = std::fs::read(work.join("out.fits")).unwrap();
    let expected =
        std::fs::read(repository().join("builtins/pipeline/tests/data/fits/f32.out")).unwrap();
    let pixels = |bytes: &[u8]| -> Vec<f32> {
        bytes.as_chunks::<4>().0.iter().map(|b| f32::from_be_bytes(*b)).collect()
    };
    let found = pixels(&bytes[2880..2880 + expected.len()]);
    let same = |(a, b): (&f32, &f32)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
    assert!(found.iter().zip(&pixels(&expected)).all(same));
    run(&[]).code(2).complains("out.fits exists");
    run(&["--overwrite", "-f", "-1"]).code(0);
    run(&["-f", "two", "--overwrite"]).code(2);
    work.file("text.fits", "no image");
    let words = ["run", "RescaleFitsImage", "-i", "text.fits", "-o", "new.fits"];
    work.ledama(words).run().no_panic().code(1).complains("the file ends within a header");
    assert!(!work.has("new.fits"));
}

#[test]
fn a_plan_changes_nothing() {
    let work = Work::new();
    image(&work, "in.fits");
    let words = ["run", "RescaleFitsImage", "-i", "in.fits", "-o", "out.fits", "--query"];
    let output = work.ledama(words).ok();
    let line = format!("scale {}", work.join("in.fits").display());
    assert!(output.stdout().lines().next().unwrap().ends_with(&line), "{output}");
    assert!(!work.has("out.fits"));
}
