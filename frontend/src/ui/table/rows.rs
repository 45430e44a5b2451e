//! The rows of a table by their keys, of which only those in view are asked for.

use std::ops::Range;
use std::sync::Arc;

use leptos::prelude::*;

type Get<K> = dyn Fn(Range<usize>) -> Vec<K> + Send + Sync;
type Position<K> = dyn Fn(&K) -> Option<usize> + Send + Sync;

/// The keys of a table's rows in their order.
#[derive(Clone)]
pub struct Rows<K> {
    len: Signal<usize>,
    get: Arc<Get<K>>,
    position: Arc<Position<K>>,
}

impl<K> Rows<K> {
    /// Rows whose keys are made when they are asked for: how many there are, the keys of a range (it may reach
    /// beyond the end), and where a key is.
    #[must_use]
    pub fn new(
        len: Signal<usize>,
        get: impl Fn(Range<usize>) -> Vec<K> + Send + Sync + 'static,
        position: impl Fn(&K) -> Option<usize> + Send + Sync + 'static,
    ) -> Self {
        Self { len, get: Arc::new(get), position: Arc::new(position) }
    }

    pub(super) const fn len(&self) -> Signal<usize> {
        self.len
    }

    pub(super) fn get(&self, range: Range<usize>) -> Vec<K> {
        (self.get)(range)
    }

    pub(super) fn position(&self, key: &K) -> Option<usize> {
        (self.position)(key)
    }
}

impl<K: Clone + PartialEq + Send + Sync + 'static> From<Signal<Arc<Vec<K>>>> for Rows<K> {
    fn from(keys: Signal<Arc<Vec<K>>>) -> Self {
        Self::new(
            Memo::new(move |_| keys.read().len()).into(),
            move |range| {
                let keys = keys.read();
                keys.get(range.start..range.end.min(keys.len())).unwrap_or_default().to_vec()
            },
            move |wanted| keys.read().iter().position(|key| key == wanted),
        )
    }
}

impl<K: Clone + PartialEq + Send + Sync + 'static> From<Memo<Arc<Vec<K>>>> for Rows<K> {
    fn from(keys: Memo<Arc<Vec<K>>>) -> Self {
        Signal::from(keys).into()
    }
}
