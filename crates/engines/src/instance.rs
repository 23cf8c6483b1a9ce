//! One instance of each engine in a folder: up, down, status.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::process::{find, is_root, last_words, run, running, spawn, stop, wait};
use crate::{Engine, Error, folder, kafka, nginx, postgres, redis, scratch};

/// How long an engine may take until it answers.
const READY_MAX: Duration = Duration::from_secs(60);
/// A port that was free a moment ago may be taken: then others.
const STARTS_MAX: u32 = 3;

/// Whether what is missing may be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Install {
    /// With `apt-get`, where this process is root.
    Allowed,
    /// Only what is there.
    Forbidden,
}

/// An engine that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// Host and port that clients connect to.
    pub address: String,
    /// The process.
    pub pid: u32,
    /// Where its data, configuration and log lie.
    pub folder: PathBuf,
}

/// The engines of one folder.
#[derive(Clone, Debug)]
pub struct Engines {
    folder: PathBuf,
}

impl Engines {
    /// Returns the engines whose data lie in `engines` of a target folder.
    #[must_use]
    pub fn new(target: &Path) -> Self {
        Self { folder: target.join("engines") }
    }

    /// Starts an engine and waits until it answers; one that runs already is returned as it is.
    ///
    /// # Errors
    /// The engine is not to be had on this machine, or does not start; the message holds the end of
    /// its log.
    pub fn up(&self, engine: Engine, install: Install) -> Result<Running, Error> {
        scratch::sweep(&self.folder);
        let place = self.place(engine);
        available(engine, install)?;
        up(engine, &place, "")
    }

    /// Stops an engine; `wipe` removes its data too. Returns whether it ran.
    ///
    /// # Errors
    /// It does not stop, or its data cannot be removed.
    pub fn down(&self, engine: Engine, wipe: bool) -> Result<bool, Error> {
        scratch::sweep(&self.folder);
        let place = self.place(engine);
        let _lock = folder::lock(&place)?;
        let ran = down(engine, &place)?;
        if wipe && place.exists() {
            fs::remove_dir_all(&place).map_err(|error| Error::failed("data", error))?;
        }
        Ok(ran)
    }

    /// Returns the engine if it runs.
    #[must_use]
    pub fn status(&self, engine: Engine) -> Option<Running> {
        scratch::sweep(&self.folder);
        status(&self.place(engine))
    }

    fn place(&self, engine: Engine) -> PathBuf {
        self.folder.join(engine.name())
    }
}

/// Says what is missing, or installs it.
pub(crate) fn available(engine: Engine, install: Install) -> Result<(), Error> {
    let missing = || engine.programs().iter().find(|program| find(program).is_none());
    let Some(program) = missing() else { return Ok(()) };
    let packages = engine.packages();
    let may = install == Install::Allowed && is_root() && find("apt-get").is_some();
    if may {
        let mut update = Command::new("apt-get");
        run(update.args(["-qq", "update"]))?;
        let mut apt = Command::new("apt-get");
        apt.args(["-qqy", "install", "--no-install-recommends"]).args(packages);
        // Packages of servers would start them.
        apt.env("RUNLEVEL", "1").env("DEBIAN_FRONTEND", "noninteractive");
        run(apt.stdin(Stdio::null()))?;
    }
    match missing() {
        None => Ok(()),
        Some(_) => Err(Error::Missing {
            engine: engine.name(),
            why: format!("`{program}` is not installed (Debian: {})", packages.join(", ")),
        }),
    }
}

pub(crate) fn up(engine: Engine, place: &Path, setup: &str) -> Result<Running, Error> {
    let lock = folder::lock(place)?;
    folder::make(place)?;
    let mut why = String::new();
    for _ in 0..STARTS_MAX {
        if running(place).is_none() {
            start(engine, place, setup, &lock)?;
        }
        let (_, ports) = known_ports(place);
        // Until the shell has written the pid, nothing is known to run.
        wait(Duration::from_secs(5), || running(place).is_some());
        let mut gone = false;
        let ready = wait(READY_MAX, || {
            gone = running(place).is_none();
            gone || is_ready(engine, place, &ports)
        });
        if ready && !gone {
            return status(place).ok_or_else(|| Error::Failed("it went again".into()));
        }
        why = last_words(place);
        down(engine, place)?;
        // Those may be what was in the way.
        let _ = fs::remove_file(place.join("ports"));
    }
    Err(Error::Failed(format!("{} does not start:\n{why}", engine.name())))
}

pub(crate) fn down(engine: Engine, place: &Path) -> Result<bool, Error> {
    let signal = match engine {
        // "Fast": without waiting for clients to leave.
        Engine::Postgres => "INT",
        Engine::Redis | Engine::Nginx | Engine::Kafka => "TERM",
    };
    stop(place, signal)
}

fn status(place: &Path) -> Option<Running> {
    let pid = running(place)?;
    let (_, ports) = known_ports(place);
    let address = format!("127.0.0.1:{}", ports.first()?);
    Some(Running { address, pid, folder: place.to_owned() })
}

fn start(engine: Engine, place: &Path, setup: &str, lock: &File) -> Result<(), Error> {
    let ports = ports(engine, place)?;
    let command = match engine {
        Engine::Postgres => {
            postgres::prepare(place)?;
            postgres::command(place, ports[0])?
        }
        Engine::Redis => redis::command(place, ports[0])?,
        Engine::Nginx => {
            nginx::prepare(place, ports[0], setup)?;
            nginx::command(place)?
        }
        Engine::Kafka => {
            kafka::prepare(place, &ports)?;
            kafka::command(place)?
        }
    };
    spawn(place, &command, lock)
}

fn is_ready(engine: Engine, place: &Path, ports: &[u16]) -> bool {
    let Some(port) = ports.first() else { return false };
    match engine {
        Engine::Postgres => postgres::is_ready(*port),
        Engine::Redis => redis::is_ready(*port),
        Engine::Nginx => nginx::is_ready(*port),
        Engine::Kafka => kafka::is_ready(place),
    }
}

fn known_ports(place: &Path) -> (PathBuf, Vec<u16>) {
    let file = place.join("ports");
    let text = fs::read_to_string(&file).unwrap_or_default();
    let ports = text.split_whitespace().filter_map(|port| port.parse().ok()).collect();
    (file, ports)
}

/// The ports of the last time if they are free, else others that are.
fn ports(engine: Engine, place: &Path) -> Result<Vec<u16>, Error> {
    let (file, known) = known_ports(place);
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    if known.len() == engine.ports() && known.iter().all(free) {
        return Ok(known);
    }
    // All are held until the last is found, so that they differ.
    let held: Result<Vec<TcpListener>, _> =
        (0..engine.ports()).map(|_| TcpListener::bind(("127.0.0.1", 0))).collect();
    let held = held.map_err(|error| Error::failed("no free port", error))?;
    let ports: Result<Vec<u16>, _> =
        held.iter().map(|listener| listener.local_addr().map(|address| address.port())).collect();
    let ports = ports.map_err(|error| Error::failed("no free port", error))?;
    let text: Vec<String> = ports.iter().map(u16::to_string).collect();
    folder::write(&file, &text.join(" "))?;
    Ok(ports)
}
