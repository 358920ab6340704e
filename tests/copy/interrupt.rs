//! Ctrl-C and worse at many points of a copy.

use rustix::process::Signal;

use super::scene::{LARGE, Scene};
use crate::support::Cluster;
use crate::support::observation::Shape;
use crate::support::skip::need;

#[test]
fn ctrl_c_at_several_points() {
    let shape = Shape { data_bytes: 60_000_000, small_files: 300 };
    let scene = need!(Scene::new(Cluster::of(2), 3, shape));
    for (k, bytes) in [1, 5_000_000, 30_000_000, 55_000_000].into_iter().enumerate() {
        let run = if k == 0 { scene.copy() } else { scene.copy().arg("--resume") };
        let mut run = run.start();
        scene.wait_for_bytes_or(bytes, || run.ended());
        run.interrupt();
        let output = run.wait().no_panic();
        // The last copy may just have been finished.
        assert!(output.code == 130 || output.code == 0, "{output}");
        scene.assert_nothing_is_lost();
        scene.cluster.expect_nothing_left();
    }
    scene.resume_and_check();
}

#[test]
fn a_killed_host() {
    let scene = need!(Scene::new(Cluster::of(2), 2, LARGE));
    let run = scene.copy().start();
    scene.wait_for_bytes(20_000_000);
    run.signal(Signal::KILL);
    run.wait().code(137);
    scene.cluster.expect_nothing_left();
    scene.assert_nothing_is_lost();
    scene.resume_and_check();
}
