//! A plan as Markdown, HTML, SVG and JSON, in English and Korean.
