//! Reads a brief: text to what was written, with the place of every amount and all diagnostics at once.
