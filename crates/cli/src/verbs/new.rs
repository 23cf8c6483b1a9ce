//! `tenfold new`

use std::io::Write as _;

use crate::arguments::New as Verb;
use crate::{Exit, output};

pub(crate) fn run(verb: &Verb) -> Exit {
    let Some(brief) = tenfold_architect::new_brief(&verb.from) else {
        let names = tenfold_architect::archetypes().collect::<Vec<_>>().join(", ");
        output::error(&format!("unknown kind of system `{}`: use one of {names}", verb.from));
        return Exit::Unusable;
    };
    let Some(path) = &verb.out else {
        output::result(&brief);
        return Exit::Ok;
    };
    // `create_new` refuses a file that exists, without a moment in between.
    let written =
        std::fs::File::create_new(path).and_then(|mut file| file.write_all(brief.as_bytes()));
    match written {
        Ok(()) => Exit::Ok,
        Err(error) => {
            output::error(&format!("{}: {error}", path.display()));
            Exit::Unusable
        }
    }
}
