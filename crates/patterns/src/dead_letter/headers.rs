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
    /// The kind of error; a name, not a text.
    pub error_class: String,
    /// The text of the error, without personal data; cut to 1,000 characters.
    pub error_message: String,
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
    let message: String = origin.error_message.chars().take(1_000).collect();
    let text = |value: &str| value.as_bytes().to_vec();
    let named = |values: Vec<(&str, Vec<u8>)>| {
        let full = |(name, value)| (format!("{}{name}", prefix(style)), value);
        values.into_iter().map(full).collect()
    };
    match style {
        HeaderStyle::SpringKafka => named(vec![
            ("original-topic", text(&origin.topic)),
            ("original-partition", origin.partition.to_be_bytes().to_vec()),
            ("original-offset", origin.offset.to_be_bytes().to_vec()),
            ("original-timestamp", origin.timestamp_ms.to_be_bytes().to_vec()),
            ("original-timestamp-type", text("CreateTime")),
            ("original-consumer-group", text(&origin.consumer)),
            ("exception-fqcn", text(&origin.error_class)),
            ("exception-message", text(&message)),
        ]),
        HeaderStyle::KafkaConnect => named(vec![
            ("topic", text(&origin.topic)),
            ("partition", text(&origin.partition.to_string())),
            ("offset", text(&origin.offset.to_string())),
            ("connector.name", text(&origin.consumer)),
            ("exception.class.name", text(&origin.error_class)),
            ("exception.message", text(&message)),
        ]),
    }
}

/// Adds the headers of a failure to those of a message. Where from it first came stays; what went
/// wrong is replaced, so that headers do not grow with each round.
pub fn apply(style: HeaderStyle, origin: &DeadLetterOrigin, headers: &mut Vec<(String, Vec<u8>)>) {
    for (name, value) in write(style, origin) {
        let about_error = name[prefix(style).len()..].starts_with("exception");
        match headers.iter_mut().find(|header| header.0 == name) {
            Some(header) if about_error => header.1 = value,
            Some(_) => {}
            None => headers.push((name, value)),
        }
    }
}
