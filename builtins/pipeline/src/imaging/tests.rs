#![allow(clippy::unwrap_used)]

use super::casa::{ScriptFault, assigned, fill};
use super::wsclean::{Converted, convert, expected};
use crate::parset::Parset;

const SCRIPT: &str = r#"# visibility weighting: vis="not this one"
default('clean')
vis = 'old.MS'   # the data
visname = "kept"
  imagename="old" ; niter=10
text = """
vis = "inside a text"
"""
if vis == 'x': pass
tclean(
    vis=['a.MS',
         'b.MS'], imagename = 'other',
    imagename='again',
    weighting='briggs')
"#;

#[test]
fn only_assignments_at_the_beginning_of_a_line_change() {
    let filled = fill(SCRIPT, &[("vis", "/data1/it's \"x\".MS"), ("imagename", "new")]).unwrap();
    let expected = SCRIPT
        .replace("'old.MS'", r#""/data1/it's \"x\".MS""#)
        .replace("['a.MS',\n         'b.MS']", r#""/data1/it's \"x\".MS""#)
        .replace("\"old\"", "\"new\"")
        .replace("'again'", "\"new\"");
    assert_eq!(filled, expected);
    assert_eq!(assigned(SCRIPT, "imagename").unwrap().as_deref(), Some("again"));
    assert_eq!(assigned(SCRIPT, "vis").unwrap(), None);
    assert_eq!(assigned(SCRIPT, "visname").unwrap().as_deref(), Some("kept"));
}

#[test]
fn words_in_braces_are_filled_and_count_before_assignments() {
    let script = "vis = 'left alone'\nclean(vis='{{vis}}', imagename='{{imagename}}.x')\n";
    let filled = fill(script, &[("vis", "/a.MS"), ("imagename", "b")]).unwrap();
    assert_eq!(filled, "vis = 'left alone'\nclean(vis='/a.MS', imagename='b.x')\n");
}

#[test]
fn scripts_that_set_nothing_or_do_not_end_are_refused() {
    let fault = |script| fill(script, &[("vis", "x")]).unwrap_err();
    assert_eq!(fault("niter = 3\n"), ScriptFault::Missing("vis".into()));
    assert_eq!(fault("niter = 3\n").to_string(), "it has neither `{{vis}}` nor a line `vis = …`");
    assert_eq!(fault("a = 1\nb = 'open\nvis = 'x'\n"), ScriptFault::Open(2));
    assert_eq!(fault("a = '''open\nvis = 3\n"), ScriptFault::Open(1));
}

#[test]
fn odd_scripts_do_not_panic() {
    for script in
        ["vis=", "vis = ", "vis=\\", "vis='\\", "vis=(((", ")))vis=1", "vïs=1\nvis=ï", "\\"]
    {
        let _ = fill(script, &[("vis", "x")]);
        let _ = assigned(script, "vis");
    }
    assert_eq!(fill("vis=", &[("vis", "x")]).unwrap(), "vis=\"x\"");
}

fn converted(text: &str) -> Converted {
    convert(&Parset::parse(text).unwrap()).unwrap()
}

#[test]
fn every_key_of_awimager_has_its_option() {
    let made = converted(
        "ms = x.MS\nimage=x.img\ndata=CORRECTED_DATA\nnpix=512\ncellsize=20arcsec\nstokes=IQUV\n\
         weight=briggs\nrobust=-0.5\nniter=1000\nthreshold=10mJy\ngain=0.1\nUVmin=0.1\nUVmax=5\n\
         padding=1.2\nwprojplanes=32\nmask=m.fits\nUseEJones=T\nnterms=2\n",
    );
    let words = "-data-column CORRECTED_DATA -size 512 512 -scale 20asec -pol I,Q,U,V \
                 -weight briggs -0.5 -niter 1000 -threshold 0.01 -gain 0.1 -minuv-l 100 \
                 -maxuv-l 5000 -padding 1.2 -nwlayers 32 -fits-mask m.fits -apply-primary-beam \
                 -join-channels -channels-out 2 -fit-spectral-pol 2 -mgain 0.8 \
                 -join-polarizations";
    assert_eq!(made.words.join(" "), words);
    assert_eq!(made.warnings, [""; 0]);
    assert_eq!((made.column.as_deref(), made.channels), (Some("CORRECTED_DATA"), 2));
    let ends = ["-MFS-I-image.fits", "-MFS-Q-image.fits", "-MFS-U-image.fits", "-MFS-V-image.fits"];
    assert_eq!(expected(&made.polarizations, made.channels), ends);
    assert_eq!(expected(&[], 1), ["-image.fits"]);
}

#[test]
fn what_has_no_counterpart_is_told() {
    let made = converted(
        "operation=mfclark\nwmax=1000\ncyclefactor=1.5\ntimewindow=300\nApplyElement=0\noversample=8\n\
         mask=m.img\nselect=\"sumsqr(UVW[:2])<1e8\"\nweight=radial\nwprojplanes=0\n",
    );
    assert_eq!(made.words, [""; 0]);
    assert_eq!(made.warnings.len(), 9, "{:#?}", made.warnings);
    assert!(converted("operation=predict\n").predict);
    assert_eq!(
        converted("threshold = 2\nniter=0\n").words.join(" "),
        "-threshold 2 -niter 0 -mgain 0.8"
    );
}

#[test]
fn values_that_cannot_be_read_are_told_all_at_once() {
    let parset = Parset::parse("npix=many\ncellsize=1arcmin\nniter=x\nthreshold=1 K\n").unwrap();
    let faults = convert(&parset).unwrap_err();
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert_eq!(converted("npix=8\ncellsize=1arcmin\n").words.join(" "), "-size 8 8 -scale 1amin");
    assert!(convert(&Parset::parse("npix=8\n").unwrap()).is_err());
}

#[test]
fn a_selection_with_ms_in_it_stays() {
    let mut parset =
        Parset::parse("ms=old\nselect=\"sumsqr(UVW[:2])<1e8\"\nmaskimage=m\nimage=x\n").unwrap();
    parset.set("ms", "/data1/a.MS");
    parset.set("image", "a.img");
    let text = "ms=/data1/a.MS\nselect=\"sumsqr(UVW[:2])<1e8\"\nmaskimage=m\nimage=a.img\n";
    assert_eq!(parset.text(), text);
}
