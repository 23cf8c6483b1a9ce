use super::*;
use crate::vectors::{each_file, list, number, text};

#[test]
fn points_and_lookups_are_envoys() {
    each_file("maglev", |_, file| {
        let points = list(file.get("ring")?);
        let mut hosts: Vec<&str> = points.iter().map(|point| text(&point[1])).collect();
        hosts.sort_unstable();
        hosts.dedup();
        let size = points.len() as u64;
        let defaults = EnvoyRingOptions {
            minimum_ring_size: number(&file["defaults"]["minimum_ring_size"]),
            maximum_ring_size: number(&file["defaults"]["maximum_ring_size"]),
        };
        assert_eq!(EnvoyRingOptions::envoy(), defaults);
        let options = EnvoyRingOptions { minimum_ring_size: size, ..defaults };
        let weighted: Vec<_> = hosts.iter().map(|host| (*host, 1)).collect();
        let ring = EnvoyRing::new(options, &weighted).unwrap();
        let seen: Vec<_> = ring.points().map(|(point, host)| (point, hosts[host])).collect();
        let expected: Vec<_> =
            points.iter().map(|point| (number(&point[0]), text(&point[1]))).collect();
        assert_eq!(seen, expected);
        let lookups = list(&file["lookups"]);
        for lookup in lookups {
            let owner = hosts[ring.owner(number(&lookup[0])).unwrap()];
            assert_eq!(owner, text(&lookup[1]), "{lookup}");
        }
        Some(points.len() + lookups.len())
    });
}

#[test]
fn sizes_follow_the_smallest_weight() {
    let options = EnvoyRingOptions { minimum_ring_size: 3, maximum_ring_size: 128 };
    let count = |hosts: &[(&str, u32)]| {
        let mut counts = vec![0; hosts.len()];
        EnvoyRing::new(options, hosts).unwrap().points().for_each(|(_, host)| counts[host] += 1);
        counts
    };
    assert_eq!(count(&[("a", 1), ("b", 2)]), [1, 2]);
    assert_eq!(count(&[("a", 1), ("b", 1), ("c", 1)]), [1, 1, 1]);
    assert_eq!(count(&[("a", 1), ("b", 127)]), [1, 127]);
    assert_eq!(count(&[]), [0; 0]);
    assert_eq!(EnvoyRing::new(options, &[]).unwrap().owner(1), None);
    let bad = EnvoyRingOptions { minimum_ring_size: 0, maximum_ring_size: u64::MAX };
    assert_eq!(EnvoyRing::new(bad, &[]).unwrap_err().problems().len(), 2);
}
