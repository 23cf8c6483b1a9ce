//! Services and gateways: cores at peak over the target, one zone lost.

use tenfold_units::Unit;

use crate::book::Book;

/// A fleet of equal instances in every zone.
#[derive(Clone, Debug)]
pub(crate) struct Fleet {
    /// Instance type.
    pub(crate) instance: String,
    /// Instances in each zone.
    pub(crate) per_zone: u32,
    /// Dollars per month: figure id.
    pub(crate) cost: String,
}

/// Instances in each zone beyond which the next larger type is taken.
const PER_ZONE_MAX: f64 = 8.0;

/// Sizes a fleet for `cores` busy at peak (a formula). Figures stand under `size.<name>`.
///
/// The target utilization (fact sizing.cpu_target) holds with all zones; below two thirds it leaves
/// room for the loss of one zone of three.
pub(crate) fn fleet(
    book: &mut Book<'_>,
    name: &str,
    family: &str,
    cores: &str,
    zones: u32,
) -> Fleet {
    let id = |what: &str| format!("size.{name}.{what}");
    book.derive(&id("cores"), &format!("{name}: busy cores at peak"), Unit::Erlangs, cores);
    let target = book.fact("sizing.cpu_target");
    let limit = book.assume("zone_loss.limit");
    let vcpus = format!("{} / min({target}, {limit}){}", id("cores"), book.room(name));
    book.derive(&id("vcpus"), &format!("{name}: vCPUs at the target"), Unit::Count, &vcpus);
    let mut instance = String::new();
    for step in &super::STEPS[..5] {
        instance = format!("{family}.{step}");
        let each = f64::from(book.instance(&instance).vcpu);
        if book.value(&id("vcpus")) <= PER_ZONE_MAX * f64::from(zones) * each {
            break;
        }
    }
    book.shape(&instance);
    let price = book.price(&instance);
    let per_zone = format!("max(1, ceil({} / ({zones} * vcpu.{instance})))", id("vcpus"));
    let label = format!("{name}: instances in each zone");
    book.derive(&id("per_zone"), &label, Unit::Count, &per_zone);
    let cost = format!("{} * {zones} * 730 * {price}", id("per_zone"));
    book.derive(&id("cost"), &format!("{name}: machines"), Unit::UsdPerMonth, &cost);
    Fleet { per_zone: book.value(&id("per_zone")) as u32, instance, cost: id("cost") }
}
