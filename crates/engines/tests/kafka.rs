//! The partitioner and the dead letters against a running Kafka: Kafka's own producer chooses the
//! partitions, and what was written comes back from the broker.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use krafka::admin::NewTopic;
use krafka::consumer::{AutoOffsetReset, Consumer, ConsumerRecord};
use krafka::{Kafka, Record};
use tenfold_engines::{Engine, Scratch, kafka_tool};
use tenfold_patterns::dead_letter::headers::{
    DELIVERY_ATTEMPT, DeadLetterOrigin, HeaderStyle, apply,
};
use tenfold_patterns::hash_slots::kafka_partition;
use tenfold_patterns::{DeadLetter, DeadLetterDecision, DeadLetterOptions, MessageFailure};
use tenfold_units::{Instant, Seed};

const PATIENCE: Duration = Duration::from_secs(60);

async fn connect(server: &Scratch) -> Kafka {
    Kafka::builder(server.address()).client_id("tenfold").connect().await.unwrap()
}

async fn create(kafka: &Kafka, topics: &[(String, i32)]) {
    let topics = topics.iter().map(|(name, parts)| NewTopic::new(name, *parts, 1).unwrap());
    let topics: Vec<_> = topics.collect();
    let created = kafka.admin().create_topics(topics, Default::default()).await.unwrap();
    let failed: Vec<_> = created.into_iter().filter(|(_, result)| result.is_err()).collect();
    assert!(failed.is_empty(), "{failed:?}");
}

/// Reads `number` messages of a topic from its beginning.
async fn read(kafka: &Kafka, topic: &str, number: usize) -> Vec<ConsumerRecord> {
    let consumer = subscribe(kafka, &format!("reader-of-{topic}"), &[topic.to_owned()]).await;
    let (mut records, start) = (Vec::new(), std::time::Instant::now());
    while records.len() < number {
        assert!(start.elapsed() < PATIENCE, "{} of {number} of {topic}", records.len());
        records.extend(consumer.poll(Duration::from_millis(200)).await.unwrap());
    }
    consumer.close().await.unwrap();
    records
}

async fn subscribe(kafka: &Kafka, group: &str, topics: &[String]) -> Consumer {
    let consumer = kafka.consumer(group).auto_offset_reset(AutoOffsetReset::Earliest);
    let consumer = consumer.build().await.unwrap();
    consumer.subscribe(topics).await.unwrap();
    consumer
}

/// Keys of all lengths, some beyond ASCII: the hash takes four bytes at a time and signed ones.
fn keys() -> Vec<String> {
    let mut stream = Seed(1).stream("keys");
    let mut key = |length: u64| -> String {
        let letter = |_| ['a', 'Z', '7', '-', 'é', '한', '🦀'][stream.below(7) as usize];
        (0..length).map(letter).collect()
    };
    (0..400).map(|i| format!("{i}{}", key(i % 13))).collect()
}

#[tokio::test]
async fn the_partition_is_the_one_that_kafkas_producer_takes() {
    let Some(server) = Scratch::start(Engine::Kafka, "") else { return };
    let kafka = connect(&server).await;
    let keys = keys();
    for partitions in [1_u32, 3, 16, 100] {
        let topic = format!("keys-{partitions}");
        create(&kafka, &[(topic.clone(), i32::try_from(partitions).unwrap())]).await;
        let mut producer = kafka_tool("org.apache.kafka.tools.ConsoleProducer").unwrap();
        producer.args(["--bootstrap-server", server.address(), "--topic", &topic]);
        producer.args(["--property", "parse.key=true", "--property", "key.separator=\t"]);
        producer.env("LC_ALL", "C.UTF-8").env("JAVA_TOOL_OPTIONS", "-Dfile.encoding=UTF-8");
        producer.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut producer = producer.spawn().unwrap();
        let lines: String = keys.iter().map(|key| format!("{key}\tvalue\n")).collect();
        producer.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        assert!(producer.wait().unwrap().success());
        let records = read(&kafka, &topic, keys.len()).await;
        let mut seen: Vec<&str> = records.iter().filter_map(ConsumerRecord::key_str).collect();
        seen.sort_unstable();
        let mut sent: Vec<&str> = keys.iter().map(String::as_str).collect();
        sent.sort_unstable();
        assert_eq!(seen, sent, "every key arrived as it was sent");
        for record in &records {
            let key = record.key.as_ref().unwrap();
            let ours = kafka_partition(key, partitions);
            assert_eq!(ours, u32::try_from(record.partition).unwrap(), "{key:?}");
        }
    }
}

/// Time since the Unix epoch, the origin of this consumer's clock.
fn now() -> Instant {
    Instant::ZERO + SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

/// The deliveries of a message so far: 1 for one that carries no count.
fn attempt(record: &ConsumerRecord) -> u32 {
    let count = record.header(DELIVERY_ATTEMPT).flatten();
    count.map_or(1, |bytes| u32::from_be_bytes(bytes[..].try_into().unwrap()))
}

const NOT_BEFORE: &str = "not-before-ms";

/// What to do with a failed message: the record for the next topic.
fn pass_on(policy: &DeadLetter, style: HeaderStyle, record: &ConsumerRecord) -> Record {
    let failure = match record.value_str() {
        Some("broken") => MessageFailure::Permanent,
        Some("away") => MessageFailure::Transient,
        _ => MessageFailure::Unknown,
    };
    let attempt = attempt(record);
    let origin = DeadLetterOrigin {
        topic: record.topic.to_string(),
        partition: u32::try_from(record.partition).unwrap(),
        offset: u64::try_from(record.offset).unwrap(),
        timestamp_ms: u64::try_from(record.timestamp).unwrap(),
        consumer: "orders".to_owned(),
        error_class: "StoreAway".to_owned(),
        error_message: format!("attempt {attempt} of {}", record.value_str().unwrap()),
        ..DeadLetterOrigin::default()
    };
    let carried = record.headers.iter().filter(|(name, _)| name != DELIVERY_ATTEMPT);
    let carried = carried.filter(|(name, _)| name != NOT_BEFORE);
    let mut headers: Vec<(String, Vec<u8>)> = carried
        .map(|(name, value)| (name.clone(), value.as_ref().map_or(Vec::new(), |v| v.to_vec())))
        .collect();
    apply(style, &origin, &mut headers);
    let topic = match policy.decide(now(), "orders", attempt, failure) {
        DeadLetterDecision::Retry { topic, not_before } => {
            headers.push((DELIVERY_ATTEMPT.to_owned(), (attempt + 1).to_be_bytes().to_vec()));
            let millis = not_before.as_nanos() / 1_000_000;
            headers.push((NOT_BEFORE.to_owned(), millis.to_string().into_bytes()));
            topic
        }
        DeadLetterDecision::DeadLetter { topic } => topic,
    };
    let value = record.value.clone().unwrap();
    let next = Record::new(topic, value).key(record.key.clone().unwrap());
    headers.into_iter().fold(next, |next, (name, value)| next.header(name, value))
}

#[tokio::test]
async fn messages_go_through_the_retry_topics_to_the_dead_letters() {
    let Some(server) = Scratch::start(Engine::Kafka, "") else { return };
    let kafka = connect(&server).await;
    let options = DeadLetterOptions {
        delays: [100, 200].map(Duration::from_millis).to_vec(),
        ..DeadLetterOptions::tenfold()
    };
    let policy = DeadLetter::new(options).unwrap();
    let topics: Vec<String> = policy.topics("orders").collect();
    assert_eq!(topics, ["orders-retry-0", "orders-retry-1", "orders-dlt"]);
    let mut all: Vec<(String, i32)> = topics.iter().map(|name| (name.clone(), 1)).collect();
    all.push(("orders".to_owned(), 3));
    create(&kafka, &all).await;
    let producer = kafka.producer().build().await.unwrap();
    let mut sent = Vec::new();
    for (key, value) in [("a", "broken"), ("b", "away"), ("c", "odd")] {
        let record = Record::new("orders", value).key(key).header("tenant", "seven");
        sent.push((value, producer.send(record).await.unwrap()));
    }
    // The consumer: nothing that it reads can be handled.
    let work = ["orders".to_owned(), topics[0].clone(), topics[1].clone()];
    let consumer = subscribe(&kafka, "orders", &work).await;
    let (mut dead, mut early, start) = (0, 0, std::time::Instant::now());
    let mut waiting: Vec<ConsumerRecord> = Vec::new();
    while dead < 3 {
        assert!(start.elapsed() < PATIENCE, "{dead} dead letters");
        waiting.extend(consumer.poll(Duration::from_millis(20)).await.unwrap());
        for record in core::mem::take(&mut waiting) {
            let not_before = record.header_str(NOT_BEFORE).map_or(0, |text| text.parse().unwrap());
            if now().as_nanos() / 1_000_000 < not_before {
                early += 1;
                waiting.push(record);
                continue;
            }
            let next = pass_on(&policy, HeaderStyle::SpringKafka, &record);
            dead += u32::from(next.topic == "orders-dlt");
            assert!(producer.send(next).await.unwrap().is_persisted());
        }
    }
    assert!(early > 0, "a delay was waited for");
    consumer.close().await.unwrap();
    check_dead_letters(&read(&kafka, "orders-dlt", 3).await, &sent);
    assert_eq!(read(&kafka, "orders-retry-0", 2).await.len(), 2, "all but the permanent one");
    assert_eq!(read(&kafka, "orders-retry-1", 1).await.len(), 1, "the transient one");
}

fn check_dead_letters(
    letters: &[ConsumerRecord],
    sent: &[(&str, krafka::producer::RecordMetadata)],
) {
    let attempts = [("broken", 1), ("away", 3), ("odd", 2)];
    for (value, first) in sent {
        let letter = letters.iter().find(|letter| letter.value_str() == Some(*value)).unwrap();
        let header = |name: &str| {
            let name = format!("kafka_dlt-{name}");
            let values = letter.headers_by_key(&name);
            assert_eq!(values.len(), 1, "{name} of {value} stands once");
            values[0].unwrap().to_vec()
        };
        // Where it first came from, not the retry topic that it was last read from.
        assert_eq!(header("original-topic"), b"orders");
        assert_eq!(header("original-partition"), first.partition.to_be_bytes());
        assert_eq!(header("original-offset"), first.offset.to_be_bytes());
        assert_eq!(header("original-timestamp"), first_timestamp(letter));
        assert_eq!(header("original-consumer-group"), b"orders");
        assert_eq!(header("exception-fqcn"), b"StoreAway");
        let last = attempts.iter().find(|(name, _)| name == value).unwrap().1;
        let message = format!("attempt {last} of {value}");
        assert_eq!(header("exception-message"), message.as_bytes());
        assert_eq!(letter.header_str("tenant"), Some("seven"), "its own headers stay");
    }
}

/// The time stamp that a dead letter tells, if it is one of this minute in milliseconds.
fn first_timestamp(letter: &ConsumerRecord) -> Vec<u8> {
    let bytes = letter.header("kafka_dlt-original-timestamp").flatten().unwrap().to_vec();
    let millis = u64::from_be_bytes(bytes[..].try_into().unwrap());
    let today = now().as_nanos() / 1_000_000;
    assert!(millis <= today && today - millis < 120_000, "{millis} of {today}");
    bytes
}
