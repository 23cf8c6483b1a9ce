//! What a design does under its load: calls, utilization and hit ratio of each part, by formulas.

use std::collections::BTreeMap;

use tenfold_units::Unit;

use crate::book::Book;
use crate::keys::HitCurve;
use crate::sizing::cache::{KeyFigures, hit_ratio};
use crate::types::{
    Action, CacheLevel, Component, Design, HANDSHAKE, Kind, LinkId, ReplicationMode, Station, Step,
};

/// Figures of a design under load, by component and by link.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Analysis {
    /// Calls per second at peak, by component and class of work: figure id.
    pub calls_peak: BTreeMap<(String, String), String>,
    /// Calls per second on average.
    pub calls_avg: BTreeMap<(String, String), String>,
    /// Busy share of the servers at peak, by component: figure id.
    pub utilization: BTreeMap<String, String>,
    /// Hits ÷ look-ups, by the component that has the cache: figure id.
    pub hit_ratio: BTreeMap<String, String>,
    /// Calls per second on average, by link: figure id.
    pub link_calls: BTreeMap<LinkId, String>,
    /// Bytes of one call with its answer, by link: figure id.
    pub link_bytes: BTreeMap<LinkId, String>,
}

/// Terms of a sum, by what they add to.
type Terms<K> = BTreeMap<K, Vec<(String, String)>>;

/// Computes the figures of a design; its inputs stand in the book.
pub(crate) fn run(book: &mut Book<'_>, design: &Design) -> Analysis {
    let mut analysis = Analysis { hit_ratio: hit_ratios(book, design), ..Analysis::default() };
    let mut walk =
        Walk { design, hits: &analysis.hit_ratio, calls: Terms::new(), links: Terms::new() };
    for (name, flow) in &design.flows {
        let Some(operation) = design.workload.get(name) else { continue };
        let rates = (format!("({})", operation.peak.0), format!("({})", operation.rate.0));
        let bytes = format!("({} + {})", operation.request.0, operation.response.0);
        walk.steps(flow, &mut String::new(), &rates, &bytes);
    }
    let Walk { calls, links, .. } = walk;
    for ((component, class), terms) in calls {
        let key = (component.clone(), class.clone());
        for (suffix, words, map) in [
            ("peak", "peak", &mut analysis.calls_peak),
            ("avg", "average", &mut analysis.calls_avg),
        ] {
            let id = format!("calls.{component}.{class}.{suffix}");
            let what = if class == "any" { "calls" } else { class.as_str() };
            let label = format!("{component}: {what} per second, {words}");
            let pick = |(peak, avg): &(String, String)| {
                if suffix == "peak" { peak.clone() } else { avg.clone() }
            };
            let formula = terms.iter().map(pick).collect::<Vec<_>>().join(" + ");
            book.derive(&id, &label, Unit::PerSecond, &formula);
            map.insert(key.clone(), id);
        }
    }
    for (link, terms) in links {
        link_figures(book, &mut analysis, link, &terms);
    }
    for (name, component) in &design.components {
        if let Some(id) = utilization(book, design, &analysis, name, component) {
            analysis.utilization.insert(name.clone(), id);
        }
    }
    analysis
}

fn link_figures(
    book: &mut Book<'_>,
    analysis: &mut Analysis,
    link: LinkId,
    terms: &[(String, String)],
) {
    let name = format!("{}.{}", link.from, link.to);
    let calls = terms.iter().map(|(rate, _)| rate.clone()).collect::<Vec<_>>().join(" + ");
    let bytes = terms.iter().map(|(rate, each)| format!("{rate} * {each}"));
    let bytes = bytes.collect::<Vec<_>>().join(" + ");
    let id = format!("link.{name}.calls");
    book.derive(&id, &format!("{link}: calls, average"), Unit::PerSecond, &calls);
    let label = format!("{link}: bytes both ways, average");
    book.derive(&format!("link.{name}.bytes"), &label, Unit::BytesPerSecond, &bytes);
    analysis.link_bytes.insert(link.clone(), format!("link.{name}.bytes"));
    analysis.link_calls.insert(link, id);
}

/// Sums what flows ask.
struct Walk<'a> {
    design: &'a Design,
    hits: &'a BTreeMap<String, String>,
    /// Peak and average rates, by component and class.
    calls: Terms<(String, String)>,
    /// Average rate and bytes, by link.
    links: Terms<LinkId>,
}

impl Walk<'_> {
    fn call(&mut self, from: &str, to: &str, class: &str, rates: &(String, String), bytes: &str) {
        let key = (to.to_owned(), class.to_owned());
        self.calls.entry(key).or_default().push(rates.clone());
        if !from.is_empty() && from != to {
            let link = LinkId::new(from, to);
            self.links.entry(link).or_default().push((rates.1.clone(), bytes.to_owned()));
        }
    }

    /// Returns the bytes of a row of a dataset.
    fn row(&self, component: &str, data: &str) -> String {
        let held = self.design.components.get(component).and_then(|c| c.data.get(data));
        held.map_or_else(|| "0".to_owned(), |dataset| format!("({})", dataset.bytes.0))
    }

    fn steps(
        &mut self,
        steps: &[Step],
        caller: &mut String,
        rates: &(String, String),
        bytes: &str,
    ) {
        for step in steps {
            match step {
                Step::Visit(to) => {
                    self.call(&caller.clone(), to, "any", rates, bytes);
                    caller.clone_from(to);
                }
                Step::Action(action) => self.action(action, caller, rates, bytes),
            }
        }
    }

    fn action(
        &mut self,
        action: &Action,
        caller: &mut String,
        rates: &(String, String),
        bytes: &str,
    ) {
        match action {
            Action::Lookup(lookup) => {
                let of = self.design.components.get(&lookup.cache).and_then(|c| c.cache.as_ref());
                let entry = of.map_or(0.0, |cache| cache.entry.as_f64());
                if lookup.cache != *caller {
                    let caller = caller.clone();
                    self.call(&caller, &lookup.cache, "any", rates, &entry.to_string());
                }
                let share = match self.hits.get(&lookup.cache) {
                    Some(hit) => format!("(1 - {hit})"),
                    None => "1".to_owned(),
                };
                let missed = scaled(rates, &share);
                self.steps(&lookup.on_miss, &mut caller.clone(), &missed, bytes);
            }
            Action::Read(access) => {
                let row = self.row(&access.at, &access.data);
                let class = access.class.as_deref().unwrap_or("read");
                let caller = caller.clone();
                self.call(&caller, &access.at, class, rates, &row);
            }
            Action::Write(access) => {
                let row = self.row(&access.at, &access.data);
                let row = many(access, row);
                let plain = if access.unique.is_some() { "claim" } else { "write" };
                let class = access.class.as_deref().unwrap_or(plain);
                let caller = caller.clone();
                self.call(&caller, &access.at, class, rates, &row);
            }
            Action::Fill(target) | Action::Invalidate(target) => {
                if target.at != *caller {
                    let caller = caller.clone();
                    self.call(&caller, &target.at, "any", rates, "100");
                }
            }
            Action::Emit(emit) => {
                let topic = self.design.components.get(&emit.to).and_then(|c| c.topic.as_ref());
                let (class, record) = match topic {
                    Some(topic) => ("append", format!("({})", topic.record.0)),
                    None => ("write", self.row(&emit.to, &emit.data)),
                };
                let caller = caller.clone();
                self.call(&caller, &emit.to, class, rates, &record);
            }
            Action::Consume(source) => caller.clone_from(&source.at),
            Action::Call(called) => {
                self.call(&caller.clone(), &called.to, "any", rates, bytes);
                self.steps(&called.steps, &mut called.to.clone(), rates, bytes);
            }
            Action::Parallel(branches) => {
                for branch in branches {
                    self.steps(branch, &mut caller.clone(), rates, bytes);
                }
            }
            Action::Sometimes(some) => {
                let rates = scaled(rates, &format!("({})", some.ratio.0));
                self.steps(&some.steps, &mut caller.clone(), &rates, bytes);
            }
            Action::Repeat(repeat) => {
                let rates = scaled(rates, &format!("({})", repeat.times.0));
                self.steps(&repeat.steps, &mut caller.clone(), &rates, bytes);
            }
        }
    }
}

fn scaled(rates: &(String, String), factor: &str) -> (String, String) {
    (format!("{} * {factor}", rates.0), format!("{} * {factor}", rates.1))
}

/// Makes the hit ratio of every cache stand.
fn hit_ratios(book: &mut Book<'_>, design: &Design) -> BTreeMap<String, String> {
    let mut ratios = BTreeMap::new();
    for (name, component) in &design.components {
        let Some(cache) = &component.cache else { continue };
        let Some(space) = design.keys.get(&cache.of) else { continue };
        let id = |what: &str| format!("cached.{name}.{what}");
        let figures = key_figures(book, design, name, space);
        let Some(figures) = figures else { continue };
        let shards = component.shards.as_ref().and_then(|shards| shards.count).unwrap_or(1);
        let entries =
            format!("{shards} * {} / {}", cache.options.capacity, cache.entry.as_f64().max(1.0));
        book.derive(&id("entries"), &format!("{name}: entries"), Unit::Count, &entries);
        let values: Vec<f64> = figures.ids().iter().map(|id| book.value(id)).collect();
        let curve = HitCurve::new(&figures.keys(&values));
        hit_ratio(book, &id("hit_ratio"), &figures, &id("entries"), &curve);
        ratios.insert(name.clone(), id("hit_ratio"));
    }
    ratios
}

/// Makes the key space, as one cache sees it, stand.
fn key_figures(
    book: &mut Book<'_>,
    design: &Design,
    name: &str,
    space: &crate::types::KeySpace,
) -> Option<KeyFigures> {
    let component = &design.components[name];
    let rate = lookups(design, name)?;
    // A cache in the process sees the requests of its own instance only.
    let alone = component.cache.as_ref().is_some_and(|c| c.level == CacheLevel::Process);
    let instances = if alone { design.instances(component).max(1) } else { 1 };
    let id = |what: &str| format!("cached.{name}.{what}");
    let rate = format!("({rate}) / {instances}");
    book.derive(&id("lookups"), &format!("{name}: look-ups, average"), Unit::PerSecond, &rate);
    book.derive(&id("count"), &format!("{name}: keys asked for"), Unit::Count, &space.count.0);
    let label = format!("{name}: Zipf exponent");
    book.derive(&id("exponent"), &label, Unit::Count, &space.exponent.0);
    let born = space.born.as_ref().map(|born| {
        book.derive(&id("born"), &format!("{name}: new keys"), Unit::PerSecond, &born.0);
        id("born")
    });
    let mut interest = Vec::new();
    for (index, term) in space.interest.iter().enumerate() {
        let (share, half_life) = (id(&format!("share_{index}")), id(&format!("half_life_{index}")));
        book.derive(&share, &format!("{name}: share"), Unit::Ratio, &term.share.0);
        book.derive(&half_life, &format!("{name}: half-life"), Unit::Seconds, &term.half_life.0);
        interest.push((share, half_life));
    }
    let (count, exponent) = (id("count"), id("exponent"));
    Some(KeyFigures { rate: id("lookups"), born, count, exponent, interest })
}

/// Returns the formula of look-ups per second, average, in a cache.
fn lookups(design: &Design, cache: &str) -> Option<String> {
    let mut terms = Vec::new();
    for (name, flow) in &design.flows {
        let asks = flow.iter().any(
            |step| matches!(step, Step::Action(Action::Lookup(lookup)) if lookup.cache == cache),
        );
        if let (true, Some(operation)) = (asks, design.workload.get(name)) {
            terms.push(format!("({})", operation.rate.0));
        }
    }
    (!terms.is_empty()).then(|| terms.join(" + "))
}

/// Makes the busy share of a component's servers at peak stand.
fn utilization(
    book: &mut Book<'_>,
    design: &Design,
    analysis: &Analysis,
    name: &str,
    component: &Component,
) -> Option<String> {
    let station = component.station.as_ref()?;
    if station.servers == 0 || component.kind == Kind::Topic {
        return None;
    }
    let mut terms = Vec::new();
    for ((owner, class), rate) in &analysis.calls_peak {
        if owner == name {
            let seconds = seconds(book, name, station, class)?;
            let visits = visits(book, component, class);
            terms.push(format!("{rate} * {seconds} * {visits}"));
        }
    }
    if component.kind == Kind::Gateway {
        terms.extend(handshakes(book, design, name, station));
    }
    let terms = if terms.is_empty() { "0".to_owned() } else { terms.join(" + ") };
    let batch = station.batch.as_ref().map_or(1, |batch| batch.size);
    let busy = format!("busy.{name}");
    let formula = format!("({terms}) / {batch}");
    book.derive(&busy, &format!("{name}: busy servers at peak"), Unit::Erlangs, &formula);
    let active = active_instances(design, component);
    let id = format!("utilization.{name}");
    let formula = format!("{busy} / ({active} * {})", station.servers);
    book.derive(&id, &format!("{name}: utilization at peak"), Unit::Ratio, &formula);
    Some(id)
}

/// Instances that take requests: all of a fleet or a ring, one of each group with a primary.
#[must_use]
pub fn active_instances(design: &Design, component: &Component) -> u32 {
    let all = design.instances(component);
    match &component.replication {
        Some(r) if r.mode != ReplicationMode::Quorum => all / r.factor.max(1),
        _ => all,
    }
    .max(1)
}

/// The bytes of all rows that one transaction writes.
pub(crate) fn many(access: &crate::types::Access, row: String) -> String {
    if access.rows > 1.0 { format!("{} * {row}", access.rows) } else { row }
}

/// Makes the service time of a class stand, and returns its figure.
fn seconds(book: &mut Book<'_>, name: &str, station: &Station, class: &str) -> Option<String> {
    let known = |class: &str| station.service_time.get(class);
    let fallback = if class == "claim" { "write" } else { "any" };
    let time = known(class).or_else(|| known(fallback)).or_else(|| known("any"))?;
    let id = format!("time.{name}.{class}");
    if !book.ledger.contains(&id) {
        let mean = time.mean.as_secs_f64();
        let end = |t: Option<core::time::Duration>| t.map_or(mean, |t| t.as_secs_f64());
        let interval = tenfold_units::Interval::quantiles(
            end(time.low).min(mean),
            mean,
            end(time.high).max(mean),
        );
        let provenance = crate::inputs::provenance(&time.from, book.catalog);
        let label = match class {
            "any" => format!("{name}: service time"),
            _ => format!("{name}: service time of one {class}"),
        };
        book.insert(&id, &label, Unit::Seconds, interval, provenance);
    }
    Some(id)
}

/// Copies that one call of a class visits, and the rounds of a conditional write.
fn visits(book: &mut Book<'_>, component: &Component, class: &str) -> String {
    let Some(replication) = &component.replication else { return "1".to_owned() };
    if replication.mode != ReplicationMode::Quorum {
        return "1".to_owned();
    }
    match class {
        "write" => replication.factor.to_string(),
        "claim" => {
            let rounds = book.assume("cassandra.claim_rounds");
            format!("{} * {rounds}", replication.factor)
        }
        _ => replication.read_quorum.to_string(),
    }
}

/// TLS handshakes at a gateway, as work of its servers. A gateway whose station has no such class of
/// work does none.
fn handshakes(book: &mut Book<'_>, design: &Design, name: &str, station: &Station) -> Vec<String> {
    if !station.service_time.contains_key(HANDSHAKE) {
        return Vec::new();
    }
    let Some(time) = seconds(book, name, station, HANDSHAKE) else { return Vec::new() };
    design
        .workload
        .values()
        .filter_map(|operation| {
            let ratio = operation.new_connection_ratio.as_ref()?;
            Some(format!("({}) * ({}) * {time}", operation.peak.0, ratio.0))
        })
        .collect()
}
