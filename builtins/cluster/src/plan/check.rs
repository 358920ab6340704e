//! Faults of a plan that can be found without knowing any node or operation.

use ledama_base::operation::{ErrorKind, OperationError};

use super::{Action, CommandSpec, Plan, Task, TaskIndex};

impl Plan {
    /// The first task that cannot be executed as it is written, with the reason.
    pub fn check(&self) -> Result<(), (TaskIndex, OperationError)> {
        for (index, task) in self.tasks.iter().enumerate() {
            check_task(index, task)
                .map_err(|message| (index, OperationError::new(ErrorKind::Input, message)))?;
        }
        Ok(())
    }
}

fn check_task(index: TaskIndex, task: &Task) -> Result<(), String> {
    // This also rules out circles.
    if let Some(after) = task.after.iter().find(|&&after| after >= index) {
        return Err(format!("task {index} is to wait for task {after}, which is not before it"));
    }
    match &task.action {
        Action::Command(command) => check_command(command),
        Action::Operation { .. } => Ok(()),
    }
}

fn check_command(command: &CommandSpec) -> Result<(), String> {
    if command.argv.first().is_none_or(String::is_empty) {
        return Err("a command without a program".to_string());
    }
    let texts = command.argv.iter().chain(&command.folder).chain(&command.init_file);
    if let Some(text) = texts.chain(command.env.values()).find(|text| text.contains('\0')) {
        return Err(format!("`{}` contains a NUL character", text.escape_debug()));
    }
    match command.env.keys().find(|name| name.is_empty() || name.contains(['=', '\0'])) {
        Some(name) => Err(format!("`{}` is no name for a variable", name.escape_debug())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(change: impl FnOnce(&mut Task, &mut CommandSpec)) -> Option<String> {
        let mut command =
            CommandSpec { argv: vec!["ls".into(), "a b;$c".into()], ..CommandSpec::default() };
        let mut task = Task::command("n", "l", CommandSpec::default());
        change(&mut task, &mut command);
        task.action = Action::Command(command);
        let mut plan = Plan::new("t");
        plan.add(Task::operation("n", "l", "x.y", serde_json::Value::Null));
        plan.add(task);
        plan.check().err().map(|(index, error)| format!("{index} {error}"))
    }

    #[test]
    fn an_ordinary_plan_has_no_faults() {
        assert_eq!(faults(|task, _| task.after = vec![0]), None);
    }

    #[test]
    fn a_task_waits_for_earlier_ones_only() {
        let text = "task 1 is to wait for task 1, which is not before it";
        assert_eq!(faults(|task, _| task.after = vec![0, 1]), Some(format!("1 {text}")));
        assert!(faults(|task, _| task.after = vec![99]).is_some());
    }

    #[test]
    fn a_command_needs_a_program_and_no_nul() {
        assert_eq!(
            faults(|_, command| command.argv.clear()).as_deref(),
            Some("1 a command without a program")
        );
        assert!(faults(|_, command| command.argv[0].clear()).is_some());
        assert_eq!(
            faults(|_, command| command.argv.push("x\0y".into())).as_deref(),
            Some(r"1 `x\0y` contains a NUL character")
        );
        assert!(faults(|_, command| command.folder = Some("\0".into())).is_some());
        assert!(faults(|_, c| drop(c.env.insert("A=B".into(), String::new()))).is_some());
        assert!(faults(|_, c| drop(c.env.insert("A".into(), "\0".into()))).is_some());
    }
}
