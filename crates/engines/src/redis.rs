//! Redis: keys in memory, nothing written to disk.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::Error;
use crate::process::find;

pub(crate) fn command(folder: &Path, port: u16) -> Result<Command, Error> {
    let program = find("redis-server").ok_or_else(|| Error::Failed("redis-server went".into()))?;
    let mut command = Command::new(program);
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string()]);
    command.args(["--save", "", "--appendonly", "no", "--daemonize", "no"]);
    // The title would hide the arguments, by which the process is recognized.
    command.args(["--set-proc-title", "no", "--dir"]).arg(folder);
    Ok(command)
}

pub(crate) fn is_ready(port: u16) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut connection = TcpStream::connect(("127.0.0.1", port))?;
        connection.set_read_timeout(Some(Duration::from_secs(1)))?;
        connection.write_all(b"PING\r\n")?;
        let mut answer = [0; 7];
        connection.read_exact(&mut answer)?;
        Ok(&answer == b"+PONG\r\n")
    };
    ask().unwrap_or(false)
}
