//! Figures that only the report needs: what a crash loses, which data outgrow others, how long keys
//! last under more load.

use tenfold_design::Design;
use tenfold_estimate::Estimate;
use tenfold_units::{Interval, Ledger, Text, Unit};

/// Makes the bounds of today's design stand.
pub(crate) fn add(estimate: &Estimate, design: &Design, ledger: &mut Ledger) {
    lost_in_a_crash(design, ledger);
    growth_against_what_stays(estimate, ledger);
}

/// Records that wait in the memory of a caller are lost with it: the calls of one instance times
/// the time they wait; and the time for which a full buffer bridges a stop of the other side.
fn lost_in_a_crash(design: &Design, ledger: &mut Ledger) {
    for (link, _) in design.links.iter().filter(|(_, link)| link.buffer.is_some()) {
        let (from, to) = (&link.from, &link.to);
        let calls = format!("calls.{to}.append.peak");
        let instances = format!("design.components.{from}.instances");
        let buffer = format!("design.links.{from}.{to}.buffer");
        let needed = [calls.clone(), instances.clone(), format!("{buffer}.linger")];
        if needed.iter().any(|id| !ledger.contains(id)) {
            continue;
        }
        let label = format!("{from}: records for {to} that the crash of one instance loses");
        let formula = format!("{calls} / {instances} * {buffer}.linger");
        ledger.derive(&format!("lost.{from}.{to}"), &label, Unit::Count, &formula);
        let label = format!("{from}: time for which its buffer bridges a stop of {to}");
        let formula = format!("{buffer}.records * {instances} / {calls}");
        ledger.derive(&format!("bridged.{from}.{to}"), &label, Unit::Seconds, &formula);
    }
}

/// Bytes a day of each dataset that is dropped some day against those of the largest that is kept for
/// good.
fn growth_against_what_stays(estimate: &Estimate, ledger: &mut Ledger) {
    let per_day = |name: &str| format!("data.{name}.storage_per_day_bytes");
    let stays = |name: &str| !ledger.contains(&format!("data.{name}.retention_seconds"));
    let grows = |name: &str| ledger.get(&per_day(name)).map_or(0.0, tenfold_units::Figure::mid);
    let kept = estimate
        .datasets
        .iter()
        .filter(|d| stays(&d.name) && grows(&d.name) > 0.0)
        .max_by(|a, b| grows(&a.name).total_cmp(&grows(&b.name)));
    let Some(kept) = kept else { return };
    let dropped = estimate.datasets.iter().filter(|d| !stays(&d.name) && grows(&d.name) > 0.0);
    for dataset in dropped.collect::<Vec<_>>() {
        let label = format!("{} against {}: bytes of a day", dataset.label, kept.label);
        let formula = format!("{} / {}", per_day(&dataset.name), per_day(&kept.name));
        ledger.derive(&format!("growth.{}", dataset.name), &label, Unit::Factor, &formula);
    }
}

/// How long codes of each length last at `factor` times the load, and which length that asks for.
pub(crate) fn key_space(ledger: &mut Ledger, factor: f64) -> Vec<Text> {
    if !ledger.contains("ids.length") {
        return Vec::new();
    }
    let at = format!("at{factor}x.ids");
    for length in 6..=8 {
        let label = format!("time until codes of {length} characters are used up at {factor}x");
        let formula = format!("ids.lasts_{length} / {factor}");
        ledger.derive(&format!("{at}.lasts_{length}"), &label, Unit::Seconds, &formula);
        let (id, label) = (format!("ids.compared_{length}"), "length of a code that is compared");
        let exact = Interval::exact(f64::from(length));
        ledger.computed(&id, label, Unit::Count, exact, "three lengths are compared", &[]);
    }
    let shortest = if ledger.contains("key_length_min") { "key_length_min" } else { "1" };
    let years = if ledger.contains("key_years") { "key_years" } else { "315360000" };
    let born = "key_alphabet ^ ids.length / ids.lasts";
    let formula =
        format!("max({shortest}, ceil(ln({factor} * {born} * {years}) / ln(key_alphabet)))");
    let label = format!("characters of a code at {factor}x");
    ledger.derive(&format!("{at}.length"), &label, Unit::Count, &formula);
    vec![Text::new(
        format!(
            "Key space: codes of {{ids.compared_6}} characters last {{{at}.lasts_6}} at this load, of \
             {{ids.compared_7}} {{{at}.lasts_7}}, of {{ids.compared_8}} {{{at}.lasts_8}}; a system that starts with it takes \
             {{{at}.length}} characters, one that grows into it adds a character before the \
             shorter codes run out."
        ),
        format!(
            "key 공간: 이 부하에서 {{ids.compared_6}}자는 {{{at}.lasts_6}}, {{ids.compared_7}}자는 \
             {{{at}.lasts_7}}, {{ids.compared_8}}자는 {{{at}.lasts_8}} 쓸 수 있다. 처음부터 이 부하라면 {{{at}.length}}자로 시작하고, \
             성장해서 도달한다면 짧은 code가 바닥나기 전에 한 자를 늘린다."
        ),
    )]
}
