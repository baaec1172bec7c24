//! Which sentence of a dialect's documents is proved by which black-box test: pages made from a run of the tests.
//!
//! A test says what it proves in its documentation, a line for each sentence:
//! `Conforms to navixy 002, "State event": what a client observes, in our words.`

mod documents;
mod page;
mod tags;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::cargo;
use documents::DIALECTS;
use tags::Tag;

/// What became of each black-box test, by its name in the run.
#[derive(Debug, Default)]
pub(crate) struct Outcomes(BTreeMap<String, bool>);

impl Outcomes {
    /// Takes in a line of the output of `cargo test`.
    pub(crate) fn read(&mut self, line: &str) {
        let Some((name, outcome)) = line.strip_prefix("test ").and_then(|rest| rest.rsplit_once(" ... ")) else {
            return;
        };
        match outcome {
            "ok" => self.0.insert(name.to_owned(), true),
            "FAILED" => self.0.insert(name.to_owned(), false),
            _ => None,
        };
    }

    fn of(&self, test: &str) -> Option<bool> {
        self.0.get(test).copied()
    }
}

/// The pages as they should be after this run.
fn pages(outcomes: &Outcomes) -> Result<Vec<(PathBuf, String)>> {
    let tags = tags::collect(&cargo::root().join("e2e/tests/e2e"))?;
    check(&tags)?;
    let path = |name: &str| cargo::root().join("docs/conformance").join(format!("{name}.md"));
    let page = |d: &documents::Dialect| (path(d.name), page::render(d, &tags, outcomes));
    Ok(DIALECTS.iter().map(page).collect())
}

/// Every tag must name a heading that exists, and every heading must have a test.
fn check(tags: &[Tag]) -> Result<()> {
    for tag in tags {
        let dialect = DIALECTS.iter().find(|d| d.name == tag.dialect);
        let document = dialect.and_then(|d| d.documents.iter().find(|document| document.number == tag.document));
        if !document.is_some_and(|d| d.headings.contains(&tag.heading.as_str())) {
            bail!("{} conforms to {} {}, {:?}: no such heading", tag.test, tag.dialect, tag.document, tag.heading);
        }
    }
    for dialect in DIALECTS {
        for document in dialect.documents {
            for heading in document.headings {
                let is_it = |t: &&Tag| t.dialect == dialect.name && t.document == document.number;
                if !tags.iter().filter(is_it).any(|t| t.heading == *heading) {
                    bail!("no test conforms to {} {}, {heading:?}", dialect.name, document.number);
                }
            }
        }
    }
    Ok(())
}

/// Writes the pages.
pub(crate) fn write(outcomes: &Outcomes) -> Result<()> {
    for (path, page) in pages(outcomes)? {
        std::fs::create_dir_all(path.parent().context("a folder")?)?;
        std::fs::write(&path, page).with_context(|| path.display().to_string())?;
        println!("wrote {}", path.display());
    }
    Ok(())
}

/// Fails when a page is not what the run says.
pub(crate) fn verify(outcomes: &Outcomes) -> Result<()> {
    for (path, page) in pages(outcomes)? {
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        if written != page {
            bail!("{} is not what the tests say: run `cargo xtask conformance`", path.display());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_read_from_the_lines_of_a_run() {
        let mut outcomes = Outcomes::default();
        for line in [
            "running 3 tests",
            "test state::first ... ok",
            "test state::second ... FAILED",
            "test state::third ... ignored",
            "test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.00s",
        ] {
            outcomes.read(line);
        }
        let found = ["state::first", "state::second", "state::third"].map(|test| outcomes.of(test));
        assert_eq!(found, [Some(true), Some(false), None]);
    }

    #[test]
    fn every_tag_names_a_heading_and_every_heading_has_a_test() {
        let tags = tags::collect(&cargo::root().join("e2e/tests/e2e")).expect("readable");
        check(&tags).expect("complete");
    }
}
