//! Trace context: the headers by which a request keeps its identity from hop to hop.
//!
//! ```text
//!   traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
//!                version   trace id (32)              parent id (16)   flags (01: sampled)
//!   tracestate:  vendor1=value,vendor2=value           at most 32, newest first
//! ```
//!
//! **Use it** at every edge of a service: parse, make a child, send its headers on. **Not** as proof
//! of who the caller is.
//!
//! Pitfalls that it avoids: a header that is there twice is invalid; all-zero ids are invalid; a
//! later version is read by its first four fields and sent on as version 00; a bad tracestate is
//! dropped without the traceparent.
//!
//! ```
//! use tenfold_patterns::TraceContext;
//! use tenfold_units::Seed;
//! let headers = [("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")];
//! let parent = TraceContext::parse(headers).unwrap();
//! let child = parent.child(&mut Seed(1).stream("spans"));
//! assert_eq!(child.trace_id(), parent.trace_id());
//! assert!(child.traceparent().ends_with("-01"));
//! ```
//!
//! Source: W3C Trace Context, Level 2.

#[cfg(test)]
mod tests;

use tenfold_units::random::Stream;

/// Members of a tracestate at most.
const MAX_MEMBERS: usize = 32;

/// The identity of a request in a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    trace_id: u128,
    parent_id: u64,
    flags: u8,
    /// Members, newest first.
    state: Vec<(String, String)>,
}

impl TraceContext {
    /// Starts a trace.
    #[must_use]
    pub fn start(sampled: bool, stream: &mut Stream) -> Self {
        let trace_id = loop {
            let id = u128::from(stream.next_u64()) << 64 | u128::from(stream.next_u64());
            if id != 0 {
                break id;
            }
        };
        // Bit 1: the id is random, so that its right part may be used for sampling.
        let flags = u8::from(sampled) | 2;
        Self { trace_id, parent_id: span_id(stream), flags, state: Vec::new() }
    }

    /// Returns the context that the headers of a request carry, or `None` when there is no valid
    /// traceparent: then [start](TraceContext::start) a trace.
    pub fn parse<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<Self> {
        let (mut parent, mut state) = (None, Some(Vec::new()));
        for (name, value) in headers {
            if name.eq_ignore_ascii_case("traceparent") {
                if parent.is_some() {
                    return None;
                }
                parent = Some(value);
            } else if name.eq_ignore_ascii_case("tracestate") {
                state = state.and_then(|members| add_members(members, value));
            }
        }
        let (trace_id, parent_id, flags) = parse_parent(parent?)?;
        let state = state.unwrap_or_default();
        Some(Self { trace_id, parent_id, flags, state })
    }

    /// Returns the context for a request that this one makes: same trace, new parent.
    #[must_use]
    pub fn child(&self, stream: &mut Stream) -> Self {
        // Of the flags only what this version knows is sent on: sampled, random.
        Self { parent_id: span_id(stream), flags: self.flags & 3, ..self.clone() }
    }

    /// Returns the value of the header `traceparent`.
    #[must_use]
    pub fn traceparent(&self) -> String {
        format!("00-{:032x}-{:016x}-{:02x}", self.trace_id, self.parent_id, self.flags)
    }

    /// Returns the value of the header `tracestate`, or `None` when there is nothing to say.
    #[must_use]
    pub fn tracestate(&self) -> Option<String> {
        let members: Vec<String> =
            self.state.iter().map(|(key, value)| format!("{key}={value}")).collect();
        (!members.is_empty()).then(|| members.join(","))
    }

    /// Sets a member of the tracestate as the newest; the oldest may go for it. Says whether key and
    /// value are well formed.
    pub fn set_state(&mut self, key: &str, value: &str) -> bool {
        if !is_key(key) || !is_value(value) {
            return false;
        }
        self.state.retain(|member| member.0 != key);
        self.state.insert(0, (key.to_owned(), value.to_owned()));
        self.state.truncate(MAX_MEMBERS);
        true
    }

    /// Returns the identity of the trace; never 0.
    #[must_use]
    pub const fn trace_id(&self) -> u128 {
        self.trace_id
    }

    /// Returns the identity of the caller's part; never 0.
    #[must_use]
    pub const fn parent_id(&self) -> u64 {
        self.parent_id
    }

    /// Returns whether the caller may have recorded its part.
    #[must_use]
    pub const fn is_sampled(&self) -> bool {
        self.flags & 1 == 1
    }
}

fn span_id(stream: &mut Stream) -> u64 {
    loop {
        let id = stream.next_u64();
        if id != 0 {
            return id;
        }
    }
}

fn parse_parent(header: &str) -> Option<(u128, u64, u8)> {
    let header = header.trim_matches([' ', '\t']);
    let mut fields = header.splitn(5, '-');
    let mut hex = |digits: usize| {
        let field = fields.next().filter(|field| field.len() == digits)?;
        let lower = field.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if lower { u128::from_str_radix(field, 16).ok() } else { None }
    };
    let (version, trace_id, parent_id, flags) = (hex(2)?, hex(32)?, hex(16)?, hex(2)?);
    // Version 00 ends here; a later one may go on after a dash.
    let more = fields.next().is_some();
    if version == 0xff || version == 0 && more || trace_id == 0 || parent_id == 0 {
        return None;
    }
    Some((trace_id, parent_id as u64, flags as u8))
}

/// Adds the members of one header; `None` if one is malformed.
fn add_members(mut members: Vec<(String, String)>, header: &str) -> Option<Vec<(String, String)>> {
    for member in header.split(',').map(|member| member.trim_matches([' ', '\t'])) {
        if member.is_empty() {
            continue;
        }
        let (key, value) = member.split_once('=')?;
        if !is_key(key) || !is_value(value) {
            return None;
        }
        // The oldest come last; beyond the limit they go.
        if members.len() < MAX_MEMBERS {
            members.push((key.to_owned(), value.to_owned()));
        }
    }
    Some(members)
}

fn is_key(key: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let first = key.bytes().next().is_some_and(plain);
    first && key.len() <= 256 && key.bytes().all(|b| plain(b) || b"_-*/@".contains(&b))
}

fn is_value(value: &str) -> bool {
    let printable = |b: u8| (0x20..=0x7e).contains(&b) && b != b',' && b != b'=';
    !value.is_empty() && value.len() <= 256 && !value.ends_with(' ') && value.bytes().all(printable)
}
