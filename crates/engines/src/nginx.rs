//! nginx: one worker by default, so that the state of a zone or an upstream is one.

use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use crate::folder::{make, write};
use crate::process::find;
use crate::{Error, process};

/// What stands in the `http` block where nobody says otherwise.
const WELCOME: &str = "server { listen 127.0.0.1:PORT; location / { return 200 \"nginx\\n\"; } }\n";

/// Writes the configuration; `setup` goes into the `http` block, with `PORT` for the port.
pub(crate) fn prepare(folder: &Path, port: u16, setup: &str) -> Result<(), Error> {
    make(&folder.join("temp"))?;
    let setup = if setup.is_empty() { WELCOME } else { setup };
    let setup = setup.replace("PORT", &port.to_string());
    let place = folder.display();
    let text = format!(
        "daemon off;\nworker_processes 1;\npid {place}/nginx.pid;\nerror_log stderr warn;\n\
         events {{ worker_connections 512; }}\n\
         http {{\naccess_log off;\n\
         client_body_temp_path {place}/temp/body;\nproxy_temp_path {place}/temp/proxy;\n\
         fastcgi_temp_path {place}/temp/fastcgi;\nuwsgi_temp_path {place}/temp/uwsgi;\n\
         scgi_temp_path {place}/temp/scgi;\n{setup}\n}}\n"
    );
    let file = folder.join("nginx.conf");
    write(&file, &text)?;
    process::run(nginx(folder)?.arg("-t"))?;
    Ok(())
}

pub(crate) fn command(folder: &Path) -> Result<Command, Error> {
    nginx(folder)
}

fn nginx(folder: &Path) -> Result<Command, Error> {
    let program = find("nginx").ok_or_else(|| Error::Failed("nginx went".into()))?;
    let mut command = Command::new(program);
    command.arg("-p").arg(folder).arg("-c").arg(folder.join("nginx.conf"));
    command.args(["-e", "stderr"]);
    Ok(command)
}

pub(crate) fn is_ready(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}
