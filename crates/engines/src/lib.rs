//! Real engines on loopback, without containers: PostgreSQL, Redis, nginx and Kafka.
//!
//! ```text
//!  up ──► installed? ──► prepare folder ──► start, pid written by the process itself ──► ready?
//!   │ runs already: its address                                                          │
//!   └────────────────────────────────────────────────────────────────── address ◄────────┘
//!  down ──► signal that the engine takes for an orderly stop ──► gone? else kill the group
//! ```
//!
//! * `Engines` keeps one instance of each engine in a folder; instances outlive the command that
//!   started them, and a command that is killed at any moment leaves nothing that `down` misses.
//! * `Scratch` is an instance of a test's own, gone with the value. What a killed test leaves behind
//!   is swept by the next `up`, `down` or `status`.
//! * A pid is believed only while the process that has it names the engine's folder in its arguments.
//! * What is downloaded (Kafka's jars, from Maven Central) is compared with checksums of this crate.
//!
//! The crate knows processes and files, nothing of patterns; its tests hold patterns against the
//! engines.

mod folder;
mod instance;
mod kafka;
mod nginx;
mod postgres;
mod process;
mod redis;
mod scratch;

pub use folder::target_folder;
pub use instance::{Engines, Install, Running};
pub use kafka::kafka_tool;
pub use scratch::Scratch;

/// An engine that can be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A relational store.
    Postgres,
    /// A store of keys in memory.
    Redis,
    /// A proxy and web server.
    Nginx,
    /// A log of messages: one node that is broker and controller.
    Kafka,
}

impl Engine {
    /// Every engine, in the order in which they are listed.
    pub const ALL: [Self; 4] = [Self::Postgres, Self::Redis, Self::Nginx, Self::Kafka];

    /// Returns the name by which commands and folders know it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Redis => "redis",
            Self::Nginx => "nginx",
            Self::Kafka => "kafka",
        }
    }

    /// Returns the engine of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|engine| engine.name() == name)
    }

    /// Debian packages that bring it.
    const fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Postgres => &["postgresql"],
            Self::Redis => &["redis-server"],
            Self::Nginx => &["nginx-light"],
            Self::Kafka => &["default-jre-headless", "maven"],
        }
    }

    /// Programs without which it does not start.
    const fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Postgres => &["initdb", "postgres", "pg_isready"],
            Self::Redis => &["redis-server"],
            Self::Nginx => &["nginx"],
            Self::Kafka => &["java", "mvn"],
        }
    }

    /// Ports that it listens on.
    const fn ports(self) -> usize {
        match self {
            Self::Postgres | Self::Redis | Self::Nginx => 1,
            Self::Kafka => 2,
        }
    }
}

/// Why an engine does not run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// This machine does not have it.
    #[error("no {engine}: {why}")]
    Missing {
        /// Its name.
        engine: &'static str,
        /// What is not there, and what would help.
        why: String,
    },
    /// It is there and does not start, or does not stop.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    fn failed(what: &str, error: impl core::fmt::Display) -> Self {
        Self::Failed(format!("{what}: {error}"))
    }
}
