use super::*;
use crate::vectors::{each_file, list, number};

#[test]
fn jumps_as_two_implementations_do() {
    each_file("jump", |_, file| {
        let cases = list(&file["cases"]);
        for case in cases {
            let bucket = jump(number(&case[0]), number(&case[1]) as u32);
            assert_eq!(u64::from(bucket), number(&case[2]), "{case}");
        }
        Some(cases.len())
    });
}

#[test]
fn a_new_bucket_takes_its_share_and_nothing_else_moves() {
    let mut moved = 0;
    for key in 0..20_000_u64 {
        let hash = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let (before, after) = (jump(hash, 9), jump(hash, 10));
        assert!(before < 9 && (after == before || after == 9));
        moved += u32::from(after != before);
    }
    assert!((1_850..2_150).contains(&moved), "{moved}");
    assert_eq!(jump(7, 1), 0);
    assert!(jump(u64::MAX, u32::MAX) < u32::MAX);
}
