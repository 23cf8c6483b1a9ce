//! Templates with places for figures, filled in; Korean particles by pronunciation.

mod particle;

use tenfold_units::{Language, Ledger, Text};

pub use particle::with_particle;

/// Returns `text` in `language` with the printed figures in their places.
///
/// `{id}` is the figure's mid value, `{id.low}` and `{id.high}` the ends of its interval, `{{` a
/// brace; in Korean `{id:은}` adds the particle of that pair that fits.
///
/// # Panics
/// Panics when a figure is not in the ledger: templates are part of the program.
#[must_use]
pub fn fill(text: &Text, language: Language, ledger: &Ledger) -> String {
    fill_with(text.in_language(language), &|id| match language {
        Language::En => print(ledger, id),
        Language::Ko => korean(&print(ledger, id)),
    })
}

/// Returns a printed figure with its unit as Korean text writes it: `96.5 years` is 96.5년, `2x`
/// 2배. Short times and all other units stay as they are.
#[must_use]
pub fn korean(printed: &str) -> String {
    const UNITS: [(&str, &str); 5] =
        [(" years", "년"), (" days", "일"), (" h", "시간"), (" min", "분"), (" s", "초")];
    if let Some(times) = printed.strip_suffix('x') {
        return format!("{times}배");
    }
    let unit = UNITS.iter().find_map(|(en, ko)| Some((printed.strip_suffix(en)?, ko)));
    unit.map_or_else(|| printed.to_owned(), |(number, ko)| format!("{number}{ko}"))
}

/// Returns `wording` with each `{id}` replaced by what `value_of` returns for it.
pub fn fill_with(wording: &str, value_of: &dyn Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(wording.len());
    let mut rest = wording;
    while let Some(start) = rest.find('{') {
        out.push_str(&rest[..start].replace("}}", "}"));
        rest = &rest[start + 1..];
        if let Some(after) = rest.strip_prefix('{') {
            out.push('{');
            rest = after;
            continue;
        }
        let end = rest.find('}').expect("a template closes its braces");
        let place = &rest[..end];
        rest = &rest[end + 1..];
        match place.split_once(':') {
            Some((id, particle)) => out.push_str(&with_particle(&value_of(id), particle)),
            None => out.push_str(&value_of(place)),
        }
    }
    out.push_str(&rest.replace("}}", "}"));
    out
}

/// Returns the printed value of a figure, or of an end of its interval.
///
/// # Panics
/// Panics when there is no such figure.
#[must_use]
pub fn print(ledger: &Ledger, id: &str) -> String {
    if let Some(figure) = ledger.get(id) {
        return figure.print();
    }
    let (base, end) = id.rsplit_once('.').unwrap_or((id, ""));
    let figure = &ledger[base];
    match end {
        "low" => figure.print_low(),
        "high" => figure.print_high(),
        _ => panic!("no figure `{id}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::{fill_with, korean};

    #[test]
    fn korean_text_has_korean_units_of_time() {
        assert_eq!(korean("96.5 years"), "96.5년");
        assert_eq!(korean("55 min"), "55분");
        assert_eq!(korean("3 s"), "3초");
        assert_eq!(korean("2.04x"), "2.04배");
        assert_eq!(korean("9.1 ms"), "9.1 ms");
        assert_eq!(korean("127,315/s"), "127,315/s");
    }

    #[test]
    fn places_are_filled() {
        let value = |id: &str| match id {
            "load" => "115,741/s".to_owned(),
            _ => "18.3 TB".to_owned(),
        };
        assert_eq!(fill_with("{load} of {{x}} in {size}", &value), "115,741/s of {x} in 18.3 TB");
        assert_eq!(fill_with("{size:을} 담는다", &value), "18.3 TB를 담는다");
    }
}
