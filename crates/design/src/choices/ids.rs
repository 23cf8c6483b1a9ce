//! How short codes are made: their length, and who decides that each is new.

use tenfold_units::{Unit, math};

use crate::draft::{Draft, excuse, option, t};
use crate::{Bottleneck, Choice, IdScheme, Ids};

/// Ids that an instance leases at once.
const BLOCK: u32 = 1_000_000;

/// Decides how codes are made, where the estimate has a key space.
pub(crate) fn decide(draft: &mut Draft<'_>) -> Option<Ids> {
    let known = ["key_length", "key_space", "key_alphabet"];
    if !known.iter().all(|id| draft.book.ledger.contains(id)) {
        return None;
    }
    let (dataset, _) = code_dataset(draft)?;
    let born = format!("born.{dataset}");
    let length = lengths(draft, &born);
    let alphabet = draft.book.value("key_alphabet") as u32;
    let aliases_apart = has_aliases(draft, &dataset);
    let choice = choice(draft, &dataset, &born);
    draft.choices.push(choice);
    Some(Ids {
        scheme: IdScheme::CounterRange,
        length,
        alphabet,
        block: Some(BLOCK),
        decided_by: Some(dataset),
        permuted: true,
        aliases_apart,
    })
}

/// Returns the dataset whose key is a code, and its label.
fn code_dataset(draft: &Draft<'_>) -> Option<(String, String)> {
    draft
        .estimate
        .datasets
        .iter()
        .find(|d| {
            d.unique.contains(&d.key)
                && d.key.len() == 1
                && draft.book.ledger.contains(&format!("born.{}", d.name))
        })
        .map(|d| (d.name.clone(), d.label.clone()))
}

fn has_aliases(draft: &Draft<'_>, dataset: &str) -> bool {
    draft.estimate.operations.iter().flat_map(|operation| &operation.touches).any(|touch| {
        touch.dataset == dataset && touch.access == tenfold_estimate::Access::UniqueClaim
    })
}

/// Makes the time that 6, 7 and 8 characters last stand, and returns the length in use.
fn lengths(draft: &mut Draft<'_>, born: &str) -> u32 {
    let book = &mut draft.book;
    let short = if book.ledger.contains("key_length_min") { "key_length_min" } else { "1" };
    let years = if book.ledger.contains("key_years") { "key_years" } else { "315360000" };
    let formula = format!("max({short}, ceil(ln({born} * {years}) / ln(key_alphabet)))");
    book.derive("ids.length", "characters of a code", Unit::Count, &formula);
    for length in 6..=8 {
        let label = format!("time until codes of {length} characters are used up");
        let formula = format!("key_alphabet ^ {length} / {born}");
        book.derive(&format!("ids.lasts_{length}"), &label, Unit::Seconds, &formula);
    }
    let label = "time until the codes are used up";
    let lasts = book.derive(
        "ids.lasts",
        label,
        Unit::Seconds,
        &format!("key_alphabet ^ ids.length / {born}"),
    );
    let _ = lasts;
    // A random code collides with one of those that stand: filled share after a year.
    let formula = format!("{born} * 31536000 / key_alphabet ^ ids.length");
    book.derive("ids.filled_1y", "share of the codes in use after a year", Unit::Ratio, &formula);
    let formula = format!("{born} / {BLOCK}");
    book.derive("ids.leases", "leases of a block", Unit::PerSecond, &formula);
    math::exp(math::ln(book.value("ids.length"))).round() as u32
}

fn choice(draft: &mut Draft<'_>, dataset: &str, born: &str) -> Choice {
    let counter = option(
        "counter-range",
        t("blocks of a counter, permuted", "counter 구간을 임대해 순열로 바꾼 code"),
        vec![t(
            "unique without asking: an instance leases a block, {ids.leases} leases in all; a \
             keyed permutation keeps neighbors from being guessed",
            "확인 없이 유일하다. 인스턴스가 구간을 임대하고(전체 {ids.leases}), 비밀 key로 순열을 \
             적용해 이웃 code를 추측할 수 없다",
        )],
        vec![t(
            "an instance that dies loses the rest of its block, and the permutation's key must be \
             kept for ever",
            "인스턴스가 죽으면 남은 구간을 버리고, 순열의 key를 영구히 보관해야 한다",
        )],
        None,
    );
    let mut random = option(
        "random",
        t("random codes", "무작위 code"),
        vec![t("nothing to lease and nothing to guess", "임대할 것도 추측할 것도 없다")],
        vec![t(
            format!(
                "each of {{{born}}} new codes is a conditional write; {{ids.filled_1y}} of them \
                 meet a code that stands after a year"
            ),
            format!(
                "새 code {{{born}}} 하나하나가 조건부 쓰기이고, 1년 뒤에는 그중 \
                 {{ids.filled_1y:이}} 기존 code와 충돌한다"
            ),
        )],
        None,
    );
    random.excuse = Some(excuse(
        Bottleneck::WriteRate,
        &[born, "ids.filled_1y"],
        t(
            format!("{{{born}}} uniqueness checks, where a lease makes {{ids.leases}}"),
            format!("유일성 확인이 {{{born}}} 필요한데, 임대라면 {{ids.leases}}에 그친다"),
        ),
    ));
    draft.book.derive(
        "ids.snowflake_length",
        "characters of 64 bits",
        Unit::Count,
        "ceil(64 * ln(2) / ln(key_alphabet))",
    );
    let mut snowflake = option(
        "snowflake",
        t("time, worker and sequence in 64 bits", "시간, worker, 순번을 담은 64 bit"),
        vec![t("unique without a lease, sorted by time", "임대 없이 유일하고 시간순으로 정렬된다")],
        vec![t(
            "{ids.snowflake_length} characters instead of {ids.length}, and anybody can read when \
             a code was made",
            "{ids.length}자 대신 {ids.snowflake_length}자이고, code만 보고 생성 시각을 알 수 있다",
        )],
        None,
    );
    snowflake.excuse = Some(excuse(
        Bottleneck::KeySpace,
        &["ids.snowflake_length", "ids.length"],
        t(
            "{ids.snowflake_length} characters, where {ids.length} last {ids.lasts}",
            "{ids.length}자로 {ids.lasts:을} 쓰는데 {ids.snowflake_length}자가 필요하다",
        ),
    ));
    let pin = draft.pin(&["counter-id", "base62"], dataset).map(|pin| {
        let text = t(
            "{ids.length} characters of {key_alphabet} last {ids.lasts} at this rate; 6 would \
             last {ids.lasts_6}.",
            "{key_alphabet}진법 {ids.length}자는 이 속도로 {ids.lasts} 쓸 수 있다. 6자라면 \
             {ids.lasts_6:이다}.",
        );
        draft.judged(pin, true, text)
    });
    Choice {
        id: "ids".to_owned(),
        question: t("How are codes made?", "code는 어떻게 만드는가?"),
        options: vec![counter, random, snowflake],
        chosen: "counter-range".to_owned(),
        reason: t(
            "Unique by construction, as short as the key space allows: {ids.length} characters \
             last {ids.lasts}, 6 would last {ids.lasts_6}. Names of the users' choice live in a \
             space apart and are claimed by a conditional write.",
            "구조적으로 유일하고 key 공간이 허락하는 만큼 짧다. {ids.length}자는 {ids.lasts}, 6자는 \
             {ids.lasts_6} 쓸 수 있다. 사용자가 고른 이름은 별도 공간에 두고 조건부 쓰기로 선점한다.",
        ),
        forced_by: vec!["ids.length".to_owned(), born.to_owned()],
        changes_at: None,
        pin,
    }
}
