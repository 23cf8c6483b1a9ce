//! What travels with a request from layer to layer: its deadline, its trace, its route.

use http::Request;

/// A request that can carry a `T`.
///
/// `http::Request` carries anything in its extensions; a request type of your own implements it for
/// what the layers around it use:
///
/// ```
/// use tenfold_patterns::Deadline;
/// use tenfold_patterns_tower::Carry;
/// struct Query { text: String, deadline: Option<Deadline> }
/// impl Carry<Deadline> for Query {
///     fn carried(&self) -> Option<&Deadline> {
///         self.deadline.as_ref()
///     }
///     fn carry(&mut self, deadline: Deadline) {
///         self.deadline = Some(deadline);
///     }
/// }
/// ```
pub trait Carry<T> {
    /// Returns what it carries.
    fn carried(&self) -> Option<&T>;

    /// Makes it carry `value` instead.
    fn carry(&mut self, value: T);
}

impl<B, T: Clone + Send + Sync + 'static> Carry<T> for Request<B> {
    fn carried(&self) -> Option<&T> {
        self.extensions().get()
    }

    fn carry(&mut self, value: T) {
        self.extensions_mut().insert(value);
    }
}
