//! From CSV text to typed rows. A bad row is a bug of the data: it panics with its place.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tenfold_units::{Bytes, Interval, Quality};

use crate::instance::{Architecture, InstancePrice, InstanceType};
use crate::scale::{ratio_scale, scale};
use crate::station::{StationFact, ids_in};
use crate::{Confidence, Fact, RangeKind, Table};

const TABLES: [(Table, &str, &str); 7] = [
    (Table::Availability, "availability.csv", include_str!("../data/availability.csv")),
    (Table::Capacity, "capacity.csv", include_str!("../data/capacity.csv")),
    (Table::Latency, "latency.csv", include_str!("../data/latency.csv")),
    (Table::Managed, "managed.csv", include_str!("../data/managed.csv")),
    (Table::Network, "network.csv", include_str!("../data/network.csv")),
    (Table::Storage, "storage.csv", include_str!("../data/storage.csv")),
    (Table::Workload, "workload.csv", include_str!("../data/workload.csv")),
];
const COMPUTE: &str = include_str!("../data/compute.csv");
const STATIONS: &str = include_str!("../data/stations.csv");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FactRow {
    id: String,
    category: String,
    provider: String,
    region: String,
    item: String,
    metric: String,
    value: f64,
    unit: String,
    low: f64,
    high: f64,
    range_kind: RangeKind,
    source: String,
    as_of: String,
    confidence: Confidence,
    notes: String,
    provenance: Quality,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StationRow {
    id: String,
    technology: String,
    operation: String,
    servers: u32,
    servers_meaning: String,
    mean_us: f64,
    low_us: f64,
    high_us: f64,
    cv: f64,
    io_mean_us: f64,
    io_meaning: String,
    source: String,
    provenance: Quality,
    notes: String,
}

#[derive(Deserialize)]
struct ComputeRow {
    id: String,
    provider: String,
    region: String,
    instance: String,
    vcpu: u32,
    mem_gib: f64,
    arch: String,
    cpu_model: String,
    net_baseline_gbps: Option<f64>,
    nvme_devices_gb: String,
    nvme_total_gb: f64,
    nvme_read_iops_4k: Option<f64>,
    nvme_write_iops_4k: Option<f64>,
    unit: String,
    price_on_demand: f64,
    price_1y_no_upfront: Option<f64>,
    price_3y_all_upfront: Option<f64>,
    price_spot: Option<f64>,
    provenance_on_demand: Quality,
    provenance_1y: Option<Quality>,
    provenance_3y: Option<Quality>,
    provenance_spot: Option<Quality>,
    coremark_iter_s: Option<f64>,
    source: String,
    as_of: String,
    notes: String,
}

/// Reads the rows of one file, each with its place.
fn rows<Row: DeserializeOwned>(
    file: &'static str,
    text: &'static str,
) -> impl Iterator<Item = (String, Row)> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().unwrap_or_else(|e| panic!("{file}: {e}")).clone();
    reader.into_records().map(move |record| {
        let record = record.unwrap_or_else(|e| panic!("{file}: {e}"));
        let line = record.position().map_or(0, csv::Position::line);
        let row = record.deserialize(Some(&headers));
        (format!("{file}:{line}"), row.unwrap_or_else(|e| panic!("{file}:{line}: {e}")))
    })
}

/// Returns all facts by id.
pub(crate) fn facts() -> BTreeMap<String, Fact> {
    let mut facts = BTreeMap::new();
    for (table, file, text) in TABLES {
        for (place, row) in rows::<FactRow>(file, text) {
            let fact = fact(table, row, &place);
            let id = fact.id.clone();
            assert!(facts.insert(id, fact).is_none(), "{place}: the id stands twice");
        }
    }
    facts
}

fn fact(table: Table, row: FactRow, place: &str) -> Fact {
    assert!(row.low <= row.value && row.value <= row.high, "{place}: low <= value <= high");
    assert!(row.low >= 0.0 && row.high.is_finite(), "{place}: finite and not negative");
    assert!(!row.source.is_empty() && is_date(&row.as_of), "{place}: a source and a date");
    let width = row.low != row.high;
    let exact = matches!(row.range_kind, RangeKind::Exact | RangeKind::Point);
    assert!(!(exact && width), "{place}: an exact value has no width");
    let recall = row.provenance == Quality::Recall;
    assert!(!recall || row.confidence == Confidence::Low, "{place}: recall is low confidence");
    let scale = if row.unit == "ratio" {
        ratio_scale(&row.category, row.high)
    } else {
        scale(&row.unit).unwrap_or_else(|| panic!("{place}: unknown unit `{}`", row.unit))
    };
    Fact {
        id: row.id,
        table,
        category: row.category,
        provider: row.provider,
        region: row.region,
        item: row.item,
        metric: row.metric,
        value: scale.apply(row.value),
        low: scale.apply(row.low),
        high: scale.apply(row.high),
        unit: scale.unit,
        per: scale.per,
        stated_value: row.value,
        stated_unit: row.unit,
        range_kind: row.range_kind,
        source: row.source,
        as_of: row.as_of,
        confidence: row.confidence,
        quality: row.provenance,
        notes: row.notes,
    }
}

/// `2026-11-22` or `unknown`.
fn is_date(text: &str) -> bool {
    text == "unknown"
        || (text.len() == 10
            && text.bytes().enumerate().all(|(i, b)| match i {
                4 | 7 => b == b'-',
                _ => b.is_ascii_digit(),
            }))
}

/// Returns all stations by id; `facts` say how good their sources are.
pub(crate) fn stations(facts: &BTreeMap<String, Fact>) -> BTreeMap<String, StationFact> {
    let mut stations: BTreeMap<String, StationFact> = BTreeMap::new();
    for (place, row) in rows::<StationRow>("stations.csv", STATIONS) {
        let station = station(row, &place);
        let id = station.id.clone();
        assert!(!facts.contains_key(&id), "{place}: the id is a fact's");
        assert!(stations.insert(id, station).is_none(), "{place}: the id stands twice");
    }
    let ids: Vec<String> = stations.keys().cloned().collect();
    for id in ids {
        let (weakest, as_of) = footing(&id, &stations, facts);
        let station = stations.get_mut(&id).expect("the ids are the keys");
        station.weakest = weakest;
        station.as_of = as_of.unwrap_or_else(|| "unknown".to_owned());
    }
    stations
}

fn station(row: StationRow, place: &str) -> StationFact {
    let ordered = row.low_us <= row.mean_us && row.mean_us <= row.high_us;
    assert!(ordered && row.low_us > 0.0, "{place}: 0 < low <= mean <= high");
    assert!(row.cv >= 0.0 && row.io_mean_us >= 0.0, "{place}: cv and io are not negative");
    assert!(!row.source.is_empty(), "{place}: a source");
    StationFact {
        id: row.id,
        technology: row.technology,
        operation: row.operation,
        servers: row.servers,
        servers_meaning: row.servers_meaning,
        mean: row.mean_us / 1e6,
        low: row.low_us / 1e6,
        high: row.high_us / 1e6,
        cv: row.cv,
        io_mean: row.io_mean_us / 1e6,
        io_meaning: row.io_meaning,
        source: row.source,
        as_of: String::new(),
        quality: row.provenance,
        weakest: row.provenance,
        notes: row.notes,
    }
}

/// Returns the worst quality and the oldest date under a station, through the stations it names.
fn footing(
    id: &str,
    stations: &BTreeMap<String, StationFact>,
    facts: &BTreeMap<String, Fact>,
) -> (Quality, Option<String>) {
    let station = &stations[id];
    let (mut weakest, mut oldest) = (station.quality, None);
    for below in ids_in(&station.source) {
        let (quality, as_of) = if stations.contains_key(below) {
            assert!(below != id, "station `{id}` rests on itself");
            footing(below, stations, facts)
        } else {
            let fact = facts
                .get(below)
                .unwrap_or_else(|| panic!("station `{id}` names `{below}`, which is no fact"));
            (fact.quality, Some(fact.as_of.clone()).filter(|date| date != "unknown"))
        };
        weakest = weakest.max(quality);
        oldest = match (oldest, as_of) {
            (Some(a), Some(b)) => Some(std::cmp::min(a, b)),
            (a, b) => a.or(b),
        };
    }
    (weakest, oldest)
}

/// Returns all instance types by id; the ranges of estimated prices come from `facts`.
pub(crate) fn instances(facts: &BTreeMap<String, Fact>) -> BTreeMap<String, InstanceType> {
    let mut instances = BTreeMap::new();
    for (place, row) in rows::<ComputeRow>("compute.csv", COMPUTE) {
        let instance = instance(row, facts, &place);
        let id = instance.id.clone();
        assert!(!facts.contains_key(&id), "{place}: the id is a fact's");
        assert!(instances.insert(id, instance).is_none(), "{place}: the id stands twice");
    }
    instances
}

fn instance(row: ComputeRow, facts: &BTreeMap<String, Fact>, place: &str) -> InstanceType {
    assert!(row.unit == "USD/hour", "{place}: prices are in USD/hour");
    assert!(row.vcpu > 0 && row.mem_gib > 0.0, "{place}: a machine has CPU and memory");
    assert!(is_date(&row.as_of) && !row.source.is_empty(), "{place}: a source and a date");
    let prices = prices(&row, facts, place);
    let architecture = match row.arch.as_str() {
        "arm64" => Architecture::Arm64,
        "amd64" => Architecture::Amd64,
        other => panic!("{place}: unknown architecture `{other}`"),
    };
    let nvme_devices = row.nvme_devices_gb.split(" + ").filter(|gb| *gb != "0").count();
    InstanceType {
        burstable: is_burstable(&row.provider, &row.instance),
        id: row.id,
        provider: row.provider,
        region: row.region,
        name: row.instance,
        vcpu: row.vcpu,
        memory: Bytes::new(row.mem_gib * 1_073_741_824.0),
        architecture,
        cpu_model: row.cpu_model,
        network_bits_per_second: row.net_baseline_gbps.map(|gbps| gbps * 1e9),
        nvme: Bytes::new(row.nvme_total_gb * 1e9),
        nvme_devices: u32::try_from(nvme_devices).expect("a machine has few devices"),
        nvme_read_iops: row.nvme_read_iops_4k,
        nvme_write_iops: row.nvme_write_iops_4k,
        coremark: row.coremark_iter_s,
        source: row.source,
        as_of: row.as_of,
        notes: row.notes,
        prices,
    }
}

/// The families that share their CPUs: AWS t, Azure B, GCP e2 below `standard`.
fn is_burstable(provider: &str, name: &str) -> bool {
    match provider {
        "aws" => name.starts_with('t'),
        "azure" => name.starts_with('B'),
        _ => ["e2-micro", "e2-small", "e2-medium"].contains(&name),
    }
}

fn prices(
    row: &ComputeRow,
    facts: &BTreeMap<String, Fact>,
    place: &str,
) -> [Option<InstancePrice>; 4] {
    let on_demand = row.price_on_demand;
    assert!(on_demand > 0.0, "{place}: a machine has a price");
    // An estimate is a share of the price on demand; the share's fact says how wide it is.
    let share = |id: &str| {
        let fact = facts.get(id).unwrap_or_else(|| panic!("no fact `{id}`"));
        (fact.low, fact.high)
    };
    let price = |usd: Option<f64>, quality: Option<Quality>, (low, high): (f64, f64)| {
        let (usd, quality) = match (usd, quality) {
            (Some(usd), Some(quality)) => (usd, quality),
            (None, None) => return None,
            _ => panic!("{place}: a price and its provenance come together"),
        };
        let usd_per_hour = if quality == Quality::Derived {
            Interval::quantiles((on_demand * low).min(usd), usd, (on_demand * high).max(usd))
        } else {
            Interval::exact(usd)
        };
        Some(InstancePrice { usd_per_hour, quality })
    };
    let one_year = share("aws.ri.1y_noupfront_discount");
    [
        price(Some(on_demand), Some(row.provenance_on_demand), (1.0, 1.0)),
        price(row.price_1y_no_upfront, row.provenance_1y, (1.0 - one_year.1, 1.0 - one_year.0)),
        price(row.price_3y_all_upfront, row.provenance_3y, (1.0, 1.0)),
        price(row.price_spot, row.provenance_spot, share("aws.spot.ratio")),
    ]
}
