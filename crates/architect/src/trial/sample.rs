//! What is asked once in a while, asked more often, so that a run sees enough of it.

use indexmap::IndexMap;
use tenfold_sim::{Load, Model, Servers, Step};
use tenfold_units::Text;

use crate::plan::Approximation;

/// Requests of each operation that a steady load is to show: some tens beyond its 99th percentile.
pub(super) const FOR_PERCENTILES: f64 = 6_000.0;

/// Requests that each replication of a kill is to show: some tens in each of its parts.
pub(super) const FOR_SHARES: f64 = 500.0;

/// What all that is asked more often may add to the requests.
const ADDED: f64 = 0.004;

/// What all that is asked more often may add to the utilization of any one component: more, and it
/// would no longer be the load that was asked for.
const ADDED_BUSY: f64 = 0.01;

/// Raises the rates of operations of which a run of `seconds` would see less than `enough`, as far as that
/// leaves the load what it is. Returns the factor of each and what is to be said of it.
pub(super) fn more_often(
    model: &mut Model,
    seconds: f64,
    enough: f64,
) -> (IndexMap<String, f64>, Option<Approximation>) {
    let rate = |load: &Load| match load {
        Load::Open(poisson) => poisson.rate,
        Load::Closed(_) | Load::Consume(_) => 0.0,
    };
    let total: f64 = model.operations.values().map(|operation| rate(&operation.load)).sum();
    let rare: Vec<String> = model
        .operations
        .iter()
        .filter(|(name, operation)| {
            let rate = rate(&operation.load);
            rate > 0.0 && rate * seconds < enough && !crate::lower::is_background(name)
        })
        .map(|(name, _)| name.clone())
        .collect();
    let each = total * ADDED / (rare.len() as f64).max(1.0);
    let most = most_added(model, &rare);
    let mut factors = IndexMap::new();
    for name in rare {
        let each = each.min(most[&name]);
        let Some(Load::Open(poisson)) = model.operations.get_mut(&name).map(|o| &mut o.load) else {
            continue;
        };
        let wanted = (enough / seconds).min(poisson.rate + each);
        if wanted > poisson.rate {
            factors.insert(name, wanted / poisson.rate);
            poisson.rate = wanted;
        }
    }
    let told = (!factors.is_empty()).then(|| told(&factors));
    let followers = followers(model, &factors);
    factors.extend(followers);
    (factors, told)
}

/// The requests per second by which each of these operations may grow before some component on its way
/// is busier than it may be for that.
fn most_added(model: &Model, rare: &[String]) -> IndexMap<String, f64> {
    let work_of = |name: &String| {
        let mut work = IndexMap::new();
        busy(model, &model.operations[name].flow, 1.0, &mut work);
        work
    };
    let mut sharing: IndexMap<&str, f64> = IndexMap::new();
    for component in rare.iter().flat_map(|name| work_of(name).into_keys()) {
        *sharing.entry(component).or_default() += 1.0;
    }
    let most = |name: &String| {
        work_of(name)
            .into_iter()
            .filter(|(_, work)| *work > 0.0)
            .map(|(component, work)| ADDED_BUSY / sharing[component] / work)
            .fold(f64::INFINITY, f64::min)
    };
    rare.iter().map(|name| (name.clone(), most(name))).collect()
}

/// Adds by how much one such request a second makes each component busier, 0 to 1, as if every look-up
/// missed.
fn busy<'a>(model: &Model, steps: &'a [Step], times: f64, work: &mut IndexMap<&'a str, f64>) {
    for step in steps {
        let mut called = |to: &'a str, access: &str| {
            *work.entry(to).or_default() += times * share_of_one(model, to, access);
        };
        match step {
            Step::Call(call) => {
                called(&call.to, &call.access);
                busy(model, &call.steps, times, work);
            }
            Step::Lookup(lookup) => {
                called(&lookup.cache, "read");
                busy(model, &lookup.on_miss, times, work);
            }
            Step::Emit(to) | Step::Append(to) => called(to, "append"),
            Step::Parallel(parallel) => {
                parallel.branches.iter().for_each(|branch| busy(model, branch, times, work));
            }
            Step::Choice(ways) => {
                ways.iter().for_each(|way| busy(model, &way.steps, times * way.probability, work));
            }
            Step::Each(each) => busy(model, &each.steps, times, work),
            Step::Fill(_) => {}
        }
    }
}

/// The utilization that one call a second is to a component.
fn share_of_one(model: &Model, component: &str, access: &str) -> f64 {
    let Some(component) = model.components.get(component) else { return 0.0 };
    let Servers::Finite(servers) = component.servers else { return 0.0 };
    let time = component.service_time.get(access).or_else(|| component.service_time.get("any"));
    let all: u32 = component.replicas.values().sum();
    time.map_or(0.0, |time| time.mean() / f64::from(servers * all.max(1)))
}

/// The factors of jobs: they have as many more records as those who emit them come more often.
fn followers(model: &Model, factors: &IndexMap<String, f64>) -> IndexMap<String, f64> {
    let mut found = IndexMap::new();
    for (name, operation) in &model.operations {
        let Load::Consume(consume) = &operation.load else { continue };
        let (mut before, mut after) = (0.0, 0.0);
        for (source, operation) in &model.operations {
            let Load::Open(poisson) = &operation.load else { continue };
            let records = poisson.rate * emitted(&operation.flow, &consume.topic);
            after += records;
            before += records / factors.get(source).copied().unwrap_or(1.0);
        }
        if before > 0.0 && after > before {
            found.insert(name.clone(), after / before);
        }
    }
    found
}

/// Records that one run of these steps sends to a topic, as far as the steps alone tell: of a look-up
/// as if it missed.
fn emitted(steps: &[Step], topic: &str) -> f64 {
    let of = |steps: &[Step]| emitted(steps, topic);
    steps
        .iter()
        .map(|step| match step {
            Step::Emit(to) | Step::Append(to) => f64::from(u8::from(to == topic)),
            Step::Call(call) => of(&call.steps),
            Step::Lookup(lookup) => of(&lookup.on_miss),
            Step::Parallel(parallel) => {
                parallel.branches.iter().map(|branch| of(branch)).sum::<f64>()
            }
            Step::Choice(ways) => ways.iter().map(|way| way.probability * of(&way.steps)).sum(),
            Step::Each(each) => of(&each.steps),
            Step::Fill(_) => 0.0,
        })
        .sum()
}

fn told(factors: &IndexMap<String, f64>) -> Approximation {
    let names = factors.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    Approximation {
        exact: false,
        text: Text::new(
            format!(
                "{names} came more often than it will, so that enough of it is seen; this \
                 adds less than half a percent to the requests, and the rates shown are those \
                 without."
            ),
            format!(
                "{names} 요청은 충분히 관찰할 수 있도록 실제보다 자주 보냈다. 전체 요청은 반 \
                 퍼센트도 늘지 않으며, 표의 rate는 늘리지 않은 값이다."
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::more_often;

    const MODEL: &str = "
model: two
zones: [a]
components:
  app: {replicas: {a: 4}, servers: 2, service_time: {any: {exponential: {mean: 1ms}}}}
operations:
  often: {load: {open: {rate: 1000/s}}, flow: [{call: {to: app}}]}
  seldom: {load: {open: {rate: 0.01/s}}, flow: [{call: {to: app}}]}
";

    #[test]
    fn a_job_has_more_records_as_its_sources_come_more_often() {
        let text = MODEL.replace(
            "seldom: {load: {open: {rate: 0.01/s}}, flow: [{call: {to: app}}]}",
            "seldom: {load: {open: {rate: 0.01/s}}, flow: [{call: {to: app}}, {emit: log}]}\n  \
             job: {load: {consume: {topic: log, consumers: 1}}, flow: [{call: {to: app}}]}",
        );
        let text = text.replace(
            "operations:",
            "  log: {replicas: {a: 1}, servers: 1, service_time: {any: {exponential: {mean: 1ms}}}, \
             topic: {partitions: 1, limit: 1000}}\noperations:",
        );
        let mut model = tenfold_sim::Model::from_yaml(&text).unwrap();
        let (factors, _) = more_often(&mut model, 10_000.0, super::FOR_PERCENTILES);
        assert!((factors["job"] - factors["seldom"]).abs() < 1e-9, "{factors:?}");
    }

    #[test]
    fn what_is_seldom_is_raised_within_the_bound() {
        let mut model = tenfold_sim::Model::from_yaml(MODEL).unwrap();
        let (factors, told) = more_often(&mut model, 10_000.0, super::FOR_PERCENTILES);
        assert_eq!(factors.len(), 1);
        assert!((factors["seldom"] - 60.0).abs() < 1e-9, "{factors:?}");
        assert!(told.is_some());
        let mut model = tenfold_sim::Model::from_yaml(MODEL).unwrap();
        let (factors, _) = more_often(&mut model, 100.0, super::FOR_PERCENTILES);
        let rate = factors["seldom"] * 0.01;
        assert!(rate <= 0.01 + 1_000.01 * 0.004 + 1e-9, "{rate}");
    }
}
