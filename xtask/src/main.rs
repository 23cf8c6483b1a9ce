//! The project's own checks and code generation.
fn main() {}
