//! Finds, for every quantity that a report prints, its figure in the plan.
//!
//! A quantity is a numeral that is not part of a word. What is exempt is said by [`exempt`], and
//! nothing else is.

use std::collections::BTreeSet;

use serde_json::Value;
use tenfold_units::Figure;

/// Units that a printed figure may carry after a space: a numeral before one of them matches only
/// a figure that is printed with it.
const UNITS: [&str; 27] = [
    "%", "ns", "us", "ms", "s", "min", "h", "days", "years", "B", "kB", "MB", "GB", "TB", "PB",
    "EB", "b/s", "kb/s", "Mb/s", "Gb/s", "Tb/s", "erlangs", "k", "M", "k/month", "M/month",
    "B/month",
];

/// HTTP status codes that the reports use as names of answers.
const STATUS: [&str; 25] = [
    "200", "201", "202", "204", "206", "301", "302", "304", "307", "308", "400", "401", "402",
    "403", "404", "409", "410", "412", "413", "416", "422", "429", "500", "503", "504",
];

/// What a plan says that a numeral of the report may be.
pub(crate) struct Known {
    /// Every figure as it is printed: the middle and both ends of its interval.
    printed: BTreeSet<String>,
    /// Formulas that are shown as the working of a figure.
    formulas: BTreeSet<String>,
    /// Technologies with their versions, and our own.
    versions: BTreeSet<String>,
    seed: String,
    brief: String,
    /// Words of others that the report repeats as they stand.
    quotations: BTreeSet<String>,
}

impl Known {
    /// Reads a plan and the brief that it was made from.
    pub(crate) fn new(plan: &Value, brief: &str) -> Self {
        let (mut printed, mut formulas) = (BTreeSet::new(), BTreeSet::new());
        for figure in plan["ledger"].as_object().unwrap().values() {
            let figure: Figure = serde_json::from_value(figure.clone()).unwrap();
            for form in [figure.print(), figure.print_low(), figure.print_high()] {
                printed.insert(in_korean(&form));
                printed.insert(form);
            }
            if let tenfold_units::Provenance::Derived { formula, .. } = &figure.provenance {
                formulas.insert(formula.clone());
            }
        }
        let mut versions = BTreeSet::from(["TLS 1.3".to_owned()]);
        versions.insert(format!("tenfold {}", plan["version"].as_str().unwrap()));
        for component in plan["design"]["components"].as_object().unwrap().values() {
            let runs = &component["runs"];
            if let (Some(name), Some(version)) =
                (runs["technology"].as_str(), runs["version"].as_str())
            {
                versions.insert(format!("{name} {version}"));
            }
        }
        let seed = format!("seed {}", plan["seed"]);
        let mut quotations = BTreeSet::new();
        let estimate = &plan["estimate"];
        quote(&estimate["assumptions"], &["why", "source"], &mut quotations);
        quote(&estimate["readings"], &["read_as", "help"], &mut quotations);
        quote(&estimate["api"], &["request", "response"], &mut quotations);
        Self { printed, formulas, versions, seed, brief: brief.to_owned(), quotations }
    }
}

/// The same with the unit of time as Korean text writes it.
fn in_korean(form: &str) -> String {
    if let Some(times) = form.strip_suffix('x') {
        return format!("{times}배");
    }
    let (number, unit) = form.rsplit_once(' ').unwrap_or((form, ""));
    match unit {
        "years" => format!("{number}년"),
        "days" => format!("{number}일"),
        "h" => format!("{number}시간"),
        "min" => format!("{number}분"),
        "s" => format!("{number}초"),
        _ => form.to_owned(),
    }
}

/// Collects the texts of these fields that hold a numeral.
fn quote(items: &Value, fields: &[&str], quotations: &mut BTreeSet<String>) {
    for item in items.as_array().into_iter().flatten() {
        for field in fields.iter().map(|field| &item[*field]) {
            let texts = field.as_array().cloned().unwrap_or_else(|| vec![field.clone()]);
            let texts = texts.iter().filter_map(Value::as_str).map(str::to_owned);
            quotations.extend(texts.filter(|text| text.contains(|c: char| c.is_ascii_digit())));
        }
    }
}

/// Returns every numeral of the report that has no figure and is not exempt, with its line.
pub(crate) fn unexplained(report: &str, known: &Known) -> Vec<String> {
    let mut missing = Vec::new();
    for (number, line) in report.lines().enumerate() {
        let line = heading_number_removed(&unescaped(line));
        let literals = literals_of_shown_formulas(&line, known);
        let mut at = 0;
        while let Some(start) = next_numeral(&line, at) {
            let length = figure_at(&line, start, known)
                .or_else(|| exempt(&line, start, known))
                .or_else(|| literal_at(&line, start, &literals));
            at = start + length.unwrap_or_else(|| numeral_length(&line[start..]));
            if length.is_none() {
                let from = line[..start].char_indices().rev().nth(30).map_or(0, |(i, _)| i);
                let to = line[at..].char_indices().nth(30).map_or(line.len(), |(i, _)| at + i);
                missing.push(format!(
                    "line {}: {} in \"{}\"",
                    number + 1,
                    &line[start..at],
                    &line[from..to]
                ));
            }
        }
    }
    missing
}

/// Markdown's backslashes mean nothing to a reader.
fn unescaped(line: &str) -> String {
    let mut out = String::new();
    let mut escaped = false;
    for c in line.chars() {
        if c == '\\' && !escaped {
            escaped = true;
        } else {
            escaped = false;
            out.push(c);
        }
    }
    out
}

/// The numbers of the eight sections are headings, not quantities.
fn heading_number_removed(line: &str) -> String {
    let Some(rest) = line.strip_prefix("## ") else { return line.to_owned() };
    rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').to_owned()
}

/// Returns where the next numeral starts that is not part of a word (`p99`, `c7g`, `SHA-256`).
fn next_numeral(line: &str, from: usize) -> Option<usize> {
    let mut before = line[..from].chars().rev();
    let (mut previous, mut second) = (before.next(), before.next());
    for (i, c) in line[from..].char_indices() {
        let joined = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        let inside =
            joined(previous) || (matches!(previous, Some('.' | ',' | '-' | '^')) && joined(second));
        if c.is_ascii_digit() && !inside {
            return Some(from + i);
        }
        second = previous;
        previous = Some(c);
    }
    None
}

fn numeral_length(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != ',').unwrap_or(text.len())
}

/// Returns the length of the longest printed figure that stands at `start`.
fn figure_at(line: &str, start: usize, known: &Known) -> Option<usize> {
    let dollar = line[..start].ends_with('$');
    let text = &line[start - usize::from(dollar)..];
    let ends: Vec<usize> = text.char_indices().map(|(i, _)| i).chain([text.len()]).collect();
    let longest = ends.iter().rev().find(|end| {
        **end < 40 && known.printed.contains(&text[..**end]) && ends_there(text, **end)
    })?;
    Some(longest - usize::from(dollar))
}

/// Returns whether a numeral ends here and no unit follows it.
fn ends_there(text: &str, end: usize) -> bool {
    let rest = &text[end..];
    let mut after = rest.chars();
    let (next, second) = (after.next(), after.next());
    if next.is_some_and(|c| c.is_ascii_alphanumeric() || c == '%') {
        return false;
    }
    if matches!(next, Some('.' | ',')) && second.is_some_and(|c| c.is_ascii_digit()) {
        return false;
    }
    if rest.starts_with("/s") || rest.starts_with("/month") {
        return false;
    }
    let Some(word) = rest.strip_prefix(' ') else { return true };
    let word: &str =
        word.split(|c: char| !c.is_ascii_alphanumeric() && c != '%' && c != '/').next().unwrap();
    !UNITS.contains(&word)
}

/// Returns the length of a numeral that needs no figure:
///
/// * a date or a year, a line reference (`brief 4:3`, `line 4`), the seed;
/// * the version of a technology or of tenfold itself, as the design names it;
/// * an HTTP status code, a picture format (`1080p`, `4K`);
/// * a part of a quotation of the brief: in quotation marks, or a whole word of it in a line that
///   names its place;
/// * a part of a reason, source, reading or field of an interface, word for word as in the plan;
/// * a part of a formula that stands in the plan as the working of a figure.
fn exempt(line: &str, start: usize, known: &Known) -> Option<usize> {
    let text = &line[start..];
    let before = &line[..start];
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let whole = ends_there(text, digits);
    let bytes = text.as_bytes();
    if digits == 4 && bytes.len() >= 10 && bytes[4] == b'-' && bytes[7] == b'-' {
        return Some(10);
    }
    if whole && digits == 4 && (text.starts_with("20") || text.starts_with("19")) {
        return Some(digits);
    }
    if before.ends_with("brief ") {
        return text.find(|c: char| !c.is_ascii_digit() && c != ':');
    }
    if whole && (before.ends_with("line ") || text[digits..].starts_with('행')) {
        return Some(digits);
    }
    let picture = text[digits..].starts_with('p') && ends_there(text, digits + 1);
    if picture || text.starts_with("4K") {
        return Some(digits + 1);
    }
    if whole && STATUS.contains(&&text[..digits]) {
        return Some(digits);
    }
    let named = known.versions.iter().chain([&known.seed]);
    named
        .filter_map(|name| version_at(line, start, name))
        .next()
        .or_else(|| quoted_at(line, start, known))
}

/// Returns the length of a version that stands at `start` after the name of what has it.
fn version_at(line: &str, start: usize, name: &str) -> Option<usize> {
    let space = name.rfind(' ')?;
    let length = name.len() - space - 1;
    let fits =
        line[..start].ends_with(&name[..=space]) && line[start..].starts_with(&name[space + 1..]);
    (fits && ends_there(&line[start..], length)).then_some(length)
}

/// Returns how far it is to the end of the quotation or formula around `start`.
fn quoted_at(line: &str, start: usize, known: &Known) -> Option<usize> {
    if let Some((quote, end)) = enclosed(line, start, '"')
        && known.brief.contains(quote)
    {
        return Some(end);
    }
    if let Some((formula, end)) = enclosed(line, start, '`')
        && known.formulas.contains(formula)
    {
        return Some(end);
    }
    let length = numeral_length(&line[start..]);
    let word = &line[start..start + length];
    if line.contains("brief ") && known.brief.split_whitespace().any(|other| other == word) {
        return Some(length);
    }
    known.quotations.iter().find_map(|quotation| {
        let mut found = line.match_indices(quotation.as_str());
        let around = found.find(|(at, _)| (*at..at + quotation.len()).contains(&start))?;
        Some(around.0 + quotation.len() - start)
    })
}

/// Returns what stands between two marks around `start`, and how far it is to its end.
fn enclosed(line: &str, start: usize, mark: char) -> Option<(&str, usize)> {
    if line[..start].matches(mark).count().is_multiple_of(2) {
        return None;
    }
    let from = line[..start].rfind(mark)? + 1;
    let to = line[start..].find(mark)?;
    Some((&line[from..start + to], to))
}

/// The constants of the formulas whose working stands in this line.
fn literals_of_shown_formulas(line: &str, known: &Known) -> BTreeSet<String> {
    let mut literals = BTreeSet::new();
    for formula in line.split('`').skip(1).step_by(2).filter(|span| known.formulas.contains(*span))
    {
        let mut at = 0;
        while let Some(start) = next_numeral(formula, at) {
            at = start + numeral_length(&formula[start..]);
            literals.insert(formula[start..at].to_owned());
        }
    }
    literals
}

fn literal_at(line: &str, start: usize, literals: &BTreeSet<String>) -> Option<usize> {
    let length = numeral_length(&line[start..]);
    literals.contains(&line[start..start + length]).then_some(length)
}

/// Returns every quantity with more than three significant digits that may not have them: loads are
/// printed to the unit and counts in full, availabilities by what is missing to 1; costs, ranges
/// and everything else are not known so well.
pub(crate) fn too_precise(report: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in report.lines().map(unescaped) {
        let line: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        let mut at = 0;
        while let Some(start) = next_numeral(&line, at) {
            let length = line[start..]
                .find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')
                .unwrap_or(line.len() - start);
            let number = line[start..start + length].trim_end_matches(['.', ',']);
            at = start + length;
            let digits = number.replace([',', '.'], "");
            let significant = digits.trim_start_matches('0').trim_end_matches('0').len();
            if significant > 3 && !may_be_long(&line, start, number) {
                found.push(format!("{number} in \"{}\"", line.trim()));
            }
        }
    }
    found
}

fn may_be_long(line: &str, start: usize, number: &str) -> bool {
    let after = &line[start + number.len()..];
    if line[..start].ends_with('$') {
        return false;
    }
    let word = after.trim_start().split(|c: char| c.is_ascii_whitespace() || c == '|').next();
    let word = word.unwrap_or_default();
    if after.starts_with("/s") {
        // An end of a range is never known to the unit.
        return !line[..start].ends_with(" to ") && !after.starts_with("/s to ");
    }
    let almost_all = number.starts_with("99.") && word.starts_with('%');
    almost_all || !UNITS.iter().any(|unit| word.trim_end_matches(['.', ',', ';', ')']) == *unit)
}
