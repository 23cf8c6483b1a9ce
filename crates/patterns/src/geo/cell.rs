//! Cells: numbers and texts whose prefixes are larger cells.

use tenfold_units::math;

use super::Point;

const BASE32: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";

/// Returns the geohash of a point with `length` characters (at most 12); each further one cuts the
/// cell into 32.
#[must_use]
pub fn geohash(point: Point, length: usize) -> String {
    let mut ranges = [(-180.0, 180.0), (-90.0, 90.0)];
    // 180 degrees east is 180 west, where the first cell begins.
    let longitude = if point.longitude == 180.0 { -180.0 } else { point.longitude };
    let position = [longitude, point.latitude];
    let mut hash = String::with_capacity(length);
    let mut axis = 0;
    for _ in 0..length.min(12) {
        let mut digit = 0;
        for _ in 0..5 {
            let (low, high) = &mut ranges[axis];
            let middle = (*low + *high) / 2.0;
            let upper = position[axis] >= middle;
            if upper {
                *low = middle
            } else {
                *high = middle
            }
            digit = digit << 1 | usize::from(upper);
            axis = 1 - axis;
        }
        hash.push(char::from(BASE32[digit]));
    }
    hash
}

/// Levels of S2 cells below a face.
const LEVELS: u32 = 30;

/// Returns the S2 leaf cell of a point, about 1 cm wide; larger cells are its prefixes.
#[must_use]
pub fn s2_leaf_cell(point: Point) -> u64 {
    let radians = |degrees: f64| degrees * (core::f64::consts::PI / 180.0);
    let (phi, theta) = (radians(point.latitude), radians(point.longitude));
    let flat = math::cos(phi);
    let p = [math::cos(theta) * flat, math::sin(theta) * flat, math::sin(phi)];
    let (face, u, v) = face_uv(p);
    from_face_ij(face, leaf(u), leaf(v))
}

/// The face of the cube that a direction meets, and where.
fn face_uv(p: [f64; 3]) -> (u64, f64, f64) {
    let size = p.map(f64::abs);
    let axis = if size[0] > size[1] {
        if size[0] > size[2] { 0 } else { 2 }
    } else if size[1] > size[2] {
        1
    } else {
        2
    };
    let [x, y, z] = p;
    match (axis, p[axis] < 0.0) {
        (0, false) => (0, y / x, z / x),
        (1, false) => (1, -x / y, z / y),
        (2, false) => (2, -x / z, -y / z),
        (0, true) => (3, z / x, y / x),
        (1, true) => (4, z / y, -x / y),
        _ => (5, -y / z, -x / z),
    }
}

/// Coordinate on a face to the number of the leaf column or row, by the quadratic projection.
fn leaf(u: f64) -> u32 {
    let s =
        if u >= 0.0 { 0.5 * (1.0 + 3.0 * u).sqrt() } else { 1.0 - 0.5 * (1.0 - 3.0 * u).sqrt() };
    let size = f64::from(1_u32 << LEVELS);
    (size * s).floor().clamp(0.0, size - 1.0) as u32
}

/// Quadrants in the order of the curve, for each orientation: bit 1 is i, bit 0 is j.
const QUADRANTS: [[u32; 4]; 4] = [[0, 1, 3, 2], [0, 2, 3, 1], [3, 2, 0, 1], [3, 1, 0, 2]];
/// How the orientation changes in each place of the curve: bit 0 swaps the axes, bit 1 inverts them.
const TURNS: [usize; 4] = [1, 0, 0, 3];

fn from_face_ij(face: u64, i: u32, j: u32) -> u64 {
    let mut orientation = (face & 1) as usize;
    let mut position = face;
    for level in (0..LEVELS).rev() {
        let quadrant = (i >> level & 1) << 1 | (j >> level & 1);
        let place = QUADRANTS[orientation]
            .iter()
            .position(|it| *it == quadrant)
            .expect("every orientation lists all four");
        position = position << 2 | place as u64;
        orientation ^= TURNS[place];
    }
    position << 1 | 1
}
