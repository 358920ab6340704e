//! Programs that cannot be had: recorders in their place. A recorder is a shell
//! script with the name of the program; it writes its arguments, one in a line,
//! into a file, makes what the program would make, and ends as it is told.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::scene::Scene;
use crate::support::nodes::Settings;
use crate::support::skip::Skip;
use crate::support::{Cluster, Work};

/// What each recorder does after it has written its arguments; `last NAME` is
/// the argument behind NAME.
const WORK: [(&str, &str); 8] = [
    ("sagecal", "p=$(after -p); [ -z \"$p\" ] || echo solutions > \"$p\""),
    (
        "casa",
        "s=$(after -c); cp \"$s\" \"$RECORD.script\"; i=$(sed -n 's/^imagename=\"\\(.*\\)\"$/\\1/p' \"$s\"); mkdir \"$i.image\" \"$i.psf\"; echo x > \"$i.image/table.dat\"",
    ),
    (
        "awimager",
        "cp \"$1\" \"$RECORD.parset\"; i=$(sed -n 's/^image=//p' \"$1\"); f=$(sed -n 's/^fits=//p' \"$1\"); mkdir \"$i\"; echo x > \"$i/table.dat\"; [ -z \"$f\" ] || echo x > \"$f\"",
    ),
    ("calibrate", ":"),
    ("readcorrxy", "echo bvf > \"$(after -d)\""),
    ("writecorrxy", ":"),
    ("makebeamtables", ":"),
    ("wsclean", ":"),
];

/// A cluster with recorders for all of these programs.
pub(super) fn scene(nodes: u8) -> Result<Scene, Skip> {
    scene_with(nodes, "")
}

/// The same with more lines of configuration for one program, behind its name.
pub(super) fn scene_with(nodes: u8, more: &str) -> Result<Scene, Skip> {
    let cluster = Cluster::of(nodes).start()?;
    let work = Work::new();
    let mut lines = format!(
        "\n[paths]\nnfs = '{}/{{node}}{{path}}'\n[data]\nfree_margin_mib = 0\n\n[pipeline]\nscratch = '{}'\n\n",
        cluster.seen("node011", "/data1").parent().unwrap().parent().unwrap().display(),
        work.join("scratch").display()
    );
    for (program, _) in WORK {
        let own = more.strip_prefix(program).unwrap_or_default();
        lines.push_str(&format!("[programs.{program}]\nversion = []\n{own}"));
        if !own.contains("command") {
            let path = work.join("bin").join(program);
            lines.push_str(&format!("command = ['{}']\n", path.display()));
        }
    }
    let settings = Settings { more: lines, ..Settings::default() };
    let config = cluster.config_with(&work, &settings);
    let scene = Scene { cluster, work, config };
    for (program, _) in WORK {
        recorder(&scene, program, 0);
    }
    Ok(scene)
}

/// Makes the recorder of a program end with this status; with another one than
/// 0 it makes nothing.
pub(super) fn recorder(scene: &Scene, program: &str, status: i32) {
    let work = WORK.iter().find(|(name, _)| *name == program).unwrap().1;
    let folder = scene.work.join("bin");
    std::fs::create_dir_all(&folder).unwrap();
    let record = scene.work.join("recorded").join(program);
    std::fs::create_dir_all(&record).unwrap();
    let path = folder.join(program);
    let script = format!(
        "#!/bin/bash\nRECORD={record}/$$\nprintf '%s\\n' \"$@\" > $RECORD\necho \"$CUDA_VISIBLE_DEVICES\" > $RECORD.gpu\n\
         args=(\"$@\"); after() {{ for k in \"${{!args[@]}}\"; do [ \"${{args[k]}}\" = \"$1\" ] && echo \"${{args[k+1]}}\"; done; }}\n\
         if [ {status} != 0 ]; then echo 'it went wrong' >&2; exit {status}; fi\n{work}\nexit 0\n",
        record = record.display()
    );
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// The arguments of all calls of a program, in one line each, sorted; what
/// differs from run to run is masked.
pub(super) fn recorded(scene: &Scene, program: &str) -> Vec<String> {
    let mut calls = files(scene, program, None);
    for call in &mut calls {
        *call = masked(scene, &call.trim_end().replace('\n', " "));
    }
    calls.sort();
    calls
}

/// Files that recorders have kept, such as scripts, masked and sorted.
pub(super) fn kept(scene: &Scene, program: &str, end: &str) -> Vec<String> {
    let mut files: Vec<String> =
        files(scene, program, Some(end)).iter().map(|text| masked(scene, text)).collect();
    files.sort();
    files
}

fn files(scene: &Scene, program: &str, end: Option<&str>) -> Vec<String> {
    let folder = scene.work.join("recorded").join(program);
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let wanted = |path: &Path| path.extension().and_then(|end| end.to_str()) == end;
    paths.filter(|path| wanted(path)).map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// Folders of tasks, ids of runs and the folder of the test as words. The ids
/// are the names of the folders in `logs`.
pub(super) fn masked(scene: &Scene, text: &str) -> String {
    let mut text = text.replace(&scene.work.path().display().to_string(), "[WORK]");
    if scene.work.has("logs") {
        for id in scene.work.names("logs") {
            text = text.replace(&id, "RUN");
        }
    }
    let begin = "[WORK]/scratch/RUN/";
    while let Some(at) = text.find(begin) {
        let rest = &text[at + begin.len()..];
        let end = rest.find(['/', ' ', '\n', '"']).unwrap_or(rest.len());
        text.replace_range(at..at + begin.len() + end, "SCRATCH");
    }
    text
}
