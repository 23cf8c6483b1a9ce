//! The network between replicas.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bytes;
use crate::distribution::Distribution;

/// One-way delays, and what else the network does to messages. A message is a call or its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Between two replicas of one zone.
    pub same_zone: Distribution,
    /// Between two zones.
    pub cross_zone: Distribution,
    /// Share of the messages that are lost for good; what a connection repairs by sending again is
    /// part of the delay instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss_ratio: Option<LossRatio>,
    /// What one message gets of the way, however many there are: a body takes its size ÷ this on top
    /// of the delay; no bound where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<Bandwidth>,
}

/// Shares of messages that are lost, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LossRatio {
    /// Between two replicas of one zone.
    #[serde(default)]
    pub same_zone: f64,
    /// Between two zones.
    #[serde(default)]
    pub cross_zone: f64,
}

/// Bytes per second, as text: `1Gb/s` is a billion bits, `100MB/s` a hundred million bytes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bandwidth {
    /// Between two replicas of one zone; no bound where absent.
    #[serde(default, with = "bytes::optional_rate", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub same_zone: Option<f64>,
    /// Between two zones; no bound where absent.
    #[serde(default, with = "bytes::optional_rate", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub cross_zone: Option<f64>,
}
