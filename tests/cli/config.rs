//! Where configuration comes from, what it says, and what is wrong with it.

use crate::support::Work;

#[test]
fn without_a_file_this_machine_is_the_cluster() {
    let work = Work::new();
    work.ledama(["config", "check"]).ok();
    let show = work.ledama(["config", "show"]).ok();
    assert!(show.stdout().contains("[ssh]") || show.stdout().contains("ssh."), "{show}");
}

#[test]
fn later_layers_win_and_are_named() {
    let work = Work::new();
    work.file("home/.config/ledama/ledama.toml", "[ssh]\nport = 2001\nuser = \"mine\"\n");
    let by_variable = work.file("variable.toml", "[ssh]\nport = 2002\nconnect_timeout = 7\n");
    let by_option = work.file("option.toml", "[ssh]\nport = 2003\n");
    let show = |option: bool| {
        let run = work.ledama(["config", "show"]).config(&by_variable);
        let run = if option { run.arg("--config").arg(&by_option) } else { run };
        run.ok().stdout()
    };
    let line = |text: &str, key: &str| -> String {
        text.lines()
            .find(|line| line.contains(key))
            .unwrap_or_else(|| panic!("no {key} in:\n{text}"))
            .to_string()
    };
    let text = show(false);
    assert!(line(&text, "ssh.port").contains("2002"), "{text}");
    assert!(line(&text, "ssh.port").contains("variable.toml"), "{text}");
    assert!(line(&text, "ssh.user").contains("mine"), "{text}");
    assert!(line(&text, "ssh.user").contains(".config/ledama/ledama.toml"), "{text}");
    let text = show(true);
    assert!(line(&text, "ssh.port").contains("2003"), "{text}");
    assert!(line(&text, "ssh.port").contains("option.toml"), "{text}");
    assert!(line(&text, "ssh.connect_timeout").contains('7'), "{text}");
}

#[test]
fn every_fault_of_a_file_is_told_with_its_line() {
    let work = Work::new();
    let file = work.file(
        "bad.toml",
        "[ssh]\nprot = 22\nport = \"many\"\n\n[[hosts]]\nprefix = \"node\"\nrange = \"80-1\"\n",
    );
    let output = work.ledama(["config", "check", "--config"]).arg(&file).run().code(2).no_panic();
    for word in ["prot", "port", "bad.toml", "80-1"] {
        assert!(output.stderr.contains(word), "nothing about {word}; {output}");
    }
}

#[test]
fn what_init_writes_is_fine_and_is_not_overwritten() {
    let work = Work::new();
    work.ledama(["config", "init"]).ok();
    let written = work.join("home/.config/ledama/ledama.toml");
    let text = std::fs::read_to_string(&written).unwrap();
    assert!(text.contains("[ssh]") || text.contains("# [ssh]"), "{text}");
    work.ledama(["config", "check"]).ok();
    std::fs::write(&written, "# mine\n").unwrap();
    work.ledama(["config", "init"]).run().code(2);
    assert_eq!(std::fs::read_to_string(&written).unwrap(), "# mine\n");
}

#[test]
fn levels_decide_what_is_seen() {
    let work = Work::new();
    let account = std::process::Command::new("id").arg("-un").output().unwrap();
    let account = String::from_utf8(account.stdout).unwrap();
    let account = account.trim();
    let file = work.file("ledama.toml", format!("[access]\nfull = [\"{account}\"]\n"));
    let full = work.ledama(["describe", "CopyData"]).config(&file).ok().stdout();
    let user = work.ledama(["describe", "CopyData"]).ok().stdout();
    assert!(full.contains("/pipeline/LXXXX_XXXXX"), "{full}");
    assert_ne!(full, user, "defaults differ by level");
}
