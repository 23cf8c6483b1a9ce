//! How long, how large a cell and with which faults a trial is simulated.

use core::time::Duration;

use indexmap::IndexMap;
use tenfold_catalog::Catalog;
use tenfold_design::{Design, Kind, Load};
use tenfold_sim::{self as sim, Scenario};
use tenfold_units::{Ledger, Text, Unit};

use super::sample;
use super::{HitRatios, REPLICATIONS, TrialOptions};
use crate::lower::{self, LowerOptions, Lowered};
use crate::plan::{Approximation, Fault, KillWhat, TrialKind};

/// Sizes of cells that are looked at, smallest cell last.
pub(super) const CELLS: [f64; 20] = [
    1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0, 96.0, 128.0, 192.0, 256.0,
    512.0, 1024.0, 4096.0, 16_384.0,
];

/// Simulated time that a steady load deserves, s.
const STEADY: f64 = 1.0;

/// Simulated time that a load far beyond the sizes deserves, s: bounded queues are full within a
/// few milliseconds.
const OVERLOADED: f64 = 0.3;

/// A loss stays unnoticed for at least this many times as long as a call to what is lost lasts with
/// all its attempts: a retry must not outlive a loss that is shorter than the real one.
const WAITS: f64 = 2.0;

/// A time-out that no link states, s.
const NO_TIMEOUT: f64 = 0.05;

/// No kill is watched for longer: nothing new happens.
const LONGEST: f64 = 900.0;

/// A steady load is watched for a day at most: what is asked once in a while needs its time.
const LONGEST_STEADY: f64 = 86_400.0;

/// A kill may take this many times its share of the events to outlast all time-outs, and twice that
/// where it seems to break something.
const OVERRUN: f64 = 2.0;

/// Simulated seconds that a kill may always take, where they outlast the calls to what is lost.
const ALWAYS: f64 = 3.5;

/// Events that one call takes: to the callee, into service, out of it, and back.
const EVENTS_PER_CALL: f64 = 4.0;

/// Equal parts of a kill beside onset, settling and the noticing of the return: warm-up, before,
/// degraded (two), recovery (two).
const PARTS: f64 = 6.0;

/// So many parts at least are left for what was queued to be worked off.
const SETTLING: f64 = 3.0;

/// Windows of a steady load: a tenth of them warms up, the others are batches.
const BATCHES: f64 = 20.0;

/// Windows of the time series in each part.
pub(super) const WINDOWS: f64 = 5.0;

/// A trial, ready to run.
#[derive(Clone, Debug)]
pub(super) struct Experiment {
    pub(super) id: String,
    pub(super) kind: TrialKind,
    pub(super) lowered: Lowered,
    pub(super) scenario: Scenario,
    pub(super) replications: u64,
    /// Seconds at which the part dies and comes back; equal for loads.
    pub(super) dies: f64,
    pub(super) returns: f64,
    /// Seconds from death until traffic goes around it, in the simulated run.
    pub(super) detection: f64,
    /// How the simulated run of a kill is divided.
    pub(super) parts: Parts,
    /// Instances of the killed component in the design ÷ in the cell.
    pub(super) dilution: f64,
    /// Operations that come more often than they will, with the factor.
    pub(super) sampled: IndexMap<String, f64>,
    /// What a killed cache held is there when it comes back.
    pub(super) keeps_contents: bool,
}

impl Experiment {
    #[expect(clippy::too_many_arguments, reason = "a design and its trial are described by these")]
    pub(super) fn new(
        design: &Design,
        ledger: &Ledger,
        catalog: &Catalog,
        hits: &HitRatios,
        id: &str,
        kind: &TrialKind,
        all: &[(String, TrialKind)],
        trials: &TrialOptions<'_>,
        overrun: bool,
    ) -> Self {
        let replications = if matches!(kind, TrialKind::Kill(_)) { REPLICATIONS } else { 1 };
        let events = share(id, all) * trials.budget as f64 / replications as f64;
        let mut options = lower_options(id, kind);
        let named = id.strip_suffix('x').and_then(|n| n.parse::<f64>().ok());
        let at_kill = if matches!(kind, TrialKind::Kill(_)) { trials.kill_load } else { 1.0 };
        let load = named.unwrap_or(at_kill);
        let wanted = match kind {
            TrialKind::Kill(fault) => {
                let patience = patience(design, fault);
                patience * (PARTS / SETTLING + 1.0 + 2.0 * WAITS)
            }
            TrialKind::Load(_) if load > 1.0 => OVERLOADED,
            TrialKind::Load(_) => STEADY,
        };
        let sizes = CELLS.map(|cells| {
            options.cells = cells;
            (cells, events_per_second(design, ledger, hits, &options) * load)
        });
        // Beyond some size a smaller cell saves nothing: each component keeps an instance a zone.
        let least = sizes.iter().map(|size| size.1).fold(f64::INFINITY, f64::min);
        let near = if matches!(kind, TrialKind::Kill(_)) { 1.2 } else { 1.5 };
        let fits = |size: &&(f64, f64)| events / size.1 >= wanted || size.1 <= near * least;
        let (cells, per_second) = *sizes.iter().find(fits).expect("the least fits");
        options.cells = cells;
        let affordable = events / per_second;
        let needed = match kind {
            // Longer only where that suffices.
            TrialKind::Kill(_) if wanted <= ALWAYS.max(OVERRUN * affordable) => wanted,
            TrialKind::Kill(_) if overrun => wanted.min(2.0 * OVERRUN * affordable),
            TrialKind::Kill(_) | TrialKind::Load(_) => 0.0,
        };
        let longest = match kind {
            TrialKind::Load(_) if load <= 1.0 => LONGEST_STEADY,
            TrialKind::Load(_) | TrialKind::Kill(_) => LONGEST,
        };
        let seconds = affordable.max(needed).min(longest);
        let mut parts = Parts::default();
        if let TrialKind::Kill(fault) = kind {
            parts = Parts::of(seconds, patience(design, fault));
            options.detection_scale = (parts.onset / noticed_after(design, fault)).min(1.0);
        }
        let mut lowered = lower::lower(design, ledger, catalog, &|cache| hits.of(cache), &options);
        let mut sampled = IndexMap::new();
        let enough = match kind {
            TrialKind::Kill(_) => sample::FOR_SHARES,
            TrialKind::Load(_) => sample::FOR_PERCENTILES,
        };
        if load <= 1.0 {
            let told;
            (sampled, told) = sample::more_often(&mut lowered.model, seconds, enough);
            lowered.approximations.extend(told);
        }
        let mut experiment = Self {
            id: id.to_owned(),
            kind: kind.clone(),
            lowered,
            scenario: steady(id, load, seconds, events),
            replications,
            dies: 0.0,
            returns: 0.0,
            detection: 0.0,
            parts,
            dilution: 1.0,
            sampled,
            keeps_contents: false,
        };
        if let TrialKind::Kill(fault) = kind {
            experiment.lowered.approximations.extend(parts.cut_short());
            experiment.kill(fault, caches_have_copies(design));
        }
        experiment
    }

    /// Returns whether what it breaks may be an artifact of its shortness.
    pub(super) fn is_doubtful(&self) -> bool {
        let alone = |fault: &Fault| fault.what != KillWhat::Component;
        self.parts.is_cut_short() && matches!(&self.kind, TrialKind::Kill(fault) if alone(fault))
    }

    /// Returns the load in whose steady state the caches are when it begins.
    pub(super) fn load(&self) -> Load {
        if self.id == "average" { Load::Average } else { Load::Peak }
    }

    /// The same loss with something done about it: under a name of its own.
    pub(super) fn mitigated(mut self, keeps_contents: bool) -> Self {
        self.id.push_str(".mitigated");
        if keeps_contents {
            self.keeps_contents = true;
            for fault in &mut self.scenario.faults {
                if let sim::Effect::Kill(kill) = &mut fault.effect {
                    kill.keep_contents = true;
                }
            }
        }
        self
    }

    fn kill(&mut self, fault: &Fault, copies: bool) {
        let Parts { part, onset, settling, .. } = self.parts;
        (self.dies, self.returns) = (2.0 * part, 4.0 * part + onset + settling);
        let detections = self
            .lowered
            .model
            .components
            .iter()
            .filter(|(name, _)| fault.what == KillWhat::Zone || **name == fault.target);
        self.detection = detections
            .map(|(_, component)| {
                let failover = component.data.as_ref().and_then(|data| data.failover);
                component.detection.max(failover.unwrap_or_default()).as_secs_f64()
            })
            .fold(0.0, f64::max);
        let target = match fault.what {
            KillWhat::Instance => {
                self.dilution = self.lowered.cell.parts[&fault.target].instances_ratio;
                let component = Some(fault.target.clone());
                sim::Target { component, zone: None, replica: Some(0) }
            }
            KillWhat::Component => {
                let component = Some(fault.target.clone());
                sim::Target { component, zone: None, replica: None }
            }
            KillWhat::Zone => {
                sim::Target { component: None, zone: Some(fault.target.clone()), replica: None }
            }
        };
        let silent = fault.what != KillWhat::Component;
        // What a lost cache node held, its copy in another zone holds too.
        let keep_contents = copies && fault.what != KillWhat::Component;
        self.keeps_contents = keep_contents;
        self.scenario.faults.push(sim::Fault {
            at: Duration::from_secs_f64(self.dies),
            lasts: Some(Duration::from_secs_f64(self.returns - self.dies)),
            target,
            effect: sim::Effect::Kill(sim::Kill { silent, keep_contents }),
        });
        self.scenario.warm_up = Duration::from_secs_f64(part);
        self.scenario.horizon =
            Duration::from_secs_f64((PARTS - 1.0) * part + settling + 2.0 * onset);
        self.scenario.window = Some(Duration::from_secs_f64(part / WINDOWS));
        self.scenario.budget = u64::MAX;
    }
}

/// Seconds after which traffic goes around all that a fault takes.
pub(super) fn noticed_after(design: &Design, fault: &Fault) -> f64 {
    let hit = |name: &String| fault.what == KillWhat::Zone || *name == fault.target;
    let components = design.components.iter().filter(|(name, _)| hit(name));
    let detections = components.map(|(_, c)| lower::real_detection(c).as_secs_f64());
    detections.fold(0.0, f64::max)
}

/// How the simulated run of a kill is divided, s.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Parts {
    /// Warm-up and before; a half of the degraded state and of the recovery.
    pub(super) part: f64,
    /// Until the loss is noticed, and later the return.
    pub(super) onset: f64,
    /// From then until all calls to what was lost have ended and queues are worked off.
    pub(super) settling: f64,
    /// Until a call to what dies has failed with all its attempts.
    pub(super) patience: f64,
}

impl Parts {
    fn of(seconds: f64, patience: f64) -> Self {
        let onset = (seconds / (PARTS + SETTLING + 2.0)).max(WAITS * patience);
        let settling = (SETTLING * (seconds - 2.0 * onset) / (PARTS + SETTLING)).max(patience);
        let part = (seconds - 2.0 * onset - settling) / PARTS;
        if part > 0.999 * patience / SETTLING {
            return Self { part, onset, settling, patience };
        }
        // Too short: what hangs has to end before the degraded state is looked at.
        let settling = patience.min(seconds / 2.0);
        let onset = (seconds - settling) / 3.0;
        Self { part: onset / PARTS, onset, settling, patience }
    }

    /// Says that they do.
    fn cut_short(&self) -> Option<Approximation> {
        let span = |seconds: f64| Unit::Seconds.print(seconds);
        let (onset, patience) = (span(self.onset), span(self.patience));
        self.is_cut_short().then(|| Approximation {
            exact: false,
            text: Text::new(
                format!(
                    "The loss was noticed after {onset} of simulated time, while a call with all \
                     its attempts may last {patience}: retries are answered that would have failed \
                     in the real time until failover, so that users may lose more than this. Raise \
                     --budget for longer runs."
                ),
                format!(
                    "시뮬레이션에서는 {onset} 뒤에 장애를 감지하는데, 재시도까지 마친 호출은 {patience}까지 \
                     걸릴 수 있다. 실제 failover 시간이라면 실패했을 재시도가 성공하므로 사용자가 잃는 것은 \
                     이보다 클 수 있다. 더 길게 실행하려면 --budget을 늘린다."
                ),
            ),
        })
    }

    /// Returns whether calls outlast the onset: who retries then is answered after a shorter wait
    /// than in truth, and who hangs fails after it.
    pub(super) fn is_cut_short(&self) -> bool {
        self.onset < 0.999 * WAITS * self.patience
    }
}

/// Seconds after which a call to what a fault takes has failed with all its attempts.
fn patience(design: &Design, fault: &Fault) -> f64 {
    let waited_for = |from: &str| {
        let caller = design.components.get(from);
        caller.is_none_or(|c| !matches!(c.kind, Kind::Consumer | Kind::Topic))
    };
    // What is gone as a whole refuses at once.
    if fault.what == KillWhat::Component {
        return NO_TIMEOUT;
    }
    let hit = |to: &str| fault.what == KillWhat::Zone || to == fault.target;
    let links = design.links.iter().filter(|(id, _)| waited_for(&id.from) && hit(&id.to));
    let longest = links.map(|(_, link)| {
        let timeout = link.timeout.map_or(NO_TIMEOUT, |timeout| timeout.as_secs_f64());
        let waits = link.retry.as_ref().map_or(0.0, |retry| {
            let again = f64::from(retry.options.max_attempts.saturating_sub(1));
            again * (timeout + retry.options.cap.as_secs_f64())
        });
        timeout + waits
    });
    longest.fold(NO_TIMEOUT, f64::max)
}

/// The share of the budget that a trial gets: the peak decides the verdicts.
fn share(id: &str, all: &[(String, TrialKind)]) -> f64 {
    let weight = |id: &str| match id {
        "peak" => 16.0,
        "average" => 1.0,
        id if id.ends_with('x') => 3.0,
        id if id.starts_with("kill-zone-") => 6.0,
        id if id.starts_with("kill-instance-") => 2.0,
        _ => 1.0,
    };
    let sum: f64 = all.iter().map(|(id, _)| weight(id)).sum();
    weight(id) / sum
}

fn lower_options(id: &str, kind: &TrialKind) -> LowerOptions {
    let keep = match kind {
        TrialKind::Kill(fault) if fault.what == KillWhat::Instance => {
            Some((fault.target.clone(), INSTANCES_KEPT))
        }
        TrialKind::Kill(_) | TrialKind::Load(_) => None,
    };
    LowerOptions {
        load: if id == "average" { Load::Average } else { Load::Peak },
        factor: 1.0,
        cells: 1.0,
        keep,
        coarse: matches!(kind, TrialKind::Kill(_)),
        detection_scale: 1.0,
    }
}

/// Instances of a component among which one is killed.
const INSTANCES_KEPT: u32 = 6;

pub(super) fn events_per_second(
    design: &Design,
    ledger: &Ledger,
    hits: &HitRatios,
    options: &LowerOptions,
) -> f64 {
    let rates = lower::rates(design, ledger, options);
    let calls = lower::calls(design, ledger, &rates, &|cache| hits.of(cache));
    let cell = lower::Cell::new(design, options);
    let mut sum = rates.values().sum::<f64>() / options.cells;
    for (component, classes) in &calls {
        let part = &cell.parts[component];
        let share = if part.slower > 1.0 { 1.0 / options.cells } else { part.share };
        let copies = design.components[component.as_str()]
            .replication
            .as_ref()
            .map_or(1, |replication| replication.factor);
        for (class, rate) in classes {
            let visits = if class == "write" { f64::from(copies) } else { 1.0 };
            sum += rate * share.max(1.0 / options.cells) * visits;
        }
    }
    (sum * EVENTS_PER_CALL).max(1e-9)
}

fn steady(id: &str, load: f64, seconds: f64, events: f64) -> Scenario {
    Scenario {
        scenario: id.to_owned(),
        load,
        profile: Vec::new(),
        warm_up: Duration::from_secs_f64(seconds * 0.1),
        horizon: Duration::from_secs_f64(seconds * 0.9),
        fast_forward: Duration::ZERO,
        window: Some(Duration::from_secs_f64(seconds / BATCHES)),
        faults: Vec::new(),
        random_faults: Vec::new(),
        assertions: Vec::new(),
        budget: (events * 1.5) as u64,
        shuffle_ties: false,
    }
}

/// Returns whether every shared cache keeps a second copy of its entries.
fn caches_have_copies(design: &Design) -> bool {
    design
        .components
        .values()
        .filter(|component| component.cache.is_some())
        .all(|component| component.replication.as_ref().is_some_and(|r| r.factor > 1))
}
