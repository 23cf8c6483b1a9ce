//! `tenfold sweep` as a user meets it: killed, resumed, sharded and merged.
#![cfg(feature = "sweep")]
#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const FAST: &str =
    "{model: fast, stations: {s: {servers: 1, service_time: {exponential: {mean: 1s}}}},
  arrivals: {a: {to: s, poisson: {rate: 0.6/s}}}}\n";
const SLOW: &str =
    "{model: slow, stations: {s: {servers: 2, service_time: {exponential: {mean: 2s}}}},
  arrivals: {a: {to: s, trace: {gaps_from: {file: gaps.csv}, repeat: true}}}}\n";

const WEB: &str = "
model: web
zones: [a]
components:
  web: {replicas: {a: 1}, servers: 2, service_time: {any: {exponential: {mean: 1ms}}}, queue: {length: 50}}
links: {client -> web: {timeout: 100ms}}
operations: {get: {load: {open: {rate: 800/s}}, good_within: 50ms, flow: [{call: {to: web}}]}}
";

/// A folder with a grid of 2 models × 3 loads × 8 seeds.
fn folder(name: &str, budget: u64) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("tenfold-sweep-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("models")).unwrap();
    fs::write(folder.join("models/fast.yaml"), FAST).unwrap();
    fs::write(folder.join("models/slow.yaml"), SLOW).unwrap();
    fs::write(folder.join("models/gaps.csv"), "1\n2\n3\n1.5\n").unwrap();
    let grid = format!(
        "sweep: desks\nmodels: {{fast: models/fast.yaml, slow: models/slow.yaml}}\n\
         loads: [0.5, 1, 1.5]\nseeds: {{first: 3, count: 8}}\nbudget: {budget}\n"
    );
    fs::write(folder.join("grid.yaml"), grid).unwrap();
    folder
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenfold"));
    command.current_dir(folder).env("NO_COLOR", "1").arg("sweep").args(arguments);
    command
}

fn sweep(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn well(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn a_killed_sweep_goes_on_where_it_stopped() {
    let folder = folder("kill", 150_000);
    let whole = well(&sweep(&folder, &["grid.yaml", "--out", "whole", "--jobs", "1"]));
    assert!(whole.starts_with("desks: 48 cells, 0 of them from before; wrote"), "{whole}");

    let mut child = command(&folder, &["grid.yaml", "--out", "killed", "--jobs", "1"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The first line comes with the first cell. `kill` sends SIGKILL.
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("1 of 48 cells, 2 %, about "), "{line}");
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());
    assert!(!folder.join("killed/results.parquet").exists());

    // A kill may also cut a line off.
    let journal = folder.join("killed/results.journal");
    let lines = fs::read_to_string(&journal).unwrap();
    let done = lines.lines().count() - 1 - usize::from(!lines.ends_with('\n'));
    assert!((1..48).contains(&done), "{done}");
    let mut file = fs::OpenOptions::new().append(true).open(&journal).unwrap();
    file.write_all(b"{\"cell\":47,\"figures\":[{\"kind\":\"ru").unwrap();
    drop(file);

    let rest = well(&sweep(&folder, &["grid.yaml", "--out", "killed"]));
    assert!(rest.starts_with(&format!("desks: 48 cells, {done} of them from before")), "{rest}");
    let [first, second] =
        ["whole", "killed"].map(|out| fs::read(folder.join(out).join("results.parquet")).unwrap());
    assert!(first == second, "a resumed sweep has other bytes");
    assert!(!journal.exists());
    let again = well(&sweep(&folder, &["grid.yaml", "--out", "killed"]));
    assert!(again.contains("is complete already"), "{again}");
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn shards_merge_to_the_bytes_of_one_run() {
    let folder = folder("shards", 20_000);
    well(&sweep(&folder, &["grid.yaml", "--out", "whole"]));
    // 48 cells in 5 parts: 9, 10, 9, 10 and 10 cells, across models and loads.
    for shard in 1..=5 {
        let (shard, out) = (format!("{shard}/5"), format!("out-{}", shard % 2));
        well(&sweep(&folder, &["grid.yaml", "--shard", &shard, "--out", &out]));
    }
    let merged = well(&sweep(&folder, &["--merge", "out-1", "out-0", "--out", "merged"]));
    assert!(merged.starts_with("desks: 48 cells of 5 parts"), "{merged}");
    let [first, second] =
        ["whole", "merged"].map(|out| fs::read(folder.join(out).join("results.parquet")).unwrap());
    assert!(first == second, "merged shards have other bytes");

    let said = |arguments: &[&str]| {
        let output = sweep(&folder, arguments);
        assert_eq!(output.status.code(), Some(2));
        text(&output.stderr)
    };
    let lacking = said(&["--merge", "out-1", "--out", "lacking"]);
    assert!(lacking.contains("cells 9 to 18 are in no part"), "{lacking}");
    fs::create_dir(folder.join("twice")).unwrap();
    let copied = folder.join("twice/part-1-of-5.parquet");
    fs::copy(folder.join("out-1/part-1-of-5.parquet"), copied).unwrap();
    let twice = said(&["--merge", "out-0", "out-1", "twice", "--out", "lacking"]);
    assert!(twice.contains("cell 0 is both in"), "{twice}");
    well(&sweep(&folder, &["grid.yaml", "--shard", "2/5", "--out", "other", "--seed", "2"]));
    let mixed = said(&["--merge", "out-1", "other", "--out", "lacking"]);
    assert!(mixed.contains("are of different sweeps"), "{mixed}");
    assert!(!folder.join("lacking").exists());
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn cells_of_another_grid_are_not_mixed_in() {
    let folder = folder("edit", 20_000);
    well(&sweep(&folder, &["grid.yaml", "--out", "out"]));
    fs::write(folder.join("models/gaps.csv"), "1\n2\n3\n1.6\n").unwrap();
    let edited = sweep(&folder, &["grid.yaml", "--out", "out"]);
    assert_eq!(edited.status.code(), Some(2));
    assert!(text(&edited.stderr).contains("before something changed"), "{}", text(&edited.stderr));
    fs::write(folder.join("models/slow.yaml"), "model: slow\nstations: {s: {servers: 0}}\n")
        .unwrap();
    let broken = sweep(&folder, &["grid.yaml", "--out", "other"]);
    assert_eq!(broken.status.code(), Some(2));
    assert!(text(&broken.stderr).contains("models/slow.yaml:"), "{}", text(&broken.stderr));
    assert!(!folder.join("other").exists());
    for shard in ["0/4", "5/4", "1", "a/b"] {
        assert_eq!(sweep(&folder, &["grid.yaml", "--shard", shard]).status.code(), Some(2));
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn components_run_through_scenarios() {
    let folder = folder("components", 20_000);
    fs::write(folder.join("models/web.yaml"), WEB).unwrap();
    let calm = "scenario: calm\nwarm_up: 500ms\nhorizon: 4s\nbudget: 10000000\n";
    fs::write(folder.join("calm.yaml"), calm).unwrap();
    let slow = "faults: [{at: 0s, target: {component: web}, effect: {slow: 20}}]\n";
    fs::write(folder.join("slow.yaml"), format!("{calm}{slow}")).unwrap();
    let grid = "sweep: parts\nmodels: {web: models/web.yaml}\nloads: [0.5, 1]\n\
                scenarios: {calm: calm.yaml, slow: slow.yaml}\nseeds: [1, 2]\nbudget: 1000000\n";
    fs::write(folder.join("parts.yaml"), grid).unwrap();
    let said = well(&sweep(&folder, &["parts.yaml"]));
    assert!(said.starts_with("parts: 8 cells"), "{said}");
    // The default folder has the grid's name.
    let file = fs::File::open(folder.join("sweep/parts/results.parquet")).unwrap();
    let table = tenfold_sweep::TableReader::new(file).unwrap();
    let mut answered = Vec::new();
    table
        .each(|row| {
            if (row.figure.name.as_str(), row.figure.figure.as_str()) == ("get", "good") {
                answered.push((row.cell.scenario, row.cell.load, row.figure.value));
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(answered.len(), 8);
    let mean = |scenario: &str, load: f64| {
        let mine = answered.iter().filter(|one| (one.0.as_str(), one.1) == (scenario, load));
        mine.map(|one| one.2).sum::<f64>() / 2.0
    };
    assert!((mean("calm", 1.0) / mean("calm", 0.5) - 2.0).abs() < 0.1, "{answered:?}");
    assert!(mean("slow", 1.0) < 0.95 * mean("calm", 1.0), "{answered:?}");
    fs::remove_dir_all(&folder).unwrap();
}

/// What the pods of the job run, run here: the files of its ConfigMap at their places, each shard with its
/// index.
#[test]
fn the_pods_of_a_job_make_the_bytes_of_one_run() {
    let folder = folder("job", 20_000);
    // The grid in a folder of its own, so that it names files above it.
    fs::create_dir(folder.join("grids")).unwrap();
    let grid =
        fs::read_to_string(folder.join("grid.yaml")).unwrap().replace("models/", "../models/");
    fs::write(folder.join("grids/grid.yaml"), grid).unwrap();
    well(&sweep(&folder, &["grids/grid.yaml", "--out", "whole"]));
    let arguments = ["grids/grid.yaml", "--job", "job", "--shards", "3", "--image", "tenfold:1"];
    let said =
        well(&sweep(&folder, &[&arguments[..], &["--bucket", "s3://sweeps/desks/"]].concat()));
    assert!(said.contains("kubectl apply -f job/job.yaml"), "{said}");

    let text = fs::read_to_string(folder.join("job/job.yaml")).unwrap();
    let (map, job) = text.split_once("---\n").unwrap();
    let [map, job]: [serde_json::Value; 2] =
        [map, job].map(|text| serde_saphyr::from_str(text).unwrap());
    assert_eq!((&job["kind"], &job["spec"]["completionMode"]), (&"Job".into(), &"Indexed".into()));
    assert_eq!(job["spec"]["completions"], 3);
    let pod = &job["spec"]["template"]["spec"];
    for item in pod["volumes"][0]["configMap"]["items"].as_array().unwrap() {
        let path = folder.join("mounted").join(item["path"].as_str().unwrap());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, map["data"][item["key"].as_str().unwrap()].as_str().unwrap()).unwrap();
    }
    let words = |value: &serde_json::Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    let run = words(&pod["initContainers"][0]["command"]);
    assert_eq!(run[..3], ["tenfold", "sweep", "/grid/grids/grid.yaml"]);
    for index in ["0", "1", "2"] {
        let here: Vec<String> = run[2..]
            .iter()
            .map(|word| word.replace("/grid/", "mounted/").replace("/out", "parts"))
            .collect();
        let here: Vec<&str> = here.iter().map(String::as_str).collect();
        let output = command(&folder, &here).env("JOB_COMPLETION_INDEX", index).output().unwrap();
        well(&output);
    }
    let put = words(&pod["containers"][0]["command"]).join(" ");
    let expected =
        "aws s3 cp /out/ s3://sweeps/desks/ --recursive --exclude * --include part-*.parquet";
    assert_eq!(put, expected);
    well(&sweep(&folder, &["--merge", "parts", "--out", "merged"]));
    let [first, second] =
        ["whole", "merged"].map(|out| fs::read(folder.join(out).join("results.parquet")).unwrap());
    assert!(first == second, "the job makes other bytes");

    let odd = [&arguments[..], &["--bucket", "desks"]].concat();
    assert_eq!(sweep(&folder, &odd).status.code(), Some(2));
    assert_eq!(sweep(&folder, &["grid.yaml", "--shard", "job/3"]).status.code(), Some(2));
    fs::remove_dir_all(&folder).unwrap();
}
