//! The text of a new module, complete enough to run: the best beginning is
//! something that works.

#[cfg(test)]
mod tests;

use ledama_base::suggest::did_you_mean;

use crate::diagnostic::Diagnostic;
use crate::manifest::Groups;

/// The text of a module `name` listed under `group`; written to `NAME.rhai`
/// it passes all checks and runs.
pub fn module(name: &str, group: &str, groups: &Groups) -> Result<String, Diagnostic> {
    check_name(name)?;
    if !groups.listing.iter().any(|g| g == group) {
        return Err(Diagnostic::error(format!("unknown group `{group}`"))
            .maybe_help(did_you_mean(group, &groups.listing))
            .note(format!("known: {}", groups.listing.join(", "))));
    }
    Ok(TEMPLATE.replace("@NAME@", name).replace("@GROUP@", group))
}

/// Module names are file names and words of command lines.
fn check_name(name: &str) -> Result<(), Diagnostic> {
    let good = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.len() > 2
        && name.chars().all(|c| c.is_ascii_alphanumeric());
    if good {
        return Ok(());
    }
    Err(Diagnostic::error(format!("`{name}` is no name for a module"))
        .help("join a verb and what it is done to, such as `CopyData` or `ShowProcesses`"))
}

const TEMPLATE: &str = r#"//! Say in one line what @NAME@ does.
//!
//! Then say what a user must know: which data it is for, what it writes and
//! where, what happens when something fails. This text is the manual page.

const MODULE = #{
    version: 1,
    group: "@GROUP@",
    access: "user",
    summary: "Show the permissions of the data in a RefFile",
    changes: "nothing",
    include: ["distribution", "query"],
    options: [
        #{ name: "reffile", short: "i", kind: "reffile", required: true,
           help: "RefFile of the data" },
        #{ name: "subbands", short: "b", kind: "ints",
           help: "Look at these sub-bands only" },
        #{ name: "deep", short: "d", kind: "flag",
           help: "Show everything inside of each measurement set" },
    ],
    examples: ["ledama run @NAME@ --reffile in.ref --subbands 0-9 --query"],
};

fn process(opts, run) {
    let plan = run.plan("Show permissions");
    for entry in reffile::open(opts.reffile) {
        if !opts.subbands.is_empty() && !(entry.sb in opts.subbands) { continue; }
        // A command is a list of words, never a line of shell text.
        let command = if opts.deep { ["ls", "-lR", "--", entry.path] } else { ["ls", "-ld", "--", entry.path] };
        plan.command(entry.node, command, #{ label: entry.path, capture: true });
    }

    // Everything above only made a plan. To hand it to the host as it is,
    // end with `plan`; to go on with the answers, execute it here.
    let report = run.execute(plan);
    let rows = [];
    for outcome in report {
        if outcome.state == "done" { rows.push([outcome.node, outcome.value.stdout.trimmed()]); }
    }
    #{ columns: ["node", "permissions"], rows: rows }
}

/// A text without blanks and line ends around it.
fn trimmed() {
    let text = this;
    text.trim();
    text
}
"#;
