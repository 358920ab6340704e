//! Image, and the modules of CASA, awimager and mwimager: WSClean itself,
//! recorders for the others.

use super::recorders::{kept, recorded, recorder, scene as recording, scene_with};
use super::scene::{RAW, Scene, installed, shown};
use crate::support::skip::{Skip, need};

const AW: &str = "ms=x\nimage=y\nfits=z\ndata=DATA\nnpix=64\ncellsize=60arcsec\nniter=10\nstokes=I\n\
                  select=\"sumsqr(UVW[:2])<1e8\"\nmaskimage=m\n";
const CASA: &str =
    "# visibility weighting\nvisname='kept'\nvis='old'\nimagename=\"old\"\nclean()\n";

fn wsclean(nodes: u8) -> Result<Scene, Skip> {
    installed("wsclean")?;
    let path = ["/usr/bin/wsclean", "/usr/local/bin/wsclean"];
    let program = path.iter().find(|path| std::path::Path::new(path).exists());
    let line = format!("wscleancommand = ['{}']\n", program.unwrap());
    let scene = scene_with(nodes, &line)?;
    Ok(scene)
}

#[test]
fn templates_change_key_by_key() {
    let scene = need!(Scene::empty(1, "DP3"));
    scene.list(2);
    scene.work.file("aw.parset", AW);
    scene.work.file("clean.py", CASA);
    let words = ["-i", "raw.ref", "-o", "made"];
    let output =
        scene.ok("CreateAWImagerParsetFiles", &[&words[..], &["-t", "aw.parset"]].concat());
    output.complains("`select=sumsqr(UVW[:2])<1e8` has no counterpart");
    scene.ok("CreateCASAImagerParsetFiles", &[&words[..], &["-t", "clean.py"]].concat());
    let name = "L80897_SAP000_SB001_uv.MS";
    let expected = AW
        .replace("ms=x", &format!("ms={RAW}/{name}"))
        .replace("image=y", &format!("image={name}_ver0.img"))
        .replace("fits=z", &format!("fits={name}_ver0.fits"));
    assert_eq!(scene.work.read(format!("made/{name}.aw.parset")), expected);
    let expected = CASA
        .replace("'old'", &format!("\"/net/node011{RAW}/{name}\""))
        .replace("\"old\"", &format!("\"{name}.img.ver0\""));
    assert_eq!(scene.work.read(format!("made/{name}.casa.py")), expected);
    let again =
        scene.run("CreateCASAImagerParsetFiles", &[&words[..], &["-t", "clean.py"]].concat());
    again.run().code(2).complains("exists");
    scene.work.file("bad.py", "imagename='x'\n");
    let bad =
        scene.run("CreateCASAImagerParsetFiles", &["-i", "raw.ref", "-o", "bad", "-t", "bad.py"]);
    bad.run().code(2).complains("neither `{{vis}}` nor a line");
    assert!(!scene.work.has("bad"));
}

#[test]
fn casa_gets_a_script_with_staged_names_and_images_get_theirs() {
    let scene = need!(recording(2));
    need!(scene.fill(2));
    scene.work.file("clean.py", CASA);
    scene.ok("CreateCASAImagerParsetFiles", &["-i", "raw.ref", "-o", "made", "-t", "clean.py"]);
    let words = ["-i", "raw.ref", "-p", "made", "-o", "/data3/img", "-l", "logs", "-r", "img.ref"];
    let plan = scene.ok("LaunchCASAImager", &[&words[..], &["-q"]].concat());
    let lines = shown(&plan, &[(scene.work.path().display().to_string(), "[WORK]")]);
    let wanted = "node011  [WORK]/bin/casa --nologger --nogui -c [WORK]/made/L80897_SAP000_SB000_uv.MS.casa.py";
    assert!(lines[0].starts_with(wanted), "{lines:#?}");
    assert!(!scene.work.has("img.ref") && !scene.work.has("logs"));

    scene.ok("LaunchCASAImager", &words);
    let calls = recorded(&scene, "casa");
    assert_eq!(calls.len(), 2);
    assert!(
        calls[0].starts_with("--nologger --nogui -c SCRATCH/L80897_SAP000_SB000_uv.MS.casa.py"),
        "{calls:?}"
    );
    let script = &kept(&scene, "casa", "script")[0];
    assert!(script.contains(&format!("vis=\"{RAW}/L80897_SAP000_SB00")), "{script}");
    assert!(script.contains("imagename=\"/data3/img/L80897_SAP000_SB00"), "{script}");
    let rows = scene.rows("img.ref");
    let paths: Vec<&str> = rows.iter().map(|row| row.path.as_str()).collect();
    let name = "/data3/img/L80897_SAP000_SB000_uv.MS.img.ver0";
    assert!(paths.contains(&format!("{name}.image").as_str()), "{paths:?}");
    assert_eq!(rows.len(), 4);
    scene.expect_tidy();
    // Images that are there stay, and are told.
    scene.run("LaunchCASAImager", &words).run().code(2);
    recorder(&scene, "casa", 3);
    let more = ["--overwrite", "-p", "made", "-o", "/data3/other", "-l", "logs", "-i", "raw.ref"];
    let output = scene.run("LaunchCASAImager", &more).run().no_panic().code(1);
    output.complains("ended with status 3: it went wrong");
}

#[test]
fn sets_are_read_over_the_network_on_other_nodes() {
    let scene = need!(recording(2));
    need!(scene.fill(2));
    scene.work.file("clean.py", CASA);
    scene.ok("CreateCASAImagerParsetFiles", &["-i", "raw.ref", "-o", "made", "-t", "clean.py"]);
    let words = ["-i", "raw.ref", "-p", "made", "-o", "/data3/img", "-l", "logs", "-r", "img.ref"];
    scene.ok("LaunchCASAImager", &[&words[..], &["-u", "12"]].concat());
    let scripts = kept(&scene, "casa", "script").concat();
    assert!(scripts.contains("node011/data1/users/lofareor"), "{scripts}");
    assert!(scene.rows("img.ref").iter().all(|row| row.node == "node012"));
}

#[test]
fn awimager_is_run_where_it_is_installed() {
    let scene = need!(recording(1));
    need!(scene.fill(1));
    scene.work.file("aw.parset", AW);
    scene.ok("CreateAWImagerParsetFiles", &["-i", "raw.ref", "-o", "made", "-t", "aw.parset"]);
    let words = ["-i", "raw.ref", "-p", "made", "-o", "/data3/img", "-l", "logs", "-r", "img.ref"];
    scene.ok("LaunchAWImager", &[&words[..], &["--engine", "aw"]].concat());
    assert_eq!(recorded(&scene, "awimager"), ["SCRATCH/L80897_SAP000_SB000_uv.MS.aw.parset"]);
    let parset = &kept(&scene, "awimager", "parset")[0];
    assert!(
        parset.contains("image=/data3/img/L80897_SAP000_SB000_uv.MS_ver0.img.part-"),
        "{parset}"
    );
    let mut paths: Vec<String> = scene.rows("img.ref").into_iter().map(|row| row.path).collect();
    paths.sort();
    let name = "/data3/img/L80897_SAP000_SB000_uv.MS_ver0";
    assert_eq!(paths, [format!("{name}.fits"), format!("{name}.img")]);
}

#[test]
fn wsclean_makes_images_from_a_parset_of_awimager() {
    let scene = need!(wsclean(2));
    need!(scene.fill(2));
    scene.work.file("aw.parset", AW);
    scene.ok("CreateAWImagerParsetFiles", &["-i", "raw.ref", "-o", "made", "-t", "aw.parset"]);
    let words = ["-i", "raw.ref", "-p", "made", "-o", "/data3/img", "-l", "logs", "-r", "img.ref"];
    let plan = scene.ok("LaunchAWImager", &[&words[..], &["-q"]].concat());
    let lines = shown(&plan, &[(scene.work.path().display().to_string(), "[WORK]")]);
    let name = "/data3/img/L80897_SAP000_SB000_uv.MS_ver0";
    let wanted = format!(
        "-name {name}.part-RUN -data-column DATA -size 64 64 -scale 60asec -niter 10 -pol I \
         -mgain 0.8 -j THREADS -temp-dir SCRATCH -no-update-model-required \
         {RAW}/L80897_SAP000_SB000_uv.MS"
    );
    assert!(lines[0].contains(&wanted), "{}\n{wanted}", lines[0]);

    let before = columns(&scene);
    scene.ok("LaunchAWImager", &words);
    assert_eq!(columns(&scene), before, "the sets are as they were");
    let rows = scene.rows("img.ref");
    assert_eq!(rows.len(), 10, "{rows:?}");
    let image = rows.iter().find(|row| row.path == format!("{name}-image.fits")).unwrap();
    assert_eq!((image.node.as_str(), image.size.as_str()), ("node011", "1"));
    let bytes = std::fs::read(scene.cluster.seen("node011", &image.path)).unwrap();
    assert!(bytes.starts_with(b"SIMPLE  ="));
    scene.expect_tidy();
    let again = scene.ok("LaunchAWImager", &[&words[..], &["--resume"]].concat());
    assert!(again.stderr.contains("0 ok, 2 skipped"), "{again}");
}

fn columns(scene: &Scene) -> Vec<String> {
    let table = ledama_tables::Table::open(scene.set(RAW, 0, "")).unwrap();
    table.columns().iter().map(|column| column.name.clone()).collect()
}

#[test]
fn several_sets_make_one_image() {
    let scene = need!(wsclean(2));
    need!(scene.fill(3));
    let words =
        ["-i", "raw.ref", "-o", "/data3/img", "--size", "64", "--scale", "60asec", "-l", "logs"];
    let more =
        ["--group", "beam", "--niter", "5", "--output-reffile", "img.ref", "--column", "DATA"];
    let plan = scene.ok("Image", &[&words[..], &more, &["--query"]].concat());
    let lines = shown(&plan, &[]);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(
        lines[0].starts_with("node011") && lines[0].contains("node012/data1/users"),
        "{lines:#?}"
    );
    scene.ok("Image", &[&words[..], &more].concat());
    let rows = scene.rows("img.ref");
    let image = rows.iter().find(|row| row.path.ends_with("-image.fits")).unwrap();
    assert_eq!(image.path, "/data3/img/L80897_SAP000_ver0-image.fits");
    assert_eq!((image.frequency.as_str(), image.beam.as_str()), ("115.2", "0"));
}

#[test]
fn a_failure_of_wsclean_is_one_and_leaves_nothing() {
    let scene = need!(wsclean(1));
    need!(scene.fill(1));
    let words =
        ["-i", "raw.ref", "-o", "/data3/img", "--size", "64", "--scale", "60asec", "-l", "logs"];
    let more = ["--output-reffile", "img.ref", "--program-options", "-data-column NO_SUCH"];
    scene.run("Image", &[&words[..], &more].concat()).run().no_panic().code(1);
    let made = scene.cluster.seen("node011", "/data3/img");
    assert_eq!(std::fs::read_dir(made).into_iter().flatten().count(), 0);
    assert!(!scene.work.has("img.ref"));
    let column = ["--column", "NO_SUCH"];
    let output = scene.run("Image", &[&words[..], &column].concat()).run().no_panic().code(1);
    output.complains("has no column NO_SUCH");
    scene.run("Image", &words[..4]).run().code(2);
    let unsized_ = ["-i", "raw.ref", "-o", "/data3/img", "-l", "logs"];
    scene.run("Image", &unsized_).run().code(2).complains("how large the image is");
    scene.expect_tidy();
}

#[test]
fn mwimager_is_explained() {
    let scene = need!(Scene::empty(1, "DP3"));
    let output = scene.run("LaunchMWImager", &["-i", "x", "-l", "logs"]).run().no_panic().code(2);
    output.complains("mwimager was given up");
    let words = ["-i", "x", "-t", "y", "-o", "z"];
    scene.run("CreateMWImagerParsetFiles", &words).run().code(2).complains("the module Image");
    assert!(!scene.work.has("logs") && !scene.work.has("z"));
}
