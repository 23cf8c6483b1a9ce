use super::*;
use crate::vectors::{each_file, list, number, text};

/// `10.0.1.1:11212/?2` as host, port and weight.
fn server(text: &str) -> (String, u16, u32) {
    let (address, weight) = text.split_once("/?").unwrap_or((text, "1"));
    let (host, port) = address.split_once(':').unwrap();
    (host.to_owned(), port.parse().unwrap(), weight.parse().unwrap())
}

fn ring(servers: &[(String, u16, u32)]) -> Ketama {
    let servers: Vec<_> = servers.iter().map(|(h, p, w)| (h.as_str(), *p, *w)).collect();
    Ketama::new(&servers)
}

#[test]
fn places_keys_as_libmemcached() {
    each_file("ketama", |_, file| {
        let cases = file["cases"].as_object().unwrap();
        let mut ran = 0;
        for (name, case) in cases {
            assert_eq!(case["ketama_weighted"].as_bool(), Some(true), "{name}: only weighted");
            let servers: Vec<_> = text(&case["servers"]).split(',').map(server).collect();
            let ring = ring(&servers);
            for pair in list(&case["cases"]) {
                let (host, port, _) = &servers[ring.owner(text(&pair[0]).as_bytes()).unwrap()];
                assert_eq!(format!("{host}:{port}"), text(&pair[1]), "{name} {pair}");
                ran += 1;
            }
            // The keys of the distribution are not named; shares agree within sampling error.
            let mut counts = vec![0_u64; servers.len()];
            for key in 0..100_000 {
                counts[ring.owner(format!("k{key}").as_bytes()).unwrap()] += 1;
            }
            for (count, (host, port, _)) in counts.iter().zip(&servers) {
                let theirs = number(&case["distribution_100k"][&format!("{host}:{port}")]);
                assert!(count.abs_diff(theirs) < 800, "{name} {host}: {count} {theirs}");
            }
        }
        Some(ran)
    });
}

#[test]
fn a_server_that_leaves_moves_only_its_keys_when_shares_stay_whole() {
    let servers: Vec<_> = (0..8).map(|i| (format!("10.0.0.{i}"), 11211, 1)).collect();
    let (all, fewer) = (ring(&servers), ring(&servers[..7]));
    for key in 0..5_000_u32 {
        let key = key.to_le_bytes();
        let before = all.owner(&key).unwrap();
        assert!(before == 7 || fewer.owner(&key) == Some(before));
    }
    assert_eq!(Ketama::new(&[]).owner(b"a"), None);
}
