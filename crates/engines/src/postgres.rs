//! PostgreSQL: a cluster of its own with the user `tenfold`, trusted on loopback.

use std::path::Path;
use std::process::Command;

use crate::process::{find, is_root, run};
use crate::{Error, folder};

/// Makes the cluster where there is none yet.
pub(crate) fn prepare(place: &Path) -> Result<(), Error> {
    let data = place.join("data");
    if data.join("PG_VERSION").exists() {
        return Ok(());
    }
    folder::make(&data)?;
    if is_root() {
        run(Command::new("chown").arg(account()).arg(&data))?;
        let look = run(as_account("test").arg("-w").arg(&data));
        look.map_err(|_| {
            let (who, data) = (account(), data.display());
            Error::Failed(format!("the user {who}, which PostgreSQL needs, cannot write {data}"))
        })?;
    }
    let mut initdb = as_account(&path("initdb")?);
    initdb.arg("-D").arg(&data).args(["-A", "trust", "-U", "tenfold", "-E", "UTF8"]);
    initdb.args(["--locale=C", "--no-sync"]);
    run(initdb.current_dir("/"))?;
    Ok(())
}

pub(crate) fn command(place: &Path, port: u16) -> Result<Command, Error> {
    let mut command = as_account(&path("postgres")?);
    command.arg("-D").arg(place.join("data"));
    // No socket in the file system: its path may not be longer than 107 bytes.
    command.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k", ""]);
    Ok(command)
}

pub(crate) fn is_ready(port: u16) -> bool {
    let port = port.to_string();
    find("pg_isready").is_some_and(|program| {
        run(Command::new(program).args(["-q", "-h", "127.0.0.1", "-p", &port])).is_ok()
    })
}

fn path(program: &str) -> Result<String, Error> {
    let file = find(program).ok_or_else(|| Error::Failed(format!("{program} went")))?;
    Ok(file.display().to_string())
}

/// PostgreSQL refuses to run as root, and takes the user that its package made.
fn as_account(program: &str) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    let account = account();
    command.arg(format!("--reuid={account}")).arg("--clear-groups").arg(program);
    command
}

fn account() -> &'static str {
    let known = run(Command::new("id").args(["-u", "postgres"])).is_ok();
    if known { "postgres" } else { "nobody" }
}
