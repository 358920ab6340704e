//! UnPackData: sets come out whole, or not at all, and never anywhere else.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::edits;
use super::pack_data::{PARENT, Scene, node};
use crate::support::observation::{self, Shape};
use crate::support::rows::rows;
use crate::support::skip::{Skip, need};
use crate::support::tree::{bytes_below, compare, walk};
use crate::support::{Cluster, Output, casacore, plan_golden, wait};

/// Three archives made by GNU tar, listed in `x.ref`; the sets are gone.
fn scene(shape: Shape) -> Result<Scene, Skip> {
    let scene = Scene::new(shape)?;
    (0..3).for_each(|k| gnu_pack(&scene, k, &[]));
    scene.list("x.ref", &[0, 1, 2], ".tar");
    Ok(scene)
}

/// Packs a set with GNU tar and removes it.
fn gnu_pack(scene: &Scene, k: u32, options: &[&str]) {
    let name = observation::name(80897, 0, k);
    let done = Command::new("tar")
        .args(options)
        .args(["-cf", &format!("{name}.tar"), &name])
        .current_dir(scene.set(k).parent().unwrap())
        .status();
    assert!(done.unwrap().success());
    std::fs::remove_dir_all(scene.set(k)).unwrap();
}

fn unpack(scene: &Scene, more: &[&str]) -> Output {
    scene.command("UnPackData", &["--reffile", "x.ref"]).args(more).run().no_panic()
}

fn packed() -> Vec<String> {
    Scene::wanted(&[(0, ".tar"), (1, ".tar"), (2, ".tar")])
}

#[test]
fn the_plan_is_as_before() {
    let scene = need!(scene(Shape::default()));
    let output = unpack(&scene, &["--query", "--json", "--delete"]).code(0);
    plan_golden::check("UnPackData", "plan", &output, &scene.work, &scene.cluster);
    unpack(&scene, &["--delete"]).code(2).complains("--yes");
    assert_eq!(scene.names(), packed());
    assert!(!scene.work.has("x.unpacked.ref"));
}

#[test]
fn archives_of_gnu_tar_become_sets() {
    let scene = need!(Scene::new(Shape { data_bytes: 2_000_000, small_files: 40 }));
    observation::make_difficult(&scene.set(0));
    observation::make_difficult(&scene.set(2));
    let before: Vec<_> = (0..3).map(|k| walk(&scene.set(k))).collect();
    gnu_pack(&scene, 0, &["--format=pax", "--sparse"]);
    gnu_pack(&scene, 1, &["--format=pax", "--gzip"]);
    gnu_pack(&scene, 2, &["--format=pax"]);
    scene.list("x.ref", &[0, 1, 2], ".tar");
    let output =
        unpack(&scene, &["--outside-links", "-o", "/data2/users/lofareor/new/L80897"]).code(0);
    assert!(output.stderr.contains("3 measurement sets unpacked"), "{output}");
    assert_eq!(scene.names(), packed(), "the archives stay");
    for (k, before) in (0..3).zip(before) {
        let folder = scene.cluster.seen(node(k), "/data2/users/lofareor/new/L80897");
        let mut made = walk(&folder.join(observation::name(80897, 0, k)));
        // Only a form with holes keeps them.
        made.values_mut().filter(|_| k == 2).for_each(|entry| entry.stored = 0);
        assert_eq!(compare(&before, &made), [""; 0], "set {k}");
    }
    let listed = rows(&scene.work.read("x.unpacked.ref"));
    assert_eq!(
        listed[0].path,
        format!("/data2/users/lofareor/new/L80897/{}", observation::name(80897, 0, 0))
    );
    assert_eq!((&*listed[2].node, &*listed[2].frequency), ("node012", "134.375"));
    let again =
        unpack(&scene, &["--outside-links", "-o", "/data2/users/lofareor/new/L80897"]).code(0);
    assert!(again.stderr.contains("3 were unpacked before"), "{again}");
}

#[test]
fn a_real_set_is_what_it_was() {
    let scene = need!(edits::Scene::of("tNDPPP-generic"));
    scene.run("PackData", &["--delete", "--yes"]).code(0);
    assert!((0..3).all(|k| !scene.set(k).exists()));
    // What an archive holds can be told without unpacking it.
    let info = scene.work.ledama(["run", "MSInfo", "-i", "x.packed.ref", "--no-progress"]);
    let told = info.config(&scene.work.join("ledama.toml")).run().code(0);
    assert!(told.stdout().contains("MSSS_HBA_2013"), "{told}");
    std::fs::rename(scene.work.join("x.packed.ref"), scene.work.join("x.ref")).unwrap();
    scene.run("UnPackData", &["--delete", "--yes"]).code(0);
    for k in 0..3 {
        assert_eq!(scene.differences(k), []);
        casacore::expect(&scene.set(k), "len(t.getcol('TIME'))", &json!(168));
        let compared =
            Command::new("diff").arg("-r").arg(scene.original()).arg(scene.set(k)).output();
        assert!(compared.unwrap().stdout.is_empty(), "set {k}");
    }
}

#[test]
fn damaged_archives_are_kept() {
    let scene = need!(scene(Shape::default()));
    let whole = std::fs::read(scene.beside(1, ".tar")).unwrap();
    for length in [0, 1000, whole.len() / 2, whole.len() / 2 / 512 * 512, whole.len() - 10_300] {
        std::fs::write(scene.beside(1, ".tar"), &whole[..length]).unwrap();
        // Told before anything is done.
        let output = unpack(&scene, &["--delete", "--yes"]).code(2);
        assert!(output.stderr.contains("cut off") || output.stderr.contains("empty"), "{output}");
        assert_eq!(scene.names(), packed(), "{length}");
    }
    // What only reading all of it tells.
    let mut encoder = flate2_of(&whole);
    let middle = encoder.len() / 2;
    encoder[middle] ^= 1;
    std::fs::write(scene.beside(1, ".tar"), &encoder).unwrap();
    unpack(&scene, &["--delete", "--yes"]).code(1);
    assert_eq!(scene.names(), Scene::wanted(&[(0, ""), (1, ".tar"), (2, "")]));
    assert_eq!(std::fs::read(scene.beside(1, ".tar")).unwrap(), encoder);
    std::fs::write(scene.beside(1, ".tar"), &whole).unwrap();
    unpack(&scene, &["--delete", "--yes"]).code(0);
    assert_eq!(scene.names(), Scene::wanted(&[(0, ""), (1, ""), (2, "")]));
    assert_eq!(rows(&scene.work.read("x.unpacked.ref")).len(), 3);
}

fn flate2_of(content: &[u8]) -> Vec<u8> {
    let folder = crate::support::Work::new();
    let file = folder.join("x");
    std::fs::write(&file, content).unwrap();
    let done = Command::new("gzip").args(["-nc"]).arg(&file).output().unwrap();
    done.stdout
}

/// An archive of one set with more members, by Python.
fn forge(archive: &Path, name: &str, members: &str) {
    let script = format!(
        "import io, sys, tarfile\n\
         tar = tarfile.open(sys.argv[1], 'w')\n\
         def add(name, kind=tarfile.REGTYPE, link='', content=b''):\n\
         \x20 info = tarfile.TarInfo(name)\n\
         \x20 info.type, info.linkname, info.size = kind, link, len(content)\n\
         \x20 tar.addfile(info, io.BytesIO(content))\n\
         add(sys.argv[2] + '/table.dat', content=b'x')\n{members}\ntar.close()\n"
    );
    let done =
        Command::new("python3").args(["-c", &script]).arg(archive).arg(name).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn hostile_archives_write_nothing_anywhere() {
    let scene = need!(scene(Shape::default()));
    let name = observation::name(80897, 0, 1);
    let around = walk(&scene.cluster.seen("node011", "/data2"));
    for members in [
        "add('../../../../data2/evil')",
        "add('/data2/evil')",
        "add(sys.argv[2] + '/../evil')",
        "add('evil.MS/table.dat')",
        "add(sys.argv[2] + '/out', tarfile.SYMTYPE, '/data2'); add(sys.argv[2] + '/out/evil')",
        "add(sys.argv[2] + '/out', tarfile.SYMTYPE, '../../../../../data2')",
        "add(sys.argv[2] + '/in', tarfile.SYMTYPE, '.'); add(sys.argv[2] + '/in/evil')",
        "add(sys.argv[2] + '/hard', tarfile.LNKTYPE, '/etc/passwd')",
        "add(sys.argv[2] + '/pipe', tarfile.FIFOTYPE)",
        "add(sys.argv[2] + '/null', tarfile.CHRTYPE)",
        "add(sys.argv[2] + '/table.dat', content=b'twice')",
    ] {
        forge(&scene.beside(1, ".tar"), &name, members);
        let output = unpack(&scene, &["--delete", "--yes"]).code(2);
        assert!(output.stderr.contains("its member"), "{members}: {output}");
        assert_eq!(scene.names(), packed(), "{members}");
        assert_eq!(walk(&scene.cluster.seen("node011", "/data2")), around, "{members}");
    }
}

#[test]
fn what_is_there_stays() {
    let scene = need!(scene(Shape::default()));
    std::fs::create_dir(scene.set(1)).unwrap();
    std::fs::write(scene.set(1).join("mine"), "mine").unwrap();
    let output = unpack(&scene, &["--delete", "--yes"]).code(1);
    assert!(output.stderr.contains("is not what the archive holds"), "{output}");
    assert_eq!(scene.names(), Scene::wanted(&[(0, ""), (1, ""), (1, ".tar"), (2, "")]));
    assert_eq!(std::fs::read(scene.set(1).join("mine")).unwrap(), b"mine");
    assert_eq!(std::fs::read_dir(scene.set(1)).unwrap().count(), 1);
    std::fs::remove_dir_all(scene.set(1)).unwrap();
    unpack(&scene, &["--delete", "--yes"]).code(0);
    assert_eq!(rows(&scene.work.read("x.unpacked.ref")).len(), 3);
}

#[test]
fn an_archive_that_unfolds_to_too_much_leaves_the_margin() {
    let wish = Cluster::of(2).disk_size("48m");
    let shape = Shape { data_bytes: 2_000_000, small_files: 0 };
    let scene = need!(Scene::on(wish, shape, "free_margin_mib = 10"));
    let name = observation::name(80897, 0, 0);
    let folder = scene.cluster.seen("node011", PARENT);
    let bomb = folder.join(format!("{name}.tar.gz"));
    let members = "add(sys.argv[2] + '/bomb', content=b'\\0' * (200 << 20))";
    let plain = scene.work.join("bomb.tar");
    forge(&plain, &name, members);
    std::fs::write(&bomb, flate2_of(&std::fs::read(&plain).unwrap())).unwrap();
    std::fs::remove_dir_all(scene.set(0)).unwrap();
    scene.list("x.ref", &[0], ".tar.gz");
    let output = unpack(&scene, &["--delete", "--yes"]).code(1);
    assert!(output.stderr.contains("are to stay free"), "{output}");
    assert!(bomb.exists() && !scene.set(0).exists());
    assert!(scene.names().iter().all(|name| !name.starts_with('.')), "{:?}", scene.names());
    // Of a plain one the sum is known beforehand.
    std::fs::rename(scene.beside(1, ""), scene.work.join("away")).ok();
    let output = unpack_plain_too_large(&scene);
    assert!(output.stderr.contains("are needed"), "{output}");
}

/// 30 MB into what is left of 48 MB when the archive is there itself.
fn unpack_plain_too_large(scene: &Scene) -> Output {
    let name = observation::name(80897, 0, 1);
    let archive = scene.cluster.seen("node011", PARENT).join(format!("{name}.tar"));
    let _ = std::fs::remove_dir_all(scene.set(1));
    forge(&archive, &name, "add(sys.argv[2] + '/large', content=b'x' * (20 << 20))");
    scene.list("x.ref", &[1], ".tar");
    unpack(scene, &[]).code(2)
}

#[test]
fn wrong_rows_and_options_are_refused() {
    let scene = need!(scene(Shape::default()));
    let name = observation::name(80897, 0, 0);
    let refused = |row: &str, options: &[&str]| {
        scene.work.file("x.ref", format!("{PARENT}/{name}.tar ? 1 node011 0\n{row}\n"));
        unpack(&scene, options).code(2)
    };
    refused(&format!("{PARENT}/{name}.bvf ? 1 node011 0"), &[]).complains("BVF");
    refused(&format!("{PARENT}/{name} ? 1 node011 0"), &[]).complains("no packed files");
    refused(&format!("{PARENT}/{name}.tar ? 1 TARGET_E 0"), &[]);
    refused(&format!("{PARENT}/{name}x.tar ? 1 node099 0"), &[]).complains("node099");
    refused("/data1/x.MS.tar ? 1 node011 0", &["-d", "--yes"]).complains("may not be deleted");
    scene.list("x.ref", &[0], ".tar");
    unpack(&scene, &["-m", "cvf"]).code(2).complains("the letter `c`");
    unpack(&scene, &["-m", "xPf"]).code(2).complains("the letter `P`");
    scene.work.file("x.ref", "# Number of MSPs: 0\n");
    unpack(&scene, &[]).code(0).says("nothing to do");
    assert_eq!(scene.names(), packed());
}

#[test]
fn an_interruption_leaves_no_half_set() {
    let mut scene = need!(scene(Shape { data_bytes: 60_000_000, small_files: 200 }));
    let half = |scene: &Scene| {
        let folder = scene.cluster.seen("node011", PARENT);
        let entries = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap());
        entries
            .filter(|e| e.file_name().to_string_lossy().contains(".ledama-unpack-"))
            .map(|e| bytes_below(&e.path()))
            .sum::<u64>()
    };
    let mut run = scene.command("UnPackData", &["-i", "x.ref", "--delete", "--yes"]).start();
    wait::until("a half set", || (half(&scene) > 1_000_000 || run.ended()).then_some(()));
    run.interrupt();
    let output = run.wait().no_panic();
    assert!(output.code == 130 || output.code == 0, "{output}");
    scene.cluster.expect_nothing_left();
    assert!(scene.names().iter().all(|name| !name.starts_with('.')), "{:?}", scene.names());
    let mut run = scene.command("UnPackData", &["-i", "x.ref", "--delete", "--yes"]).start();
    wait::until("a half set", || (half(&scene) > 1_000_000 || run.ended()).then_some(()));
    scene.cluster.kill("node011");
    run.wait().no_panic();
    scene.cluster.start("node011");
    unpack(&scene, &["--delete", "--yes"]).code(0);
    assert_eq!(scene.names(), Scene::wanted(&[(0, ""), (1, ""), (2, "")]));
    assert_eq!(rows(&scene.work.read("x.unpacked.ref")).len(), 3);
}
