//! Rows that were let go: while they are in view, their records are read again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use drawbridge_shared::view::{MAX_PLACES, PartitionPosition, RecordQuery, RecordView};
use drawbridge_shared::wire::{Request, Response};
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::model::messages::buffer::{Buffer, Preview};
use crate::socket::{RequestError, Socket};

/// How long the list has to stand still before what is in view is asked for.
const STILL: Duration = Duration::from_millis(100);

/// What a row shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shown {
    /// What the buffer knows.
    Known(Preview),
    /// Its record could not be read again, and why.
    Failed(Arc<str>),
}

/// Reads records again, a request at a time, for the rows that are in view.
#[derive(Clone, Copy)]
pub(super) struct Again {
    buffer: RwSignal<Buffer>,
    query: StoredValue<RecordQuery>,
    socket: Socket,
    wanted: StoredValue<BTreeSet<u64>>,
    failed: RwSignal<BTreeMap<u64, Arc<str>>>,
    timer: StoredValue<Option<TimeoutHandle>>,
    is_asking: StoredValue<bool>,
}

impl Again {
    pub(super) fn new(buffer: RwSignal<Buffer>, query: &RecordQuery) -> Self {
        let again = Self {
            buffer,
            query: StoredValue::new(query.clone()),
            socket: expect_context::<Socket>(),
            wanted: StoredValue::new(BTreeSet::new()),
            failed: RwSignal::new(BTreeMap::new()),
            timer: StoredValue::new(None),
            is_asking: StoredValue::new(false),
        };
        on_cleanup(move || {
            if let Some(timer) = again.timer.try_get_value().flatten() {
                timer.clear();
            }
        });
        again
    }

    /// What a row shows; while the caller's owner is there, its record is wanted. A row that is whole stays so while
    /// it is drawn, whatever the buffer lets go.
    pub(super) fn row(self, number: u64) -> Memo<Shown> {
        let shown = Memo::new(move |before: Option<&Shown>| match before {
            Some(whole @ Shown::Known(Preview::Whole(_))) => whole.clone(),
            _ => match self.buffer.with(|buffer| buffer.preview(number)) {
                Preview::Away => self.failed.with(|failed| match failed.get(&number) {
                    Some(why) => Shown::Failed(Arc::clone(why)),
                    None => Shown::Known(Preview::Away),
                }),
                known => Shown::Known(known),
            },
        });
        if shown.with_untracked(|shown| *shown == Shown::Known(Preview::Away)) {
            self.wanted.update_value(|wanted| {
                wanted.insert(number);
            });
            self.ask_when_still();
            on_cleanup(move || {
                self.wanted.try_update_value(|wanted| wanted.remove(&number));
                self.failed.try_maybe_update(|failed| (false, failed.remove(&number)));
            });
        }
        shown
    }

    fn ask_when_still(self) {
        if let Some(before) = self.timer.get_value() {
            before.clear();
        }
        self.timer.set_value(set_timeout_with_handle(move || self.ask(), STILL).ok());
    }

    fn ask(self) {
        if self.is_asking.try_get_value() != Some(false) {
            return;
        }
        let asked: Vec<(u64, PartitionPosition)> = self.buffer.with_untracked(|buffer| {
            self.wanted.with_value(|wanted| {
                let away = wanted.iter().filter(|number| buffer.preview(**number) == Preview::Away);
                let placed =
                    away.filter_map(|number| Some((*number, buffer.place(*number)?.position())));
                placed.take(MAX_PLACES).collect()
            })
        });
        if asked.is_empty() {
            return;
        }
        self.is_asking.set_value(true);
        let (numbers, places): (Vec<u64>, Vec<PartitionPosition>) = asked.into_iter().unzip();
        let request = self.query.with_value(|query| Request::ReadRecords {
            cluster: query.cluster.clone(),
            topic: query.topic.clone(),
            places,
            key_decoding: query.key_decoding,
            value_decoding: query.value_decoding,
            paths: query.paths.clone(),
        });
        spawn_local(async move {
            let answer = self.socket.request(request).await;
            if self.is_asking.try_update_value(|is_asking| *is_asking = false).is_some() {
                self.take(&numbers, answer);
                self.ask();
            }
        });
    }

    fn take(self, numbers: &[u64], answer: Result<Response, RequestError>) {
        self.wanted.update_value(|wanted| wanted.retain(|number| !numbers.contains(number)));
        match answer {
            Ok(Response::Records(records)) => self.put(numbers, records),
            Ok(_) => {}
            Err(error) => {
                let why: Arc<str> = error.cause().unwrap_or_else(|| error.message()).into();
                self.failed.update(|failed| {
                    failed.extend(numbers.iter().map(|number| (*number, Arc::clone(&why))));
                });
            }
        }
    }

    fn put(self, numbers: &[u64], records: Vec<Option<RecordView>>) {
        self.buffer.update(|buffer| {
            for (number, record) in numbers.iter().zip(records) {
                buffer.put_again(*number, record);
            }
        });
    }
}
