//! What a mover tells its runner and shows to everybody.

use std::sync::Arc;

use drawbridge_engine::Millis;
use tokio::sync::mpsc::error::TrySendError;

use super::{Mover, Told};
use crate::clock::now_ms;

impl Mover {
    /// Tells the runner what is new, as far as it takes it now.
    pub(super) fn tell(&mut self) {
        while let Some(notice) = self.notices.pop_front() {
            if let Err(TrySendError::Full(notice)) = self.told.try_send(notice) {
                self.notices.push_front(notice);
                return;
            }
        }
        while let Some(id) = self.untold.pop_first() {
            let Some(machine) = self.machines.get_mut(id) else { continue };
            let told = Told::Report(machine.plan.mirror_topic.clone(), machine.report());
            match self.told.try_send(told) {
                Ok(()) => machine.reported(),
                Err(_) => {
                    self.untold.insert(id);
                    return;
                }
            }
        }
    }

    pub(super) fn show(&mut self) {
        let now = Millis(now_ms());
        for plan in self.machines.come_to_rest(now) {
            self.parts.memories.rest(&plan.mirror_topic, plan.partition);
        }
        let shown = self.machines.shown(now);
        self.publish.send_if_modified(|old| {
            let changed = **old != shown;
            if changed {
                *old = Arc::new(shown);
            }
            changed
        });
    }
}
