//! What the tests say that they prove.

use std::path::Path;

use anyhow::{Context, Result, bail};

const MARK: &str = "/// Conforms to ";

/// One sentence that a test proves.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) dialect: String,
    pub(crate) document: String,
    pub(crate) heading: String,
    /// What a client observes.
    pub(crate) what: String,
    /// The test's name in a run.
    pub(crate) test: String,
}

/// All tags of the tests below a folder, in the order of files and lines.
pub(crate) fn collect(folder: &Path) -> Result<Vec<Tag>> {
    let mut tags = Vec::new();
    collect_below(folder, "", &mut tags)?;
    Ok(tags)
}

fn collect_below(folder: &Path, module: &str, tags: &mut Vec<Tag>) -> Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let module = match name {
            "main" | "mod" => module.to_owned(),
            name => format!("{module}{name}::"),
        };
        if path.is_dir() {
            collect_below(&path, &module, tags)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path)?;
            read(&text, &module, tags).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}

/// The tags of a source file; each belongs to the next function.
fn read(text: &str, module: &str, tags: &mut Vec<Tag>) -> Result<()> {
    let mut waiting = tags.len();
    for line in text.lines().map(str::trim) {
        if let Some(said) = line.strip_prefix(MARK) {
            tags.push(parse(said).with_context(|| format!("cannot read {line:?}"))?);
        } else if let Some(rest) = line.strip_prefix("fn ") {
            let name = rest.split('(').next().unwrap_or_default();
            tags.iter_mut().skip(waiting).for_each(|tag| tag.test = format!("{module}{name}"));
            waiting = tags.len();
        }
    }
    if waiting < tags.len() {
        bail!("a tag belongs to no function");
    }
    Ok(())
}

fn parse(said: &str) -> Option<Tag> {
    let (place, rest) = said.split_once(", \"")?;
    let (heading, what) = rest.split_once("\": ")?;
    let (dialect, document) = place.split_once(' ')?;
    Some(Tag {
        dialect: dialect.to_owned(),
        document: document.to_owned(),
        heading: heading.replace('\'', "\""),
        what: what.trim_end_matches('.').to_owned(),
        test: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_belongs_to_the_next_function() {
        let text = "
            /// Conforms to navixy 002, \"State event\": comes after a subscription.
            /// Conforms to navixy 003, \"The 'state' event subscription\": the same.
            #[test]
            fn first() {}

            fn second() {}
        ";
        let mut tags = Vec::new();
        read(text, "state::", &mut tags).expect("readable");
        let tag = |document: &str, heading: &str, what: &str| Tag {
            dialect: "navixy".into(),
            document: document.into(),
            heading: heading.into(),
            what: what.into(),
            test: "state::first".into(),
        };
        let expected = [
            tag("002", "State event", "comes after a subscription"),
            tag("003", "The \"state\" event subscription", "the same"),
        ];
        assert_eq!(tags, expected);
        assert!(read("/// Conforms to nothing", "", &mut tags).is_err());
    }
}
