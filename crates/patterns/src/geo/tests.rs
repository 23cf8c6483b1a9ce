use proptest::prelude::*;

use super::*;
use crate::vectors::{each_file, float, list, number, text};

fn point(latitude: f64, longitude: f64) -> Point {
    Point::new(latitude, longitude).unwrap()
}

fn bounds(west: f64, south: f64, east: f64, north: f64) -> GeoBox {
    GeoBox::new(west, south, east, north).unwrap()
}

#[test]
fn cells_distances_and_boxes_are_theirs() {
    each_file("geo", |_, file| {
        let cases = |block: &str| list(&file[block]["cases"]);
        let of =
            |case: &serde_json::Value, at: usize| point(float(&case[at]), float(&case[at + 1]));
        for case in cases("geohash") {
            assert_eq!(geohash(of(case, 0), 9), text(&case[2]), "{case}");
        }
        for case in cases("s2_leaf_cell_id") {
            assert_eq!(s2_leaf_cell(of(case, 0)), number(&case[2]), "{case}");
        }
        for case in cases("geodesic_m") {
            let (seen, exact) = (of(case, 0).distance(of(case, 2)), float(&case[4]));
            assert!((seen - exact).abs() <= 0.0056 * exact + 1e-6, "{case} {seen}");
        }
        let boxes = &file["bbox"]["boxes"];
        for case in cases("bbox") {
            let sides: Vec<f64> = list(&boxes[text(&case[0])]).iter().map(float).collect();
            let it = bounds(sides[0], sides[1], sides[2], sides[3]);
            assert_eq!(Some(it.contains(of(case, 1))), case[3].as_bool(), "{case}");
        }
        let blocks = ["geohash", "s2_leaf_cell_id", "geodesic_m", "bbox"];
        Some(blocks.iter().map(|block| cases(block).len()).sum())
    });
}

fn world() -> GeoShards {
    GeoShards::new(&[
        ("americas", &[bounds(-170.0, -60.0, -30.0, 75.0)]),
        ("europe", &[bounds(-30.0, 30.0, 45.0, 75.0)]),
        ("asia", &[bounds(45.0, -12.0, 180.0, 75.0)]),
        ("oceania", &[bounds(110.0, -50.0, -170.0, -12.0)]),
    ])
    .unwrap()
}

#[test]
fn textbook_every_point_has_exactly_one_region() {
    let shards = world();
    for latitude in -90..=90 {
        for longitude in -180..=180 {
            let at = point(f64::from(latitude), f64::from(longitude));
            let region = shards.region(at);
            let holders: Vec<_> =
                (0..4).filter(|r| shards.regions[*r].1.iter().any(|it| it.contains(at))).collect();
            assert!(holders.is_empty() || holders[0] == region);
        }
    }
    let name = |latitude, longitude| shards.name(shards.region(point(latitude, longitude)));
    assert_eq!(name(-36.85, 174.76), "oceania", "Auckland");
    assert_eq!(name(-18.1, 178.4), "oceania", "Suva");
    assert_eq!(name(-17.7, -178.8), "oceania", "across the antimeridian");
    assert_eq!(name(-33.9, 18.4), "asia", "Cape Town is in none: that corner is nearest");
    assert_eq!(name(-90.0, 0.0), "americas", "so is the South Pole");
    assert_eq!(name(40.0, -30.0), "americas", "a shared edge is the first's");
}

#[test]
fn overlapping_regions_are_refused() {
    let one = bounds(170.0, -10.0, -170.0, 10.0);
    for (other, overlaps) in [
        (bounds(-175.0, 0.0, -160.0, 20.0), true),
        (bounds(160.0, 0.0, 171.0, 20.0), true),
        (bounds(-170.0, 0.0, -160.0, 20.0), false),
        (bounds(160.0, 10.0, -160.0, 20.0), false),
        (bounds(-180.0, -90.0, 180.0, 90.0), true),
    ] {
        let result = GeoShards::new(&[("a", &[one]), ("b", &[other])]);
        assert_eq!(result.is_err(), overlaps, "{other:?}");
    }
    assert!(GeoShards::new(&[]).is_err());
    assert!(GeoShards::new(&[("a", &[])]).is_err());
}

#[test]
fn a_region_that_is_down_falls_back_to_the_next() {
    let shards = world();
    let tokyo = point(35.7, 139.7);
    let own = shards.region(tokyo);
    let next = shards.nearest(tokyo, |region| region != own).unwrap();
    assert_eq!(
        (shards.name(own), shards.name(next)),
        ("asia", "americas"),
        "across the antimeridian"
    );
    assert_eq!(shards.nearest(tokyo, |_| false), None);
}

#[test]
fn points_and_boxes_off_the_globe_are_refused() {
    assert!(Point::new(90.1, 0.0).is_none() && Point::new(0.0, f64::NAN).is_none());
    assert!(GeoBox::new(0.0, 10.0, 5.0, 9.0).is_none());
    assert!(GeoBox::new(0.0, 0.0, 181.0, 9.0).is_none());
}

#[test]
fn geohashes_of_neighbors_share_their_beginning() {
    let hash = geohash(point(37.5665, 126.978), 12);
    assert_eq!((hash.len(), &hash[..4]), (12, "wydm"));
    for length in 0..12 {
        assert_eq!(geohash(point(37.5665, 126.978), length), hash[..length]);
    }
    assert_eq!(geohash(point(0.0, 180.0), 3), geohash(point(0.0, -180.0), 3));
}

proptest! {
    #[test]
    fn no_point_of_the_edge_is_nearer_than_the_box(
        latitude in -89.0_f64..89.0, longitude in -180.0_f64..180.0,
        west in -180.0_f64..180.0, width in 1.0_f64..120.0,
        south in -80.0_f64..70.0, height in 1.0_f64..40.0,
    ) {
        let east = if west + width > 180.0 { west + width - 360.0 } else { west + width };
        let north = (south + height).min(90.0);
        let it = bounds(west, south, east, north);
        let from = point(latitude, longitude);
        let distance = it.distance(from);
        prop_assert_eq!(distance == 0.0, it.contains(from));
        let nearest = (0..=200).map(|i| f64::from(i) / 200.0).flat_map(|share| {
            let along = west + width * share;
            let along = if along > 180.0 { along - 360.0 } else { along };
            let up = south + (north - south) * share;
            [point(south, along), point(north, along), point(up, west), point(up, east)]
        }).map(|edge| from.distance(edge)).fold(f64::INFINITY, f64::min);
        if distance > 0.0 {
            prop_assert!(distance <= nearest + 1.0, "{} {}", distance, nearest);
            // The corners of a parallel may be cut by a great circle: never by more than this.
            prop_assert!(distance >= nearest * 0.9 - 60_000.0, "{} {}", distance, nearest);
        }
    }

    #[test]
    fn distance_is_symmetric_and_bounded(
        a in (-90.0_f64..=90.0, -180.0_f64..=180.0), b in (-90.0_f64..=90.0, -180.0_f64..=180.0),
    ) {
        let (a, b) = (point(a.0, a.1), point(b.0, b.1));
        let (there, back) = (a.distance(b), b.distance(a));
        prop_assert!((there - back).abs() < 1e-3 && (0.0..20_015_200.0).contains(&there));
    }
}
