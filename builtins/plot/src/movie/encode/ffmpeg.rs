//! MP4 by the program ffmpeg, which gets the pixels through a pipe.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread::JoinHandle;

use ledama_base::atomic::{AtomicFile, Existing};
use ledama_base::operation::{ErrorKind, OperationContext, OperationError};

use super::{Picture, Settings, failed};

/// Lines of its messages that are kept for an error.
const LAST_LINES: usize = 5;

/// The program and what it can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ffmpeg {
    program: PathBuf,
    h264: bool,
}

impl Ffmpeg {
    /// Looks for the program in `$PATH`; `None` if it is not there or cannot write
    /// any video that is wanted here.
    pub fn find() -> Option<Self> {
        let path = std::env::var_os("PATH")?;
        let folders = std::env::split_paths(&path);
        let program = folders.map(|folder| folder.join("ffmpeg")).find(|file| file.is_file())?;
        let listed = Command::new(&program)
            .args(["-hide_banner", "-v", "error", "-encoders"])
            .stdin(Stdio::null())
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&listed.stdout).into_owned();
        let has = |name: &str| {
            text.lines().any(|line| line.split_whitespace().nth(1).is_some_and(|word| word == name))
        };
        let h264 = has("libx264");
        (h264 || has("mpeg4")).then_some(Self { program, h264 })
    }

    /// The arguments that write a movie to `output`.
    fn arguments(&self, settings: &Settings, output: &Path) -> Vec<OsString> {
        let (width, height) = settings.size;
        let mut words: Vec<String> = ["-hide_banner", "-nostdin", "-v", "warning", "-y"]
            .into_iter()
            .chain(["-f", "rawvideo", "-pixel_format", "rgb24", "-video_size"])
            .map(String::from)
            .collect();
        words.extend([format!("{width}x{height}"), "-framerate".into(), settings.rate.to_string()]);
        words.extend(["-i", "pipe:0", "-an"].map(String::from));
        if self.h264 {
            words.extend(["-c:v", "libx264", "-preset", "medium", "-crf"].map(String::from));
            words.push(settings.crf.to_string());
        } else {
            words.extend(["-c:v", "mpeg4", "-b:v", "4620000"].map(String::from));
        }
        words.extend(["-pix_fmt", "yuv420p", "-movflags", "+faststart"].map(String::from));
        if settings.reproducible {
            let exact = ["-threads", "1", "-fflags", "+bitexact", "-flags:v", "+bitexact"];
            words.extend(exact.map(String::from));
            words.extend(["-map_metadata", "-1"].map(String::from));
        }
        words.extend(["-f", "mp4"].map(String::from));
        words.into_iter().map(OsString::from).chain([output.as_os_str().to_owned()]).collect()
    }

    /// Starts the program.
    pub(super) fn begin<'a>(
        &self,
        path: &Path,
        existing: Existing,
        settings: &Settings,
        ctx: &'a dyn OperationContext,
    ) -> Result<Pipe<'a>, OperationError> {
        let file = AtomicFile::create(path, existing)?;
        let arguments = self.arguments(settings, file.path());
        let shown = self.arguments(settings, path);
        let mut child = Command::new(&self.program)
            .args(&arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| failed(&self.program, error))?;
        let messages = child.stderr.take().map(|messages| {
            std::thread::spawn(move || {
                let lines = BufReader::new(messages).split(b'\n').map_while(Result::ok);
                lines.map(|line| String::from_utf8_lossy(&line).into_owned()).collect()
            })
        });
        let words = shown.iter().map(|word| word.to_string_lossy().into_owned());
        let command: Vec<String> = std::iter::once("ffmpeg".to_string()).chain(words).collect();
        let command = command.join(" ");
        ctx.log(&command);
        let pixels = child.stdin.take();
        Ok(Pipe { child, pixels, messages, file: Some(file), path: path.into(), command, ctx })
    }
}

/// A running ffmpeg.
pub struct Pipe<'a> {
    child: Child,
    pixels: Option<ChildStdin>,
    messages: Option<JoinHandle<Vec<String>>>,
    file: Option<AtomicFile>,
    path: PathBuf,
    command: String,
    ctx: &'a dyn OperationContext,
}

impl Pipe<'_> {
    pub(super) fn write(&mut self, picture: &Picture) -> Result<(), OperationError> {
        let written = match &mut self.pixels {
            Some(pixels) => pixels.write_all(&picture.rgb),
            None => Ok(()),
        };
        if written.is_ok() {
            return Ok(());
        }
        // It has ended: what it said is the reason.
        self.end()?;
        Err(failed(&self.path, "ffmpeg ended before all frames were there"))
    }

    pub(super) fn finish(mut self) -> Result<String, OperationError> {
        self.end()?;
        if let Some(file) = self.file.take() {
            file.commit()?;
        }
        Ok(std::mem::take(&mut self.command))
    }

    /// Waits until it has ended, and keeps what it said.
    fn end(&mut self) -> Result<(), OperationError> {
        drop(self.pixels.take());
        let status = self.child.wait().map_err(|error| failed(&self.path, error))?;
        let said = self.messages.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        for line in &said {
            self.ctx.log(&format!("ffmpeg: {line}"));
        }
        if status.success() {
            return Ok(());
        }
        let last = said.iter().rev().take(LAST_LINES).rev();
        let last: Vec<&str> = last.map(String::as_str).collect();
        let message =
            format!("{}: ffmpeg failed ({status}): {}", self.path.display(), last.join("; "));
        Err(OperationError::new(ErrorKind::Status, message)
            .help("`--format gif` or `--format apng` need no other program"))
    }
}

impl Drop for Pipe<'_> {
    fn drop(&mut self) {
        if self.file.is_some() {
            // Interrupted: nothing that is half done may go on or stay.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
