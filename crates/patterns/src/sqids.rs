//! Sqids: lists of numbers as short texts.
//!
//! ```text
//!   numbers ─► offset from all of them ─► rotated alphabet ─► digits, separated, reshuffled each time
//! ```
//!
//! **Use it** to show several numbers as one short text, in agreement with other Sqids libraries.
//! **Not** as secrecy: anybody can decode it. For codes of one number use
//! [`Base62`](crate::Base62).
//!
//! With the default alphabet and no minimum length. There is no blocklist: where one of the Sqids
//! library's blocked words would come out, that library gives another text.
//!
//! ```
//! use tenfold_patterns::sqids;
//! assert_eq!(sqids::encode(&[1, 2, 3]), "86Rf07");
//! assert_eq!(sqids::decode("86Rf07"), Some(vec![1, 2, 3]));
//! ```
//!
//! Source: Sqids specification.

#[cfg(test)]
mod tests;

const ALPHABET: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// Returns the text of a list of numbers; empty for none.
#[must_use]
pub fn encode(numbers: &[u64]) -> String {
    if numbers.is_empty() {
        return String::new();
    }
    let base = shuffled(*ALPHABET);
    let sum = numbers.iter().enumerate().fold(numbers.len(), |sum, (i, number)| {
        sum + usize::from(base[(number % 62) as usize]) + i
    });
    let mut alphabet = base;
    alphabet.rotate_left(sum % 62);
    let mut text = vec![alphabet[0]];
    alphabet.reverse();
    for (i, number) in numbers.iter().enumerate() {
        let start = text.len();
        let mut rest = *number;
        loop {
            text.insert(start, alphabet[1 + (rest % 61) as usize]);
            rest /= 61;
            if rest == 0 {
                break;
            }
        }
        if i + 1 < numbers.len() {
            text.push(alphabet[0]);
            alphabet = shuffled(alphabet);
        }
    }
    text.into_iter().map(char::from).collect()
}

/// Returns the numbers of a text, or `None` when it is not one that [`encode`] makes.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u64>> {
    let bytes = text.as_bytes();
    let Some((prefix, mut rest)) = bytes.split_first() else { return Some(Vec::new()) };
    let mut alphabet = shuffled(*ALPHABET);
    let offset = alphabet.iter().position(|byte| byte == prefix)?;
    alphabet.rotate_left(offset);
    alphabet.reverse();
    let mut numbers = Vec::new();
    loop {
        let end = rest.iter().position(|byte| *byte == alphabet[0]);
        let chunk = &rest[..end.unwrap_or(rest.len())];
        if chunk.is_empty() {
            return None;
        }
        let mut number = 0_u64;
        for byte in chunk {
            let digit = alphabet[1..].iter().position(|other| other == byte)?;
            number = number.checked_mul(61)?.checked_add(digit as u64)?;
        }
        numbers.push(number);
        let Some(end) = end else { break };
        rest = &rest[end + 1..];
        alphabet = shuffled(alphabet);
    }
    // Each list has one text only.
    (encode(&numbers) == text).then_some(numbers)
}

fn shuffled(mut alphabet: [u8; 62]) -> [u8; 62] {
    let (mut i, mut j) = (0, 61);
    while j > 0 {
        let r = (i * j + usize::from(alphabet[i]) + usize::from(alphabet[j])) % 62;
        alphabet.swap(i, r);
        i += 1;
        j -= 1;
    }
    alphabet
}
