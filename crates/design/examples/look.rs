//! Prints a proposal.
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    let catalog = tenfold_catalog::Catalog::builtin();
    let brief = tenfold_brief::parse(&text, tenfold_brief::Format::Markdown).brief;
    let estimate = tenfold_estimate::estimate(&brief, &catalog);
    let start = std::time::Instant::now();
    let p = tenfold_design::propose(&estimate, &catalog);
    eprintln!("{:?}", start.elapsed());
    for (name, c) in &p.design.components {
        println!(
            "{name:20} {:?} {} {:?} n={} shards={:?}",
            c.kind,
            c.runs.technology,
            c.runs.instance,
            p.design.instances(c),
            c.shards.as_ref().and_then(|s| s.count)
        );
    }
    for choice in &p.choices {
        println!(
            "{} -> {}  {}",
            choice.id,
            choice.chosen,
            choice.changes_at.as_ref().map_or(String::new(), |c| format!(
                "{} -> {}",
                p.ledger[c.factor.as_str()].print(),
                c.to
            ))
        );
        for o in &choice.options {
            println!(
                "    {} {} {:?}",
                o.id,
                o.cost.as_ref().map_or(String::new(), |c| p.ledger[c.as_str()].print()),
                o.excuse.as_ref().map(|e| e.bottleneck)
            );
        }
    }
    for (id, f) in p.ledger.iter() {
        if id.starts_with("cost")
            || id.starts_with("utilization")
            || id.starts_with("saving")
            || id.contains("hit_ratio")
            || id.starts_with("operation")
            || std::env::args().nth(2).is_some_and(|w| id.contains(&w))
        {
            println!(
                "{id:50} {:>16}  {} .. {}",
                f.print(),
                f.unit.print(f.interval.low),
                f.unit.print(f.interval.high)
            );
        }
    }
    if std::env::args().nth(2).as_deref() == Some("yaml") {
        println!("{}", p.design.to_yaml());
    }
    for f in &p.findings {
        println!("{:?}", f);
    }
}
