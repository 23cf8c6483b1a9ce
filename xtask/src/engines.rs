//! `cargo xtask engines`: real engines on loopback, for tests and for a try on one machine.

use tenfold_engines::{Engine, Engines, Install, Running, target_folder};

/// Runs `up`, `down` or `status` for the engines of these names, all of them where none is named.
///
/// # Errors
/// Names the engine that does not start or stop, and why; or the name that is no engine's.
pub(crate) fn run(verb: &str, names: &[&str]) -> Result<(), String> {
    let wipe = names.contains(&"--wipe");
    let names: Vec<&str> = names.iter().copied().filter(|name| *name != "--wipe").collect();
    let chosen: Vec<Engine> = match names[..] {
        [] => Engine::ALL.to_vec(),
        _ => names.iter().map(|name| named(name)).collect::<Result<_, _>>()?,
    };
    let engines = Engines::new(&target_folder());
    let mut failed = Vec::new();
    for engine in chosen {
        let name = engine.name();
        let said = match verb {
            "up" => engines.up(engine, Install::Allowed).map(|running| describe(&running)),
            "down" => engines.down(engine, wipe).map(|ran| {
                let said = if ran { "stopped" } else { "did not run" };
                if wipe { format!("{said}, data removed") } else { said.to_owned() }
            }),
            "status" => Ok(engines
                .status(engine)
                .map_or_else(|| "does not run".to_owned(), |running| describe(&running))),
            _ => return Err(format!("`{verb}` is none of up, down, status")),
        };
        match said {
            Ok(said) => println!("{name:9} {said}"),
            Err(error) => failed.push(error.to_string()),
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

fn named(name: &str) -> Result<Engine, String> {
    Engine::from_name(name).ok_or_else(|| {
        let known: Vec<&str> = Engine::ALL.iter().map(|engine| engine.name()).collect();
        format!("`{name}` is no engine; there are {}", known.join(", "))
    })
}

fn describe(running: &Running) -> String {
    format!("{} (pid {}, {})", running.address, running.pid, running.folder.display())
}
