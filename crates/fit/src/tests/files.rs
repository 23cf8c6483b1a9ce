//! Files as people have them, and broken ones.

use crate::{Buckets, Measured, Quantity, ReadOptions, Values, read};

fn options() -> ReadOptions {
    ReadOptions::default()
}

fn series(text: &str, options: &ReadOptions) -> Vec<Measured> {
    read(text, options).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn problems(text: &str, options: &ReadOptions) -> Vec<String> {
    read(text, options).unwrap_err().iter().map(ToString::to_string).collect()
}

fn samples(measured: &Measured) -> &[f64] {
    match &measured.values {
        Values::Samples(values) => values,
        Values::Buckets(_) => panic!("{measured:?}"),
    }
}

fn buckets(measured: &Measured) -> &Buckets {
    match &measured.values {
        Values::Buckets(buckets) => buckets,
        Values::Samples(_) => panic!("{measured:?}"),
    }
}

const EXPOSITION: &str = r#"# HELP http_request_duration_seconds Time to answer.
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{path="/a \"b\"",le="0.1"} 60
http_request_duration_seconds_bucket{path="/a \"b\"",le="0.5"} 90 1395066363000
http_request_duration_seconds_bucket{path="/a \"b\"",le="+Inf"} 100 # {trace="x"} 0.7
http_request_duration_seconds_sum{path="/a \"b\""} 21.5
http_request_duration_seconds_count{path="/a \"b\""} 100
http_request_duration_seconds_bucket{le="0.1",path="/c"} 1
http_request_duration_seconds_bucket{le="0.5",path="/c"} 3
http_request_duration_seconds_bucket{le="+Inf",path="/c"} 3
up 1
body_bytes_bucket{le="1000"} 5
body_bytes_count 8
idle_seconds_bucket{le="1"} 0
idle_seconds_bucket{le="+Inf"} 0
"#;

#[test]
fn the_text_exposition() {
    let all = series(EXPOSITION, &options());
    let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "body_bytes",
            "http_request_duration_seconds{path=\"/a \"b\"\"}",
            "http_request_duration_seconds{path=\"/c\"}"
        ]
    );
    assert_eq!(all[0].quantity, Quantity::Bytes);
    assert_eq!(buckets(&all[0]).beyond, 3.0);
    let first = buckets(&all[1]);
    assert_eq!(first.bounded, [(0.1, 60.0), (0.5, 30.0)]);
    assert_eq!((first.beyond, first.sum), (10.0, Some(21.5)));
    let sum = ReadOptions { select: Some("http_".to_owned()), sum: true, ..options() };
    let added = series(EXPOSITION, &sum);
    assert_eq!(added[0].name, "http_request_duration_seconds (2 series added)");
    assert_eq!(buckets(&added[0]).bounded, [(0.1, 61.0), (0.5, 32.0)]);
    assert_eq!(buckets(&added[0]).sum, None);
    let nothing = ReadOptions { select: Some("grpc".to_owned()), ..options() };
    assert_eq!(problems(EXPOSITION, &nothing), ["no series has `grpc` in its name"]);
}

#[test]
fn a_broken_exposition_says_where() {
    let broken = "# TYPE x histogram\nx_bucket{le=\"0.1\"} many\nx_bucket{le=\"-1\"} 3\n\
                  x_bucket{le=\"1\" 3\nx_bucket 3\nx_bucket{le=\"2\"} NaN\n";
    let said = problems(broken, &options());
    assert_eq!(said.len(), 5, "{said:?}");
    for (line, (said, part)) in said
        .iter()
        .zip(["no number", "no bound", "write `name", "without a label", "no count"])
        .enumerate()
    {
        assert!(said.starts_with(&format!("{}: ", line + 2)) && said.contains(part), "{said}");
    }
    let falling = "x_bucket{le=\"1\"} 5\nx_bucket{le=\"2\"} 4\n";
    assert!(problems(falling, &options())[0].contains("counts are cumulative"));
    let twice = "x_bucket{le=\"1\"} 5\nx_bucket{le=\"1.0\"} 5\n";
    assert!(problems(twice, &options())[0].contains("two buckets have the bound 1"));
    let other = "x_bucket{a=\"1\",le=\"1\"} 5\nx_bucket{a=\"2\",le=\"2\"} 5\n";
    let sum = ReadOptions { sum: true, ..options() };
    assert!(problems(other, &sum)[0].contains("different bounds"));
    let arrivals = ReadOptions { arrivals: true, ..options() };
    assert!(problems(EXPOSITION, &arrivals)[0].contains("--arrivals wants"));
}

#[test]
fn the_answer_of_a_query() {
    let text = r#"{"status":"success","data":{"resultType":"vector","result":[
        {"metric":{"le":"0.1"},"value":[1732351234.5,"12.5"]},
        {"metric":{"le":"+Inf"},"value":[1732351234.5,"20"]}]}}"#;
    let found = series(text, &options());
    assert_eq!(found[0].name, "histogram");
    assert_eq!(buckets(&found[0]).bounded, [(0.1, 12.5)]);
    assert_eq!(buckets(&found[0]).beyond, 7.5);
    assert!(found[0].notes[0].contains("read as seconds"));
    let fit = crate::fit(&found[0], tenfold_units::Seed(1));
    assert!(fit.cautions.iter().any(|text| text.contains("increase()")), "{fit:?}");
    let milliseconds = ReadOptions { unit: Some("ms".parse().unwrap()), ..options() };
    assert_eq!(buckets(&series(text, &milliseconds)[0]).bounded, [(0.0001, 12.5)]);
    let matrix = text.replace("vector", "matrix");
    assert!(problems(&matrix, &options())[0].contains("instant vector"));
    let failed = r#"{"status":"error","error":"parse error"}"#;
    assert_eq!(problems(failed, &options()), ["the query failed: parse error"]);
    let unlabelled = text.replace("\"le\"", "\"job\"");
    assert!(problems(&unlabelled, &options())[0].contains("no series has a label `le`"));
    let cut = &text[..text.len() - 30];
    assert!(problems(cut, &options())[0].starts_with("3: "), "{:?}", problems(cut, &options()));
    let native = text.replace("\"value\":[1732351234.5,\"20\"]", "\"histogram\":[1,{}]");
    assert!(problems(&native, &options())[0].contains("native histogram"));
}

#[test]
fn a_column() {
    let text = "id,latency_ms\n1,12\n2, 8.5\n3,\n4,NaN\n5,-1\n\"6\",\"200us\"\n";
    let column = ReadOptions { column: Some("latency_ms".to_owned()), ..options() };
    let found = series(text, &column);
    assert_eq!(samples(&found[0]), [0.012, 0.0085, 0.0002]);
    let dropped: Vec<(u64, &str)> =
        found[0].dropped.iter().map(|one| (one.count, one.why.as_str())).collect();
    assert_eq!(dropped, [(2, "no value in the cell"), (1, "negative")]);
    assert_eq!(samples(&series("1\n2\n", &options())[0]), [1.0, 2.0]);
    assert_eq!(samples(&series("10ms\n2s\n", &options())[0]), [0.01, 2.0]);
    let sizes = series("size_bytes\n1000\n20\n", &options());
    assert_eq!(
        (sizes[0].quantity, samples(&sizes[0])),
        (Quantity::Bytes, [1000.0, 20.0].as_slice())
    );
    assert_eq!(
        problems(text, &ReadOptions { column: Some("ms".to_owned()), ..options() }),
        ["1: no column `ms`; there are id, latency_ms"]
    );
    let said = problems("t\n1\nsoon\n2\n7 parsecs\n", &options());
    assert!(said[0].starts_with("3: `soon` is no span"), "{said:?}");
    assert!(said[1].starts_with("5: unknown unit `parsecs`"), "{said:?}");
    let many: String = (0..50).map(|i| format!("x{i}\n")).collect();
    let said = problems(&format!("t\n{many}"), &options());
    assert_eq!((said.len(), said[20].as_str()), (21, "and 30 more like these"));
    assert_eq!(problems("", &options()), ["the file is empty"]);
    assert!(problems("only_a_header\n", &options())[0].contains("does not have a value"));
}

#[test]
fn times_of_arrival() {
    let arrivals = ReadOptions { arrivals: true, ..options() };
    let text = "at\n2026-11-23T10:00:00Z\n2026-11-23T10:00:02.5Z\n2026-11-23T10:00:01Z\n";
    let found = series(text, &arrivals);
    assert_eq!(samples(&found[0]), [1.0, 1.5]);
    assert_eq!(found[0].name, "times between at");
    assert!(found[0].notes.iter().any(|note| note.starts_with("1 arrivals stood before")));
    let epoch = "at_ms\n1732351234567\n1732351234568\n1732351234570\n";
    assert_eq!(samples(&series(epoch, &arrivals)[0]), [0.001, 0.002]);
    assert!(problems("at\n1\nnoon\n", &arrivals)[0].starts_with("3: `noon` is no time"));
    assert!(problems("at\n1\n", &arrivals)[0].contains("two times of arrival"));
}

const SPAN: &str = r#"{"name":"GET /","startTimeUnixNano":"1732351234000000000","endTimeUnixNano":"1732351234250000000"}"#;

fn trace(spans: &str) -> String {
    format!(
        "{{\"resourceSpans\":[{{\"resource\":{{\"attributes\":[{{\"key\":\"service.name\",\
         \"value\":{{\"stringValue\":\"cart\"}}}}]}},\"scopeSpans\":[{{\"spans\":[{spans}]}}]}}]}}"
    )
}

#[test]
fn spans_of_a_trace() {
    let failed = SPAN.replace("\"name\"", "\"status\":{\"code\":2},\"name\"");
    let open = SPAN.replace("1732351234250000000", "0");
    let late = SPAN.replace("1732351234000000000", "1732351235000000000");
    let number = SPAN.replace("\"1732351234250000000\"", "1732351234000000500");
    let text = trace(&[SPAN, &failed, &open, &late, &number].join(","));
    let found = series(&text, &options());
    assert_eq!((found.len(), found[0].name.as_str()), (1, "cart: GET /"));
    assert_eq!(samples(&found[0]), [0.25, 5e-7]);
    assert_eq!(found[0].dropped.iter().map(|one| one.count).collect::<Vec<_>>(), [1, 1, 1]);
    assert!(found[0].notes[0].contains("the calls that it makes"));
    // One document a line, as the collector's file exporter writes.
    let lines = format!("{}\n\n{}\n", trace(SPAN), trace(&late));
    assert_eq!(samples(&series(&lines, &options())[0]), [0.25]);
    let arrivals = ReadOptions { arrivals: true, ..options() };
    assert_eq!(samples(&series(&lines, &arrivals)[0]), [1.0]);
    let broken = format!("{}\n{}\n", trace(SPAN), &trace(SPAN)[..60]);
    assert!(
        problems(&broken, &options())[0].starts_with("2: "),
        "{:?}",
        problems(&broken, &options())
    );
    let wrong = trace(&SPAN.replace("1732351234000000000", "yesterday"));
    assert!(problems(&wrong, &options())[0].contains("nanoseconds"));
    assert_eq!(problems(&trace(""), &options()), ["no measurements in it"]);
}
