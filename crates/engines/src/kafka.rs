//! Apache Kafka: one node that is broker and controller, from the jars on Maven Central.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;
use crate::folder::{cache_folder, lock, make, write};
use crate::process::{find, run};

const VERSION: &str = "4.1.0";
/// The server with all that it needs at run time, and a log that goes to the error output.
const POM: &str = include_str!("kafka/pom.xml");
/// What was downloaded and seen to run; `sha256sum` compares.
const CHECKSUMS: &str = include_str!("kafka/sha256");
/// Any 16 bytes in Base64: it only tells clusters apart.
const CLUSTER: &str = "dGVuZm9sZC1lbmdpbmVzMQ";

/// Writes the configuration and formats the folder of the log, once.
pub(crate) fn prepare(folder: &Path, ports: &[u16]) -> Result<(), Error> {
    let jars = jars()?;
    let (port, controller) = (ports[0], ports[1]);
    let data = folder.join("data");
    let text = format!(
        "process.roles=broker,controller\nnode.id=1\n\
         controller.quorum.bootstrap.servers=127.0.0.1:{controller}\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{port}\n\
         controller.listener.names=CONTROLLER\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
         inter.broker.listener.name=PLAINTEXT\nlog.dirs={}\n\
         offsets.topic.replication.factor=1\noffsets.topic.num.partitions=4\n\
         transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n\
         group.initial.rebalance.delay.ms=0\n",
        data.display()
    );
    write(&folder.join("server.properties"), &text)?;
    if !data.join("meta.properties").exists() {
        let mut format = java(&jars)?;
        format.args(["kafka.tools.StorageTool", "format", "--standalone", "-t", CLUSTER, "-c"]);
        run(format.arg(folder.join("server.properties")))?;
    }
    Ok(())
}

pub(crate) fn command(folder: &Path) -> Result<Command, Error> {
    let mut command = java(&jars()?)?;
    command.arg("kafka.Kafka").arg(folder.join("server.properties"));
    Ok(command)
}

pub(crate) fn is_ready(folder: &Path) -> bool {
    let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
    log.contains("Kafka Server started")
}

fn java(jars: &Path) -> Result<Command, Error> {
    let program = find("java").ok_or_else(|| Error::Failed("java went".into()))?;
    let mut command = Command::new(program);
    command.args(["-Xmx512m", "-cp"]).arg(jars.join("*"));
    Ok(command)
}

/// Returns the command that runs a class of Kafka's console tools, such as
/// `org.apache.kafka.tools.ConsoleProducer`.
///
/// # Errors
/// There is no Java, or the jars cannot be fetched.
pub fn kafka_tool(class: &str) -> Result<Command, Error> {
    let mut command = java(&jars()?)?;
    command.arg(class);
    Ok(command)
}

/// Returns the folder of the jars, after having fetched them where they are not there yet.
fn jars() -> Result<PathBuf, Error> {
    let jars = cache_folder().join(format!("kafka-{VERSION}-{:016x}", fingerprint()));
    if jars.is_dir() {
        return Ok(jars);
    }
    // One fetches; who waited finds them.
    let _lock = lock(&jars)?;
    if jars.is_dir() {
        return Ok(jars);
    }
    // Only a whole and compared folder gets the name.
    let fresh = cache_folder().join(format!("kafka-{VERSION}.{}", std::process::id()));
    let library = fresh.join("jars");
    make(&library)?;
    write(&fresh.join("pom.xml"), POM)?;
    write(&fresh.join("sha256"), CHECKSUMS)?;
    let program = find("mvn").ok_or_else(|| Error::Failed("mvn went".into()))?;
    let mut maven = Command::new(program);
    maven.args(["-q", "-B", "-C", "-f"]).arg(fresh.join("pom.xml"));
    maven.arg("org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies");
    maven.arg("-DincludeScope=runtime").arg(format!("-DoutputDirectory={}", library.display()));
    let fetched = run(&mut maven).and_then(|_| compare(&library, &fresh.join("sha256")));
    if let Err(error) = fetched {
        let _ = fs::remove_dir_all(&fresh);
        return Err(Error::Missing { engine: "kafka", why: error.to_string() });
    }
    if fs::rename(&library, &jars).is_err() && !jars.is_dir() {
        return Err(Error::Failed(format!("cannot write {}", jars.display())));
    }
    let _ = fs::remove_dir_all(&fresh);
    Ok(jars)
}

/// Tells one list of jars from another, so that a changed one is fetched anew.
fn fingerprint() -> u64 {
    let mut hasher = DefaultHasher::new();
    CHECKSUMS.hash(&mut hasher);
    hasher.finish()
}

/// Fails where a file differs, is missing, or is there without a checksum.
fn compare(library: &Path, checksums: &Path) -> Result<(), Error> {
    run(Command::new("sha256sum")
        .args(["--quiet", "--strict", "-c"])
        .arg(checksums)
        .current_dir(library))?;
    let files = fs::read_dir(library).map_err(|error| Error::failed("jars", error))?.count();
    let known = CHECKSUMS.lines().count();
    if files == known {
        Ok(())
    } else {
        Err(Error::Failed(format!("{files} jars came, {known} are known")))
    }
}
