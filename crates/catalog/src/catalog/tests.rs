use tenfold_units::{Ledger, Meaning, Provenance, Quality, Unit};

use super::Catalog;
use crate::{ManagedService, Per, Purchase, RangeKind, Table, tiered_cost};

#[test]
fn every_row_loads() {
    let catalog = Catalog::builtin();
    let tables = [
        (Table::Availability, 74),
        (Table::Capacity, 217),
        (Table::Latency, 299),
        (Table::Managed, 241),
        (Table::Network, 307),
        (Table::Storage, 80),
        (Table::Workload, 105),
    ];
    for (table, rows) in tables {
        assert_eq!(catalog.facts().filter(|f| f.table == table).count(), rows, "{table:?}");
    }
    assert_eq!(catalog.stations().count(), 76);
    assert_eq!(catalog.instances.len(), 156);
    let total = catalog.facts().count() + catalog.stations().count() + catalog.instances.len();
    assert_eq!(total, 1_555);
    let recall = catalog.facts().filter(|f| f.quality == Quality::Recall).count();
    assert_eq!(recall, 101, "the assumptions to verify");
}

#[test]
fn ids_do_not_collide_across_tables() {
    let catalog = Catalog::builtin();
    for id in catalog.stations.keys() {
        assert!(!catalog.instances.contains_key(id), "{id}");
    }
}

#[test]
fn every_fact_but_euros_enters_a_ledger() {
    let catalog = Catalog::builtin();
    let mut ledger = Ledger::default();
    for fact in catalog.facts() {
        if fact.stated_unit.starts_with("EUR/") {
            assert_eq!(fact.unit, None);
            continue;
        }
        fact.insert_into(&mut ledger, &fact.id, &fact.item);
        assert_eq!(fact.per.is_some(), fact.stated_unit.starts_with("USD/"), "{}", fact.id);
    }
    assert_eq!(ledger.len(), 1_323 - 9);
    let factor = &ledger["peak.shortener"];
    assert_eq!((factor.interval.low, factor.interval.high), (1.4, 4.0));
    assert_eq!(factor.print(), "2x");
    assert_eq!(ledger["aws.region_multiplier.us-east-1"].print(), "1x");
    assert_eq!(ledger["cdn.hit.static"].print(), "95 %");
    assert_eq!(ledger["sla.aws.rds.multiaz"].print(), "99.95 %");
    assert_eq!(ledger["failover.redis.cluster"].print(), "20 s");
    assert!(matches!(&factor.provenance, Provenance::Fact { id, .. } if id == "peak.shortener"));
}

#[test]
fn ranges_keep_their_meaning() {
    let catalog = Catalog::builtin();
    let quantile = catalog.known_fact("cass.read_cpu");
    assert_eq!(quantile.range_kind, RangeKind::Quantile);
    assert_eq!(quantile.interval().meaning, Meaning::Quantiles);
    assert_eq!(quantile.interval().high, 0.005);
    let bound = catalog.known_fact("rate.human");
    assert_eq!(bound.interval().meaning, Meaning::Bound);
    assert!(catalog.known_fact("secs.day").interval().is_exact());
}

/// The value of a station's source: terms joined by `+`, factors joined by `x` and `/`.
fn evaluate(catalog: &Catalog, source: &str) -> Option<f64> {
    let formula = source.strip_prefix("derived: ")?;
    if formula.starts_with("note of") || formula.starts_with("twitter") {
        return None;
    }
    let formula = formula.split([',', ';']).next()?.split(" for ").next()?;
    // Remarks in parentheses are not part of the arithmetic.
    let mut bare = String::new();
    let mut depth = 0;
    for c in formula.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 => bare.push(c),
            _ => {}
        }
    }
    let mut sum = 0.0;
    for term in bare.split('+') {
        let mut value = 1.0;
        let mut divide = false;
        for word in term.split_whitespace() {
            let factor = match word {
                "x" | "server" | "servers" | "station" => continue,
                "us" => 1e-6,
                "/" => {
                    divide = true;
                    continue;
                }
                _ => operand(catalog, word),
            };
            value = if divide { value / factor } else { value * factor };
            divide = false;
        }
        sum += value;
    }
    Some(sum)
}

fn operand(catalog: &Catalog, word: &str) -> f64 {
    if let Ok(number) = word.parse() {
        return number;
    }
    match word.split_once(".csv:") {
        Some((_, id)) => {
            let fact = catalog.known_fact(id);
            // A station over a throughput moves one of the fact's stated units: 1 KiB, 1 MB.
            let moves = fact.unit == Some(Unit::BytesPerSecond);
            if moves { fact.stated_value } else { fact.value }
        }
        None => catalog.station(word).unwrap_or_else(|| panic!("station `{word}`")).mean,
    }
}

#[test]
fn the_arithmetic_of_every_derived_station_holds() {
    let catalog = Catalog::builtin();
    let mut checked = 0;
    for station in catalog.stations() {
        let Some(expected) = evaluate(&catalog, &station.source) else {
            let excused = station.quality != Quality::Derived
                || ["elasticsearch.aggregate", "id.snowflake"].contains(&station.id.as_str());
            assert!(excused, "{}: {}", station.id, station.source);
            continue;
        };
        // Means are written with four digits; ebs.gp3.read says that it is rounded by 5 %.
        let tolerance = if station.source.contains("rounded") { 0.05 } else { 6e-4 };
        let error = (station.mean - expected).abs() / expected;
        assert!(error <= tolerance, "{}: {} is not {expected}", station.id, station.mean);
        checked += 1;
    }
    assert_eq!(checked, 62);
    let snowflake = catalog.station("id.snowflake").unwrap();
    assert!((snowflake.mean - 0.001 / 4_096.0).abs() < 1e-10);
}

#[test]
fn disks_give_their_operations_per_second() {
    let catalog = Catalog::builtin();
    let iops = |id: &str| {
        let station = catalog.station(id).unwrap();
        f64::from(station.servers) / station.mean
    };
    let gp3 = catalog.known_fact("aws.ebs.gp3.base_iops").value;
    assert!((iops("ebs.gp3.read") - gp3).abs() < 1e-6);
    assert!((iops("ebs.gp3.write") - gp3).abs() < 1e-6);
    let i4i = catalog.instance("aws.ec2.i4i.2xlarge").unwrap().nvme_read_iops.unwrap();
    assert!((iops("nvme.read.4k") - i4i).abs() < 1e-6);
}

#[test]
fn a_station_is_no_better_than_what_it_rests_on() {
    let catalog = Catalog::builtin();
    let envoy = catalog.station("envoy.proxy").unwrap();
    assert_eq!((envoy.quality, envoy.weakest), (Quality::Derived, Quality::Recall));
    // Through another station: mysql.insert_commit is an estimate.
    assert_eq!(catalog.station("mysql.hot_row").unwrap().weakest, Quality::Recall);
    assert_eq!(catalog.station("redis.get").unwrap().weakest, Quality::Derived);
    let redis = catalog.known_fact("redis.single_thread");
    assert_eq!(catalog.station("redis.get").unwrap().as_of, redis.as_of);
    assert_eq!(catalog.station("api.go").unwrap().as_of, "unknown");
    assert!(catalog.station("dynamodb.get").unwrap().is_delay());
}

#[test]
fn traffic_is_priced_in_steps() {
    let catalog = Catalog::builtin();
    let tiers = catalog.egress_tiers("aws", "us-east-1");
    assert_eq!(tiers.len(), 4);
    // 180 TB: 10, 40 and 100 TB of 1,024 GB, and the rest.
    let cost = 10_240.0 * 0.09 + 40_960.0 * 0.085 + 102_400.0 * 0.07 + 26_400.0 * 0.05;
    assert!((tiered_cost(&tiers, 180e12) - cost).abs() < 1e-6);
    assert_eq!(tiered_cost(&tiers, 0.0), 0.0);
    let cdn = catalog.cdn_tiers("aws", "eu-central-1");
    assert_eq!(cdn.len(), 7);
    assert_eq!(cdn[6].from_bytes, 5.0 * 1_024.0 * 1_024.0 * 1e9, "over 5 PB");
    assert_eq!(catalog.cdn_tiers("azure", "eastus")[5].from_bytes, 1_000.0 * 1_024.0 * 1e9);
    assert_eq!(catalog.object_storage_tiers()[2].from_bytes, 500.0 * 1_024.0 * 1e9);
    assert_eq!(catalog.egress_tiers("gcp", "us-east1").len(), 3);
    let https = catalog.cdn_request_price("us-east-1").unwrap();
    assert_eq!((https.value, https.per), (1e-6, Some(Per::Each)));
    assert!(catalog.egress_tiers("aws", "atlantis-1").is_empty());
}

#[test]
fn every_priced_region_has_every_price() {
    let catalog = Catalog::builtin();
    let mut regions = 0;
    for fact in catalog.with_prefix("aws.egress.internet.") {
        let Some(region) = fact.id.strip_suffix(".t1_10TB") else { continue };
        let region = region.strip_prefix("aws.egress.internet.").unwrap();
        assert_eq!(catalog.egress_tiers("aws", region).len(), 4, "{region}");
        assert!(catalog.inter_zone_price("aws", region).is_some(), "{region}");
        assert!(catalog.inter_region_price("aws", region).is_some(), "{region}");
        assert!(!catalog.cdn_tiers("aws", region).is_empty(), "{region}");
        regions += 1;
    }
    assert_eq!(regions, 28);
}

#[test]
fn round_trips_are_found_in_either_order() {
    let catalog = Catalog::builtin();
    let there = catalog.rtt("aws", "us-east-1", "ap-northeast-2").unwrap();
    let back = catalog.rtt("aws", "ap-northeast-2", "us-east-1").unwrap();
    assert_eq!((there, there.value), (back, 0.174));
    let azure = catalog.rtt("azure", "East US", "koreacentral").unwrap();
    assert_eq!((azure.value, azure.unit), (0.185, Some(Unit::Seconds)));
    assert_eq!(catalog.rtt("aws", "us-east-1", "us-east-1"), None);
    let light = catalog.known_fact("fiber.speed").value;
    assert!(there.value > 2.0 * light * 11_000.0, "never faster than light over 11,000 km");
}

#[test]
fn machines_have_prices_in_order() {
    let catalog = Catalog::builtin();
    let machines = catalog.instances("aws", "us-east-1");
    assert_eq!(machines.len(), 127);
    assert_eq!(catalog.instances("azure", "eastus").len(), 14);
    assert_eq!(catalog.instances("gcp", "us-east1").len(), 15);
    for machine in machines {
        let price = |purchase| machine.price(purchase).unwrap().usd_per_hour;
        let (now, year) = (price(Purchase::OnDemand), price(Purchase::OneYear));
        let (three, spot) = (price(Purchase::ThreeYears), price(Purchase::Spot));
        assert!(three.mid < year.mid && year.mid < now.mid, "{}", machine.id);
        assert!(now.is_exact() && three.is_exact() && !year.is_exact() && !spot.is_exact());
        assert!((year.low / now.mid - 0.615).abs() < 1e-9, "{}", machine.id);
    }
    let i4i = catalog.instance("aws.ec2.i4i.8xlarge").unwrap();
    assert_eq!((i4i.nvme_devices, i4i.nvme.as_f64()), (2, 7.5e12));
    assert_eq!(i4i.memory.as_f64(), 256.0 * 1_073_741_824.0);
    assert_eq!(i4i.network_bits_per_second, Some(18.75e9));
    assert!(catalog.instance("aws.ec2.t4g.small").unwrap().burstable);
    assert_eq!(catalog.instance("gcp.n2-standard-4").unwrap().price(Purchase::Spot), None);
}

#[test]
fn managed_nodes_know_their_machines() {
    let catalog = Catalog::builtin();
    for service in ManagedService::ALL {
        let nodes = catalog.managed_nodes(service);
        assert!(nodes.len() >= 5, "{service:?}");
        assert!(nodes.iter().any(|n| n.shape.is_some()), "{service:?}");
        assert!(nodes.is_sorted_by(|a, b| a.price.value <= b.price.value), "{service:?}");
    }
    let redis = catalog.managed_nodes(ManagedService::ElastiCacheRedis);
    let node = redis.iter().find(|n| n.class == "r7g.large").unwrap();
    assert_eq!(node.price.value, 0.219);
    assert_eq!(node.shape.unwrap().memory.as_f64(), 16.0 * 1_073_741_824.0);
    let rds = catalog.managed_nodes(ManagedService::RdsPostgres);
    assert!(rds.iter().all(|n| n.class != "m5.large"), "that price is MySQL's");
}
