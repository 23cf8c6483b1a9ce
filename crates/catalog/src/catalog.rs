use std::collections::BTreeMap;

use crate::price::{ManagedNode, ManagedService, Tier, tiers_of};
use crate::{Fact, InstanceType, StationFact, Table, load, region};

/// All facts, stations and instance types.
#[derive(Clone, Debug)]
pub struct Catalog {
    facts: BTreeMap<String, Fact>,
    stations: BTreeMap<String, StationFact>,
    instances: BTreeMap<String, InstanceType>,
}

impl Catalog {
    /// Reads the facts that are compiled in.
    ///
    /// # Panics
    /// Panics with file and line where a row breaks a convention of the data (a test reads them
    /// all).
    #[must_use]
    pub fn builtin() -> Self {
        let facts = load::facts();
        let stations = load::stations(&facts);
        let instances = load::instances(&facts);
        Self { facts, stations, instances }
    }

    /// Returns the date at which the catalogue was closed (ISO). Each fact has its own date.
    #[must_use]
    pub const fn date() -> &'static str {
        "2026-11-22"
    }

    /// Returns the fact of this id.
    #[must_use]
    pub fn fact(&self, id: &str) -> Option<&Fact> {
        self.facts.get(id)
    }

    /// Returns the fact of an id that the program knows to stand.
    ///
    /// # Panics
    /// Panics when there is none.
    #[must_use]
    pub fn known_fact(&self, id: &str) -> &Fact {
        self.fact(id).unwrap_or_else(|| panic!("no fact `{id}`"))
    }

    /// Returns all facts in the order of their ids.
    pub fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.facts.values()
    }

    /// Returns the facts of one category of one file, in the order of their ids: (`Availability`,
    /// `sla` or `failover` or `failure_rate`), (`Workload`, `peak`), ….
    pub fn category(&self, table: Table, category: &str) -> impl Iterator<Item = &Fact> {
        self.facts.values().filter(move |f| f.table == table && f.category == category)
    }

    /// Returns the facts whose ids begin with `prefix`, in the order of their ids.
    pub fn with_prefix<'a>(&'a self, prefix: &str) -> impl Iterator<Item = &'a Fact> + use<'a> {
        let prefix = prefix.to_owned();
        self.facts
            .range(prefix.clone()..)
            .take_while(move |(id, _)| id.starts_with(&prefix))
            .map(|(_, fact)| fact)
    }

    /// Returns the station of this id.
    #[must_use]
    pub fn station(&self, id: &str) -> Option<&StationFact> {
        self.stations.get(id)
    }

    /// Returns all stations in the order of their ids.
    pub fn stations(&self) -> impl Iterator<Item = &StationFact> {
        self.stations.values()
    }

    /// Returns the instance type of this id, for example `aws.ec2.m7g.large`.
    #[must_use]
    pub fn instance(&self, id: &str) -> Option<&InstanceType> {
        self.instances.get(id)
    }

    /// Returns the instance types of a provider with the prices of `region`, cheapest first.
    ///
    /// The catalogue holds the prices of [`Catalog::home_region`] only and returns none for others:
    /// there, take the home region's and [`Catalog::region_multiplier`].
    #[must_use]
    pub fn instances(&self, provider: &str, region: &str) -> Vec<&InstanceType> {
        let mut found: Vec<_> = self
            .instances
            .values()
            .filter(|i| i.provider == provider && i.region == region)
            .collect();
        let price = |i: &InstanceType| i.on_demand().usd_per_hour.mid;
        found.sort_by(|a, b| price(a).total_cmp(&price(b)).then_with(|| a.id.cmp(&b.id)));
        found
    }

    /// Returns the region whose prices are held in full: us-east-1 (aws), eastus (azure), us-east1
    /// (gcp).
    #[must_use]
    pub fn home_region(provider: &str) -> Option<&'static str> {
        region::home(provider)
    }

    /// Returns the factor on AWS machine prices of a region against us-east-1. For Mumbai the
    /// source has 0.71 for this family; other services cost more there.
    #[must_use]
    pub fn region_multiplier(&self, provider: &str, region: &str) -> Option<&Fact> {
        self.fact(&format!("{provider}.region_multiplier.{region}"))
    }

    /// Returns the round trip between two different regions of `aws` or `azure`, in either order;
    /// Azure's names are read with or without spaces and capitals.
    ///
    /// Azure's two directions differ by up to a few milliseconds: this is the first as published.
    #[must_use]
    pub fn rtt(&self, provider: &str, from: &str, to: &str) -> Option<&Fact> {
        let (from, to) = (region::slug(from), region::slug(to));
        self.fact(&format!("rtt.{provider}.{from}.{to}"))
            .or_else(|| self.fact(&format!("rtt.{provider}.{to}.{from}")))
    }

    /// Returns the round trip between machines of one zone.
    #[must_use]
    pub fn rtt_same_zone(&self) -> &Fact {
        self.known_fact("net.same_az.rtt")
    }

    /// Returns the round trip between zones of one region.
    #[must_use]
    pub fn rtt_cross_zone(&self) -> &Fact {
        self.known_fact("net.cross_az.rtt")
    }

    /// Returns the price steps of traffic to the internet, in order. For `gcp` these are the
    /// premium-tier prices of the US, for `azure` the first step of North America and Europe
    /// (the only one known), for any region.
    #[must_use]
    pub fn egress_tiers(&self, provider: &str, region: &str) -> Vec<Tier<'_>> {
        let prefix = match provider {
            "aws" => format!("aws.egress.internet.{region}.t"),
            "azure" => "azure.egress.t".to_owned(),
            "gcp" => "gcp.egress.na_".to_owned(),
            _ => return Vec::new(),
        };
        tiers_of(&self.with_prefix(&prefix).collect::<Vec<_>>())
    }

    /// Returns the price of 10^9 bytes to another zone: of AWS for each direction, so that a byte
    /// that is sent pays twice.
    #[must_use]
    pub fn inter_zone_price(&self, provider: &str, region: &str) -> Option<&Fact> {
        match provider {
            "aws" => self.fact(&format!("aws.egress.interaz.{region}")),
            _ => self.fact(&format!("{provider}.interzone")),
        }
    }

    /// Returns the price of 10^9 bytes from this region to another of the same provider (AWS only).
    #[must_use]
    pub fn inter_region_price(&self, provider: &str, region: &str) -> Option<&Fact> {
        self.fact(&format!("{provider}.egress.interregion.{region}"))
    }

    /// Returns the CDN's price steps in order: CloudFront in the area of an AWS region, Azure CDN
    /// standard (North America and Europe); empty where not known.
    #[must_use]
    pub fn cdn_tiers(&self, provider: &str, region: &str) -> Vec<Tier<'_>> {
        let ids: Vec<String> = match (provider, region::cloudfront_area(region)) {
            ("aws", Some(area)) => [
                "first_10TB",
                "next_40TB",
                "next_100TB",
                "next_350TB",
                "next_524TB",
                "next_4PB",
                "over_5PB",
            ]
            .iter()
            .map(|step| format!("aws.cloudfront.{area}.{step}"))
            .collect(),
            ("azure", _) => (1..=6).map(|step| format!("azure.cdn.std.t{step}")).collect(),
            _ => Vec::new(),
        };
        tiers_of(&ids.iter().map(|id| self.known_fact(id)).collect::<Vec<_>>())
    }

    /// Returns the price of one HTTPS request at CloudFront in the area of an AWS region.
    #[must_use]
    pub fn cdn_request_price(&self, region: &str) -> Option<&Fact> {
        let area = region::cloudfront_area(region)?;
        self.fact(&format!("aws.cloudfront.{area}.https"))
    }

    /// Returns the price steps of S3 Standard (us-east-1), in order, for 10^9 bytes and a month.
    #[must_use]
    pub fn object_storage_tiers(&self) -> Vec<Tier<'_>> {
        let ids = ["aws.s3.standard.gb", "aws.s3.standard.gb2", "aws.s3.standard.gb3"];
        tiers_of(&ids.map(|id| self.known_fact(id)))
    }

    /// Returns the node classes of a managed service with their hourly prices (us-east-1), cheapest
    /// first.
    #[must_use]
    pub fn managed_nodes(&self, service: ManagedService) -> Vec<ManagedNode<'_>> {
        let mut nodes = Vec::new();
        for prefix in service.prefixes() {
            for price in self.with_prefix(prefix).filter(|f| f.stated_unit == "USD/hour") {
                let postgres = price.item.contains("PostgreSQL");
                if service == ManagedService::RdsPostgres && !postgres {
                    continue;
                }
                let class = &price.id[prefix.len()..];
                let shape = self.instance(&format!("aws.ec2.{class}"));
                nodes.push(ManagedNode { class, price, shape });
            }
        }
        nodes.sort_by(|a, b| {
            a.price.value.total_cmp(&b.price.value).then_with(|| a.class.cmp(b.class))
        });
        nodes
    }

    /// Returns the monthly uptime that a provider promises, 0 to 1: `sla("aws.rds.multiaz")`.
    #[must_use]
    pub fn sla(&self, service: &str) -> Option<&Fact> {
        self.fact(&format!("sla.{service}"))
    }

    /// Returns the seconds of unavailability of a failover: `failover("redis.cluster")`.
    #[must_use]
    pub fn failover(&self, what: &str) -> Option<&Fact> {
        self.fact(&format!("failover.{what}"))
    }

    /// Returns the peak factor of a kind of load: `peak_factor("shortener")`.
    #[must_use]
    pub fn peak_factor(&self, load: &str) -> Option<&Fact> {
        self.fact(&format!("peak.{load}"))
    }
}

#[cfg(test)]
mod tests;
