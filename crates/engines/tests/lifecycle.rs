//! Engines come, stay, and go, whatever happens to the command that started them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tenfold_engines::{Engine, Engines, Install, Scratch, target_folder};

/// A folder of the test's own.
fn folder(name: &str) -> PathBuf {
    target_folder().join("engines").join(format!("test-{name}-{}", std::process::id()))
}

/// Processes that name `folder` in their arguments.
fn processes(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let arguments = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    let texts = arguments.map(|bytes| String::from_utf8_lossy(&bytes).replace('\0', " "));
    texts.filter(|text| text.contains(&*folder.to_string_lossy())).collect()
}

/// Whether this machine has the engine: said out loud, and a failure in CI, where it has not.
fn has(engine: Engine) -> bool {
    Scratch::start(engine, "").is_some()
}

#[test]
fn what_is_up_stays_up_until_it_is_taken_down() {
    for engine in [Engine::Redis, Engine::Nginx, Engine::Postgres] {
        if !has(engine) {
            continue;
        }
        let folder = folder(engine.name());
        let engines = Engines::new(&folder);
        assert_eq!(engines.status(engine), None);
        let first = engines.up(engine, Install::Forbidden).unwrap();
        assert!(!processes(&folder).is_empty(), "{engine:?}");
        assert_eq!(engines.up(engine, Install::Forbidden).unwrap(), first, "not a second one");
        assert_eq!(engines.status(engine).as_ref(), Some(&first));
        assert!(engines.down(engine, false).unwrap());
        assert_eq!(processes(&folder), [""; 0], "{engine:?}");
        assert!(!engines.down(engine, false).unwrap());
        let again = engines.up(engine, Install::Forbidden).unwrap();
        assert_eq!(again.address, first.address, "the port is kept");
        assert!(engines.down(engine, true).unwrap());
        assert!(!again.folder.exists(), "the data are removed");
        std::fs::remove_dir_all(folder).unwrap();
    }
}

const KILLED: &str = "TENFOLD_TEST_KILLED_COMMAND";

/// Not a check: what `a_killed_command_leaves_nothing_behind` starts and kills.
#[test]
fn up_in_a_process_that_is_killed() {
    let Some(folder) = std::env::var_os(KILLED) else { return };
    Engines::new(Path::new(&folder)).up(Engine::Redis, Install::Forbidden).unwrap();
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn a_killed_command_leaves_nothing_behind() {
    if !has(Engine::Redis) {
        return;
    }
    let folder = folder("killed");
    let engines = Engines::new(&folder);
    let mut found = 0;
    for round in 0..25 {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "up_in_a_process_that_is_killed"]).env(KILLED, &folder);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Before the shell, in it, before the engine answers, after.
        std::thread::sleep(Duration::from_millis(round * 4));
        child.kill().unwrap();
        child.wait().unwrap();
        found += u32::from(engines.down(Engine::Redis, false).unwrap());
        // A shell that was about to start the engine has done so by now, or never will.
        std::thread::sleep(Duration::from_millis(60));
        let left: Vec<_> =
            processes(&folder).into_iter().filter(|text| text.contains("redis-server")).collect();
        assert_eq!(left, [""; 0], "round {round}");
    }
    assert!(found > 0, "no round was killed after the start");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_scratch_engine_goes_with_its_value() {
    let Some(scratch) = Scratch::start(Engine::Redis, "") else { return };
    let folder = scratch.running().folder.clone();
    assert!(folder.exists());
    assert_eq!(processes(&folder).len(), 1);
    drop(scratch);
    assert!(!folder.exists());
    assert_eq!(processes(&folder), [""; 0]);
}

#[test]
fn what_the_machine_does_not_have_is_said() {
    // Checked in a process of its own, whose path holds nothing.
    let run = |ci: &str| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "kafka_where_there_is_no_java"]);
        command.env(NO_PATH, "1").env("PATH", "/nonexistent").env("CI", ci);
        command.output().unwrap()
    };
    let (outside, inside) = (run(""), run("true"));
    assert!(outside.status.success());
    let said = String::from_utf8_lossy(&outside.stderr).into_owned();
    assert!(said.contains("skipped: no kafka: `java` is not installed"), "{said}");
    assert!(!inside.status.success(), "in CI it is a failure");
}

const NO_PATH: &str = "TENFOLD_TEST_NO_PATH";

/// Not a check: what `what_the_machine_does_not_have_is_said` runs.
#[test]
fn kafka_where_there_is_no_java() {
    if std::env::var_os(NO_PATH).is_some() {
        assert!(Scratch::start(Engine::Kafka, "").is_none());
    }
}
