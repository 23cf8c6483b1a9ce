//! Processes that outlive the one that started them, found again by the pid that they wrote.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Error;

/// How long an engine may take to stop by itself.
const STOP_MAX: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Returns where `program` lies: on the path, in `/usr/sbin`, or in a folder of PostgreSQL's.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.push(PathBuf::from("/usr/sbin"));
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    folders.into_iter().map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Result<String, Error> {
    let name = command.get_program().display().to_string();
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| Error::failed(&name, error))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    let said = format!("{}\n{}", text(&output.stdout), text(&output.stderr));
    Err(Error::Failed(format!("{name} failed ({}): {}", output.status, said.trim())))
}

/// Returns whether this process may do everything.
pub(crate) fn is_root() -> bool {
    run(Command::new("id").arg("-u")).is_ok_and(|id| id == "0")
}

/// Starts a command in a process group of its own; it writes its pid to `folder/pid` before it
/// becomes the engine, and holds `lock` until then: whoever takes the lock after the starting process
/// was killed finds the pid.
pub(crate) fn spawn(folder: &Path, command: &Command, lock: &File) -> Result<(), Error> {
    use std::os::unix::process::CommandExt as _;
    let log = folder.join("log");
    let output = File::create(&log).map_err(|error| Error::failed("log", error))?;
    let errors = output.try_clone().map_err(|error| Error::failed("log", error))?;
    let script = r#"echo $$ > "$0.new" && mv "$0.new" "$0" && exec "$@" </dev/null"#;
    let lock = lock.try_clone().map_err(|error| Error::failed("lock", error))?;
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(script).arg(folder.join("pid"));
    shell.arg(command.get_program()).args(command.get_args());
    shell.current_dir(folder).process_group(0);
    shell.stdin(lock).stdout(output).stderr(errors);
    let mut child = shell.spawn().map_err(|error| Error::failed("sh", error))?;
    // Somebody has to take the exit status, or a stopped engine stays on as a zombie.
    std::thread::spawn(move || child.wait());
    Ok(())
}

/// Returns the pid of the engine that runs in `folder`, if one does.
pub(crate) fn running(folder: &Path) -> Option<u32> {
    let pid: u32 = fs::read_to_string(folder.join("pid")).ok()?.trim().parse().ok()?;
    let arguments = arguments(pid)?;
    // A pid is given again in time; the folder in the arguments is not.
    arguments.contains(&*folder.to_string_lossy()).then_some(pid)
}

/// Returns whether a process of this pid lives.
pub(crate) fn lives(pid: u32) -> bool {
    arguments(pid).is_some()
}

fn arguments(pid: u32) -> Option<String> {
    let text = match fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).replace('\0', " "),
        Err(_) if Path::new("/proc/self").exists() => return None,
        Err(_) => run(Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()])).ok()?,
    };
    // A zombie has no arguments left.
    (!text.trim().is_empty()).then_some(text)
}

/// Stops the engine that runs in `folder`: first as it likes to be asked, then by force. Returns
/// whether one ran.
pub(crate) fn stop(folder: &Path, signal: &str) -> Result<bool, Error> {
    let Some(pid) = running(folder) else { return Ok(false) };
    send(signal, &pid.to_string())?;
    if !wait(STOP_MAX, || running(folder).is_none()) {
        // All of its group: workers do not outlive their master.
        send("KILL", &format!("-{pid}"))?;
        if !wait(STOP_MAX, || running(folder).is_none()) {
            return Err(Error::Failed(format!("pid {pid} does not stop")));
        }
    }
    let _ = fs::remove_file(folder.join("pid"));
    Ok(true)
}

fn send(signal: &str, to: &str) -> Result<(), Error> {
    // The shell's own `kill` is there on every machine. That the process is gone is no mistake.
    run(Command::new("sh").args(["-c", "kill -s $0 -- $1 2>/dev/null || true", signal, to]))?;
    Ok(())
}

/// Waits until `done`, at most `most`; returns whether it came.
pub(crate) fn wait(most: Duration, mut done: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if done() {
            return true;
        }
        if start.elapsed() > most {
            return false;
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// The last lines of an engine's log, for a message.
pub(crate) fn last_words(folder: &Path) -> String {
    let text = fs::read_to_string(folder.join("log")).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}
