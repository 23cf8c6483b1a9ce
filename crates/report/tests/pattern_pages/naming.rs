//! Names of things: metrics' labels and ids.

use tenfold_patterns::metric_labels::RouteTable;
use tenfold_patterns::{Base62, Base62Options, IdRanges, IdRangesDecision};
use tenfold_report::svg::Svg;
use tenfold_units::Unit;

use std::collections::BTreeSet;

use crate::draw::{Lines, Points, SEED, bars};

/// Series of a metric whose label is the path.
pub(crate) fn series_by_path() -> Svg {
    let table = RouteTable::new(&["/", "/links/{code}", "/health", "/ready"]).unwrap();
    let mut stream = SEED.stream("paths");
    let (mut raw, mut templates) = (BTreeSet::new(), BTreeSet::new());
    let mut points: [Points; 2] = [Vec::new(), Vec::new()];
    for i in 0..=20_000 {
        let path = match stream.below(10) {
            0 => format!("/wp-admin/{}", stream.below(1 << 40)),
            1 => "/health".to_owned(),
            _ => format!("/links/{}", stream.below(1 << 40)),
        };
        templates.insert(table.label(&path).to_owned());
        raw.insert(path);
        if i % 1_000 == 0 {
            points[0].push((f64::from(i), raw.len() as f64));
            points[1].push((f64::from(i), templates.len() as f64));
        }
    }
    let [by_path, by_template] = points;
    Lines::new(
        "A link shortener and a scanner: time series of one counter",
        ("requests", Unit::Count),
        ("time series", Unit::Count),
    )
    .line("labelled by path", by_path)
    .line("labelled by route template", by_template)
    .draw()
}

/// What a stranger finds who counts on from a code, and what a crash costs.
pub(crate) fn guessed_codes() -> Svg {
    let issued = 1_000_000_u64;
    let found = |key: Option<u64>| {
        let codes = Base62::new(Base62Options { length: 7, key }).unwrap();
        let plain = Base62::new(Base62Options { length: 7, key: None }).unwrap();
        let known = plain.decode(&codes.encode(issued / 2).unwrap()).unwrap();
        // The next 10,000 codes in the order of their letters.
        let next = (1..=10_000).filter_map(|i| plain.encode(known + i));
        next.filter(|code| codes.decode(code).is_some_and(|number| number < issued)).count() as f64
    };
    let gaps = |block: u64| {
        let mut ids = IdRanges::new(1).unwrap();
        let mut last = 0;
        assert!(ids.add_block(0, block));
        for _ in 0..block / 2 {
            if let IdRangesDecision::Id { id, .. } = ids.next_id() {
                last = id;
            }
        }
        (block - 1 - last) as f64
    };
    bars(
        "A million links with 7 characters; who knows one code tries the next 10,000",
        Unit::Count,
        &[
            ("links found, codes that count", found(None)),
            ("links found, permuted with a key", found(Some(0x7e4f_01d0))),
            ("numbers lost in a crash, blocks of 1,000", gaps(1_000)),
            ("numbers lost in a crash, blocks of 10,000", gaps(10_000)),
        ],
    )
}
