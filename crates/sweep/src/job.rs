//! A sweep as a Kubernetes Indexed Job.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// What a ConfigMap may hold, in bytes, with room for its own fields.
const LIMIT_BYTES: usize = 1_000_000;

/// Where and how the shards run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobOptions {
    /// Name of the objects in the cluster: small letters, digits and `-`.
    pub name: String,
    /// The image that has `tenfold` on its path.
    pub image: String,
    /// Pods, each with a range of cells.
    pub shards: u64,
    /// Where the tables go: `s3://bucket/folder`.
    pub bucket: String,
    /// The S3 service where it is not Amazon's: `http://minio:9000`.
    pub endpoint: Option<String>,
    /// The seed of what all cells share.
    pub seed: u64,
}

/// Returns the manifest of a job that runs the grid at `grid`; `files` are the grid and all that it
/// names, by their paths from a common folder, without `..`.
///
/// An init container runs the shard of the pod's index into a volume that outlives it, so that it goes
/// on where it stopped when it is killed; then the table is put into the bucket. A pod that is made anew
/// overwrites the table with the same bytes.
///
/// # Errors
/// Says what the cluster would refuse.
pub fn job(
    options: &JobOptions,
    grid: &str,
    files: &BTreeMap<String, String>,
) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let name = &options.name;
    if name.is_empty() || name.len() > 50 || !name.chars().all(plain) || name.starts_with('-') {
        return Err(format!("`{name}` cannot name a job: small letters, digits and -, at most 50"));
    }
    if !options.bucket.starts_with("s3://") {
        return Err(format!("`{}` is no bucket: write s3://bucket/folder", options.bucket));
    }
    let size: usize = files.values().map(String::len).sum();
    if size > LIMIT_BYTES {
        return Err(format!(
            "the grid and its files have {size} bytes; a ConfigMap holds {LIMIT_BYTES}: mount them from \
             a volume instead"
        ));
    }
    let keys = || files.keys().enumerate().map(|(index, path)| (format!("file-{index}"), path));
    let data: serde_json::Map<String, Value> =
        keys().zip(files.values()).map(|((key, _), text)| (key, json!(text))).collect();
    let items: Vec<Value> = keys().map(|(key, path)| json!({"key": key, "path": path})).collect();
    let map = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name},
        "data": data,
    });
    let job = json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {
            "completionMode": "Indexed",
            "completions": options.shards,
            "parallelism": options.shards,
            "template": {"spec": {
                "restartPolicy": "OnFailure",
                "initContainers": [{
                    "name": "sweep",
                    "image": options.image,
                    "command": run(options, grid),
                    "volumeMounts": [
                        {"name": "grid", "mountPath": "/grid", "readOnly": true},
                        {"name": "out", "mountPath": "/out"},
                    ],
                }],
                "containers": [{
                    "name": "put",
                    "image": "docker.io/amazon/aws-cli:2.27.50",
                    "command": put(options),
                    "envFrom": [{"secretRef": {"name": format!("{name}-s3"), "optional": true}}],
                    "volumeMounts": [{"name": "out", "mountPath": "/out", "readOnly": true}],
                }],
                "volumes": [
                    {"name": "grid", "configMap": {"name": name, "items": items}},
                    {"name": "out", "emptyDir": {}},
                ],
            }},
        },
    });
    let yaml = |value: &Value| serde_saphyr::to_string(value).map_err(|error| error.to_string());
    Ok(format!("{}---\n{}", yaml(&map)?, yaml(&job)?))
}

fn run(options: &JobOptions, grid: &str) -> Vec<String> {
    let seed = options.seed.to_string();
    let (grid, shard) = (format!("/grid/{grid}"), format!("job/{}", options.shards));
    let command = ["tenfold", "sweep", &grid, "--shard", &shard, "--out", "/out", "--seed", &seed];
    command.map(str::to_owned).to_vec()
}

fn put(options: &JobOptions) -> Vec<String> {
    let bucket = format!("{}/", options.bucket.trim_end_matches('/'));
    let copy = ["aws", "s3", "cp", "/out/", &bucket, "--recursive"];
    let only = ["--exclude", "*", "--include", "part-*.parquet"];
    let mut out: Vec<String> = copy.into_iter().chain(only).map(str::to_owned).collect();
    if let Some(endpoint) = &options.endpoint {
        out.extend(["--endpoint-url".to_owned(), endpoint.clone()]);
    }
    out
}
