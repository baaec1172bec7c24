//! Names of a family's own that reports carry so often that finding them each time would take a good part of reading.

use std::sync::OnceLock;

use model::AttributeId;

/// A name of a family's own that reports carry so often that it is looked up once.
pub(crate) struct OwnName {
    name: &'static str,
    id: OnceLock<AttributeId>,
}

impl OwnName {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, id: OnceLock::new() }
    }

    /// Its id, if the name finds room.
    pub(crate) fn id(&self) -> Option<AttributeId> {
        if let Some(id) = self.id.get() {
            return Some(*id);
        }
        let id = AttributeId::intern(self.name).ok()?;
        Some(*self.id.get_or_init(|| id))
    }
}

/// Numbered names of a family's own, each of which is looked up once.
pub(crate) struct OwnNames<const N: usize> {
    prefix: &'static str,
    ids: [OnceLock<AttributeId>; N],
}

impl<const N: usize> OwnNames<N> {
    pub(crate) const fn new(prefix: &'static str) -> Self {
        Self { prefix, ids: [const { OnceLock::new() }; N] }
    }

    /// The id of a number below `N`, if the name finds room.
    pub(crate) fn id(&self, number: usize) -> Option<AttributeId> {
        let slot = self.ids.get(number)?;
        if let Some(id) = slot.get() {
            return Some(*id);
        }
        let id = AttributeId::intern(&format!("{}{number}", self.prefix)).ok()?;
        Some(*slot.get_or_init(|| id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_again() {
        static NAMES: OwnNames<3> = OwnNames::new("my numbered name ");
        assert_eq!((AttributeId::find("my numbered name 2"), NAMES.id(3)), (None, None));
        let id = NAMES.id(2);
        assert_eq!((id, NAMES.id(2)), (AttributeId::find("my numbered name 2"), id));
        assert!(id.is_some() && NAMES.id(1) != id);
    }
}
