//! What a method takes and gives: the rows that calls are held against and documents are made of.

use serde_json::Value;

/// A method as documents show it.
#[derive(Clone, Debug)]
pub struct Entry<'m> {
    /// Without a slash at either end.
    pub path: &'m str,
    /// One sentence.
    pub about: &'m str,
    /// What it takes, besides the hash.
    pub params: &'m [Param],
    /// Members of a successful answer besides `success`.
    pub answer: &'m [Param],
    /// Codes and descriptions of what it may answer besides what others may.
    pub own_errors: Vec<(u16, &'static str)>,
    /// Those of what methods like it may all answer.
    pub common_errors: Vec<(u16, &'static str)>,
    /// Who may call it, as OpenAPI says it.
    pub security: Value,
}

impl<'m> Entry<'m> {
    /// The path without its last part.
    pub fn resource(&self) -> &'m str {
        self.path.rsplit_once('/').map_or("", |(resource, _)| resource)
    }

    /// Its own errors first.
    pub fn errors(&self) -> impl Iterator<Item = (u16, &'static str)> {
        self.own_errors.iter().chain(&self.common_errors).copied()
    }
}

/// A parameter, or a member of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What its value looks like.
    pub kind: Kind,
    /// Whether it must be given (or, in an answer, is always there).
    pub required: bool,
    /// A few words; empty where the name says it.
    pub about: &'static str,
}

/// What a value looks like.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A whole number.
    Int,
    /// A number.
    Number,
    /// A text.
    Text,
    /// True or false.
    Bool,
    /// A date and time in the user's zone, or ISO 8601 when asked for.
    DateTime,
    /// 32 hexadecimal digits.
    Hash,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// An array.
    List(&'static Kind),
    /// An object whose members are numbered.
    Map(&'static Kind),
    /// An object with these members.
    Object(&'static [Param]),
    /// An object that the document describes under this name.
    Named(&'static str),
    /// This, or null.
    OrNull(&'static Kind),
    /// Any JSON.
    Any,
}

/// A parameter that must be given.
pub const fn required(name: &'static str, kind: Kind, about: &'static str) -> Param {
    Param { name, kind, required: true, about }
}

/// A parameter that may be missing.
pub const fn optional(name: &'static str, kind: Kind, about: &'static str) -> Param {
    Param { name, kind, required: false, about }
}
