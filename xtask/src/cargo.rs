//! Cargo, called by the tools.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// The same Cargo that runs this program, in the workspace's root.
pub(crate) fn command() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Where Cargo puts what it makes.
pub(crate) fn target_dir() -> Result<PathBuf> {
    #[derive(Deserialize)]
    struct Metadata {
        target_directory: PathBuf,
    }
    let output = command()
        .args(["metadata", "--format-version=1", "--no-deps"])
        .stderr(Stdio::inherit())
        .output()
        .context("cargo metadata")?;
    let metadata: Metadata = serde_json::from_slice(&output.stdout).context("the output of cargo metadata")?;
    Ok(metadata.target_directory)
}

/// A program that Cargo built.
#[derive(Debug)]
pub(crate) struct Program {
    /// Its name.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) path: PathBuf,
}

/// Builds programs with these arguments of `cargo build`, showing Cargo's own progress.
pub(crate) fn build(arguments: &[&str], environment: &[(&str, &str)]) -> Result<Vec<Program>> {
    let mut command = command();
    command.arg("build").args(arguments).arg("--message-format=json-render-diagnostics");
    command.envs(environment.iter().copied()).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().context("cargo build")?;
    let stdout = child.stdout.take().context("cargo build has no output")?;
    let programs = BufReader::new(stdout).lines().map_while(Result::ok).filter_map(|line| program(&line)).collect();
    let status = child.wait().context("cargo build")?;
    if !status.success() {
        bail!("cargo build {} ended with {status}", arguments.join(" "));
    }
    Ok(programs)
}

/// Builds the server.
pub(crate) fn build_server(arguments: &[&str]) -> Result<PathBuf> {
    let arguments = [&["-p", "odograph", "--bin", "odograph"], arguments].concat();
    let programs = build(&arguments, &[])?;
    let server = programs.into_iter().find(|program| program.name == "odograph");
    Ok(server.context("cargo build names no program odograph")?.path)
}

/// The program that a line of Cargo's messages tells of.
fn program(line: &str) -> Option<Program> {
    #[derive(Deserialize)]
    struct Artifact {
        executable: Option<PathBuf>,
        target: Target,
    }
    #[derive(Deserialize)]
    struct Target {
        name: String,
    }
    let artifact: Artifact = serde_json::from_str(line).ok()?;
    Some(Program { name: artifact.target.name, path: artifact.executable? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_programs_among_the_messages() {
        let check = |line: &str, expected: Option<(&str, &str)>| {
            let found = program(line).map(|p| (p.name, p.path));
            assert_eq!(found, expected.map(|(name, path)| (name.to_owned(), path.into())), "{line}");
        };
        let target = r#""target":{"name":"odograph","kind":["bin"]}"#;
        check(
            &format!(r#"{{"reason":"compiler-artifact",{target},"executable":"/t/odograph"}}"#),
            Some(("odograph", "/t/odograph")),
        );
        check(&format!(r#"{{"reason":"compiler-artifact",{target},"executable":null}}"#), None);
        check(r#"{"reason":"build-finished","success":true}"#, None);
        check("", None);
    }
}
