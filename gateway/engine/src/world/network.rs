//! Engines, requests under way, and what becomes of them.

use super::{Cell, Destination, Source, destination::refused};
use crate::{
    Millis,
    partition::{
        Answer, Ask, Certainty, Command, Effect, Failure, Fault, FaultKind, Input, Memory, Notice,
        Partition, PartitionView, SourceFault, Spec, Stance,
    },
};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Carried out, answered.
    Done,
    /// Never arrives; the engine is told that the outcome is unknown.
    Lost,
    /// Carried out, but the answer is lost.
    AnswerLost,
    /// The engine is told that the outcome is unknown; it is carried out later, or never.
    Late,
    /// The broker refuses, nothing happens.
    Refused,
    /// The leader appends, and is deposed before it can answer; the next one has it or not.
    Deposed,
    /// Carried out twice (a client that sends again after a reconnect).
    Twice,
}

#[derive(Debug)]
struct Request {
    engine: usize,
    life: u32,
    effect: Effect,
    ask: Ask,
    asked_at: Millis,
    /// The engine does not wait for it any more; it cannot happen after this.
    dies_at: Option<Millis>,
}

#[derive(Debug)]
struct Engine {
    machine: Partition,
    life: u32,
    wake: Option<Millis>,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) now: Millis,
    pub(crate) source: Source,
    pub(crate) destination: Destination,
    pub(crate) stored: Memory,
    pub(crate) notices: Vec<Notice>,
    spec: Spec,
    engines: Vec<Engine>,
    requests: Vec<Request>,
    answers: Vec<(usize, u32, Ask, Answer)>,
    checked: usize,
    pub(crate) start: i64,
}

/// Producer of the data in these tests.
pub(crate) const DATA: i64 = 900;
/// Producer of empty transactions.
const TRANSACTIONS: i64 = 902;

impl World {
    pub(crate) fn new(spec: Spec, start: i64, engines: usize) -> Self {
        let stored = Memory { start, ..Memory::default() };
        let mut world = Self {
            now: Millis(1_700_000_000_000),
            source: Source::default(),
            destination: Destination::default(),
            stored,
            notices: Vec::new(),
            engines: Vec::new(),
            requests: Vec::new(),
            answers: Vec::new(),
            checked: 0,
            start,
            spec,
        };
        for index in 0..engines {
            let machine = Partition::new(world.spec.clone(), world.stored.clone());
            world.engines.push(Engine { machine, life: 0, wake: None });
            world.wake_up(index);
        }
        world
    }

    fn wake_up(&mut self, engine: usize) {
        self.give(engine, Input::Lease { until: Millis::MAX });
        self.command(engine, Command::Run);
    }

    pub(crate) fn command(&mut self, engine: usize, command: Command) {
        self.give(engine, Input::Command(command));
    }

    pub(crate) fn n_engines(&self) -> usize {
        self.engines.len()
    }

    fn give(&mut self, index: usize, input: Input) {
        let mut effects = Vec::new();
        let engine = &mut self.engines[index];
        engine.machine.handle(self.now, input, &mut effects);
        let life = engine.life;
        for effect in effects {
            match &effect {
                Effect::Wake { at } => {
                    assert!(*at > self.now, "a wake is in the future");
                    self.engines[index].wake = Some(*at);
                }
                Effect::Notice(notice) => self.notices.push(notice.clone()),
                Effect::Fetch { ask, .. }
                | Effect::SourceBounds { ask }
                | Effect::DescribeProducers { ask }
                | Effect::LogEnd { ask }
                | Effect::Tail { ask, .. }
                | Effect::Produce { ask, .. }
                | Effect::Markers { ask, .. }
                | Effect::Transactions { ask, .. }
                | Effect::Trim { ask, .. }
                | Effect::Remember { ask, .. } => {
                    let ask = *ask;
                    let asked_at = self.now;
                    let engine = index;
                    self.requests.push(Request {
                        engine,
                        life,
                        effect,
                        ask,
                        asked_at,
                        dies_at: None,
                    });
                }
            }
        }
        self.check_budget(index);
    }

    fn check_budget(&self, index: usize) {
        let view = self.engines[index].machine.view();
        let limit = self.spec.limits.budget_bytes + 4_096;
        assert!(view.held_bytes <= limit, "{} bytes held, {limit} allowed", view.held_bytes);
        let life = self.engines[index].life;
        let waiting = |request: &&Request| {
            request.engine == index
                && request.life == life
                && request.dies_at.is_none()
                && matches!(request.effect, Effect::Produce { .. })
        };
        let in_flight = self.requests.iter().filter(waiting).count();
        assert!(in_flight <= self.spec.limits.in_flight, "{in_flight} batches in flight");
    }

    /// Kills an engine and starts another from what is stored. Its requests may still arrive.
    pub(crate) fn restart(&mut self, index: usize, noted: bool) {
        self.restart_told(index, noted, Command::Run);
    }

    /// The same; the first thing that the new one is told is this.
    pub(crate) fn restart_told(&mut self, index: usize, noted: bool, command: Command) {
        let dies_at = Some(self.now.plus(self.spec.limits.settle_ms - 1));
        let mut kept = Vec::new();
        for mut request in std::mem::take(&mut self.requests) {
            if request.engine == index && request.dies_at.is_none() {
                match &request.effect {
                    Effect::Remember { memory, .. } => {
                        if noted {
                            self.stored = memory.clone();
                        }
                        continue;
                    }
                    effect if !changes(effect) => continue,
                    _ => request.dies_at = dies_at,
                }
            }
            kept.push(request);
        }
        self.requests = kept;
        let machine = Partition::new(self.spec.clone(), self.stored.clone());
        let life = self.engines[index].life + 1;
        self.engines[index] = Engine { machine, life, wake: None };
        self.give(index, Input::Lease { until: Millis::MAX });
        self.command(index, command);
    }

    /// The destination's partition gets another leader.
    pub(crate) fn elect(&mut self) {
        self.destination.elect();
        self.checked = self.checked.min(self.destination.cells.len());
    }

    /// Lets time pass, without passing a wake; followers catch up in it.
    pub(crate) fn pass(&mut self, ms: i64) {
        self.destination.commit();
        let to = self.now.plus(ms);
        loop {
            let next = self.engines.iter().filter_map(|engine| engine.wake).min();
            let Some(at) = next.filter(|at| *at <= to) else { break };
            self.now = self.now.max(at);
            self.bury();
            for index in 0..self.engines.len() {
                if self.engines[index].wake.is_some_and(|wake| wake <= self.now) {
                    self.engines[index].wake = None;
                    self.give(index, Input::Tick);
                }
            }
        }
        self.now = to;
        self.bury();
    }

    /// What took too long is answered as such, and what was late for too long never arrives.
    fn bury(&mut self) {
        let now = self.now;
        let settle_ms = self.spec.limits.settle_ms;
        let over = |request: &mut Request| {
            request.dies_at.is_none()
                && changes(&request.effect)
                && now.since(request.asked_at) >= settle_ms
        };
        for request in self.requests.extract_if(.., over) {
            let unknown = fault_of(&request.effect, Certainty::Unknown);
            self.answers.push((request.engine, request.life, request.ask, unknown));
        }
        self.requests.retain(|request| request.dies_at.is_none_or(|at| now <= at));
    }

    pub(crate) fn next_wake(&self) -> Option<i64> {
        let wakes = self.engines.iter().filter_map(|engine| engine.wake);
        wakes.min().map(|at| at.since(self.now).max(0))
    }

    pub(crate) fn n_requests(&self) -> usize {
        self.requests.len()
    }

    pub(crate) fn n_answers(&self) -> usize {
        self.answers.len()
    }

    pub(crate) fn fate(&mut self, at: usize, fate: Fate) {
        if at >= self.requests.len() {
            return;
        }
        let orphan = self.requests[at].dies_at.is_some();
        if fate == Fate::Late && !orphan && changes(&self.requests[at].effect) {
            let settle = self.spec.limits.settle_ms;
            let request = &mut self.requests[at];
            request.dies_at = Some(self.now.plus(settle - 1));
            let unknown = fault_of(&request.effect, Certainty::Unknown);
            self.answers.push((request.engine, request.life, request.ask, unknown));
            return;
        }
        let request = self.requests.remove(at);
        let answer = match fate {
            Fate::Done | Fate::Late => self.carry_out(&request.effect),
            Fate::Twice if matches!(request.effect, Effect::Produce { .. }) => {
                self.carry_out(&request.effect);
                self.carry_out(&request.effect)
            }
            Fate::Twice => self.carry_out(&request.effect),
            Fate::Lost => fault_of(&request.effect, Certainty::Unknown),
            Fate::AnswerLost => {
                self.carry_out(&request.effect);
                fault_of(&request.effect, Certainty::Unknown)
            }
            Fate::Deposed => {
                self.carry_out(&request.effect);
                if at.is_multiple_of(2) {
                    self.destination.commit();
                }
                self.check_new_cells();
                self.elect();
                fault_of(&request.effect, Certainty::Over)
            }
            Fate::Refused => fault_of(&request.effect, Certainty::Over),
        };
        self.check_new_cells();
        // An acknowledgement (acks=all) says that the followers have it.
        if !orphan && matches!(fate, Fate::Done | Fate::Twice) && changes(&request.effect) {
            self.destination.commit();
        }
        if !orphan {
            self.answers.push((request.engine, request.life, request.ask, answer));
        }
    }

    pub(crate) fn deliver(&mut self, at: usize) {
        if at >= self.answers.len() {
            return;
        }
        let (engine, life, ask, answer) = self.answers.remove(at);
        if self.engines[engine].life == life {
            self.give(engine, Input::Answer { ask, answer });
        }
    }

    fn carry_out(&mut self, effect: &Effect) -> Answer {
        let destination = &mut self.destination;
        match effect {
            Effect::Fetch { offset, max_bytes, last_epoch, .. } => {
                Answer::Fetched(self.source.fetch(*offset, *max_bytes, *last_epoch))
            }
            Effect::SourceBounds { .. } => Answer::Bounds(self.source.bounds()),
            Effect::DescribeProducers { .. } => Answer::Producers(Ok(destination.state_of(DATA))),
            Effect::LogEnd { .. } => Answer::LogEnd(Ok(destination.end())),
            Effect::Tail { offset, .. } => Answer::Tail(Ok(destination.tail(*offset))),
            Effect::Produce { batch, .. } => Answer::Produced(destination.produce(batch)),
            Effect::Markers { producer, runs, .. } => {
                Answer::Filled(destination.markers(*producer, runs))
            }
            Effect::Transactions { count, .. } => {
                Answer::Filled(destination.transactions(TRANSACTIONS, *count))
            }
            Effect::Trim { before, .. } => Answer::Trimmed(destination.trim(*before)),
            Effect::Remember { memory, .. } => {
                self.stored = memory.clone();
                Answer::Noted(Ok(()))
            }
            Effect::Wake { .. } | Effect::Notice(_) => unreachable!("not a request"),
        }
    }

    /// Every offset that was appended is the source's record, or holds nothing visible there.
    fn check_new_cells(&mut self) {
        for at in self.checked..self.destination.cells.len() {
            let offset = i64::try_from(at).unwrap();
            match &self.destination.cells[at] {
                Cell::Record(seen) => {
                    let padding = self.stored.trim_to.is_some_and(|trim| offset < trim)
                        && seen.key.is_none()
                        && seen.value.is_none();
                    assert!(
                        padding || self.source.decided(offset) == Some(seen),
                        "offset {offset} of the mirror is {seen:?}, of the source {:?}",
                        self.source.originals.get(&offset)
                    );
                }
                Cell::Marker => assert!(
                    offset < self.start || self.source.visible(offset).is_none(),
                    "offset {offset} is empty in the mirror but holds a record on the source"
                ),
            }
        }
        self.checked = self.checked.max(self.destination.cells.len());
    }

    /// Lets everything happen as it should for `ms`, answering in order.
    pub(crate) fn flow(&mut self, ms: i64) {
        let until = self.now.plus(ms);
        for _ in 0..20_000 {
            if !self.answers.is_empty() {
                self.deliver(0);
            } else if let Some(at) = self.requests.iter().position(|request| self.moves(request)) {
                self.fate(at, Fate::Done);
            } else {
                let left = until.since(self.now);
                if left <= 0 {
                    return;
                }
                self.pass(self.next_wake().map_or(left, |wake| wake.min(left)));
            }
        }
        panic!("it never comes to rest");
    }

    /// Everything but batches arrives, until nothing moves without them.
    pub(crate) fn until_batches_wait(&mut self) {
        for _ in 0..20_000 {
            let other = self.requests.iter().position(|request| {
                !matches!(request.effect, Effect::Produce { .. }) && self.moves(request)
            });
            match other {
                _ if !self.answers.is_empty() => self.deliver(0),
                Some(at) => self.fate(at, Fate::Done),
                None => return,
            }
        }
        panic!("it never comes to rest");
    }

    /// What one engine asks arrives and is answered, until a request of it of this kind waits; says where.
    pub(crate) fn until_asked(&mut self, engine: usize, kind: impl Fn(&Effect) -> bool) -> usize {
        for _ in 0..1_000 {
            let of = |request: &Request| request.engine == engine && self.moves(request);
            let answer = self.answers.iter().position(|(of, ..)| *of == engine);
            let wanted =
                self.requests.iter().position(|request| of(request) && kind(&request.effect));
            match (wanted, answer, self.requests.iter().position(of)) {
                (Some(at), ..) => return at,
                (None, Some(at), _) => self.deliver(at),
                (None, None, Some(at)) => self.fate(at, Fate::Done),
                (None, None, None) => self.pass(self.next_wake().unwrap_or(1)),
            }
        }
        panic!("it is never asked");
    }

    /// From now on records are not compared.
    pub(crate) const fn compare_no_more(&mut self) {
        self.checked = usize::MAX;
    }

    /// Requests of this kind that are under way.
    pub(crate) fn waiting(&self, kind: impl Fn(&Effect) -> bool) -> Vec<usize> {
        let waiting = |(index, request): (usize, &Request)| kind(&request.effect).then_some(index);
        self.requests.iter().enumerate().filter_map(waiting).collect()
    }

    /// Long polls at the end of the source are answered without records.
    pub(crate) fn answer_polls(&mut self) {
        let polls = self.waiting(|effect| matches!(effect, Effect::Fetch { .. }));
        for at in polls.into_iter().rev() {
            self.fate(at, Fate::Done);
        }
    }

    /// Somebody else writes to the mirror; from now on its records are not compared.
    pub(crate) fn foreign(&mut self, count: usize) {
        self.destination.foreign(count);
        self.destination.commit();
        self.compare_no_more();
    }

    pub(crate) fn lease(&mut self, engine: usize, until: Millis) {
        self.give(engine, Input::Lease { until });
    }

    pub(crate) fn view(&self) -> PartitionView {
        self.engines[0].machine.view()
    }

    pub(crate) fn failure(&self) -> Option<&Failure> {
        self.engines[0].machine.failure()
    }

    /// Faults stop: everything arrives, in order. Panics when the mirror does not catch up.
    pub(crate) fn settle(&mut self) {
        self.source.end_all_transactions(self.now.0);
        for _ in 0..20_000 {
            if self.calm() {
                break;
            }
            if !self.answers.is_empty() {
                self.deliver(0);
            } else if let Some(at) = self.requests.iter().position(|request| self.moves(request)) {
                self.fate(at, Fate::Done);
            } else if let Some(wake) = self.next_wake() {
                self.pass(wake);
            } else {
                break;
            }
        }
        self.check_end();
    }

    /// A fetch at the end of the source waits there, as a long poll does.
    fn moves(&self, request: &Request) -> bool {
        match &request.effect {
            Effect::Fetch { offset, .. } => {
                self.source.unavailable.is_some()
                    || (*offset != self.source.last_stable() && !self.source.is_hollow(*offset))
            }
            _ => true,
        }
    }

    fn calm(&self) -> bool {
        self.destination.end() == self.source.end
            && self.answers.is_empty()
            && self.stored.trim_to.is_none_or(|trim| trim <= self.destination.log_start)
            && !self.requests.iter().any(|request| self.moves(request))
            && self.engines.iter().all(|engine| engine.machine.view().stance == Stance::Copying)
    }

    pub(crate) fn check_end(&self) {
        let views: Vec<_> = self.engines.iter().map(|engine| engine.machine.view()).collect();
        assert_eq!(self.destination.end(), self.source.end, "the lag reaches 0: {views:?}");
        for view in &views {
            assert_ne!(view.stance, Stance::Failed, "{view:?}");
        }
        let floor = self.source.log_start.max(self.start);
        assert!(self.destination.log_start <= floor, "nothing above the floor is deleted");
        for offset in self.destination.log_start..self.destination.end() {
            let cell = &self.destination.cells[usize::try_from(offset).unwrap()];
            match (self.source.visible(offset), cell) {
                (Some(seen), Cell::Record(found)) => assert_eq!(seen, found),
                (Some(seen), Cell::Marker) => {
                    assert!(offset < self.start, "lost: {seen:?}");
                }
                // Mirrored before the source compacted or deleted it.
                (None, Cell::Record(found)) => {
                    assert_eq!(self.source.decided(offset), Some(found));
                }
                (None, Cell::Marker) => {}
            }
        }
    }
}

/// Whether a request changes the destination, so that its arriving late matters.
const fn changes(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Produce { .. }
            | Effect::Markers { .. }
            | Effect::Transactions { .. }
            | Effect::Trim { .. }
    )
}

fn fault_of(effect: &Effect, certainty: Certainty) -> Answer {
    let fault = Fault { certainty, ..refused(FaultKind::Transient, "the network") };
    let source = SourceFault::Unavailable("the network".to_owned());
    match effect {
        Effect::Fetch { .. } => Answer::Fetched(Err(source)),
        Effect::SourceBounds { .. } => Answer::Bounds(Err(source)),
        Effect::DescribeProducers { .. } => Answer::Producers(Err(fault)),
        Effect::LogEnd { .. } => Answer::LogEnd(Err(fault)),
        Effect::Tail { .. } => Answer::Tail(Err(fault)),
        Effect::Produce { .. } => Answer::Produced(Err(fault)),
        Effect::Markers { .. } | Effect::Transactions { .. } => Answer::Filled(Err(fault)),
        Effect::Trim { .. } => Answer::Trimmed(Err(fault)),
        Effect::Remember { .. } => Answer::Noted(Err(fault)),
        Effect::Wake { .. } | Effect::Notice(_) => unreachable!("not a request"),
    }
}
