/// Advance widths of Helvetica for U+0020 to U+007E in thousandths of an em (Adobe font metrics).
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/// The same of Helvetica Bold.
const BOLD_WIDTHS: [u16; 95] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667,
    611, 778, 722, 278, 556, 722, 611, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556,
    278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
];

/// Returns how wide `text` is at font size `size`: Helvetica's widths for ASCII, one em for
/// Chinese, Japanese and Korean characters, 0.6 em for everything else.
#[must_use]
pub fn text_width(text: &str, size: f64) -> f64 {
    sum(text, size, &WIDTHS)
}

/// Returns how wide `text` is in bold, as [`text_width`] does for regular type.
#[must_use]
pub fn bold_width(text: &str, size: f64) -> f64 {
    sum(text, size, &BOLD_WIDTHS)
}

fn sum(text: &str, size: f64, widths: &[u16; 95]) -> f64 {
    let thousandths: u32 = text.chars().map(|c| width(c, widths)).sum();
    f64::from(thousandths) * size / 1000.0
}

fn width(c: char, widths: &[u16; 95]) -> u32 {
    match c {
        ' '..='~' => u32::from(widths[c as usize - 0x20]),
        '\u{1100}'..='\u{11ff}'
        | '\u{2e80}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7af}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff00}'..='\u{ff60}' => 1000,
        _ => 600,
    }
}

#[cfg(test)]
mod tests {
    use super::{bold_width, text_width};

    #[test]
    fn widths() {
        assert!((text_width("ab", 10.0) - 11.12).abs() < 1e-9);
        assert!((bold_width("ab", 10.0) - 11.67).abs() < 1e-9);
        assert!((text_width("한글", 10.0) - 20.0).abs() < 1e-9);
        assert!(text_width("i", 10.0) < text_width("W", 10.0));
    }
}
