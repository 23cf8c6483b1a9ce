//! Names of regions.

/// Returns the region whose prices the catalogue holds in full for `provider`.
pub(crate) fn home(provider: &str) -> Option<&'static str> {
    match provider {
        "aws" => Some("us-east-1"),
        "azure" => Some("eastus"),
        "gcp" => Some("us-east1"),
        _ => None,
    }
}

/// Returns the price area of CloudFront that serves the users of an AWS region.
pub(crate) fn cloudfront_area(region: &str) -> Option<&'static str> {
    // The more special names stand first: `ap-south-` is India, `ap-southeast-2` Australia.
    const AREAS: [(&str, &str); 16] = [
        ("us-", "us_mexico_canada"),
        ("ca-", "us_mexico_canada"),
        ("mx-", "us_mexico_canada"),
        ("eu-", "europe_israel"),
        ("il-", "europe_israel"),
        ("af-", "south_africa_kenya_middle_east"),
        ("me-", "south_africa_kenya_middle_east"),
        ("sa-", "south_america"),
        ("ap-northeast-1", "japan"),
        ("ap-northeast-3", "japan"),
        ("ap-northeast-2", "hong_kong_philippines_asia_pacific"),
        ("ap-southeast-2", "australia_new_zealand"),
        ("ap-southeast-4", "australia_new_zealand"),
        ("ap-southeast-", "hong_kong_philippines_asia_pacific"),
        ("ap-east-", "hong_kong_philippines_asia_pacific"),
        ("ap-south-", "india"),
    ];
    AREAS.iter().find(|(prefix, _)| region.starts_with(prefix)).map(|(_, area)| *area)
}

/// Returns a region's name as ids write it: `East US` and `eastus` are the same.
pub(crate) fn slug(region: &str) -> String {
    region.chars().filter(|c| *c != ' ').flat_map(char::to_lowercase).collect()
}
