//! Whether a fault can happen to a design.

use super::{Effect, Fault, NetworkPartition, RandomFault, RollOut, Target};
use crate::Model;
use crate::model::{CLIENT, Diagnostic, awaited_calls, has_timeout};

impl Fault {
    /// Adds what is wrong with it, as the fault with this number.
    pub(in super::super) fn check(&self, index: &str, model: &Model, out: &mut Vec<Diagnostic>) {
        let place = Place { list: "faults", index, model };
        place.check(&self.target, &self.effect, out);
    }
}

impl RandomFault {
    /// Adds what is wrong with it, as the random fault with this number.
    pub(in super::super) fn check(&self, index: &str, model: &Model, out: &mut Vec<Diagnostic>) {
        let place = Place { list: "random_faults", index, model };
        for (name, span) in [("mtbf", self.mtbf), ("mttr", self.mttr)] {
            if span.is_zero() {
                place.say(&[name], format!("`{name}` is 0"), "give a span above 0s", out);
            }
        }
        let name = match self.effect {
            Effect::RollOut(_) => Some("a roll-out"),
            Effect::HotKey(_) => Some("a hot key"),
            Effect::Kill(_)
            | Effect::Slow(_)
            | Effect::Pause
            | Effect::Errors(_)
            | Effect::FlushCache
            | Effect::NetworkPartition(_)
            | Effect::ClockStep(_)
            | Effect::DiskFull => None,
        };
        if let Some(name) = name {
            let message = format!("{name} does not happen at random");
            place.say(&["effect"], message, "put it under `faults`", out);
        }
        place.check(&self.target, &self.effect, out);
    }
}

/// Where a fault stands.
struct Place<'a> {
    list: &'a str,
    index: &'a str,
    model: &'a Model,
}

impl Place<'_> {
    fn say(&self, path: &[&str], message: String, help: &str, out: &mut Vec<Diagnostic>) {
        let path: Vec<&str> = [self.list, self.index].into_iter().chain(path.to_vec()).collect();
        out.push(Diagnostic::new(&path, message, help));
    }

    fn check(&self, target: &Target, effect: &Effect, out: &mut Vec<Diagnostic>) {
        let with_clients = matches!(effect, Effect::NetworkPartition(_) | Effect::ClockStep(_));
        self.check_target(&["target"], target, with_clients, out);
        let possible = |share: f64| (0.0..=1.0).contains(&share);
        let factor = |factor: f64| factor > 0.0 && factor.is_finite();
        let (holds, help) = match effect {
            Effect::Slow(slow) => (factor(*slow), "give a factor above 0"),
            Effect::Errors(share) => (possible(*share), "give a share from 0 to 1"),
            Effect::HotKey(hot) => (possible(hot.share), "give a `share` from 0 to 1"),
            Effect::NetworkPartition(cut) => {
                self.check_partition(target, cut, out);
                (possible(cut.share) && cut.share > 0.0, "give a `share` above 0, up to 1")
            }
            Effect::RollOut(RollOut { max_unavailable: 0, .. }) => {
                (false, "let `max_unavailable` be 1 or more")
            }
            Effect::RollOut(roll_out) if roll_out.restart.is_zero() => {
                (false, "give a `restart` above 0s")
            }
            Effect::RollOut(roll_out) => (
                possible(roll_out.errors) && factor(roll_out.slow),
                "give `errors` from 0 to 1 and `slow` above 0",
            ),
            Effect::Kill(_)
            | Effect::Pause
            | Effect::FlushCache
            | Effect::ClockStep(_)
            | Effect::DiskFull => (true, ""),
        };
        if !holds {
            self.say(&["effect"], "the effect is out of its range".to_owned(), help, out);
        }
        if let Effect::HotKey(hot) = effect {
            if !self.model.operations.contains_key(&hot.operation) {
                let message = format!("`{}` is not an operation", hot.operation);
                self.say(&["effect"], message, "", out);
            }
            if *target != Target::default() {
                let message = "a hot key is of an operation, not of replicas".to_owned();
                self.say(&["target"], message, "leave `target` out", out);
            }
        }
    }

    fn check_target(
        &self,
        path: &[&str],
        target: &Target,
        with_clients: bool,
        out: &mut Vec<Diagnostic>,
    ) {
        let before = out.len();
        let component = target.component.as_deref();
        if component == Some(CLIENT) && !with_clients {
            let message = "this cannot happen to a client".to_owned();
            self.say(path, message, "name a component", out);
        }
        let named = component.filter(|name| *name != CLIENT);
        if let Some(name) = named.filter(|name| !self.model.components.contains_key(*name)) {
            self.say(path, format!("`{name}` is not a component"), "", out);
        }
        if let Some(zone) = target.zone.as_ref().filter(|zone| !self.model.zones.contains(zone)) {
            self.say(path, format!("`{zone}` is not a zone"), "", out);
        }
        let Some(part) = named.and_then(|name| self.model.components.get(name)) else { return };
        if out.len() > before {
            return;
        }
        let slots: Vec<(&String, u32)> =
            self.model.zones.iter().map(|zone| (zone, part.slots(zone))).collect();
        let all: u32 = slots.iter().map(|(_, count)| count).sum();
        if let Some(number) = target.replica.filter(|number| *number >= all) {
            let message = format!("there is no replica {number}");
            self.say(path, message, &format!("they are 0 to {}", all.saturating_sub(1)), out);
        }
        if let Some(zone) = &target.zone
            && slots.iter().all(|(name, count)| *name != zone || *count == 0)
        {
            let message = format!("`{}` has no replica in `{zone}`", component.unwrap_or_default());
            self.say(path, message, "name a zone where it has one", out);
        }
    }

    /// Who waits for an answer that is lost has to stop some time: whichever way is cut, either the
    /// call or its answer is lost.
    fn check_partition(
        &self,
        target: &Target,
        partition: &NetworkPartition,
        out: &mut Vec<Diagnostic>,
    ) {
        if let Some(from) = &partition.from {
            let path = ["effect", "network-partition", "from"];
            self.check_target(&path, from, true, out);
        }
        for (caller, callee) in awaited_calls(self.model) {
            let crosses = self.places(caller).any(|a| {
                self.places(callee).any(|b| {
                    let cut = |a: (&str, &str), b: (&str, &str)| {
                        let far = partition.from.as_ref();
                        target.covers(a.0, a.1)
                            && far.map_or(!target.covers(b.0, b.1), |far| far.covers(b.0, b.1))
                    };
                    a != b && (cut(a, b) || cut(b, a))
                })
            });
            if crosses && !has_timeout(self.model, caller, callee) {
                let message = format!(
                    "`{caller}` waits for answers of `{callee}` over the cut, and has no time-out"
                );
                let help = format!("give the link `{caller} -> {callee}` a `timeout`");
                self.say(&["effect"], message, &help, out);
            }
        }
    }

    /// The component (or client) in each zone where it is.
    fn places<'b>(&'b self, name: &'b str) -> impl Iterator<Item = (&'b str, &'b str)> + 'b {
        let part = self.model.components.get(name);
        let zones = self.model.zones.iter();
        zones
            .filter(move |zone| part.is_none_or(|part| part.slots(zone) > 0))
            .map(move |zone| (name, zone.as_str()))
    }
}

impl Target {
    /// Returns whether some of `component` in `zone` may be meant.
    fn covers(&self, component: &str, zone: &str) -> bool {
        self.component.as_ref().is_none_or(|own| own == component)
            && self.zone.as_ref().is_none_or(|own| own == zone)
    }
}
