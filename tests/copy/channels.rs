//! Every way data can take carries every tree unchanged.

use super::scene::{SOURCE, Scene, TARGET};
use crate::support::nodes::Settings;
use crate::support::observation::{self, Shape};
use crate::support::skip::need;
use crate::support::tree::assert_same_entries;
use crate::support::{Cluster, Work, shared};

fn difficult(settings: &str) -> Result<Scene, crate::support::skip::Skip> {
    let settings = Settings { more: settings.to_string(), ..Settings::default() };
    Scene::with(Cluster::of(2), settings, |folder| {
        for set in observation::sets(folder, 80897, 0..2, Shape::default()) {
            observation::make_difficult(&set);
        }
    })
}

#[test]
fn a_difficult_tree_arrives_unchanged() {
    let scene = need!(difficult(""));
    scene.copy().ok();
    scene.assert_all_is_there();
}

#[test]
fn real_sets_arrive_unchanged() {
    let data = need!(shared::shared());
    let names = ["tNDPPP-generic", "dp3-quality", "syn-strings", "parmdb-real"];
    let scene = need!(Scene::with(Cluster::of(2), Settings::default(), |folder| {
        for (k, name) in (0..).zip(names) {
            let unpacked = shared::unpack(&data, name, folder);
            std::fs::rename(unpacked, folder.join(observation::name(80897, 0, k))).unwrap();
        }
    }));
    scene.copy().ok();
    scene.assert_all_is_there();
}

#[test]
fn also_without_encryption() {
    let scene = need!(difficult("\n[transfer]\nencryption = \"none\"\n"));
    scene.copy().ok();
    scene.assert_all_is_there();
}

#[test]
fn also_through_an_ssh_pipe() {
    let scene = need!(difficult("\n[transfer]\nchannel = \"ssh\"\n"));
    scene.cluster.let_nodes_log_in();
    scene.copy().ok();
    scene.assert_all_is_there();
}

#[test]
fn also_through_the_systems_client() {
    let settings = Settings { transport: Some("openssh".into()), ..Settings::default() };
    let scene = need!(Scene::with(Cluster::of(2), settings, |folder| {
        for set in observation::sets(folder, 80897, 0..2, Shape::default()) {
            observation::make_difficult(&set);
        }
    }));
    scene.copy().ok();
    scene.assert_all_is_there();
}

#[test]
fn an_ssh_pipe_is_used_where_no_port_can_be_reached() {
    // Only the SSH client knows where the nodes are, as behind a jump host.
    let settings = Settings {
        transport: Some("openssh".into()),
        address: Some("{name}".into()),
        more: "\n[transfer]\nconnect_timeout = 2\n".into(),
        ..Settings::default()
    };
    let scene = need!(Scene::with(Cluster::of(2), settings, |folder| {
        for set in observation::sets(folder, 80897, 0..2, Shape::default()) {
            observation::make_difficult(&set);
        }
    }));
    scene.cluster.let_nodes_log_in();
    scene.copy().ok().complains("node011 and node012 have no direct connection");
    scene.assert_all_is_there();
}

/// The only port that data may use, in the hands of somebody else.
fn taken_port() -> (std::net::TcpListener, String) {
    let taken = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    (taken, format!("{port}-{port}"))
}

#[test]
fn an_ssh_pipe_is_used_where_no_port_is_free() {
    let (taken, ports) = taken_port();
    let scene = need!(difficult(&format!("\n[transfer]\nports = \"{ports}\"\n")));
    scene.cluster.let_nodes_log_in();
    let output = scene.copy().ok();
    // One warning for both sets: who, why, what to do.
    let about = "node011 and node012 have no direct connection, so 2 sets went through ssh";
    assert_eq!(output.stderr.matches(about).count(), 1, "{output}");
    for node in ["node011", "node012"] {
        let why = format!("{node} has no free port in {ports} to listen on");
        assert!(output.stderr.contains(&why), "{why}: {output}");
    }
    assert!(output.stderr.contains("transfer.ports"), "{output}");
    scene.assert_all_is_there();
    drop(taken);
}

#[test]
fn a_port_that_is_taken_is_told() {
    for channel in ["direct", "auto"] {
        // Without a login from node to node the pipe is no way out either.
        let (taken, ports) = taken_port();
        let settings = format!("\n[transfer]\nports = \"{ports}\"\nchannel = \"{channel}\"\n");
        let scene = need!(difficult(&settings));
        scene.copy().run().code(1).complains(&ports).complains("transfer.ports");
        scene.assert_nothing_is_lost();
        drop(taken);
        scene.resume_and_check();
    }
}

#[test]
fn a_channel_that_was_chosen_is_not_exchanged_for_another() {
    let (taken, ports) = taken_port();
    for encryption in ["tls", "none"] {
        let settings = format!(
            "\n[transfer]\nports = \"{ports}\"\nchannel = \"direct\"\n\
             encryption = \"{encryption}\"\n"
        );
        let scene = need!(difficult(&settings));
        scene.cluster.let_nodes_log_in();
        scene.copy().run().code(1).complains(&ports).complains("transfer.ports");
        scene.assert_nothing_is_lost();
        assert!(scene.visible().is_empty());
    }
    drop(taken);
}

#[test]
fn also_when_it_is_read_back() {
    let scene = need!(difficult(""));
    scene.copy().args(["--verify", "reread"]).ok();
    scene.assert_all_is_there();
}

#[test]
fn on_the_same_node() {
    let scene = need!(difficult(""));
    let run = scene
        .work
        .ledama(["run", "CopyData", "--reffile", "in.ref", "--copypath", TARGET])
        .args(["--nodeskey", "USE_SAME_NODES_AS_INPUT_REFFILE", "--output", "out.ref"])
        .args(["--statuspath", "st", "--no-progress"])
        .config(&scene.config);
    run.ok();
    assert_same_entries(&scene.source(), &scene.cluster.seen("node011", TARGET));
    scene.cluster.expect_nothing_left();
}

#[test]
fn many_sets_at_once_over_several_nodes() {
    let settings =
        Settings { more: "\n[data]\nfree_margin_mib = 0\n".into(), ..Settings::default() };
    let cluster = need!(Cluster::of(4).start());
    let work = Work::new();
    let config = cluster.config_with(&work, &settings);
    let mut rows = String::new();
    for (k, node) in ["node011", "node012"].iter().enumerate() {
        let first = u32::try_from(k).unwrap() * 11;
        let shape = Shape { data_bytes: 1_000_000, small_files: 30 };
        for path in observation::sets(&cluster.make(node, SOURCE), 80897, first..first + 11, shape)
        {
            let name = path.file_name().unwrap().to_str().unwrap().to_string();
            rows.push_str(&format!("{SOURCE}/{name} ? ? {node} 0\n"));
        }
    }
    work.file("in.ref", rows);
    work.ledama(["run", "CopyData", "-i", "in.ref", "-c", TARGET, "-u", "node013-014"])
        .args(["-o", "out.ref", "-s", "st", "-p", "3", "-n", "2", "--no-progress"])
        .config(&config)
        .ok();
    // Contiguous blocks, sizes differ by at most one.
    let on = |node: &str| work_count(&cluster, node);
    assert_eq!((on("node013"), on("node014")), (11, 11));
    for (from, to) in [("node011", "node013"), ("node012", "node014")] {
        assert_same_entries(&cluster.seen(from, SOURCE), &cluster.seen(to, TARGET));
    }
    let out = work.read("out.ref");
    assert_eq!(out.lines().filter(|line| line.starts_with(TARGET)).count(), 22, "{out}");
    work.ledama(["run", "CheckData", "-i", "st"]).config(&config).ok();
}

fn work_count(cluster: &Cluster, node: &str) -> usize {
    cluster.seen(node, TARGET).read_dir().unwrap().count()
}
