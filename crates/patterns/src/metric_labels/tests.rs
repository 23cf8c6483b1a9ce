use super::*;

#[test]
fn textbook_scanners_do_not_make_series() {
    let routes = RouteTable::new(&["/", "/{code}", "/api/v1/links/{id}/stats"]).unwrap();
    let mut labels = std::collections::BTreeSet::new();
    for i in 0..10_000 {
        labels.insert(routes.label(&format!("/{i}")).to_owned());
        labels.insert(routes.label(&format!("/admin/{i}.php")).to_owned());
        labels.insert(routes.label(&format!("/api/v1/links/{i}/stats")).to_owned());
    }
    let expected = ["/api/v1/links/{id}/stats", "/{code}", UNMATCHED];
    assert!(labels.iter().eq(expected), "{labels:?}");
    assert_eq!(routes.label("/"), "/");
}

#[test]
fn the_most_specific_template_wins() {
    let routes =
        RouteTable::new(&["/files/{*path}", "/files/{id}", "/files/new", "/{a}/new"]).unwrap();
    for (path, label) in [
        ("/files/new", "/files/new"),
        ("/files/7", "/files/{id}"),
        ("/files/7/8", "/files/{*path}"),
        ("/x/new", "/{a}/new"),
        ("/files", UNMATCHED),
        ("/files//", "/files/{*path}"),
        ("//new", UNMATCHED),
        ("", UNMATCHED),
    ] {
        assert_eq!(routes.label(path), label, "{path}");
    }
}

#[test]
fn methods_and_statuses_are_few() {
    assert_eq!((method_label("GET"), method_label("get")), ("GET", OTHER));
    assert_eq!([100, 204, 308, 429, 503].map(status_class), ["1xx", "2xx", "3xx", "4xx", "5xx"]);
    assert_eq!([0, 99, 600, 65_535].map(status_class), [OTHER; 4]);
}

#[test]
fn values_beyond_the_limit_share_one_label() {
    let mut limit = LabelLimit::new(2);
    let labels: Vec<_> = ["a", "b", "c", "a", "d"].map(|v| limit.label(v)).to_vec();
    assert_eq!(labels, ["a", "b", OTHER, "a", OTHER]);
    assert_eq!(limit.overflowed(), 2);
}

#[test]
fn templates_are_checked() {
    assert!(RouteTable::new(&["users"]).is_err());
    assert!(RouteTable::new(&["/a", "/a"]).is_err());
    assert!(RouteTable::new(&["/{*rest}/x"]).is_err());
}
