use super::*;

#[test]
fn text_and_back() {
    for text in [
        "{deterministic: 1s}",
        "{exponential: {mean: 200ms}}",
        "{erlang: {mean: 1s, stages: 4}}",
        "{hyperexponential: {mean: 1s, cv: 3}}",
        "{lognormal: {mean: 0.5s, cv: 2}}",
        "{gamma: {mean: 1s, cv: 0.5}}",
        "{weibull: {mean: 1s, shape: 0.7}}",
        "{pareto: {mean: 1s, shape: 2.5}}",
        "{uniform: {low: 1s, high: 2}}",
        "{empirical: [[1s, 3], [5, 1]]}",
    ] {
        let read: Distribution = serde_saphyr::from_str(text).unwrap();
        let json = serde_json::to_string(&read).unwrap();
        assert_eq!(serde_json::from_str::<Distribution>(&json).unwrap(), read, "{text} {json}");
    }
}
