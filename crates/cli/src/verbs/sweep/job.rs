//! `tenfold sweep --job`

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use tenfold_sweep::{JobOptions, Sweep, job};
use tenfold_units::Seed;

use crate::arguments::{Arguments, Sweep as Verb};

/// Writes the manifest, once the grid has been checked.
pub(super) fn run(arguments: &Arguments, verb: &Verb, grid: &Path) -> Result<String, Vec<String>> {
    let text = super::super::text_of(grid)
        .map_err(|error| vec![format!("{}: {error}", grid.display())])?;
    let folder = grid.parent().unwrap_or(Path::new(""));
    let mut files = vec![(plain(grid), text.clone())];
    let mut beside = |name: &str| {
        let path = folder.join(name);
        let text = super::super::text_of(&path)?;
        files.push((plain(&path), text.clone()));
        Ok(text)
    };
    let sweep = Sweep::load(&text, Seed(arguments.seed), &mut beside)?;
    let options = JobOptions {
        name: sweep.grid.sweep.clone(),
        image: verb.image.clone().unwrap_or_default(),
        shards: verb.shards.min(sweep.grid.cells()),
        bucket: verb.bucket.clone().unwrap_or_default(),
        endpoint: verb.endpoint.clone(),
        seed: arguments.seed,
    };
    let (grid, files) = below_one_folder(&files).map_err(|error| vec![error])?;
    let manifest = job(&options, &grid, &files).map_err(|error| vec![error])?;
    let out = verb.job.clone().unwrap_or_default();
    let path = out.join("job.yaml");
    fs::create_dir_all(&out)
        .and_then(|()| fs::write(&path, manifest))
        .map_err(|error| vec![format!("{}: {error}", path.display())])?;
    Ok(format!(
        "wrote {path}\n\
         kubectl create secret generic {name}-s3 --from-literal=AWS_ACCESS_KEY_ID=... \
         --from-literal=AWS_SECRET_ACCESS_KEY=... --from-literal=AWS_DEFAULT_REGION=...\n\
         kubectl apply -f {path}\n\
         kubectl wait --for=condition=complete --timeout=24h job/{name}\n\
         aws s3 cp {bucket}/ parts/ --recursive\n\
         tenfold sweep --merge parts --out results\n",
        path = path.display(),
        name = options.name,
        bucket = options.bucket.trim_end_matches('/'),
    ))
}

/// A path without `.` and without `..` that something before it undoes.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if out.file_name().is_some() => drop(out.pop()),
            Component::ParentDir
            | Component::Normal(_)
            | Component::RootDir
            | Component::Prefix(_) => {
                out.push(part);
            }
        }
    }
    out
}

/// Returns the files by their paths below the folder that holds them all, and the path of the first.
fn below_one_folder(
    files: &[(PathBuf, String)],
) -> Result<(String, BTreeMap<String, String>), String> {
    let mut common = files[0].0.parent().unwrap_or(Path::new("")).to_owned();
    while !files.iter().all(|(path, _)| path.starts_with(&common)) {
        if !common.pop() {
            return Err("the grid and its files lie in no common folder".to_owned());
        }
    }
    let below = |path: &Path| {
        let path = path.strip_prefix(&common).unwrap_or(path).display().to_string();
        if path.contains("..") {
            Err(format!("{path}: outside of the grid's folders"))
        } else {
            Ok(path)
        }
    };
    let mut out = BTreeMap::new();
    for (path, text) in files {
        out.insert(below(path)?, text.clone());
    }
    Ok((below(&files[0].0)?, out))
}
