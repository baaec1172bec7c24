//! Rooms stay small: no source file grows beyond what one reads in one sitting.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what is biggest"
)]

use std::path::{Path, PathBuf};

/// Lines of the longest file.
const LINES_MAX: usize = 800;
/// Tables, which are as long as what they list: paths from the root of the workspace.
const TABLES: &[&str] = &[];
/// How many of the biggest are printed.
const PRINTED: usize = 8;

#[test]
fn no_source_file_is_too_long() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for folder in ["crates", "xtask", "e2e", "fuzz"] {
        collect(&root.join(folder), &mut files);
    }
    assert!(files.len() > 100, "only {} files were found", files.len());
    let lines = |path: &PathBuf| std::fs::read_to_string(path).expect("a source file is text").lines().count();
    let mut sizes: Vec<(usize, String)> =
        files.iter().map(|path| (lines(path), path.strip_prefix(root).unwrap().display().to_string())).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    for (lines, path) in sizes.iter().take(PRINTED) {
        println!("{lines:>5} {path}");
    }
    let long: Vec<_> =
        sizes.iter().filter(|(lines, path)| *lines > LINES_MAX && !TABLES.contains(&path.as_str())).collect();
    assert!(long.is_empty(), "longer than {LINES_MAX} lines: {long:?}");
    for table in TABLES {
        assert!(
            sizes.iter().any(|(lines, path)| path == table && *lines > LINES_MAX),
            "{table} is no exception any more"
        );
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the workspace") {
        let path = entry.expect("an entry of it").path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() && name != "target" && name != "node_modules" {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
