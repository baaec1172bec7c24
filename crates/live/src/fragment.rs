//! A state as it was published, and the bytes that dialects made of it: rendered once a form, then shared.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use model::SourceState;

/// How many forms of one state are kept. A form beyond it is rendered again for each who asks.
const FORMS_MAX: usize = 32;

/// Which form of a state: a dialect packs its format, zone and whatever else its bytes depend on into this number.
/// Different forms must have different keys.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FragmentKey(pub u64);

/// One version of a source's state. Never changes; what a newer report brings is another snapshot.
pub struct Snapshot {
    /// The state.
    pub state: SourceState,
    /// Grows with every change of the source's state, so that two snapshots of one source can be put in order.
    pub version: u64,
    forms: Mutex<Vec<(FragmentKey, Arc<[u8]>)>>,
}

impl Snapshot {
    /// This state, as the source's version `version`.
    pub const fn new(state: SourceState, version: u64) -> Self {
        Self { state, version, forms: Mutex::new(Vec::new()) }
    }

    /// The bytes of this state in the form `key`. `render` is called when nobody asked for that form before.
    pub fn fragment(&self, key: FragmentKey, render: impl FnOnce(&SourceState, &mut Vec<u8>)) -> Arc<[u8]> {
        // Held while rendering: whoever else wants the form waits less than it would take to render it twice.
        let mut forms = self.forms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bytes)) = forms.iter().find(|(k, _)| *k == key) {
            return bytes.clone();
        }
        let mut bytes = Vec::with_capacity(1024);
        render(&self.state, &mut bytes);
        let bytes: Arc<[u8]> = bytes.into();
        if forms.len() < FORMS_MAX {
            forms.push((key, bytes.clone()));
        }
        bytes
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("version", &self.version).field("state", &self.state).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::state;

    #[test]
    fn a_form_is_rendered_once() {
        let snapshot = Snapshot::new(state(7), 1);
        let first = snapshot.fragment(FragmentKey(1), |s, out| out.extend_from_slice(s.source.to_string().as_bytes()));
        let again = snapshot.fragment(FragmentKey(1), |_, _| panic!("rendered twice"));
        assert!(Arc::ptr_eq(&first, &again));
        assert_eq!(&*first, b"7");
        let other = snapshot.fragment(FragmentKey(2), |_, out| out.push(b'x'));
        assert_eq!(&*other, b"x");
    }

    #[test]
    fn forms_beyond_the_limit_are_right_but_not_kept() {
        let snapshot = Snapshot::new(state(7), 1);
        for key in 0..100u64 {
            let bytes = snapshot.fragment(FragmentKey(key), |_, out| out.extend_from_slice(&key.to_be_bytes()));
            assert_eq!(&*bytes, key.to_be_bytes());
        }
        assert_eq!(snapshot.forms.lock().expect("not poisoned").len(), FORMS_MAX);
    }
}
