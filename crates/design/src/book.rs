//! The ledger of a design in the making: facts, assumptions and formulas under stable ids.

use tenfold_catalog::{Catalog, InstanceType, Purchase, Tier};
use tenfold_units::{Interval, Ledger, Provenance, Unit};

use crate::assumptions;

/// A ledger with the catalogue beside it.
///
/// Ids: `fact.<id>` a fact, `station.<id>` a service time, `price.<instance>` dollars per hour,
/// `vcpu.<instance>` and `memory.<instance>` shapes, `assumed.<name>` our own assumptions.
#[derive(Clone, Debug)]
pub(crate) struct Book<'a> {
    pub(crate) ledger: Ledger,
    pub(crate) catalog: &'a Catalog,
    pub(crate) provider: String,
    pub(crate) region: String,
    /// Technologies that the team knows; empty where the brief does not tell.
    pub(crate) skills: Vec<String>,
    /// Intervals are left out: for looking at other loads, where only mid values count.
    exact: bool,
}

impl<'a> Book<'a> {
    /// Returns a book that goes on from these figures.
    pub(crate) fn new(ledger: &Ledger, catalog: &'a Catalog, exact: bool) -> Self {
        let mut own = Ledger::default();
        if exact {
            for (id, figure) in ledger.iter() {
                let interval = Interval::exact(figure.mid());
                own.insert(id, "", figure.unit, interval, figure.provenance.clone());
            }
        } else {
            own = ledger.clone();
        }
        let (provider, region) = ("aws".to_owned(), "us-east-1".to_owned());
        Self { ledger: own, catalog, provider, region, skills: Vec::new(), exact }
    }

    /// Adds a figure that is not derived.
    pub(crate) fn insert(
        &mut self,
        id: &str,
        label: &str,
        unit: Unit,
        interval: Interval,
        provenance: Provenance,
    ) {
        let interval = if self.exact { Interval::exact(interval.mid) } else { interval };
        self.ledger.insert(id, label, unit, interval, provenance);
    }

    /// Returns a factor for a formula of cores: the room that simulations of this part asked for.
    pub(crate) fn room(&self, name: &str) -> String {
        let figure = format!("headroom.{name}");
        if self.ledger.contains(&figure) { format!(" * {figure}") } else { String::new() }
    }

    /// Makes a fact of the catalogue stand and returns its figure id.
    pub(crate) fn fact(&mut self, id: &str) -> String {
        let figure = format!("fact.{id}");
        if !self.ledger.contains(&figure) {
            let fact = self.catalog.known_fact(id);
            let unit = fact.unit.unwrap_or(Unit::Count);
            let label = format!("{}: {}", fact.item, fact.metric);
            self.insert(&figure, &label, unit, fact.interval(), fact.provenance());
        }
        figure
    }

    /// Makes a service time of the catalogue stand and returns its figure id.
    pub(crate) fn station(&mut self, id: &str) -> String {
        let figure = format!("station.{id}");
        if !self.ledger.contains(&figure) {
            let station = self.catalog.station(id).unwrap_or_else(|| panic!("no station `{id}`"));
            let label = format!("{}: {}", station.technology, station.operation);
            let time = station.service_time();
            self.insert(&figure, &label, Unit::Seconds, time, station.provenance());
        }
        figure
    }

    /// Makes one of our own assumptions stand and returns its figure id.
    pub(crate) fn assume(&mut self, name: &str) -> String {
        let figure = format!("assumed.{name}");
        if !self.ledger.contains(&figure) {
            let entry = assumptions::get(name);
            let provenance =
                Provenance::Assumed { source: entry.why.to_owned(), quality: entry.quality };
            self.insert(&figure, entry.label, entry.unit, entry.interval(), provenance);
        }
        figure
    }

    /// Makes the price of operating a technology stand and returns its figure id: what the team does
    /// not know it has to learn, where the brief tells what it knows.
    pub(crate) fn operate(&mut self, technology: &str, managed: bool) -> String {
        let own = self.assume(if managed { "ops.managed" } else { "ops.technology" });
        if self.skills.is_empty() || self.skills.iter().any(|skill| skill == technology) {
            return own;
        }
        let figure = format!("ops.{technology}");
        if !self.ledger.contains(&figure) {
            let learning = self.assume("ops.learning");
            let label = format!("operating {technology}, which the team has to learn");
            self.derive(&figure, &label, Unit::UsdPerMonth, &format!("{own} + {learning}"));
        }
        figure
    }

    /// Returns whether the catalogue has an instance type of this name.
    pub(crate) fn knows_instance(&self, name: &str) -> bool {
        self.find_instance(name).is_some()
    }

    /// Returns the instance type of this name.
    pub(crate) fn instance(&self, name: &str) -> &'a InstanceType {
        self.find_instance(name).unwrap_or_else(|| panic!("no instance type `{name}`"))
    }

    fn find_instance(&self, name: &str) -> Option<&'a InstanceType> {
        let home = Catalog::home_region(&self.provider)?;
        self.catalog.instance(&format!("aws.ec2.{name}")).or_else(|| {
            self.catalog.instances(&self.provider, home).into_iter().find(|i| i.name == name)
        })
    }

    /// Makes the on-demand price of an instance in the design's region stand (dollars per hour).
    pub(crate) fn price(&mut self, name: &str) -> String {
        self.purchase(name, Purchase::OnDemand, "price").expect("every type has this price")
    }

    /// Makes the price of an instance, paid in this way, stand; `None` where it is not known.
    pub(crate) fn purchase(&mut self, name: &str, how: Purchase, prefix: &str) -> Option<String> {
        let figure = format!("{prefix}.{name}");
        if self.ledger.contains(&figure) {
            return Some(figure);
        }
        let instance = self.instance(name);
        let price = instance.price(how)?;
        let provenance = Provenance::Fact {
            id: instance.id.clone(),
            source: instance.source.clone(),
            as_of: instance.as_of.clone(),
            quality: price.quality,
        };
        let label = format!("{name} per hour");
        let home = Catalog::home_region(&self.provider).unwrap_or("us-east-1");
        let multiplier = self.catalog.region_multiplier(&self.provider, &self.region);
        if self.region == home || multiplier.is_none() {
            self.insert(&figure, &label, Unit::UsdEach, price.usd_per_hour, provenance);
        } else {
            let base = format!("{prefix}.home.{name}");
            self.insert(&base, &label, Unit::UsdEach, price.usd_per_hour, provenance);
            let factor = self.fact(&format!("{}.region_multiplier.{}", self.provider, self.region));
            self.derive(&figure, &label, Unit::UsdEach, &format!("{base} * {factor}"));
        }
        Some(figure)
    }

    /// Makes the shape of an instance stand: `vcpu.<name>` and `memory.<name>`.
    pub(crate) fn shape(&mut self, name: &str) {
        if self.ledger.contains(&format!("vcpu.{name}")) {
            return;
        }
        let instance = self.instance(name);
        let provenance = Provenance::Fact {
            id: instance.id.clone(),
            source: instance.source.clone(),
            as_of: instance.as_of.clone(),
            quality: tenfold_units::Quality::File,
        };
        let vcpu = Interval::exact(f64::from(instance.vcpu));
        let memory = Interval::exact(instance.memory.as_f64());
        let nvme = Interval::exact(instance.nvme.as_f64());
        let label = |what: &str| format!("{what} of a {name}");
        self.insert(
            &format!("vcpu.{name}"),
            &label("vCPUs"),
            Unit::Count,
            vcpu,
            provenance.clone(),
        );
        let memory_id = format!("memory.{name}");
        self.insert(&memory_id, &label("memory"), Unit::Bytes, memory, provenance.clone());
        self.insert(&format!("nvme.{name}"), &label("local disk"), Unit::Bytes, nvme, provenance);
    }

    /// Adds a derived figure and returns its value.
    pub(crate) fn derive(&mut self, id: &str, label: &str, unit: Unit, formula: &str) -> f64 {
        self.ledger.derive(id, label, unit, formula)
    }

    /// Returns the formula of a price with steps for the bytes of a figure; `0` without steps.
    pub(crate) fn stepped(&mut self, tiers: &[Tier<'_>], bytes: &str) -> String {
        let mut terms = Vec::new();
        for tier in tiers {
            let price = self.fact(&tier.price.id);
            let above = format!("max(0, {bytes} - {})", tier.from_bytes);
            let within = if tier.to_bytes.is_finite() {
                format!("min({above}, {})", tier.to_bytes - tier.from_bytes)
            } else {
                above
            };
            terms.push(format!("{within} / 1e9 * {price}"));
        }
        if terms.is_empty() { "0".to_owned() } else { terms.join(" + ") }
    }

    /// Returns the mid value of a figure.
    pub(crate) fn value(&self, id: &str) -> f64 {
        self.ledger.value(id)
    }

    /// Returns whether intervals are left out.
    pub(crate) const fn is_exact(&self) -> bool {
        self.exact
    }
}
