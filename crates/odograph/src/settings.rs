//! The configuration: from defaults, file, environment and flags, each going before the one named before it.

mod devices;
mod error;
mod kind;
mod render;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) use devices::{Listen, default_devices};
pub(crate) use error::{Origin, SettingsError};
pub(crate) use render::commented_file;
pub(crate) use table::Settings;

use devices::{ALLOWED_ADDRESSES, Spoken, allowed_device, parse_addresses, parse_devices};
use table::{ROWS, Row, SECTIONS};

/// The file that is read when none is named, if it is there.
const DEFAULT_FILE: &str = "odograph.toml";
const PREFIX: &str = "ODOGRAPH_";
const CONFIG: &str = "ODOGRAPH_CONFIG";
const DEVICES: &str = "ODOGRAPH_DEVICES";
/// A shorter name of `ODOGRAPH_LOG_LEVEL`.
const LOG: &str = "ODOGRAPH_LOG";
/// Holds the administrator's password. No setting: it is never kept, printed or documented with a value.
pub(crate) const ADMIN_PASSWORD: &str = "ODOGRAPH_ADMIN_PASSWORD";

/// What the command line says, as texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    /// `--config`
    pub(crate) config: Option<PathBuf>,
    /// `--data`
    pub(crate) data: Option<String>,
    /// `--http`
    pub(crate) http: Option<String>,
    /// `--device`, each of them.
    pub(crate) devices: Vec<String>,
    /// `--log`
    pub(crate) log: Option<String>,
}

/// The environment variables that begin with `ODOGRAPH_`.
pub(crate) type Environment = BTreeMap<String, String>;

/// The variables of this process that may concern it.
pub(crate) fn environment() -> Environment {
    let texts = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok().filter(|name| name.starts_with(PREFIX))?;
        // What is not UTF-8 stays recognisably wrong, so that it is refused instead of passed over.
        Some((name, value.to_string_lossy().into_owned()))
    });
    texts.collect()
}

/// The settings, and what should be said about them once there is a log.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The settings.
    pub(crate) settings: Settings,
    /// Variables that begin like ours and are none.
    pub(crate) unknown_variables: Vec<String>,
}

/// Reads the configuration.
pub(crate) fn load(flags: &Flags, environment: &Environment) -> Result<Loaded, SettingsError> {
    let mut settings = Settings::default();
    if let Some((path, text)) = read_file(flags, environment)? {
        settings.apply_file(&path, &text)?;
    }
    let unknown_variables = settings.apply_environment(environment)?;
    settings.apply_flags(flags)?;
    settings.check_together()?;
    Ok(Loaded { settings, unknown_variables })
}

/// The file and its content. One that was named must be there; the default one need not.
fn read_file(flags: &Flags, environment: &Environment) -> Result<Option<(PathBuf, String)>, SettingsError> {
    let named = flags.config.clone().or_else(|| environment.get(CONFIG).filter(|v| !v.is_empty()).map(PathBuf::from));
    let file = named.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    match std::fs::read_to_string(&file) {
        Ok(text) => Ok(Some((file, text))),
        Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SettingsError::File { file, error }),
    }
}

impl Settings {
    /// Takes what a file says.
    fn apply_file(&mut self, path: &Path, text: &str) -> Result<(), SettingsError> {
        let document: toml::Table =
            text.parse().map_err(|error| SettingsError::Toml { file: path.to_owned(), error: Box::new(error) })?;
        let origin = Origin::File(path.to_owned());
        let mut listens = None;
        for (section, content) in &document {
            let Some(keys) = content.as_table().filter(|_| SECTIONS.iter().any(|s| s.name == section)) else {
                let sections: Vec<_> = SECTIONS.iter().map(|s| format!("[{}]", s.name)).collect();
                return Err(unknown(section, path, &sections));
            };
            for (name, value) in keys {
                if let Some(row) = ROWS.iter().find(|r| r.section == section && r.name == name) {
                    let read = row.kind.read_toml(value);
                    self.put(row, read, &origin, || value.to_string())?;
                } else if section == "devices"
                    && let Some(spoken) = Spoken::of(name)
                {
                    let read = parse_addresses(spoken, &addresses_text(value));
                    let read =
                        read.ok_or_else(|| wrong(&format!("devices.{name}"), &origin, value, ALLOWED_ADDRESSES))?;
                    listens.get_or_insert_with(Vec::new).extend(read);
                } else {
                    let known: Vec<_> =
                        ROWS.iter().filter(|r| r.section == section).map(|r| r.name.to_owned()).collect();
                    return Err(unknown(&format!("{section}.{name}"), path, &known));
                }
            }
        }
        self.replace_listens(listens);
        Ok(())
    }

    /// Takes what the environment says; the variables that mean nothing.
    fn apply_environment(&mut self, environment: &Environment) -> Result<Vec<String>, SettingsError> {
        let mut unknown = Vec::new();
        let mut listens = None;
        for (name, text) in environment {
            let origin = Origin::Variable(name.clone());
            if let Some(row) = ROWS.iter().find(|r| r.variable() == *name || (r.key() == "log.level" && name == LOG)) {
                self.put(row, row.kind.read_text(text), &origin, || format!("{text:?}"))?;
            } else if name == DEVICES {
                let read = parse_devices(text);
                let read = read.ok_or_else(|| wrong("devices", &origin, format!("{text:?}"), allowed_device()))?;
                listens.get_or_insert_with(Vec::new).extend(read);
            } else if let Some(spoken) = name.strip_prefix("ODOGRAPH_DEVICES_").and_then(Spoken::of_variable) {
                let read = parse_addresses(spoken, text);
                let key = format!("devices.{}", spoken.name());
                let read = read.ok_or_else(|| wrong(&key, &origin, format!("{text:?}"), ALLOWED_ADDRESSES))?;
                listens.get_or_insert_with(Vec::new).extend(read);
            } else if ![CONFIG, ADMIN_PASSWORD].contains(&name.as_str()) {
                unknown.push(name.clone());
            }
        }
        self.replace_listens(listens);
        Ok(unknown)
    }

    /// Takes what the command line says.
    fn apply_flags(&mut self, flags: &Flags) -> Result<(), SettingsError> {
        let given = [
            ("--data", "data.dir", &flags.data),
            ("--http", "http.listen", &flags.http),
            ("--log", "log.format", &flags.log),
        ];
        for (flag, key, text) in given {
            if let (Some(text), Some(row)) = (text, ROWS.iter().find(|r| r.key() == key)) {
                self.put(row, row.kind.read_text(text), &Origin::Flag(flag), || format!("{text:?}"))?;
            }
        }
        let mut listens = None;
        for text in &flags.devices {
            let origin = Origin::Flag("--device");
            let read =
                parse_devices(text).ok_or_else(|| wrong("devices", &origin, format!("{text:?}"), allowed_device()))?;
            listens.get_or_insert_with(Vec::new).extend(read);
        }
        self.replace_listens(listens);
        Ok(())
    }

    /// A layer that names any port takes the place of the whole list below it.
    fn replace_listens(&mut self, listens: Option<Vec<Listen>>) {
        if let Some(mut listens) = listens {
            // A file's keys come in the order of the alphabet.
            listens.sort_by_key(|Listen(port)| Spoken::all().position(|spoken| spoken.name() == port.name()));
            self.listens = listens;
        }
    }

    fn put(
        &mut self,
        row: &Row,
        value: Option<kind::Value>,
        origin: &Origin,
        found: impl FnOnce() -> String,
    ) -> Result<(), SettingsError> {
        match value.is_some_and(|value| (row.put)(self, value)) {
            true => Ok(()),
            false => {
                let is_secret = matches!(row.kind, kind::Kind::MailUrl | kind::Kind::Password);
                let found = if is_secret { "something else".to_owned() } else { found() };
                Err(wrong(&row.key(), origin, found, row.kind))
            }
        }
    }

    /// What no row can see alone.
    fn check_together(&self) -> Result<(), SettingsError> {
        if !self.mail.url.expose().is_empty() && self.mail.from.is_empty() {
            let origin = Origin::Flag("together with mail.url");
            return Err(wrong("mail.from", &origin, "nothing", "an e-mail address"));
        }
        let passwords = &self.passwords;
        if passwords.chars_min > passwords.chars_max {
            let origin = Origin::Flag("together with passwords.chars_max");
            let allowed = format!("a whole number from 1 to {}", passwords.chars_max);
            return Err(wrong("passwords.chars_min", &origin, passwords.chars_min, allowed));
        }
        Ok(())
    }
}

/// The addresses in the file as one text: a string, or an array of strings.
fn addresses_text(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(items) => {
            let texts: Vec<_> = items.iter().map(|item| item.as_str().unwrap_or_default()).collect();
            texts.join(",")
        }
        _ => String::new(),
    }
}

fn wrong(key: &str, origin: &Origin, found: impl ToString, allowed: impl ToString) -> SettingsError {
    let (found, allowed) = (found.to_string(), allowed.to_string());
    SettingsError::Value { key: key.to_owned(), origin: origin.clone(), found, allowed }
}

fn unknown(key: &str, file: &Path, known: &[String]) -> SettingsError {
    SettingsError::UnknownKey { key: key.to_owned(), file: file.to_owned(), allowed: known.join(", ") }
}

/// Reads a secret's file: its first line.
pub(crate) fn read_secret_file(path: &Path) -> io::Result<String> {
    let text = std::fs::read_to_string(path)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
