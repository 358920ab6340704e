//! The course of one task.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ledama_base::operation::{
    ErrorKind, OperationContext, OperationError, ProgramCall, ProgramEnd,
};
use ledama_base::quote::{show, show_command};
use ledama_base::rawtext::{path_text, text_path};

use super::devices::Device;
use super::heard::{CAPTURE, Heard};
use super::lock::SetLock;
use super::place::{Filler, Scratch, Staged};
use super::provenance::Call;
use super::{Answer, Facts, State, Task, check, place, provenance, replace, space};
use crate::program::{KNOWN, command_line, start_failure};
use crate::rules::Wrangler;

/// Does the task.
pub(super) fn run(task: &Task, ctx: &dyn OperationContext) -> Result<Answer, OperationError> {
    let mut channels = None;
    for (index, source) in task.inputs.iter().enumerate() {
        let found = check::input(source)?;
        channels = if index == 0 { found } else { channels };
    }
    let mut answer = Answer::default();
    if task.resume
        && let Some(there) = done_before(task, channels, ctx)?
    {
        ctx.log("everything is there already");
        return Ok(there);
    }
    replace::check(task)?;
    leftovers(task, ctx, &mut answer.warnings)?;
    let mut locks = Vec::new();
    for input in task.inputs.iter().filter(|input| input.edited) {
        locks.push(SetLock::take(&input.path)?);
    }
    for product in &task.products {
        if let Some(folder) = text_path(product.path.trim_end_matches('/')).parent() {
            std::fs::create_dir_all(folder)
                .map_err(|e| OperationError::io(show(&path_text(folder)), &e))?;
        }
    }
    space::check(task, ctx)?;
    wait(task.wait_s, ctx)?;
    let mut scratch = Scratch::make(task, ctx)?;
    for file in &task.files {
        let path = scratch.folder.join(text_path(&file.name));
        std::fs::write(&path, &file.text)
            .map_err(|e| OperationError::io(show(&path_text(&path)), &e))?;
    }
    let mut staged = Vec::new();
    for (index, product) in task.products.iter().enumerate() {
        let place = (index, task.program.links);
        staged.push(Staged::prepare(product, place, &scratch.folder, ctx.run_id())?);
    }
    if let Some(column) = &task.backup_flags {
        for input in task.inputs.iter().filter(|input| input.edited) {
            if !ledama_ms::edits::copies::copy_column(&input.path, "FLAG", column, ctx)? {
                answer
                    .warnings
                    .push(format!("flags were kept in {column} before; it stays as it is"));
            }
        }
    }
    let result = process(task, ctx, channels, &scratch, &staged, &mut answer);
    if result.is_err() {
        for product in &staged {
            if let Err(error) = product.remove() {
                ctx.log(&format!("cannot be removed: {}", error.message));
            }
        }
        scratch.keep = task.keep_scratch && !ctx.cancelled();
        if scratch.keep {
            ctx.log(&format!("scratch folder kept: {}", path_text(&scratch.folder)));
        }
    }
    drop(locks);
    result.map(|()| answer)
}

/// From the start of the program to the names of its products.
fn process(
    task: &Task,
    ctx: &dyn OperationContext,
    channels: Option<u64>,
    scratch: &Scratch,
    staged: &[Staged],
    answer: &mut Answer,
) -> Result<(), OperationError> {
    let filler = Filler::new(task, &scratch.folder, staged, threads(task))?;
    fill_files(task, &filler)?;
    let device = Device::take(&task.devices);
    answer.version = version(task, ctx, scratch)?;
    let argv = filler.fill(&task.arguments)?;
    for arguments in &task.first {
        call(
            task,
            &filler.fill(arguments)?,
            device.as_ref(),
            ctx,
            scratch,
            &mut Answer::default(),
        )?;
    }
    let begin = Instant::now();
    call(task, &argv, device.as_ref(), ctx, scratch, answer)?;
    drop(device);
    answer.seconds = begin.elapsed().as_secs_f64();
    for (product, place) in task.products.iter().zip(staged) {
        answer.products.extend(check::product(product, &place.place, channels, ctx)?);
    }
    let edited: Vec<&str> =
        task.inputs.iter().filter(|input| input.edited).map(|input| input.path.as_str()).collect();
    for path in &edited {
        for wanted in &task.checks {
            check::holds(path, wanted)?;
        }
    }
    let whole: Vec<String> = task.program.command.iter().chain(&argv).cloned().collect();
    let made = Call { argv: &whole, version: &answer.version, seconds: answer.seconds };
    for path in &edited {
        if let Some(message) = &task.history
            && !ledama_ms::edits::record::record(
                path,
                message,
                &provenance::parameters(task, made, ctx.run_id()),
            )?
        {
            answer
                .warnings
                .push("the set has no HISTORY table: the change is not recorded in it".into());
        }
        answer.edited.push(check::edited(path, ctx)?);
    }
    ctx.check()?;
    for place in staged {
        place.publish(task.overwrite)?;
    }
    for product in &task.products {
        if let Err(error) = provenance::write(&product.path, task, made, ctx) {
            answer.warnings.push(format!("no provenance: {}", error.message));
        }
    }
    Ok(())
}

/// Puts into text files what is only known here.
fn fill_files(task: &Task, filler: &Filler) -> Result<(), OperationError> {
    for (file, path) in task.files.iter().zip(&filler.files) {
        if file.fills.is_empty() {
            continue;
        }
        let mut text = file.text.clone();
        for (word, argument) in &file.fills {
            let value = filler.fill(std::slice::from_ref(argument))?.concat();
            text = text.replace(word, &value);
        }
        std::fs::write(text_path(path), text).map_err(|e| OperationError::io(show(path), &e))?;
    }
    Ok(())
}

/// Calls the program and judges how it ended.
fn call(
    task: &Task,
    arguments: &[String],
    device: Option<&Device>,
    ctx: &dyn OperationContext,
    scratch: &Scratch,
    answer: &mut Answer,
) -> Result<(), OperationError> {
    let card = &task.program;
    let mut env = card.environment.clone();
    env.extend(device.map(Device::variable));
    let argv: Vec<String> = card.command.iter().chain(arguments).cloned().collect();
    ctx.log(&format!("$ {}", show_command(&argv)));
    let call = ProgramCall {
        argv: command_line(card, arguments),
        folder: Some(path_text(&scratch.folder)),
        env,
    };
    let rules: Vec<_> = card.rules.iter().chain(&task.rules).cloned().collect();
    let wrangler = Wrangler::new(&rules).map_err(|e| OperationError::new(ErrorKind::Input, e))?;
    let mut heard = Heard::new(wrangler, task.capture);
    let end = ctx.program(&call, &mut |stream, bytes| heard.hear(stream, bytes))?;
    heard.finish();
    let program = &card.command[0];
    if ctx.cancelled() {
        return Err(OperationError::new(ErrorKind::Cancelled, "interrupted"));
    }
    let success = if task.success.is_empty() { &[0][..] } else { &task.success };
    match end {
        ProgramEnd::Status(status) if success.contains(&status) => {}
        end => {
            if let Some(failure) =
                heard.start_line.as_deref().and_then(|line| start_failure(end, line))
            {
                return Err(failure);
            }
            let how = match end {
                ProgramEnd::Status(status) => {
                    let known = KNOWN.iter().find(|known| known.key == card.key);
                    let statuses = known.map_or(&[][..], |known| known.statuses);
                    let meaning = statuses.iter().find(|(known, _)| *known == status);
                    let meaning = meaning.map_or(String::new(), |(_, text)| format!(" ({text})"));
                    format!("ended with status {status}{meaning}")
                }
                ProgramEnd::Signal(signal) => format!("was killed by signal {signal}"),
            };
            let last = heard.last.as_ref().map_or(String::new(), |last| format!(": {last}"));
            let message = format!("`{program}` {how}{last}");
            return Err(OperationError::new(ErrorKind::Status, message));
        }
    }
    if let Some(why) = heard.wrangler.verdict() {
        let message = format!("`{program}` ended without an error, but {why}");
        return Err(OperationError::new(ErrorKind::Status, message));
    }
    answer.warnings.append(&mut heard.wrangler.warnings);
    answer.stdout = heard.kept.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Ok(())
}

fn threads(task: &Task) -> usize {
    if task.threads > 0 {
        return task.threads;
    }
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    (processors / task.per_node.max(1)).max(1)
}

/// What the program calls itself; asked once of each on a node.
pub(super) fn version(
    task: &Task,
    ctx: &dyn OperationContext,
    scratch: &Scratch,
) -> Result<String, OperationError> {
    static KNOWN: LazyLock<Mutex<HashMap<String, String>>> = LazyLock::new(Mutex::default);
    let card = &task.program;
    if card.version.is_empty() {
        return Ok(String::new());
    }
    let argv = command_line(card, &card.version);
    let key = format!("{argv:?}{:?}", card.environment);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(version) = known.get(&key) {
        return Ok(version.clone());
    }
    let folder = Some(path_text(&scratch.folder));
    let call = ProgramCall { argv, folder, env: card.environment.clone() };
    let mut said = Vec::new();
    let end = ctx.program(&call, &mut |_, bytes| {
        if said.len() < CAPTURE {
            said.extend_from_slice(bytes);
        }
    })?;
    ctx.check()?;
    let text = String::from_utf8_lossy(&said).into_owned();
    let failure = text.lines().find_map(|line| start_failure(end, line));
    if let Some(failure) = failure {
        return Err(failure);
    }
    let line = text.lines().map(str::trim).find(|line| line.contains(|c: char| c.is_ascii_digit()));
    let version = line.unwrap_or_default().to_string();
    known.insert(key, version.clone());
    Ok(version)
}

/// The answer where everything is there and passes its checks.
fn done_before(
    task: &Task,
    channels: Option<u64>,
    ctx: &dyn OperationContext,
) -> Result<Option<Answer>, OperationError> {
    let edited = || task.inputs.iter().filter(|input| input.edited);
    let mut facts: Vec<Facts> = Vec::new();
    if task.products.is_empty() {
        let holds = edited().all(|input| {
            task.checks.iter().all(|wanted| check::holds(&input.path, wanted).is_ok())
        });
        if !task.repeatable || task.checks.is_empty() || !holds {
            return Ok(None);
        }
    }
    for product in &task.products {
        match check::product(product, &text_path(product.path.trim_end_matches('/')), channels, ctx)
        {
            Ok(found) => facts.extend(found),
            Err(error) if error.kind == ErrorKind::Cancelled => return Err(error),
            Err(_) => return Ok(None),
        }
    }
    let mut answer = Answer { state: State::Skipped, products: facts, ..Answer::default() };
    for input in edited() {
        answer.edited.push(check::edited(&input.path, ctx)?);
    }
    Ok(Some(answer))
}

/// Tells of what interrupted runs have left, or removes it.
fn leftovers(
    task: &Task,
    ctx: &dyn OperationContext,
    warnings: &mut Vec<String>,
) -> Result<(), OperationError> {
    for folder in place::old_scratch(task, ctx).iter().filter(|_| task.clean) {
        place::remove(folder)?;
        // Only when no other task of that run is in it.
        let _used = folder.parent().map(std::fs::remove_dir);
        ctx.log(&format!("removed an old scratch folder: {}", show(&path_text(folder))));
    }
    for product in &task.products {
        let found = place::leftovers(product, ctx.run_id())
            .map_err(|e| OperationError::io(show(&product.path), &e))?;
        for path in found {
            let text = path_text(&path);
            if task.clean {
                place::remove(&path)?;
                ctx.log(&format!("removed what an interrupted run has left: {}", show(&text)));
            } else {
                warnings.push(format!(
                    "an interrupted run has left {}; `--clean` removes it",
                    show(&text)
                ));
            }
        }
    }
    Ok(())
}

fn wait(seconds: u64, ctx: &dyn OperationContext) -> Result<(), OperationError> {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(seconds) {
        ctx.check()?;
        std::thread::sleep(Duration::from_millis(50));
    }
    ctx.check()
}
