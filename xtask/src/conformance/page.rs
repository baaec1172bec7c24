//! A page: every sentence, the test that proves it, and what became of the test.

use std::fmt::Write;

use super::Outcomes;
use super::documents::{Dialect, Document};
use super::tags::Tag;

/// The page of a dialect.
pub(crate) fn render(dialect: &Dialect, tags: &[Tag], outcomes: &Outcomes) -> String {
    let mut page = format!(
        "# Conformance: {}\n\n\
         What a client can observe of each sentence in the documents that it was written by, and the black-box test \
         that proves it over a real socket. Made by `cargo xtask conformance` from a run of these tests; \
         `cargo xtask test` fails when this page is not what its own run says.\n\n",
        dialect.title
    );
    let ours: Vec<&Tag> = tags.iter().filter(|tag| tag.dialect == dialect.name).collect();
    let passed = ours.iter().filter(|tag| outcomes.of(&tag.test) == Some(true)).count();
    let _ = writeln!(page, "**{passed} of {} pass.**", ours.len());
    for document in dialect.documents {
        section(document, &ours, outcomes, &mut page);
    }
    page
}

fn section(document: &Document, tags: &[&Tag], outcomes: &Outcomes, page: &mut String) {
    let _ = write!(page, "\n## {}\n\nFile `{}`.\n", document.title, document.file);
    for heading in document.headings {
        let _ = write!(page, "\n### {heading}\n\n| what is observed | test | result |\n| --- | --- | --- |\n");
        for tag in tags.iter().filter(|t| t.document == document.number && t.heading == *heading) {
            let result = match outcomes.of(&tag.test) {
                Some(true) => "pass",
                Some(false) => "**FAIL**",
                None => "**not run**",
            };
            let _ = writeln!(page, "| {} | `{}` | {result} |", tag.what.replace('|', "\\|"), tag.test);
        }
    }
}
