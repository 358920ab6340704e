//! Faults of a declaration: all of them, with file and line, before anything
//! else happens.

use crate::support::{Work, golden};

const FAULTY: &str = "\
//! A module with many faults in its declaration.

const MODULE = #{
    version: 1,
    group: \"data managment\",
    access: \"everybody\",
    sumary: \"typo in the key\",
    changes: \"data\",
    include: [\"distribution\", \"no such group\"],
    options: [
        #{ name: \"reffile\", short: \"i\", kind: \"reffile\", required: true, help: \"One\" },
        #{ name: \"input\", short: \"i\", kind: \"path\", help: \"The same letter\" },
        #{ name: \"reffile\", kind: \"text\", help: \"The same name\" },
        #{ name: \"mode\", short: \"h\", kind: \"txet\", help: \"An unknown kind and the letter h\" },
        #{ name: \"way\", kind: \"choice\", choices: [\"a\", \"b\"], default_value: \"c\", help: \"Not one of them\" },
        #{ name: \"count\", kind: \"int\", default_value: \"many\", help: \"A text as number\" },
        #{ name: \"dotted\", kind: \"flag\", help: \"Ends with a dot.\" },
        #{ name: \"silent\", kind: \"flag\" },
    ],
};

fn process(opts, run) { () }
";

#[test]
fn all_faults_are_told_together() {
    let work = Work::new();
    work.file("Faulty.rhai", FAULTY);
    for command in ["check", "run"] {
        let output = work.ledama([command, "Faulty.rhai"]).run().no_panic();
        assert!(output.code == 2 || (command == "check" && output.code == 1), "{output}");
        let all = format!("{}{}", output.stdout(), output.stderr);
        for word in
            ["data managment", "everybody", "sumary", "no such group", "txet", "Faulty.rhai:"]
        {
            assert!(all.contains(word), "nothing about {word}; {output}");
        }
        let shown = golden::mask(&all, &[(work.path().to_str().unwrap(), "[WORK]")]);
        golden::check(&format!("cli/manifest-{command}.txt"), &shown);
    }
}

#[test]
fn a_declaration_that_must_be_run_is_refused() {
    let work = Work::new();
    work.file(
        "Computed.rhai",
        "const MODULE = #{ version: [1, 2].len(), summary: \"x\" };\nfn process(opts, run) { () }\n",
    );
    work.ledama(["run", "Computed.rhai"])
        .run()
        .code(2)
        .complains("plain values")
        .complains("Computed.rhai:1");
}

#[test]
fn a_faulty_module_does_not_hide_the_others() {
    let work = Work::new();
    work.file("modules/Faulty.rhai", FAULTY);
    let output = work.ledama(["list"]).run().no_panic();
    assert!(output.stdout().contains("CopyData"), "{output}");
    assert!(output.stderr.contains("Faulty"), "silent about it; {output}");
}
