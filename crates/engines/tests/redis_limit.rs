//! The limit in Redis against a running server: the recorded decisions, and two processes at once.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::process::{Command, Stdio};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use serde_json::Value;
use tenfold_engines::{Engine, Scratch};
use tenfold_patterns::{
    DistributedDecision, DistributedLimitOptions, DistributedRule, Gcra, GcraOptions, TokenBucket,
    TokenBucketDecision, TokenBucketOptions,
};
use tenfold_patterns_tower::RedisLimiter;
use tenfold_units::{Instant, Seed};

async fn connect(address: &str) -> MultiplexedConnection {
    let client = redis::Client::open(format!("redis://{address}/")).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

fn patient() -> DistributedLimitOptions {
    let timeout = Duration::from_secs(10);
    DistributedLimitOptions { timeout, ..DistributedLimitOptions::fail_closed() }
}

fn decided<D>(decision: DistributedDecision<D>) -> D {
    match decision {
        DistributedDecision::Decided(decision) => decision,
        DistributedDecision::Unavailable { .. } => panic!("the server does not answer"),
    }
}

async fn limiter<R: DistributedRule>(
    rule: R,
    address: &str,
    prefix: &str,
) -> RedisLimiter<R, MultiplexedConnection> {
    RedisLimiter::new(rule, patient(), connect(address).await, prefix).unwrap()
}

/// The recorded decisions of redis-cell, in virtual time.
fn vectors() -> Option<Value> {
    let beside = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    let root = std::env::var("TENFOLD_VECTORS").map_or(beside, std::path::PathBuf::from);
    match std::fs::read_to_string(root.join("gcra/redis-cell.json")) {
        Ok(text) => Some(serde_json::from_str(&text).unwrap()),
        Err(error) => {
            assert!(std::env::var("CI").is_ok_and(|ci| ci == "true"), "no vectors: {error}");
            None
        }
    }
}

#[tokio::test]
async fn decides_as_the_machine_on_the_recorded_calls() {
    let (Some(server), Some(file)) = (Scratch::start(Engine::Redis, ""), vectors()) else {
        return;
    };
    let mut traces = vec![(5, 1_000, file["redis_cell"].clone())];
    for trace in file["computed_by_transcription_matching_above"].as_array().unwrap() {
        let interval = trace["emission_interval_ms"].as_u64().unwrap();
        traces.push((trace["limit"].as_u64().unwrap(), interval, trace["cases"].clone()));
    }
    let mut ran = 0;
    for (number, (limit, interval, rows)) in traces.into_iter().enumerate() {
        let per = Duration::from_millis(interval);
        let options = GcraOptions { rate: 1, per, burst: u32::try_from(limit).unwrap() - 1 };
        let remote = limiter(options.rule().unwrap(), server.address(), "gcra:").await;
        let mut local = Gcra::new(options).unwrap();
        for row in rows.as_array().unwrap() {
            let (millis, quantity) = (row[1].as_u64().unwrap(), row[2].as_u64().unwrap());
            let (seconds, micros) = (1_000 + millis / 1_000, millis % 1_000 * 1_000);
            let now = Instant::ZERO + Duration::from_millis(1_000_000 + millis);
            let key = number.to_string();
            let answer = decided(remote.admit_at(&key, quantity, seconds, micros).await);
            assert_eq!(answer, local.admit_many(now, quantity), "{row}");
            assert_eq!(answer.limited, row[6].as_bool().unwrap(), "{row}");
            ran += 1;
        }
    }
    assert!(ran > 20, "{ran} calls");
}

#[tokio::test]
async fn decides_as_the_machine_on_random_calls() {
    let Some(server) = Scratch::start(Engine::Redis, "") else { return };
    let mut stream = Seed(1).stream("calls");
    for round in 0..30 {
        // Rates above one a nanosecond in parts too, so that ticks are finer than that.
        let rate = 1 + stream.below(5_000_000);
        let options = TokenBucketOptions::per_second(rate, 1 + stream.below(50));
        let remote = limiter(options.rule().unwrap(), server.address(), "bucket:").await;
        let mut local = TokenBucket::new(options).unwrap();
        // Near today's count of seconds, with its full number of digits.
        let mut micros = 1_800_000_000_000_000 + stream.below(1_000_000);
        for _ in 0..40 {
            micros += stream.below(4 * 1_000_000 / rate + 2);
            if stream.below(50) == 0 {
                micros -= stream.below(2_000_000);
            }
            let amount = stream.below(options.burst + 2);
            let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
            let key = round.to_string();
            let answer = decided(remote.admit_at(&key, amount, seconds, rest).await);
            // The local machine's origin is nearer: its state would not reach today otherwise.
            let now = Instant::ZERO + Duration::from_micros(micros - 1_799_000_000_000_000);
            assert_eq!(answer, local.admit_many(now, amount), "{options:?} {amount} at {micros}");
        }
    }
}

const WORKER: &str = "TENFOLD_TEST_REDIS_WORKER";
const KEY: &str = "everybody";
const RULE: TokenBucketOptions = TokenBucketOptions::per_second(50, 20);
const WORKING: Duration = Duration::from_millis(1_500);

/// Not a check: one of the processes of `two_processes_share_one_limit`, which asks as fast as it
/// can and says how often it was admitted.
#[tokio::test]
async fn worker() {
    let Some(address) = std::env::var_os(WORKER) else { return };
    let address = address.into_string().unwrap();
    let limiter = limiter(RULE.rule().unwrap(), &address, "two:").await;
    let (start, mut admitted, mut refused) = (std::time::Instant::now(), 0, 0);
    while start.elapsed() < WORKING {
        match decided(limiter.admit(KEY, 1).await) {
            TokenBucketDecision::Admitted { .. } => admitted += 1,
            TokenBucketDecision::Refused { retry_after } => {
                assert!(retry_after <= Duration::from_millis(20));
                refused += 1;
            }
            TokenBucketDecision::Impossible => panic!("one is not more than twenty"),
        }
    }
    println!("admitted={admitted} refused={refused}");
}

#[tokio::test]
async fn two_processes_share_one_limit() {
    let Some(server) = Scratch::start(Engine::Redis, "") else { return };
    let start = std::time::Instant::now();
    let run = || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "worker", "--nocapture"]).env(WORKER, server.address());
        command.stdout(Stdio::piped()).spawn().unwrap()
    };
    let workers = [run(), run()];
    let mut counts = Vec::new();
    for worker in workers {
        let output = worker.wait_with_output().unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        let count = |name: &str| -> u64 {
            let rest = text.split(name).nth(1).unwrap();
            rest.split_whitespace().next().unwrap().parse().unwrap()
        };
        counts.push((count("admitted="), count("refused=")));
    }
    let admitted = counts[0].0 + counts[1].0;
    let most = 20 + (start.elapsed().as_secs_f64() * 50.0).ceil() as u64;
    let least = 20 + (WORKING.as_secs_f64() * 50.0) as u64 - 5;
    assert!(admitted <= most, "{admitted} of at most {most}");
    assert!(admitted >= least, "{admitted} of at least {least}");
    assert!(counts.iter().all(|count| count.1 > 100), "both asked all the time: {counts:?}");
}

#[tokio::test]
async fn a_look_leaves_nothing_and_a_call_leaves_a_key_that_expires() {
    let Some(server) = Scratch::start(Engine::Redis, "") else { return };
    let mut connection = connect(server.address()).await;
    let rule = TokenBucketOptions::per_second(20, 2).rule().unwrap();
    let limiter = limiter(rule, server.address(), "short:").await;
    assert!(decided(limiter.admit("ann", 0).await).is_admitted());
    let count = async |connection: &mut MultiplexedConnection| -> u64 {
        redis::cmd("DBSIZE").query_async(connection).await.unwrap()
    };
    assert_eq!(count(&mut connection).await, 0, "a look leaves nothing");
    assert!(decided(limiter.admit("ann", 2).await).is_admitted());
    assert!(!decided(limiter.admit("ann", 1).await).is_admitted());
    let left: i64 = redis::cmd("PTTL").arg("short:ann").query_async(&mut connection).await.unwrap();
    assert!((1..=10_100).contains(&left), "{left} ms");
    let _: () =
        redis::cmd("PEXPIRE").arg("short:ann").arg(1).query_async(&mut connection).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert!(
        decided(limiter.admit("ann", 2).await).is_admitted(),
        "a key that is gone owes nothing"
    );
}

#[tokio::test]
async fn a_server_that_goes_away_is_an_option() {
    let Some(server) = Scratch::start(Engine::Redis, "") else { return };
    let rule = RULE.rule().unwrap();
    let open = DistributedLimitOptions::fail_open();
    let open = RedisLimiter::new(rule, open, connect(server.address()).await, "o:").unwrap();
    let closed = limiter(rule, server.address(), "c:").await;
    assert!(decided(open.admit(KEY, 1).await).is_admitted());
    // A key of something else's: the script refuses to guess.
    let mut connection = connect(server.address()).await;
    let _: () = redis::cmd("SET").arg("c:odd").arg(7).query_async(&mut connection).await.unwrap();
    let unavailable = |admitted| DistributedDecision::Unavailable { admitted };
    assert_eq!(closed.admit("odd", 1).await, unavailable(false));
    drop(server);
    assert_eq!(open.admit(KEY, 1).await, unavailable(true));
    assert_eq!(closed.admit(KEY, 1).await, unavailable(false));
    assert_eq!((open.unavailable(), closed.unavailable()), (1, 2));
}
