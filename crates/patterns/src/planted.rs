//! Bugs planted to try the tests: each name below must make the suite fail.
//!
//! Without the feature `planted-bugs` [`is`] is the constant `false` and nothing of this is built.

/// Returns whether the bug `name` is switched on.
#[cfg(not(feature = "planted-bugs"))]
#[inline(always)]
pub(crate) const fn is(_name: &str) -> bool {
    false
}

/// Returns whether the bug `name` is switched on: the one that `TENFOLD_PLANTED_BUG` named when the
/// crate was compiled.
#[cfg(feature = "planted-bugs")]
pub(crate) fn is(name: &str) -> bool {
    option_env!("TENFOLD_PLANTED_BUG") == Some(name)
}
