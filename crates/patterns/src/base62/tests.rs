use proptest::prelude::*;

use super::*;

fn codes(length: u32, key: Option<u64>) -> Base62 {
    Base62::new(Base62Options { length, key }).unwrap()
}

#[test]
fn every_number_has_its_own_code() {
    for key in [None, Some(0), Some(7)] {
        let codes = codes(2, key);
        let mut all: Vec<String> = (0..3_844).map(|n| codes.encode(n).unwrap()).collect();
        assert_eq!(codes.encode(3_844), None);
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 3_844, "{key:?}");
    }
}

#[test]
fn plain_codes_sort_as_their_numbers() {
    let codes = codes(7, None);
    assert_eq!(codes.encode(0).unwrap(), "0000000");
    assert_eq!(codes.encode(61).unwrap(), "000000z");
    assert_eq!(codes.encode(62).unwrap(), "0000010");
    assert_eq!(codes.capacity(), 3_521_614_606_208);
    assert_eq!(codes.encode(codes.capacity() - 1).unwrap(), "zzzzzzz");
}

#[test]
fn permuted_codes_cannot_be_counted_through() {
    let codes = codes(7, Some(42));
    let plain = super::Base62::new(Base62Options { length: 7, key: None }).unwrap();
    let places: Vec<u64> =
        (0..1_000).map(|n| plain.decode(&codes.encode(n).unwrap()).unwrap()).collect();
    let neighbors = places.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) < 1_000_000_000);
    assert!(neighbors.count() < 5);
    let half = places.iter().filter(|place| **place < codes.capacity() / 2).count();
    assert!((440..560).contains(&half), "{half}");
    let rising = places.windows(2).filter(|pair| pair[0] < pair[1]).count();
    assert!((440..560).contains(&rising), "{rising}");
    let other = super::Base62::new(Base62Options { length: 7, key: Some(43) }).unwrap();
    assert_ne!(codes.encode(1), other.encode(1));
}

#[test]
fn what_is_no_code_is_refused() {
    let codes = codes(3, Some(1));
    for bad in ["", "ab", "abcd", "ab-", "ab ", "aé"] {
        assert_eq!(codes.decode(bad), None, "{bad}");
    }
    assert!(Base62::new(Base62Options { length: 0, key: None }).is_err());
    assert!(Base62::new(Base62Options { length: 11, key: None }).is_err());
}

proptest! {
    #[test]
    fn there_and_back(length in 1_u32..=10, key in any::<Option<u64>>(), number in any::<u64>()) {
        let codes = codes(length, key);
        let number = number % codes.capacity();
        let code = codes.encode(number).unwrap();
        prop_assert_eq!(code.len(), length as usize);
        prop_assert_eq!(codes.decode(&code), Some(number));
    }
}

#[test]
fn a_code_is_written_into_the_callers_buffer() {
    let codes = Base62::new(Base62Options { length: 7, key: Some(9) }).unwrap();
    let mut buffer = [b'!'; 12];
    for number in [0, 1, 61, 62, codes.capacity() - 1] {
        let code = codes.encode_into(number, &mut buffer).unwrap().to_owned();
        assert_eq!(Some(code.clone()), codes.encode(number));
        assert_eq!((codes.decode(&code), buffer[7]), (Some(number), b'!'));
    }
    assert_eq!(codes.encode_into(codes.capacity(), &mut buffer), None);
    assert_eq!(codes.encode_into(1, &mut [0; 6]), None, "too short a buffer");
    assert_eq!(codes.encode_into(1, &mut [0; MAX_LENGTH]).map(str::len), Some(7));
}
