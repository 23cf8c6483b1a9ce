//! Looks at pictures in a real Chromium: do texts overlap, leave their box or the picture, or need
//! much more room than the bundled table of widths gives them?

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What the page computes: one line per fault.
const SCRIPT: &str = r#"
const faults = [];
for (const svg of document.querySelectorAll('svg')) {
  const name = svg.parentElement.id, page = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll('text')].map(t => [t, t.getBoundingClientRect()]);
  const boxes = [...svg.querySelectorAll('.box')].map(b => b.getBoundingClientRect());
  const inside = (a, b, by) => a.left >= b.left - by && a.right <= b.right + by
    && a.top >= b.top - by && a.bottom <= b.bottom + by;
  texts.forEach(([t, a], i) => {
    for (const [other, b] of texts.slice(i + 1)) {
      // Line boxes are taller than letters: a third of a line may be shared.
      const x = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (x > 1 && y > Math.min(a.height, b.height) / 3)
        faults.push(`${name}: "${t.textContent}" and "${other.textContent}" overlap`);
    }
    if (!inside(a, page, 1)) faults.push(`${name}: "${t.textContent}" leaves the picture`);
    const x = (a.left + a.right) / 2, y = (a.top + a.bottom) / 2;
    for (const b of boxes)
      if (x > b.left && x < b.right && y > b.top && y < b.bottom && !inside(a, b, 1))
        faults.push(`${name}: "${t.textContent}" leaves its box`);
    t.removeAttribute('textLength');
    const natural = t.getBoundingClientRect();
    // Short words at small sizes are hinted to whole pixels.
    if (natural.width > 1.1 * a.width + 3 || natural.width < 0.8 * a.width - 3)
      faults.push(`${name}: "${t.textContent}" is ${natural.width} wide, taken for ${a.width}`);
  });
}
const shown = document.createElement('pre');
shown.id = 'faults';
shown.textContent = `texts ${document.querySelectorAll('text').length}\n` + faults.join('\n');
document.body.append(shown);
"#;

/// Returns what is wrong with the pictures, or nothing to say where there is no Chromium.
///
/// # Panics
/// Panics without Chromium where `CI` is `true`, and when Chromium shows no text at all.
pub(crate) fn faults(pictures: &BTreeMap<String, String>, folder: &Path) -> Option<Vec<String>> {
    let page = folder.join("pictures.html");
    let mut html = String::from("<!doctype html><meta charset=utf-8><body>");
    for (name, svg) in pictures {
        let _ = write!(html, "<div id=\"{name}\">{svg}</div>");
    }
    let _ = write!(html, "<script>{SCRIPT}</script>");
    fs::write(&page, html).unwrap();
    let profile = folder.join("chromium");
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg("--dump-dom")
        .arg(format!("file://{}", page.display()))
        .output();
    let Ok(output) = output else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI has no chromium");
        return None;
    };
    let dom = String::from_utf8_lossy(&output.stdout);
    let shown =
        dom.split("<pre id=\"faults\">").nth(1).and_then(|rest| rest.split("</pre>").next());
    let shown = shown.unwrap_or_else(|| {
        panic!("chromium ran no script: {}", String::from_utf8_lossy(&output.stderr))
    });
    let mut lines = shown.lines();
    let count: u32 = lines.next().unwrap().strip_prefix("texts ").unwrap().parse().unwrap();
    assert!(count > 0, "no text was drawn");
    Some(lines.map(str::to_owned).collect())
}
