use proptest::prelude::*;

use super::*;
use crate::vectors::{each_file, list, number, text};

#[test]
fn texts_are_those_of_the_specification() {
    each_file("sqids", |_, file| {
        let cases = list(&file["cases"]);
        for case in cases {
            let numbers: Vec<u64> = list(&case[0]).iter().map(number).collect();
            assert_eq!(encode(&numbers), text(&case[1]), "{case}");
            assert_eq!(decode(text(&case[1])), Some(numbers));
        }
        Some(cases.len())
    });
}

#[test]
fn other_texts_are_refused() {
    assert_eq!((encode(&[]), decode("")), (String::new(), Some(vec![])));
    for bad in ["*", "86Rf0*", "8", "é"] {
        assert_eq!(decode(bad), None, "{bad}");
    }
}

proptest! {
    #[test]
    fn there_and_back(numbers in proptest::collection::vec(any::<u64>(), 0..6)) {
        prop_assert_eq!(decode(&encode(&numbers)), Some(numbers));
    }

    #[test]
    fn any_text_is_refused_or_canonical(text in "[a-zA-Z0-9]{0,12}") {
        if let Some(numbers) = decode(&text) {
            prop_assert_eq!(encode(&numbers), text);
        }
    }
}
