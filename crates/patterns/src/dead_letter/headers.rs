//! The headers that tell a dead letter's story, as Spring Kafka and Kafka Connect name them.

/// Whose names and encodings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderStyle {
    /// `kafka_dlt-…`; numbers big-endian.
    SpringKafka,
    /// `__connect.errors.…`; all texts.
    KafkaConnect,
}

/// What is known of a message that could not be handled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadLetterOrigin {
    /// The topic that it was first read from.
    pub topic: String,
    /// Its partition.
    pub partition: u32,
    /// Its place in the partition.
    pub offset: u64,
    /// Its time stamp, Unix milliseconds.
    pub timestamp_ms: u64,
    /// The consumer group, or the connector.
    pub consumer: String,
    /// The number of the connector's task.
    pub task: u32,
    /// The stage at which it failed: `KEY_CONVERTER`, `TRANSFORMATION`, `TASK_PUT`, ….
    pub stage: String,
    /// What failed at that stage: the converter, the transformation, the handler.
    pub stage_class: String,
    /// The kind of error; a name, not a text.
    pub error_class: String,
    /// The kind of error behind it; empty: none.
    pub error_cause_class: String,
    /// The text of the error, without personal data; cut to 1,000 characters.
    pub error_message: String,
    /// Where in the code it came from, without personal data; cut to 8,000 characters. Empty: it is
    /// not told.
    pub stack_trace: String,
}

/// The header that counts deliveries (Spring Kafka): 4 bytes, big-endian.
pub const DELIVERY_ATTEMPT: &str = "kafka_deliveryAttempt";

/// What the names begin with.
#[must_use]
pub const fn prefix(style: HeaderStyle) -> &'static str {
    match style {
        HeaderStyle::SpringKafka => "kafka_dlt-",
        HeaderStyle::KafkaConnect => "__connect.errors.",
    }
}

/// Returns name and value of each header of a dead letter.
#[must_use]
pub fn write(style: HeaderStyle, origin: &DeadLetterOrigin) -> Vec<(String, Vec<u8>)> {
    let cut = |value: &str, most| value.chars().take(most).collect::<String>().into_bytes();
    let (message, stack) = (cut(&origin.error_message, 1_000), cut(&origin.stack_trace, 8_000));
    let text = |value: &str| value.as_bytes().to_vec();
    let mut values = match style {
        HeaderStyle::SpringKafka => vec![
            ("original-topic", text(&origin.topic)),
            ("original-partition", origin.partition.to_be_bytes().to_vec()),
            ("original-offset", origin.offset.to_be_bytes().to_vec()),
            ("original-timestamp", origin.timestamp_ms.to_be_bytes().to_vec()),
            ("original-timestamp-type", text("CreateTime")),
            ("original-consumer-group", text(&origin.consumer)),
            ("exception-fqcn", text(&origin.error_class)),
            ("exception-cause-fqcn", text(&origin.error_cause_class)),
            ("exception-message", message),
            ("exception-stacktrace", stack),
        ],
        HeaderStyle::KafkaConnect => vec![
            ("topic", text(&origin.topic)),
            ("partition", text(&origin.partition.to_string())),
            ("offset", text(&origin.offset.to_string())),
            ("connector.name", text(&origin.consumer)),
            ("task.id", text(&origin.task.to_string())),
            ("stage", text(&origin.stage)),
            ("class.name", text(&origin.stage_class)),
            ("exception.class.name", text(&origin.error_class)),
            ("exception.message", message),
            ("exception.stacktrace", stack),
        ],
    };
    let optional = ["exception-cause-fqcn", "exception-stacktrace", "exception.stacktrace"];
    values.retain(|(name, value)| !value.is_empty() || !optional.contains(name));
    let full = |(name, value)| (format!("{}{name}", prefix(style)), value);
    values.into_iter().map(full).collect()
}

/// Adds the headers of a failure to those of a message. Where from it first came stays; what went
/// wrong is replaced, so that headers do not grow with each round.
pub fn apply(style: HeaderStyle, origin: &DeadLetterOrigin, headers: &mut Vec<(String, Vec<u8>)>) {
    let about_error = |name: &str| {
        name.strip_prefix(prefix(style)).is_some_and(|name| {
            let failed = ["task.id", "stage", "class.name"];
            name.starts_with("exception") || failed.contains(&name)
        })
    };
    let fresh = write(style, origin);
    // What the last failure told and this one does not is no longer true.
    headers.retain(|(name, _)| !about_error(name) || fresh.iter().any(|new| new.0 == *name));
    for (name, value) in fresh {
        match headers.iter_mut().find(|header| header.0 == name) {
            Some(header) if about_error(&name) => header.1 = value,
            Some(_) => {}
            None => headers.push((name, value)),
        }
    }
}
