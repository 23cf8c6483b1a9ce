//! A plan as Markdown, HTML, SVG and JSON, in English and Korean.

pub mod chart;
pub mod diagram;
pub mod svg;
pub mod words;
