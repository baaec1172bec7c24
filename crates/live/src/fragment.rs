//! A state as it was published, and the bytes that dialects made of it: rendered once a form, then shared.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use model::SourceState;

/// How many forms of one state are kept. A form beyond it is rendered again for each who asks.
const FORMS_MAX: usize = 32;

/// Which form of a state: a dialect packs its format, zone and whatever else its bytes depend on into this number.
/// Different forms must have different keys.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FragmentKey(pub u64);

type Form = (FragmentKey, Box<[u8]>);

/// One version of a source's state. Never changes; what a newer report brings is another snapshot.
pub struct Snapshot {
    /// The state.
    pub state: SourceState,
    /// Grows with every change of the source's state, so that two snapshots of one source can be put in order.
    pub version: u64,
    /// The form that was asked for first. Mostly there is no other, and this one is read without a lock.
    first: OnceLock<Form>,
    others: Mutex<Vec<Form>>,
}

thread_local! {
    /// Where forms are rendered before they are kept in a box of their size.
    static CANVAS: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

fn form(state: &SourceState, key: FragmentKey, render: impl FnOnce(&SourceState, &mut Vec<u8>)) -> Form {
    CANVAS.with_borrow_mut(|canvas| {
        canvas.clear();
        render(state, canvas);
        (key, canvas.as_slice().into())
    })
}

impl Snapshot {
    /// This state, as the source's version `version`.
    pub const fn new(state: SourceState, version: u64) -> Self {
        Self { state, version, first: OnceLock::new(), others: Mutex::new(Vec::new()) }
    }

    /// Hands the bytes of this state in the form `key` to `use_`. `render` is called when nobody asked for that form
    /// before; it must not ask for a form itself.
    pub fn with_fragment<R>(
        &self,
        key: FragmentKey,
        render: impl FnOnce(&SourceState, &mut Vec<u8>),
        use_: impl FnOnce(&[u8]) -> R,
    ) -> R {
        let mut render = Some(render);
        let mut make = || render.take().map(|render| form(&self.state, key, render)).unwrap_or((key, Box::default()));
        // Whoever else wants the first form meanwhile waits less than it would take to render it twice.
        let first = self.first.get_or_init(&mut make);
        if first.0 == key {
            return use_(&first.1);
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bytes)) = others.iter().find(|(k, _)| *k == key) {
            return use_(bytes);
        }
        let other = make();
        let result = use_(&other.1);
        if others.len() + 1 < FORMS_MAX {
            others.push(other);
        }
        result
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

    fn text(snapshot: &Snapshot, key: u64, render: impl FnOnce(&SourceState, &mut Vec<u8>)) -> String {
        snapshot.with_fragment(FragmentKey(key), render, |bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    #[test]
    fn each_form_is_rendered_once() {
        let snapshot = Snapshot::new(state(7), 1);
        for key in [1, 2, 3] {
            let render = |s: &SourceState, out: &mut Vec<u8>| out.extend(format!("{} as {key}", s.source).bytes());
            assert_eq!(text(&snapshot, key, render), format!("7 as {key}"));
        }
        for key in [3, 1, 2] {
            assert_eq!(text(&snapshot, key, |_, _| panic!("rendered twice")), format!("7 as {key}"));
        }
    }

    #[test]
    fn forms_beyond_the_limit_are_right_but_not_kept() {
        let snapshot = Snapshot::new(state(7), 1);
        for key in 0..100 {
            assert_eq!(text(&snapshot, key, |_, out| out.extend(key.to_string().bytes())), key.to_string());
        }
        assert_eq!(snapshot.others.lock().expect("not poisoned").len() + 1, FORMS_MAX);
    }
}
