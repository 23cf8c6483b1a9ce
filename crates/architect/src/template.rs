//! Briefs to start from: one for each kind of system that is recognized.

/// Name, title, what it must do, how much of it.
type Template = (&'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const TEMPLATES: &[Template] = &[
    (
        "url-shortener",
        "URL Shortener",
        &["Custom aliases", "Analytics"],
        &["10M URLs/day", "redirect p99 < 100 ms", "Availability 99.9%"],
    ),
    (
        "chat",
        "Chat Application",
        &["Real-time messaging", "Message history", "Read receipts"],
        &["1M concurrent users", "40 messages per user and day", "Availability 99.9%"],
    ),
    (
        "video-streaming",
        "Video Streaming",
        &["Adaptive bitrate streaming", "Personalized recommendations"],
        &["10M monthly active users", "45 minutes of video per user and day", "Availability 99.9%"],
    ),
    (
        "shop",
        "Online Shop",
        &["Search the catalogue", "Cart and checkout", "State of orders"],
        &[
            "1M daily active users",
            "10 requests per user and day, peak 3x",
            "2.5% of daily users place an order",
            "Checkout p99 < 800 ms",
        ],
    ),
    (
        "feed",
        "Social Feed",
        &["Post a short text", "Follow other users", "Read the home feed"],
        &["10M daily active users", "2 posts per user and day", "feed p99 < 200 ms"],
    ),
    (
        "file-store",
        "File Storage",
        &["Upload and download files", "Share a file by a link"],
        &["1M users", "10 GB per user", "5 uploads per user and day"],
    ),
    (
        "metrics",
        "Metrics Platform",
        &["Ingest metrics from hosts", "Query dashboards"],
        &["10,000 hosts", "100 metrics per host every 10 s", "Retention 30 days"],
    ),
    (
        "search",
        "Search Engine",
        &["Full-text search", "Index new documents"],
        &["100M documents", "1,000 searches/s", "search p95 < 200 ms"],
    ),
    (
        "notification",
        "Notification Service",
        &["Push notifications", "E-mail", "User preferences"],
        &["10M users", "5 notifications per user and day"],
    ),
    (
        "booking",
        "Hotel Booking",
        &["Search for rooms", "Book a room", "Cancel a booking"],
        &["1M daily active users", "2% of daily users book a room", "booking p99 < 1 s"],
    ),
    (
        "payment",
        "Payment Service",
        &["Charge a card", "Refund", "Ledger"],
        &["1M payments/day", "payment p99 < 1 s", "Availability 99.95%"],
    ),
    (
        "ride-hailing",
        "Ride Hailing",
        &["Request a ride", "Follow the driver on the map"],
        &["100k drivers", "1M rides/day", "Drivers send their position every 4 s"],
    ),
    (
        "generic",
        "Request Service",
        &["Answer requests", "Keep the records"],
        &[
            "1M daily active users",
            "10 requests per user and day",
            "1 KB per request",
            "p99 < 200 ms",
        ],
    ),
];

/// Returns the kinds of systems that a brief can start from.
#[must_use]
pub fn archetypes() -> Vec<&'static str> {
    TEMPLATES.iter().map(|template| template.0).collect()
}

/// Returns a commented brief of this kind, or `None` for a kind that is not known.
#[must_use]
pub fn new_brief(kind: &str) -> Option<String> {
    let (_, title, features, load) = TEMPLATES.iter().find(|template| template.0 == kind)?;
    let list = |items: &[&str]| items.iter().map(|item| format!("- {item}\n")).collect::<String>();
    Some(format!(
        "# {title}\n\n\
         <!-- What it must do. A story works too: As a reader I want to follow a link. -->\n\
         ## Functional requirements\n{}\n\
         <!-- How much and how well. Whatever is left out is assumed, and listed with its source. -->\n\
         ## Non-functional requirements\n{}\n\
         <!-- Region, budget, team, residency: whatever limits the design. -->\n\
         ## Constraints\n- AWS us-east-1\n\n\
         <!-- Choices that are made already. They are kept, and judged. Leave it empty to be told. -->\n\
         ## Design\n",
        list(features),
        list(load)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Catalog, read};
    use tenfold_brief::Format;
    use tenfold_estimate::Outcome;

    #[test]
    fn each_kind_writes_a_brief_that_is_understood_as_that_kind() {
        let catalog = Catalog::builtin();
        for kind in archetypes() {
            let brief = new_brief(kind).unwrap();
            let estimate = read(brief.as_bytes(), Format::Markdown, &catalog);
            assert_eq!(estimate.outcome, Outcome::Ok, "{kind}: {:?}", estimate.diagnostics);
            assert_eq!(estimate.archetype.name, kind);
            assert!(estimate.not_understood.is_empty(), "{kind}: {:?}", estimate.not_understood);
        }
    }
}
