//! Lists a page at a time.

use std::cmp::Ordering;

/// Which part of a list, and which way round. `Default` is all of it, ascending.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Paging {
    /// Smallest first.
    pub ascending: bool,
    /// How many to pass over.
    pub offset: usize,
    /// How many at most; `None` is all.
    pub limit: Option<usize>,
}

impl Default for Paging {
    fn default() -> Self {
        Self { ascending: true, offset: 0, limit: None }
    }
}

/// One page of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// How many there are on all pages.
    pub count: usize,
}

impl Paging {
    /// Sorts, turns round if asked for, and cuts.
    pub(super) fn page<T>(&self, mut all: Vec<T>, order: impl Fn(&T, &T) -> Ordering) -> Page<T> {
        let count = all.len();
        all.sort_by(|a, b| match self.ascending {
            true => order(a, b),
            false => order(b, a),
        });
        let items = all.into_iter().skip(self.offset).take(self.limit.unwrap_or(usize::MAX)).collect();
        Page { items, count }
    }
}

/// Whether a text holds another, whatever their case. `needle` is in lower case.
pub(super) fn holds(text: &str, needle: &str) -> bool {
    text.to_lowercase().contains(needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_cut_after_sorting() {
        let check = |ascending, offset, limit, expected: &[i32]| {
            let page = Paging { ascending, offset, limit }.page(vec![3, 1, 2], i32::cmp);
            assert_eq!((page.items.as_slice(), page.count), (expected, 3));
        };
        check(true, 0, None, &[1, 2, 3]);
        check(false, 0, None, &[3, 2, 1]);
        check(true, 1, Some(1), &[2]);
        check(false, 2, Some(5), &[1]);
        check(true, 3, None, &[]);
        check(true, 0, Some(0), &[]);
    }

    #[test]
    fn filters_ignore_case() {
        assert!(holds("ÄPFEL", "äpf") && !holds("Apfel", "äpf"));
    }
}
