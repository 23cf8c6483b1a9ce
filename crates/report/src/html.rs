//! Blocks as one HTML file that needs nothing else: no network, no other file.

use tenfold_units::Language;

use crate::document::{Block, Table};
use crate::svg::escape;

/// Returns the page.
#[must_use]
pub fn render(title: &str, blocks: &[Block]) -> String {
    let mut body = String::new();
    let mut contents = String::new();
    let mut anchors = 0;
    for block in blocks {
        if let Block::Heading(level, text) = block {
            anchors += 1;
            if *level == 2 {
                contents
                    .push_str(&format!("<li><a href=\"#h{anchors}\">{}</a></li>\n", inline(text)));
            }
            body.push_str(&format!("<h{level} id=\"h{anchors}\">{}</h{level}>\n", inline(text)));
        } else {
            body.push_str(&render_block(block));
        }
    }
    let bilingual = blocks
        .iter()
        .any(|block| matches!(block, Block::Explanation(wordings) if wordings.len() > 1));
    let switch = if bilingual { SWITCH } else { "" };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <nav><ul>\n{contents}</ul>{switch}</nav>\n<main>\n{body}</main>\n{SCRIPT}</body>\n</html>\n",
        escape(title)
    )
}

fn render_block(block: &Block) -> String {
    match block {
        Block::Heading(..) => String::new(),
        Block::Explanation(wordings) => wordings
            .iter()
            .map(|(language, wording)| {
                let code = if *language == Language::Ko { "ko" } else { "en" };
                format!("<p class=\"explanation\" lang=\"{code}\">{}</p>\n", inline(wording))
            })
            .collect(),
        Block::Paragraph(text) => format!("<p>{}</p>\n", inline(text)),
        Block::List(items) => {
            let items: String =
                items.iter().map(|item| format!("<li>{}</li>\n", inline(item))).collect();
            format!("<ul>\n{items}</ul>\n")
        }
        Block::Table(table) => render_table(table),
        Block::Picture(_, alt, svg) => {
            format!("<figure>\n{svg}<figcaption>{}</figcaption>\n</figure>\n", inline(alt))
        }
        Block::Code(language, text) => format!(
            "<details><summary>{language} source</summary><pre>{}</pre></details>\n",
            escape(text)
        ),
    }
}

fn render_table(table: &Table) -> String {
    let class = |index: usize| {
        if table.head[index].starts_with('#') { " class=\"number\"" } else { "" }
    };
    let head: String = table
        .head
        .iter()
        .enumerate()
        .map(|(i, head)| format!("<th{}>{}</th>", class(i), inline(head.trim_start_matches('#'))))
        .collect();
    let rows: String = table
        .rows
        .iter()
        .map(|row| {
            let cells: String = row
                .iter()
                .enumerate()
                .map(|(i, cell)| format!("<td{}>{}</td>", class(i), inline(cell)))
                .collect();
            format!("<tr>{cells}</tr>\n")
        })
        .collect();
    format!(
        "<div class=\"wide\"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n"
    )
}

/// Turns inline text into HTML.
fn inline(text: &str) -> String {
    let (mut out, mut code, mut bold) = (String::with_capacity(text.len()), false, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if !code => {
                if let Some(next) = chars.next() {
                    out.push_str(&escape(&next.to_string()));
                }
            }
            '`' => {
                out.push_str(if code { "</code>" } else { "<code>" });
                code = !code;
            }
            '*' if !code && chars.peek() == Some(&'*') => {
                chars.next();
                out.push_str(if bold { "</strong>" } else { "<strong>" });
                bold = !bold;
            }
            // A number and its percent sign stay on one line.
            ' ' if chars.peek() == Some(&'%') => out.push('\u{a0}'),
            c => out.push_str(&escape(&c.to_string())),
        }
    }
    if code {
        out.push_str("</code>");
    }
    if bold {
        out.push_str("</strong>");
    }
    out
}

const STYLE: &str = "
:root{--ink:#1f2328;--quiet:#57606a;--line:#d8dee4;--back:#fff;--soft:#f6f8fa;--link:#0550ae}
*{box-sizing:border-box}
body{margin:0;font:15px/1.55 system-ui,-apple-system,'Segoe UI','Noto Sans KR','Noto Sans CJK KR',sans-serif;color:var(--ink);background:var(--back)}
nav{position:sticky;top:0;z-index:1;display:flex;gap:1rem;align-items:center;justify-content:space-between;background:var(--soft);border-bottom:1px solid var(--line);padding:.4rem 1.2rem;font-size:13px}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1rem;list-style:none;margin:0;padding:0}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
main{max-width:1080px;margin:0 auto;padding:1rem 1.2rem 4rem}
h1{font-size:28px;margin:.6em 0 .3em}h2{font-size:22px;margin:2em 0 .5em;padding-bottom:.2em;border-bottom:1px solid var(--line);scroll-margin-top:3rem}
h3{font-size:17px;margin:1.6em 0 .4em}h4{font-size:15px;margin:1.2em 0 .3em}
.wide{overflow-x:auto;margin:.6em 0 1.2em}
table{border-collapse:collapse;font-size:13.5px;min-width:50%}
th,td{border-bottom:1px solid var(--line);padding:.35em .8em .35em 0;text-align:left;vertical-align:top}
th{color:var(--quiet);font-weight:600}
.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
code{font:12.5px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--soft);padding:.1em .3em;border-radius:3px;overflow-wrap:anywhere}
pre{overflow-x:auto;background:var(--soft);padding:.8em;font-size:12.5px}
figure{margin:1em 0;overflow-x:auto}figure svg{max-width:100%;height:auto}
figcaption{color:var(--quiet);font-size:13px}
details summary{cursor:pointer;color:var(--quiet);font-size:13px}
.explanation[lang=en]{color:#32383f}
.explanation[lang=ko]{word-break:keep-all}
body.only-en .explanation[lang=ko]:not(:only-child),body.only-ko .explanation[lang=en]{display:none}
.switch button{font:inherit;border:1px solid var(--line);background:var(--back);padding:.15em .7em;cursor:pointer}
.switch button[aria-pressed=true]{background:var(--ink);color:var(--back)}
@media print{nav{display:none}main{max-width:none}h2{break-before:page}figure,table{break-inside:avoid}}
";

const SWITCH: &str = "<span class=\"switch\" role=\"group\" aria-label=\"language\">\
<button type=\"button\" data-lang=\"both\" aria-pressed=\"true\">both</button>\
<button type=\"button\" data-lang=\"ko\" aria-pressed=\"false\">한국어</button>\
<button type=\"button\" data-lang=\"en\" aria-pressed=\"false\">English</button></span>";

const SCRIPT: &str = "<script>
document.querySelectorAll('.switch button').forEach(function(button){
  button.addEventListener('click',function(){
    document.body.className=button.dataset.lang==='both'?'':'only-'+button.dataset.lang;
    document.querySelectorAll('.switch button').forEach(function(other){
      other.setAttribute('aria-pressed',String(other===button));
    });
  });
});
</script>
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::plain;

    #[test]
    fn text_from_outside_means_nothing() {
        let hostile = "<script>alert(1)</script> **x** `y` | [a](javascript:b) \\";
        let blocks = [Block::Paragraph(plain(hostile))];
        let page = render("t", &blocks);
        assert!(!page.contains("<script>alert"));
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; **x** `y` | [a]"));
    }

    #[test]
    fn the_page_needs_no_other_file() {
        let page = render("t", &[Block::Paragraph("x".to_owned())]);
        assert!(!page.contains("src=") && !page.contains("http"), "{page}");
    }
}
