use super::*;

fn node(id: &str, kind: &'static str, lines: &[&str]) -> Node {
    let lines = lines.iter().map(|line| (*line).to_owned()).collect();
    Node { id: id.to_owned(), kind, lines }
}

fn edge(from: &str, to: &str, label: &str) -> Edge {
    let (from, to, label) = (from.to_owned(), to.to_owned(), label.to_owned());
    Edge { from, to, label, asynchronous: false }
}

fn shortener() -> Diagram {
    Diagram {
        title: "Everything".to_owned(),
        nodes: vec![
            node("client", "external", &["clients"]),
            node("edge", "gateway", &["edge", "nginx 1.28", "6 x c7g.xlarge"]),
            node("redirect", "service", &["redirect", "18 x c7g.2xlarge"]),
            node("api", "service", &["api", "3 x c7g.large"]),
            node("hot", "cache", &["hot-links", "Redis 7.2, 6 shards x 2"]),
            node("links", "store", &["link-store", "Cassandra 5.0, RF 3"]),
            node("clicks", "topic", &["clicks", "Kafka 4.0, 24 partitions"]),
            node("rollup", "consumer", &["rollup", "집계 서비스"]),
            node("stats", "store", &["stats-store", "PostgreSQL 18"]),
        ],
        edges: vec![
            edge("client", "edge", "115,741/s"),
            edge("edge", "redirect", "115,741/s"),
            edge("edge", "api", "1,157/s"),
            edge("redirect", "hot", "lookup"),
            edge("redirect", "links", "on a miss"),
            edge("redirect", "clicks", "emit"),
            edge("api", "links", "write"),
            edge("api", "stats", "read"),
            edge("clicks", "rollup", ""),
            edge("rollup", "stats", "upsert"),
        ],
    }
}

#[test]
fn no_text_overlaps_another() {
    let collisions = shortener().draw().collisions();
    assert!(collisions.is_empty(), "{collisions:#?}");
}

#[test]
fn no_box_overlaps_another() {
    let placed = layout::place(&shortener());
    for (i, a) in placed.boxes.iter().enumerate() {
        for b in &placed.boxes[i + 1..] {
            assert!(!a.overlaps(b), "{a:?} {b:?}");
        }
    }
}

#[test]
fn a_cycle_and_a_loop_are_drawn() {
    let mut diagram = shortener();
    diagram.edges.push(edge("stats", "edge", "back"));
    diagram.edges.push(edge("api", "api", ""));
    let svg = diagram.draw().finish();
    assert!(svg.contains("stats-store"));
}

#[test]
fn mermaid_has_every_box_and_arrow() {
    let text = shortener().mermaid();
    assert_eq!(text.lines().count(), 1 + 9 + 10);
    assert!(text.contains("n1 -->|\"115,741/s\"| n2"));
}
