//! What flows do, as calls with their caller.

use crate::types::{Access, Action, Design, Emit, LinkId, Lookup, Step};

/// A call that waits or does not.
#[derive(Clone, Debug)]
pub(super) enum Call<'a> {
    Visit(&'a str),
    Lookup(&'a Lookup),
    Read(&'a Access),
    Write(&'a Access),
    Emit(&'a Emit),
    Fill(&'a str),
}

impl<'a> Call<'a> {
    /// Returns the component that is asked.
    pub(super) fn to(&self) -> &'a str {
        match self {
            Self::Visit(name) | Self::Fill(name) => name,
            Self::Lookup(lookup) => &lookup.cache,
            Self::Read(access) | Self::Write(access) => &access.at,
            Self::Emit(emit) => &emit.to,
        }
    }

    /// Returns whether the operation waits for it.
    pub(super) fn waits(&self) -> bool {
        match self {
            Self::Visit(_) | Self::Lookup(_) | Self::Read(_) | Self::Write(_) => true,
            Self::Emit(emit) => emit.awaited,
            Self::Fill(_) => false,
        }
    }

    /// Returns whether the caller goes on without it.
    pub(super) fn is_optional(&self) -> bool {
        match self {
            Self::Read(access) | Self::Write(access) => access.optional,
            Self::Visit(_) | Self::Lookup(_) | Self::Emit(_) | Self::Fill(_) => false,
        }
    }
}

/// Visits every call of a flow: who asks, the components that already wait, and the call.
pub(super) fn calls<'a>(flow: &'a [Step], visit: &mut dyn FnMut(&[&'a str], &Call<'a>)) {
    walk(flow, &mut Vec::new(), visit);
}

fn walk<'a>(
    steps: &'a [Step],
    waiting: &mut Vec<&'a str>,
    visit: &mut dyn FnMut(&[&'a str], &Call<'a>),
) {
    for step in steps {
        match step {
            Step::Visit(name) => {
                visit(waiting, &Call::Visit(name));
                waiting.push(name);
            }
            Step::Action(Action::Lookup(lookup)) => {
                visit(waiting, &Call::Lookup(lookup));
                walk(&lookup.on_miss, &mut waiting.clone(), visit);
            }
            Step::Action(Action::Read(access)) => visit(waiting, &Call::Read(access)),
            Step::Action(Action::Write(access)) => visit(waiting, &Call::Write(access)),
            Step::Action(Action::Emit(emit)) => visit(waiting, &Call::Emit(emit)),
            Step::Action(Action::Fill(target) | Action::Invalidate(target)) => {
                visit(waiting, &Call::Fill(&target.at));
            }
            Step::Action(Action::Consume(source)) => {
                waiting.clear();
                waiting.push(&source.at);
            }
            Step::Action(Action::Call(called)) => {
                visit(waiting, &Call::Visit(&called.to));
                let mut inside = waiting.clone();
                inside.push(&called.to);
                walk(&called.steps, &mut inside, visit);
            }
            Step::Action(Action::Parallel(branches)) => {
                for branch in branches {
                    walk(branch, &mut waiting.clone(), visit);
                }
            }
            Step::Action(Action::Sometimes(some)) => {
                walk(&some.steps, &mut waiting.clone(), visit);
            }
            Step::Action(Action::Repeat(repeat)) => {
                walk(&repeat.steps, &mut waiting.clone(), visit);
            }
        }
    }
}

/// Returns the link of a call.
pub(super) fn link<'d>(
    design: &'d Design,
    waiting: &[&str],
    call: &Call<'_>,
) -> Option<(LinkId, &'d crate::types::Link)> {
    let id = LinkId::new(waiting.last()?, call.to());
    let link = design.links.get(&id)?;
    Some((id, link))
}
