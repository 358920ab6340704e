//! The worker on the node: it comes by itself, once, and is the right one.

use std::path::PathBuf;

use crate::support::nodes::Settings;
use crate::support::plans::one;
use crate::support::run::program;
use crate::support::skip::need;
use crate::support::tree::walk;
use crate::support::{Cluster, Work};

const HOSTNAME: &str = r#"plan.command("node011", ["hostname"], #{ capture: true });"#;

fn uploaded(cluster: &Cluster) -> Vec<PathBuf> {
    let folder = cluster.home().join(".cache/ledama");
    if !folder.exists() {
        return Vec::new();
    }
    let all = walk(&folder).into_iter().filter(|(_, entry)| entry.kind == "file");
    all.map(|(name, _)| folder.join(name)).collect()
}

#[test]
fn it_is_uploaded_once_and_is_the_same_program() {
    let cluster = need!(Cluster::of(1).start());
    for transport in ["ssh2", "openssh"] {
        let work = Work::new();
        let settings = Settings { transport: Some(transport.into()), ..Settings::default() };
        let config = cluster.config_with(&work, &settings);
        let _ = std::fs::remove_dir_all(cluster.home().join(".cache"));
        let (outcome, output) = one(&work, &config, HOSTNAME);
        assert_eq!(outcome["value"]["stdout"], "node011\n", "{output}");
        let first = uploaded(&cluster);
        assert_eq!(first.len(), 1, "{transport}: {first:?}");
        let sent = std::fs::read(program()).unwrap();
        assert!(std::fs::read(&first[0]).unwrap() == sent, "{transport}: another file arrived");
        let time = first[0].metadata().unwrap().modified().unwrap();

        let (_, output) = one(&work, &config, HOSTNAME);
        assert_eq!(output.code, 0);
        let second = uploaded(&cluster);
        assert_eq!(first, second, "{transport}");
        assert_eq!(second[0].metadata().unwrap().modified().unwrap(), time, "sent again");
    }
}

#[test]
fn nodes_with_one_home_may_upload_at_the_same_time() {
    let cluster = need!(Cluster::of(4).start());
    let work = Work::new();
    let config = cluster.config(&work);
    let body = r#"for k in 11..=14 { plan.command(`node0${k}`, ["true"]); }"#;
    crate::support::plans::execute(&work, &config, body, "").ok();
    assert_eq!(uploaded(&cluster).len(), 1, "{:?}", uploaded(&cluster));
}

#[test]
fn a_damaged_copy_is_replaced() {
    let cluster = need!(Cluster::of(1).start());
    let work = Work::new();
    let config = cluster.config(&work);
    one(&work, &config, HOSTNAME);
    let file = uploaded(&cluster).remove(0);
    // Shorter, as after a full disk.
    let whole = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let (outcome, output) = one(&work, &config, HOSTNAME);
    assert_eq!(outcome["value"]["stdout"], "node011\n", "{output}");
}

#[test]
fn a_home_that_cannot_be_written_is_said() {
    let cluster = need!(Cluster::of(1).start());
    let work = Work::new();
    let config = cluster.config(&work);
    cluster.exec_ok("node011", &["mount", "-o", "remount,ro,bind", "/root"]);
    let (outcome, output) = one(&work, &config, HOSTNAME);
    assert_eq!(outcome["state"], "failed");
    assert!(output.stderr.contains("worker_folder"), "no advice; {output}");

    // Another folder helps.
    let settings =
        Settings { ssh: vec!["worker_folder = \"/data3/ledama\"".into()], ..Settings::default() };
    let config = cluster.config_with(&work, &settings);
    let (outcome, output) = one(&work, &config, HOSTNAME);
    assert_eq!(outcome["value"]["stdout"], "node011\n", "{output}");
}

#[test]
fn it_ends_when_its_input_closes() {
    let work = Work::new();
    let output = work.ledama(["worker"]).run().no_panic();
    assert_eq!(output.stdout(), "", "{output}");
}

#[test]
fn it_refuses_what_is_no_message() {
    let work = Work::new();
    let output = work.ledama(["worker"]).stdin("hello?\n").run().no_panic();
    assert!(output.code != 0, "{output}");
}
