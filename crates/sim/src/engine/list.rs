//! Doubly linked lists of jobs, the links kept in the jobs.

/// No job.
pub(super) const NONE: u32 = u32::MAX;

/// The links that a job carries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Links {
    before: u32,
    after: u32,
}

impl Links {
    pub(super) const NEW: Self = Self { before: NONE, after: NONE };
}

/// Something with links.
pub(super) trait Linked {
    fn links(&mut self) -> &mut Links;
}

/// A list; a job is in at most one.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    first: u32,
    last: u32,
}

impl List {
    pub(super) const EMPTY: Self = Self { first: NONE, last: NONE };

    pub(super) fn is_empty(self) -> bool {
        self.first == NONE
    }

    #[inline]
    pub(super) fn push_back<J: Linked>(&mut self, jobs: &mut [J], job: u32) {
        *jobs[job as usize].links() = Links { before: self.last, after: NONE };
        match self.last {
            NONE => self.first = job,
            last => jobs[last as usize].links().after = job,
        }
        self.last = job;
    }

    #[inline]
    pub(super) fn push_front<J: Linked>(&mut self, jobs: &mut [J], job: u32) {
        *jobs[job as usize].links() = Links { before: NONE, after: self.first };
        match self.first {
            NONE => self.last = job,
            first => jobs[first as usize].links().before = job,
        }
        self.first = job;
    }

    #[inline]
    pub(super) fn pop_front<J: Linked>(&mut self, jobs: &mut [J]) -> Option<u32> {
        let job = self.first;
        if job == NONE {
            return None;
        }
        self.first = jobs[job as usize].links().after;
        match self.first {
            NONE => self.last = NONE,
            first => jobs[first as usize].links().before = NONE,
        }
        Some(job)
    }

    pub(super) fn pop_back<J: Linked>(&mut self, jobs: &mut [J]) -> Option<u32> {
        let job = self.last;
        if job == NONE {
            return None;
        }
        self.remove(jobs, job);
        Some(job)
    }

    /// Takes `job` out, wherever in this list it is.
    pub(super) fn remove<J: Linked>(&mut self, jobs: &mut [J], job: u32) {
        let Links { before, after } = *jobs[job as usize].links();
        match before {
            NONE => self.first = after,
            before => jobs[before as usize].links().after = after,
        }
        match after {
            NONE => self.last = before,
            after => jobs[after as usize].links().before = before,
        }
    }
}
