use super::*;
use crate::vectors::{each_file, list, number, text};

fn numbers(value: &serde_json::Value) -> Vec<u32> {
    list(value).iter().map(|n| number(n) as u32).collect()
}

#[test]
fn tables_are_envoys_and_the_papers() {
    each_file("maglev", |_, file| {
        let cases: Vec<_> =
            list(file.get("envoy_expected")?).iter().chain(list(&file["computed"])).collect();
        for case in &cases {
            let hosts = list(&case["hosts"]).iter().map(text);
            let hosts: Vec<_> = hosts.zip(numbers(&case["weights"])).collect();
            let table = Maglev::new(number(&case["table_size"]) as u32, &hosts).unwrap();
            assert_eq!(table.table(), numbers(&case["table"]), "{hosts:?}");
        }
        let paper = &file["paper_nsdi16_table1"];
        let slots = number(&paper["M"]) as u32;
        let turn = |(host, permutation): (usize, &serde_json::Value)| {
            let order = numbers(permutation);
            let skip = (order[1] + slots - order[0]) % slots;
            let (offset, skip) = (u64::from(order[0]), u64::from(skip));
            Turn { host: host as u32, weight: 1, offset, skip }
        };
        let turns: Vec<_> = list(&paper["permutations"]).iter().enumerate().map(turn).collect();
        assert_eq!(fill(slots, &turns), numbers(&paper["before"]));
        let without: Vec<_> = turns.into_iter().filter(|turn| turn.host != 1).collect();
        assert_eq!(fill(slots, &without), numbers(&paper["after_removing_B1"]));
        Some(cases.len() + 2)
    });
}

fn ten() -> Vec<(String, u32)> {
    (0..10).map(|i| (format!("10.0.0.{i}"), 1)).collect()
}

fn table(hosts: &[(String, u32)]) -> Maglev {
    let hosts: Vec<_> = hosts.iter().map(|(name, weight)| (name.as_str(), *weight)).collect();
    Maglev::new(ENVOY_SLOTS, &hosts).unwrap()
}

#[test]
fn shares_are_nearly_equal_and_weighted() {
    let mut counts = [0_u32; 10];
    table(&ten()).table().iter().for_each(|host| counts[*host as usize] += 1);
    assert!(counts.iter().all(|count| (6_490..=6_620).contains(count)), "{counts:?}");
    let weighted = table(&[("a".to_owned(), 1), ("b".to_owned(), 3)]);
    let share = weighted.table().iter().filter(|host| **host == 1).count() as f64 / 65_537.0;
    assert!((share - 0.75).abs() < 0.001, "{share}");
}

#[test]
fn order_does_not_matter_and_few_keys_move() {
    let hosts = ten();
    let mut back = hosts.clone();
    back.reverse();
    let (all, reversed) = (table(&hosts), table(&back));
    let (fewer, slots) = (table(&hosts[..9]), u64::from(ENVOY_SLOTS));
    let mut moved = 0;
    for slot in 0..slots {
        assert_eq!(hosts[all.owner(slot)], back[reversed.owner(slot)]);
        let was = all.owner(slot);
        moved += u32::from(was != 9 && fewer.owner(slot) != was);
    }
    assert!(moved > 0 && f64::from(moved) / (slots as f64) < 0.03, "{moved}");
}

#[test]
fn options_are_checked() {
    assert!(Maglev::new(65_536, &[("a", 1)]).is_err());
    assert_eq!(Maglev::new(4, &[]).unwrap_err().problems().len(), 2);
    assert_eq!(Maglev::new(7, &[("a", 0), ("a", 1)]).unwrap_err().problems().len(), 2);
    assert!(is_prime(2) && is_prime(65_537) && !is_prime(1) && !is_prime(65_535));
}
