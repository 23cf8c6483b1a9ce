/// Returns `word` followed by the form of `particle` that fits its pronunciation.
///
/// `particle` is either form of a pair: 은/는, 이/가, 을/를, 과/와, 으로/로, 이라/라, 이다/다,
/// 이고/고, 이며/며, 이면/면, 이나/나, 이어서/여서, 이었다/였다. After
/// ㄹ 으로 becomes 로, as in 서울로. Anything else is added as it is.
///
/// ```
/// use tenfold_report::words::with_particle;
/// assert_eq!(with_particle("PostgreSQL", "은"), "PostgreSQL은");
/// assert_eq!(with_particle("Kafka", "은"), "Kafka는");
/// assert_eq!(with_particle("3", "을"), "3을");
/// assert_eq!(with_particle("7", "으로"), "7로");
/// ```
#[must_use]
pub fn with_particle(word: &str, particle: &str) -> String {
    const PAIRS: [(&str, &str); 13] = [
        ("은", "는"),
        ("이", "가"),
        ("을", "를"),
        ("과", "와"),
        ("으로", "로"),
        ("이라", "라"),
        ("이다", "다"),
        ("이고", "고"),
        ("이며", "며"),
        ("이면", "면"),
        ("이나", "나"),
        ("이어서", "여서"),
        ("이었다", "였다"),
    ];
    let Some((closed, open)) = PAIRS.iter().find(|(a, b)| particle == *a || particle == *b) else {
        return format!("{word}{particle}");
    };
    let fits = match ending(word) {
        Ending::Vowel => open,
        Ending::Liquid if *closed == "으로" => open,
        Ending::Liquid | Ending::Consonant => closed,
    };
    format!("{word}{fits}")
}

/// How a word ends when a Korean engineer says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Vowel,
    Liquid,
    Consonant,
}

fn ending(word: &str) -> Ending {
    let word = word.trim_end_matches([')', '"', '\'', '`', ' ']);
    let Some(last) = word.chars().last() else { return Ending::Vowel };
    match last {
        '가'..='힣' => match (last as u32 - 0xac00) % 28 {
            0 => Ending::Vowel,
            8 => Ending::Liquid,
            _ => Ending::Consonant,
        },
        // 영 일 이 삼 사 오 육 칠 팔 구
        '1' | '7' | '8' => Ending::Liquid,
        '0' | '3' | '6' => Ending::Consonant,
        '0'..='9' | '%' => Ending::Vowel,
        _ => english(word),
    }
}

/// The ending of an English word, a unit or an abbreviation.
fn english(word: &str) -> Ending {
    let word = word.rsplit([' ', '/', '-']).next().unwrap_or(word);
    let lower = word.to_ascii_lowercase();
    match lower.as_str() {
        // Units: 초, 개월, 바이트, 배.
        "s" | "ms" | "us" | "ns" | "month" | "x" => return Ending::Vowel,
        "min" | "years" => return Ending::Consonant, // 분, 년
        "h" => return Ending::Consonant,             // 시간
        "days" => return Ending::Liquid,             // 일
        "zone" | "one" | "time" | "runtime" | "pipeline" | "timeline" | "online" => {
            return Ending::Consonant;
        }
        "table" | "console" | "role" | "file" | "shell" | "rule" | "module" => {
            return Ending::Liquid;
        }
        "topic" | "click" | "block" | "lock" | "traffic" | "metric" | "log" | "backup" | "app"
        | "map" | "group" | "batch-job" | "bucket" | "packet" | "socket" | "snapshot" => {
            return Ending::Consonant;
        }
        _ => {}
    }
    let last = lower.chars().last().unwrap_or(' ');
    let abbreviation = word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase());
    let single = word.chars().count() == 1;
    match last {
        // 엘, 알
        'l' | 'r' if abbreviation || single => Ending::Liquid,
        'm' | 'n' => Ending::Consonant,
        'l' => Ending::Liquid,
        'g' if lower.ends_with("ng") => Ending::Consonant,
        _ => Ending::Vowel,
    }
}

#[cfg(test)]
mod tests {
    use super::with_particle;

    #[test]
    fn particles_follow_pronunciation() {
        let cases = [
            ("저장소", "은", "는"),
            ("로그", "을", "를"),
            ("집계", "과", "와"),
            ("값", "이", "이"),
            ("서울", "으로", "로"),
            ("115,741/s", "은", "는"),
            ("18.3 TB", "이", "가"),
            ("96 years", "으로", "으로"),
            ("30 days", "은", "은"),
            ("99.95 %", "을", "를"),
            ("CDN", "은", "은"),
            ("SQL", "으로", "로"),
            ("Redis", "가", "가"),
            ("region", "은", "은"),
            ("shard", "을", "를"),
            ("2x", "이", "가"),
            ("$48.5 k/month", "은", "는"),
            ("topic", "은", "은"),
            ("cache", "는", "는"),
            ("3 erlangs", "이고", "고"),
            ("5년", "이고", "이고"),
            ("5년", "여서", "이어서"),
            ("30일", "으로", "로"),
            ("17", "이며", "이며"),
        ];
        for (word, given, expected) in cases {
            assert_eq!(with_particle(word, given), format!("{word}{expected}"));
        }
    }
}
