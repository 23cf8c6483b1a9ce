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
    fill_with(text.in_language(language), &|id| print(ledger, id))
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
        "low" => figure.unit.print(figure.interval.low),
        "high" => figure.unit.print(figure.interval.high),
        _ => panic!("no figure `{id}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::fill_with;

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
