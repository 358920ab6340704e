#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use ledama_config::{Config, access::Level};
use rhai::Scope;
use serde_json::json;

use super::*;
use crate::plan::Action;
use crate::report::{Outcome, State};
use crate::run::{Execution, RunContext};

/// A host that remembers what it was asked.
struct Fake {
    context: RunContext,
    answer: Mutex<Result<report::Report, RunError>>,
    asked: Mutex<Vec<String>>,
    plans: Mutex<Vec<(plan::Plan, Execution)>>,
}

impl Fake {
    fn note(&self, text: String) {
        self.asked.lock().unwrap().push(text);
    }
}

impl crate::run::Run for Fake {
    fn context(&self) -> &RunContext {
        &self.context
    }
    fn execute(
        &self,
        plan: &plan::Plan,
        execution: &Execution,
    ) -> Result<report::Report, RunError> {
        self.plans.lock().unwrap().push((plan.clone(), execution.clone()));
        self.answer.lock().unwrap().clone()
    }
    fn save(&self, path: &Path, content: &[u8], overwrite: bool) -> Result<(), RunError> {
        let text = String::from_utf8_lossy(content);
        self.note(format!("save {} {text} {overwrite}", path.display()));
        if path.ends_with("full") {
            let error = OperationError::new(ErrorKind::NoSpace, "disk full").help("clean");
            return Err(RunError::Failed(error));
        }
        Ok(())
    }
    fn say(&self, line: &str) {
        self.note(format!("say {line}"));
    }
    fn warn(&self, line: &str) {
        self.note(format!("warn {line}"));
    }
    fn record(&self, key: &str, value: Value) {
        self.note(format!("record {key} {value}"));
    }
    fn found_difference(&self) {
        self.note("difference".into());
    }
    fn save_anyway(&self, path: &Path, _: &[u8], _: bool) -> Result<(), RunError> {
        self.note(format!("save {} anyway", path.display()));
        Ok(())
    }
    fn make_folder(&self, path: &Path) -> Result<(), RunError> {
        self.note(format!("folder {}", path.display()));
        Ok(())
    }
    fn pause(&self, time: std::time::Duration) -> Result<(), RunError> {
        self.note(format!("pause {}", time.as_secs()));
        Ok(())
    }
}

fn fake() -> Arc<Fake> {
    let mut failed = Outcome::new(1, "node012", "/b", State::Failed);
    failed.error = Some(OperationError::new(ErrorKind::NoSpace, "disk full"));
    let mut done = Outcome::new(0, "node011", "/a", State::Done);
    done.value = json!({"bytes": 5, "list": [1, null]});
    let outcomes = vec![done, failed, Outcome::new(2, "node012", "/c", State::Skipped)];
    let report = report::Report { title: "Copy".into(), outcomes, ..report::Report::default() };
    Arc::new(Fake {
        context: RunContext {
            run_id: "id".into(),
            module: "CopyData".into(),
            user: "me".into(),
            level: Level::Full,
            node: "node011".into(),
            query: false,
            config: Arc::new(Config::default()),
        },
        answer: Mutex::new(Ok(report)),
        asked: Mutex::default(),
        plans: Mutex::default(),
    })
}

fn eval_with(fake: &Arc<Fake>, code: &str) -> ScriptResult<Dynamic> {
    let mut engine = Engine::new();
    engine.set_fail_on_invalid_map_property(true).set_strict_variables(true);
    ledama_config::script::register(&mut engine);
    // Other handles are registered by the crates that own them; errors are by the host.
    engine.register_type_with_name::<ScriptError>("ScriptError");
    engine.register_get("kind", |e: &mut ScriptError| e.kind.clone());
    engine.register_get("message", |e: &mut ScriptError| e.message.clone());
    register(&mut engine);
    let mut scope = Scope::new();
    let run: Run = Arc::clone(fake) as Run;
    scope.push("run", run);
    engine.eval_with_scope::<Dynamic>(&mut scope, code)
}

fn eval(code: &str) -> String {
    eval_with(&fake(), code).unwrap().to_string()
}

/// Kind, message, help and line of the error of a script.
fn error(code: &str) -> (String, String, Option<String>, usize) {
    match *eval_with(&fake(), code).unwrap_err() {
        EvalAltResult::ErrorRuntime(value, position) => {
            let error = value.cast::<ScriptError>();
            (error.kind, error.message, error.help, position.line().unwrap_or(0))
        }
        other => panic!("{other:?}"),
    }
}

/// The plan made by a script, as it was executed.
fn planned(code: &str) -> (plan::Plan, Execution) {
    let fake = fake();
    let code = format!("let plan = run.plan(\"t\");\n{code}\n; run.execute(plan)");
    drop(eval_with(&fake, &code).unwrap());
    fake.plans.lock().unwrap().remove(0)
}

#[test]
fn facts_about_the_run() {
    let table = [
        ("run.id + run.user + run.level + run.node + run.module_name", "idmefullnode011CopyData"),
        ("run.query", "false"),
        ("run.home.starts_with(\"/\")", "true"),
        ("run.config.ssh.port", "22"),
        ("run.config.data.group", "lofareor"),
        ("run.to_string()", "run id"),
        ("type_of(run) + type_of(run.plan(\"x\"))", "RunPlan"),
        ("`${run.plan()}`", "plan `CopyData` with 0 tasks"),
        ("run.plan(\"x\").len", "0"),
    ];
    for (code, wanted) in table {
        assert_eq!(eval(code), wanted, "{code}");
    }
}

#[test]
fn commands_become_tasks() {
    let (plan, _) = planned(
        r#"
        let first = plan.command("node011", ["du", "-sm", 5, -0.5, 2.0, "/a b"]);
        let second = plan.command("node012", ["x"], #{
            label: "/x", folder: "/tmp", init_file: "i.sh", env: #{ OMP_NUM_THREADS: 4 },
            stdin: "in", success: [0, 1], failure_text: ["ERROR"], capture: true,
            size_bytes: 7, after: [first], store: "S", log: "own",
        });
        if second != 1 { throw "numbers"; }
        plan.note("remark");
    "#,
    );
    assert_eq!(
        serde_json::to_value(&plan).unwrap(),
        json!({"title": "t", "notes": ["remark"], "tasks": [
            {"node": "node011", "label": "du -sm 5 -0.5 2.0 '/a b'",
             "action": {"command": {"argv": ["du", "-sm", "5", "-0.5", "2.0", "/a b"]}}},
            {"node": "node012", "label": "/x", "size_bytes": 7, "after": [0], "store": "S",
             "log": "own",
             "action": {"command": {"argv": ["x"], "folder": "/tmp", "init_file": "i.sh",
                "env": {"OMP_NUM_THREADS": "4"}, "stdin": "in",
                "rule": {"success": [0, 1], "failure_text": ["ERROR"]}, "capture": true}}}
        ]})
    );
}

#[test]
fn the_same_command_is_planned_once() {
    let (plan, _) = planned(
        r#"
        for k in 0..3 {
            for node in ["a", "b"] {
                plan.command_once(node, ["mkdir", "/x"], #{ label: `${k}` });
                plan.command_once(node, ["mkdir", "/y"]);
            }
        }
        if plan.command_once("b", ["mkdir", "/x"]) != 2 { throw "number"; }
        if plan.len != 4 { throw "len"; }
    "#,
    );
    let labels: Vec<&str> = plan.tasks.iter().map(|task| task.label.as_str()).collect();
    assert_eq!(labels, ["0", "mkdir /y", "0", "mkdir /y"]);
}

#[test]
fn operations_take_any_plain_input() {
    let (plan, _) = planned(
        r#"plan.operation("a", "ms.scan", #{
            path: "/d", n: 3, x: 2.0, list: [1, "two", ()], deep: #{ yes: true }, big: 9223372036854775807
        }, #{ size_bytes: 5 })"#,
    );
    assert_eq!(plan.tasks[0].label, "/d");
    let Action::Operation { name, input } = &plan.tasks[0].action else { panic!() };
    assert_eq!(name, "ms.scan");
    assert_eq!(
        *input,
        json!({"path": "/d", "n": 3, "x": 2.0, "list": [1, "two", null], "deep": {"yes": true},
               "big": i64::MAX})
    );
    assert!(input["n"].is_i64() && input["x"].is_f64());
}

#[test]
fn values_that_are_no_data_are_refused_with_the_line() {
    for (code, wanted) in [
        (r#"plan.operation("a", "x", #{ f: Fn("g") })"#, "a value cannot be Fn"),
        (r#"plan.operation("a", "x", #{ r: [run] })"#, "a value cannot be Run"),
        (r#"plan.operation("a", "x", #{ n: 1.0 / 0.0 })"#, "a value cannot be inf"),
        (r#"plan.command("a", ["x", true])"#, "argument 1 of a command cannot be bool"),
        (r#"plan.command("a", [["x"]])"#, "argument 0 of a command cannot be array"),
        (r#"plan.command("a", ["x"], #{ lable: "y" })"#, "`command` has no option `lable`"),
        (r#"plan.command_once("a", ["x"], #{ after: -1 })"#, "option `after` of `command` must"),
        (r#"plan.operation("a", "x", #{}, #{ stdin: "y" })"#, "`operation` has no option"),
        (r"run.execute(plan, #{ numnode: 1 })", "`execute` has no option `numnode`"),
        (r"run.execute(plan, #{ numnodes: 0 })", "option `numnodes` of `execute` must be"),
        (r#"run.save("x", "y", #{ force: true })"#, "`save` has no option `force`"),
        (r#"run.record("x", || 1)"#, "a value cannot be Fn"),
        (r#"run.execute(plan).count("fialed")"#, "`fialed` is no state of a task"),
    ] {
        let (kind, message, _, line) = error(&format!("let plan = run.plan(\"t\");\n\n{code};"));
        assert!(message.starts_with(wanted), "{message}");
        assert_eq!((kind.as_str(), line), ("input", 3), "{code}");
    }
    let (_, _, help, _) = error(r#"run.plan("t").command("a", ["x"], #{ lable: "y" })"#);
    assert_eq!(help.as_deref(), Some("did you mean `label`?"));
}

#[test]
fn an_execution_gets_its_options() {
    let fake = fake();
    let code = r#"run.execute(run.plan("t"), #{
        numnodes: 3, numprocessors: 2, logs: "l", status: (), resume: true, confirm: "why"
    })"#;
    drop(eval_with(&fake, code).unwrap());
    let (_, execution) = fake.plans.lock().unwrap().remove(0);
    let wanted = Execution {
        numnodes: Some(3),
        numprocessors: Some(2),
        logs: Some("l".into()),
        status: None,
        resume: Some(true),
        confirm: Some("why".into()),
    };
    assert_eq!(execution, wanted);
}

/// Leaves a word in the place of what it takes.
struct Taker;

impl ledama_base::operation::Keep for Taker {
    fn keep(
        &self,
        node: &str,
        value: &mut Value,
        _: &mut Vec<Value>,
    ) -> Result<(), OperationError> {
        *value = json!(format!("{} of {node}", value["bytes"]));
        Ok(())
    }
}

#[test]
fn a_keeper_takes_answers_over() {
    let fake = fake();
    let mut engine = Engine::new();
    register(&mut engine);
    let mut scope = Scope::new();
    scope.push("run", Arc::clone(&fake) as Run);
    scope.push("keeper", Arc::new(Taker) as Keeper);
    for more in ["", ", #{ numnodes: 3 }"] {
        let code = format!("run.execute(run.plan(\"t\"), keeper{more}).values");
        let values = engine.eval_with_scope::<Dynamic>(&mut scope, &code).unwrap();
        assert_eq!(values.to_string(), r#"["5 of node011"]"#);
    }
    let plans = fake.plans.lock().unwrap();
    assert_eq!((plans[0].1.numnodes, plans[1].1.numnodes), (None, Some(3)));
}

#[test]
fn a_report_answers_questions() {
    let table = [
        ("report.ok", "false"),
        ("report.count(\"failed\") + report.count(\"done\") * 10", "11"),
        ("report.failed[0].error.message", "disk full"),
        ("report.failed[0].error.help == ()", "true"),
        ("report.values", r#"[#{"bytes": 5, "list": [1, ()]}]"#),
        ("report.values[0].bytes + 1", "6"),
        ("report.outcomes.map(|o| o.state)", r#"["done", "failed", "skipped"]"#),
        ("report.outcomes[0].error == () && report.outcomes[1].value == ()", "true"),
        ("report.outcomes[2].log == () && report.outcomes[2].items.is_empty()", "true"),
        ("let t = \"\"; for o in report { t += o.label; } t", "/a/b/c"),
        ("let n = 0; for (o, k) in report { n += k; } n", "3"),
        ("report.to_string()", "Copy: 1 done, 1 failed, 1 skipped"),
        ("type_of(report)", "Report"),
    ];
    for (code, wanted) in table {
        let code = format!("let report = run.execute(run.plan(\"t\")); {code}");
        assert_eq!(eval(&code), wanted, "{code}");
    }
}

#[test]
fn what_is_said_reaches_the_host() {
    let fake = fake();
    let code = r#"
        run.say("hello");
        run.warn("beware");
        run.record("fact", #{ n: 1, list: ["a"] });
        run.found_difference();
        run.save("/tmp/x", "text");
        run.save("/tmp/x", "text", #{ overwrite: true });
        run.save("/tmp/y", "text", #{ anyway: true });
        run.make_folder("/tmp/z");
        run.pause(5);
        if !run.exists("/") || run.exists("/no/such/file") { throw "exists"; }
    "#;
    drop(eval_with(&fake, code).unwrap());
    assert_eq!(
        *fake.asked.lock().unwrap(),
        [
            "say hello",
            "warn beware",
            r#"record fact {"list":["a"],"n":1}"#,
            "difference",
            "save /tmp/x text false",
            "save /tmp/x text true",
            "save /tmp/y anyway",
            "folder /tmp/z",
            "pause 5",
        ]
    );
}

#[test]
fn failures_can_be_caught_and_keep_their_line() {
    assert_eq!(
        error("\nrun.fail(\"no\", \"do it\")"),
        ("failed".into(), "no".into(), Some("do it".into()), 2)
    );
    assert_eq!(error("run.fail(\"no\")").2, None);
    assert_eq!(
        error("\n\n  run.save(\"/tmp/full\", \"x\")"),
        ("no-space".into(), "disk full".into(), Some("clean".into()), 3)
    );
    let caught = "let t = (); try { run.save(\"/tmp/full\", \"x\"); } catch (e) { t = e.kind + e.message; } t";
    assert_eq!(eval(caught), "no-spacedisk full");
}

#[test]
fn the_ends_of_a_run_cannot_be_caught() {
    for (answer, wanted) in
        [(RunError::QueryShown, Ended::QueryShown), (RunError::Stopped, Ended::Stopped)]
    {
        let fake = fake();
        *fake.answer.lock().unwrap() = Err(answer);
        let code = "\ntry { run.execute(run.plan(\"t\")) } catch { run.say(\"caught\") }";
        match *eval_with(&fake, code).unwrap_err() {
            EvalAltResult::ErrorTerminated(token, position) => {
                assert_eq!(token.cast::<Ended>(), wanted);
                assert_eq!(position.line(), Some(2));
            }
            other => panic!("{other:?}"),
        }
        assert!(fake.asked.lock().unwrap().is_empty());
    }
}

#[test]
fn copies_of_a_plan_are_the_same_plan() {
    assert_eq!(
        eval(
            "fn add(p) { p.command(\"a\", [\"x\"]); } let p = run.plan(\"t\"); let q = p; add(p); q.len"
        ),
        "1"
    );
}
