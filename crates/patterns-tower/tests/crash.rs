//! Kills, and power cuts, of what acknowledges work: write-behind, the outbox relay and the event
//! store, each over the file log. Nothing acknowledged is lost, nothing takes effect twice, and the
//! order of each key holds.
//!
//! * A real process (this test, started again) with real files is killed with `SIGKILL` at random
//!   moments: 200 times a service, or `TENFOLD_KILLS` times.
//! * A kill keeps the page cache. A power cut does not: a simulated disk forgets what was not
//!   synced, keeps a random part of it, tears the last record, and may cut at any file operation.

#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::print_stdout, reason = "the seed, and what a process acknowledged")]

#[path = "crash/disk.rs"]
mod disk;
#[path = "crash/event_store.rs"]
mod event_store;
#[path = "crash/outbox.rs"]
mod outbox;
#[path = "crash/service.rs"]
mod service;
#[path = "crash/write_behind.rs"]
mod write_behind;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use disk::{Crash, Disk};
use event_store::EventStoreService;
use outbox::OutboxService;
use service::{DiskFolder, Flaw, Service};
use tenfold_units::{Seed, random::Stream};
use write_behind::WriteBehindService;

/// Steps of one life of a simulated process.
const STEPS: u64 = 120;

/// Runs lives that end in crashes, then a quiet one, then the check. Says what went wrong.
fn lives<S: Service<Disk>>(seed: u64, crashes: u32, flaw: Option<Flaw>) -> Result<(), String> {
    let mut stream = Seed(seed).stream("crash");
    let disk = Disk::default();
    let mut told = Vec::new();
    for life in 0..crashes {
        disk.cut_after(stream.below(STEPS * 2));
        if let Ok(mut service) = S::open(&disk, u64::from(life), flaw) {
            for _ in 0..STEPS {
                if service.step(&mut stream, &mut |line| told.push(line)).is_err() {
                    break;
                }
            }
        }
        let kind = if stream.chance(0.5) { Crash::Power } else { Crash::Kill };
        disk.crash(kind, &mut stream);
    }
    let mut service = S::open(&disk, u64::from(crashes), flaw).expect("the disk works");
    service.finish(&mut |line| told.push(line)).expect("the disk works");
    service.check(&told)
}

fn survives_power_cuts<S: Service<Disk>>() {
    for seed in 0..100 {
        lives::<S>(seed, 6, None).unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
    }
}

/// The check has to see a service that acknowledges before it syncs.
fn flaw_is_seen<S: Service<Disk>>() {
    let seen = |seed| lives::<S>(seed, 6, Some(Flaw::AcknowledgesBeforeSync)).is_err();
    let seen = (0..20).filter(|seed| seen(*seed)).count();
    assert!(seen >= 3, "seen with {seen} of 20 seeds");
}

#[test]
fn write_behind_survives_power_cuts() {
    survives_power_cuts::<WriteBehindService<Disk>>();
}

#[test]
fn an_outbox_survives_power_cuts() {
    survives_power_cuts::<OutboxService<Disk>>();
}

#[test]
fn an_event_store_survives_power_cuts() {
    survives_power_cuts::<EventStoreService<Disk>>();
}

#[test]
fn an_early_acknowledgement_is_seen() {
    flaw_is_seen::<WriteBehindService<Disk>>();
    flaw_is_seen::<OutboxService<Disk>>();
    flaw_is_seen::<EventStoreService<Disk>>();
}

/// How often a process is killed.
fn kills() -> u32 {
    let wanted = std::env::var("TENFOLD_KILLS").ok();
    wanted.map_or(200, |text| text.parse().expect("a number"))
}

/// Starts the test `test` again as the service that it tries, and kills it after some
/// acknowledgements and a moment. Returns all that it acknowledged.
fn live_and_be_killed(test: &str, folder: &Path, life: u32, stream: &mut Stream) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env("TENFOLD_CRASH_LIFE", life.to_string())
        .env("TENFOLD_CRASH_SEED", stream.below(u64::MAX).to_string())
        .env("TENFOLD_CRASH_FOLDER", folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let mut told = Vec::new();
    // Some die while they start, most in the middle of their work.
    let enough = stream.below(40) as usize;
    while told.len() < enough {
        told.push(lines.next().expect("it runs until it is killed").unwrap());
    }
    std::thread::sleep(Duration::from_micros(stream.below(6_000)));
    child.kill().unwrap();
    child.wait().unwrap();
    // What is in the pipe was acknowledged before the kill.
    told.extend(lines.map_while(Result::ok));
    told.retain(|line| line.starts_with("ack "));
    told
}

/// Kills the service of the test that is called `name` again and again; or is that service, where
/// this very function started the process.
fn survives_kills<S: Service<DiskFolder>>(name: &str) {
    if let Some(folder) = std::env::var_os("TENFOLD_CRASH_FOLDER") {
        let number = |name: &str| std::env::var(name).unwrap().parse().expect("a number");
        let (life, seed) = (number("TENFOLD_CRASH_LIFE"), number("TENFOLD_CRASH_SEED"));
        live::<S>(&DiskFolder(folder.into()), life, seed);
    }
    let folder = temporary(name);
    let seed = u64::from(std::process::id());
    println!("{name}: seed {seed}");
    let mut stream = Seed(seed).stream(name);
    let kills = kills();
    let mut told = Vec::new();
    for life in 0..kills {
        told.extend(live_and_be_killed(name, &folder, life, &mut stream));
    }
    let mut service = S::open(&DiskFolder(folder.clone()), u64::from(kills), None).unwrap();
    service.finish(&mut |line| told.push(line)).unwrap();
    println!("{name}: {kills} kills, {} acknowledgements", told.len());
    assert!(told.len() >= kills as usize, "it hardly lived: {}", told.len());
    let verdict = service.check(&told);
    verdict.unwrap_or_else(|wrong| panic!("seed {seed}, files in {}: {wrong}", folder.display()));
    std::fs::remove_dir_all(folder).unwrap();
}

fn temporary(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("tenfold-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Lives until it is killed.
fn live<S: Service<DiskFolder>>(folder: &DiskFolder, life: u64, seed: u64) -> ! {
    let mut service = S::open(folder, life, None).unwrap();
    let mut stream = Seed(seed).stream("life");
    let mut out = std::io::stdout();
    loop {
        let mut tell = |line: String| out.write_all((line + "\n").as_bytes()).unwrap();
        service.step(&mut stream, &mut tell).unwrap();
    }
}

#[test]
fn write_behind_survives_kills() {
    survives_kills::<WriteBehindService<DiskFolder>>("write_behind_survives_kills");
}

#[test]
fn an_outbox_survives_kills() {
    survives_kills::<OutboxService<DiskFolder>>("an_outbox_survives_kills");
}

#[test]
fn an_event_store_survives_kills() {
    survives_kills::<EventStoreService<DiskFolder>>("an_event_store_survives_kills");
}
