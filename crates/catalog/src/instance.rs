use tenfold_units::{Bytes, Interval, Ledger, Provenance, Quality, Unit};

/// Instruction set of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// 64-bit ARM: a vCPU is a core.
    Arm64,
    /// 64-bit x86: a vCPU is a hardware thread, except where the notes say otherwise.
    Amd64,
}

/// How a machine is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purchase {
    /// By the hour.
    OnDemand,
    /// One year, nothing upfront.
    OneYear,
    /// Three years, all upfront.
    ThreeYears,
    /// Spare capacity that may be taken away.
    Spot,
}

/// A price of a machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InstancePrice {
    /// US dollars per hour; wide where the price is an estimate from a discount.
    pub usd_per_hour: Interval,
    /// How the price got here.
    pub quality: Quality,
}

/// A machine that can be rented. Prices are for Linux in `region`.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceType {
    /// Unique over the whole catalogue, for example `aws.ec2.m7g.large`.
    pub id: String,
    /// `aws`, `azure` or `gcp`.
    pub provider: String,
    /// The region of the prices.
    pub region: String,
    /// The provider's name for it, for example `m7g.large`.
    pub name: String,
    /// Virtual CPUs.
    pub vcpu: u32,
    /// Main memory.
    pub memory: Bytes,
    /// Instruction set.
    pub architecture: Architecture,
    /// For example `Neoverse-N1`; empty where it varies.
    pub cpu_model: String,
    /// Whether the CPU may be used in full only for a while.
    pub burstable: bool,
    /// Network baseline (not burst) in bits per second.
    pub network_bits_per_second: Option<f64>,
    /// Local NVMe, all devices together; 0 = none.
    pub nvme: Bytes,
    /// Number of local NVMe devices.
    pub nvme_devices: u32,
    /// Random reads of 4 KiB per second, all devices together.
    pub nvme_read_iops: Option<f64>,
    /// Random writes of 4 KiB per second, all devices together.
    pub nvme_write_iops: Option<f64>,
    /// CoreMark iterations per second of the whole machine.
    pub coremark: Option<f64>,
    /// Where shape and prices come from.
    pub source: String,
    /// Date of the data.
    pub as_of: String,
    /// Remarks, not separately sourced.
    pub notes: String,
    pub(crate) prices: [Option<InstancePrice>; 4],
}

impl InstanceType {
    /// Returns the price when paid so, or `None` where it is not known.
    #[must_use]
    pub const fn price(&self, purchase: Purchase) -> Option<InstancePrice> {
        self.prices[purchase as usize]
    }

    /// Returns the price by the hour.
    #[must_use]
    pub fn on_demand(&self) -> InstancePrice {
        self.price(Purchase::OnDemand).expect("checked when the catalogue is read")
    }

    /// Adds the price to a ledger as figure `figure_id` (US dollars per hour), and returns whether
    /// it is known.
    ///
    /// # Panics
    /// Panics when the figure already stands with another value.
    pub fn insert_price(
        &self,
        purchase: Purchase,
        ledger: &mut Ledger,
        figure_id: &str,
        label: &str,
    ) -> bool {
        let Some(price) = self.price(purchase) else { return false };
        let provenance = Provenance::Fact {
            id: self.id.clone(),
            source: self.source.clone(),
            as_of: self.as_of.clone(),
            quality: price.quality,
        };
        ledger.insert(figure_id, label, Unit::UsdEach, price.usd_per_hour, provenance);
        true
    }
}
