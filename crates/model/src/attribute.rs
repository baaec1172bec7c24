//! Attributes: small values under interned names.
//!
//! A report carries no string keys. Shared names have fixed numbers; a device's own names get a number when they are
//! first seen, in a table that is bounded, because names come from outside.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::{LazyLock, PoisonError, RwLock};

use crate::names::{self, Name};

/// How many names beyond the shared ones a process remembers.
pub const MAX_DYNAMIC_NAMES: usize = 16_384;
/// The longest attribute name, in bytes.
pub const MAX_ATTRIBUTE_NAME_BYTES: usize = 128;

/// An interned attribute name. Equal names have equal ids within a process; see [`AttributeId::is_shared`] for what
/// may be stored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeId(u32);

/// Why a name was not interned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InternError {
    /// It is empty, has control characters, or more than [`MAX_ATTRIBUTE_NAME_BYTES`] bytes.
    BadName,
    /// [`MAX_DYNAMIC_NAMES`] other names came before.
    TableFull,
}

#[derive(Default)]
struct Dynamic {
    ids: HashMap<&'static str, u32>,
    names: Vec<&'static str>,
}

static DYNAMIC: LazyLock<RwLock<Dynamic>> = LazyLock::new(RwLock::default);

impl AttributeId {
    pub(crate) const fn known(number: u32) -> Self {
        Self(number)
    }

    /// The number behind the id; stable across processes if [`Self::is_shared`].
    pub const fn number(self) -> u32 {
        self.0
    }

    /// Whether the id is one of the fixed ones. Others are to be stored by name.
    pub const fn is_shared(self) -> bool {
        self.0 < names::DYNAMIC_BASE
    }

    /// The shared id with this number, if there is one: what a store reads back.
    pub fn from_shared_number(number: u32) -> Option<Self> {
        let id = Self(number);
        (id.is_shared() && names::of(id).is_some()).then_some(id)
    }

    /// The id of a name that is shared or was interned before.
    pub fn find(name: &str) -> Option<Self> {
        names::find(name).or_else(|| {
            let table = DYNAMIC.read().unwrap_or_else(PoisonError::into_inner);
            table.ids.get(name).map(|n| Self(*n))
        })
    }

    /// The id of a name, which is remembered if it is new.
    pub fn intern(name: &str) -> Result<Self, InternError> {
        if let Some(id) = Self::find(name) {
            return Ok(id);
        }
        if name.is_empty() || name.len() > MAX_ATTRIBUTE_NAME_BYTES || name.chars().any(char::is_control) {
            return Err(InternError::BadName);
        }
        let mut table = DYNAMIC.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(n) = table.ids.get(name) {
            return Ok(Self(*n));
        }
        if table.names.len() >= MAX_DYNAMIC_NAMES {
            return Err(InternError::TableFull);
        }
        // Never freed, and bounded by the two limits above: ids can then be compared and named without a lock held.
        let name: &'static str = Box::leak(name.into());
        let number = names::DYNAMIC_BASE + table.names.len() as u32;
        table.names.push(name);
        table.ids.insert(name, number);
        Ok(Self(number))
    }

    /// The name.
    pub fn name(self) -> Cow<'static, str> {
        match names::of(self) {
            Some(Name::Single(name)) => Cow::Borrowed(name),
            Some(Name::Numbered(prefix, n)) => Cow::Owned(format!("{prefix}{n}")),
            None => Cow::Borrowed(self.dynamic_name()),
        }
    }

    fn dynamic_name(self) -> &'static str {
        let table = DYNAMIC.read().unwrap_or_else(PoisonError::into_inner);
        let at = self.0.wrapping_sub(names::DYNAMIC_BASE) as usize;
        table.names.get(at).copied().unwrap_or("unknown")
    }
}

impl fmt::Display for AttributeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match names::of(*self) {
            Some(Name::Single(name)) => f.write_str(name),
            Some(Name::Numbered(prefix, n)) => write!(f, "{prefix}{n}"),
            None => f.write_str(self.dynamic_name()),
        }
    }
}

/// Written by name: the numbers of names that are not shared differ between processes.
impl serde::Serialize for AttributeId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

impl<'de> serde::Deserialize<'de> for AttributeId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = <Cow<'_, str>>::deserialize(deserializer)?;
        Self::intern(&name).map_err(|_| serde::de::Error::custom("not a name that finds room"))
    }
}

impl fmt::Debug for AttributeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The value of an attribute. Floats are finite: [`Value::float`] sees to it.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A fractional number, finite.
    Float(f64),
    /// Text, at most 10 KiB unless the family allows blobs.
    Text(Box<str>),
    /// An array or object, as compact JSON text.
    Json(Box<str>),
}

impl Value {
    /// A number, or `None` when it is not finite.
    pub fn float(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self::Float(value))
    }

    /// The value as a number: booleans as 1 and 0, text if it is a finite number.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Bool(b) => Some(f64::from(u8::from(*b))),
            Self::Int(n) => Some(*n as f64),
            Self::Float(x) => Some(*x),
            Self::Text(t) => t.trim().parse().ok().filter(|x: &f64| x.is_finite()),
            Self::Json(_) => None,
        }
    }

    /// The value as true or false: numbers other than 0 are true.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            Self::Int(n) => Some(*n != 0),
            Self::Float(x) => Some(*x != 0.0),
            Self::Text(_) | Self::Json(_) => None,
        }
    }

    /// The value as a whole number: booleans as 1 and 0, floats only without a fraction.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Bool(b) => Some(i64::from(*b)),
            Self::Int(n) => Some(*n),
            Self::Float(x) if x.fract() == 0.0 && x.abs() < 9e15 => Some(*x as i64),
            _ => None,
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

/// The attributes of one report, in the order in which they were set; each name at most once.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Attributes(Vec<(AttributeId, Value)>);

impl Attributes {
    /// No attributes, with room for `n`.
    pub fn with_capacity(n: usize) -> Self {
        Self(Vec::with_capacity(n))
    }

    /// Sets a value; a later one of the same name takes the place of the earlier.
    pub fn set(&mut self, id: AttributeId, value: impl Into<Value>) {
        let value = value.into();
        match self.0.iter_mut().find(|(i, _)| *i == id) {
            Some(slot) => slot.1 = value,
            None => self.0.push((id, value)),
        }
    }

    /// Adds a value under a name that has none yet, without looking whether that is so. Who is not sure calls
    /// [`Self::set`].
    #[inline]
    pub fn push(&mut self, id: AttributeId, value: Value) {
        debug_assert!(self.get(id).is_none(), "{id} is there already");
        self.0.push((id, value));
    }

    /// Sets a value if there is one.
    pub fn set_some(&mut self, id: AttributeId, value: Option<Value>) {
        if let Some(value) = value {
            self.set(id, value);
        }
    }

    /// The value of a name.
    pub fn get(&self, id: AttributeId) -> Option<&Value> {
        self.0.iter().find(|(i, _)| *i == id).map(|(_, v)| v)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (AttributeId, &Value)> {
        self.0.iter().map(|(i, v)| (*i, v))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<V: Into<Value>> FromIterator<(AttributeId, V)> for Attributes {
    fn from_iter<I: IntoIterator<Item = (AttributeId, V)>>(pairs: I) -> Self {
        let mut all = Self::default();
        for (id, value) in pairs {
            all.set(id, value);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attr;

    #[test]
    fn interning_gives_equal_names_equal_ids() {
        let id = AttributeId::intern("my own name").expect("fits");
        assert_eq!(AttributeId::intern("my own name"), Ok(id));
        assert_eq!((id.name().as_ref(), id.is_shared()), ("my own name", false));
        assert_eq!(AttributeId::intern("battery_level"), Ok(attr::BATTERY_LEVEL));
        assert_eq!(AttributeId::from_shared_number(id.number()), None);
        assert_eq!(AttributeId::from_shared_number(attr::VIN.number()), Some(attr::VIN));
    }

    #[test]
    fn odd_names_are_refused() {
        assert_eq!(AttributeId::intern(""), Err(InternError::BadName));
        assert_eq!(AttributeId::intern("a\nb"), Err(InternError::BadName));
        assert_eq!(AttributeId::intern(&"x".repeat(MAX_ATTRIBUTE_NAME_BYTES + 1)), Err(InternError::BadName));
    }

    #[test]
    fn the_last_value_of_a_name_wins() {
        let mut a = Attributes::default();
        a.set(attr::VIN, "A");
        a.set(attr::IGNITION, true);
        a.set(attr::VIN, "B");
        assert_eq!(a.len(), 2);
        assert_eq!(a.get(attr::VIN), Some(&Value::Text("B".into())));
    }

    #[test]
    fn a_number_that_is_not_finite_is_no_value() {
        assert_eq!(Value::float(f64::NAN), None);
        assert_eq!(Value::Text("1e999".into()).as_f64(), None);
        assert_eq!(Value::Float(2.5).as_i64(), None);
    }
}
