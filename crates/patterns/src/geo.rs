//! Geo sharding: which region serves a point on the globe.
//!
//! ```text
//!  point ─► first region with a box that holds it ─ none ─► region whose box is nearest
//!           (a box with west > east crosses the antimeridian)
//!  point ─► cell (geohash, S2 leaf): prefix = larger cell, for keys and counters
//! ```
//!
//! **Use it** to keep users' data near them, or within a border by a list of boxes. **Not** to decide
//! jurisdiction: boxes are not borders; ask for the country.
//!
//! Pitfalls that it avoids: boxes that cross the 180th meridian; regions that overlap (refused); a
//! point in no region gets the nearest instead of none; the poles and ±180° belong to boxes that
//! touch them. Distances are great circles on a sphere: up to 0.56 % off the ellipsoid.
//!
//! ```
//! use tenfold_patterns::geo::{GeoBox, GeoShards, Point};
//! let shards = GeoShards::new(&[
//!     ("eu", &[GeoBox::new(-10.0, 35.0, 40.0, 70.0).unwrap()]),
//!     ("pacific", &[GeoBox::new(160.0, -50.0, -120.0, 50.0).unwrap()]),
//! ])
//! .unwrap();
//! let paris = Point::new(48.86, 2.35).unwrap();
//! assert_eq!(shards.name(shards.region(paris)), "eu");
//! let seoul = Point::new(37.57, 126.98).unwrap();
//! assert_eq!(shards.name(shards.region(seoul)), "pacific", "the nearest");
//! ```
//!
//! Sources: RFC 7946 section 5.2 (boxes); Sinnott, "Virtues of the Haversine", 1984; geohash
//! (Niemeyer, public domain); S2 geometry (cell ids).

mod cell;
#[cfg(test)]
mod tests;

use tenfold_units::math;

pub use self::cell::{geohash, s2_leaf_cell};
use crate::options::{Check, InvalidOptions};

/// A point on the globe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    latitude: f64,
    longitude: f64,
}

impl Point {
    /// Returns the point at these degrees, or `None` outside ±90 and ±180.
    #[must_use]
    pub fn new(latitude: f64, longitude: f64) -> Option<Self> {
        let on_globe = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        on_globe.then_some(Self { latitude, longitude })
    }

    /// Returns the latitude in degrees, south negative.
    #[must_use]
    pub const fn latitude(self) -> f64 {
        self.latitude
    }

    /// Returns the longitude in degrees, west negative.
    #[must_use]
    pub const fn longitude(self) -> f64 {
        self.longitude
    }

    /// Returns the great-circle distance in meters (haversine, mean Earth radius 6,371,008.8 m).
    #[must_use]
    pub fn distance(self, other: Self) -> f64 {
        let radians = |degrees: f64| degrees * (core::f64::consts::PI / 180.0);
        let half = |from: f64, to: f64| math::sin(radians(to - from) / 2.0);
        let (dy, dx) = (half(self.latitude, other.latitude), half(self.longitude, other.longitude));
        let cosines = math::cos(radians(self.latitude)) * math::cos(radians(other.latitude));
        let h = (dy * dy + cosines * dx * dx).clamp(0.0, 1.0);
        2.0 * 6_371_008.8 * math::asin(h.sqrt())
    }
}

/// A box of longitudes and latitudes; where west is greater than east it crosses the antimeridian.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GeoBox {
    west: f64,
    south: f64,
    east: f64,
    north: f64,
}

impl GeoBox {
    /// Returns the box with these sides in degrees, or `None` outside ±180 and ±90, or when south is
    /// above north.
    #[must_use]
    pub fn new(west: f64, south: f64, east: f64, north: f64) -> Option<Self> {
        let corners = Point::new(south, west).is_some() && Point::new(north, east).is_some();
        (corners && south <= north).then_some(Self { west, south, east, north })
    }

    /// Returns whether the point is inside or on the edge.
    #[must_use]
    pub fn contains(&self, point: Point) -> bool {
        (self.south..=self.north).contains(&point.latitude) && self.spans(point.longitude)
    }

    fn spans(&self, longitude: f64) -> bool {
        let crosses = self.west > self.east;
        let within = |longitude: f64| {
            let (after, before) = (longitude >= self.west, longitude <= self.east);
            if crosses && !crate::planted::is("geo-box-ignores-antimeridian") {
                after || before
            } else {
                after && before
            }
        };
        // ±180 are one meridian.
        within(longitude) || (longitude.abs() == 180.0 && within(-longitude))
    }

    /// Returns the great-circle distance in meters to the nearest point of the box, 0 inside; exact
    /// to the south and north, to the sides up to the curvature of the great circle.
    #[must_use]
    pub fn distance(&self, point: Point) -> f64 {
        if self.contains(point) {
            return 0.0;
        }
        let latitude = point.latitude.clamp(self.south, self.north);
        let longitudes =
            if self.spans(point.longitude) { [point.longitude; 2] } else { [self.west, self.east] };
        // On the way to a side the nearest latitude lies poleward of the point's own.
        let sides = longitudes.map(|longitude| {
            [latitude, self.south, self.north, self.poleward(point, longitude)]
                .map(|latitude| point.distance(Point { latitude, longitude }))
                .into_iter()
                .fold(f64::INFINITY, f64::min)
        });
        sides[0].min(sides[1])
    }

    /// The latitude at which a side, as a great circle, is nearest to the point, within the side.
    fn poleward(&self, point: Point, longitude: f64) -> f64 {
        let radians = |degrees: f64| degrees * (core::f64::consts::PI / 180.0);
        let apart = math::cos(radians(point.longitude - longitude));
        let tangent = math::tan(radians(point.latitude));
        let nearest = math::atan2(tangent, apart) * (180.0 / core::f64::consts::PI);
        nearest.clamp(self.south, self.north)
    }

    /// Whether the interiors of two boxes meet.
    fn overlaps(&self, other: &Self) -> bool {
        let latitudes = self.south < other.north && other.south < self.north;
        let parts = |it: &Self| {
            if it.west > it.east {
                [(it.west, 180.0), (-180.0, it.east)]
            } else {
                [(it.west, it.east), (0.0, 0.0)]
            }
        };
        let longitudes = parts(self)
            .iter()
            .any(|(west, east)| parts(other).iter().any(|(w, e)| west.max(*w) < east.min(*e)));
        latitudes && longitudes
    }
}

/// Regions by boxes, with the nearest for points in none.
#[derive(Clone, Debug)]
pub struct GeoShards {
    regions: Vec<(String, Vec<GeoBox>)>,
}

impl GeoShards {
    /// Returns the regions, each a name and its boxes.
    ///
    /// # Errors
    /// There is no region, one without a box, or two whose boxes overlap (they may touch).
    pub fn new(regions: &[(&str, &[GeoBox])]) -> Result<Self, InvalidOptions> {
        let mut check = Check::default();
        check.that(!regions.is_empty(), "regions", "must be at least one");
        let boxed = regions.iter().all(|region| !region.1.is_empty());
        check.that(boxed, "regions", "must each have a box");
        for (i, (_, boxes)) in regions.iter().enumerate() {
            let others = || regions[..i].iter().flat_map(|region| region.1);
            let apart = boxes.iter().all(|one| others().all(|other| !one.overlaps(other)));
            check.that(apart, "regions", "must not overlap");
        }
        check.done()?;
        let owned = regions.iter().map(|(name, boxes)| ((*name).to_owned(), boxes.to_vec()));
        Ok(Self { regions: owned.collect() })
    }

    /// Returns the region of a point: the first that holds it, else the nearest.
    #[must_use]
    pub fn region(&self, point: Point) -> usize {
        let holds = |boxes: &[GeoBox]| boxes.iter().any(|it| it.contains(point));
        let inside = self.regions.iter().position(|(_, boxes)| holds(boxes));
        inside.unwrap_or_else(|| self.nearest(point, |_| true).expect("there is a region"))
    }

    /// Returns the nearest region that `serves`: the fallback when the point's own is down.
    #[must_use]
    pub fn nearest(&self, point: Point, serves: impl Fn(usize) -> bool) -> Option<usize> {
        let distance = |region: usize| {
            let boxes = self.regions[region].1.iter();
            boxes.map(|it| it.distance(point)).fold(f64::INFINITY, f64::min)
        };
        (0..self.regions.len())
            .filter(|region| serves(*region))
            .map(|region| (region, distance(region)))
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(region, _)| region)
    }

    /// Returns the name of a region.
    ///
    /// # Panics
    /// Panics when there is no such region.
    #[must_use]
    pub fn name(&self, region: usize) -> &str {
        &self.regions[region].0
    }
}
