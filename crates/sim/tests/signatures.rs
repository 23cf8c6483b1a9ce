//! Every part of the simulator shows an effect that only the working part shows, and the pages of
//! `docs/signatures` tell what is seen.
//!
//! `UPDATE=1 cargo test -p tenfold-sim --test signatures` writes the pages and pictures anew.

#[path = "support/case.rs"]
#[expect(dead_code, reason = "only the judgement of estimates")]
mod case;
#[path = "support/signature.rs"]
mod signature;
#[path = "support/signature_page.rs"]
mod signature_page;

use std::collections::BTreeMap;

use signature::{Finding, Group, groups, root};

/// Runs every signature on every core: what was found, and its picture, in order.
fn run_all(groups: &[Group]) -> Vec<(Vec<Finding>, String)> {
    let all: Vec<_> = groups.iter().flat_map(|group| &group.signatures).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut done: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|part| {
                let mine = all.iter().enumerate().skip(part).step_by(threads);
                scope.spawn(move || {
                    mine.map(|(index, signature)| {
                        let seen = signature.run();
                        let picture = signature_page::picture(signature, &seen);
                        (index, (signature.judge(&seen), picture))
                    })
                    .collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[test]
fn every_part_shows_its_effect_and_the_pages_tell_it() {
    let groups = groups();
    let count: usize = groups.iter().map(|group| group.signatures.len()).sum();
    assert!(count >= 40, "{count} signatures");
    let results = run_all(&groups);
    let titles = groups.iter().flat_map(|group| &group.signatures).map(|it| &it.title);
    let problems: Vec<String> = titles
        .zip(&results)
        .flat_map(|(title, (findings, _))| findings.iter().map(move |it| (title, it)))
        .filter_map(|(title, it)| Some(format!("{title}: {}: {}", it.what, it.problem.as_ref()?)))
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));

    let mut files = BTreeMap::new();
    files.insert("README.md".to_owned(), signature_page::index(&groups));
    let mut results = results.into_iter();
    for group in &groups {
        let mut findings = Vec::new();
        for signature in &group.signatures {
            let (found, picture) = results.next().expect("each signature was run");
            findings.push(found);
            let file = format!("pictures/{}.svg", signature.slug());
            assert!(files.insert(file, picture).is_none(), "{} is there twice", signature.title);
        }
        files.insert(format!("{}.md", group.name), signature_page::page(group, &findings));
    }
    compare(&files);
}

/// Compares `files` with those of `docs/signatures`, or writes them where `UPDATE` is set.
fn compare(files: &BTreeMap<String, String>) {
    let folder = root().join("docs/signatures");
    if std::env::var_os("UPDATE").is_some() {
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("pictures")).expect("the folder can be made");
        for (name, text) in files {
            std::fs::write(folder.join(name), text).expect("the file can be written");
        }
        return;
    }
    let mut there = 0;
    for part in ["", "pictures"] {
        let entries = std::fs::read_dir(folder.join(part)).expect("the folder is there");
        there += entries.filter(|entry| entry.as_ref().is_ok_and(|it| it.path().is_file())).count();
    }
    for (name, text) in files {
        let old = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(old == *text, "{name} is not what was seen: run with UPDATE=1 and read the diff");
    }
    assert_eq!(there, files.len(), "files that no signature writes");
}
