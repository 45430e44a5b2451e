//! Questions and answers: what was asked, why, and who gets the answer.

use super::{Answer, Ask, Effect, Fault, Partition, ProducerState};

/// The fetch that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fetch {
    pub(super) ask: Ask,
    pub(super) offset: i64,
    pub(super) reserved: usize,
    /// Asked after the drain was: an empty answer proves that there is nothing left.
    pub(super) proves_drain: bool,
}

/// Why the one question was asked; decides what its answer does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Question {
    NoteOpening,
    Producers,
    LogEnd,
    Suspicion { end: i64 },
    Tail { end: i64 },
    Doubt { end: i64, state: Option<ProducerState> },
    LeftoverTrim,
    NoteEpoch,
    NoteUnsequenced,
    NoteTrim,
    Trim { before: i64 },
    NoteTrimmed,
    IdleEnd { acked: i64 },
    FillStart,
    Fill { count: i64 },
    FillEnd { count: i64, refused: Option<Fault> },
    SourceBounds,
    DrainEnd { offset: i64 },
    CloseEnd,
    CloseTrim { end: i64 },
    NoteClosed,
}

impl Partition {
    pub(super) fn answer(&mut self, ask: Ask, answer: Answer, effects: &mut Vec<Effect>) {
        if self.fetch.as_ref().is_some_and(|fetch| fetch.ask == ask) {
            if let (Some(fetch), Answer::Fetched(result)) = (self.fetch.take(), answer) {
                self.on_fetched(fetch, result, effects);
            }
        } else if self.flight.knows(ask) {
            if let Answer::Produced(result) = answer {
                self.on_produced(ask, result);
            }
        } else if let Some((_, question)) = self.asked.take_if(|(asked, _)| *asked == ask) {
            if let (Answer::Noted(Ok(())), Some(noted)) = (&answer, self.noting.take()) {
                self.stored = noted;
            }
            self.on_answer(question, answer, effects);
        }
        // Anything else answers a question of before the last opening: it was counted as unknown.
    }

    pub(super) fn on_answer(
        &mut self,
        question: Question,
        answer: Answer,
        effects: &mut Vec<Effect>,
    ) {
        match question {
            Question::NoteOpening => self.on_noted_opening(answer.noted()),
            Question::Producers => self.on_producers(answer.producers()),
            Question::LogEnd => self.on_log_end(answer.log_end()),
            Question::Suspicion { end } => self.on_suspicion(end, answer.producers()),
            Question::Tail { end } => self.on_tail(end, answer.tail(), effects),
            Question::Doubt { end, state } => self.on_doubt(end, state, answer.tail()),
            Question::LeftoverTrim => self.on_leftover_trim(answer.trimmed()),
            Question::NoteEpoch => self.on_noted_epoch(answer.noted()),
            Question::NoteUnsequenced => self.on_noted_unsequenced(answer.noted()),
            Question::NoteTrim => self.on_noted_trim(answer.noted()),
            Question::Trim { before } => self.on_trimmed(before, answer.trimmed(), effects),
            Question::NoteTrimmed => self.on_noted_trimmed(answer.noted()),
            Question::IdleEnd { acked } => self.on_idle_end(acked, answer.log_end()),
            Question::FillStart => self.on_fill_start(answer.log_end()),
            Question::Fill { count } => self.on_filled(count, answer.filled(), effects),
            Question::FillEnd { count, refused } => {
                self.on_fill_end(count, refused, answer.log_end());
            }
            Question::SourceBounds => self.on_bounds(answer.bounds(), effects),
            Question::DrainEnd { offset } => self.on_drain_end(offset, answer.bounds(), effects),
            Question::CloseEnd => self.on_close_end(answer.log_end()),
            Question::CloseTrim { end } => self.on_close_trim(end, answer.trimmed()),
            Question::NoteClosed => self.on_noted_closed(effects),
        }
    }

    pub(super) fn ask(&mut self, question: Question) -> Ask {
        let ask = self.new_ask();
        self.asked = Some((ask, question));
        ask
    }

    pub(super) const fn new_ask(&mut self) -> Ask {
        self.next_ask += 1;
        Ask(self.next_ask)
    }

    pub(super) fn note(&mut self, question: Question, effects: &mut Vec<Effect>) {
        // Until it is answered, and for good if it never is, the store may hold the old note or this one: only
        // what both say counts as stored.
        self.stored.sent = self.stored.sent.min(self.memory.sent);
        if self.stored.trim_to != self.memory.trim_to {
            self.stored.trim_to = None;
        }
        let ask = self.ask(question);
        self.noting = Some(self.memory.clone());
        effects.push(Effect::Remember { ask, memory: self.memory.clone() });
    }

    pub(super) fn ask_log_end(&mut self, question: Question, effects: &mut Vec<Effect>) {
        self.end_asked = self.now;
        let ask = self.ask(question);
        effects.push(Effect::LogEnd { ask });
    }
}

/// Several reasons to wake make one: the earliest.
pub(super) fn keep_first_wake(effects: &mut Vec<Effect>, from: usize) {
    let wakes = effects.iter().skip(from).filter_map(|effect| match effect {
        Effect::Wake { at } => Some(*at),
        Effect::Fetch { .. }
        | Effect::SourceBounds { .. }
        | Effect::DescribeProducers { .. }
        | Effect::LogEnd { .. }
        | Effect::Tail { .. }
        | Effect::Produce { .. }
        | Effect::Markers { .. }
        | Effect::Transactions { .. }
        | Effect::Trim { .. }
        | Effect::Remember { .. }
        | Effect::Notice(_) => None,
    });
    let Some(first) = wakes.min() else { return };
    let mut index = 0;
    effects.retain(|effect| {
        index += 1;
        index <= from || !matches!(effect, Effect::Wake { .. })
    });
    effects.push(Effect::Wake { at: first });
}
